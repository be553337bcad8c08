//! The exported functions: JSON in, JSON out.

use crate::forms::{self, Fault};
use crate::run::Run;
use serde_json::{Value as Json, json};

/// The guard of one run of one tenant. `wit/guard.wit` says what each function promises.
#[derive(Default)]
pub struct Guard(Option<Run>);

#[expect(missing_docs, reason = "the functions are documented in wit/guard.wit")]
impl Guard {
    pub fn begin_run(&mut self, run: &str) -> String {
        answer(forms::read(run, "run").and_then(Run::begin).map(|run| {
            self.0 = Some(run);
            Json::Null
        }))
    }

    pub fn baseline(&mut self) -> String {
        self.with(|run| Ok(run.baseline()))
    }

    pub fn begin_call(&mut self, call: &str) -> String {
        self.with(|run| run.begin_call(forms::read(call, "call")?))
    }

    pub fn request(&mut self, request: &str) -> String {
        self.with(|run| run.request(&forms::read(request, "request")?))
    }

    pub fn answer(&mut self, id: u32, head: &str) -> String {
        self.with(|run| run.answer(id, &forms::read(head, "head")?))
    }

    pub fn piece(&mut self, id: u32, text: &str) -> String {
        self.with(|run| run.piece(id, text))
    }

    pub fn end(&mut self, id: u32) -> String {
        self.with(|run| run.end(id))
    }

    pub fn begin_plan(&mut self, plan: &str) -> String {
        self.with(|run| run.begin_plan(forms::read(plan, "plan")?))
    }

    pub fn add_changes(&mut self, changes: &str) -> String {
        self.with(|run| run.add_changes(forms::read(changes, "changes")?))
    }

    pub fn review(&mut self, release: &str) -> String {
        self.with(|run| run.review(&forms::read(release, "release")?))
    }

    pub fn changes(&mut self, start: u32, max: u32) -> String {
        self.with(|run| run.changes(start as usize, max as usize))
    }

    pub fn outcome(&mut self, outcome: &str) -> String {
        self.with(|run| run.outcome(forms::read(outcome, "outcome")?))
    }

    pub fn finish(&mut self) -> String {
        self.with(Run::finish)
    }

    fn with(&mut self, work: impl FnOnce(&mut Run) -> Result<Json, Fault>) -> String {
        answer(match &mut self.0 {
            Some(run) => work(run),
            None => Err(Fault::input("begin-run has to come first")),
        })
    }
}

fn answer(result: Result<Json, Fault>) -> String {
    match result {
        Ok(ok) => json!({ "ok": ok }),
        Err(fault) => json!({ "error": fault }),
    }
    .to_string()
}

//! The databases, simulated in memory, with the guarantees of the real ones (`database/journal.rs`,
//! `database/tenant.rs` and `database/control.rs` of `host/store`).

mod keys;
mod lease;
mod pages;

pub(crate) use lease::SimLease;
pub(crate) use pages::Pages;

use crate::host::Host;
use crate::planted::Planted;
use crate::sim::{Sim, State};
use hibob_base::error::HostError;
use hibob_base::job::Lane;
use hibob_contract::types::NamedValue;
use hibob_policy::guard::Held;
use hibob_policy::guard::LedgerSums;
use hibob_policy::on_hold::OnHold;
use hibob_store::database::{
    AppliedPlan, BegunPlan, ChangeRecord, Fence, FirstSyncState, NewJournal, OpenJournal, RunRecord, StoredUpdate,
};
use hibob_store::run_store::RunStore;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Longest time of a statement, in milliseconds.
const MILLISECONDS_MAX: u64 = 4;

fn lost() -> HostError {
    HostError::Storage("this run has lost its lease to another one".to_owned())
}

/// The databases, accessed by one process.
#[derive(Clone)]
pub(crate) struct SimRunStore {
    pub(crate) sim: Sim,
    pub(crate) host: Arc<Host>,
}

impl SimRunStore {
    /// Accesses the databases at one moment, with random times before and after it.
    async fn with<T>(&self, work: impl FnOnce(&mut State) -> Result<T, HostError>) -> Result<T, HostError> {
        self.host.step().await;
        let time = Duration::from_millis(self.sim.lock().chance.below(MILLISECONDS_MAX));
        tokio::time::sleep(time).await;
        let done = work(&mut self.sim.lock());
        self.host.step().await;
        done
    }

    /// [`Self::with`], if the fencing token is current.
    async fn fenced<T>(
        &self,
        fence: Fence,
        work: impl FnOnce(&mut State) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let work = |state: &mut State| if self.lets_write(&state.pages, fence) { work(state) } else { Err(lost()) };
        self.with(work).await
    }

    fn lets_write(&self, pages: &Pages, fence: Fence) -> bool {
        pages.fence == fence.generation() || self.is(Planted::LetsEverybodyWrite)
    }

    fn is(&self, planted: Planted) -> bool {
        self.sim.planted == Some(planted)
    }

    fn note(&self, what: impl std::fmt::Display) {
        self.sim.note(&self.host.name, what);
    }

    fn broken(&self, found: Vec<String>) {
        for what in found {
            self.sim.broken(&self.host.name, &what);
        }
    }

    fn now(&self) -> i64 {
        self.sim.seconds() + self.host.skew
    }
}

impl RunStore for SimRunStore {
    async fn take_fence(&self, generation: i64) -> Result<Fence, HostError> {
        let forgets = self.is(Planted::ForgetsBeginnings);
        let taken = self.with(|state| {
            if forgets && let Some(journal) = state.pages.journals.last_mut() {
                journal.forget_beginnings();
            }
            if state.pages.fence > generation {
                return Err(HostError::Storage("another run has taken this tenant over".to_owned()));
            }
            state.pages.fence = generation;
            state.watch.fence_taken(generation);
            if let Some(open) = state.pages.open()
                && open.row.job.as_ref().is_some_and(|job| state.pages.cancelled.contains(job))
            {
                state.watch.person_stops(open.row.id);
            }
            Ok(Fence::new(generation))
        });
        taken.await.inspect(|_| self.note(format!("has the fence {generation}")))
    }

    async fn holds(&self, fence: Fence) -> Result<bool, HostError> {
        let generation = fence.generation();
        let holds = self.with(|state| {
            let holds = state.pages.fence == generation;
            if holds {
                state.watch.may_write(generation);
            }
            Ok(holds)
        });
        Ok(holds.await? || self.is(Planted::LetsEverybodyWrite))
    }

    async fn last_exit_code(&self, lane: Lane) -> Result<Option<i64>, HostError> {
        let last = self.with(|state| {
            let last = state.pages.runs.iter().rfind(|run| run.kind.lane() == lane);
            Ok(last.map(|run| i64::from(run.exit_code)))
        });
        last.await
    }

    async fn open_journal(&self) -> Result<Option<OpenJournal>, HostError> {
        self.with(|state| Ok(state.pages.open().map(|journal| journal.row.clone()))).await
    }

    async fn begin_journal(&self, fence: Fence, new: &NewJournal<'_>) -> Result<i64, HostError> {
        let planned = self.opened_plan(new.plan).await;
        let held: Held = serde_json::from_str(new.held).unwrap();
        let (changes, kept) = (planned.changes.len(), held.changes.len());
        let (release, now) = (self.host.release, self.sim.now());
        let begun = self.fenced(fence, |state| {
            if state.pages.open().is_some() {
                return Err(HostError::Storage("another journal is open".to_owned()));
            }
            let found = state.watch.plan_begins(&planned, &held, release, &state.pages, &state.fakes, now);
            let id = i64::try_from(state.pages.journals.len()).unwrap() + 1;
            let row = OpenJournal {
                id,
                kind: new.kind,
                started_at: new.started_at,
                digest: new.digest.to_owned(),
                plan: new.plan.to_vec(),
                held: new.held.to_owned(),
                settings: new.settings.to_owned(),
                plugin: new.plugin.to_owned(),
                is_saved: new.saved.is_some(),
                job: new.job.map(str::to_owned),
                interrupted_by: None,
                told_generation: 0,
                events: Vec::new(),
            };
            // What is held of a change is not made.
            state.pages.journals.push(pages::Journal { row, changes: held.without_held_fields(&planned), run: None });
            Ok((id, found))
        });
        let (id, found) = begun.await?;
        self.note(format!("writes down plan {id}: {changes} changes, of which {kept} are held"));
        self.broken(found);
        Ok(id)
    }

    async fn epoch(&self) -> Result<String, HostError> {
        Ok(String::new())
    }

    /// None, since no simulated plan is saved.
    async fn applied_plan(&self, _plan: &str) -> Result<Option<AppliedPlan>, HostError> {
        Ok(None)
    }

    async fn mark_interrupted(&self, fence: Fence, journal: i64, by: &str, _now: i64) -> Result<(), HostError> {
        let forgets = self.is(Planted::ForgetsInterruptions);
        let marked = self.fenced(fence, |state| {
            if let Some(row) = state.pages.open_row().filter(|row| row.id == journal) {
                if !forgets {
                    row.interrupted_by.get_or_insert_with(|| by.to_owned());
                }
                state.watch.person_stops(journal);
            }
            Ok(())
        });
        marked.await.inspect(|()| self.note(format!("marks plan {journal} as interrupted")))
    }

    async fn unmark_interrupted(&self, fence: Fence, journal: i64) -> Result<(), HostError> {
        let unmarked = self.fenced(fence, |state| {
            if let Some(row) = state.pages.open_row().filter(|row| row.id == journal) {
                (row.interrupted_by, row.job) = (None, None);
                state.watch.person_goes_on();
            }
            Ok(())
        });
        unmarked.await.inspect(|()| self.note(format!("has plan {journal} resumed")))
    }

    async fn record_started(&self, fence: Fence, journal: i64, change: &str, _now: i64) -> Result<(), HostError> {
        let started = self.fenced(fence, |state| {
            let id = state.pages.journal(journal).change(change).id.clone();
            state.watch.change_begins(fence.generation(), journal, &id);
            state.pages.put_event(fence, journal, change, None)?;
            Ok(id)
        });
        started.await.map(|id| self.note(format!("begins {id}")))
    }

    async fn record_change(
        &self,
        fence: Fence,
        entries: &BTreeMap<String, Option<Vec<u8>>>,
        record: &ChangeRecord,
        _now: i64,
    ) -> Result<(), HostError> {
        let planted = self.sim.planted;
        let opened = match &record.finished {
            Some((.., made)) => self.opened_made(made).await,
            None => String::new(),
        };
        let recorded = self.fenced(fence, |state| {
            let (mut found, mut finished) = (Vec::new(), None);
            if let Some((journal, change, made)) = &record.finished {
                state.pages.put_event(fence, *journal, change, Some(made))?;
                let told = state.pages.journal(*journal).change(change);
                found = state.watch.change_ends(*journal, told, &opened);
                finished = Some(told.id.clone());
                let told = told.clone();
                state.pages.not_shown.extend(opened.contains("\"INTERRUPTED\"").then_some(told));
            }
            for (key, value) in entries {
                match value {
                    Some(value) => drop(state.pages.entries.insert(key.clone(), value.clone())),
                    None => drop(state.pages.entries.remove(key)),
                }
            }
            if let Some(entry) = record.ledger.as_ref().filter(|_| planted != Some(Planted::ForgetsAccounts)) {
                let account = (entry.employee_id.clone(), entry.archived_at.is_none());
                state.pages.accounts.insert(entry.account_id.clone(), account);
                state.pages.archivings.extend(entry.archived_at.map(|at| (entry.account_id.clone(), at)));
                let journal = record.finished.as_ref().map(|(journal, ..)| *journal);
                if journal.is_some_and(|journal| state.pages.terminations.contains(&journal)) {
                    state.pages.terminated.extend(entry.archived_at.map(|at| (entry.account_id.clone(), at)));
                }
            }
            Ok((found, finished))
        });
        let (found, finished) = recorded.await?;
        if let Some(id) = finished {
            self.note(format!("finishes {id}: {}", opened.chars().take(160).collect::<String>()));
        }
        self.broken(found);
        Ok(())
    }

    async fn record_run(
        &self,
        fence: Fence,
        run: &RunRecord,
        baseline: Option<&[NamedValue]>,
        _updates: &[StoredUpdate],
    ) -> Result<i64, HostError> {
        let forgets = self.is(Planted::ForgetsInterruptions);
        let recorded = self.fenced(fence, |state| {
            let pages = &mut state.pages;
            if let (Some(journal), Some(by)) = (run.journal, &run.interrupted_by) {
                pages.runs.push(run.clone());
                let number = i64::try_from(pages.runs.len()).unwrap();
                if let Some(row) = pages.open_row().filter(|row| row.id == journal) {
                    row.told_generation = fence.generation();
                    if !forgets {
                        row.interrupted_by.get_or_insert_with(|| by.clone());
                    }
                    state.watch.person_stops(journal);
                }
                return Ok((number, Vec::new()));
            }
            let is_taken_up = ["abandoned", "resumed"].contains(&run.trigger);
            let untold = run.journal.filter(|_| is_taken_up);
            let untold = untold.and_then(|journal| state.watch.closes(journal, self.host.command));
            if run.journal.is_some() {
                state.watch.person_goes_on();
            }
            pages.runs.push(run.clone());
            let number = i64::try_from(pages.runs.len()).unwrap();
            if let Some(baseline) = baseline {
                pages.baseline = baseline.to_vec();
            }
            let closed = run.journal.map(|journal| &mut pages.journals[usize::try_from(journal - 1).unwrap()]);
            let before = closed.and_then(|closed| closed.run.replace(number));
            let twice = before.map(|before| format!("the plan of run {before} is closed again, as run {number}"));
            Ok((number, twice.into_iter().chain(untold).collect()))
        });
        let (number, found) = recorded.await?;
        self.note(format!("records run {number} ({}), exit code {}", run.trigger, run.exit_code));
        self.broken(found);
        Ok(number)
    }

    /// Does nothing, since no simulated record is that old.
    async fn prune(&self, fence: Fence, _runs_before: i64, _plans_before: i64) -> Result<(), HostError> {
        self.fenced(fence, |_| Ok(())).await
    }

    async fn baseline(&self) -> Result<Vec<NamedValue>, HostError> {
        self.with(|state| Ok(state.pages.baseline.clone())).await
    }

    /// Over from the start: the simulated tenant's first sync needs nobody's yes, and nobody gives one.
    async fn first_sync(&self) -> Result<FirstSyncState, HostError> {
        self.with(|_| Ok(FirstSyncState { is_over: true, reactivations_asked_for: Vec::new() })).await
    }

    async fn begun_plans(&self) -> Result<Vec<BegunPlan>, HostError> {
        let plan =
            |journal: &pages::Journal| BegunPlan { plan: journal.row.plan.clone(), held: journal.row.held.clone() };
        self.with(|state| Ok(state.pages.journals.iter().map(plan).collect())).await
    }

    async fn ask_for_reactivations(&self, fence: Fence, accounts: &[String]) -> Result<(), HostError> {
        assert!(accounts.is_empty(), "the first sync is over");
        self.fenced(fence, |_| Ok(())).await
    }

    async fn ledger_sums(&self, since_unix_seconds: i64) -> Result<LedgerSums, HostError> {
        let forgets = self.is(Planted::ForgetsArchivings);
        let sums = self.with(|state| {
            let archived = if forgets { 0 } else { state.pages.archived_since(since_unix_seconds) };
            Ok(LedgerSums { active: state.pages.active(), archived })
        });
        sums.await
    }

    async fn archived_of(&self, accounts: &[String]) -> Result<BTreeMap<String, i64>, HostError> {
        self.with(|state| Ok(state.pages.archived_of(accounts))).await
    }

    async fn source_states(&self, since: i64, selection: &str) -> Result<Vec<Vec<NamedValue>>, HostError> {
        self.with(|state| {
            let states = state.pages.source_states.iter();
            Ok(states.filter(|(at, of, _)| *at >= since && of == selection).map(|(.., state)| state.clone()).collect())
        })
        .await
    }

    async fn note_source(
        &self,
        fence: Fence,
        at: i64,
        selection: &str,
        state: &[NamedValue],
        since: i64,
    ) -> Result<(), HostError> {
        let row = (at, selection.to_owned(), state.to_vec());
        self.fenced(fence, |state| {
            state.pages.source_states.retain(|(at, of, _)| *at >= since && *of == row.1);
            state.pages.source_states.push(row);
            Ok(())
        })
        .await
    }

    async fn last_reports(&self, limit: u32) -> Result<Vec<String>, HostError> {
        self.with(|state| {
            let runs = state.pages.runs.iter().rev().take(limit as usize);
            Ok(runs.map(|run| run.report.clone()).collect())
        })
        .await
    }

    async fn account_of(&self, employee_id: &str) -> Result<Option<String>, HostError> {
        let account = self.with(|state| {
            let own = state.pages.accounts.iter().filter(|(_, (employee, _))| employee == employee_id);
            let best = own.max_by_key(|(account, (_, is_active))| (*is_active, account.len(), (*account).clone()));
            Ok(best.map(|(account, _)| account.clone()))
        });
        account.await
    }

    async fn owner_of(&self, account_id: &str) -> Result<Option<String>, HostError> {
        self.with(|state| Ok(state.pages.accounts.get(account_id).map(|(employee, _)| employee.clone()))).await
    }

    /// The simulation goes on counting what was released, which is the stricter way.
    async fn note_released(&self, fence: Fence, _journal: i64) -> Result<(), HostError> {
        self.fenced(fence, |_| Ok(())).await
    }

    async fn note_terminations(&self, fence: Fence, journal: i64) -> Result<(), HostError> {
        let noted = self.fenced(fence, |state| Ok(state.pages.terminations.insert(journal))).await;
        noted.map(|_| ())
    }

    async fn terminated_since(&self, since: i64) -> Result<usize, HostError> {
        self.with(|state| Ok(state.pages.terminated_since(since))).await
    }

    /// Nobody gives an account up in the simulation.
    async fn is_unlinked(&self, _account_id: &str) -> Result<bool, HostError> {
        Ok(false)
    }

    /// Nobody is put on hold in the simulation.
    async fn on_hold(&self, _now: i64) -> Result<OnHold, HostError> {
        Ok(OnHold::default())
    }

    async fn note_cases(
        &self,
        fence: Fence,
        open: &BTreeSet<(String, String)>,
        unseen: &[&str],
        now: i64,
    ) -> Result<BTreeMap<(String, String), i64>, HostError> {
        let noted = self.fenced(fence, |state| {
            let pages = &mut state.pages;
            pages.cases.retain(|case, _| open.contains(case) || unseen.contains(&case.1.as_str()));
            for case in open {
                pages.cases.entry(case.clone()).or_insert(now);
            }
            Ok(pages.cases.clone())
        });
        noted.await
    }
}

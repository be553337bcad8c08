//! Tests that what a person hands in a second time is not done a second time: one row for each input of that kind.

use crate::cli::{Fakes, Shell};
use crate::kills::company::world;
use crate::kills::patient::{Patient, wait};
use serde_json::Value;
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Longest time of a job, so that one that never ends fails.
const TIME_MAX: Duration = Duration::from_secs(120);

/// A command that is run twice.
struct Row {
    /// What is handed in.
    what: &'static str,
    args: Vec<String>,
    /// The exit code of the first time, and of the second.
    exits: [i32; 2],
    /// Where the second answer says that this is not new, and what it says there.
    says: (&'static str, Value),
}

fn row(what: &'static str, args: &[&str], exits: [i32; 2], says: (&'static str, Value)) -> Row {
    Row { what, args: args.iter().map(ToString::to_string).collect(), exits, says }
}

/// Runs the command of a row twice. The second time nothing is written to TravelPerk, and no mail is sent.
fn twice(shell: &Shell, fakes: &Fakes, row: &Row) {
    let args: Vec<&str> = row.args.iter().map(String::as_str).collect();
    let mails = || std::fs::read_dir(shell.path("acme.mail")).map_or(0, Iterator::count);
    let mut before = (fakes.writes(), mails());
    for (exit, is_second) in row.exits.into_iter().zip([false, true]) {
        let (found, answer) = shell.json(&args);
        assert_eq!(found, exit, "{}, second: {is_second}: {answer}", row.what);
        if is_second {
            assert_eq!(answer.pointer(row.says.0), Some(&row.says.1), "{}: {answer}", row.what);
            assert_eq!((fakes.writes(), mails()), before, "{} was done again: {answer}", row.what);
        }
        before = (fakes.writes(), mails());
    }
}

/// A company of which some have left, with its key and its first sync.
fn company() -> (Shell, Fakes) {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "40"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let output = shell.run(&["references", "key", "new", "acme", "--unpublished", "--selector", "one"]);
    assert!(output.status.success());
    let mut zone = std::fs::OpenOptions::new().create(true).append(true).open(shell.path("acme.zone")).unwrap();
    zone.write_all(&output.stdout).unwrap();
    (shell, fakes)
}

/// Somebody who has left.
fn leaver(fakes: &Fakes) -> String {
    let state = fakes.get("hibob_url", "/_stand-in/state");
    let left = |employee: &&Value| employee["lifecycleStatus"] == "terminated";
    let leaver = state["employees"].as_array().unwrap().iter().find(left).unwrap();
    leaver["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_handed_in_twice_is_done_once() {
    let (shell, fakes) = company();
    let leaver = leaver(&fakes);
    assert_eq!(shell.run(&["plan", "acme", "--out", "acme.plan"]).status.code(), Some(0));
    std::fs::copy(shell.path("acme.plan"), shell.path("copy.plan")).unwrap();
    let applied = ("/error/code", Value::from("PLAN_ALREADY_APPLIED"));
    twice(&shell, &fakes, &row("a saved plan", &["apply", "acme.plan"], [0, 2], applied.clone()));
    let (_, refused) = shell.json(&["apply", "acme.plan"]);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("by run 1, at 20") && message.contains("UTC"), "{message}");
    twice(&shell, &fakes, &row("a copy of an applied plan", &["apply", "copy.plan"], [2, 2], applied));
    // A plan without changes is applied once as well.
    assert_eq!(shell.run(&["plan", "acme", "--out", "empty.plan"]).status.code(), Some(0));
    let applied = ("/error/code", Value::from("PLAN_ALREADY_APPLIED"));
    twice(&shell, &fakes, &row("an empty plan", &["apply", "empty.plan"], [0, 2], applied));

    let (_, token) = shell.json(&["token", "new", "--role", "operator"]);
    let token = token["id"].as_str().unwrap().to_owned();
    let issue = ["references", "issue", "acme", leaver.as_str()];
    twice(
        &shell,
        &fakes,
        &row("a reference to issue", &issue, [0, 0], ("/warnings/0/code", Value::from("ALREADY_ISSUED"))),
    );
    let (_, list) = shell.json(&["references", "list", "acme"]);
    assert_eq!(list["references"].as_array().map(Vec::len), Some(1), "{list}");
    let id = list["references"][0]["id"].as_str().unwrap().to_owned();
    for row in [
        row(
            "a delivery",
            &["references", "deliver", "acme", &id],
            [2, 2],
            ("/error/code", Value::from("CONFIGURATION")),
        ),
        row(
            "a reference to revoke",
            &["references", "revoke", "acme", &id, "--reason", "by mistake"],
            [0, 0],
            ("/was_revoked_before", Value::from(true)),
        ),
        row("a token to revoke", &["token", "revoke", &token], [0, 0], ("/revoked", Value::from(true))),
        row(
            "a key to revoke",
            &["references", "key", "revoke", "acme", "one", "--yes"],
            [0, 0],
            ("/keys/0/state", Value::from("revoked")),
        ),
        row("a job", &["jobs", "start", "acme", "sync"], [0, 0], ("/new", Value::from(false))),
        row("a job to cancel", &["jobs", "cancel", "1"], [0, 2], ("/error/code", Value::from("CONFIGURATION"))),
        row(
            "an interrupted plan to resume",
            &["runs", "resume", "acme"],
            [2, 2],
            ("/error/code", Value::from("CONFIGURATION")),
        ),
        row(
            "an interrupted plan to abandon",
            &["runs", "abandon", "acme"],
            [2, 2],
            ("/error/code", Value::from("CONFIGURATION")),
        ),
        row(
            "a person to erase",
            &["forget-person", "acme", &leaver, "--yes"],
            [0, 0],
            ("/forgotten/kept_plans", Value::from(0)),
        ),
    ] {
        twice(&shell, &fakes, &row);
    }
}

/// A host that serves, until it is dropped.
struct Serving(Child);

impl Serving {
    fn start(shell: &Shell) -> Self {
        let mut command = shell.command(&["serve", "--json"]);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for the end of a job, and returns it.
fn ended(shell: &Shell, id: &Value) -> Value {
    let begun = Instant::now();
    loop {
        let (_, jobs) = shell.json(&["jobs", "acme"]);
        let job = jobs["jobs"].as_array().unwrap().iter().find(|job| job["job"] == *id).unwrap().clone();
        if job["result"].is_object() {
            return job;
        }
        assert!(begun.elapsed() < TIME_MAX, "{jobs}");
    }
}

fn assert_already_applied((exit, refused): (i32, Value)) {
    assert_eq!((exit, &refused["error"]["code"]), (2, &"PLAN_ALREADY_APPLIED".into()), "{refused}");
}

#[test]
fn a_plan_that_a_job_has_applied_is_not_applied_again() {
    let (shell, fakes) = company();
    assert_eq!(shell.run(&["plan", "acme", "--out", "acme.plan"]).status.code(), Some(0));
    let _host = Serving::start(&shell);
    let by_job = || {
        let (exit, job) = shell.json(&["jobs", "start", "acme", "apply", "--plan", "acme.plan"]);
        assert_eq!(exit, 0, "{job}");
        ended(&shell, &job["job"])
    };
    assert_eq!(by_job()["result"]["exit_code"], 0);
    let writes = fakes.writes();
    assert!(writes > 0);
    let second = by_job();
    let code = &second["result"]["error"]["code"];
    assert_eq!((&second["state"], code), (&"failed".into(), &"PLAN_ALREADY_APPLIED".into()), "{second}");
    assert_already_applied(shell.json(&["apply", "acme.plan"]));
    assert_eq!(fakes.writes(), writes);
}

#[test]
fn a_saved_plan_that_was_approved_is_applied_once() {
    let (shell, fakes) = company();
    let text = std::fs::read_to_string(shell.path("acme.toml")).unwrap();
    std::fs::write(shell.path("acme.toml"), text.replace("[safety]\n", "[safety]\napproval = \"always\"\n")).unwrap();
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    shell.run(&["plan", "acme", "--out", "acme.plan"]);
    let (exit, waiting) = shell.json(&["apply", "acme.plan"]);
    assert_eq!((exit, &waiting["waiting"]["is_new"]), (6, &true.into()), "{waiting}");
    let (exit, still) = shell.json(&["apply", "acme.plan"]);
    assert_eq!((exit, &still["waiting"]["is_new"]), (6, &false.into()), "{still}");
    let plan = waiting["waiting"]["plan"].as_str().unwrap();
    assert_eq!(still["waiting"]["plan"], plan);
    let _host = Serving::start(&shell);
    let approve = ["plans", "approve", "acme", plan, "--by", "ana@acme.example"];
    let (exit, first) = shell.json(&approve);
    assert_eq!((exit, &first["new"]), (0, &true.into()), "{first}");
    assert_eq!(ended(&shell, &first["job"])["result"]["exit_code"], 0);
    let writes = fakes.writes();
    assert!(writes > 0);
    let (exit, again) = shell.json(&approve);
    assert_eq!(
        (exit, &again["new"], &again["state"], &again["job"]),
        (0, &false.into(), &"applied".into(), &Value::Null)
    );
    assert_already_applied(shell.json(&["apply", "acme.plan"]));
    assert_eq!(fakes.writes(), writes);
}

/// A plan that a crash has interrupted is taken up where it stopped, and counts as applied from then on.
#[test]
fn a_saved_plan_that_a_crash_has_interrupted_is_taken_up_where_it_stopped() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut slow = world(60, 7);
    slow.answers_within = Duration::from_millis(20);
    let patient = Patient::new(runtime.handle(), slow, "");
    let shell = &patient.shell;
    assert_eq!(shell.run(&["plan", "acme", "--out", "acme.plan"]).status.code(), Some(0));
    let mut child = shell.command(&["apply", "acme.plan"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(wait(&mut child, || patient.world().writes() >= 15).is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    patient.lapse();
    let (exit, report) = shell.json(&["apply", "acme.plan"]);
    assert_eq!((exit, report["run"].as_i64()), (0, Some(1)), "{report}");
    let writes = patient.world().writes();
    assert_already_applied(shell.json(&["apply", "acme.plan"]));
    assert_eq!(patient.world().writes(), writes);
    let (_, history) = shell.json(&["history", "acme"]);
    let triggers: Vec<_> = history["runs"].as_array().unwrap().iter().map(|run| run["trigger"].clone()).collect();
    assert_eq!(triggers, ["resumed"], "{history}");
    let (exit, plan) = shell.json(&["plan", "acme"]);
    assert_eq!((exit, plan["changes"].as_array().map(Vec::len)), (0, Some(0)), "{plan}");
}

/// A restore makes every plan void that was saved before it.
#[test]
fn a_plan_that_was_saved_before_a_restore_is_void() {
    let (shell, fakes) = company();
    shell.run(&["plan", "acme", "--out", "acme.plan"]);
    assert_eq!(shell.json(&["backup", "saved"]).0, 0);
    assert_eq!(shell.json(&["apply", "acme.plan"]).0, 0);
    let writes = fakes.writes();
    std::fs::rename(shell.path("data"), shell.path("lost")).unwrap();
    let (exit, restored) = shell.json(&["restore", "saved", "--nobody-forgotten"]);
    assert_eq!(exit, 0, "{restored}");
    let (exit, refused) = shell.json(&["apply", "acme.plan"]);
    assert_eq!(exit, 2, "{refused}");
    assert!(
        refused["error"]["message"].as_str().unwrap().contains("before the tenant's database was restored"),
        "{refused}"
    );
    // As well where the databases were restored by other means.
    shell.run(&["plan", "acme", "--out", "acme.plan"]);
    assert_eq!(shell.json(&["restored"]).0, 0);
    let (exit, refused) = shell.json(&["apply", "acme.plan"]);
    assert_eq!(exit, 2, "{refused}");
    assert!(
        refused["error"]["message"].as_str().unwrap().contains("before the tenant's database was restored"),
        "{refused}"
    );
    assert_eq!(fakes.writes(), writes);
}

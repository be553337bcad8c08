//! Tests of stopping a run that goes on: by disabling its tenant and by cancelling its job, both before its next
//! change; and of going on with it by the API.

use super::api::{Host, token};
use super::kills::company::world;
use super::kills::patient::{OUT, Patient, wait};
use hibob_fakes::World;
use serde_json::{Value, json};
use std::fs::File;
use std::process::{Child, Command};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Changes are made one after the other, so that at most one is in flight.
const ONE_BY_ONE: &str = "[sync]\nparallel_changes = 1\n";

/// How many writes one change makes at most in this company: the account, and a second one for what it depends on.
const WRITES_OF_A_CHANGE: usize = 2;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A company whose sync takes a while.
fn slow() -> World {
    let mut slow = world(80, 7);
    slow.answers_within = Duration::from_millis(20);
    slow
}

fn writes(patient: &Patient) -> usize {
    patient.world().writes()
}

fn in_the_middle(patient: &Patient) -> bool {
    writes(patient) >= 15
}

fn serve(patient: &Patient) -> Child {
    let log = File::create(patient.shell.path("serve.log")).unwrap();
    // The usual lease: what is noticed when it is renewed is noticed after ten seconds.
    patient.shell.command(&["serve", "--json"]).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

fn stop(mut host: Child) {
    Command::new("kill").args(["-TERM", &host.id().to_string()]).status().unwrap();
    assert!(host.wait().unwrap().success());
}

/// The job with this number.
fn job(patient: &Patient, number: i64) -> Value {
    let (_, jobs) = patient.shell.json(&["jobs", "acme"]);
    jobs["jobs"].as_array().unwrap().iter().find(|job| job["job"] == number).unwrap().clone()
}

/// Asserts that the run was stopped in the middle, that the history says by what, and that nothing goes on by itself.
fn assert_stopped(patient: &Patient, before: usize, by: &str) {
    let after = writes(patient);
    assert!(after <= before + WRITES_OF_A_CHANGE, "{after} writes, and {before} when it was stopped");
    let (_, history) = patient.shell.json(&["history", "acme"]);
    assert!(history["interrupted"]["by"].as_str().unwrap().contains(by), "{history}");
    let (exit, report) = patient.sync();
    assert_eq!((exit, writes(patient)), (3, after), "{report}");
    assert!(report["error"]["remedy"].as_str().unwrap().contains("hibob runs resume acme"), "{report}");
}

#[test]
fn a_tenant_that_is_disabled_stops_before_its_next_change() {
    let runtime = runtime();
    let patient = Patient::new(runtime.handle(), slow(), ONE_BY_ONE);
    let mut child = patient.spawn(OUT);
    assert!(wait(&mut child, || in_the_middle(&patient)).is_none());
    let disable = ["tenant", "disable", "acme", "--by", "ana@acme.example", "--reason", "a mistake", "--yes"];
    assert_eq!(patient.shell.json(&disable).0, 0);
    let before = writes(&patient);
    assert_eq!(child.wait().unwrap().code(), Some(8), "{}", patient.report(OUT));
    let (exit, refused) = patient.sync();
    assert_eq!((exit, &refused["error"]["code"]), (2, &"TENANT_DISABLED".into()), "{refused}");
    assert_eq!(patient.shell.json(&["tenant", "enable", "acme"]).0, 0);
    assert_stopped(&patient, before, "by disabling the tenant");
    assert!(patient.shell.json(&["runs", "resume", "acme"]).0 <= 1);
    let (_, plan) = patient.shell.json(&["plan", "acme"]);
    assert_eq!(plan["changes"], json!([]));
}

#[test]
fn a_job_that_is_cancelled_stops_before_its_next_change() {
    let runtime = runtime();
    let patient = Patient::new(runtime.handle(), slow(), ONE_BY_ONE);
    let mut host = serve(&patient);
    assert_eq!(patient.shell.json(&["jobs", "start", "acme", "sync"]).0, 0);
    assert!(wait(&mut host, || in_the_middle(&patient)).is_none());
    assert_eq!(patient.shell.json(&["jobs", "cancel", "1"]).0, 0);
    let before = writes(&patient);
    assert!(wait(&mut host, || !job(&patient, 1)["ended_at"].is_null()).is_none());
    assert_eq!(job(&patient, 1)["state"], "cancelled");
    stop(host);
    assert_stopped(&patient, before, "by cancelling job 1");
}

#[test]
fn an_interrupted_run_is_resumed_and_abandoned_by_the_api() {
    let runtime = runtime();
    let patient = Patient::new(runtime.handle(), slow(), ONE_BY_ONE);
    let shell = &patient.shell;
    let admin = token(shell, &["--role", "admin", "--tenant", "acme"]);
    let reader = token(shell, &["--role", "reader", "--tenant", "acme"]);
    let operator = token(shell, &["--role", "operator"]);
    let host = Host::start(shell, &[]);
    let post = |token: &str, way: &str| host.json(token, "POST", &format!("/v1/tenants/acme/runs/{way}"), "");
    // The stream of a job's events ends with the job.
    let ended = |number: &Value| {
        host.ask(&admin, "GET", &format!("/v1/jobs/{number}/events"), "");
        host.json(&admin, "GET", &format!("/v1/jobs/{number}"), "").1
    };
    for way in ["resume", "abandon"] {
        let (status, refused) = post(&admin, way);
        assert_eq!((status, &refused["code"]), (409, &json!("NOT_INTERRUPTED")), "{refused}");
    }
    let interrupt = || {
        let due = writes(&patient) + 15;
        let mut child = patient.spawn(OUT);
        assert!(wait(&mut child, || writes(&patient) >= due).is_none());
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(8), "{}", patient.report(OUT));
    };
    interrupt();
    assert_eq!(post(&reader, "resume").0, 403);
    let before = writes(&patient);
    let (status, started) = post(&admin, "abandon");
    assert_eq!((status, &started["new"]), (202, &json!(true)), "{started}");
    let job = ended(&started["job"]);
    assert_eq!((&job["state"], &job["kind"]), (&json!("done"), &json!("apply")), "{job}");
    assert_eq!(job["arguments"], json!({ "interrupted": "abandon" }));
    assert_eq!(writes(&patient), before, "an abandoned plan writes nothing");
    interrupt();
    let (status, started) = post(&admin, "resume");
    assert_eq!(status, 202, "{started}");
    let job = ended(&started["job"]);
    assert_eq!(job["state"], "done", "{job}");
    let run = job["result"]["run"].to_string();
    let (_, run) = host.json(&reader, "GET", &format!("/v1/tenants/acme/runs/{run}"), "");
    assert_eq!(run["run"]["trigger"], "resumed", "{run}");
    let (_, plan) = patient.shell.json(&["plan", "acme"]);
    assert_eq!(plan["changes"], json!([]), "everything is made");
    let (_, audit) = host.json(&operator, "GET", "/v1/audit", "");
    let rows: Vec<(&str, &str, &str)> = audit["audit"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .filter(|row| ["resume-run", "abandon-run"].contains(&row["action"].as_str().unwrap()))
        .map(|row| {
            (row["action"].as_str().unwrap(), row["outcome"].as_str().unwrap(), row["code"].as_str().unwrap_or(""))
        })
        .collect();
    let expected = [
        ("resume-run", "refused", "NOT_INTERRUPTED"),
        ("abandon-run", "refused", "NOT_INTERRUPTED"),
        ("resume-run", "refused", "FORBIDDEN"),
        ("abandon-run", "done", ""),
        ("resume-run", "done", ""),
    ];
    assert_eq!(rows, expected, "{audit}");
}

/// A host that is frozen in the middle of a write keeps SQLite's lock. Others do not fail because of that.
#[test]
fn a_job_that_finds_its_database_locked_is_tried_again() {
    let runtime = runtime();
    let patient = Patient::new(runtime.handle(), world(10, 7), "");
    // It creates the tenant's database.
    assert_eq!(patient.shell.json(&["plan", "acme"]).0, 0);
    let mut host = serve(&patient);
    let queued = || {
        let log = std::fs::read_to_string(patient.shell.path("serve.log")).unwrap();
        log.contains("queued again")
    };
    patient.with("tenants/acme.db", async |connection| {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.unwrap();
        assert_eq!(patient.shell.json(&["jobs", "start", "acme", "sync"]).0, 0);
        assert!(wait(&mut host, queued).is_none());
        assert_eq!(job(&patient, 1)["state"], "queued");
        sqlx::query("ROLLBACK").execute(&mut *connection).await.unwrap();
    });
    assert!(wait(&mut host, || !job(&patient, 1)["ended_at"].is_null()).is_none());
    assert_eq!(job(&patient, 1)["state"], "done", "{}", job(&patient, 1));
    stop(host);
}

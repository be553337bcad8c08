//! Tests of interrupting the program: by Ctrl-C, by SIGTERM, and by cancelling a job. Whenever that happens, no further
//! write of the plan leaves until somebody resumes it, and the history says what was done.

use super::company::{Event, trouble, world};
use super::patient::{Patient, wait};
use super::{moment, settle, verdict};
use hibob_fakes::{Fault, FaultKind, World};
use hibob_tests::deep;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How many interruptions there are, if the tests run at length, and if not.
const INTERRUPTIONS: usize = 90;
const INTERRUPTIONS_SHORT: usize = 9;

/// The number of employees.
const EMPLOYEES: usize = 140;

/// How a person interrupts a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    CtrlC,
    Terminate,
    CancelledJob,
}

fn signal(child: &Child, name: &str) {
    // It is not waited for yet, so that its number cannot be another process's.
    Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
}

/// Waits until a condition is true for the world, and a little longer. False if the child ended before.
fn wait_for(patient: &Patient, child: &mut Child, requests: usize, later: Duration) -> bool {
    let due = patient.world().log().len() + requests;
    let is_due = wait(child, || patient.world().log().len() >= due).is_none();
    let end = Instant::now() + later;
    is_due && wait(child, || Instant::now() >= end).is_none()
}

/// Runs a sync, and interrupts it by a signal at a moment. Returns its exit code.
fn signalled(patient: &Patient, name: &str, requests: usize, later: Duration) -> i32 {
    let mut child = patient.spawn(super::patient::OUT);
    if wait_for(patient, &mut child, requests, later) {
        signal(&child, name);
    }
    child.wait().unwrap().code().unwrap_or(-1)
}

/// Runs a sync as a job of a serving host, and cancels it at a moment. Returns the run's exit code; none if the job was
/// cancelled before its run began.
fn cancelled(patient: &Patient, requests: usize, later: Duration) -> Option<i32> {
    let log = File::create(patient.shell.path("serve.log")).unwrap();
    let mut command = patient.shell.command(&["serve", "--lease", "2", "--sweep", "1", "--json"]);
    let mut host = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let start = ["jobs", "start", "acme", "sync", "--allow-changed-source"].map(str::to_owned);
    let start: Vec<String> = start.into_iter().chain(super::patient::releases()).collect();
    let (exit, job) = patient.shell.json(&start.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(exit, 0, "{job}");
    let job = job["job"].to_string();
    let (due, end) = (patient.world().log().len() + requests, Instant::now() + later);
    let is_due = || (patient.world().log().len() >= due && Instant::now() >= end) || live_jobs(patient) == 0;
    assert!(wait(&mut host, is_due).is_none(), "the host has ended");
    let (exit, answer) = patient.shell.json(&["jobs", "cancel", &job]);
    assert!([0, 2].contains(&exit), "{answer}"); // 2: it had ended already
    assert!(wait(&mut host, || live_jobs(patient) == 0).is_none(), "the host has ended");
    let (_, jobs) = patient.shell.json(&["jobs", "acme"]);
    let ended = jobs["jobs"].as_array().unwrap().iter().find(|row| format!("{}", row["job"]) == job).unwrap().clone();
    signal(&host, "TERM");
    assert!(host.wait().unwrap().success());
    ended["result"]["exit_code"].as_i64().map(|code| i32::try_from(code).unwrap())
}

/// How many jobs wait or run.
fn live_jobs(patient: &Patient) -> i64 {
    let live = "SELECT count(*) FROM jobs WHERE ended_at IS NULL";
    patient.with("control.db", async |connection| sqlx::query_scalar(live).fetch_one(connection).await.unwrap())
}

/// The writes that TravelPerk has got.
fn writes(patient: &Patient) -> usize {
    patient.world().writes()
}

/// Asserts that the history and the other commands show the interrupted plan, that a sync is held and writes nothing,
/// and that its message names what a person can do.
fn assert_held(patient: &Patient, how: How) {
    let (_, history) = patient.shell.json(&["history", "acme"]);
    let open = &history["interrupted"];
    let by = match how {
        How::CtrlC => "Ctrl-C",
        How::Terminate => "SIGTERM",
        How::CancelledJob => "by cancelling job",
    };
    assert!(open["by"].as_str().unwrap().contains(by), "{history}");
    let last = &history["runs"][0];
    assert_eq!((&last["exit_code"], &last["status"]), (&8.into(), &"interrupted".into()), "{history}");
    assert_eq!(open["run"], last["run"], "{history}");
    let before = writes(patient);
    let (exit, report) = patient.sync();
    let message = report["error"]["remedy"].as_str().unwrap();
    assert_eq!(exit, 3, "{report}");
    assert!(message.contains("hibob runs resume acme") && message.contains("hibob runs abandon acme"), "{report}");
    let text = |args: &[&str]| String::from_utf8(patient.shell.run(args).stdout).unwrap();
    for args in [&["plan", "acme"][..], &["history", "acme"], &["tenant", "show", "acme"]] {
        let text = text(args);
        assert!(text.contains("hibob runs resume acme") && text.contains(by), "{args:?}: {text}");
    }
    assert_eq!(writes(patient), before, "a write has left although nobody has resumed the plan");
}

#[test]
fn whatever_interrupts_a_sync_no_write_follows_until_somebody_resumes_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let seed = 77;
    let before = world(EMPLOYEES, seed);
    let mut troubled = before.clone();
    trouble(&mut troubled, seed);
    let patient = Patient::new(runtime.handle(), troubled, "");
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut events, mut interrupted, mut ways) = (0, 0, [0, 0]);
    while interrupted < deep(INTERRUPTIONS_SHORT, INTERRUPTIONS) {
        let (requests, later) = moment(&mut rng);
        let how = [How::CtrlC, How::Terminate, How::CancelledJob][interrupted % 3];
        let exit = match how {
            How::CtrlC => Some(signalled(&patient, "INT", requests, later)),
            How::Terminate => Some(signalled(&patient, "TERM", requests, later)),
            How::CancelledJob => cancelled(&patient, requests, later),
        };
        let (_, history) = patient.shell.json(&["history", "acme"]);
        match exit {
            // A signal that comes before the program listens ends it as ever, before it has done anything.
            Some(-1) => assert!(history["interrupted"].is_null(), "{history}"),
            // It was interrupted before it had a plan to apply.
            Some(8) | None if history["interrupted"].is_null() => interrupted += 1,
            Some(8) => {
                interrupted += 1;
                assert_held(&patient, how);
                let before = writes(&patient);
                let resumes = rng.random_ratio(1, 2);
                ways[usize::from(resumes)] += 1;
                if resumes {
                    let (exit, report) = patient.shell.json(&["runs", "resume", "acme"]);
                    assert!(exit <= 1, "{exit}: {report}");
                } else {
                    let (exit, report) = patient.shell.json(&["runs", "abandon", "acme"]);
                    assert_eq!((exit, writes(&patient)), (0, before), "{report}");
                }
                let (_, history) = patient.shell.json(&["history", "acme"]);
                assert!(history["interrupted"].is_null(), "{history}");
                for way in ["resume", "abandon"] {
                    let (exit, report) = patient.shell.json(&["runs", way, "acme"]);
                    assert_eq!((exit, &report["error"]["code"]), (2, &"CONFIGURATION".into()), "{report}");
                }
            }
            Some(code) => {
                assert!(code <= 1, "exit code {code}: {history}");
                settle(&patient);
                patient.happen(seed, Event::Day(events));
                events += 1;
            }
            None => panic!("a cancelled job has no end: {history}"),
        }
    }
    assert!(ways.iter().all(|way| *way > 0), "{ways:?}");
    settle(&patient);
    let (exit, plan) = patient.shell.json(&["plan", "acme"]);
    assert_eq!((exit, plan["changes"].as_array().map(Vec::len)), (0, Some(0)), "{plan}");
    verdict::record(&patient, &before);
}

/// A company whose requests are slow, so that its sync can be interrupted in the middle.
fn slow() -> World {
    let mut slow = world(60, 7);
    slow.answers_within = Duration::from_millis(20);
    slow
}

fn in_the_middle(patient: &Patient) -> bool {
    patient.world().writes() >= 15
}

fn interrupt_in_the_middle(patient: &Patient) {
    let mut child = patient.spawn(super::patient::OUT);
    assert!(wait(&mut child, || in_the_middle(patient)).is_none());
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(8), "{}", patient.report(super::patient::OUT));
}

#[test]
fn a_scheduled_sync_abandons_what_a_person_has_interrupted_and_makes_a_new_plan() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let patient = Patient::new(runtime.handle(), slow(), "[schedule]\nsync = \"0 2 * * *\"\n");
    interrupt_in_the_middle(&patient);
    // Somebody leaves who has an account already.
    let leaver = {
        let mut world = patient.world();
        let made = world.travelperk.users.iter().filter_map(|user| user.external_id.clone());
        let made: Vec<String> = made.collect();
        let leaver = made.into_iter().find(|id| world.hibob.employees.contains_key(id)).unwrap();
        world.hibob.employee_mut(&leaver).terminate(hibob_tests::setup::today());
        leaver
    };
    patient.execute("control.db", "UPDATE schedules SET next_due = next_due - 864000000, next_start = 0");
    let log = File::create(patient.shell.path("serve.log")).unwrap();
    let mut command = patient.shell.command(&["serve", "--json"]);
    let mut host = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    // The host queues what is due, and carries it out.
    assert!(wait(&mut host, || live_jobs(&patient) > 0).is_none());
    assert!(wait(&mut host, || live_jobs(&patient) == 0).is_none());
    let (_, jobs) = patient.shell.json(&["jobs", "acme"]);
    let job = jobs["jobs"][0].clone();
    signal(&host, "TERM");
    assert!(host.wait().unwrap().success());
    assert_eq!((&job["trigger"], &job["state"]), (&"schedule".into(), &"done".into()), "{job}");
    let (_, history) = patient.shell.json(&["history", "acme"]);
    let runs: Vec<_> =
        history["runs"].as_array().unwrap().iter().map(|run| (&run["trigger"], &run["status"])).collect();
    let words = ["schedule", "abandoned", "manual"].map(Value::from);
    assert_eq!(runs.iter().map(|(trigger, _)| (*trigger).clone()).collect::<Vec<_>>(), words, "{history}");
    assert_eq!((runs[1].1, runs[2].1), (&"interrupted".into(), &"interrupted".into()), "{history}");
    let (_, run) = patient.shell.json(&["history", "acme", &job["result"]["run"].to_string()]);
    let warning = run["report"]["warnings"].as_array().unwrap().iter().find(|row| row["code"] == "PLAN_ABANDONED");
    let warning = warning.unwrap()["message"].as_str().unwrap();
    assert!(warning.contains("Ctrl-C had interrupted it") && warning.contains("run 2"), "{warning}");
    let (exit, plan) = patient.shell.json(&["plan", "acme"]);
    assert_eq!((exit, plan["changes"].as_array().map(Vec::len)), (0, Some(0)), "{plan}");
    assert!(!patient.world().travelperk.user_by_external_id(&leaver).unwrap().active);
}

/// What hangs does not keep the second signal, and what the first one has asked for stays.
#[test]
fn the_second_signal_leaves_at_once_and_the_plan_stays_interrupted() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let patient = Patient::new(runtime.handle(), slow(), "");
    let hang = Fault::once("/Users", FaultKind::Hang).on("POST").after(10).times(usize::MAX);
    patient.world().travelperk.faults.push(hang);
    let mut child =
        patient.shell.command(&["sync", "acme"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let hangs = || patient.world().travelperk.faults.first().is_some_and(|fault| fault.times < usize::MAX);
    assert!(wait(&mut child, hangs).is_none());
    signal(&child, "TERM");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line.contains("what is in flight is finished")));
    // The mark is in the database at once, and not only when the run ends.
    let marked = || patient.rows("SELECT coalesce(interrupted_by, '') FROM journals") == [["SIGTERM"]];
    assert!(wait(&mut child, marked).is_none());
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(8));
    assert!(lines.map_while(Result::ok).any(|line| line.contains("left at once")));
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(out, "");
    patient.world().travelperk.faults.clear();
    patient.lapse();
    let before = writes(&patient);
    let (exit, report) = patient.sync();
    assert_eq!((exit, writes(&patient)), (3, before), "{report}");
    let (exit, report) = patient.shell.json(&["runs", "resume", "acme"]);
    assert_eq!(exit, 0, "{report}");
    let (exit, plan) = patient.shell.json(&["plan", "acme"]);
    assert_eq!((exit, plan["changes"].as_array().map(Vec::len)), (0, Some(0)), "{plan}");
    assert!(patient.shell.json(&["history", "acme"]).1["interrupted"].is_null());
}

/// A person cancels the job of a host that crashes before it notices: that counts as well.
#[test]
fn a_job_that_is_cancelled_while_its_host_crashes_is_not_resumed() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let patient = Patient::new(runtime.handle(), slow(), "");
    let log = File::create(patient.shell.path("serve.log")).unwrap();
    let mut command = patient.shell.command(&["serve", "--json"]);
    let mut host = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    assert_eq!(patient.shell.json(&["jobs", "start", "acme", "sync"]).0, 0);
    assert!(wait(&mut host, || in_the_middle(&patient)).is_none());
    // It is stopped first, so that it does not notice.
    signal(&host, "STOP");
    let (exit, cancelled) = patient.shell.json(&["jobs", "cancel", "1"]);
    assert_eq!((exit, cancelled["state"].as_str()), (0, Some("running")));
    host.kill().unwrap();
    host.wait().unwrap();
    patient.lapse();
    let before = writes(&patient);
    let (_, history) = patient.shell.json(&["history", "acme"]);
    assert!(history["interrupted"]["by"].as_str().unwrap().contains("by cancelling job 1"), "{history}");
    let (exit, report) = patient.sync();
    assert_eq!((exit, writes(&patient)), (3, before), "{report}");
    let (exit, report) = patient.shell.json(&["runs", "abandon", "acme"]);
    assert_eq!((exit, writes(&patient)), (0, before), "{report}");
    let (exit, report) = patient.sync();
    assert_eq!(exit, 0, "{report}");
}

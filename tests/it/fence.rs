//! Tests of fencing: only the run that took the tenant over last may write. And of plans that may not be applied any
//! more.

use crate::kills::company::world;
use crate::kills::patient::{Patient, wait};
use hibob_base::error::HostError;
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_contract::offboarding_references::{Departure, Seen, Standing};
use hibob_fakes::{Fault, FaultKind, Service, World};
use hibob_policy::guard::Release;
use hibob_store::database::{
    AttemptRecord, ChangeRecord, DeliveryState, LedgerEntry, Message, NewJournal, NewReference, RunRecord,
    TenantDatabase,
};
use hibob_tests::setup::{Setup, plugin};
use serde_json::Value;
use sqlx::{Connection, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How many changes a run makes side by side by default. Each may have one request in progress.
const PARALLEL: usize = 8;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status().unwrap();
    assert!(sent.success());
}

fn writes(world: &World, from: usize) -> usize {
    world.log().iter().skip(from).filter(|request| request.service == Service::TravelPerk && request.is_write()).count()
}

/// Everything that a run writes into the tenant's database.
fn records(patient: &Patient) -> Vec<Vec<String>> {
    [
        "SELECT change, event, made, quote(generation) FROM journal_events ORDER BY sequence",
        "SELECT quote(id), plan, quote(run) FROM journals ORDER BY id",
        "SELECT quote(id), trigger, report FROM runs ORDER BY id",
        "SELECT key, quote(value) FROM entries ORDER BY key",
        "SELECT account_id, employee_id, quote(active) FROM accounts ORDER BY account_id",
        "SELECT value, quote((SELECT generation FROM fence)) FROM baseline",
    ]
    .into_iter()
    .flat_map(|sql| patient.rows(sql))
    .collect()
}

/// Whether no process is in the middle of a write. A process that is stopped there blocks all others.
fn is_free(patient: &Patient, database: &str) -> bool {
    patient.with(database, async |connection| {
        sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *connection).await.unwrap();
        let begun = sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.is_ok();
        if begun {
            sqlx::query("ROLLBACK").execute(&mut *connection).await.unwrap();
        }
        begun
    })
}

#[test]
fn a_run_that_was_stopped_and_comes_back_lands_at_most_what_was_under_way() {
    let runtime = runtime();
    let mut slow = world(100, 7);
    slow.answers_within = Duration::from_millis(20);
    let patient = Patient::new(runtime.handle(), slow, "");
    let mut first = patient.spawn("first.json");
    let mut due = 10;
    loop {
        assert!(wait(&mut first, || writes(&patient.world(), 0) >= due).is_none(), "the run ended too early");
        signal(&first, "STOP");
        if ["control.db", "tenants/acme.db"].iter().all(|database| is_free(&patient, database)) {
            break;
        }
        // It was stopped in the middle of a write, as happens on a busy machine. Try again at its next request.
        signal(&first, "CONT");
        due = writes(&patient.world(), 0) + 1;
    }
    patient.lapse();
    let (exit, report) = patient.sync();
    assert_eq!(
        (exit, patient.rows("SELECT trigger FROM runs ORDER BY id")[0][0].as_str()),
        (0, "abandoned"),
        "{report}"
    );

    let (seen, before) = (patient.world().log().len(), records(&patient));
    signal(&first, "CONT");
    assert_eq!(first.wait().unwrap().code(), Some(5));
    let landed = writes(&patient.world(), seen);
    assert!(landed <= PARALLEL, "{landed} writes after it came back");
    let error = patient.report("first.json")["error"]["message"].to_string();
    assert!(error.contains("lost its lease"), "{error}");
    assert_eq!(records(&patient), before);

    let (exit, plan) = patient.shell.json(&["plan", "acme"]);
    assert_eq!((exit, plan["changes"].as_array().map(Vec::len)), (0, Some(0)), "{plan}");
    let world = patient.world();
    let ids: Vec<_> = world.travelperk.users.iter().filter_map(|user| user.external_id.clone()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "somebody is twice");
}

fn lost<T>(result: Result<T, HostError>) {
    let error = result.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("lost its lease"), "{error}");
}

#[tokio::test]
async fn an_earlier_run_writes_nothing_once_a_later_one_has_raised_the_fencing_token() {
    let folder = tempfile::tempdir().unwrap();
    let database = TenantDatabase::open(folder.path(), "acme").await.unwrap();
    let plan = |digest| NewJournal {
        kind: RunKind::Sync,
        started_at: 1,
        digest,
        plan: b"{}",
        held: "{}",
        settings: "settings",
        plugin: "plugin",
        changes: 2,
        job: None,
        saved: None,
    };
    let run = |journal| RunRecord {
        kind: RunKind::Sync,
        trigger: "manual",
        job: None,
        started_at: 1,
        finished_at: 2,
        exit_code: 0,
        report: "{}".to_owned(),
        journal,
        interrupted_by: None,
        saved: None,
    };
    let ledger = |account: &str| {
        let (account_id, employee_id) = (account.to_owned(), "1".to_owned());
        Some(LedgerEntry { account_id, employee_id, archived_at: None })
    };
    let old = database.take_fence(1).await.unwrap();
    let journal = database.begin_journal(old, &plan("one")).await.unwrap();
    database.record_started(old, journal, "a", 1).await.unwrap();
    let new = database.take_fence(3).await.unwrap();

    assert!(!database.holds(old).await.unwrap() && database.holds(new).await.unwrap());
    lost(database.begin_journal(old, &plan("two")).await);
    lost(database.record_started(old, journal, "b", 1).await);
    let entries = BTreeMap::from([("key".to_owned(), Some(b"value".to_vec()))]);
    let finished = Some((journal, "a".to_owned(), "\"not_tried\"".to_owned()));
    let record = ChangeRecord { ledger: ledger("100"), finished: finished.clone(), kept: None };
    lost(database.record_change(old, &entries, &record, 1).await);
    lost(database.record_run(old, &run(Some(journal)), None, &[]).await);
    assert!(database.take_fence(2).await.is_err(), "the token only rises");
    assert_eq!(database.open_journal().await.unwrap().unwrap().events.len(), 1);
    assert_eq!(database.entry("key").await.unwrap(), None);
    assert_eq!((database.account_of("1").await.unwrap(), database.runs().await.unwrap()), (None, 0));

    // Everything of the later run is written. But an outcome is recorded only once, and a second one changes nothing.
    database.record_started(new, journal, "a", 2).await.unwrap();
    database.record_change(new, &entries, &record, 2).await.unwrap();
    let again = ChangeRecord { ledger: ledger("200"), finished, kept: None };
    assert!(database.record_change(new, &BTreeMap::new(), &again, 3).await.is_err());
    assert_eq!(database.account_of("1").await.unwrap().as_deref(), Some("100"));
    assert!(database.begin_journal(new, &plan("two")).await.is_err(), "one plan at a time");
    database.record_run(new, &run(Some(journal)), None, &[]).await.unwrap();
    assert!(database.open_journal().await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_of_an_earlier_references_job_is_recorded_either() {
    let folder = tempfile::tempdir().unwrap();
    let database = TenantDatabase::open(folder.path(), "acme").await.unwrap();
    let departure =
        Departure { employee_id: "1".to_owned(), ended_on: "2026-01-31".to_owned(), basis: "terminated".to_owned() };
    let reference = |id: &str, employee: &str| NewReference {
        id: id.to_owned(),
        departure: Departure { employee_id: employee.to_owned(), ..departure.clone() },
        document: b"{}".to_vec(),
        digest: [0; 32],
        selector: "s1".to_owned(),
        status_list: 1,
        status_index: u32::try_from(id.len()).unwrap(),
        plugin_digest: String::new(),
        answers_digest: [0; 32],
        issued_at: 1,
        message_id: format!("<{id}@acme.example>"),
    };
    let old = database.take_fence(1).await.unwrap();
    database.put_reference_key("s1", &[1; 32], 1).await.unwrap();
    assert_eq!(database.record_reference(old, &reference("a", "1"), None).await.unwrap(), Some(0));
    let new = database.take_fence(2).await.unwrap();
    let seen = [Seen { employee_id: "2".to_owned(), standing: Standing::Employed }];
    lost(database.record_standings(old, &seen).await);
    lost(database.record_reference(old, &reference("bb", "2"), None).await);
    lost(database.cancel_departure(old, &departure, "", 2).await);
    let arrived = AttemptRecord { state: DeliveryState::Delivered, said: "", next_at: 0, is_counted: true };
    lost(database.record_attempt(old, (Message::Reference, 0), &arrived, 2).await);
    let people = database.reference_people().await.unwrap();
    assert!(people.len() == 1 && people[0].issued.is_some(), "{people:?}");
    assert_eq!((database.references().await.unwrap().len(), database.waiting_deliveries().await.unwrap()), (1, 1));

    database.record_attempt(new, (Message::Reference, 0), &arrived, 3).await.unwrap();
    assert_eq!(database.waiting_deliveries().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_runs_only_the_later_one_applies_its_plan() {
    let setup = Setup::realistic(20).await;
    let (one, other) = (setup.tenant().await, setup.tenant().await);
    let start = |tenant| hibob_runner::start(&setup.data, tenant, plugin(), RunKind::Sync, Arc::new(NoProgress));
    let old = start(&one).await.unwrap();
    let planned = old.plan().await.unwrap();
    // The lease lapses, as after 30 seconds in which a run does not renew it.
    let control = format!("sqlite://{}", setup.folder.path().join("data/control.db").display());
    let mut control = SqliteConnection::connect(&control).await.unwrap();
    sqlx::query("UPDATE leases SET expires_at = 0").execute(&mut control).await.unwrap();
    let new = start(&other).await.unwrap();

    let mut report = old.apply(&planned, Release::default()).await;
    assert!(report.error.as_ref().unwrap().message.contains("lost its lease"), "{report:?}");
    lost(old.finish(&mut report, Some(&planned)).await);
    assert_eq!(setup.writes(), 0);
    let planned = new.plan().await.unwrap();
    let mut report = new.apply(&planned, Release::default()).await;
    assert!(report.created > 0 && report.errors.is_empty(), "{report:?}");
    new.finish(&mut report, Some(&planned)).await.unwrap();
}

/// The host is delayed between checking the token and sending the write. By then another run has taken the tenant over.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_about_to_leave_when_the_token_is_raised_does_not_leave() {
    let setup = Setup::realistic(20).await;
    assert!(setup.sync().await.created > 0 && setup.writes() > 0);
    {
        let mut world = setup.world();
        let account = world.travelperk.users.iter().find(|user| user.active && user.manager.is_some()).unwrap();
        let (id, employee) = (account.id, account.external_id.clone().unwrap());
        world.hibob.employee_mut(&employee).surname = "Renamed".to_owned();
        world.travelperk.faults.push(Fault::once(&format!("/Users/{id}"), FaultKind::too_many("1")).on("GET"));
    }
    let tenant = setup.tenant().await;
    let run = hibob_runner::start(&setup.data, &tenant, plugin(), RunKind::Sync, Arc::new(NoProgress)).await.unwrap();
    let planned = run.plan().await.unwrap();
    assert_eq!(planned.changes.len(), 1);
    let is_waiting = || setup.world().log().iter().any(|request| request.status == 429);
    let take_over = async {
        while !is_waiting() {
            tokio::time::sleep(Duration::from_millis(1)).await; // between two looks at the condition
        }
        tenant.database().take_fence(1_000).await.unwrap()
    };
    let (mut report, _) = tokio::join!(run.apply(&planned, Release::default()), take_over);
    assert_eq!((setup.writes(), report.updated, report.skipped), (0, 0, 1), "{report:?}");
    lost(run.finish(&mut report, Some(&planned)).await);
}

/// A small tenant whose sync was killed in the middle of applying.
fn interrupted(runtime: &Runtime) -> Patient {
    let mut slow = world(60, 7);
    slow.answers_within = Duration::from_millis(10);
    let patient = Patient::new(runtime.handle(), slow, "");
    assert_eq!(patient.sync_until(|world| writes(world, 0) >= 20, Duration::ZERO), None);
    assert_eq!(patient.rows("SELECT plan FROM journals WHERE run IS NULL").len(), 1);
    patient.lapse();
    patient
}

#[test]
fn a_plan_that_is_out_of_date_is_closed_and_what_was_in_flight_is_looked_up() {
    let runtime = runtime();
    type Change = fn(&Patient);
    let cases: [(Change, &str); 3] = [
        (
            |patient| {
                let made = "SELECT json_extract(CAST(content AS TEXT), '$.created_at') || '' FROM plans";
                let made: i64 = patient.rows(made)[0][0].parse().unwrap();
                while chrono::Utc::now().timestamp() <= made {
                    std::thread::sleep(Duration::from_millis(10)); // until the clock has gone on
                }
                patient.write_tenant("[sync]\nplan_age_hours_max = 0\n");
            },
            "plan_age_hours_max",
        ),
        (|patient| patient.write_tenant("[sync]\ndefault_language = \"de\"\n"), "settings have changed"),
        (
            |patient| {
                assert_eq!(patient.execute("tenants/acme.db", "UPDATE journals SET plugin = 'another'"), 1);
            },
            "the plugin has changed",
        ),
    ];
    for (change, words) in cases {
        let patient = interrupted(&runtime);
        change(&patient);
        let seen = patient.world().log().len();
        let (exit, report) = patient.sync();
        assert_eq!(exit, 0, "{words}: {report}");
        // Until the new plan is made, TravelPerk is only asked.
        let log = patient.world().log()[seen..].to_vec();
        let first = log.iter().position(|request| request.service == Service::HiBob).unwrap();
        assert!(log[..first].iter().all(|request| !request.is_write()), "{words}");
        let run = &patient.rows("SELECT quote(id), quote(exit_code) FROM runs WHERE trigger = 'abandoned'")[0];
        let (_, mut told) = patient.shell.json(&["history", "acme", &run[0]]);
        let told: Value = told["report"].take();
        let message = told["error"]["message"].as_str().unwrap();
        assert!(message.contains("did not come to its end") && run[1] == "8", "{words}: {told}");
        // Changes that were not begun have no error of their own. Those that TravelPerk does not show as made
        // are reported as interrupted.
        let codes: BTreeSet<&str> =
            told["errors"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap()).collect();
        assert!(codes.is_subset(&BTreeSet::from(["INTERRUPTED", "DEPENDENCY_FAILED"])), "{codes:?}");
        let changes =
            "SELECT quote(json_array_length(CAST(content AS TEXT), '$.changes')) FROM plans ORDER BY rowid LIMIT 1";
        let lines = patient.rows("SELECT result FROM run_updates WHERE run = 1");
        assert_eq!(lines.len().to_string(), patient.rows(changes)[0][0], "{words}");
        assert!(lines.iter().any(|line| line[0] == "Not tried") && lines.iter().any(|line| line[0] == "Done"));
        let (_, plan) = patient.shell.json(&["plan", "acme"]);
        assert_eq!(plan["changes"].as_array().map(Vec::len), Some(0), "{words}: {plan}");
    }
}

#[test]
fn a_journal_that_makes_no_sense_is_an_error_and_blocks_only_one_run() {
    let runtime = runtime();
    for (damage, words) in [
        ("INSERT INTO journal_events SELECT NULL, 1, 1, 'nobody', 'started', '', 0", "nobody is not in the plan"),
        (
            "INSERT INTO journal_events SELECT NULL, journal, generation, change, 'started', '', 0 FROM journal_events
             WHERE event = 'finished' LIMIT 1",
            "goes on after it was finished",
        ),
        ("UPDATE plans SET content = CAST(CAST(content AS TEXT) || ' ' AS BLOB)", "was changed"),
        ("UPDATE journals SET held = '?'", "what it holds"),
    ] {
        let patient = interrupted(&runtime);
        assert_eq!(patient.execute("tenants/acme.db", damage), 1);
        let seen = patient.world().log().len();
        let (exit, report) = patient.sync();
        let error = &report["error"];
        assert_eq!((exit, error["code"].as_str()), (5, Some("JOURNAL_UNREADABLE")), "{report}");
        assert!(error["message"].as_str().unwrap().contains(words), "{report}");
        assert!(error["remedy"].as_str().unwrap().contains("run 1 of the history"), "{report}");
        assert_eq!(patient.world().log().len(), seen, "a request was sent");
        let (_, told) = patient.shell.json(&["history", "acme", "1"]);
        assert_eq!(
            (&told["run"]["exit_code"], &told["report"]["error"]["code"]),
            (&5.into(), &error["code"]),
            "{told}"
        );
        // The lease was given back, and the next plan starts from the present state.
        let (exit, report) = patient.sync();
        assert_eq!((exit, report["error"].is_null()), (0, true), "{report}");
        let (_, plan) = patient.shell.json(&["plan", "acme"]);
        assert_eq!(plan["changes"].as_array().map(Vec::len), Some(0), "{plan}");
    }
}

//! A run that does not come to its end is taken up with the truth of the day on which that happens.

use super::{account, codes, company_with, leaves, person};
use hibob_base::error::Exit;
use hibob_base::job::{RunKind, WayOn};
use hibob_base::progress::NoProgress;
use hibob_contract::types::Value;
use hibob_fakes::{Fault, FaultKind};
use hibob_jobs::run::Taken;
use hibob_policy::guard::Release;
use hibob_runner::Start;
use hibob_store::database::{Decision, PastRun};
use hibob_store::plan_file;
use hibob_tests::setup::{Setup, plugin};
use sqlx::{Connection as _, SqliteConnection};
use std::sync::Arc;
use std::time::Duration;

/// Changes are made one after the other, so that one of them is in flight when the host is gone.
const ONE_BY_ONE: &str = "[sync]\nparallel_changes = 1\n";

/// Every plan waits for approval, and any two people may exchange their addresses.
const APPROVED: &str =
    "[safety]\napproval = \"always\"\n[sync]\nparallel_changes = 1\nswap_address = \"swap-{id}@x.example\"\n";

/// Does `work` until its host is gone: while it waits for the answer to the write after so many others. TravelPerk does
/// not get that write.
async fn crash(setup: &Setup, after: usize, work: impl Future<Output = hibob_jobs::run::Report>) {
    for method in ["PATCH", "POST"] {
        let hang = Fault::once("/Users", FaultKind::Hang).on(method).after(after);
        setup.world().travelperk.faults.push(hang);
    }
    let hangs = async {
        while setup.world().travelperk.faults.iter().all(|fault| fault.times > 0) {
            tokio::time::sleep(Duration::from_millis(1)).await; // between two looks at the condition
        }
    };
    tokio::select! {
        report = work => panic!("it ended: {:?}", report.error),
        () = hangs => {}
    }
    setup.world().travelperk.faults.clear();
    while setup.data.control().is_leased("acme").await.unwrap() {
        tokio::time::sleep(Duration::from_millis(1)).await; // between two looks at the condition
    }
    setup.writes();
}

/// HiBob answers nothing, or everything again.
fn hibob_is_down(setup: &Setup, is_down: bool) {
    let mut world = setup.world();
    world.hibob.faults.clear();
    if is_down {
        world.hibob.faults.push(Fault::once("/", FaultKind::status(503)).times(usize::MAX));
    }
}

/// Takes the termination of employee `id` back, as if it had been a mistake.
fn comes_back(setup: &Setup, id: &str) {
    *setup.world().hibob.employee_mut(id) = person(id);
}

async fn run(setup: &Setup, number: i64) -> PastRun {
    setup.data.records("acme").await.unwrap().past_run(number).await.unwrap().unwrap()
}

/// Reads a number from the tenant's database.
async fn number(setup: &Setup, sql: &'static str) -> i64 {
    let path = setup.data.path().join("tenants/acme.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut database).await.unwrap()
}

const OPEN_JOURNALS: &str = "SELECT count(*) FROM journals WHERE run IS NULL";

/// How many employees the last accepted run has seen.
async fn baseline(setup: &Setup) -> Option<Value> {
    let baseline = setup.data.tenant_database("acme").await.unwrap().baseline().await.unwrap();
    baseline.into_iter().find(|number| number.name == "employees").map(|number| number.value)
}

/// Has somebody approve the plan that waits.
async fn approve(setup: &Setup) {
    let (database, now) = (setup.data.tenant_database("acme").await.unwrap(), chrono::Utc::now().timestamp());
    let row = database.open_approval(now).await.unwrap().unwrap();
    let decision = Decision { by: "boss@x.example", with: "command-line", rejected_because: None };
    assert!(database.decide(row.id, decision, now).await.unwrap());
}

fn exchange(setup: &Setup, one: &str, other: &str) {
    for (id, email) in [(one, other), (other, one)] {
        setup.world().hibob.employee_mut(id).email = Some(format!("{email}@x.example"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hr_took_back_after_a_crash_is_not_done() {
    let setup = company_with(10, ONE_BY_ONE).await;
    // Day 2: somebody leaves, two people are hired, and the host is gone while it archives the first account.
    leaves(&setup, "1");
    setup.world().hibob.insert(person("11"));
    setup.world().hibob.insert(person("12"));
    crash(&setup, 0, setup.sync()).await;
    // Twelve hours later: the termination was a mistake, and one of the two does not come.
    comes_back(&setup, "1");
    setup.world().hibob.employees.remove("12");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.created), (Exit::Done, 0, 1), "{:?}", report.errors);
    assert_eq!(setup.writes(), 1);
    assert!(account(&setup, "1").active);
    assert!(setup.world().travelperk.user_by_name("12@x.example").is_none());
    // The history has everybody whose change was not made, by name.
    let closed = run(&setup, 2).await;
    assert_eq!((closed.trigger.as_str(), closed.exit_code), ("abandoned", Exit::Interrupted as i64));
    let rows = setup.data.records("acme").await.unwrap().run_updates(2).await.unwrap();
    let mut not_tried: Vec<&str> =
        rows.iter().filter(|row| row.result == "Not tried").map(|row| row.employee_id.as_str()).collect();
    not_tried.sort_unstable();
    assert_eq!(not_tried, ["11", "12"]);
    assert!(report.warnings.iter().any(|row| row.code == "PLAN_ABANDONED"), "{:?}", report.warnings);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archiving_that_was_carried_out_in_a_crash_is_counted_and_not_sent_again() {
    let setup = company_with(10, ONE_BY_ONE).await;
    leaves(&setup, "1");
    crash(&setup, 0, setup.sync()).await;
    // The request had arrived all the same.
    super::by_hand(&setup, "1", |user| user.active = false);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, setup.writes()), (Exit::Done, 0, 0), "{:?}", report.errors);
    assert_eq!(run(&setup, 2).await.report["archived"], 1);
    assert_eq!(number(&setup, "SELECT count(*) FROM archivings").await, 1, "it counts among those of 30 days");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_of_an_interrupted_run_never_become_the_baseline() {
    let setup = company_with(10, ONE_BY_ONE).await;
    assert_eq!(baseline(&setup).await, Some(Value::Integer(10)));
    // Day 2: HR imports five people twice, and the host is gone in the middle of it.
    for id in 11..=15 {
        setup.world().hibob.insert(person(&id.to_string()));
    }
    crash(&setup, 2, setup.sync()).await;
    // Day 3: HiBob is down. What was in flight is looked up, the rest is closed, and nothing is written.
    hibob_is_down(&setup, true);
    let report = setup.sync().await;
    assert!(report.error.is_some(), "{report:?}");
    assert_eq!((setup.writes(), number(&setup, OPEN_JOURNALS).await), (0, 0));
    assert_eq!(baseline(&setup).await, Some(Value::Integer(10)), "neither of the two runs came to its end");
    // Day 4: it is there again, and one of the five was wrong.
    hibob_is_down(&setup, false);
    setup.world().hibob.employees.remove("15");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created), (Exit::Done, 2), "{:?}", report.errors);
    assert_eq!(baseline(&setup).await, Some(Value::Integer(14)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_goes_on_after_a_crash_with_what_still_holds() {
    let setup = company_with(10, "").await;
    setup.apply_tenant("acme", APPROVED).await;
    // Day 2: three people leave, and somebody approves that. The host is gone after the first of them.
    ["1", "2", "3"].iter().for_each(|id| leaves(&setup, id));
    assert_eq!(setup.sync().await.exit(), Exit::Waiting);
    approve(&setup).await;
    crash(&setup, 1, setup.sync()).await;
    // Day 3: HiBob is down, so that nobody knows what still holds. Nothing is written, and the yes stays.
    comes_back(&setup, "3");
    setup.world().hibob.insert(person("11"));
    hibob_is_down(&setup, true);
    let report = setup.sync().await;
    assert!(report.error.is_some() && report.run.is_some(), "{report:?}");
    assert_eq!((setup.writes(), number(&setup, OPEN_JOURNALS).await), (0, 1));
    // Day 4: the second leaver is archived. The third one's termination was taken back, and what is new waits.
    hibob_is_down(&setup, false);
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes()), (Exit::Waiting, 1), "{:?}", report.errors);
    let active = ["1", "2", "3"].map(|id| account(&setup, id).active);
    assert_eq!((active, report.waiting.unwrap().changes), ([false, false, true], 1));
    let resumed = run(&setup, 4).await;
    assert_eq!(
        (resumed.trigger.as_str(), resumed.exit_code),
        ("resumed", Exit::SomeFailed as i64),
        "{}",
        resumed.report
    );
    let errors = resumed.report["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{}", resumed.report);
    assert_eq!((&errors[0]["code"], &resumed.report["archived"]), (&"DRIFTED".into(), &2.into()));
    let message = errors[0]["message"].as_str();
    assert!(message.is_none_or(|message| message.contains("does not make it any more")), "{}", resumed.report);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_goes_on_after_a_crash_with_what_still_holds() {
    let setup = company_with(10, ONE_BY_ONE).await;
    // Day 2: a plan is saved, and applied until its host is gone after the first of three changes.
    ["1", "2"].iter().for_each(|id| leaves(&setup, id));
    setup.world().hibob.employee_mut("3").first_name = "Eva".to_owned();
    let (tenant, planned) = (setup.tenant().await, setup.plan().await.unwrap());
    let path = setup.folder.path().join("acme.plan");
    plan_file::save(&setup.data, &tenant.basis(plugin()).unwrap(), &planned, &path).unwrap();
    let identity = plan_file::read(&setup.data, &path).unwrap().identity();
    let apply = async || {
        let kind = RunKind::Apply;
        let run = hibob_runner::start(&setup.data, &tenant, plugin(), kind, Arc::new(NoProgress)).await.unwrap();
        match run.take_saved(&identity).await.unwrap() {
            Taken::New(run) => {
                let mut report = run.apply(&planned, Release::default()).await;
                run.finish(&mut report, Some(&planned)).await.unwrap();
                report
            }
            Taken::Resumed(report) => report,
        }
    };
    crash(&setup, 1, apply()).await;
    // Day 3: somebody else has left meanwhile, and the one with the new name has another one.
    leaves(&setup, "4");
    setup.world().hibob.employee_mut("3").first_name = "Evi".to_owned();
    let report = apply().await;
    assert_eq!((report.exit(), report.archived, report.updated, report.drifted), (Exit::SomeFailed, 2, 0, 1));
    assert_eq!(report.errors.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(), ["DRIFTED"]);
    assert_eq!((setup.writes(), account(&setup, "4").active), (1, true), "what is new is left to a new plan");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_a_person_resumes_goes_on_with_what_still_holds() {
    let setup = company_with(10, ONE_BY_ONE).await;
    ["1", "2"].iter().for_each(|id| leaves(&setup, id));
    setup.world().hibob.insert(person("11"));
    crash(&setup, 1, setup.sync()).await;
    let path = setup.data.path().join("tenants/acme.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let mark = "UPDATE journals SET interrupted_at = 1, interrupted_by = 'Ctrl-C' WHERE run IS NULL";
    assert_eq!(sqlx::query(mark).execute(&mut database).await.unwrap().rows_affected(), 1);
    // The next day: it is not begun again by itself.
    comes_back(&setup, "2");
    assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Held, 0));
    // While HiBob is down, resuming it does nothing, and the plan stays interrupted.
    let tenant = setup.tenant().await;
    let resume = async || {
        let (progress, start) = (Arc::new(NoProgress), Start::default());
        hibob_runner::go_on(&setup.data, &tenant, plugin(), progress, start, WayOn::Resume).await
    };
    hibob_is_down(&setup, true);
    assert!(resume().await.is_err());
    assert_eq!(setup.sync().await.exit(), Exit::Held);
    hibob_is_down(&setup, false);
    let report = resume().await.unwrap();
    assert_eq!((report.exit(), report.archived, report.created, report.failed), (Exit::SomeFailed, 1, 1, 1));
    // It was in flight, and TravelPerk shows that it was not made.
    assert_eq!(codes(&report), [("2", "INTERRUPTED")]);
    assert_eq!((setup.writes(), account(&setup, "2").active), (1, true));
}

/// The account with the temporary address gets its final one, though the new plan makes that by another change.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_of_addresses_that_a_crash_has_cut_in_half_is_finished() {
    let setup = company_with(4, "").await;
    setup.apply_tenant("acme", APPROVED).await;
    exchange(&setup, "1", "2");
    assert_eq!(setup.sync().await.waiting.unwrap().changes, 3);
    approve(&setup).await;
    crash(&setup, 1, setup.sync()).await;
    assert!(setup.world().travelperk.user_by_name("swap-1@x.example").is_some());
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes()), (Exit::Done, 2), "{:?} {:?}", report.errors, report.waiting);
    assert_eq!(account(&setup, "2").external_id.as_deref(), Some("1"));
    assert_eq!(account(&setup, "1").external_id.as_deref(), Some("2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_flight_is_settled_without_a_write_also_for_another_plugin() {
    let setup = company_with(10, ONE_BY_ONE).await;
    leaves(&setup, "1");
    crash(&setup, 0, setup.sync()).await;
    super::by_hand(&setup, "1", |user| user.active = false);
    let path = setup.data.path().join("tenants/acme.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let other = "UPDATE journals SET plugin = 'another', settings = 'others' WHERE run IS NULL";
    assert_eq!(sqlx::query(other).execute(&mut database).await.unwrap().rows_affected(), 1);
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes()), (Exit::Done, 0), "{:?}", report.errors);
    assert_eq!(run(&setup, 2).await.report["archived"], 1, "the target's answers say that it was made");
}

//! Tests of plans that wait for a person: nothing of such a plan is applied before it is approved, and exactly that
//! plan afterwards.

pub(crate) mod office;
mod program;

use hibob_base::error::Exit;
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_jobs::approval;
use hibob_jobs::run::{DifferenceKind, Report};
use hibob_policy::guard::Release;
use hibob_store::database::{ApprovalState, Decision};
use hibob_store::queue::State;
use hibob_tests::setup::plugin;
use office::{ABOVE_LIMITS, ANA, EVA, Office};
use std::sync::Arc;

const DAY: i64 = 24 * 60 * 60;

/// The differences from the approved plan that a report has: kind, employee and change.
fn moved(report: &serde_json::Value) -> Vec<(String, String, String)> {
    let rows = report["stale"]["differences"].as_array().unwrap();
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.iter().map(|row| (text(row, "what"), text(row, "kind"), text(row, "employee_id"))).collect()
}

fn rows(rows: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    rows.iter().map(|(what, kind, id)| ((*what).to_owned(), (*kind).to_owned(), (*id).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_above_the_limits_waits_whole_and_is_applied_as_it_was_approved() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    office.hire("21");
    let report = office.setup.sync().await;
    let waiting = report.waiting.clone().unwrap();
    assert_eq!((report.exit(), waiting.changes, waiting.is_new), (Exit::Waiting, 8, true));
    assert!(waiting.why.len() == 1 && waiting.why[0].contains("7 of 20"), "{:?}", waiting.why);
    assert_eq!((office.setup.writes(), report.held.len(), report.guards.len()), (0, 0, 0));
    // The next night's sync makes an equal plan, and the waiting one stays.
    let again = office.setup.sync().await.waiting.unwrap();
    assert_eq!((&again.plan, again.is_new, again.lapses_at), (&waiting.plan, false, waiting.lapses_at));
    assert_eq!(office.jobs().await, 0);

    let decided = office.approve(&waiting.plan[..8]).await.unwrap();
    assert_eq!((decided.is_new, decided.state, &decided.plan), (true, ApprovalState::Approved, &waiting.plan));
    let twice = office.approve(&waiting.plan).await.unwrap();
    assert_eq!((twice.is_new, twice.job), (false, decided.job));
    assert_eq!((office.setup.writes(), office.jobs().await), (0, 1));

    let (state, result) = office.serve().await;
    assert_eq!((state, &result["error"]), (State::Done, &serde_json::Value::Null));
    assert_eq!((office.setup.writes(), office.archived()), (8, 7));
    let run = office.past_run(&result).await;
    let approval = &run.report["approval"];
    assert_eq!(
        (&approval["by"], &approval["with"], &approval["plan"]),
        (&ANA.into(), &"token 1".into(), &waiting.plan.clone().into())
    );
    assert!(approval["released"][0].as_str().unwrap().contains("7 of 20"), "{approval}");
    let row = office.row(&waiting.plan).await;
    assert_eq!((row.state, row.run, row.decided_by.as_deref()), (ApprovalState::Applied, Some(run.id), Some(ANA)));
    assert_eq!(
        office.journalled().await,
        std::slice::from_ref(&waiting.plan),
        "the applied plan is not the approved one"
    );

    let late = office.approve(&waiting.plan).await.unwrap();
    assert_eq!((late.is_new, late.job, late.state), (false, None, ApprovalState::Applied));
    assert!(office.reject(&waiting.plan).await.unwrap_err().to_string().contains("is applied"));
    assert_eq!((office.setup.sync().await.exit(), office.setup.writes()), (Exit::Done, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_within_the_limits_does_not_wait_and_releases_do_not_count() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=3);
    assert_eq!((office.setup.sync().await.archived, office.setup.writes()), (3, 3));
    office.leave(4..=10);
    let report = office.setup.sync_with(Release { archiving: 7, ..Release::default() }).await;
    let error = report.error.as_ref().unwrap();
    assert_eq!((report.exit(), office.setup.writes()), (Exit::Usage, 0));
    assert!(error.message.contains("safety.approval") && error.remedy.contains("hibob plans acme"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_plan_is_not_applied_and_the_next_sync_makes_another() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let plan = office.waiting().await;
    let decided = office.reject(&plan).await.unwrap();
    assert_eq!((decided.is_new, decided.state, decided.job), (true, ApprovalState::Rejected, None));
    assert!(!office.reject(&plan).await.unwrap().is_new);
    let error = office.approve(&plan).await.unwrap_err();
    assert_eq!((error.code(), error.exit()), ("PLAN_DECIDED", Exit::Usage));
    assert!(error.to_string().contains("is rejected"), "{error}");
    let row = office.row(&plan).await;
    assert_eq!((row.reason.as_deref(), row.decided_by.as_deref()), (Some("they still work here"), Some(ANA)));
    assert_eq!(office.jobs().await, 0);

    let report = office.setup.sync().await;
    assert!(report.waiting.unwrap().is_new);
    assert_eq!((office.setup.writes(), office.states().await), (0, vec!["waiting", "rejected"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_can_be_taken_back_until_the_plan_is_applied() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let plan = office.waiting().await;
    office.approve(&plan).await.unwrap();
    assert_eq!(office.reject(&plan).await.unwrap().state, ApprovalState::Rejected);
    let (state, result) = office.serve().await;
    assert_eq!((state, &result["error"]["code"]), (State::Failed, &"PLAN_DECIDED".into()));
    assert_eq!(office.setup.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_whose_source_has_moved_is_refused_with_the_difference_and_the_newer_one_waits() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    office.rename("20", "Anna");
    let plan = office.waiting().await;
    office.approve(&plan).await.unwrap();
    office.leave(8..=8);
    office.rename("20", "Annabel");
    let (state, result) = office.serve().await;
    assert_eq!((state, &result["error"]["code"]), (State::Held, &"PLAN_STALE".into()));
    assert_eq!(office.setup.writes(), 0);
    let run = office.past_run(&result).await;
    let expected = rows(&[("different", "update", "20")]); // what is only in the newer plan does not make one stale
    let mut differences = moved(&run.report);
    differences.sort();
    assert_eq!(differences, expected);
    let field = run.report["stale"]["differences"].as_array().unwrap().iter().find(|row| row["field"] == "given-name");
    let (approved, now) = (&field.unwrap()["approved"], &field.unwrap()["now"]);
    assert_eq!((approved, now), (&"Ana → Anna".into(), &"Ana → Annabel".into()));
    assert_eq!((office.states().await, office.row(&plan).await.run), (vec!["waiting", "stale"], Some(run.id)));
    let remedy = run.report["error"]["remedy"].as_str().unwrap();
    let newer = office.open().await.unwrap();
    assert!(remedy.contains(&newer[..12]), "{remedy}");
    // Each leaver who waits for the approval is named.
    let mut codes = office.workbook_codes(&run).await;
    let of_leavers = codes.len();
    codes.retain(|code| code != "LEAVER_WAITS");
    assert_eq!(of_leavers - codes.len(), 8);
    assert_eq!(codes, ["PLAN_STALE", "PLAN_STALE", "WAITING_FOR_APPROVAL"]);

    office.approve(&newer).await.unwrap();
    assert_eq!((office.serve().await.0, office.setup.writes(), office.archived()), (State::Done, 9, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_whose_target_has_moved_is_refused_with_the_difference() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let plan = office.waiting().await;
    office.approve(&plan).await.unwrap();
    // One of the accounts is archived by hand.
    {
        let mut world = office.setup.world();
        let id = world.travelperk.user_by_external_id("3").unwrap().id;
        world.travelperk.users.get_mut(id).unwrap().active = false;
    }
    let (state, result) = office.serve().await;
    assert_eq!((state, office.setup.writes()), (State::Held, 0));
    assert_eq!(moved(&office.past_run(&result).await.report), rows(&[("gone", "archive", "3")]));
    assert_eq!(office.states().await, ["waiting", "stale"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_plan_is_not_replaced_by_one_that_nobody_has_seen() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let plan = office.waiting().await;
    office.approve(&plan).await.unwrap();
    // Four terminations were a mistake. The rest is within the limits, but still not what was approved.
    office.come_back(1..=4);
    let (state, result) = office.serve().await;
    assert_eq!((state, office.setup.writes()), (State::Held, 0));
    let gone: Vec<_> = ["1", "2", "3", "4"].map(|id| ("gone", "archive", id)).to_vec();
    assert_eq!(moved(&office.past_run(&result).await.report), rows(&gone));
    assert_eq!(office.states().await, ["stale"]);
    assert_eq!((office.setup.sync().await.archived, office.setup.writes()), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_have_changed_make_a_plan_stale() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let plan = office.waiting().await;
    office.approve(&plan).await.unwrap();
    office.setup.apply_tenant("acme", &format!("{ABOVE_LIMITS}admins = [\"boss@x.example\"]\n")).await;
    let (state, result) = office.serve().await;
    let run = office.past_run(&result).await;
    assert_eq!((state, office.setup.writes()), (State::Held, 0));
    assert!(run.report["stale"]["why"].as_str().unwrap().contains("settings have changed"), "{}", run.report);
    assert_eq!(run.report["stale"]["differences"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_plan_takes_the_place_of_the_one_that_waits() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let first = office.waiting().await;
    office.leave(8..=8);
    let second = office.waiting().await;
    let row = office.row(&first).await;
    assert_eq!((row.state, row.superseded_by.as_ref()), (ApprovalState::Superseded, Some(&second)));
    let error = office.approve(&first).await.unwrap_err();
    assert!(error.remedy().contains(&second[..12]), "{}", error.remedy());
    // A plan that does not have to wait takes its place as well.
    office.come_back(1..=6);
    let report: Report = office.setup.sync().await;
    assert_eq!((report.archived, office.setup.writes()), (2, 2));
    assert_eq!(office.states().await, ["superseded", "superseded"]);
    assert_eq!(office.row(&second).await.superseded_by, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_lapses() {
    let office = Office::new(&format!("{ABOVE_LIMITS}approval_days = 2\n")).await;
    office.leave(1..=7);
    let plan = office.waiting().await;
    let row = office.row(&plan).await;
    assert_eq!(row.lapses_at, row.created_at + 2 * DAY);
    let error = office.approve_at(&plan, row.lapses_at).await.unwrap_err();
    assert!(error.code() == "PLAN_DECIDED" && error.to_string().contains("lapsed"), "{error}");
    assert_eq!((office.states().await, office.jobs().await), (vec!["lapsed"], 0));
    assert!(office.setup.sync().await.waiting.unwrap().is_new);
    assert_eq!(office.setup.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_plan_may_have_to_wait_and_the_next_sync_applies_what_was_approved() {
    let office = Office::new("[safety]\napproval = \"always\"\n").await;
    assert_eq!(office.setup.sync().await.exit(), Exit::Done, "a plan without changes does not wait");
    office.hire("21");
    let plan = office.waiting().await;
    assert_eq!(office.setup.writes(), 0);
    let job = office.approve(&plan).await.unwrap().job;
    let report = office.setup.sync().await;
    assert_eq!((report.exit(), report.created, office.setup.writes()), (Exit::Done, 1, 1));
    assert_eq!(report.approval.unwrap().by.as_deref(), Some(ANA));
    // The queued job begins afterwards, and has nothing to do.
    let (state, result) = office.serve().await;
    assert_eq!((state, &result["run"], office.setup.writes()), (State::Done, &report.run.into(), 0));
    assert_eq!(office.setup.data.queue().get(job.unwrap()).await.unwrap().state, State::Done);
}

/// A plan that was saved on the command line has to be approved like any other.
#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_waits_like_any_other() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let planned = office.setup.plan().await.unwrap();
    let tenant = office.setup.tenant().await;
    let apply = async || {
        let run = hibob_runner::start(&office.setup.data, &tenant, plugin(), RunKind::Apply, Arc::new(NoProgress))
            .await
            .unwrap();
        let mut report = run.apply(&planned, Release::default()).await;
        run.finish(&mut report, Some(&planned)).await.unwrap();
        report
    };
    let report = apply().await;
    assert_eq!((report.exit(), office.setup.writes()), (Exit::Waiting, 0));
    office.approve(&report.waiting.unwrap().plan).await.unwrap();
    // The approved plan is not current any more, so it is not applied.
    let report = apply().await;
    assert_eq!((report.error.unwrap().code.as_str(), office.setup.writes()), ("PLAN_DECIDED", 0));
    assert_eq!((office.serve().await.0, office.setup.writes()), (State::Done, 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn decided_plans_are_removed_after_their_retention_and_waiting_ones_stay() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let first = office.waiting().await;
    office.leave(8..=8);
    let second = office.waiting().await;
    let database = office.database().await;
    let fence = database.take_fence(1_000).await.unwrap();
    let ended = office.row(&first).await.ended_at.unwrap();
    database.prune(fence, ended, ended).await.unwrap();
    assert_eq!(office.states().await, ["waiting", "superseded"], "removed too early");
    database.prune(fence, ended + 1, ended + 1).await.unwrap();
    assert_eq!(office.states().await, ["waiting"]);
    assert!(database.stored_plan(&first).await.is_err() && database.stored_plan(&second).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_looks_quite_different_can_be_approved_once() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.setup.world().hibob.employees.retain(|id, _| id.parse::<u32>().unwrap() <= 15);
    let plan = office.waiting().await;
    let why = office.setup.sync().await.waiting.unwrap().why;
    assert!(why.len() == 1 && why[0].contains("15 employees, and 20"), "{why:?}");
    office.approve(&plan).await.unwrap();
    // With one employee fewer the changes are the same, but the person has not seen that number.
    let fifteenth = office.setup.world().hibob.employees.remove("15").unwrap();
    let (state, result) = office.serve().await;
    let report = office.past_run(&result).await.report;
    assert_eq!((state, &report["stale"]["differences"]), (State::Held, &serde_json::json!([])));
    assert!(report["stale"]["why"].as_str().unwrap().contains("14 employees"), "{report}");

    office.setup.world().hibob.insert(fifteenth);
    let plan = office.waiting().await;
    office.approve(&plan).await.unwrap();
    assert_eq!(office.serve().await.0, State::Done);
    let next = office.setup.sync().await;
    assert_eq!(next.exit(), Exit::Done, "the baseline was updated with it: {:?}", next.waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_whose_job_was_lost_in_a_crash_gets_one_when_repeated() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let plan = office.waiting().await;
    let row = office.row(&plan).await;
    let decision = Decision { by: ANA, with: "token 1", rejected_because: None };
    assert!(office.database().await.decide(row.id, decision, row.created_at).await.unwrap());
    assert_eq!(office.jobs().await, 0, "the job should be lost, as after a crash between the two writes");
    let decided = office.approve(&plan).await.unwrap();
    assert_eq!((decided.is_new, office.jobs().await), (false, 1));
    assert_eq!(office.row(&plan).await.decided_by.as_deref(), Some(ANA), "the first approval stays");
    assert_eq!((office.serve().await.0, office.setup.writes()), (State::Done, 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_that_was_interrupted_is_resumed_and_made_once() {
    let office = Office::new(&format!("{ABOVE_LIMITS}[sync]\nparallel_changes = 1\nplan_age_hours_max = 1\n")).await;
    office.leave(1..=7);
    let plan = office.waiting().await;
    office.approve(&plan).await.unwrap();
    office.serve_until_a_write_hangs().await;
    let made = office.archived();
    assert!((1..7).contains(&made), "{made}");
    assert_eq!(office.row(&plan).await.state, ApprovalState::Applied);
    let (state, result) = office.serve().await;
    assert_eq!((state, office.archived()), (State::Done, 7));
    let run = office.past_run(&result).await;
    assert_eq!((run.trigger.as_str(), office.row(&plan).await.run), ("resumed", Some(run.id)));
    assert_eq!(office.archivings(), 7, "each archiving was sent and carried out once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_starter_may_be_kept_from_approving() {
    let office = Office::new(&format!("{ABOVE_LIMITS}approval_by_another = true\n")).await;
    office.leave(1..=7);
    office.start_sync("token 1").await;
    let (state, _) = office.serve().await;
    assert_eq!((state, office.setup.writes()), (State::WaitingForApproval, 0));
    let plan = office.open().await.unwrap();
    assert_eq!(office.row(&plan).await.requested_by.as_deref(), Some("token 1"));
    let error = office.approve(&plan).await.unwrap_err();
    assert_eq!((error.code(), office.jobs().await), ("APPROVER_IS_STARTER", 0));
    let eva = approval::Decider { by: EVA, with: "token 2" };
    assert!(office.approve_by(&plan, eva).await.unwrap().is_new);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_without_a_plan_or_a_person_is_refused() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let plan = office.waiting().await;
    for (name, by, words) in [
        (&plan[..7], ANA, "names no plan"),
        ("zzzzzzzz", ANA, "names no plan"),
        ("00000000", ANA, "no such plan"),
        (plan.as_str(), "", "who decides"),
        (plan.as_str(), "ana", "who decides"),
        (plan.as_str(), "ana@acme.example\u{1b}[2J", "who decides"),
    ] {
        let who = approval::Decider { by, with: "token 1" };
        let error = office.approve_by(name, who).await.unwrap_err();
        assert!(error.to_string().contains(words) && error.exit() == Exit::Usage, "{error}");
    }
    let database = office.database().await;
    assert!(database.approvals_of(0, "").await.unwrap().len() == 1 && office.jobs().await == 0);
    // A plan whose stored bytes were changed is not applied.
    office.approve(&plan).await.unwrap();
    office.execute("UPDATE plans SET content = CAST(CAST(content AS TEXT) || ' ' AS BLOB)").await;
    let (state, result) = office.serve().await;
    assert_eq!((state, &result["error"]["code"]), (State::Failed, &"STORAGE_FAILED".into()));
    assert_eq!(office.setup.writes(), 0);
}

#[test]
fn the_words_of_a_difference_are_stable() {
    let words = [DifferenceKind::New, DifferenceKind::Gone, DifferenceKind::Different]
        .map(|what| serde_json::to_value(what).unwrap());
    assert_eq!(words, ["new", "gone", "different"]);
}

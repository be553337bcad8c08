//! Tests of plans that a person has asked to see (a job of the kind `plan`): nothing of one is applied, nobody has to decide
//! about it, and it can be approved.

use super::approval::office::{ABOVE_LIMITS, ANA, Office};
use hibob_base::error::Exit;
use hibob_jobs::approval;
use hibob_jobs::tenant_status::TenantStatus;
use hibob_store::database::ApprovalState;
use hibob_store::queue::{Arguments, NewJob, State};

/// Has a job make a plan. Returns how it ended, and its plan.
async fn ask(office: &Office) -> (State, serde_json::Value) {
    let new = NewJob { tenant: "acme".to_owned(), arguments: Arguments::Plan, requested_by: Some(ANA.to_owned()) };
    office.setup.data.start(&new).await.unwrap();
    office.serve().await
}

fn plan(result: &serde_json::Value) -> String {
    result["plan"].as_str().unwrap_or_else(|| panic!("no plan: {result}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_to_look_at_changes_nothing_and_is_applied_when_approved() {
    let office = Office::new("").await; // no plan waits by itself
    office.leave(1..=7); // above the limit of 5
    office.hire("21");
    let (state, result) = ask(&office).await;
    assert_eq!((state, &result["changes"]), (State::Done, &8.into()));
    let runs = office.database().await.past_runs(9).await.unwrap().len();
    assert_eq!((office.setup.writes(), runs), (0, 1), "the run of before, and none of this");
    let digest = plan(&result);
    let row = office.row(&digest).await;
    assert_eq!((row.state, approval::state_word(&row)), (ApprovalState::Waiting, "offered"));
    assert_eq!(row.requested_by.as_deref(), Some(ANA));
    assert!(approval::why(&row).unwrap()[0].contains("7 of 20"), "the guards have said what they would hold");
    let status = TenantStatus::of(&office.setup.data, "acme").await.unwrap();
    assert_eq!(status.word(), "ready", "nobody has to decide");

    // Asking again gives another one in its place.
    let (_, again) = ask(&office).await;
    assert_ne!(plan(&again), digest);
    assert_eq!(office.states().await, ["waiting", "superseded"]);

    // Approving it is a yes to all of it, above the limits too.
    let decided = office.approve(&plan(&again)).await.unwrap();
    assert!(decided.is_new && decided.job.is_some());
    let (state, result) = office.serve().await;
    assert_eq!((state, office.setup.writes(), office.archived()), (State::Done, 8, 7), "{result}");
    assert_eq!(office.past_run(&result).await.report["approval"]["by"], ANA);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_sync_closes_a_plan_to_look_at() {
    let office = Office::new("").await;
    office.hire("21");
    let (_, offered) = ask(&office).await;
    assert_eq!((office.setup.sync().await.created, office.open().await), (1, None));
    assert_eq!(office.states().await, ["superseded"]);
    let late = office.approve(&plan(&offered)).await.unwrap_err();
    assert!(late.to_string().contains("is superseded, and cannot be approved"), "{late}");
    // One without changes is kept too, for who wants to see that there is nothing to do.
    let (state, result) = ask(&office).await;
    assert_eq!((state, &result["changes"]), (State::Done, &0.into()));

    // Where plans wait, a sync's own plan waits in its place, and a person has to decide about that.
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let (_, offered) = ask(&office).await;
    let waiting = office.waiting().await;
    assert_ne!(waiting, plan(&offered));
    assert_eq!((office.open().await, office.states().await), (Some(waiting), vec!["waiting", "superseded"]));
    assert_eq!(TenantStatus::of(&office.setup.data, "acme").await.unwrap().word(), "plan-waiting");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_waits_is_not_taken_from_who_decides() {
    let office = Office::new(ABOVE_LIMITS).await;
    office.leave(1..=7);
    let waiting = office.waiting().await;
    let (state, result) = ask(&office).await;
    assert_eq!((state, plan(&result)), (State::Done, waiting.clone()), "it would do the same");
    assert_eq!(approval::state_word(&office.row(&waiting).await), "waiting");
    // One that would do something else waits too.
    office.leave(8..=8);
    let (_, result) = ask(&office).await;
    let other = plan(&result);
    assert_eq!((other == waiting, approval::state_word(&office.row(&other).await)), (false, "waiting"));
    // One that is approved is not put aside.
    let job = office.approve(&other).await.unwrap().job.unwrap();
    office.setup.data.queue().cancel(job).await.unwrap();
    let (state, result) = ask(&office).await;
    assert_eq!((state, &result["error"]["code"]), (State::Failed, &"PLAN_DECIDED".into()));
    assert_eq!(office.row(&other).await.state, ApprovalState::Approved);
    assert_eq!((office.setup.sync().await.archived, office.setup.writes()), (8, 8), "the approved one");
    let (state, result) = ask(&office).await;
    assert_eq!((state, &result["changes"]), (State::Done, &0.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_out_of_date_is_not_applied() {
    let office = Office::new("").await;
    office.leave(1..=7);
    let (_, offered) = ask(&office).await;
    office.come_back(2..=7);
    office.approve(&plan(&offered)).await.unwrap();
    let (state, result) = office.serve().await;
    assert_eq!((state, office.setup.writes()), (State::Held, 0), "{result}");
    assert_eq!(result["exit_code"], Exit::Held as u8);
    assert_eq!(office.row(&plan(&offered)).await.state, ApprovalState::Stale);
    // With the guards in force, as for every sync of a tenant whose plans do not wait.
    assert_eq!((office.setup.sync().await.archived, office.archived()), (1, 1));
}

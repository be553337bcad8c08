//! Whatever else is held or waits, leavers do not.

use super::{account, codes, company_with, leaves, person};
use hibob_base::error::Exit;
use hibob_contract::directory_sync::ChangeKind;
use hibob_policy::guard::Release;
use hibob_store::database::Decision;
use hibob_tests::setup::Setup;
use sqlx::{Connection as _, SqliteConnection};

/// Plans above a limit wait, and the limit of renamings is none.
const NO_RENAMING: &str = "[safety]\napproval = \"above-limits\"\nrename_limit_min = 0\nrename_limit_percent = 0\n";

const ALWAYS: &str = "[safety]\napproval = \"always\"\n";

fn rename(setup: &Setup, id: &str) {
    setup.world().hibob.employee_mut(id).email = Some(format!("{id}@new.example"));
}

/// Has somebody approve the plan that waits.
async fn approve(setup: &Setup) {
    let (database, now) = (setup.data.tenant_database("acme").await.unwrap(), chrono::Utc::now().timestamp());
    let row = database.open_approval(now).await.unwrap().unwrap();
    let decision = Decision { by: "boss@x.example", with: "command-line", rejected_because: None };
    assert!(database.decide(row.id, decision, now).await.unwrap());
}

/// Changes the tenant's database as if time had passed.
async fn later(setup: &Setup, sql: &'static str) {
    let path = setup.data.path().join("tenants/acme.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    assert!(sqlx::query(sql).execute(&mut database).await.unwrap().rows_affected() > 0, "{sql}");
}

/// A company whose first sync was made before plans had to wait.
async fn company(number: usize, settings: &str) -> Setup {
    let setup = company_with(number, "").await;
    setup.apply_tenant("acme", settings).await;
    setup
}

#[tokio::test(flavor = "multi_thread")]
async fn leavers_are_archived_while_something_else_waits_for_approval() {
    let setup = company(20, NO_RENAMING).await;
    // Day 2: an address changes, which is above the limit, and somebody leaves.
    rename(&setup, "1");
    leaves(&setup, "2");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.updated), (Exit::Waiting, 1, 0), "{:?}", report.errors);
    let waiting = report.waiting.unwrap();
    assert_eq!((waiting.changes, waiting.is_new, account(&setup, "2").active), (1, true, false));
    // Day 3: nobody has decided, and somebody else leaves. The plan goes on waiting as it is.
    leaves(&setup, "3");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived), (Exit::Waiting, 1), "{:?}", report.errors);
    let still = report.waiting.unwrap();
    assert_eq!((still.plan, still.is_new, account(&setup, "3").active), (waiting.plan, false, false));
    // Day 4: the plan is approved, and one more leaves. Both are done in one run.
    approve(&setup).await;
    leaves(&setup, "4");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.updated), (Exit::Done, 1, 1), "{:?}", report.errors);
    assert_eq!((account(&setup, "4").active, report.approval.is_some()), (false, true));
    // Day 5: nothing is left to do.
    setup.writes();
    assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Done, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_is_applied_though_there_is_more_to_do_by_now() {
    let setup = company(20, NO_RENAMING).await;
    rename(&setup, "1");
    assert_eq!(setup.sync().await.exit(), Exit::Waiting);
    approve(&setup).await;
    // Since then a title has changed, which is no part of what was approved.
    setup.world().hibob.employee_mut("5").first_name = "Eva".to_owned();
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.updated), (Exit::Done, 1), "{:?}", report.stale);
    assert_eq!(account(&setup, "5").given_name, "Ana");
    assert_eq!((setup.sync().await.updated, account(&setup, "5").given_name.as_str()), (1, "Eva"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_every_plan_waits_each_leaver_is_an_error_from_the_second_night() {
    let setup = company(20, ALWAYS).await;
    leaves(&setup, "1");
    // Day 2.
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report)), (Exit::Waiting, vec![("1", "LEAVER_WAITS")]));
    assert_eq!((report.errors.len(), report.archived), (0, 0));
    // Day 3.
    later(&setup, "UPDATE open_cases SET since = since - 86400").await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.errors.len(), report.warnings.len()), (Exit::Waiting, 1, 0));
    // Day 4: it is approved.
    approve(&setup).await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, codes(&report)), (Exit::Done, 1, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_every_plan_waits_leavers_may_be_archived_at_once() {
    let setup = company(20, &format!("{ALWAYS}approval_leavers = \"at-once\"\n")).await;
    leaves(&setup, "1");
    setup.world().hibob.insert(person("21"));
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.created), (Exit::Waiting, 1, 0), "{:?}", report.errors);
    assert_eq!((account(&setup, "1").active, report.waiting.unwrap().changes), (false, 1));
    // Too many at once wait like anything else.
    (2..=8).for_each(|id| leaves(&setup, &id.to_string()));
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.waiting.unwrap().changes), (Exit::Waiting, 0, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_replaces_another_lapses_when_the_first_one_would_have() {
    const DAY: i64 = 24 * 60 * 60;
    let setup = company(20, NO_RENAMING).await;
    // Day 2: a plan waits, for seven days.
    rename(&setup, "1");
    let first = setup.sync().await.waiting.unwrap();
    // Day 4: another address changes. The new plan has the five days that are left.
    later(&setup, "UPDATE approvals SET created_at = created_at - 2 * 86400, lapses_at = lapses_at - 2 * 86400").await;
    rename(&setup, "2");
    let second = setup.sync().await.waiting.unwrap();
    assert_eq!((second.is_new, second.changes), (true, 2));
    assert_eq!(second.lapses_at, first.lapses_at - 2 * DAY);
    // Day 8: one day is left, and a plan waits for 48 hours at least.
    later(&setup, "UPDATE approvals SET lapses_at = lapses_at - 4 * 86400 WHERE state = 'waiting'").await;
    rename(&setup, "3");
    let third = setup.sync().await.waiting.unwrap();
    let left = third.lapses_at - chrono::Utc::now().timestamp();
    assert!((2 * DAY - 600..=2 * DAY).contains(&left), "{left}");
    assert_eq!(third.since, second.since, "it says since when something has waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_leaver_after_a_released_lay_off_is_archived() {
    let setup = company_with(20, "").await;
    // Day 2: seven of twenty leave, and a person releases it.
    (1..=7).for_each(|id| leaves(&setup, &id.to_string()));
    assert_eq!(setup.sync().await.exit(), Exit::Held);
    let report = setup.sync_with(Release { archiving: 7, ..Release::default() }).await;
    assert_eq!((report.exit(), report.archived), (Exit::Done, 7));
    // Day 5: one more leaves. The seven do not count.
    leaves(&setup, "8");
    let report = setup.sync().await;
    assert_eq!(
        (report.exit(), report.archived, account(&setup, "8").active),
        (Exit::Done, 1, false),
        "{:?}",
        report.guards
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn archivings_come_first_in_the_plan() {
    let setup = company_with(8, "").await;
    for id in ["1", "2", "3"] {
        setup.world().hibob.employee_mut(id).first_name = "Eva".to_owned();
    }
    setup.world().hibob.insert(person("9"));
    leaves(&setup, "8");
    let planned = setup.plan().await.unwrap();
    assert_eq!((planned.changes.len(), planned.changes[0].kind), (5, ChangeKind::Archive));
}

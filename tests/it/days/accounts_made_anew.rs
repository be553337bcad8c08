//! Somebody deletes an account in TravelPerk, and the person works here.

use super::{account, codes, company, deleted_by_hand};
use hibob_base::error::Exit;
use hibob_fakes::{Fault, FaultKind};
use hibob_tests::setup::Setup;

/// Makes employee 1 the line manager of employees 2 and 3.
fn with_reports(setup: &Setup) {
    for id in ["2", "3"] {
        setup.world().hibob.employee_mut(id).manager = Some("1".to_owned());
    }
}

/// The account that employee `id`'s account has as line manager.
fn manager(setup: &Setup, id: &str) -> Option<u64> {
    account(setup, id).manager
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_deleted_in_travelperk_is_made_anew() {
    let setup = company(4).await;
    with_reports(&setup);
    setup.sync().await;
    let before = account(&setup, "1").id;
    assert_eq!(manager(&setup, "2"), Some(before));
    // Day 2: an admin deletes the account of employee 1.
    deleted_by_hand(&setup, "1");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created, codes(&report)), (Exit::Done, 1, vec![]), "{:?}", report.error);
    // The reports have the new account as line manager in the same night.
    let after = account(&setup, "1").id;
    assert_ne!(before, after);
    assert_eq!((manager(&setup, "2"), manager(&setup, "3")), (Some(after), Some(after)));
    // Day 3: nothing is left to do.
    setup.writes();
    assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Done, 0));
    // Day 4: the employee leaves, and it is the new account that is archived.
    super::leaves(&setup, "1");
    let report = setup.sync().await;
    assert_eq!((report.archived, account(&setup, "1").active), (1, false), "{:?}", report.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_gone_is_nobodys_manager_while_the_new_one_cannot_be_made() {
    let setup = company(4).await;
    with_reports(&setup);
    setup.sync().await;
    // Day 2: the account is deleted, and TravelPerk refuses to make it anew: the work email is in use elsewhere.
    deleted_by_hand(&setup, "1");
    setup.world().travelperk.taken_elsewhere.insert("1@x.example".to_owned());
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created), (Exit::SomeFailed, 0));
    // This tenant had an account with that address, so nothing is said of another company.
    assert!(codes(&report).contains(&("1", "ACCOUNT_NOT_SHOWN")), "{:?}", codes(&report));
    assert_eq!((manager(&setup, "2"), manager(&setup, "3")), (None, None));
    // Day 3: the same again, since nothing has changed.
    setup.sync().await;
    assert_eq!((manager(&setup, "2"), manager(&setup, "3")), (None, None));
    // Day 4: the address is free.
    setup.world().travelperk.taken_elsewhere.clear();
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created), (Exit::Done, 1), "{:?}", report.errors);
    assert_eq!(manager(&setup, "2"), Some(account(&setup, "1").id));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_anew_once_though_the_first_answer_is_lost() {
    let setup = company(4).await;
    with_reports(&setup);
    setup.sync().await;
    // Day 2: the account is deleted. TravelPerk makes the new one, and the connection breaks before it says so.
    deleted_by_hand(&setup, "1");
    setup.world().travelperk.faults.push(Fault::once("/Users", FaultKind::ResetAfter).on("POST"));
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created), (Exit::Done, 1), "{:?}", report.errors);
    let after = account(&setup, "1").id;
    let accounts = setup.world().travelperk.users.len();
    assert_eq!((accounts, manager(&setup, "3")), (4, Some(after)));
}

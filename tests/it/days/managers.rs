//! Line managers leave, move to a site that is not synced, or are wrong in HiBob.

use super::{account, codes, company, company_with, leaves, person};
use hibob_base::error::Exit;
use hibob_fakes::Employee;
use hibob_tests::setup::Setup;

const LONDON_ONLY: &str = "[sync]\nsites = [\"London\"]\nout_of_selection = \"archive\"\n";

/// HiBob's "Reports to" of employee `id`.
fn reports_to(setup: &Setup, id: &str, manager: &str) {
    setup.world().hibob.employee_mut(id).manager = Some(manager.to_owned());
}

/// Whether the account of `id` has the account of `manager` as line manager.
fn has_manager(setup: &Setup, id: &str, manager: &str) -> bool {
    account(setup, id).manager == Some(account(setup, manager).id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_manager_who_has_left_is_set_for_nobody_new_and_named_for_those_who_have_them() {
    let setup = company(8).await;
    // Day 2: employee 2 reports to employee 1.
    reports_to(&setup, "2", "1");
    assert_eq!((setup.sync().await.exit(), has_manager(&setup, "2", "1")), (Exit::Done, true));
    // Day 3: employee 1 leaves, and HR gives employee 3 the same line manager.
    leaves(&setup, "1");
    reports_to(&setup, "3", "1");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, account(&setup, "3").manager), (Exit::Done, 1, None));
    assert_eq!(codes(&report), [("2", "MANAGER_HAS_LEFT"), ("3", "MANAGER_HAS_LEFT")]);
    assert!(
        report.warnings[0].message.contains("the line manager, Ana Ruiz (employee 1), has left"),
        "{:?}",
        report.warnings
    );
    // Day 4: somebody new who reports to the one who left gets an account, and no line manager.
    let mut new = person("9");
    new.manager = Some("1".to_owned());
    setup.world().hibob.insert(new);
    let report = setup.sync().await;
    assert_eq!((report.created, account(&setup, "9").manager), (1, None), "{:?}", report.errors);
    assert_eq!(codes(&report).len(), 3, "each of them is named every night: {:?}", codes(&report));
    // Day 5: HR corrects all of them.
    ["2", "3", "9"].iter().for_each(|id| reports_to(&setup, id, "4"));
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report)), (Exit::Done, vec![]));
    assert!(["2", "3", "9"].iter().all(|id| has_manager(&setup, id, "4")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_manager_who_moves_to_a_site_that_is_not_synced_is_set_for_nobody_new() {
    let setup = company_with(8, LONDON_ONLY).await;
    setup.world().hibob.insert(Employee { site: "Berlin".to_owned(), ..person("90") });
    reports_to(&setup, "2", "1");
    assert_eq!((setup.sync().await.exit(), has_manager(&setup, "2", "1")), (Exit::Done, true));
    // Day 2: employee 1 moves to Berlin, so that the account is archived, and employee 3 is to report to them.
    setup.world().hibob.employee_mut("1").site = "Berlin".to_owned();
    reports_to(&setup, "3", "1");
    for archived in [1, 0] {
        let report = setup.sync().await;
        assert_eq!((report.archived, account(&setup, "3").manager), (archived, None), "{:?}", report.errors);
        assert_eq!(codes(&report), [("2", "MANAGER_OUT_OF_SELECTION"), ("3", "MANAGER_OUT_OF_SELECTION")]);
    }
    // Day 4: the setting leaves accounts of other sites. The account stays archived, and is nobody's new line manager.
    setup.apply_tenant("acme", "[sync]\nsites = [\"London\"]\n").await;
    let report = setup.sync().await;
    assert_eq!((codes(&report)[1], account(&setup, "3").manager), (("3", "MANAGER_ARCHIVED"), None));
    // Day 5: they move back. The account becomes active, and their reports have them as line manager.
    setup.world().hibob.employee_mut("1").site = "London".to_owned();
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report), has_manager(&setup, "3", "1")), (Exit::Done, vec![], true));
}

#[tokio::test(flavor = "multi_thread")]
async fn line_managers_in_a_circle_are_told_once_for_each_circle() {
    let setup = company(8).await;
    // Day 2: HR makes two circles, and somebody reports into one of them.
    for (id, manager) in [("1", "2"), ("2", "3"), ("3", "1"), ("4", "1"), ("5", "6"), ("6", "5"), ("7", "8")] {
        reports_to(&setup, id, manager);
    }
    for updated in [7, 0] {
        let report = setup.sync().await;
        assert_eq!((report.exit(), report.updated), (Exit::Done, updated), "{:?}", report.errors);
        assert_eq!(codes(&report), [("1", "MANAGER_CIRCLE"), ("5", "MANAGER_CIRCLE")]);
    }
    assert!(has_manager(&setup, "3", "1"), "what HiBob has is written");
    // Day 4: one of the circles is corrected.
    reports_to(&setup, "5", "1");
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report)), (Exit::Done, vec![("1", "MANAGER_CIRCLE")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deleted_account_of_somebody_who_left_is_nobodys_line_manager() {
    let setup = company(8).await;
    // Day 2: employee 1 leaves, an admin deletes the archived account, and HR gives employee 2 that line manager.
    leaves(&setup, "1");
    assert_eq!(setup.sync().await.archived, 1);
    super::deleted_by_hand(&setup, "1");
    reports_to(&setup, "2", "1");
    let report = setup.sync().await;
    assert_eq!((codes(&report), account(&setup, "2").manager), (vec![("2", "MANAGER_HAS_LEFT")], None));
}

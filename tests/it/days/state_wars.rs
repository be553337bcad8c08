//! Somebody, or another system, keeps undoing what the sync does.

use super::{account, by_hand, codes, company_with, leaves, person};
use hibob_base::error::Exit;
use hibob_contract::types::Severity;
use hibob_fakes::company::Employee;
use hibob_fakes::travelperk::Unknown;
use hibob_tests::setup::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn reactivating_is_contested_after_two_writes_that_did_not_last() {
    let setup = company_with(8, "").await;
    for night in 2..=3 {
        // Another system archives the account of somebody who works here. The plan says so, and the sync gives it back.
        by_hand(&setup, "1", |user| user.active = false);
        let planned = setup.plan().await.unwrap();
        let told = planned.findings.iter().find(|finding| finding.code == "ARCHIVED_BY_OTHERS").unwrap();
        assert_eq!((told.severity, told.employee_id.as_deref()), (Severity::Notice, Some("1")), "night {night}");
        let report = setup.sync().await;
        assert_eq!((report.exit(), report.reactivated, account(&setup, "1").active), (Exit::Done, 1, true));
    }
    // Nights 4 and 5: it is archived again, and stays so. Nobody new gets that line manager.
    by_hand(&setup, "1", |user| user.active = false);
    setup.world().hibob.employee_mut("2").manager = Some("1".to_owned());
    setup.writes();
    for night in 4..=5 {
        let report = setup.sync().await;
        assert_eq!((report.exit(), report.reactivated, setup.writes()), (Exit::Done, 0, 0), "night {night}");
        assert_eq!(codes(&report), [("1", "CONTESTED_FIELD"), ("2", "MANAGER_ARCHIVED")], "night {night}");
        assert!(!account(&setup, "1").active);
    }
    // Night 6: a person has settled it, and has made the account active.
    by_hand(&setup, "1", |user| user.active = true);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.updated, codes(&report)), (Exit::Done, 1, vec![]), "{:?}", report.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_sync_has_archived_is_reactivated_without_a_word() {
    let setup = company_with(8, "").await;
    leaves(&setup, "1");
    assert_eq!(setup.sync().await.archived, 1);
    setup.world().hibob.insert(person("1"));
    let planned = setup.plan().await.unwrap();
    assert_eq!((planned.count("reactivate"), planned.findings.len()), (1, 0), "{:?}", planned.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn archiving_a_leaver_is_never_given_up_and_counts_once() {
    let setup = company_with(20, "").await;
    // Night 2: somebody leaves.
    leaves(&setup, "1");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived), (Exit::Done, 1), "{:?}", report.errors);
    // Nights 3 to 6: something makes the account active each day, and the sync archives it each night. From the third
    // time on it is an error.
    for night in 3..=6 {
        by_hand(&setup, "1", |user| user.active = true);
        let report = setup.sync().await;
        assert_eq!((report.archived, account(&setup, "1").active), (1, false), "night {night}: {:?}", report.guards);
        let expected = if night == 3 { vec![] } else { vec![("1", "LEAVER_HAS_ACTIVE_ACCOUNT")] };
        assert_eq!(codes(&report), expected, "night {night}");
    }
    // Night 7: five others leave. With the first one they are six in thirty days, which is the limit of this company.
    (2..=6).for_each(|id| leaves(&setup, &id.to_string()));
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived), (Exit::Done, 5), "{:?}", report.guards);
}

#[tokio::test(flavor = "multi_thread")]
async fn restoring_a_cost_center_is_contested_after_two_writes_that_did_not_last() {
    let person = |id: &str| Employee { department: "Sales".to_owned(), ..person(id) };
    let mut setup = Setup::of((1..=8).map(|id| person(&id.to_string())).collect()).await;
    (setup.rest, setup.hibob_calls_per_minute) = (true, 600_000);
    {
        let switches = &mut setup.world().travelperk.switches;
        (switches.unknown_cost_center, switches.archived_cost_centers_in_list) = (Unknown::Refuse, true);
    }
    setup.apply_tenant("acme", "").await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.cost_centers_created), (8, 1), "{:?}", report.errors);
    let archive = || setup.world().travelperk.cost_centers.values_mut().for_each(|center| center.archived = true);
    // Nights 2 and 3: somebody archives the cost center to which people belong, and the sync restores it.
    for night in 2..=3 {
        archive();
        let report = setup.sync().await;
        assert_eq!(
            (report.exit(), report.cost_centers_restored),
            (Exit::Done, 1),
            "night {night}: {:?}",
            report.errors
        );
    }
    // Night 4: it is archived again, and stays so. Somebody new gets an account without a cost center.
    archive();
    setup.world().hibob.insert(person("9"));
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created), (Exit::Done, 1), "{:?}", report.errors);
    assert_eq!((report.cost_centers_restored, report.cost_centers_created), (0, 0));
    assert_eq!((codes(&report), account(&setup, "9").cost_center), (vec![("", "CONTESTED_FIELD")], None));
    // Night 5: nothing is written. Night 6: somebody has restored it by hand, and the person is assigned to it.
    setup.writes();
    assert_eq!((codes(&setup.sync().await), setup.writes()), (vec![("", "CONTESTED_FIELD")], 0));
    setup.world().travelperk.cost_centers.values_mut().for_each(|center| center.archived = false);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.updated, codes(&report)), (Exit::Done, 1, vec![]), "{:?}", report.errors);
}

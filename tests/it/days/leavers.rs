//! Somebody leaves, and other systems or people have had a hand in their account.

use super::{account, by_hand, codes, company, company_with, leaves, made_by_others, person};
use hibob_base::error::Exit;
use hibob_fakes::travelperk::User;
use hibob_tests::setup::{Setup, today};
use sqlx::{Connection as _, SqliteConnection};

/// Whether the account with the address of employee `id` can be used.
fn is_active(setup: &Setup, id: &str) -> bool {
    account(setup, id).active
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_is_archived_whatever_another_system_has_written_as_external_id() {
    for external_id in [None, Some("okta-00u1"), Some("")] {
        let setup = company(5).await;
        // Day 2: another system empties or overwrites the external id, and the person leaves.
        by_hand(&setup, "1", |user| user.external_id = external_id.map(str::to_owned));
        leaves(&setup, "1");
        let report = setup.sync().await;
        assert_eq!((report.exit(), report.archived), (Exit::Done, 1), "{external_id:?}: {:?}", report.errors);
        assert!(!is_active(&setup, "1"));
        // Day 3: nothing is left to do or to say.
        setup.writes();
        assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Done, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exchanged_external_ids_are_an_error_every_night_and_nobody_who_works_here_is_archived() {
    let setup = company(5).await;
    // Day 2: somebody exchanges the external ids of two accounts by hand, and one of the two people leaves.
    by_hand(&setup, "1", |user| user.external_id = Some("2".to_owned()));
    by_hand(&setup, "2", |user| user.external_id = Some("1".to_owned()));
    leaves(&setup, "1");
    for _ in 0..3 {
        let report = setup.sync().await;
        assert_eq!((report.exit(), report.archived), (Exit::SomeFailed, 0), "{:?}", report.error);
        assert!(codes(&report).contains(&("1", "LEAVER_HAS_ACTIVE_ACCOUNT")), "{:?}", codes(&report));
        assert!(is_active(&setup, "2"));
    }
    // Day 5: an admin removes the wrong id, and the leaver's account is archived.
    by_hand(&setup, "1", |user| user.external_id = None);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, is_active(&setup, "1")), (Exit::Done, 1, false), "{:?}", report.errors);
    assert!(is_active(&setup, "2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn exchanged_external_ids_and_a_new_address_leave_one_person_alone_and_stop_nobody_else() {
    let setup = company(20).await;
    // Day 2: somebody exchanges the ids of two accounts by hand.
    by_hand(&setup, "1", |user| user.external_id = Some("2".to_owned()));
    by_hand(&setup, "2", |user| user.external_id = Some("1".to_owned()));
    let report = setup.sync().await;
    assert_eq!(codes(&report), [("1", "LINKED_ACCOUNT_TAKEN"), ("2", "LINKED_ACCOUNT_TAKEN")]);
    // Day 3: one of the two leaves, the other one gets another address, and a third person leaves.
    leaves(&setup, "1");
    leaves(&setup, "3");
    setup.world().hibob.employee_mut("2").email = Some("2@new.example".to_owned());
    for archived in [1, 0] {
        let report = setup.sync().await;
        assert_eq!((report.exit(), report.archived), (Exit::SomeFailed, archived), "{:?}", report.error);
        assert_eq!(codes(&report), [("1", "LEAVER_HAS_ACTIVE_ACCOUNT"), ("2", "LINKED_ACCOUNT_TAKEN")]);
        assert!(is_active(&setup, "1") && is_active(&setup, "2") && !is_active(&setup, "3"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leavers_account_that_the_listing_hides_is_looked_up_and_archived() {
    let setup = company(5).await;
    let hidden = account(&setup, "1").id;
    // Day 2: TravelPerk does not list the account any more, and the person leaves.
    setup.world().travelperk.unlisted.insert(hidden);
    leaves(&setup, "1");
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, is_active(&setup, "1")), (Exit::Done, 1, false), "{:?}", report.errors);
    // Day 3: an admin makes it active again by hand. It is still hidden, and archived again.
    by_hand(&setup, "1", |user| user.active = true);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, is_active(&setup, "1")), (Exit::Done, 1, false), "{:?}", report.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_who_left_before_the_first_sync_and_has_an_active_account_is_named_every_night() {
    let mut gone = person("9");
    gone.terminate(today());
    let setup = Setup::of(vec![person("1"), gone]).await;
    // The account is from the time before the sync, and carries no id.
    made_by_others(&setup, User::new("9@x.example", "Ana", "Ruiz"));
    for _ in 0..2 {
        let report = setup.sync().await;
        assert_eq!(report.exit(), Exit::SomeFailed);
        assert_eq!(codes(&report), [("9", "LEAVER_HAS_ACTIVE_ACCOUNT")]);
        assert!(report.errors[0].remedy.contains("hibob link"), "{:?}", report.errors);
        assert!(is_active(&setup, "9"), "an account that nobody has linked is not touched");
    }
    let planned = setup.plan().await.unwrap();
    assert_eq!(planned.count("gone"), 0, "\"left, without an account\" is said only where there is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_account_that_a_single_sign_on_has_made_is_an_error_though_the_first_is_archived() {
    let setup = company(5).await;
    // Day 2: the single sign-on makes a second account with the same id, under an address of its own.
    let second = User { external_id: Some("1".to_owned()), ..User::new("ana.ruiz@sso.example", "Ana", "Ruiz") };
    let second = made_by_others(&setup, second);
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report)), (Exit::SomeFailed, vec![("1", "AMBIGUOUS_EXTERNAL_ID")]));
    // Day 3: the person leaves. The linked account is archived, and the other one is an error until somebody acts.
    leaves(&setup, "1");
    let report = setup.sync().await;
    assert_eq!((report.archived, is_active(&setup, "1")), (1, false), "{:?}", report.errors);
    assert!(codes(&report).contains(&("1", "LEAVER_HAS_ACTIVE_ACCOUNT")), "{:?}", codes(&report));
    let report = setup.sync().await;
    assert!(codes(&report).contains(&("1", "LEAVER_HAS_ACTIVE_ACCOUNT")), "{:?}", codes(&report));
    assert!(setup.world().travelperk.users.get(second).unwrap().active);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_admin_who_left_is_a_warning_and_after_fourteen_days_an_error() {
    let setup = company_with(5, "[safety]\nadmins = [\"1@x.example\"]\n").await;
    leaves(&setup, "1");
    // Days 2 to 15: a warning, and the account stays active.
    for _ in 0..2 {
        let report = setup.sync().await;
        assert_eq!((report.exit(), codes(&report)), (Exit::Done, vec![("1", "ADMIN_NOT_ARCHIVED")]));
    }
    // Day 16.
    let path = setup.data.path().join("tenants/acme.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let aged = sqlx::query("UPDATE open_cases SET since = since - 14 * 86400").execute(&mut database).await.unwrap();
    assert_eq!(aged.rows_affected(), 1);
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report)), (Exit::SomeFailed, vec![("1", "ADMIN_NOT_ARCHIVED")]));
    assert!(is_active(&setup, "1"));
    // Day 17: somebody else is an admin, and the account is taken off the list.
    setup.apply_tenant("acme", "").await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, is_active(&setup, "1")), (Exit::Done, 1, false));
}

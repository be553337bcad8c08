//! A person says whose account an account is (`hibob link`), or gives one up (`hibob unlink`).

use super::{account, by_hand, codes, company, leaves, link, made_by_others, person};
use hibob_base::error::Exit;
use hibob_contract::directory_sync::ChangeKind;
use hibob_fakes::travelperk::User;
use hibob_tests::setup::{Setup, today};

/// A company of two, and a third who left before the first sync and has an active account without an id. Returns its id.
async fn with_an_old_account() -> (Setup, u64) {
    let mut gone = person("9");
    gone.terminate(today());
    let setup = Setup::of(vec![person("1"), person("2"), gone]).await;
    let old = made_by_others(&setup, User::new("9@x.example", "Ana", "Ruiz"));
    setup.sync().await;
    (setup, old)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leavers_account_is_linked_adopted_and_archived() {
    let (setup, old) = with_an_old_account().await;
    // Day 2: a person links it. Nothing is written yet.
    setup.writes();
    let linked = link(&setup, "9", old).await.unwrap();
    assert_eq!((linked.len(), linked[0].kind, setup.writes()), (1, ChangeKind::Adopt, 0));
    let fields: Vec<&str> = linked[0].fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["external-id"]);
    // The sync adopts it, and writes the external id and nothing else.
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.adopted, report.archived), (Exit::Done, 1, 0), "{:?}", report.errors);
    let adopted = account(&setup, "9");
    assert_eq!((adopted.external_id.as_deref(), adopted.active), (Some("9"), true));
    // Day 3: it is archived as any leaver's account.
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, account(&setup, "9").active), (Exit::Done, 1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_may_be_somebody_elses_is_not_linked() {
    let (setup, old) = with_an_old_account().await;
    let theirs = account(&setup, "2").id;
    let foreign =
        made_by_others(&setup, User { external_id: Some("okta-1".to_owned()), ..User::new("f@x.example", "F", "O") });
    setup.apply_tenant("acme", "[safety]\nadmins = [\"9@x.example\"]\n").await;
    for (employee, account, why) in [
        ("9", old, "list of admins"),
        ("9", theirs, "somebody else"),
        ("9", foreign, "somebody else"),
        ("9", 99_999, "no account with this id"),
        ("77", old, "does not send this employee"),
    ] {
        let error = link(&setup, employee, account).await.unwrap_err();
        assert!(error.to_string().contains(why), "{employee} {account}: {error}");
    }
    // Nothing of it is left.
    setup.apply_tenant("acme", "").await;
    let report = setup.sync().await;
    assert_eq!((report.adopted, codes(&report)), (0, vec![("9", "LEAVER_HAS_ACTIVE_ACCOUNT")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_came_back_under_a_new_id_and_surname_gets_their_account_by_a_link() {
    let setup = company(5).await;
    // Day 2: employee 1 leaves. Day 3: she comes back under a new id, with another surname and address.
    leaves(&setup, "1");
    setup.sync().await;
    let old = account(&setup, "1").id;
    let mut back = person("21");
    back.surname = "Ruiz-Vega".to_owned();
    setup.world().hibob.insert(back);
    let linked = link(&setup, "21", old).await.unwrap();
    assert_eq!(linked[0].kind, ChangeKind::Reactivate);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.reactivated, report.created), (Exit::Done, 1, 0), "{:?}", report.errors);
    let now = account(&setup, "21");
    assert_eq!((now.id, now.external_id.as_deref(), now.active), (old, Some("21"), true));
    // Day 4: nothing is left to do.
    setup.writes();
    assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Done, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_given_up_is_left_alone_until_it_is_linked_again() {
    let setup = company(5).await;
    let role_mailbox = account(&setup, "1").id;
    // Day 2: the account is a role mailbox that others use too, and a person gives it up.
    let done = hibob_runner::unlink(&setup.data, "acme", "1").await.unwrap();
    assert_eq!(done.accounts, [role_mailbox.to_string()]);
    // Day 3: the employee leaves. Nothing is written to the account, and it is said.
    leaves(&setup, "1");
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes()), (Exit::Done, 0), "{:?}", report.errors);
    assert_eq!(codes(&report), [("1", "ACCOUNT_UNLINKED")]);
    assert!(account(&setup, "1").active);
    // Not even where its external id is emptied and the work email is an employee's again.
    by_hand(&setup, "1", |user| user.external_id = None);
    setup.world().hibob.employee_mut("1").employ(today());
    let report = setup.sync().await;
    assert_eq!((report.adopted, report.created, setup.writes()), (0, 0, 0), "{:?}", codes(&report));
    // Day 5: it is linked again.
    link(&setup, "1", role_mailbox).await.unwrap();
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.adopted), (Exit::Done, 1), "{:?}", report.errors);
    assert_eq!(account(&setup, "1").external_id.as_deref(), Some("1"));
}

//! Somebody comes back under a new employee id, or somebody new has the name and the address of somebody who left.

use super::{account, codes, company, company_with, leaves, link, person};
use chrono::{Days, NaiveDate};
use hibob_base::error::Exit;
use hibob_base::progress::NoProgress;
use hibob_fakes::Employee;
use hibob_tests::setup::{Setup, plugin, today};
use std::sync::Arc;

const UNCLEAR: &str = "SAME_PERSON_UNCLEAR";
const ACTIVE: &str = "LEAVER_HAS_ACTIVE_ACCOUNT";

fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// Employee 1, with this birth date, has left so many days ago, and the account is archived.
async fn somebody_left(setup: &Setup, birth: &str, days_ago: u64) {
    setup.world().hibob.employee_mut("1").birth_date = day(birth);
    setup.world().hibob.employee_mut("1").terminate(today() - Days::new(days_ago));
    let report = setup.sync().await;
    assert_eq!((report.archived, account(setup, "1").active), (1, false), "{:?}", report.errors);
}

/// Employee 21 begins today, with the names and the work email of employee 1 and this birth date.
fn somebody_begins(setup: &Setup, birth: &str) {
    let email = Some("1@x.example".to_owned());
    let begins = Employee { email, birth_date: day(birth), start_date: today(), ..person("21") };
    setup.world().hibob.insert(begins);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_the_same_birth_date_gets_the_account_back_for_up_to_five_years() {
    for (days_ago, is_theirs) in [(4 * 365, true), (6 * 365, false)] {
        let setup = company(8).await;
        somebody_left(&setup, "1990-05-01", days_ago).await;
        somebody_begins(&setup, "1990-05-01");
        let report = setup.sync().await;
        let expected = if is_theirs { (Exit::Done, 1) } else { (Exit::SomeFailed, 0) };
        assert_eq!((report.exit(), report.reactivated), expected, "{days_ago}: {:?}", report.errors);
        let code = if is_theirs { "REHIRE_UNDER_NEW_ID" } else { UNCLEAR };
        assert_eq!(codes(&report), [("21", code)]);
        assert_eq!(account(&setup, "1").active, is_theirs);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namesake_with_another_birth_date_does_not_get_the_leavers_account() {
    let setup = company(8).await;
    somebody_left(&setup, "1990-05-01", 1).await;
    // Day 2: a new Ana Ruiz begins, who has got the old one's address.
    somebody_begins(&setup, "1994-11-30");
    for _ in 0..2 {
        let report = setup.sync().await;
        assert_eq!((report.exit(), codes(&report)), (Exit::SomeFailed, vec![("21", UNCLEAR)]));
        let told = &report.errors[0];
        assert!(told.message.contains("their birth dates differ") && told.remedy.contains("hibob link"), "{told:?}");
        let whole = serde_json::to_string(&report).unwrap();
        assert!(!whole.contains("1990-05-01") && !whole.contains("1994-11-30"), "no birth date is written anywhere");
        assert!(!account(&setup, "1").active);
    }
    // Day 4: she gets an address of her own, and an account of her own.
    setup.world().hibob.employee_mut("21").email = Some("21@x.example".to_owned());
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.created, account(&setup, "1").active), (Exit::Done, 1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_birth_dates_the_gap_decides_and_then_a_person() {
    for (days_ago, settings, is_theirs) in [
        (30, "", true),
        (31, "", false),
        (31, "[sync]\nrehire_gap_days = 60\n", true),
        (0, "[sync]\nrehire_gap_days = 0\n", true),
        (1, "[sync]\nrehire_gap_days = 0\n", false),
    ] {
        let setup = company_with(8, settings).await;
        somebody_left(&setup, "", days_ago).await;
        somebody_begins(&setup, "1990-05-01");
        let report = setup.sync().await;
        assert_eq!(report.reactivated, u64::from(is_theirs), "{days_ago} {settings}: {:?}", report.errors);
        if is_theirs {
            continue;
        }
        assert_eq!(codes(&report), [("21", UNCLEAR)]);
        assert!(report.errors[0].message.contains("days lie between"), "{:?}", report.errors);
        // A person says that it is one person.
        link(&setup, "21", account(&setup, "1").id).await.unwrap();
        let report = setup.sync().await;
        assert_eq!((report.exit(), report.reactivated, codes(&report)), (Exit::Done, 1, vec![]));
        assert_eq!(account(&setup, "1").external_id.as_deref(), Some("21"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn birth_dates_may_be_compared_where_they_are_not_synced_and_check_says_that_they_are_not() {
    let compares = async |settings: &str| {
        let setup =
            company_with(8, &format!("[sync]\ndetails = [\"title\"]\nmissing_detail = \"skip\"\n{settings}")).await;
        somebody_left(&setup, "1990-05-01", 300).await;
        somebody_begins(&setup, "1990-05-01");
        let check = hibob_runner::check(plugin(), &setup.tenant().await, Arc::new(NoProgress)).await.unwrap();
        let why = check.findings.iter().find(|finding| finding.code == UNCLEAR);
        let why = why.map(|finding| finding.message.clone());
        let report = setup.sync().await;
        let account = account(&setup, "1");
        assert_eq!(account.date_of_birth, None, "it is compared, and not synced");
        (why, report.reactivated, codes(&report).first().map(|(_, code)| (*code).to_owned()))
    };
    let (why, reactivated, code) = compares("").await;
    assert!(why.unwrap().contains("birth dates are not compared (sync.compare_birth_date)"));
    assert_eq!((reactivated, code.as_deref()), (0, Some(UNCLEAR)));
    let (why, reactivated, code) = compares("compare_birth_date = true\n").await;
    assert_eq!((why, reactivated, code.as_deref()), (None, 1, Some("REHIRE_UNDER_NEW_ID")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_address_somebody_who_works_here_has_is_not_archived_and_both_are_named_every_night() {
    let setup = company(8).await;
    // Day 2: employee 1 leaves, and HR gives the address to somebody else at once.
    leaves(&setup, "1");
    let mut zoe = person("21");
    (zoe.first_name, zoe.email) = ("Zoe".to_owned(), Some("1@x.example".to_owned()));
    setup.world().hibob.insert(zoe);
    for _ in 0..3 {
        let report = setup.sync().await;
        assert_eq!((report.exit(), report.archived, account(&setup, "1").active), (Exit::SomeFailed, 0, true));
        assert_eq!(codes(&report), [("1", ACTIVE), ("21", "USER_NAME_TAKEN")]);
        let told = &report.errors[0].message;
        assert!(told.contains("Ana Ruiz") && told.contains("Zoe Ruiz (employee 21)"), "{told}");
    }
    // Day 5: HR corrects it. The leaver's account is archived, and Zoe gets her own.
    setup.world().hibob.employee_mut("21").email = Some("21@x.example".to_owned());
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.created), (Exit::Done, 1, 1), "{:?}", report.errors);
    assert!(!account(&setup, "1").active);
}

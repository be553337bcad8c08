//! HiBob does not send somebody any more, or somebody's start moves into the future although they have an account.

use super::{account, codes, company_with, made_by_others, person};
use chrono::Days;
use hibob_base::error::Exit;
use hibob_fakes::travelperk::User;
use hibob_jobs::history::run_workbook;
use hibob_tests::setup::{Setup, today};

/// For how many accepted runs it is a warning.
const NIGHTS: usize = 14;

/// HR moves employee `id`'s first day, who has an account already.
fn starts_in(setup: &Setup, id: &str, days: u64) {
    let mut world = setup.world();
    let employee = world.hibob.employee_mut(id);
    (employee.lifecycle_status, employee.start_date) = ("hired".to_owned(), today() + Days::new(days));
}

/// Fourteen nights in which this warning is all that there is to say.
async fn fourteen_nights(setup: &Setup, expected: &[(&str, &str)]) {
    for night in 1..=NIGHTS {
        let report = setup.sync().await;
        assert_eq!((report.exit(), report.archived), (Exit::Done, 0), "night {night}: {:?}", report.errors);
        assert_eq!(codes(&report), expected, "night {night}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_whom_hibob_does_not_send_is_a_warning_and_after_fourteen_runs_an_error() {
    let setup = company_with(20, "").await;
    // Day 2: HiBob does not send employee 1 any more.
    setup.world().hibob.employees.remove("1");
    fourteen_nights(&setup, &[("1", "EMPLOYEE_VANISHED")]).await;
    // Day 16: it is an error, and the account stays.
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, account(&setup, "1").active), (Exit::SomeFailed, 0, true));
    assert_eq!(report.errors[0].code, "EMPLOYEE_VANISHED");
    assert!(report.errors[0].message.contains("14 accepted runs"), "{:?}", report.errors);
    // Day 17: HiBob sends the employee again. Day 18: it does not, and that begins anew.
    setup.world().hibob.insert(person("1"));
    assert_eq!(codes(&setup.sync().await), []);
    setup.world().hibob.employees.remove("1");
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report)), (Exit::Done, vec![("1", "EMPLOYEE_VANISHED")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn by_setting_those_whom_hibob_does_not_send_are_archived_after_fourteen_runs_under_the_guard() {
    let limit = "[sync]\nvanished = \"archive\"\n[safety]\narchive_limit_min = 1\narchive_limit_percent = 0\n";
    let setup = company_with(20, limit).await;
    for id in ["1", "2"] {
        setup.world().hibob.employees.remove(id);
    }
    fourteen_nights(&setup, &[("1", "EMPLOYEE_VANISHED"), ("2", "EMPLOYEE_VANISHED")]).await;
    // Day 16: two archivings are above the limit of this company, and both are held. So they are on day 17.
    for _ in 0..2 {
        let report = setup.sync().await;
        assert_eq!((report.exit(), report.archived, report.held.len()), (Exit::Held, 0, 2), "{:?}", report.errors);
    }
    // Day 18: the limit is the usual one.
    setup.apply_tenant("acme", "[sync]\nvanished = \"archive\"\n").await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, account(&setup, "1").active), (Exit::Done, 2, false));
    // Day 19: nothing is left to do. Day 20: one of them is there again, and gets the account back.
    assert_eq!((setup.sync().await.exit(), setup.sync().await.archived), (Exit::Done, 0));
    setup.world().hibob.insert(person("1"));
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.reactivated, account(&setup, "1").active), (Exit::Done, 1, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_moved_into_the_future_is_a_warning_and_after_fourteen_runs_an_error() {
    let setup = company_with(8, "").await;
    // Day 2: HR moves the first day of somebody who has an account.
    starts_in(&setup, "1", 90);
    fourteen_nights(&setup, &[("1", "ACCOUNT_BEFORE_START")]).await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report)), (Exit::SomeFailed, vec![("1", "ACCOUNT_BEFORE_START")]));
    assert!(account(&setup, "1").active);
    // Day 17: the first day has come.
    starts_in(&setup, "1", 0);
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report), account(&setup, "1").active), (Exit::Done, vec![], true));
}

#[tokio::test(flavor = "multi_thread")]
async fn by_setting_an_account_before_the_start_is_archived_after_fourteen_runs() {
    let setup = company_with(8, "[sync]\nwaiting = \"archive\"\n").await;
    starts_in(&setup, "1", 90);
    fourteen_nights(&setup, &[("1", "ACCOUNT_BEFORE_START")]).await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, account(&setup, "1").active), (Exit::Done, 1, false));
    assert_eq!(codes(&setup.sync().await), []);
    // The first day has come: the account is active again.
    starts_in(&setup, "1", 0);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.reactivated, account(&setup, "1").active), (Exit::Done, 1, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reconciliation_names_every_active_account_of_nobody_who_is_employed() {
    let setup = company_with(20, "[safety]\nadmins = [\"1@x.example\"]\n").await;
    // Day 2: a listed admin leaves, somebody else leaves, one is not sent any more, one starts later after all, and an
    // admin makes an account for a guest.
    super::leaves(&setup, "1");
    super::leaves(&setup, "2");
    setup.world().hibob.employees.remove("3");
    starts_in(&setup, "4", 30);
    let guest = made_by_others(&setup, User::new("guest@else.example", "Gil", "Guest"));
    let rows = |accounts: &[hibob_contract::ActiveAccount]| {
        let row = |account: &hibob_contract::ActiveAccount| {
            (account.employee_id.clone().unwrap_or_default(), account.managed, account.why.clone())
        };
        let mut rows: Vec<_> = accounts.iter().map(row).collect();
        rows.sort();
        rows
    };
    let of = |id: &str, managed: bool, why: &str| (id.to_owned(), managed, why.to_owned());
    let mut expected = vec![
        of("", false, "nobody in HiBob"),
        of("1", true, "has left"),
        of("2", true, "has left"),
        of("3", true, "HiBob does not send this employee any more"),
        of("4", true, "has not started yet"),
    ];
    let planned = setup.plan().await.unwrap();
    assert_eq!(rows(&planned.active_accounts), expected);
    let stranger = planned.active_accounts.iter().find(|account| account.account_id == guest.to_string()).unwrap();
    assert_eq!((stranger.user_name.as_str(), stranger.name.as_str()), ("guest@else.example", "Gil Guest"));
    assert!(planned.baseline.iter().all(|value| !value.name.starts_with("report:")), "it is not kept");
    // The sync archives the one who may be archived. The others are a sheet of its workbook, where somebody whom HiBob
    // does not know is not named.
    let report = setup.sync().await;
    expected.remove(2);
    assert_eq!(rows(&report.active_accounts), expected);
    let records = setup.data.records("acme").await.unwrap();
    let run = records.past_run(report.run.unwrap()).await.unwrap().unwrap();
    assert!(!run.report.to_string().contains("guest@else.example"));
    let bytes = run_workbook("acme", &run, &[]).unwrap();
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let sheet = calamine::Reader::worksheet_range(&mut book, "Active, not employed").unwrap();
    assert_eq!(sheet.rows().count(), 1 + 4);
    let text = format!("{:?}", sheet.rows().collect::<Vec<_>>());
    assert!(text.contains("1@x.example") && text.contains("no employee"), "{text}");
    // Day 3: nothing has changed, and it is the same.
    assert_eq!(rows(&setup.sync().await.active_accounts), expected);
}

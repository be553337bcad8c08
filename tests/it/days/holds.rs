//! A person has somebody's account left as it is for a while (`hibob hold`).

use super::{account, codes, company, leaves, person};
use crate::cli::{Fakes, Shell};
use chrono::{Days, NaiveDate};
use hibob_base::error::{Exit, HostError};
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_policy::guard::Release;
use hibob_policy::on_hold;
use hibob_runner::{HOLD_DAYS_MAX, end_hold, holds};
use hibob_tests::setup::{Setup, plugin, today};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};
use std::sync::Arc;

async fn hold(setup: &Setup, employee: &str, until: NaiveDate) -> Result<(), HostError> {
    hibob_runner::hold(&setup.data, "acme", employee, until, "court order", "hr@x.example").await
}

/// The day on which every hold ends is over.
async fn the_last_day_is_over(setup: &Setup) {
    let path = setup.data.path().join("tenants/acme.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let ended = sqlx::query("UPDATE holds SET ends_at = unixepoch()").execute(&mut database).await.unwrap();
    assert_eq!(ended.rows_affected(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_of_somebody_on_hold_is_left_alone_until_the_hold_ends() {
    let setup = company(8).await;
    // Day 2: HR has employee 1 put on hold. Day 3: they leave, and employee 2 has a new title.
    hold(&setup, "1", today() + Days::new(30)).await.unwrap();
    leaves(&setup, "1");
    setup.world().hibob.employee_mut("2").surname = "Vega".to_owned();
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, report.updated, codes(&report)), (Exit::Done, 0, 1, vec![]));
    let told: Vec<_> = report.excluded.iter().map(|row| (row.employee_id.as_deref(), row.code.as_str())).collect();
    assert_eq!(told, [(Some("1"), on_hold::CODE)]);
    assert!(report.excluded[0].message.contains(&(today() + Days::new(30)).to_string()), "{:?}", report.excluded);
    assert!(account(&setup, "1").active);
    // An auditor still finds the account.
    let open: Vec<_> = report.active_accounts.iter().map(|row| (row.account_id.clone(), row.why.as_str())).collect();
    assert_eq!(open, [(account(&setup, "1").id.to_string(), "is on hold")]);
    // Somebody else's account cannot be made of it, and who is new and on hold gets none.
    setup.world().hibob.insert(person("21"));
    hold(&setup, "21", today()).await.unwrap();
    setup.writes();
    assert_eq!((setup.sync().await.exit(), setup.writes()), (Exit::Done, 0));
    end_hold(&setup.data, "acme", "21").await.unwrap();
    assert_eq!(setup.sync().await.created, 1);
    // Day 33: the hold has ended.
    the_last_day_is_over(&setup).await;
    assert_eq!(holds(&setup.data, "acme").await.unwrap(), []);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.archived, account(&setup, "1").active), (Exit::Done, 1, false));
}

/// Whatever the plugin plans, and whenever it has planned it: the host leaves the person out.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_saved_before_a_hold_leaves_the_account_alone() {
    let setup = company(8).await;
    leaves(&setup, "1");
    setup.world().hibob.employee_mut("2").surname = "Vega".to_owned();
    let planned = setup.plan().await.unwrap();
    assert_eq!(planned.changes.len(), 2);
    hold(&setup, "1", today()).await.unwrap();
    let tenant = setup.tenant().await;
    let run = hibob_runner::start(&setup.data, &tenant, plugin(), RunKind::Apply, Arc::new(NoProgress)).await.unwrap();
    let mut report = run.apply(&planned, Release::default()).await;
    run.finish(&mut report, Some(&planned)).await.unwrap();
    assert_eq!((report.exit(), report.archived, report.updated), (Exit::Done, 0, 1), "{:?}", report.errors);
    assert_eq!((report.excluded.len(), account(&setup, "1").active), (1, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_has_a_reason_a_person_and_a_day_within_a_year() {
    let setup = company(3).await;
    let runner = |until, reason, by| hibob_runner::hold(&setup.data, "acme", "1", until, reason, by);
    let last = today() + Days::new(HOLD_DAYS_MAX.unsigned_abs());
    for (until, reason, by, why) in [
        (today() - Days::new(1), "x", "hr@x.example", "is over"),
        (last + Days::new(1), "x", "hr@x.example", "days ahead"),
        (today(), " ", "hr@x.example", "reason"),
        (today(), "x", "hr", "not named"),
    ] {
        let error = runner(until, reason, by).await.unwrap_err();
        assert!(error.to_string().contains(why) && error.exit() == Exit::Usage, "{error}");
    }
    runner(last, "x", "hr@x.example").await.unwrap();
    // The last word counts.
    hold(&setup, "1", today()).await.unwrap();
    let held = holds(&setup.data, "acme").await.unwrap();
    let shown: Vec<_> = held.iter().map(|hold| [&hold.employee_id, &hold.until, &hold.by, &hold.reason]).collect();
    assert_eq!(shown, [["1", &today().to_string(), "hr@x.example", "court order"]]);
    // The reason is not in the database in the open, and goes with the person.
    let bytes = std::fs::read(setup.data.path().join("tenants/acme.db")).unwrap();
    let wal = std::fs::read(setup.data.path().join("tenants/acme.db-wal")).unwrap_or_default();
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(!has(&bytes, "court order") && !has(&wal, "court order"));
    end_hold(&setup.data, "acme", "1").await.unwrap();
    let error = end_hold(&setup.data, "acme", "1").await.unwrap_err();
    assert!(error.to_string().contains("is not on hold") && error.remedy().contains("hibob hold acme"), "{error}");
}

#[test]
fn the_command_puts_on_hold_lists_and_ends() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    assert!(shell.run(&["tenant", "apply", "acme.toml"]).status.success());
    let day = today().to_string();
    let held = shell.run(&["hold", "acme", "1", "--until", &day, "--reason", "court order", "--by", "hr@x.example"]);
    assert!(held.status.success(), "{held:?}");
    let row = json!({ "employee_id": "1", "until": day, "by": "hr@x.example", "reason": "court order" });
    assert_eq!(shell.json(&["hold", "acme"]).1, json!({ "tenant": "acme", "on_hold": [row] }));
    let text = String::from_utf8(shell.run(&["hold", "acme"]).stdout).unwrap();
    assert!(text.contains("until") && text.contains("by hr@x.example: court order"), "{text}");
    for missing in [&["--until", &day][..], &["--reason", "x"], &["--end", "--until", &day]] {
        let refused = shell.run(&[&["hold", "acme", "1"], missing].concat());
        assert_eq!(refused.status.code(), Some(i32::from(Exit::Usage as u8)), "{missing:?}: {refused:?}");
    }
    assert!(shell.run(&["hold", "acme", "1", "--end"]).status.success());
    assert_eq!(shell.json(&["hold", "acme"]).1, json!({ "tenant": "acme", "on_hold": [] }));
}

//! What a person has to settle: how long it has been open, and when it becomes an error.

use super::{account, by_hand, codes, company_with, leaves, person};
use crate::telemetry::of_metric;
use hibob_base::error::Exit;
use hibob_fakes::company::Employee;
use hibob_tests::setup::Setup;
use sqlx::{Connection as _, SqliteConnection};

const DAY: f64 = 86_400.0;

/// Changes the tenant's database as if so many days had passed for everything that is open.
async fn later(setup: &Setup, days: i64) {
    let path = setup.data.path().join("tenants/acme.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let older = sqlx::query("UPDATE open_cases SET since = since - 86400 * ?").bind(days);
    assert!(older.execute(&mut database).await.unwrap().rows_affected() > 0);
}

/// For how many days the oldest case of this kind has been open, by the metric.
fn oldest(setup: &Setup, case: &str) -> f64 {
    let ages = of_metric(setup.data.metrics(), "hibob_case_age_seconds");
    (ages[&format!(r#"{{case="{case}",tenant="acme"}}"#)] / DAY).floor()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_contested_is_an_error_after_fourteen_days() {
    let setup = company_with(8, "").await;
    // Nights 2 and 3: another system archives an account, and the sync makes it active. Night 4: it gives that up.
    for _ in 2..=3 {
        by_hand(&setup, "1", |user| user.active = false);
        assert_eq!(setup.sync().await.reactivated, 1);
    }
    by_hand(&setup, "1", |user| user.active = false);
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.warnings.len(), oldest(&setup, "contested")), (Exit::Done, 1, 0.0));
    let counted = of_metric(setup.data.metrics(), "hibob_warnings_total");
    assert_eq!(counted[r#"{code="CONTESTED_FIELD",tenant="acme"}"#], 1.0);
    // Night 17: it is a warning still. Night 18: it is an error.
    later(&setup, 13).await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), report.warnings.len(), oldest(&setup, "contested")), (Exit::Done, 1, 13.0));
    later(&setup, 1).await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report)), (Exit::SomeFailed, vec![("1", "CONTESTED_FIELD")]));
    assert!(report.errors[0].message.ends_with("14 days"), "{:?}", report.errors);
    // Night 19: a person has settled it.
    by_hand(&setup, "1", |user| user.active = true);
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report), oldest(&setup, "contested")), (Exit::Done, vec![], 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_safety_check_holds_is_an_error_after_as_many_days_as_the_setting_says() {
    let setup = company_with(20, "[safety]\nrename_limit_min = 0\nrename_limit_percent = 0\nwarning_days = 3\n").await;
    setup.world().hibob.employee_mut("1").email = Some("1@new.example".to_owned());
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report), report.held.len()), (Exit::Held, vec![], 1));
    // Day 4: HiBob sends a quarter fewer people. That the change is held is not forgotten.
    later(&setup, 2).await;
    setup.world().hibob.employees.retain(|id, _| id.parse::<u32>().unwrap() <= 15);
    assert_eq!(setup.sync().await.error.unwrap().code, "HELD");
    // Day 5: they are there again.
    for id in 16..=20 {
        setup.world().hibob.insert(person(&id.to_string()));
    }
    later(&setup, 1).await;
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report)), (Exit::Held, vec![("1", "HELD_FOR_LONG")]));
    assert_eq!(oldest(&setup, "held"), 3.0);
    // Day 6: the address is as it was.
    setup.world().hibob.insert(person("1"));
    let report = setup.sync().await;
    assert_eq!((report.exit(), codes(&report), oldest(&setup, "held")), (Exit::Done, vec![], 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_a_leaver_is_active_and_a_conflict_open_is_a_metric() {
    let setup = company_with(20, "").await;
    // Day 2: somebody exchanges the ids of two accounts, and one of the two people leaves. Two people get one address.
    by_hand(&setup, "1", |user| user.external_id = Some("2".to_owned()));
    by_hand(&setup, "2", |user| user.external_id = Some("1".to_owned()));
    leaves(&setup, "1");
    setup.world().hibob.insert(Employee { id: "21".to_owned(), ..person("3") });
    setup.sync().await;
    later(&setup, 5).await;
    let report = setup.sync().await;
    assert!(codes(&report).contains(&("1", "LEAVER_HAS_ACTIVE_ACCOUNT")), "{:?}", codes(&report));
    assert!(codes(&report).contains(&("21", "DUPLICATE_EMAIL")), "{:?}", codes(&report));
    assert_eq!((oldest(&setup, "active-leaver"), oldest(&setup, "conflict"), oldest(&setup, "held")), (5.0, 5.0, 0.0));
    assert!(account(&setup, "1").active);
}

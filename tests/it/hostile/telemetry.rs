//! Attacks on the monitoring: a plugin cannot create labels.

use super::arena::{Arena, Orders};
use crate::telemetry::of_metric;
use std::collections::BTreeMap;

fn counts<const N: usize>(expected: [(&str, u32); N]) -> BTreeMap<String, f64> {
    expected.into_iter().map(|(series, value)| (series.to_owned(), f64::from(value))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_error_codes_count_as_other() {
    let arena = Arena::new().await;
    let code = "ana-{target}@mallory.example\"} 1\nhibob_runs_total{tenant=\"acme\"";
    let orders = Orders::of("makes", &["updates", "3"]).and("apply", &["say", "10"]).and("code", &[code]);
    let report = arena.sync_alone(&orders).await;
    let codes: Vec<&str> = report.errors.iter().map(|row| row.code.as_str()).collect();
    assert!(codes.len() == 3 && codes.iter().all(|code| code.contains("@mallory.example")), "{codes:?}");
    let metrics = arena.honest.data.metrics();
    assert_eq!(of_metric(metrics, "hibob_errors_total"), counts([(r#"{code="other",tenant="mallory"}"#, 3)]));
    assert!(!metrics.render().contains("acme") && !metrics.render().contains("ana-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_counted_by_reason_and_not_by_what_was_asked() {
    let arena = Arena::new().await;
    let own = arena.scim("/Users/100");
    let words = [
        "requests".to_owned(),
        "GET https://evil.example/one".to_owned(),
        "GET https://evil.example/two".to_owned(),
        format!("DELETE {own}"),
    ];
    let orders = Orders::of("check", &words.each_ref().map(String::as_str));
    arena.saw(&orders).await;
    let refusals = of_metric(arena.honest.data.metrics(), "hibob_refusals_total");
    let policy = refusals[r#"{reason="policy",tenant="mallory"}"#];
    assert!(policy >= 3.0 && policy % 3.0 == 0.0 && refusals.len() == 1, "{refusals:?}");
    arena.saw(&Orders::of("check", &["put", "1", "8", "8"])).await;
    let refusals = of_metric(arena.honest.data.metrics(), "hibob_refusals_total");
    assert!(refusals[r#"{reason="storage",tenant="mallory"}"#] >= 1.0, "{refusals:?}");
    assert!(!arena.honest.data.metrics().render().contains("evil"));
}

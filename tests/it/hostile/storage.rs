//! Attacks on the storage: too many writes, interrupted writes, other tenants' entries.

use super::arena::{Arena, Orders, growth};
use hibob_sandbox::Open as _;

async fn keys(arena: &Arena) -> Vec<String> {
    let tenant = arena.honest.data.tenant("mallory").await.unwrap();
    let entries = tenant.database().entries("", None, 1_000, usize::MAX).await.unwrap().entries;
    entries.into_iter().map(|(key, _)| key).collect()
}

/// A change that writes `number` values of `bytes` bytes each.
fn writes(number: &str, bytes: &str) -> Orders {
    Orders::of("makes", &["updates", "1"]).and("apply", &["put", "0", number, bytes])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_call_is_cut_off() {
    let arena = Arena::new().await;
    let (report, grown) = growth(arena.sync(&writes("1000000", "60000"))).await;
    assert!(
        report.errors[0].message.contains("69 written, then over limit: 4194304 bytes that one call may write"),
        "{report:?}"
    );
    assert!(grown < 300_000_000, "{grown}");
    assert_eq!(keys(&arena).await.len(), 69);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_over_many_calls_is_cut_off_at_the_tenants_limits() {
    for (limit, value, number) in [("storage_keys_max = 20", "10", 20), ("storage_bytes_max = 50000", "5000", 9)] {
        let arena = Arena::new().await;
        for from in [0, 10, 20, 30] {
            let words = ["put", &from.to_string(), &(from + 10).to_string(), value].map(str::to_owned);
            let orders =
                Orders::of("makes", &["updates", "1"]).and("apply", &words.each_ref().map(String::as_str)).limit(limit);
            let report = if from == 0 { arena.sync(&orders).await } else { arena.sync_alone(&orders).await };
            if let Some(row) = report.errors.first() {
                let setting = limit.split(' ').next().unwrap();
                assert!(row.message.contains(&format!("over limit: limits.{setting}")), "{row:?}");
            }
        }
        assert_eq!(keys(&arena).await.len(), number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_before_a_trap_or_a_limit_are_dropped() {
    for attack in ["put-and-trap", "put-and-loop"] {
        let arena = Arena::new().await;
        let orders = Orders::of("makes", &["updates", "2"]).and("apply", &[attack]).limit("cpu_milliseconds_max = 100");
        let report = arena.sync(&orders).await;
        assert_eq!((report.updated, report.failed), (0, 2), "{:?}", report.errors);
        assert_eq!(keys(&arena).await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_and_a_plan_cannot_write() {
    let arena = Arena::new().await;
    assert_eq!(arena.saw(&Orders::of("check", &["put", "0", "1", "1"])).await, ["0 written, then read-only"]);
    let planned = arena.plan(&Orders::of("plan", &["put", "0", "1", "1"])).await.unwrap();
    assert_eq!(planned.findings[0].message, "0 written, then read-only");
    assert_eq!(keys(&arena).await, [""; 0]);
}

/// Every key, whatever it looks like, is a key in the tenant's own database.
#[tokio::test(flavor = "multi_thread")]
async fn crafted_keys_read_nobody_elses_entries() {
    let arena = Arena::new().await;
    arena.honest.sync().await;
    let theirs = arena.honest.tenant().await.database().entries("", None, 1_000, usize::MAX).await.unwrap().entries;
    let key = theirs[0].0.clone();
    let crafted = [
        "",
        "%",
        "*",
        "_",
        &key,
        "acme",
        "acme/",
        "../acme",
        "../acme.db",
        "tenants/acme.db",
        "/",
        "..",
        "\u{0}",
        "' OR '1'='1",
        "' UNION SELECT key, value FROM entries --",
        "\"; ATTACH 'acme.db' AS a; --",
        "\u{10ffff}",
        "file:acme.db?mode=ro",
        "a\u{0}b",
    ];
    let words: Vec<&str> = std::iter::once("read").chain(crafted).collect();
    let tenant = arena.mallory(&Orders::of("check", &words)).await;
    let progress = std::sync::Arc::new(hibob_base::progress::NoProgress);
    let report = hibob_runner::check(super::arena::hostile(), &tenant, progress).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

/// A deletion counts as a write, even if the key does not exist.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_deletions_is_cut_off() {
    let arena = Arena::new().await;
    let report = arena.sync(&Orders::of("makes", &["updates", "1"]).and("apply", &["delete-and-scan", "300000"])).await;
    assert!(report.errors[0].message.contains("over limit: 10000 keys that one call may write"), "{report:?}");
}

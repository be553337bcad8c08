//! Attacks on memory: the plugin's own, and the host's that it can cause to grow.

use super::arena::{Arena, Orders, growth, stopped};
use super::plans::program;
use super::servers::{Manners, Rude};
use hibob_base::progress::NoProgress;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const MIB: u64 = 1024 * 1024;

/// Memory that other tests of this process may take at the same time, in bytes.
const OTHERS: u64 = 300 * MIB;

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_bomb_ends_at_the_calls_limit() {
    let arena = Arena::new().await;
    let orders = Orders::of("check", &["memory"]).limit("call_memory_mebibytes_max = 64");
    let (result, grown) = growth(arena.check(&orders)).await;
    stopped(result, "OVER_LIMIT", "(limits.call_memory_mebibytes_max)");
    assert!(grown < 64 * MIB + OTHERS, "{grown}");
}

/// Sixteen calls at once, each within its own limit.
#[tokio::test(flavor = "multi_thread")]
async fn memory_bombs_side_by_side_end_at_the_tenants_limit() {
    let arena = Arena::new().await;
    let orders = Orders::of("makes", &["updates", "16"])
        .and("apply", &["memory"])
        .limit("call_memory_mebibytes_max = 256\ntenant_memory_mebibytes_max = 64");
    let (report, grown) = growth(arena.sync(&orders)).await;
    assert_eq!((report.updated, report.failed), (0, 16));
    assert!(report.errors.iter().all(|row| row.message.contains("(limits.tenant_memory_mebibytes_max)")));
    assert!(grown < 64 * MIB + OTHERS, "{grown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_standard_error_is_dropped() {
    let arena = Arena::new().await;
    let orders = Orders::of("check", &["standard-error"]).limit("check_seconds_max = 1\ncpu_milliseconds_max = 200");
    let (result, grown) = growth(arena.check(&orders)).await;
    stopped(result, "OVER_LIMIT", "(limits.");
    assert!(grown < OTHERS, "{grown}");
}

/// The number of handles limits what the host stores for a plugin.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_handles_traps() {
    for (words, why) in [
        (&["pollables", "200000"][..], "store handle limit exceeded"),
        (&["handles", "10000", "6000"], "store handle limit exceeded"),
        (&["handles", "10", "80000"], "total size of fields exceeds limit"),
    ] {
        let arena = Arena::new().await;
        let (result, grown) = growth(arena.check(&Orders::of("check", words))).await;
        stopped(result, "PLUGIN_FAILED", why);
        assert!(grown < OTHERS, "{grown}");
    }
}

/// The host has a page in memory for each of the four requests in progress; further requests wait.
#[tokio::test(flavor = "multi_thread")]
async fn pages_that_nobody_reads_are_a_few() {
    let arena = Arena::new().await;
    let page = vec![b' '; 7_000_000];
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", page.len());
    let server = Rude::start(Manners::Says([head.as_bytes(), &page].concat())).await;
    let request = format!("GET {}/Users", server.url());
    let orders = Orders::of("check", &["requests-at-once", "100", &request]).limit("check_seconds_max = 2");
    let start = std::time::Instant::now();
    let (result, grown) = growth(arena.check(&orders.scim(&server.url()))).await;
    stopped(result, "OVER_LIMIT", "(limits.check_seconds_max)");
    assert!(grown < OTHERS, "{grown}");
    // Each check lasts two seconds and has at most four requests in progress, on a busy machine fewer.
    let checks = usize::try_from(start.elapsed().as_secs()).unwrap() / 2 + 1;
    assert!((1..=4 * checks).contains(&server.connections()), "{} in {checks} checks", server.connections());
}

/// The plugin reads a million keys, and reaches its limit of time before that.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_reads_ends() {
    let arena = Arena::new().await;
    let orders = Orders::of("check", &["look-up"]).limit("cpu_milliseconds_max = 300\ncheck_seconds_max = 20");
    stopped(arena.check(&orders).await, "OVER_LIMIT", "(limits.");
}

/// A call to the host may have texts of a limited size in total. A list that names one text a million times counts in
/// full.
#[tokio::test(flavor = "multi_thread")]
async fn too_much_in_one_host_call_traps() {
    let arena = Arena::new().await;
    let (result, grown) = growth(arena.check(&Orders::of("check", &["long-phase", "150000000"]))).await;
    stopped(result, "PLUGIN_FAILED", "too much data is being copied");
    let arena = Arena::new().await;
    let (result, more) = growth(arena.check(&Orders::of("check", &["same-keys", "10000"]))).await;
    stopped(result, "PLUGIN_FAILED", "too much data is being copied");
    assert!(grown < 300 * MIB + OTHERS && more < 300 * MIB + OTHERS, "{grown} {more}");
}

/// A log that counts its lines.
#[derive(Clone, Default)]
struct Lines(Arc<AtomicUsize>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.fetch_add(bytes.iter().filter(|byte| **byte == b'\n').count(), Ordering::Relaxed);
        assert!(bytes.len() < 2_000, "a line is not shortened");
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_the_log_is_dropped() {
    let arena = Arena::new().await;
    let tenant = arena.mallory(&Orders::of("check", &["log", "20000", "5000"]).limit("log_lines_max = 10")).await;
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(log.finish());
    // With a second subscriber, tracing asks them all whether a call site is on; see `sandbox`.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    tracing::callsite::rebuild_interest_cache();
    let checks = AtomicUsize::new(0);
    arena
        .beside(async || {
            checks.fetch_add(1, Ordering::Relaxed);
            hibob_runner::check(super::arena::hostile(), &tenant, Arc::new(NoProgress)).await.unwrap()
        })
        .await;
    // The allowed lines, and one that says that there were more.
    let number = lines.0.load(Ordering::Relaxed);
    assert!(number >= 10 && number <= 11 * checks.load(Ordering::Relaxed), "{number}");
}

/// Refused requests are reported, up to ten of them, and shortened.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_refused_requests_is_told_ten_times() {
    let arena = Arena::new().await;
    // What is said of two requests in the same words is said once.
    let requests: Vec<String> =
        (0..50).map(|number| format!("GET https://evil-{number}.example/{}", "x".repeat(5_000))).collect();
    let words: Vec<&str> = std::iter::once("requests").chain(requests.iter().map(String::as_str)).collect();
    arena.mallory(&Orders::of("check", &words)).await;
    let log = String::from_utf8(program(&arena, &["check", "mallory"]).stderr).unwrap();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("egress: ")).collect();
    assert!(told.len() == 10 && told.iter().all(|line| line.len() < 1_000), "{log}");
}

//! Attacks on time: plugins that do not stop.

use super::arena::{Arena, Orders, stopped};
use hibob_base::progress::NoProgress;
use std::sync::Arc;

const LITTLE_CPU: &str = "cpu_milliseconds_max = 100";

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_ends_at_its_processor_time_in_every_function() {
    let arena = Arena::new().await;
    stopped(arena.check(&Orders::of("check", &["loop"]).limit(LITTLE_CPU)).await, "OVER_LIMIT", "(limits.cpu_m");
    let arena = Arena::new().await;
    stopped(arena.plan(&Orders::of("plan", &["loop"]).limit(LITTLE_CPU)).await, "OVER_LIMIT", "(limits.cpu_m");
    // The endless loop begins when the changes of the plan are read.
    let arena = Arena::new().await;
    stopped(arena.plan(&Orders::of("makes", &["loop"]).limit(LITTLE_CPU)).await, "OVER_LIMIT", "(limits.cpu_m");
}

/// Each change is a separate call, which ends at its own limit, and whose instance is not used again.
#[tokio::test(flavor = "multi_thread")]
async fn changes_that_refuse_to_stop_fail_one_by_one() {
    let arena = Arena::new().await;
    let orders = Orders::of("makes", &["updates", "6"]).and("apply", &["loop"]).limit(LITTLE_CPU);
    let report = arena.sync(&orders.limit("parallel_calls_max = 2")).await;
    assert_eq!((report.updated, report.failed), (0, 6));
    assert!(report.errors.iter().all(|row| row.code == "OVER_LIMIT"), "{:?}", report.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_of_host_calls_ends_at_its_processor_time() {
    let arena = Arena::new().await;
    let orders = Orders::of("check", &["loop-in-host-calls"]).limit(LITTLE_CPU);
    stopped(arena.check(&orders).await, "OVER_LIMIT", "(limits.cpu_milliseconds_max)");
}

/// Waiting takes no processor time, so only the limit of the wall clock ends it.
#[tokio::test(flavor = "multi_thread")]
async fn endless_waiting_in_a_host_call_ends_at_the_wall_clock() {
    for words in [&["wait"][..], &["wait-and-wait"], &["pollables", "500"]] {
        let arena = Arena::new().await;
        let orders = Orders::of("check", words).limit("check_seconds_max = 1");
        stopped(arena.check(&orders).await, "OVER_LIMIT", "(limits.check_seconds_max)");
    }
    let arena = Arena::new().await;
    let orders = Orders::of("plan", &["wait"]).limit("plan_seconds_max = 1");
    stopped(arena.plan(&orders).await, "OVER_LIMIT", "(limits.plan_seconds_max)");
    let arena = Arena::new().await;
    let orders = Orders::of("makes", &["updates", "1"]).and("apply", &["wait"]).limit("apply_seconds_max = 1");
    let report = arena.sync(&orders).await;
    assert!(report.errors[0].message.contains("(limits.apply_seconds_max)"), "{:?}", report.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_recursion_traps() {
    let arena = Arena::new().await;
    stopped(arena.check(&Orders::of("check", &["recursion"])).await, "PLUGIN_FAILED", "call stack exhausted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_ends_the_program_ends_its_call() {
    let arena = Arena::new().await;
    stopped(arena.check(&Orders::of("check", &["exit"])).await, "PLUGIN_FAILED", "crashed while it was checking");
    let arena = Arena::new().await;
    stopped(arena.check(&Orders::of("check", &["panic"])).await, "PLUGIN_FAILED", "crashed while it was checking");
}

/// Calls beyond the tenant's limit wait in a queue and then give up. Other tenants' calls are not in that queue.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_calls_at_once_wait_for_the_tenants_own() {
    let arena = Arena::new().await;
    let limits = "parallel_calls_max = 1\nslot_wait_seconds_max = 1\ncheck_seconds_max = 3";
    let tenant = arena.mallory(&Orders::of("check", &["wait"]).limit(limits)).await;
    let check = || hibob_runner::check(super::arena::hostile(), &tenant, Arc::new(NoProgress));
    let (first, second) = arena.beside(async || tokio::join!(check(), check())).await;
    stopped(first, "OVER_LIMIT", "(limits.check_seconds_max)");
    stopped(second, "POOL_EXHAUSTED", "limits.slot_wait_seconds_max");
}

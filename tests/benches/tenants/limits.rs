//! Measures what a call costs, and what its limits cost.

use hibob_base::progress::NoProgress;
use hibob_contract::types;
use hibob_sandbox::call::{Call, Job};
use hibob_sandbox::engine::Runtime;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_tests::canned::{Canned, Memory, config};
use hibob_tests::numbers::{milliseconds, percentile};
use hibob_tests::setup::plugin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::{Config, Engine};

/// Fresh instances that are measured, after as many for warming up.
const CALLS: usize = 2_000;
/// Employees of the plan.
const EMPLOYEES: usize = 10_000;
/// Plans with and without interruption points.
const ROUNDS: usize = 15;

/// Prints the time of a fresh instance with one small call.
pub(crate) async fn call() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(&folder.path().join("data")).await.unwrap();
    let canned = Arc::new(Canned::new(20, true));
    let config = config(folder.path(), "acme", "");
    let tenant = Tenant::open_with(&data, config, Arc::new(Memory(canned))).await.unwrap();
    // A job without settings: the plugin reports which ones are missing, and returns.
    let job = types::Job { settings: Vec::new(), now_unix_seconds: 0 };
    let mut times = Vec::new();
    for round in 0..2 * CALLS {
        let start = Instant::now();
        let mut call = Call::open(plugin(), &tenant, Job::Check, Arc::new(NoProgress)).await.unwrap();
        let report = call.step(async |store, instance| instance.call_check(store, &job).await).await.unwrap();
        assert!(report.is_err());
        call.finish();
        if round >= CALLS {
            times.push(start.elapsed());
        }
    }
    println!("| a fresh instance and a small call, {CALLS} times | p50 | p99 |");
    println!("|---|---|---|");
    let [p50, p99] = [50, 99].map(|percent| milliseconds(percentile(&mut times, percent)));
    println!("| | {p50:.2} ms | {p99:.2} ms |\n");
}

/// An engine like the host's own, but without its pool, and with or without the points at which a component yields.
fn engine(interrupts: bool) -> Plugin {
    let mut config = Config::new();
    config.epoch_interruption(interrupts).wasm_component_model(true);
    Plugin::embedded(&Runtime::with_engine(Engine::new(&config).unwrap())).unwrap()
}

/// Prints what the limits add to the time of a plan.
pub(crate) async fn limits() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(&folder.path().join("data")).await.unwrap();
    let canned = Arc::new(Canned::new(EMPLOYEES, true));
    let config = config(folder.path(), "acme", "");
    let tenant = Tenant::open_with(&data, config.clone(), Arc::new(Memory(canned.clone()))).await.unwrap();
    canned.remember(&tenant).await;
    drop(tenant);
    let plugins = [engine(true), engine(false)];
    let mut times: [Vec<Duration>; 2] = Default::default();
    for round in 0..=ROUNDS {
        for (plugin, times) in plugins.iter().zip(&mut times) {
            let tenant = Tenant::open_with(&data, config.clone(), Arc::new(Memory(canned.clone()))).await.unwrap();
            let start = Instant::now();
            hibob_runner::plan(plugin, &tenant, Arc::new(NoProgress)).await.unwrap();
            if round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    let [with, without] = times.each_mut().map(|times| milliseconds(percentile(times, 50)));
    println!("| a plan for {EMPLOYEES}, median of {ROUNDS} | with | without | ratio |");
    println!("|---|---|---|---|");
    println!(
        "| points at which a component yields and is measured | {with:.1} ms | {without:.1} ms | {:.2} |\n",
        with / without
    );
}

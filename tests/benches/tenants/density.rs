//! A thousand tenants, each with a plan that waits for HiBob's answer, over real connections.

use super::gate::Slow;
use futures::future::join_all;
use hibob_base::progress::NoProgress;
use hibob_config::tenant::TenantConfig;
use hibob_sandbox::engine::Runtime;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_tests::canned::{Canned, HIBOB, SCIM, config};
use hibob_tests::process::status;
use hibob_tests::setup::cache_dir;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const TENANTS: usize = 1_000;
/// Employees of each tenant.
const EMPLOYEES: usize = 20;

fn config_of(folder: &Path, number: usize, slow: &Slow) -> TenantConfig {
    let config = config(folder, &format!("t{number}"), "");
    let text = std::fs::read_to_string(folder.join(format!("t{number}.toml"))).unwrap();
    let scim_url = &config.travelperk().unwrap().scim_url;
    let text = text.replace(&config.hibob.url, &slow.here(HIBOB)).replace(scim_url, &slow.here(SCIM));
    let file = folder.join("here.toml");
    std::fs::write(&file, text).unwrap();
    TenantConfig::read(&file).unwrap()
}

/// Measures, and prints the table.
pub(crate) async fn measure() {
    let runtime = Runtime::for_calls(&cache_dir(), u32::try_from(TENANTS).unwrap()).unwrap();
    let plugin = Plugin::embedded(&runtime).unwrap();
    let slow = Slow::start(Canned::new(EMPLOYEES, false));
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(&folder.path().join("data")).await.unwrap();
    let before = status("VmRSS");

    let mut tenants = Vec::new();
    for number in 0..TENANTS {
        tenants.push(Tenant::open(&data, config_of(folder.path(), number, &slow)).await.unwrap());
    }
    let opened = status("VmRSS");

    let start = Instant::now();
    let jobs = join_all(tenants.iter().map(|tenant| hibob_runner::plan(&plugin, tenant, Arc::new(NoProgress))));
    let in_flight = async {
        slow.all(TENANTS).await;
        let seen = (start.elapsed(), status("VmRSS"), status("Threads"));
        slow.go_on();
        seen
    };
    let (results, (arrived, waiting, threads)) = tokio::join!(jobs, in_flight);
    let failed = results.iter().filter(|result| result.is_err()).count();
    let guest = tenants.iter().map(|tenant| tenant.memory().peak_of_a_call()).max().unwrap();

    println!("| {TENANTS} tenants, {EMPLOYEES} employees each | total | a tenant |");
    println!("|---|---|---|");
    let mib = |kib: u64| kib as f64 / 1_024.0;
    let line = |what: &str, kib: u64| {
        println!("| {what} | {:.0} MiB | {:.2} MiB |", mib(kib), mib(kib) / TENANTS as f64);
    };
    line("opened, idle", opened.saturating_sub(before));
    line("a plan in flight", waiting.saturating_sub(opened));
    line("the whole process", waiting);
    println!("| linear memory of a plan, at its peak | | {:.2} MiB |", guest as f64 / f64::from(1 << 20));
    println!();
    println!(
        "All were in flight after {:.1} s and done {:.1} s later; {failed} failed; {threads} threads.",
        arrived.as_secs_f64(),
        (start.elapsed() - arrived).as_secs_f64()
    );
    assert_eq!(failed, 0, "{:?}", results.iter().find(|result| result.is_err()));
}

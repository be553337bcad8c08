//! The nightly syncs of many tenants: `cargo bench --bench night`, optionally with `machine`, `disk` or `hosts` and a
//! number of tenants.
//!
//! All tenants are due at the same moment, each with its own company and stand-ins. Processes of `hibob serve` do their
//! syncs, with their data on the disk. The stand-ins are in this process.
//! - `machine`: one host on SQLite. The first night creates all accounts; in later nights nothing has changed, or a
//!   little.
//! - `disk`: as `machine`, with the data directory on the disk and then in memory, to show what the disk costs.
//! - `hosts`: one, two and three hosts on one PostgreSQL, if its server is installed.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at what fails, and prints")]

mod night {
    pub(crate) mod host;
    pub(crate) mod site;
}

use hibob_test_postgres::Server;
use hibob_tests::numbers::{milliseconds, percentile};
use hibob_tests::setup::{cache_dir, in_memory};
use night::host::{Night, night};
use night::site::Site;
use std::time::Duration;
use tempfile::TempDir;

/// How many tenants there are, unless an argument gives another number.
const TENANTS: usize = 5_000;

/// Employees of each tenant.
const EMPLOYEES: usize = 20;

/// Workers of a host: few, the default, and many.
const WORKERS: [u16; 3] = [8, 32, 128];

/// Longest time of a service's answer over the internet.
const FAR: Duration = Duration::from_millis(300);

const NEAR: Duration = Duration::ZERO;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let tenants = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(TENANTS);
    let wanted = |what: &str| arguments.iter().all(|argument| argument == what || argument.parse::<usize>().is_ok());
    println!("{tenants} tenants of {EMPLOYEES} employees\n");
    println!(
        "| hosts | workers of each | night | answers take | time | syncs a second | processors of the hosts | of that in the sandbox | of the stand-ins | a sync, median | 99 of 100 | peak of a host |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let [few, usual, many] = WORKERS;
    if wanted("machine") {
        let site = Site::new(tenants, EMPLOYEES, on_disk(), None).await;
        measure(&site, "everybody is new", 1, many, FAR).await;
        measure(&site, "nothing has changed", 1, few, FAR).await;
        measure(&site, "nothing has changed", 1, usual, FAR).await;
        measure(&site, "nothing has changed", 1, many, FAR).await;
        measure(&site, "nothing has changed", 1, usual, NEAR).await;
        site.change_some();
        measure(&site, "one of twenty has changed", 1, usual, FAR).await;
    }
    if wanted("disk") {
        for (folder, what) in [(on_disk(), "nothing has changed, on the disk"), (in_memory(), "the same, in memory")] {
            let site = Site::new(tenants, EMPLOYEES, folder, None).await;
            measure(&site, "everybody is new", 1, many, NEAR).await;
            measure(&site, what, 1, usual, NEAR).await;
        }
    }
    if wanted("hosts") {
        let Some(server) = Server::start("hosts on one PostgreSQL") else { return };
        let site = Site::new(tenants, EMPLOYEES, on_disk(), Some(server.database("night"))).await;
        measure(&site, "everybody is new", 3, many, FAR).await;
        for answers_within in [FAR, NEAR] {
            for hosts in 1..=3 {
                measure(&site, "nothing has changed", hosts, few, answers_within).await;
            }
        }
    }
}

fn on_disk() -> TempDir {
    tempfile::tempdir_in(cache_dir()).unwrap()
}

/// One night, as a row of the table.
async fn measure(site: &Site, what: &str, hosts: usize, workers: u16, answers_within: Duration) {
    site.answer_within(answers_within);
    let Night { took, host, fakes, sandbox, mut syncs, peak_kib } = night(site, hosts, workers).await;
    let seconds = took.as_secs_f64();
    let answers =
        if answers_within == NEAR { "no time".to_owned() } else { format!("0 to {} ms", answers_within.as_millis()) };
    let per_second = |time: Duration| time.as_secs_f64() / seconds;
    println!(
        "| {hosts} | {workers} | {what} | {answers} | {seconds:.0} s | {:.1} | {:.2} | {:.2} | {:.2} | {:.0} ms | {:.0} ms | {:.0} MiB |",
        syncs.len() as f64 / seconds,
        per_second(host),
        per_second(sandbox),
        per_second(fakes),
        milliseconds(percentile(&mut syncs, 50)),
        milliseconds(percentile(&mut syncs, 99)),
        peak_kib as f64 / 1_024.0,
    );
}

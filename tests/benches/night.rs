//! A night of many tenants: `cargo bench --bench night -- 5000`.
//!
//! All tenants fall due at the same moment, each with a company and stand-ins of its own, and one `hibob serve` does their
//! syncs: a process of its own, with its data directory on the disk. The stand-ins are in this process. The first night
//! makes everybody's account, in the second nothing has changed, in the third a few employees have.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at what fails, and prints")]

mod night {
    pub(crate) mod host;
    pub(crate) mod site;
}

use hibob_tests::numbers::{milliseconds, percentile};
use night::host::{Host, Night};
use night::site::Site;
use std::time::Duration;

/// Tenants, unless an argument says how many.
const TENANTS: usize = 5_000;

/// Employees of each.
const EMPLOYEES: usize = 20;

/// Workers of a host: as it comes, and enough to hide what the services take to answer.
const WORKERS: [u16; 2] = [8, 64];

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let tenants = numbers.next().unwrap_or(TENANTS);
    println!("{tenants} tenants of {EMPLOYEES} employees\n");
    println!(
        "| night | workers | answers take | time | syncs a second | processors of the host | of the stand-ins | in the sandbox | a sync, median | 99 of 100 | peak of the host |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let site = Site::new(tenants, EMPLOYEES).await;
    let [few, many] = WORKERS;
    let at_once = Duration::ZERO;
    measure(&site, "everybody is new", few, at_once).await;
    measure(&site, "nothing has changed", few, at_once).await;
    measure(&site, "nothing has changed", many, at_once).await;
    // What a call of the services takes over the internet.
    let within = Duration::from_millis(300);
    measure(&site, "nothing has changed", few, within).await;
    measure(&site, "nothing has changed", many, within).await;
    site.change_some();
    measure(&site, "one of twenty has changed", many, within).await;
}

/// One night, as a row of the table.
async fn measure(site: &Site, what: &str, workers: u16, answers_within: Duration) {
    site.answer_within(answers_within);
    let host = Host::start(site, workers);
    let Night { took, host, fakes, sandbox, mut syncs, peak_kib } = host.night(site).await;
    let seconds = took.as_secs_f64();
    println!(
        "| {what} | {workers} | {} | {seconds:.0} s | {:.1} | {:.2} | {:.2} | {:.2} | {:.0} ms | {:.0} ms | {:.0} MiB |",
        if answers_within.is_zero() {
            "no time".to_owned()
        } else {
            format!("up to {} ms", answers_within.as_millis())
        },
        syncs.len() as f64 / seconds,
        host.as_secs_f64() / seconds,
        fakes.as_secs_f64() / seconds,
        sandbox.as_secs_f64() / seconds,
        milliseconds(percentile(&mut syncs, 50)),
        milliseconds(percentile(&mut syncs, 99)),
        peak_kib as f64 / 1_024.0,
    );
}

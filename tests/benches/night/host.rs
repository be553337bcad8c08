//! `hibob serve` in separate processes, and what a night costs.

use super::site::Site;
use hibob_tests::process::{processor_time_of, status_of};
use hibob_tests::setup::give_key;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hibob-under-test");

/// Pause between two checks whether the night is over.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// A host's process. It is killed when this is dropped.
struct Host(Child);

/// What a night cost.
pub(crate) struct Night {
    /// Time from when all tenants were due to the end of the last sync.
    pub(crate) took: Duration,
    /// Processor time of the hosts.
    pub(crate) host: Duration,
    /// Processor time of the process with the stand-ins.
    pub(crate) fakes: Duration,
    /// Processor time of the plugin, which is part of the hosts'.
    pub(crate) sandbox: Duration,
    /// The time that each sync took.
    pub(crate) syncs: Vec<Duration>,
    /// The largest peak memory of a host, in KiB.
    pub(crate) peak_kib: u64,
}

impl Host {
    /// Starts a host that serves. On PostgreSQL each host has its own data directory, as if it were on its own machine.
    fn start(site: &Site, number: usize, workers: u16) -> Self {
        let mut command = Command::new(PROGRAM);
        command
            .args(["serve", "--json", "--workers", &workers.to_string(), "--metrics-file"])
            .arg(metrics(site, number));
        match site.database() {
            None => command.arg("--data").arg(site.path("data")),
            Some(url) => {
                let data = site.path(&format!("data-{number}"));
                give_key(&data);
                command.arg("--data").arg(data).args(["--database", url])
            }
        };
        command.current_dir(site.path("")).env("RUST_LOG", "warn").stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("serving"), "{line}");
        Self(process)
    }

    fn took(&self) -> Duration {
        processor_time_of(self.0.id())
    }

    /// Asks it to end, and waits for that.
    fn end(mut self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

fn metrics(site: &Site, number: usize) -> PathBuf {
    site.path(&format!("night-{number}.prom"))
}

/// Has so many hosts do the sync of each tenant once.
pub(crate) async fn night(site: &Site, hosts: usize, workers: u16) -> Night {
    let mut hosts: Vec<Host> = (0..hosts).map(|number| Host::start(site, number, workers)).collect();
    let youngest = site.youngest_job().await;
    let before: Duration = hosts.iter().map(Host::took).sum();
    let fakes = processor_time_of(std::process::id());
    let start = Instant::now();
    site.make_due().await;
    while site.ended_since(youngest).await < site.tenants() {
        assert!(hosts.iter_mut().all(|host| host.0.try_wait().unwrap().is_none()), "a host has left");
        tokio::time::sleep(LOOK_PAUSE).await;
    }
    let took = start.elapsed();
    let host = hosts.iter().map(Host::took).sum::<Duration>() - before;
    let fakes = processor_time_of(std::process::id()) - fakes;
    let peak_kib = hosts.iter().map(|host| status_of(host.0.id(), "VmHWM")).max().unwrap();
    let numbers = 0..hosts.len();
    hosts.into_iter().for_each(Host::end);
    let sandbox = numbers.map(|number| sandbox(&fs::read_to_string(metrics(site, number)).unwrap())).sum();
    Night { took, host, fakes, sandbox, syncs: site.times_since(youngest).await, peak_kib }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The processor time of all calls, from the host's own counters.
fn sandbox(metrics: &str) -> Duration {
    let sums = metrics.lines().filter(|line| line.starts_with("hibob_sandbox_cpu_seconds_sum"));
    sums.map(|line| Duration::from_secs_f64(line.rsplit_once(' ').unwrap().1.parse().unwrap())).sum()
}

//! `hibob serve` in a process of its own, and what a night takes of it.

use super::site::Site;
use hibob_tests::process::{processor_time_of, status_of};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hibob-under-test");

/// How often it is looked whether the night is over.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// A host; killed when it is dropped.
pub(crate) struct Host(Child);

/// What a night took.
pub(crate) struct Night {
    /// From when everybody fell due to the last sync's end.
    pub(crate) took: Duration,
    /// Processor time of the host,
    pub(crate) host: Duration,
    /// of the process with the stand-ins,
    pub(crate) fakes: Duration,
    /// and, of the host's, what the plugin had.
    pub(crate) sandbox: Duration,
    /// How long each sync took.
    pub(crate) syncs: Vec<Duration>,
    /// The largest memory of the host, in KiB.
    pub(crate) peak_kib: u64,
}

impl Host {
    /// A host that serves.
    pub(crate) fn start(site: &Site, workers: u16) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("--data").arg(site.path("data")).args(["serve", "--json", "--workers", &workers.to_string()]);
        command.arg("--metrics-file").arg(site.path("night.prom"));
        let mut process =
            command.current_dir(site.path("")).env("RUST_LOG", "warn").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("serving"), "{line}");
        Self(process)
    }

    /// Has it do everybody's sync once, and leave.
    pub(crate) async fn night(mut self, site: &Site) -> Night {
        let youngest = site.youngest_job().await;
        let (host, fakes) = (processor_time_of(self.0.id()), processor_time_of(std::process::id()));
        let start = Instant::now();
        site.make_due().await;
        while site.ended_since(youngest).await < site.tenants() {
            assert!(self.0.try_wait().unwrap().is_none(), "the host has left");
            tokio::time::sleep(LOOK_PAUSE).await;
        }
        let took = start.elapsed();
        let host = processor_time_of(self.0.id()) - host;
        let fakes = processor_time_of(std::process::id()) - fakes;
        let peak_kib = status_of(self.0.id(), "VmHWM");
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
        let sandbox = sandbox(&fs::read_to_string(site.path("night.prom")).unwrap());
        Night { took, host, fakes, sandbox, syncs: site.times_since(youngest).await, peak_kib }
    }
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

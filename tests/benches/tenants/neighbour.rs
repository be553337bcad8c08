//! Measures a small sync beside a tenant that uses all that its limits allow.

use bytes::Bytes;
use hibob_base::error::Exit;
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_config::tenant::TenantConfig;
use hibob_net::transport::{Transport, TransportBody, TransportError};
use hibob_policy::guard::Release;
use hibob_sandbox::identity::Trust;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_tests::canned::{Canned, Memory, SCIM, config};
use hibob_tests::numbers::{milliseconds, percentile};
use hibob_tests::setup::{plugin, runtime};
use http_body_util::{BodyExt, Full};
use std::io::Read;
use std::path::Path;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The argument with which this program only keeps a processor busy.
pub(crate) const HOG: &str = "hog";
/// Employees of the small sync.
const EMPLOYEES: usize = 20;
/// How many syncs of each kind a round has.
const SAMPLES: usize = 300;
const ROUNDS: usize = 3;
/// The kinds of noise that the noisy tenant makes, all at the same time, repeatedly, with four calls of each kind.
const NOISE: [&str; 4] =
    ["\"loop\"", "\"loop-in-host-calls\"", "\"memory\"", "\"requests-in-a-row\", \"100000\", \"GET SCIM/Users\""];
const CALLS_OF_EACH: usize = 4;

/// A service that answers every request at once with success.
struct Yes;

type Sending = Pin<Box<dyn Future<Output = Result<http::Response<TransportBody>, TransportError>> + Send>>;

impl Transport for Yes {
    fn send(&self, _request: http::Request<Full<Bytes>>) -> Sending {
        let body = Full::new(Bytes::from_static(b"{}")).map_err(|never| match never {}).boxed_unsync();
        Box::pin(async move { Ok(http::Response::new(body)) })
    }
}

/// A network with a fixed latency.
struct Late {
    inner: Memory,
    latency: Duration,
}

impl Transport for Late {
    fn send(&self, request: http::Request<Full<Bytes>>) -> Sending {
        let (sent, latency) = (self.inner.send(request), self.latency);
        Box::pin(async move {
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            sent.await
        })
    }
}

/// The tenant that is measured, and the latency of its services.
struct Small {
    data: DataDir,
    config: TenantConfig,
    canned: Arc<Canned>,
    latency: Duration,
}

/// One small sync that reads everything and has nothing to write.
async fn sync(small: &Small) -> Duration {
    let data = &small.data;
    // The tenant is opened anew, since otherwise the pace for HiBob would be measured.
    let network = Late { inner: Memory(small.canned.clone()), latency: small.latency };
    let tenant = Tenant::open_with(data, small.config.clone(), Arc::new(network)).await.unwrap();
    let start = Instant::now();
    let run = hibob_runner::start(data, &tenant, plugin(), RunKind::Sync, Arc::new(NoProgress)).await.unwrap();
    let planned = run.plan().await.unwrap();
    let mut report = run.apply(&planned, Release::default()).await;
    run.finish(&mut report, Some(&planned)).await.unwrap();
    let took = start.elapsed();
    assert_eq!(report.exit(), Exit::Done);
    took
}

async fn samples(small: &Small) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..SAMPLES {
        times.push(sync(small).await);
    }
    times
}

/// Another process that keeps one processor busy, to show how much the operating system alone slows a neighbour down.
struct Hog(Child);

impl Hog {
    fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self(command.arg(HOG).stdin(Stdio::piped()).spawn().unwrap())
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Keeps a processor busy until standard input is closed.
pub(crate) fn hog() {
    let gone = Arc::new(AtomicBool::new(false));
    let seen = gone.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        seen.store(true, Ordering::Relaxed);
    });
    while !gone.load(Ordering::Relaxed) {
        std::hint::spin_loop();
    }
}

/// The noisy tenant at work, until it is stopped.
struct Noise {
    calls: JoinSet<()>,
    stop: Arc<AtomicBool>,
    ended: Arc<AtomicU64>,
}

impl Noise {
    async fn start(data: &DataDir, folder: &Path, hostile: &Plugin, kinds: &[String]) -> Self {
        let (stop, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut calls = JoinSet::new();
        for words in NOISE
            .into_iter()
            .filter(|words| kinds.is_empty() || kinds.iter().any(|kind| words.contains(&format!("\"{kind}\""))))
        {
            let words = words.replace("SCIM", SCIM);
            let limits = "[limits]\ncpu_milliseconds_max = 1000\nrequests_max = 1000000\n";
            let sources = format!("[sync.sources]\ncheck = [{words}]\n{limits}");
            let config = config(folder, "mallory", &sources);
            for _ in 0..CALLS_OF_EACH {
                let tenant = Tenant::open_with(data, config.clone(), Arc::new(Yes)).await.unwrap();
                let (hostile, stop, ended) = (hostile.clone(), stop.clone(), ended.clone());
                calls.spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        let _ = hibob_runner::check(&hostile, &tenant, Arc::new(NoProgress)).await; // each ends at a limit
                        ended.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        }
        Self { calls, stop, ended }
    }

    async fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.calls.join_all().await;
        self.ended.load(Ordering::Relaxed)
    }
}

/// Latencies of the services of the small sync. On the internet they are longer than any of these.
const LATENCIES: [Duration; 2] = [Duration::from_millis(10), Duration::ZERO];

/// Prints a table for each latency, with only these kinds of noise if any are named.
pub(crate) async fn measure(kinds: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(&folder.path().join("data")).await.unwrap();
    let canned = Arc::new(Canned::new(EMPLOYEES, true));
    let config = config(folder.path(), "acme", "");
    let tenant = Tenant::open_with(&data, config.clone(), Arc::new(Memory(canned.clone()))).await.unwrap();
    canned.remember(&tenant).await;
    drop(tenant);
    for latency in LATENCIES {
        let small = Small { data: data.clone(), config: config.clone(), canned: canned.clone(), latency };
        table(&small, folder.path(), kinds).await;
    }
}

async fn table(small: &Small, folder: &Path, kinds: &[String]) {
    let file = folder.join("hostile.wasm");
    std::fs::write(&file, hibob_hostile_component::COMPONENT).unwrap();
    let hostile = Plugin::from_file(runtime(), &file, &Trust::built_in().or_unsigned()).unwrap();
    println!(
        "| answers take {} ms | quiet: p50, p99 | beside a noisy tenant | beside another process with one busy thread | noisy : quiet |",
        small.latency.as_millis()
    );
    println!("|---|---|---|---|---|");
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let mut quiet = samples(small).await;
        let noise = Noise::start(&small.data, folder, &hostile, kinds).await;
        let mut noisy = samples(small).await;
        let ended = noise.stop().await;
        let hog = Hog::start();
        let mut hogged = samples(small).await;
        drop(hog);
        if round == 0 {
            continue; // the first round is for warming up
        }
        let pair = |times: &mut Vec<Duration>| [50, 99].map(|percent| milliseconds(percentile(times, percent)));
        let [quiet50, quiet99] = pair(&mut quiet);
        let [noisy50, noisy99] = pair(&mut noisy);
        let [hogged50, hogged99] = pair(&mut hogged);
        let ratio = noisy99 / quiet99;
        println!(
            "| round {round} | {quiet50:.1}, {quiet99:.1} ms | {noisy50:.1}, {noisy99:.1} ms | {hogged50:.1}, {hogged99:.1} ms | {ratio:.2} |"
        );
        assert!(ended > 0, "the noisy tenant has reached no limit");
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ratios.len() / 2).unwrap();
    println!("\nMedian of the ratios: {median:.2}; {SAMPLES} syncs of {EMPLOYEES} employees each.\n");
}

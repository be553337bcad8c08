//! Making a plan, natively and in the sandbox: `cargo bench`.
//!
//! Both read the same answers from memory, so that what differs is the sandbox and the host around it: the engine, its
//! limits, wasi:http, the egress, the tenant's database. Runs alternate and medians are compared, because machines
//! change their speed; the ratio says more than the milliseconds.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark stops at what fails, and prints"
)]

use bytes::Bytes;
use hibob_connector_core::http::{Body, Request, Response, SendError};
use hibob_connector_core::settings::Settings;
use hibob_connector_core::sync;
use hibob_connector_core::value::{NamedValue, Value};
use hibob_connector_core::world::{Entry, SCAN_ENTRIES_MAX, StorageError, World};
use hibob_fakes::Service;
use hibob_host::call::NoProgress;
use hibob_host::data_dir::DataDir;
use hibob_host::egress::{Transport, TransportBody, TransportError};
use hibob_host::run;
use hibob_host::tenant::{Tenant, TenantConfig};
use hibob_tests::native::NativeWorld;
use hibob_tests::setup::{plugin, today};
use http_body_util::{BodyExt, Full, StreamBody};
use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

const HIBOB: &str = "https://hibob.example/v1";
const SCIM: &str = "https://travelperk.example/api/v2/scim";
/// How much of a body comes at once, in bytes; what a socket's buffer holds.
const PIECE: usize = 256 * 1024;
/// Employees, and how often each size is measured.
const SIZES: [(usize, usize); 3] = [(1_000, 21), (10_000, 9), (100_000, 5)];

/// Answers by path and query, and what the storage holds.
struct Canned {
    answers: BTreeMap<String, Bytes>,
    storage: BTreeMap<String, Vec<u8>>,
}

impl Canned {
    /// A company and its accounts: none yet, or all of them as they should be.
    fn new(employees: usize, converged: bool) -> Self {
        let now = u64::try_from(chrono::Utc::now().timestamp()).unwrap();
        let mut world = NativeWorld::new(hibob_fakes::World::realistic(employees, 1, today()), now);
        let settings = NativeWorld::settings(&[]);
        if converged {
            let plan = world.plan(&settings).unwrap();
            world.apply(&settings, &plan);
        }
        world.fakes.clear_log();
        world.plan(&settings).unwrap();
        // What that plan asked is what every plan asks: ask it again and keep the answers.
        let asked: Vec<hibob_fakes::Recorded> = world.fakes.log().to_vec();
        let mut answers = BTreeMap::new();
        for (number, entry) in asked.into_iter().enumerate() {
            let query = entry.query.map(|query| format!("?{query}")).unwrap_or_default();
            let target = format!("{}{query}", entry.path);
            let mut request = hibob_fakes::Request::new(&entry.method, &target);
            request.headers = entry.headers;
            request.body = entry.body;
            let later = f64::from(u32::try_from(now).unwrap()) + 1_000_000.0 + 2.0 * number as f64;
            let answer = world.fakes.handle(entry.service, &request, later);
            assert_eq!(answer.status, 200, "{target}");
            let key = format!("{}{target}", if entry.service == Service::HiBob { "hibob" } else { "travelperk" });
            answers.insert(key, Bytes::from(answer.body));
        }
        Self { answers, storage: world.storage }
    }

    fn answer(&self, url: &str) -> Bytes {
        let host = if url.starts_with(HIBOB) { "hibob" } else { "travelperk" };
        let path = &url[url.find("example").unwrap() + "example".len()..];
        self.answers.get(&format!("{host}{path}")).unwrap_or_else(|| panic!("no answer for {url}")).clone()
    }

    fn source_bytes(&self) -> usize {
        self.answers.iter().filter(|(key, _)| key.contains("/people/search")).map(|(_, body)| body.len()).sum()
    }
}

/// The core on its own.
struct Native<'c>(&'c Canned);

struct Pieces(Bytes);

impl Body for Pieces {
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        let piece = self.0.split_to(PIECE.min(self.0.len()));
        Ok((!piece.is_empty()).then(|| piece.to_vec()))
    }
}

impl World for Native<'_> {
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError> {
        let body = Box::new(Pieces(self.0.answer(&request.url)));
        Ok(Response { status: 200, content_type: Some("application/json".to_owned()), body })
    }

    fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.storage.get(key).cloned())
    }

    fn scan(&mut self, prefix: &str, after: Option<&str>) -> Result<Vec<Entry>, StorageError> {
        let start = after.map_or_else(|| prefix.to_owned(), |after| format!("{after}\0"));
        let entries = self.0.storage.range(start..).take_while(|(key, _)| key.starts_with(prefix));
        Ok(entries.take(SCAN_ENTRIES_MAX as usize).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn put(&mut self, _key: &str, _value: &[u8]) -> Result<(), StorageError> {
        Err(StorageError("a plan writes nothing".to_owned()))
    }

    fn remove(&mut self, _key: &str) -> Result<(), StorageError> {
        Err(StorageError("a plan writes nothing".to_owned()))
    }

    fn log(&mut self, _message: &str) {}

    fn progress(&mut self, _phase: &str, _done: usize, _total: Option<usize>) {}
}

/// The network of the sandboxed plan: the same answers, from memory.
struct Memory(Arc<Canned>);

type Sending = Pin<Box<dyn Future<Output = Result<http::Response<TransportBody>, TransportError>> + Send>>;

impl Transport for Memory {
    fn send(&self, request: http::Request<Full<Bytes>>) -> Sending {
        let mut body = self.0.answer(&request.uri().to_string());
        let mut pieces = Vec::new();
        while !body.is_empty() {
            pieces.push(Ok(http_body::Frame::data(body.split_to(PIECE.min(body.len())))));
        }
        let body = StreamBody::new(futures::stream::iter(pieces)).boxed_unsync();
        let answer = http::Response::builder().header("content-type", "application/json").body(body).unwrap();
        Box::pin(async move { Ok(answer) })
    }
}

fn config(folder: &Path) -> TenantConfig {
    std::fs::write(folder.join("secret"), "none").unwrap();
    let file = folder.join("acme.toml");
    let text = format!(
        "id = \"acme\"\n[hibob]\nurl = \"{HIBOB}\"\nservice_user = \"u\"\ntoken = \"file:secret\"\n[travelperk]\n\
         scim_url = \"{SCIM}\"\nkey = \"file:secret\"\ncalls_per_minute = 4000000000\n"
    );
    std::fs::write(&file, text).unwrap();
    TenantConfig::read(&file).unwrap()
}

fn native_settings() -> Settings {
    let text = |name: &str, text: &str| NamedValue { name: name.to_owned(), value: Value::Text(text.to_owned()) };
    Settings::read(&[text("hibob-url", HIBOB), text("scim-url", SCIM)]).unwrap()
}

fn native(canned: &Canned, settings: &Settings) -> (Duration, usize) {
    let now = u64::try_from(chrono::Utc::now().timestamp()).unwrap();
    let start = Instant::now();
    let plan = sync::plan(&mut Native(canned), settings, now, &[]).unwrap();
    let changes: Vec<_> = plan.changes(0).collect();
    (start.elapsed(), changes.len())
}

/// Time, changes, and the peak of linear memory in bytes.
async fn sandboxed(data: &DataDir, config: &TenantConfig, canned: &Arc<Canned>) -> (Duration, usize, usize) {
    let tenant = Tenant::open_with(data, config.clone(), Arc::new(Memory(canned.clone()))).await.unwrap();
    let start = Instant::now();
    let planned = run::plan(plugin(), &tenant, Arc::new(NoProgress)).await.unwrap();
    (start.elapsed(), planned.changes.len(), tenant.memory().peak_of_a_call())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap()
}

#[tokio::main]
async fn main() {
    println!("| employees | target | people/search | changes | native | sandbox | ratio | sandbox's peak memory |");
    println!("|---|---|---|---|---|---|---|---|");
    // `cargo bench -- 10000` measures one size only.
    let only: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = SIZES.into_iter().filter(|(size, _)| only.is_empty() || only.contains(size));
    for converged in [true, false] {
        for (employees, rounds) in sizes.clone() {
            let canned = Arc::new(Canned::new(employees, converged));
            let folder = tempfile::tempdir().unwrap();
            let data = DataDir::open(&folder.path().join("data")).await.unwrap();
            let config = config(folder.path());
            let tenant = Tenant::open_with(&data, config.clone(), Arc::new(Memory(canned.clone()))).await.unwrap();
            let links = canned.storage.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
            tenant.database().write_entries(&links, None).await.unwrap();
            let settings = native_settings();
            let (mut natives, mut sandboxes, mut ratios, mut peak, mut changes) = (vec![], vec![], vec![], 0, 0);
            for round in 0..=rounds {
                let (native, planned) = native(&canned, &settings);
                let (sandbox, same, memory) = sandboxed(&data, &config, &canned).await;
                assert_eq!(planned, same);
                if round > 0 {
                    // The first round warms up.
                    natives.push(native.as_secs_f64());
                    sandboxes.push(sandbox.as_secs_f64());
                    ratios.push(sandbox.as_secs_f64() / native.as_secs_f64());
                    (peak, changes) = (peak.max(memory), planned);
                }
            }
            println!(
                "| {employees} | {} | {:.1} MB | {changes} | {:.1} ms | {:.1} ms | {:.2} | {:.1} MiB |",
                if converged { "equal" } else { "empty" },
                canned.source_bytes() as f64 / 1e6,
                median(natives) * 1e3,
                median(sandboxes) * 1e3,
                median(ratios),
                peak as f64 / f64::from(1 << 20),
            );
        }
    }
}

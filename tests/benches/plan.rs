//! Making a plan, natively and in the sandbox: `cargo bench`.
//!
//! Both read the same answers from memory, so the difference is the cost of the sandbox and the host: the engine, its
//! limits, wasi:http, the egress, the tenant's database. Runs alternate and medians are compared, because the speed of
//! a machine varies. The ratio is more meaningful than the milliseconds.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at what fails, and prints")]

use bytes::Bytes;
use hibob_base::progress::NoProgress;
use hibob_config::tenant::TenantConfig;
use hibob_connector_core::http::{Body, Request, Response, SendError};
use hibob_connector_core::settings::Settings;
use hibob_connector_core::sync;
use hibob_connector_core::value::{NamedValue, Value};
use hibob_connector_core::world::{Entry, SCAN_ENTRIES_MAX, StorageError, World};
use hibob_policy::answer_reader::AnswerReader;
use hibob_policy::work_emails::WorkEmails;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_tests::canned::{Canned, HIBOB, Memory, PIECE_BYTES, SCIM, config};
use hibob_tests::numbers::median;
use hibob_tests::setup::plugin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Number of employees, and how often it is measured.
const SIZES: [(usize, usize); 3] = [(1_000, 21), (10_000, 9), (100_000, 5)];

/// The core without sandbox and host.
struct Native<'c>(&'c Canned);

struct Pieces(Bytes);

impl Body for Pieces {
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        let piece = self.0.split_to(PIECE_BYTES.min(self.0.len()));
        Ok((!piece.is_empty()).then(|| piece.to_vec()))
    }
}

impl World for Native<'_> {
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError> {
        let body = Box::new(Pieces(self.0.answer(&request.url)));
        Ok(Response { status: 200, content_type: Some("application/json".to_owned()), location: None, body })
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

/// Makes a plan in the sandbox. Returns the time, the number of changes, and the peak of linear memory in bytes.
async fn sandboxed(data: &DataDir, config: &TenantConfig, canned: &Arc<Canned>) -> (Duration, usize, usize) {
    let tenant = Tenant::open_with(data, config.clone(), Arc::new(Memory(canned.clone()))).await.unwrap();
    let start = Instant::now();
    let planned = hibob_runner::plan(plugin(), &tenant, Arc::new(NoProgress)).await.unwrap();
    (start.elapsed(), planned.changes.len(), tenant.memory().peak_of_a_call())
}

/// What it costs that the host holds the work emails of a plan to HiBob's own answers: reading those once more. The
/// sandbox's time has it in it.
fn held_to_answers(canned: &Canned) -> Duration {
    let start = Instant::now();
    let mut work_emails = WorkEmails::default();
    for body in canned.source() {
        let mut reader = AnswerReader::default();
        body.chunks(PIECE_BYTES).for_each(|piece| reader.read(piece, &mut work_emails));
    }
    start.elapsed()
}

#[tokio::main]
async fn main() {
    println!(
        "| employees | target | people/search | changes | native | sandbox | ratio | sandbox's peak memory | of it the check of work emails |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    // `cargo bench -- 10000` measures one size only.
    let only: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = SIZES.into_iter().filter(|(size, _)| only.is_empty() || only.contains(size));
    for converged in [true, false] {
        for (employees, rounds) in sizes.clone() {
            let canned = Arc::new(Canned::new(employees, converged));
            let folder = tempfile::tempdir().unwrap();
            let data = DataDir::open(&folder.path().join("data")).await.unwrap();
            let config = config(folder.path(), "acme", "");
            let tenant = Tenant::open_with(&data, config.clone(), Arc::new(Memory(canned.clone()))).await.unwrap();
            canned.remember(&tenant).await;
            drop(tenant); // an open tenant would keep its pace
            let settings = native_settings();
            let (mut natives, mut sandboxes, mut ratios, mut peak, mut changes) = (vec![], vec![], vec![], 0, 0);
            let mut checks = vec![];
            for round in 0..=rounds {
                let (native, planned) = native(&canned, &settings);
                let (sandbox, same, memory) = sandboxed(&data, &config, &canned).await;
                assert_eq!(planned, same);
                if round > 0 {
                    // The first round warms up.
                    natives.push(native.as_secs_f64());
                    sandboxes.push(sandbox.as_secs_f64());
                    ratios.push(sandbox.as_secs_f64() / native.as_secs_f64());
                    checks.push(held_to_answers(&canned).as_secs_f64() / sandbox.as_secs_f64());
                    (peak, changes) = (peak.max(memory), planned);
                }
            }
            println!(
                "| {employees} | {} | {:.1} MB | {changes} | {:.1} ms | {:.1} ms | {:.2} | {:.1} MiB | {:.2} |",
                if converged { "equal" } else { "empty" },
                canned.source_bytes() as f64 / 1e6,
                median(natives) * 1e3,
                median(sandboxes) * 1e3,
                median(ratios),
                peak as f64 / f64::from(1 << 20),
                median(checks),
            );
        }
    }
}

//! Issuing references for everybody who had left before: `cargo bench --bench references -- 10000`.
//!
//! The host is a separate process, so that its memory can be measured; HiBob and the mail server are in this one. The
//! data directory is on the disk, because each reference is one synced transaction. The stand-in for HiBob answers at
//! once and has no rate limits, and the host does not pace its requests; the time that HiBob's documented limit would
//! add is printed at the end.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark stops at what fails, and prints"
)]

use chrono::NaiveDate;
use hibob_base::progress::NoProgress;
use hibob_fakes::company::Company;
use hibob_fakes::smtp::{Security, Settings};
use hibob_fakes::{MailServer, Mailbox, World};
use hibob_jobs::references;
use hibob_jobs::references::{IssuerKeys, ReferencesRequest, Release};
use hibob_sandbox::Open as _;
use hibob_store::data_dir::DataDir;
use hibob_tests::leavers::{id, leaver};
use hibob_tests::process::status;
use hibob_tests::published;
use hibob_tests::setup::{Setup, plugin};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How many employees have left, unless an argument gives another number.
const LEAVERS: usize = 10_000;

/// How many of the references are revoked, and how many are corrected.
const REVOKED: usize = 50;
const CORRECTED: usize = 100;

/// HiBob's rate limit of `people/search`, in requests a minute (its reference page).
const SEARCHES_PER_MINUTE: usize = 50;

/// The argument with which a process of this program is the host.
const HOST: &str = "host";

const DOMAIN: &str = "acme.example";

/// Does one step of the host, and prints what it took as a line of JSON.
async fn host(folder: &Path, step: &str) {
    let data = DataDir::open(&folder.join("data")).await.unwrap();
    let config = data.config("acme").await.unwrap();
    if step == "publish" {
        let start = Instant::now();
        references::publish(&data, &config, &folder.join("public")).await.unwrap();
        println!("{}", json!({ "seconds": start.elapsed().as_secs_f64(), "peak_kib": status("VmHWM") }));
        return;
    }
    let employees = match step {
        "issue" => Some(std::fs::read_to_string(folder.join("ids")).unwrap().lines().map(str::to_owned).collect()),
        "deliver" => Some(Vec::new()),
        _ => None,
    };
    let order = ReferencesRequest {
        employees,
        release: Release { issuing: usize::MAX, revoking: 0 },
        ..ReferencesRequest::default()
    };
    let tenant = data.tenant("acme").await.unwrap();
    let plugin = plugin();
    let start = Instant::now();
    let report = hibob_runner::references(&data, &tenant, plugin, Arc::new(NoProgress), &order).await;
    let seconds = start.elapsed().as_secs_f64();
    assert!(report.error.is_none() && report.errors.is_empty(), "{:?} {:?}", report.error, report.errors.first());
    let call_bytes = tenant.memory().peak_of_a_call();
    let line = json!({
        "seconds": seconds, "peak_kib": status("VmHWM"), "call_bytes": call_bytes,
        "issued": report.issued, "superseded": report.superseded, "delivered": report.delivered,
    });
    println!("{line}");
}

/// A company, its HiBob and its mail server.
struct Office {
    setup: Setup,
    mail: MailServer,
}

impl Office {
    async fn start(leavers: usize) -> Self {
        let mut world = World::new(Company::of((0..leavers).map(leaver).collect()), 1);
        let limits = &mut world.hibob.limits;
        (limits.search, limits.person, limits.metadata, limits.tables) = (u32::MAX, u32::MAX, u32::MAX, u32::MAX);
        let mut setup = Setup::in_folder(world, tempfile::tempdir().unwrap()).await;
        setup.hibob_calls_per_minute = u32::MAX;
        let ids: Vec<String> = (0..leavers).map(id).collect();
        std::fs::write(setup.folder.path().join("ids"), ids.join("\n")).unwrap();
        let settings = Settings { security: Security::None, ..Settings::default() };
        let mail = MailServer::start(Arc::new(Mutex::new(Mailbox::new(settings)))).await.unwrap();
        let office = Self { setup, mail };
        office.apply("").await;
        let config = office.setup.data.config("acme").await.unwrap();
        let keys = IssuerKeys::open(&office.setup.data, &config).await.unwrap();
        keys.make(None).await.unwrap();
        office
    }

    async fn apply(&self, channel: &str) {
        let table =
            format!("\n[references]\ndomain = \"{DOMAIN}\"\nname = \"ACME GmbH\"\nissue_after_hours = 0\n{channel}");
        self.setup.apply_tenant("acme", &table).await;
    }

    async fn add_mail(&self) {
        let port = self.mail.address().port();
        let from = "from = \"hr@acme.example\"\nsecurity = \"none\"";
        self.apply(&format!("[references.smtp]\nhost = \"127.0.0.1\"\nport = {port}\n{from}\n")).await;
    }

    /// One step of the host in a separate process. The mails of the step are counted by `Message-ID` and deleted.
    async fn step(&self, step: &str, mails: &mut BTreeSet<String>) -> Value {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([HOST, step]).arg(self.setup.folder.path()).stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        let mut ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
        let output = loop {
            let output = tokio::time::timeout(Duration::from_millis(20), &mut ended).await;
            let mut mailbox = self.mail.mailbox().lock().unwrap();
            mails.extend(mailbox.mails().iter().map(|mail| mail.header("Message-ID").unwrap()));
            mailbox.clear();
            if let Ok(output) = output {
                break output.unwrap();
            }
        };
        assert!(output.status.success());
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Requests of `people/search` since the last call.
    fn searches(&self) -> usize {
        let mut world = self.setup.world();
        let searches = world.log().iter().filter(|entry| entry.path.ends_with("/people/search")).count();
        world.clear_log();
        searches
    }
}

/// Prints the costs of a step with so many references.
fn print(what: &str, number: usize, step: &Value, searches: usize) {
    let seconds = step["seconds"].as_f64().unwrap();
    let mib = |kib: f64| kib / 1_024.0;
    println!(
        "| {what} | {number} | {seconds:.1} s | {:.0} | {:.0} MiB | {:.1} MiB | {searches} |",
        number as f64 / seconds,
        mib(step["peak_kib"].as_f64().unwrap()),
        mib(step["call_bytes"].as_f64().unwrap_or_default() / 1_024.0),
    );
}

async fn measure(leavers: usize) {
    let office = Office::start(leavers).await;
    let folder = office.setup.folder.path();
    let mut mails = BTreeSet::new();
    println!(
        "| step | references | time | references a second | peak of the process | peak of a call | people/search |"
    );
    println!("|---|---|---|---|---|---|---|");
    let look = office.step("look", &mut mails).await;
    print("first look", leavers, &look, office.searches());
    let issue = office.step("issue", &mut mails).await;
    assert_eq!(issue["issued"], leavers);
    let issuing = office.searches();
    print("issue", leavers, &issue, issuing);
    office.add_mail().await;
    let deliver = office.step("deliver", &mut mails).await;
    assert_eq!((&deliver["delivered"], mails.len()), (&json!(leavers), leavers));
    let delivering = office.searches();
    print("deliver", leavers, &deliver, delivering);
    print("publish", leavers, &office.step("publish", &mut mails).await, 0);

    // Revocations and corrections, so that the status lists have entries.
    let database = office.setup.data.tenant_database("acme").await.unwrap();
    let references = database.references().await.unwrap();
    for row in references.iter().rev().take(REVOKED) {
        assert_eq!(database.revoke_reference(&row.id, "by mistake", 0).await.unwrap(), Some(true));
    }
    for number in 0..CORRECTED {
        let mut world = office.setup.world();
        let employee = world.hibob.employees.get_mut(&id(number)).unwrap();
        employee.terminate(NaiveDate::from_ymd_opt(2026, 10, 29).unwrap());
    }
    let correct = office.step("correct", &mut mails).await;
    assert_eq!((&correct["issued"], &correct["superseded"]), (&json!(CORRECTED), &json!(CORRECTED)));
    print("correct and deliver", CORRECTED, &correct, office.searches());
    print("publish again", leavers + CORRECTED, &office.step("publish", &mut mails).await, 0);
    let start = Instant::now();
    let references = office.setup.data.records("acme").await.unwrap().references().await.unwrap();
    assert_eq!(references.len(), leavers + CORRECTED);
    published::assert_is_of(&folder.join("public"), DOMAIN, &references);
    println!(
        "\nThe root of the log and the status lists, worked out anew, are those that were published ({:.1} s).",
        start.elapsed().as_secs_f64()
    );
    let bytes = std::fs::metadata(office.setup.data.path().join("tenants/acme.db")).unwrap().len();
    println!(
        "The tenant's database has {:.1} MiB, {} bytes a reference.",
        bytes as f64 / f64::from(1 << 20),
        bytes / leavers as u64
    );
    let searches = issuing + delivering;
    println!(
        "HiBob allows {SEARCHES_PER_MINUTE} people/search a minute: these {searches} take {:.1} hours there.",
        searches as f64 / SEARCHES_PER_MINUTE as f64 / 60.0
    );
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    match arguments.as_slice() {
        [word, step, folder] if word == HOST => host(Path::new(folder), step).await,
        _ => measure(arguments.first().map_or(LEAVERS, |number| number.parse().unwrap())).await,
    }
}

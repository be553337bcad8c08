//! What a back-fill of references costs in two builds: `cargo bench --bench backfill -- NEW OLD 10000`, with the paths of two
//! programs `hibob`. Without programs, this build is measured alone.
//!
//! A company has so many who have left. Each program makes a key, issues their references by name in one run and delivers
//! them to a mail server, and publishes. The stand-ins are in this process and not counted. Each program has a data
//! directory of its own on the disk. The programs alternate, and medians are compared, because the speed of a machine
//! varies. Options that only one of the programs has are given to that one alone.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at what fails, and prints"
)]

use hibob_fakes::company::Company;
use hibob_fakes::smtp::{Security, Settings};
use hibob_fakes::{MailServer, Mailbox, World};
use hibob_tests::leavers::{id, leaver};
use hibob_tests::numbers::median;
use hibob_tests::process::{Took, took};
use hibob_tests::setup::Setup;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How many have left, unless an argument gives another number.
const LEAVERS: usize = 10_000;

/// How often each program is measured, after a first time that warms up, unless a second number says so.
const ROUNDS: usize = 3;

/// How often the mailbox is emptied.
const LOOK: Duration = Duration::from_millis(10);

const PROGRAM: &str = env!("CARGO_BIN_EXE_hibob-under-test");

/// What is measured of a back-fill, with its unit.
const MEASURES: [&str; 7] = [
    "time, s",
    "processor time, s",
    "peak of memory, MiB",
    "growth of the data directory, MiB",
    "public files, MiB",
    "mails, MiB",
    "requests to HiBob",
];

/// A program, and where it keeps its data.
struct Program<'p> {
    path: &'p Path,
    data: PathBuf,
}

impl Program<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.path);
        command.args(words).arg("--data").arg(&self.data).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn run(&self, words: &[&str], more: &[&Path]) {
        let status = self.command(words).args(more).status().unwrap();
        assert!(status.success(), "{} {words:?}: {status}", self.path.display());
    }

    /// The option, if this program has it at this command.
    fn option<'o>(&self, command: &[&str], option: &'o str) -> Option<&'o str> {
        let help = Command::new(self.path).args(command).arg("--help").output().unwrap();
        String::from_utf8_lossy(&help.stdout).contains(option).then_some(option)
    }
}

/// The bytes of all files in a folder.
fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| match entry.metadata().unwrap() {
            metadata if metadata.is_dir() => bytes_in(&entry.path()),
            metadata => metadata.len(),
        })
        .sum()
}

/// Empties the mailbox until it is told to stop: the mails of a large back-fill do not fit into memory. Gives how many
/// references came, and their bytes.
async fn empty(mailbox: Arc<Mutex<Mailbox>>, stop: Arc<AtomicBool>) -> (usize, usize) {
    let (mut ids, mut bytes) = (BTreeSet::new(), 0);
    loop {
        let is_last = stop.load(Ordering::SeqCst);
        {
            let mut mailbox = mailbox.lock().unwrap();
            ids.extend(mailbox.mails().iter().map(|mail| mail.header("Message-ID").unwrap()));
            bytes += mailbox.mails().iter().map(|mail| mail.data.len()).sum::<usize>();
            mailbox.clear();
        }
        if is_last {
            return (ids.len(), bytes);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn measure(path: &Path, leavers: usize) -> [f64; MEASURES.len()] {
    let mut world = World::new(Company::of((0..leavers).map(leaver).collect()), 1);
    let limits = &mut world.hibob.limits;
    (limits.search, limits.person, limits.metadata, limits.tables) = (u32::MAX, u32::MAX, u32::MAX, u32::MAX);
    let mut setup = Setup::in_folder(world, tempfile::tempdir().unwrap()).await;
    setup.hibob_calls_per_minute = u32::MAX;
    let settings = Settings { security: Security::None, ..Settings::default() };
    let mail = MailServer::start(Arc::new(Mutex::new(Mailbox::new(settings)))).await.unwrap();
    let smtp = format!(
        "[references.smtp]\nhost = \"127.0.0.1\"\nport = {}\nfrom = \"hr@acme.example\"\nsecurity = \"none\"\n",
        mail.address().port()
    );
    let table = format!("\n[references]\ndomain = \"acme.example\"\nname = \"ACME GmbH\"\n{smtp}");
    let program = Program { path, data: setup.folder.path().join("of-the-program") };
    program.run(&["tenant", "apply"], &[&setup.tenant_file("acme", &table)]);
    let new_key = ["references", "key", "new"];
    let unpublished = program.option(&new_key, "--unpublished");
    program.run(&["references", "key", "new", "acme"], &unpublished.map(Path::new).into_iter().collect::<Vec<_>>());
    // The component is compiled and kept before.
    program.command(&["plan", "acme"]).status().unwrap();
    setup.world().clear_log();
    let before = bytes_in(&program.data);

    let stop = Arc::new(AtomicBool::new(false));
    let emptied = tokio::spawn(empty(Arc::clone(mail.mailbox()), Arc::clone(&stop)));
    let number = leavers.to_string();
    let now = program.option(&["references", "issue"], "--now");
    let mut issue = program.command(&["references", "issue", "acme"]);
    issue.args((0..leavers).map(id)).args(["--allow-issuing", &number]).args(now);
    let child = issue.spawn().unwrap();
    let Took { wall, processor, peak_kib, status } = tokio::task::spawn_blocking(move || took(child)).await.unwrap();
    assert!(status.success(), "{status}");
    stop.store(true, Ordering::SeqCst);
    let (mails, mail_bytes) = emptied.await.unwrap();
    assert_eq!(mails, leavers, "{}", path.display());
    let requests = setup.world().log().iter().filter(|entry| entry.path.starts_with("/v1/")).count();
    let public = setup.folder.path().join("public");
    program.run(&["references", "publish", "acme"], &[&public]);
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    [
        wall.as_secs_f64(),
        processor.as_secs_f64(),
        mib(peak_kib * 1_024),
        mib(bytes_in(&program.data) - before),
        mib(bytes_in(&public)),
        mib(mail_bytes as u64),
        requests as f64,
    ]
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse().ok());
    let (leavers, rounds) = (numbers.next().unwrap_or(LEAVERS), numbers.next().unwrap_or(ROUNDS));
    let mut programs: Vec<PathBuf> =
        arguments.iter().filter(|argument| argument.parse::<usize>().is_err()).map(PathBuf::from).collect();
    if programs.is_empty() {
        programs.push(PathBuf::from(PROGRAM));
    }
    let mut measured = Vec::new();
    for round in 0..=rounds {
        let mut costs = Vec::new();
        for program in &programs {
            costs.push(measure(program, leavers).await);
        }
        if round > 0 {
            measured.push(costs); // the first round warms up
        }
    }
    println!(
        "{leavers} references, medians of {rounds} rounds. The ratios are the first program's figure by the other's.\n"
    );
    let names: Vec<String> = programs.iter().map(|program| format!(" {} | ratio |", program.display())).collect();
    println!("| of the back-fill |{}", names.concat());
    println!("|---|{}", "---|---|".repeat(programs.len()));
    for (place, measure) in MEASURES.iter().enumerate() {
        let cell = |program: usize| {
            let value = median(measured.iter().map(|costs| costs[program][place]).collect());
            let ratio = median(measured.iter().map(|costs| costs[0][place] / costs[program][place]).collect());
            format!(" {value:.2} | {ratio:.2} |")
        };
        println!("| {measure} |{}", (0..programs.len()).map(cell).collect::<String>());
    }
}

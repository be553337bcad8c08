//! Tests that after a delivery, whatever its outcome, the address is nowhere: not in the data directory, not in the
//! program's output, and not in its monitoring data.

use super::cli::{program, share_compiled};
use super::references::TABLE;
use super::references_job::{Office, leave};
use super::references_only::without_travelperk;
use super::sync::employee;
use super::telemetry::collector::{Collector, Manners};
use hibob_fakes::company::Employee;
use hibob_fakes::hibob::Limits;
use hibob_fakes::smtp::{At, MailFault, MailFaultKind};
use hibob_store::database::DeliveryState;
use hibob_tests::canaries::Canaries;
use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Local parts that occur nowhere else. The last one belongs to an address to which no mail can be sent.
const LOCALS: [&str; 5] =
    ["Quokka.Delivered+x=1", "Numbat.Busy+x=2", "Bilby.Refused+x=3", "Dunnart.Killed+x=4", "Wallaby.Nonsense"];

const RUN: [&str; 5] = ["references", "acme", "--allow-issuing", "9", "--now"];

fn address(number: usize) -> String {
    match LOCALS[number] {
        nonsense @ "Wallaby.Nonsense" => format!("{nonsense} at Home.example <?>"),
        local => format!("{local}@Home.example"),
    }
}

fn id(number: usize) -> String {
    format!("51500000000000000{number:02}")
}

/// Employees with these addresses in one field, and three more who do not leave.
fn company(address_field: &str) -> Vec<Employee> {
    let leaver = |number: usize| {
        let mut person = employee(&id(number), "Canarina", &format!("work.{number}@acme.example"));
        match address_field {
            "root.email" => person.email = Some(address(number)),
            field => drop(person.custom.insert(field.to_owned(), json!(address(number)))),
        }
        person
    };
    let stays = |number: usize| employee(&id(number), "Bo", &format!("bo.{number}@acme.example"));
    (0..5).map(leaver).chain((5..8).map(stays)).collect()
}

/// Every file below a folder with its name, following links.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push((path.display().to_string(), std::fs::read(&path).unwrap())),
        }
    }
}

/// The program at work for one office, with all its output.
struct Watched {
    office: Office,
    collector: Collector,
    said: Vec<(String, Vec<u8>)>,
}

impl Watched {
    async fn new(employees: Vec<Employee>) -> Self {
        let mut office = Office::of(employees, "").await;
        // HiBob's rate limits do not matter here.
        let limits = Limits { search: u32::MAX, person: u32::MAX, metadata: u32::MAX, tables: u32::MAX };
        office.world().hibob.limits = limits;
        office.setup.hibob_calls_per_minute = u32::MAX;
        office.apply("").await;
        share_compiled(office.setup.data.path());
        Self { office, collector: Collector::start(Manners::Accepts), said: Vec::new() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = program(self.office.setup.folder.path(), args);
        command.args(["-vv", "--metrics-file", "hibob.prom", "--otlp-endpoint", self.collector.url()]);
        command
    }

    /// Runs a command to its end. Returns the exit code.
    fn run(&mut self, args: &[&str]) -> i32 {
        let output = self.command(args).output().unwrap();
        self.said.push((format!("{args:?}, stdout"), output.stdout));
        self.said.push((format!("{args:?}, stderr"), output.stderr));
        output.status.code().unwrap()
    }

    /// Makes a run and kills it while it waits for the mail server.
    fn kill(&mut self) {
        // The output goes to files, since a pipe that nobody reads would block the program.
        let folder = self.office.setup.folder.path().to_owned();
        let names = ["killed.stdout", "killed.stderr"];
        let [stdout, stderr] = names.map(|name| Stdio::from(std::fs::File::create(folder.join(name)).unwrap()));
        let mut child = self.command(&RUN).stdout(stdout).stderr(stderr).spawn().unwrap();
        let start = Instant::now();
        while self.office.mailbox().faults.iter().any(|fault| fault.times > 0) {
            assert!(child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        self.said.extend(names.map(|name| (name.to_owned(), std::fs::read(folder.join(name)).unwrap())));
    }

    /// All files and outputs so far.
    fn places(&self) -> Vec<(String, Vec<u8>)> {
        let mut places = self.said.clone();
        files(self.office.setup.data.path(), &mut places);
        let folder = self.office.setup.folder.path();
        places.push(("the metrics".to_owned(), std::fs::read(folder.join("hibob.prom")).unwrap()));
        let exported = self.collector.received().bodies;
        assert!(!exported.is_empty());
        places.extend(exported.into_iter().map(|body| ("an export".to_owned(), body)));
        places
    }

    /// Asserts that no address is anywhere, and that the search finds texts that are there.
    fn assert_tells_no_address(&self) {
        let words = LOCALS.iter().map(|local| local.split_once('.').unwrap().0); // Quokka
        let addresses = Canaries::new(LOCALS.into_iter().chain(words).chain(["Home.example"]).map(str::to_owned));
        let (name, id) = (Canaries::new(["Canarina".to_owned()]), Canaries::new([id(0)]));
        let (mut names, mut ids) = (0, 0);
        let data = self.office.setup.data.path().display().to_string();
        for (place, bytes) in self.places() {
            // Machine code is binary.
            let is_code = place.contains("/compiled/");
            let found = if is_code { addresses.find(&bytes) } else { addresses.find_folded(&bytes) };
            assert_eq!(found, None, "is in {place}");
            names += u32::from(place.starts_with(&data) && name.find(&bytes).is_some());
            ids += u32::from(id.find(&bytes).is_some());
        }
        assert!(names == 0 && ids > 0, "names are sealed, and the search finds ids: {names}, {ids}");
    }

    /// All employees leave, and each delivery has another outcome.
    async fn deliver_all(&mut self) {
        assert_eq!(self.run(&RUN), 0, "the first run");
        for number in 0..5 {
            leave(&mut self.office.world(), &id(number), "2026-11-20");
        }
        // The deliveries of all four who have an address are in progress.
        self.office.mailbox().faults = vec![MailFault::once(At::EndOfData, MailFaultKind::Hang).times(4)];
        self.kill();
        self.assert_tells_no_address();
        // Otherwise the lease of the killed run would lapse only after 30 seconds.
        let control = self.office.setup.data.path().join("control.db");
        let control = sqlx::SqlitePool::connect(&format!("sqlite:{}", control.display())).await.unwrap();
        sqlx::query("UPDATE leases SET expires_at = 0").execute(&control).await.unwrap();
        control.close().await;

        // A further run. The server's reply has the address in it.
        let rows = self.office.setup.data.tenant_database("acme").await.unwrap();
        self.office.mailbox().faults =
            vec![MailFault::once(At::Rcpt, MailFaultKind::busy()).to("numbat"), MailFault::no_such_user("bilby")];
        assert_eq!(self.run(&RUN), 1, "some are refused");
        assert_eq!(self.run(&RUN), 0, "the busy server has time");
        let deliveries = rows.deliveries().await.unwrap();
        let number = |state: DeliveryState| deliveries.iter().filter(|row| row.state == state).count();
        assert_eq!((number(DeliveryState::Delivered), number(DeliveryState::Refused)), (3, 2), "{deliveries:?}");
        assert!(deliveries.iter().any(|row| row.said.contains("no such user")), "{deliveries:?}");
        for args in [
            &["references", "list", "acme"][..],
            &["references", "list", "acme", "--json"],
            &["references", "publish", "acme", "public"],
            &["history", "acme"],
            &["history", "acme", "1", "--json"],
            &["tenant", "show", "acme"],
        ] {
            assert_eq!(self.run(args), 0, "{args:?}");
        }
        self.assert_tells_no_address();
        // The mails have arrived at the addresses in HiBob.
        for number in [0, 1, 3] {
            assert!(!self.office.mailbox().mails_to(&address(number)).is_empty(), "{number}");
        }
    }
}

/// A tenant that only issues references stores no address, not even the work address.
#[tokio::test(flavor = "multi_thread")]
async fn who_only_issues_references_keeps_no_address() {
    let mut watched = Watched::new(company("root.email")).await;
    let setup = &watched.office.setup;
    let port = watched.office.mail.address().port();
    let smtp = format!(
        "[references.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"ACME HR <hr@acme.example>\"\n"
    );
    let file = setup.tenant_file("acme", &format!("{TABLE}{smtp}"));
    let text = without_travelperk(&std::fs::read_to_string(&file).unwrap());
    std::fs::write(&file, text).unwrap();
    assert_eq!(watched.run(&["tenant", "apply", "acme.toml", "--yes"]), 0);
    watched.deliver_all().await;
}

/// A tenant with both jobs whose references go to the private address, which the sync must not read.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_beside_it_learns_no_private_address() {
    let mut watched = Watched::new(company("home.privateEmail")).await;
    watched.office.apply("address = \"home.privateEmail\"\n").await;
    assert_eq!(watched.run(&["sync", "acme"]), 0);
    watched.deliver_all().await;
    assert_eq!(watched.run(&["sync", "acme", "--allow-archiving", "9"]), 0);
    assert_eq!(watched.run(&["employees", "acme"]), 0);
    watched.assert_tells_no_address();
}

//! Tests of the program on PostgreSQL: two machines, each with a data directory, and one database.

use crate::api::readiness;
use crate::cli::{Fakes, Shell, make_private, share_compiled};
use crate::secrets::with_input;
use hibob_store::data_dir::DataDir;
use hibob_store::database::POSTGRES_CONNECTIONS_MIN;
use hibob_store::queue::{Selection, State};
use hibob_test_postgres::{Role, Server};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The key of the secret store, which both machines have.
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// The data directories of the machines.
const MACHINES: [&str; 2] = ["data", "other"];

/// Longer than readiness takes to be answered, also on a busy machine, and much less than a host looks for a database.
const PROBE_TIME_MAX: Duration = Duration::from_secs(15);

/// Longer than anything here takes, so that a test that waits in vain fails.
const TIME_MAX: Duration = Duration::from_secs(120);

struct Site {
    shell: Shell,
    url: String,
}

impl Site {
    fn new(server: &Server) -> Self {
        let shell = Shell::new();
        make_private(&shell.path("other"));
        share_compiled(&shell.path("other"));
        // The server does not ask for this password; it is there to see whether it appears anywhere.
        let url = server.database("site").replace("hibob@", "hibob:geheim@");
        Self { shell, url }
    }

    fn command(&self, machine: &str, args: &[&str]) -> Command {
        let mut command = self.shell.command_in(machine, args);
        command.env("HIBOB_DATABASE", &self.url).env("HIBOB_SECRETS_KEY", KEY);
        command
    }

    fn json(&self, machine: &str, args: &[&str]) -> (i32, Value) {
        let output = self.command(machine, args).arg("--json").output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(stdout.lines().count(), 1, "{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), serde_json::from_str(&stdout).unwrap())
    }

    /// Adds a tenant whose secrets are entered into the store on the first machine.
    fn enter_tenant(&self) {
        let read = |name: &str| std::fs::read_to_string(self.shell.path(name)).unwrap();
        let file = read("acme.toml").replace("file:acme.hibob-token", "store");
        std::fs::write(self.shell.path("acme.toml"), file.replace("file:acme.travelperk-key", "store")).unwrap();
        let (exit, applied) = self.json("data", &["tenant", "apply", "acme.toml"]);
        assert_eq!((exit, applied["secrets_to_enter"].as_array().map(Vec::len)), (0, Some(2)), "{applied}");
        for (name, file) in [("hibob.token", "acme.hibob-token"), ("travelperk.key", "acme.travelperk-key")] {
            let entered = with_input(&mut self.command("data", &["secret", "set", "acme", name]), &read(file));
            assert!(entered.status.success(), "{}", String::from_utf8_lossy(&entered.stderr));
        }
        let key = self.command("data", &["references", "key", "new", "acme", "--unpublished"]).output().unwrap();
        assert!(key.status.success(), "{}", String::from_utf8_lossy(&key.stderr));
        let zone = std::fs::OpenOptions::new().create(true).append(true).open(self.shell.path("acme.zone"));
        zone.unwrap().write_all(&key.stdout).unwrap();
    }

    /// Waits until a job has ended, and returns its state, as a third host sees it.
    async fn ended(&self, job: i64) -> State {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::connect(folder.path(), &self.url, POSTGRES_CONNECTIONS_MIN).await.unwrap();
        let (queue, mut changes) = (data.queue(), data.queue().changes());
        let waiting = async {
            loop {
                let state = queue.get(job).await.unwrap().state;
                if state.is_end() {
                    return state;
                }
                changes.changed().await.unwrap();
            }
        };
        let waited = async {
            tokio::select! {
                state = waiting => state,
                () = queue.watch() => unreachable!("a watch never returns"),
            }
        };
        match tokio::time::timeout(TIME_MAX, waited).await {
            Ok(state) => state,
            Err(_) => panic!("{:#?}", queue.list(Selection { tenant: None, ended_max: 9 }).await),
        }
    }
}

/// `hibob serve` in another process, which is killed with the test, and the address of its API.
struct Serving(Child, String);

impl Serving {
    fn start(site: &Site, machine: &str) -> Self {
        let mut command = site.command(machine, &["serve", "--json", "--listen", "127.0.0.1:0"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("serving"), "{line}");
        let said: Value = serde_json::from_str(&line).unwrap();
        Self(process, said["api"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn changes(report: &Value) -> u64 {
    ["created", "updated", "archived", "reactivated"].map(|count| report[count].as_u64().unwrap()).iter().sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_work_for_a_tenant_on_one_database() {
    let Some(server) = Server::start("the program on PostgreSQL") else { return };
    let site = Site::new(&server);
    let _fakes = Fakes::start(&site.shell, &["--scenario", "day-two"]);
    site.enter_tenant();
    let (exit, report) = site.json("other", &["references", "acme"]);
    assert_eq!((exit, report["is_baseline"].as_bool()), (0, Some(true)), "{report}");

    // One machine goes on with what the other one has begun, without sharing files.
    let (exit, report) = site.json("data", &["sync", "acme"]);
    assert!(exit == 0 && changes(&report) > 200, "{report}");
    let (exit, report) = site.json("other", &["sync", "acme"]);
    assert!(exit == 1 && (1..20).contains(&changes(&report)), "{report}");
    let (_, report) = site.json("data", &["sync", "acme"]);
    assert_eq!((changes(&report), report["run"].as_u64()), (0, Some(4)), "{report}");
    let (exit, history) = site.json("other", &["history", "acme"]);
    assert_eq!((exit, history["runs"].as_array().map(Vec::len)), (0, Some(4)), "{history}");
    let (exit, report) = site.json("other", &["references", "acme"]);
    assert_eq!((exit, &report["issued"], &report["delivered"]), (0, &json!(1), &json!(1)), "{report}");
    let (_, report) = site.json("data", &["references", "acme"]);
    assert_eq!((&report["issued"], &report["delivered"]), (&json!(0), &json!(0)), "{report}");

    // A job that is queued on one machine is carried out by the other.
    let serving = Serving::start(&site, "other");
    let (exit, job) = site.json("data", &["jobs", "start", "acme", "sync"]);
    assert_eq!(exit, 0, "{job}");
    assert_eq!(site.ended(job["job"].as_i64().unwrap()).await, State::Done);
    drop(serving);
    let (_, history) = site.json("data", &["history", "acme"]);
    assert_eq!(history["runs"].as_array().map(Vec::len), Some(7), "{history}");

    // No tenant's data is in a folder, and the password is nowhere.
    for machine in MACHINES {
        let names = std::fs::read_dir(site.shell.path(machine)).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let databases: Vec<String> = names.filter(|name| name.contains(".db") || name == "tenants").collect();
        assert!(databases.is_empty(), "{databases:?}");
    }
    for args in [["tenant", "list", "-vv"].as_slice(), &["--help"], &["tenant", "show", "nobody", "-vv"]] {
        let output = site.command("data", args).output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&told).contains("geheim"), "{args:?}");
    }

    // The database server makes copies; this program must refuse to.
    for args in [["backup", "copy"], ["restore", "copy"]] {
        let (exit, told) = site.json("data", &args);
        assert!(exit == 2 && told["error"]["remedy"].as_str().unwrap().contains("pg_restore"), "{told}");
    }
    assert_eq!(site.json("data", &["restored"]), (0, json!({ "tenants": 1 })));
    let (exit, told) = site.json("other", &["references", "acme"]);
    assert!(exit == 3 && told["error"]["message"].as_str().unwrap().contains("was restored"), "{told}");
    assert_eq!(site.json("data", &["references", "resume", "acme"]).0, 0);
    assert_eq!(site.json("other", &["references", "acme"]).0, 0);

    assert_eq!(site.json("data", &["tenant", "forget", "acme", "--yes"]).0, 0);
    assert_eq!(site.json("other", &["tenant", "list"]), (0, json!({ "tenants": [] })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_was_restored_goes_on_where_it_was_made() {
    let Some(server) = Server::start("a backup of PostgreSQL") else { return };
    let mut site = Site::new(&server);
    let _fakes = Fakes::start(&site.shell, &[]);
    site.enter_tenant();
    let (exit, report) = site.json("data", &["sync", "acme"]);
    assert!(exit == 0 && changes(&report) > 200, "{report}");
    let (_, history) = site.json("data", &["history", "acme"]);

    // The host's role cannot see tenants' rows, so its dump fails instead of leaving them out.
    let refused = server.dump(Role::Owner, "site", "owner.dump").unwrap_err();
    assert!(refused.contains("row-level security"), "{refused}");
    server.execute("site", "CREATE ROLE backup LOGIN BYPASSRLS; GRANT pg_read_all_data TO backup");
    for (role, restored) in [(Role::Superuser, "restored"), (Role::Other("backup"), "restored_too")] {
        let file = format!("{restored}.dump");
        server.dump(role, "site", &file).unwrap();
        let url = server.database(restored).replace("hibob@", "hibob:geheim@");
        server.restore(restored, &file).unwrap();
        site.url = url;
        assert_eq!(site.json("data", &["restored"]), (0, json!({ "tenants": 1 })), "{role:?}");
        assert_eq!(site.json("other", &["history", "acme"]), (0, history.clone()), "{role:?}");
        let (exit, report) = site.json("data", &["sync", "acme"]);
        assert_eq!((exit, changes(&report), report["run"].as_u64()), (0, 0, Some(2)), "{role:?}: {report}");
    }
}

/// A load balancer's probe gets its answer in time, whatever has become of the database.
#[test]
fn readiness_does_not_wait_for_a_database_that_is_gone() {
    let Some(mut server) = Server::start("readiness without PostgreSQL") else { return };
    let site = Site::new(&server);
    let serving = Serving::start(&site, "data");
    let until = |status: u16| {
        let begun = Instant::now();
        loop {
            let asked = Instant::now();
            let (answered, body) = readiness(&serving.1);
            assert!(asked.elapsed() < PROBE_TIME_MAX, "it took {:?}: {body}", asked.elapsed());
            if answered == status {
                return body;
            }
            assert!(begun.elapsed() < TIME_MAX, "it never was {status}: {body}");
            std::thread::yield_now();
        }
    };
    assert_eq!(until(200), json!({ "ready": true, "draining": false, "missing": [] }));
    server.stop();
    let gone = until(503);
    let missing: Vec<_> = gone["missing"].as_array().unwrap().iter().take(2).collect();
    assert_eq!(missing, ["control-database", "queue"], "{gone}");
    server.start_again();
    until(200);
}

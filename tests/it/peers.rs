//! Whole syncs against SCIM servers that others have written: scim2-server 0.8.3 (Python), and scimmy-routers 1.3.2 (Node)
//! under Express 4 and 5. `tests/it/peers/install FOLDER` installs them; `HIBOB_PEERS` names the folder. Without it these
//! tests are skipped, and say so; with `HIBOB_REQUIRE_PEERS` they fail instead.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_fakes::company::Employee;
use hibob_jobs::run::Report;
use hibob_tests::setup::{Setup, today};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The folder of the servers.
const FOLDER: &str = "HIBOB_PEERS";
/// Makes the tests fail where the servers are not installed.
const REQUIRED: &str = "HIBOB_REQUIRE_PEERS";
/// Longest time until a server answers, on a very busy machine.
const START_MAX: Duration = Duration::from_secs(120);

/// The folder of the servers; none where they are not installed.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn folder(test: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Some(PathBuf::from(folder));
    }
    assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, and {FOLDER} is not");
    eprintln!("{test}: skipped, as {FOLDER} is not set (tests/it/peers/install FOLDER installs the servers)");
    None
}

/// A server of others, on a port of 127.0.0.1.
struct Peer {
    child: Child,
    port: u16,
    /// The path of its SCIM service.
    path: &'static str,
}

impl Drop for Peer {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Peer {
    /// scim2-server, which keeps its users in memory.
    fn scim2_server(folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(folder.join("python/bin/scim2-server"));
        command.args(["--port", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < START_MAX && child.try_wait().unwrap().is_none(), "scim2-server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { child, port, path: "/v2" }
    }

    /// scimmy-routers under this version of Express, with so many users that are not the sync's.
    fn scimmy(folder: &Path, express: u8, guests: usize) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/peers/scimmy.mjs");
        let packages = folder.join(format!("express{express}"));
        let mut command = Command::new("node");
        command.arg(script).arg(packages).arg(guests.to_string()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { port: line.trim().parse().unwrap(), child, path: "/scim" }
    }

    /// What the server answers to a GET.
    fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let base = self.path;
        let head = format!("GET {base}{path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// The user with this name.
    fn user(&self, name: &str) -> Value {
        let found = self.get(&format!("/Users?filter=userName%20eq%20%22{name}%22"));
        found["Resources"][0].clone()
    }

    /// A tenant whose TravelPerk is this server, with so many employees.
    async fn setup(&self, people: usize) -> Setup {
        let person = |id: usize| {
            let mut person: Employee = employee(&id.to_string(), "Ana", &format!("{id}@x.example"));
            person.work_phone = Some(format!("+34 600 100 {id:03}"));
            person.manager = (id > 1).then(|| "1".to_owned());
            person
        };
        let setup = Setup::of((1..=people).map(person).collect()).await;
        let file = setup.tenant_file("acme", "");
        let text = std::fs::read_to_string(&file).unwrap();
        let scim = format!("http://127.0.0.1:{}{}", self.port, self.path);
        std::fs::write(&file, text.replace(&setup.server.scim_url(), &scim)).unwrap();
        let json = serde_json::to_string(&setup.unchecked(&file)).unwrap();
        setup.data.control().put_tenant("acme", &json, 0).await.unwrap();
        setup
    }

    /// A first sync, a second one that has nothing to do, and an ordinary day: a leaver, a rename, another manager, a hire.
    /// Then the leaver comes back.
    async fn is_synced(&self, people: usize) {
        let setup = self.setup(people).await;
        let done = |report: &Report| assert_eq!(report.exit(), Exit::Done, "{:?} {:?}", report.error, report.errors);
        let report = setup.sync().await;
        done(&report);
        assert_eq!(report.created, people as u64);
        let report = setup.sync().await;
        done(&report);
        assert_eq!(report.kept, people as u64, "{report:?}");
        {
            let mut world = setup.world();
            world.hibob.employee_mut("2").terminate(today());
            world.hibob.employee_mut("3").email = Some("three@x.example".to_owned());
            world.hibob.employee_mut("3").work_phone = Some("+34 600 900 900".to_owned());
            world.hibob.employee_mut("4").manager = Some("3".to_owned());
            let new = (people + 1).to_string();
            world.hibob.insert(employee(&new, "Eva", &format!("{new}@x.example")));
        }
        let report = setup.sync().await;
        done(&report);
        assert_eq!((report.created, report.updated, report.archived), (1, 2, 1), "{report:?}");
        assert_eq!(self.user("2@x.example")["active"], false);
        let renamed = self.user("three@x.example");
        assert_eq!(renamed["phoneNumbers"].as_array().unwrap().len(), 1, "{renamed}");
        let manager = "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager/value";
        assert_eq!(self.user("4@x.example").pointer(manager), Some(&renamed["id"]));
        setup.world().hibob.employee_mut("2").employ(today());
        let report = setup.sync().await;
        done(&report);
        assert_eq!((report.reactivated, &self.user("2@x.example")["active"]), (1, &Value::Bool(true)));
        assert!(setup.plan().await.unwrap().changes.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scim2_server_is_synced() {
    let Some(folder) = folder("scim2_server_is_synced") else { return };
    Peer::scim2_server(&folder).is_synced(60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scimmy_routers_under_express_4_are_synced() {
    let Some(folder) = folder("scimmy_routers_under_express_4_are_synced") else { return };
    Peer::scimmy(&folder, 4, 70).is_synced(60).await;
}

/// Where everybody is on the first page, it is all that there is.
#[tokio::test(flavor = "multi_thread")]
async fn scimmy_routers_under_express_5_are_synced_where_one_page_has_everybody() {
    let Some(folder) = folder("scimmy_routers_under_express_5_are_synced_where_one_page_has_everybody") else { return };
    Peer::scimmy(&folder, 5, 3).is_synced(12).await;
}

/// Every page is the first one, so that accounts that exist look as if they did not.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_planned_where_scimmy_routers_under_express_5_repeat_a_page() {
    let Some(folder) = folder("nothing_is_planned_where_scimmy_routers_under_express_5_repeat_a_page") else { return };
    let peer = Peer::scimmy(&folder, 5, 70);
    let setup = peer.setup(5).await;
    let report = setup.sync().await;
    let error = report.error.as_ref().unwrap();
    assert_eq!((error.code.as_str(), report.exit(), report.created), ("LISTING_INCOMPLETE", Exit::Failed, 0));
    assert!(error.message.contains("its total is 70"), "{}", error.message);
    assert_eq!(peer.get("/Users")["totalResults"], 70, "nobody was created");
}

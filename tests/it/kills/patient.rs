//! The program as a child process that is killed, with stand-ins that go on.

use super::company::{Event, happen};
use crate::cli::Shell;
use hibob_fakes::{Server, World};
use hibob_policy::guard::Class;
use hibob_store::data_dir::DataDir;
use hibob_store::privacy::Records;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};
use std::fs::File;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// The arguments of a whole sync, with releases for any number of changes of every class, since the guards are not
/// tested here.
fn sync() -> Vec<String> {
    let words = ["sync", "acme", "--json", "--allow-changed-source"].map(str::to_owned);
    words.into_iter().chain(releases()).collect()
}

/// Options that release any number of changes of every class.
pub(super) fn releases() -> impl Iterator<Item = String> {
    Class::ALL.iter().flat_map(|class| [format!("--{}", class.option()), "1000".to_owned()])
}

/// The file for the program's output. A pipe that nobody reads would block the program.
pub(crate) const OUT: &str = "sync.json";

/// A tenant's data directory, and the services that it talks to.
pub(crate) struct Patient {
    pub(crate) shell: Shell,
    world: Arc<Mutex<World>>,
    server: Server,
    runtime: Handle,
}

impl Patient {
    /// The tenant `acme` of this world. `extra` is added at the end of its file, where the table of limits is open.
    pub(crate) fn new(runtime: &Handle, world: World, extra: &str) -> Self {
        let world = Arc::new(Mutex::new(world));
        let server = runtime.block_on(Server::start(world.clone())).unwrap();
        let shell = Shell::new();
        let patient = Self { shell, world, server, runtime: runtime.clone() };
        patient.write_tenant(extra);
        patient
    }

    /// Writes the tenant's file, and applies it.
    pub(crate) fn write_tenant(&self, extra: &str) {
        let (user, token, key) = {
            let world = self.world();
            (world.hibob.service_user_id.clone(), world.hibob.token.clone(), world.travelperk.api_key.clone())
        };
        let (hibob, scim, rest) = (self.server.hibob_url(), self.server.scim_url(), self.server.rest_url());
        let text = format!(
            "id = \"acme\"\n[safety]\nallow_first = true\n[hibob]\nurl = \"{hibob}\"\nservice_user = \"{user}\"\ntoken = \"file:token\"\n\
             [travelperk]\nscim_url = \"{scim}\"\nrest_url = \"{rest}\"\ncost_centers_url = \"{rest}\"\n\
             key = \"file:key\"\ncalls_per_minute = 600000\n[limits]\nretry_pause_milliseconds = 20\n\
             rate_limit_wait_seconds = 0\n{extra}"
        );
        for (name, text) in [("token", &token), ("key", &key), ("acme.toml", &text)] {
            std::fs::write(self.shell.path(name), text).unwrap();
        }
        assert!(self.shell.run(&["tenant", "apply", "acme.toml"]).status.success());
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Makes an event happen between two requests.
    pub(super) fn happen(&self, seed: u64, event: Event) -> Event {
        happen(&mut self.world(), seed, event);
        event
    }

    /// Starts a sync.
    pub(crate) fn spawn(&self, out: &str) -> Child {
        let out = File::create(self.shell.path(out)).unwrap();
        self.shell
            .command(&sync().iter().map(String::as_str).collect::<Vec<_>>())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap()
    }

    /// The report of a sync that has ended, which is the last line of its output.
    pub(crate) fn report(&self, out: &str) -> Value {
        let text = std::fs::read_to_string(self.shell.path(out)).unwrap();
        serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_else(|_| panic!("no report: {text}"))
    }

    /// A sync without a kill. Returns its exit code and report.
    pub(crate) fn sync(&self) -> (i32, Value) {
        let status = self.spawn(OUT).wait().unwrap();
        (status.code().unwrap(), self.report(OUT))
    }

    /// Starts a sync, and kills it a given time after a condition has become true. Returns the exit code if it ended
    /// before.
    pub(crate) fn sync_until(&self, due: impl Fn(&World) -> bool, later: Duration) -> Option<i32> {
        let mut child = self.spawn(OUT);
        let status = wait(&mut child, || due(&self.world())).or_else(|| {
            let end = Instant::now() + later;
            wait(&mut child, || Instant::now() >= end)
        });
        let status = status.unwrap_or_else(|| {
            child.kill().unwrap();
            child.wait().unwrap()
        });
        status.code()
    }

    /// Makes the lease of a killed run lapse, as 30 seconds would.
    pub(crate) fn lapse(&self) {
        self.execute("control.db", "UPDATE leases SET expires_at = 0");
    }

    /// Executes a statement in one of the databases.
    pub(crate) fn execute(&self, database: &str, sql: &'static str) -> u64 {
        self.with(database, async |connection| sqlx::query(sql).execute(connection).await.unwrap().rows_affected())
    }

    /// Texts from the tenant's database, row by row.
    pub(crate) fn rows(&self, sql: &'static str) -> Vec<Vec<String>> {
        self.with("tenants/acme.db", async |connection| {
            let rows = sqlx::query(sql).fetch_all(connection).await.unwrap();
            rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect()
        })
    }

    /// Reads the tenant's records.
    pub(crate) fn look<T>(&self, work: impl AsyncFnOnce(&Records) -> T) -> T {
        self.runtime.block_on(async {
            let data = DataDir::open(&self.shell.path("data")).await.unwrap();
            work(&data.records("acme").await.unwrap()).await
        })
    }

    pub(crate) fn with<T>(&self, database: &str, work: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
        let options = SqliteConnectOptions::new().filename(self.shell.path("data").join(database));
        self.runtime.block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            let done = work(&mut connection).await;
            connection.close().await.unwrap();
            done
        })
    }
}

/// Waits until a condition is true, or the child has ended.
pub(crate) fn wait(child: &mut Child, due: impl Fn() -> bool) -> Option<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if due() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(1)); // between two looks at the conditions
    }
}

//! Hosts in separate processes, tenants with their own stand-ins, and the queue between them.

use crate::cli::{Shell, share_compiled};
use hibob_config::applied_by::AppliedBy;
use hibob_config::tenant::TenantConfig;
use hibob_fakes::{Fault, FaultKind, Server, Service, World};
use hibob_store::data_dir::DataDir;
use hibob_store::database::POSTGRES_CONNECTIONS_MIN;
use hibob_store::queue::{Job, Selection};
use hibob_tests::setup::{give_key, today};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than anything here takes, so that a test that waits in vain fails.
const TIME_MAX: Duration = Duration::from_secs(120);

/// Longer than hosts that are not stopped hold a database's lock.
const WRITE_MAX: Duration = Duration::from_secs(2);

/// The longest between two looks at the queue.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The tenants' data and the hosts that work on them.
pub(crate) struct Site {
    pub(crate) shell: Shell,
    pub(crate) data: DataDir,
    /// The URL of the PostgreSQL database; none if all is in the data directory.
    database: Option<String>,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let shell = Shell::new();
        let data = DataDir::open(&shell.path("data")).await.unwrap();
        Self { shell, data, database: None }
    }

    /// With a database on PostgreSQL, and a separate data directory for each host, as if on different machines.
    pub(crate) async fn on(url: String) -> Self {
        let shell = Shell::new();
        give_key(&shell.path("data"));
        let data = DataDir::connect(&shell.path("data"), &url, POSTGRES_CONNECTIONS_MIN).await.unwrap();
        Self { shell, data, database: Some(url) }
    }

    /// Adds a tenant with its own company. `extra` is added at the end of its file.
    pub(crate) async fn tenant(&self, id: &str, extra: &str) -> Company {
        let world = World::realistic(5, 1, today());
        let (user, token, key) =
            (world.hibob.service_user_id.clone(), world.hibob.token.clone(), world.travelperk.api_key.clone());
        let world = Arc::new(Mutex::new(world));
        let server = Server::start(world.clone()).await.unwrap();
        let write = |name: String, text: &str| std::fs::write(self.shell.path(&name), text).unwrap();
        write(format!("{id}.token"), &token);
        write(format!("{id}.key"), &key);
        let text = format!(
            "id = \"{id}\"\n[safety]\nallow_first = true\n[hibob]\nurl = \"{}\"\nservice_user = \"{user}\"\ntoken = \"file:{id}.token\"\n\
             [travelperk]\nscim_url = \"{}\"\nkey = \"file:{id}.key\"\ncalls_per_minute = 600000\n{extra}",
            server.hibob_url(),
            server.scim_url()
        );
        write(format!("{id}.toml"), &text);
        let config = TenantConfig::read(&self.shell.path(&format!("{id}.toml"))).unwrap();
        self.data.put(&config, AppliedBy::Operator).await.unwrap();
        Company { world, _server: server }
    }

    /// Makes all schedules due at once.
    pub(crate) async fn make_due(&self) {
        self.change("UPDATE schedules SET next_due = next_due - 864000000, next_start = 0").await;
    }

    /// Makes the schedules of these tenants due at once.
    pub(crate) async fn make_due_of(&self, tenants: &[String]) {
        let due = "UPDATE schedules SET next_due = next_due - 864000000, next_start = 0 WHERE tenant IN ('";
        self.change(&format!("{due}{}')", tenants.join("', '"))).await;
    }

    /// Changes the control database by this statement, past the hosts.
    async fn change(&self, statement: &str) {
        let statement = sqlx::AssertSqlSafe(statement);
        if let Some(url) = &self.database {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
            return connection.close().await.unwrap();
        }
        let options = SqliteConnectOptions::new().filename(self.shell.path("data/control.db")).busy_timeout(TIME_MAX);
        let mut connection = options.connect().await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Whether nobody is in the middle of a write to the databases of these tenants and to the queue. A host that is
    /// stopped there keeps SQLite's lock, and no other can write until it goes on.
    pub(crate) async fn no_write_is_open(&self, tenants: &BTreeSet<String>) -> bool {
        if self.database.is_some() {
            return true;
        }
        let of_tenants = tenants.iter().map(|id| format!("data/tenants/{id}.db"));
        for path in of_tenants.chain(["data/control.db".to_owned()]).map(|path| self.shell.path(&path)) {
            // A tenant's database is made by the first job that opens it.
            if !path.exists() {
                continue;
            }
            let options = SqliteConnectOptions::new().filename(path).busy_timeout(WRITE_MAX);
            let Ok(mut connection) = options.connect().await else { return false };
            let is_free = sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.is_ok();
            connection.close().await.unwrap();
            if !is_free {
                return false;
            }
        }
        true
    }

    pub(crate) async fn jobs(&self) -> Vec<Job> {
        self.data.queue().list(Selection { tenant: None, ended_max: 1_000 }).await.unwrap()
    }

    /// Waits until a condition on the queue is true, as long as its jobs make progress: how long they take depends on
    /// the machine.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&[Job]) -> bool) -> Vec<Job> {
        let queue = self.data.queue();
        let mut changes = queue.changes();
        let waiting = async {
            let (mut last, mut since) = (Vec::new(), Instant::now());
            loop {
                let jobs = self.jobs().await;
                if is_so(&jobs) {
                    return jobs;
                }
                if jobs != last {
                    (last, since) = (jobs, Instant::now());
                }
                assert!(since.elapsed() < TIME_MAX, "it never came that {what}: {last:#?}");
                // It also looks again after changes that are not of jobs, such as a renewed lease, and after a while
                // without any.
                let _ = tokio::time::timeout(LOOK_EVERY, changes.changed()).await;
            }
        };
        tokio::select! {
            jobs = waiting => jobs,
            () = queue.watch() => unreachable!("a watch never returns"),
        }
    }

    /// Starts `hibob serve`, and returns once it serves.
    pub(crate) fn serve(&self, args: &[&str]) -> Host {
        let mut command = match &self.database {
            None => self.shell.command(&["serve", "--json"]),
            Some(url) => {
                let data = tempfile::Builder::new().prefix("data-").tempdir_in(self.shell.path("")).unwrap().keep();
                share_compiled(&data);
                give_key(&data);
                let mut command = self.shell.command_in(data.to_str().unwrap(), &["serve", "--json"]);
                command.env("HIBOB_DATABASE", url);
                command
            }
        };
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("serving"), "{line}");
        let (say, lines) = mpsc::channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = said["api"].as_str().and_then(|url| url.strip_prefix("http://")).unwrap_or_default().to_owned();
        Host { process, lines, seen: Vec::new(), address }
    }
}

/// A company behind its stand-ins.
pub(crate) struct Company {
    pub(crate) world: Arc<Mutex<World>>,
    _server: Server,
}

impl Company {
    /// Requests for all employees get no answer, until [`Self::answer`].
    pub(crate) fn hang(&self) {
        self.spoil(FaultKind::Hang, usize::MAX);
    }

    /// Answers requests again. Those that wait already get no answer.
    pub(crate) fn answer(&self) {
        self.world.lock().unwrap().hibob.faults.clear();
    }

    /// Requests for all employees are answered with 429, to be repeated in so many seconds.
    pub(crate) fn delay(&self, seconds: u32) {
        self.spoil(FaultKind::too_many(&seconds.to_string()), 1);
    }

    fn spoil(&self, kind: FaultKind, times: usize) {
        let fault = Fault::once("people/search", kind).times(times);
        self.world.lock().unwrap().hibob.faults.push(fault);
    }

    /// How many requests for all employees there were, and how many accounts were created.
    pub(crate) fn searches_and_creations(&self) -> (usize, usize) {
        let world = self.world.lock().unwrap();
        let searches = world.requests(Service::HiBob, "POST", "/v1/people/search").len();
        (searches, world.log().iter().filter(|entry| entry.method == "POST" && entry.path.ends_with("/Users")).count())
    }

    /// Asserts that no two accounts have the same user name.
    pub(crate) fn assert_no_doubles(&self) {
        let world = self.world.lock().unwrap();
        let names: Vec<&str> = world.travelperk.users.iter().map(|user| user.user_name.as_str()).collect();
        let different: BTreeSet<&&str> = names.iter().collect();
        assert_eq!(names.len(), different.len(), "{names:?}");
    }

    /// How many writes there were since the last request for all employees.
    pub(crate) fn writes_of_the_last_sync(&self) -> usize {
        let world = self.world.lock().unwrap();
        let log = world.log();
        let last = log.iter().rposition(|entry| entry.path == "/v1/people/search").unwrap();
        log[last..].iter().filter(|entry| entry.is_write()).count()
    }
}

/// A host's process, which is killed with the test.
pub(crate) struct Host {
    process: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    /// The address of its API; empty without `--listen`.
    pub(crate) address: String,
}

impl Host {
    /// Waits for a line of the log with these words.
    pub(crate) fn says(&mut self, words: &str) {
        while !self.next_line(words).contains(words) {}
    }

    /// Waits for a line of the log with this name in it and one of these words, if there was none yet.
    pub(crate) fn says_of(&mut self, name: &str, words: &[&str]) {
        let is_it = |line: &str| line.contains(name) && words.iter().any(|words| line.contains(words));
        if self.seen.iter().any(|line| is_it(line)) {
            return;
        }
        while !is_it(self.next_line(name)) {}
    }

    /// Waits for the next line of the log. `wanted` is what for.
    fn next_line(&mut self, wanted: &str) -> &str {
        match self.lines.recv_timeout(TIME_MAX) {
            Ok(line) => self.seen.push(line),
            Err(error) => panic!("{wanted}: {error}: {:#?}", self.seen),
        }
        self.seen.last().unwrap()
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// The name that the host has in leases and jobs.
    pub(crate) fn named(&self) -> String {
        format!("process {} on ", self.process.id())
    }

    /// Stops the process with SIGSTOP, and returns once it is stopped.
    pub(crate) fn stop(&self) {
        self.signal("STOP");
        let stat = format!("/proc/{}/stat", self.process.id());
        let stands = || std::fs::read_to_string(&stat).unwrap().rsplit_once(')').unwrap().1.starts_with(" T");
        while !stands() {
            std::thread::yield_now();
        }
    }

    /// Waits for the end of the process. Returns its exit status and the number of log lines with these words.
    pub(crate) fn ended(&mut self, words: &str) -> (ExitStatus, usize) {
        loop {
            match self.lines.recv_timeout(TIME_MAX) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(error) => panic!("it does not end: {error}: {:#?}", self.seen),
            }
        }
        let lines = self.seen.iter().filter(|line| line.contains(words)).count();
        (self.process.wait().unwrap(), lines)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

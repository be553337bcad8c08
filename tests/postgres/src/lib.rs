//! Starts a PostgreSQL server for a test, if its programs are installed. It listens only on a socket in its own folder,
//! and ends with the test.
#![expect(clippy::unwrap_used, reason = "test support")]

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The longest time that the server may take to start.
const START_TIME_MAX: Duration = Duration::from_secs(60);

/// Pause between two looks whether the server has started.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// If this variable is set and no server programs are installed, a test fails instead of being skipped.
const REQUIRED: &str = "HIBOB_REQUIRE_POSTGRES";

/// The role that owns the databases. It is not a superuser.
const OWNER: &str = "hibob";

/// The superuser's role.
const SUPERUSER: &str = "admin";

/// The role with which a program connects.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// The superuser, to whom row-level security does not apply.
    Superuser,
    /// The owner of the databases.
    Owner,
    /// A role that the test has created.
    Other(&'static str),
}

/// A running server. Dropping it ends the server and removes its folder.
pub struct Server {
    folder: TempDir,
    programs: PathBuf,
    process: Child,
}

impl Server {
    /// Starts a server. `None` if its programs are not installed; then a line says that `what` is skipped.
    pub fn start(what: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, and there are no server programs");
            // Not by `eprintln`, which the test harness captures.
            let why = format!("SKIPPED: {what}, as /usr/lib/postgresql/*/bin has no server programs");
            let mut stderr = std::io::stderr();
            writeln!(stderr, "{why}").unwrap();
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            // The programs refuse to run as root, so they run as the user `postgres`, who has to own their folder.
            assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap().success());
        }
        run(command(&programs.join("initdb"), folder.path())
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--pgdata=data", "--username"])
            .arg(SUPERUSER));
        let process = serve(&programs, folder.path());
        let server = Self { folder, programs, process };
        server.wait();
        run(server.client("createuser").arg(OWNER));
        Some(server)
    }

    /// Creates a database, and returns its URL for the owner.
    pub fn database(&self, name: &str) -> String {
        run(self.client("createdb").args(["--owner", OWNER, name]));
        self.url(OWNER, name)
    }

    /// The URL of a database for the superuser, to whom row-level security does not apply.
    pub fn superuser(&self, name: &str) -> String {
        self.url(SUPERUSER, name)
    }

    /// Runs `pg_dump` with a role, from a database into a file of the server's folder.
    ///
    /// # Errors
    /// The program failed. The text is its standard error.
    pub fn dump(&self, role: Role, name: &str, file: &str) -> Result<(), String> {
        ended(self.client_of(role, "pg_dump").args(["--format=custom", "--file", file, name]))
    }

    /// Runs `pg_restore` as the superuser, from such a file into an empty database.
    ///
    /// # Errors
    /// The program failed. The text is its standard error.
    pub fn restore(&self, name: &str, file: &str) -> Result<(), String> {
        ended(self.client_of(Role::Superuser, "pg_restore").args(["--exit-on-error", "--dbname", name, file]))
    }

    /// Writes a file into the server's folder, where its programs can read it.
    pub fn put(&self, file: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(file), bytes).unwrap();
    }

    /// Runs SQL in a database as the superuser.
    pub fn execute(&self, name: &str, sql: &str) {
        run(self.client("psql").args(["--quiet", "--set=ON_ERROR_STOP=1", "--dbname", name, "--command", sql]));
    }

    /// Starts the server again after [`Self::stop`].
    pub fn start_again(&mut self) {
        self.process = serve(&self.programs, self.folder.path());
        self.wait();
    }

    /// Kills the server, as a crash would.
    pub fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn url(&self, role: &str, name: &str) -> String {
        format!("postgres://{role}@localhost/{name}?host={}", self.folder.path().display())
    }

    /// The command of a client program that connects as the superuser.
    fn client(&self, program: &str) -> Command {
        self.client_of(Role::Superuser, program)
    }

    fn client_of(&self, role: Role, program: &str) -> Command {
        let name = match role {
            Role::Superuser => SUPERUSER,
            Role::Owner => OWNER,
            Role::Other(name) => name,
        };
        let mut command = command(&self.programs.join(program), self.folder.path());
        command.arg("--host").arg(self.folder.path()).args(["--username", name]);
        command
    }

    fn wait(&self) {
        let begun = Instant::now();
        while !self.client("pg_isready").arg("--quiet").status().unwrap().success() {
            assert!(begun.elapsed() < START_TIME_MAX, "the server did not start");
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The folder with the programs of the newest server, at the place that Debian and its derivatives use.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let programs = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    programs.filter(|folder| folder.join("initdb").exists() && folder.join("postgres").exists()).max()
}

fn serve(programs: &Path, folder: &Path) -> Child {
    // A crash leaves this file behind.
    let _ = std::fs::remove_file(folder.join("data/postmaster.pid"));
    command(&programs.join("postgres"), folder)
        .args(["-c", "listen_addresses=", "-c", "fsync=off", "-D", "data", "-k"])
        .arg(folder)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A command that runs in the folder, as the user `postgres` if this process runs as root.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    if is_root() {
        command.uid(id("-u")).gid(id("-g"));
    }
    command
}

fn run(command: &mut Command) {
    ended(command).unwrap();
}

/// Runs a command to its end. The error is its standard error.
fn ended(command: &mut Command) -> Result<(), String> {
    let output = command.output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn is_root() -> bool {
    number(&["-u"]) == 0
}

fn id(flag: &str) -> u32 {
    number(&[flag, "postgres"])
}

fn number(args: &[&str]) -> u32 {
    let output = Command::new("id").args(args).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

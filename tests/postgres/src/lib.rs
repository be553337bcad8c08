//! A PostgreSQL server of the tests' own, where its programs are installed. It listens on a socket in its folder only, and
//! ends with the test.
#![expect(clippy::unwrap_used, reason = "test support")]

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the server may take to come up.
const START_TIME_MAX: Duration = Duration::from_secs(60);

/// Between two looks whether it has come up.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where it is set a test that finds no server programs fails, and is not skipped.
const REQUIRED: &str = "HIBOB_REQUIRE_POSTGRES";

/// Owns the databases, and is no superuser.
const OWNER: &str = "hibob";

/// May do anything.
const SUPERUSER: &str = "admin";

/// Who asks the server.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// Whom no rule holds.
    Superuser,
    /// Who owns the databases.
    Owner,
    /// Another one, which the test has made.
    Other(&'static str),
}

/// A server.
pub struct Server {
    folder: TempDir,
    programs: PathBuf,
    process: Child,
}

impl Server {
    /// None where the programs are not installed; `what` is then told as skipped.
    pub fn start(what: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, and there are no server programs");
            // Not by `eprintln`, which the test harness keeps to itself.
            let why = format!("SKIPPED: {what}, as /usr/lib/postgresql/*/bin has no server programs");
            let mut stderr = std::io::stderr();
            writeln!(stderr, "{why}").unwrap();
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            // The programs refuse to run as root, and their folder has to be their own.
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

    /// The URL of a new database, for its owner.
    pub fn database(&self, name: &str) -> String {
        run(self.client("createdb").args(["--owner", OWNER, name]));
        self.url(OWNER, name)
    }

    /// The URL of a database for a role that no rule holds.
    pub fn superuser(&self, name: &str) -> String {
        self.url(SUPERUSER, name)
    }

    /// `pg_dump` of a database into a file of the server's folder, by a role. What it said where it failed.
    ///
    /// # Errors
    /// It failed.
    pub fn dump(&self, role: Role, name: &str, file: &str) -> Result<(), String> {
        ended(self.client_of(role, "pg_dump").args(["--format=custom", "--file", file, name]))
    }

    /// `pg_restore` of such a file into an empty database, by the superuser.
    ///
    /// # Errors
    /// It failed; what it said.
    pub fn restore(&self, name: &str, file: &str) -> Result<(), String> {
        ended(self.client_of(Role::Superuser, "pg_restore").args(["--exit-on-error", "--dbname", name, file]))
    }

    /// Puts a file into the server's folder, where its programs can read it.
    pub fn put(&self, file: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(file), bytes).unwrap();
    }

    /// SQL in a database, by the superuser.
    pub fn execute(&self, name: &str, sql: &str) {
        run(self.client("psql").args(["--quiet", "--set=ON_ERROR_STOP=1", "--dbname", name, "--command", sql]));
    }

    /// Starts it again after [`Self::stop`].
    pub fn start_again(&mut self) {
        self.process = serve(&self.programs, self.folder.path());
        self.wait();
    }

    /// Ends the server as a crash does.
    pub fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn url(&self, role: &str, name: &str) -> String {
        format!("postgres://{role}@localhost/{name}?host={}", self.folder.path().display())
    }

    /// A client program, as the superuser.
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
            assert!(begun.elapsed() < START_TIME_MAX, "the server does not come up");
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

/// The newest server's programs, where Debian and its descendants put them.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let programs = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    programs.filter(|folder| folder.join("initdb").exists() && folder.join("postgres").exists()).max()
}

fn serve(programs: &Path, folder: &Path) -> Child {
    // What a crash left there of the one before.
    let _ = std::fs::remove_file(folder.join("data/postmaster.pid"));
    command(&programs.join("postgres"), folder)
        .args(["-c", "listen_addresses=", "-c", "fsync=off", "-D", "data", "-k"])
        .arg(folder)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs in the folder, as the user `postgres` where this is root.
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

/// What the program said where it failed.
fn ended(command: &mut Command) -> Result<(), String> {
    let made = command.output().unwrap();
    if made.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&made.stderr).into_owned()) }
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

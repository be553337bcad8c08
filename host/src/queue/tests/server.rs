//! A PostgreSQL server of the tests' own, where its programs are installed. It listens on a socket in its folder only, and
//! ends with the test.

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the server may take to come up.
const START_TIME_MAX: Duration = Duration::from_secs(60);

pub(super) struct Server {
    folder: TempDir,
    process: Child,
}

impl Server {
    /// None where the programs are not installed.
    pub(super) fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        if is_root() {
            // The programs refuse to run as root, and their folder has to be their own.
            assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap().success());
        }
        let made = command(&programs.join("initdb"), folder.path())
            .args(["--username=hibob", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let process = command(&programs.join("postgres"), folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
            .arg(folder.path())
            .arg("-D")
            .arg(&data)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self { folder, process })
    }

    /// Two pools of a new database.
    pub(super) async fn pools(&self, database: &str) -> [PgPool; 2] {
        let options = PgConnectOptions::new().host(self.folder.path().to_str().unwrap()).username("hibob");
        let begun = Instant::now();
        let admin = loop {
            match PgPoolOptions::new().connect_with(options.clone().database("postgres")).await {
                Ok(pool) => break pool,
                // It is still coming up.
                Err(error) => assert!(begun.elapsed() < START_TIME_MAX, "the server does not come up: {error}"),
            }
            tokio::task::yield_now().await;
        };
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {database}"))).execute(&admin).await.unwrap();
        admin.close().await;
        let pool = || PgPoolOptions::new().max_connections(8).connect_lazy_with(options.clone().database(database));
        [pool(), pool()]
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

/// Runs in the folder, as the user `postgres` where this is root.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    if is_root() {
        command.uid(id("-u")).gid(id("-g"));
    }
    command
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

//! Tests of the files that run the host as a service, as far as that is possible without systemd.

use super::cli::Shell;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

/// A user id that belongs to no person and no service.
const NOBODY: u32 = 65_534;

const UNIT: &str = include_str!("../../host/service/hibob.service");

/// The value of `name=` in the unit.
fn line(name: &str) -> &'static str {
    let mut found = UNIT.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let line = found.next().unwrap();
    assert_eq!(found.next(), None, "{name} stands there twice");
    line
}

/// The commands of the unit start the host and drain it, as systemd would.
#[test]
fn the_units_commands_start_the_host_and_let_it_drain() {
    let shell = Shell::new();
    let program = shell.command(&[]);
    let here = shell.path("");
    fs::create_dir(here.join("run")).unwrap();
    let start = line("ExecStart")
        .replace("/usr/local/bin/hibob", program.get_program().to_str().unwrap())
        .replace("/var/lib/hibob", shell.path("data").to_str().unwrap())
        .replace("/run/hibob", here.join("run").to_str().unwrap())
        .replace("127.0.0.1:8080", "127.0.0.1:0");
    let mut words = start.split_whitespace();
    let mut host = Command::new(words.next().unwrap())
        .args(words)
        .envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut says = BufReader::new(host.stdout.take().unwrap()).lines();
    assert!(says.next().unwrap().unwrap().starts_with("serving the tenants of"));
    assert!(says.next().unwrap().unwrap().starts_with("the API is at http://127.0.0.1:"));

    let stop = line("ExecStop").strip_prefix("-/bin/sh -c '").unwrap().strip_suffix('\'').unwrap();
    let mut stopping =
        Command::new("/bin/sh").args(["-c", stop]).env("MAINPID", host.id().to_string()).spawn().unwrap();
    let ended = host.wait().unwrap();
    assert!(ended.success(), "{ended}");
    // The command waits for the end of the host, not for a fixed time.
    let stopped = stopping.wait().unwrap();
    assert!(stopped.success(), "{stopped}");
}

/// Files that an administrator creates in the service's data directory could not be read by the service. So commands
/// there are refused.
#[test]
fn a_data_directory_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("data");
    fs::create_dir(&here).unwrap();
    // Only an administrator can change the owner of a folder. For other users, `/` is a folder of somebody else.
    let theirs = if chown(&here, Some(NOBODY), None).is_ok() { here } else { "/".into() };
    let shell = Shell::new();
    let output = shell.command_in(theirs.to_str().unwrap(), &["tenant", "show", "acme"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the data directory") && said.contains("runuser -u"), "{said}");
    assert!(!theirs.join("control.db").exists());
}

/// systemd waits longer than the host may take to drain, and the container has the toolchain's version.
#[test]
fn the_numbers_fit_each_other() {
    let drain: u32 = line("ExecStop").split("timeout ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(line("TimeoutStopSec").parse::<u32>().unwrap() > drain);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(read("host/service/Containerfile").contains(&format!("FROM rust:{version}-slim")));
}

//! The files that run the host as a service: what they say is done here, as far as it can be without systemd.

use super::cli::Shell;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const UNIT: &str = include_str!("../../host/service/hibob.service");

/// What stands behind `name=` in the unit.
fn line(name: &str) -> &'static str {
    let mut found = UNIT.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let line = found.next().unwrap();
    assert_eq!(found.next(), None, "{name} stands there twice");
    line
}

/// The unit's commands start the host, and drain it: what it was told ends it as if systemd had.
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
    // It waits for the end of the host and not for its own time.
    let stopped = stopping.wait().unwrap();
    assert!(stopped.success(), "{stopped}");
}

/// What systemd waits for is longer than what the host is let to drain, and the container is the toolchain's own.
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

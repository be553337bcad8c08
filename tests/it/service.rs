//! Tests of the files that run the host as a service, as far as that is possible without systemd.

use super::cli::{Fakes, Shell, make_private, share_compiled};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
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

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Runs `tenant list` on a data directory, and returns the exit code and what it wrote to standard error.
fn list(shell: &Shell, data: &str, args: &[&str]) -> (i32, String) {
    let output = shell.command_in(data, &[&["tenant", "list"], args].concat()).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Whoever can write to the data directory could put a trust list there, or compiled code with a key of their own.
#[test]
fn a_data_directory_that_others_can_write_to_is_refused() {
    let shell = Shell::new();
    let parent = shell.path("parent");
    make_private(&parent);
    make_private(&parent.join("data"));
    for (path, bad) in [(parent.join("data"), 0o777), (parent.join("data"), 0o1770), (parent, 0o775)] {
        set_mode(&path, bad);
        let (exit, said) = list(&shell, "parent/data", &[]);
        assert_eq!(exit, 2, "mode {bad:o}: {said}");
        assert!(said.contains("can be written by others") && !shell.path("parent/data/control.db").exists(), "{said}");
        // The remedy is a command that mends it.
        let command = said[said.find("chmod go").unwrap()..].lines().next().unwrap().split(';').next().unwrap();
        assert!(Command::new("/bin/sh").args(["-c", command]).status().unwrap().success(), "{command}");
        assert_eq!(mode(&path) & 0o022, 0);
    }
    let (exit, said) = list(&shell, "parent/data", &[]);
    assert_eq!((exit, said.as_str()), (0, ""));
}

#[test]
fn a_data_directory_that_others_can_read_is_closed_and_that_is_said_once() {
    let shell = Shell::new();
    set_mode(&shell.path("data"), 0o755);
    let (exit, said) = list(&shell, "data", &[]);
    assert!(exit == 0 && said.contains("is closed to them from now on (mode 700)"), "{said}");
    assert_eq!((mode(&shell.path("data")), list(&shell, "data", &[])), (0o700, (0, String::new())));
}

/// Somebody has put links to their own files into the data directory, before it was closed.
#[test]
fn keys_and_the_trust_list_are_not_read_through_links() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "3"]);
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    // From then on there is a secret to decrypt: the key of the tenant's persons.
    assert_eq!(shell.json(&["sync", "acme"]).0, 0);
    make_private(&shell.path("theirs"));
    let mine = |name: &str| shell.path("data").join(name);
    let plugin: &[&str] = &["plan", "acme", "--plugin", "acme.toml"];
    for (name, content, args) in [
        ("trusted-plugins.toml", "keys = []".to_owned(), plugin),
        ("secrets.key", "5a".repeat(32), &["secret", "list", "acme"]),
        ("plan.key", "5a".repeat(32), &["plan", "acme", "--out", "acme.plan"]),
        ("compiled.key", "5a".repeat(32), &["plan", "acme"]),
    ] {
        let theirs = shell.path("theirs").join(name);
        fs::write(&theirs, content).unwrap();
        set_mode(&theirs, 0o600);
        let _ = fs::rename(mine(name), mine("kept"));
        std::os::unix::fs::symlink(&theirs, mine(name)).unwrap();
        let (exit, object) = shell.json(args);
        let message = object["error"]["message"].as_str().unwrap_or_default();
        assert!(exit == 2 && message.contains(name) && message.contains("is a link"), "{name}: {object}");
        fs::remove_file(mine(name)).unwrap();
        let _ = fs::rename(mine("kept"), mine(name));
    }
    // Only an administrator can give a file away. A database of somebody else is not used either.
    if chown(mine("control.db"), Some(NOBODY), None).is_ok() {
        let (exit, said) = list(&shell, "data", &[]);
        assert!(exit == 2 && said.contains("control.db is user 65534's"), "{said}");
    }
}

/// The ways in which systems hand out data directories: a link to a private folder (systemd's `DynamicUser=`), a volume
/// that is made from the image's folder, and a volume that belongs to a group (`fsGroup`).
#[test]
fn data_directories_of_systemd_and_of_containers_are_accepted() {
    let shell = Shell::new();
    let accepted = |data: &str, args: &[&str]| {
        let (exit, said) = list(&shell, data, args);
        assert_eq!(exit, 0, "{data}: {said}");
        said
    };
    // The unit's own, with `StateDirectoryMode=0700`.
    assert_eq!(line("StateDirectoryMode"), "0700");
    make_private(&shell.path("unit"));
    assert_eq!(accepted("unit", &[]), "");
    make_private(&shell.path("private"));
    make_private(&shell.path("private/hibob"));
    std::os::unix::fs::symlink("private/hibob", shell.path("hibob")).unwrap();
    assert_eq!(accepted("hibob", &[]), "");
    let image = include_str!("../../host/service/Containerfile");
    assert!(image.contains("install -d -o hibob -m 0700 /var/lib/hibob"));

    // What Kubernetes does to a volume with `fsGroup`, each time that it is mounted.
    make_private(&shell.path("volume"));
    let group = fs::metadata(shell.path("volume")).unwrap().gid();
    let trusted = ["--group-writable-data", &group.to_string()];
    set_mode(&shell.path("volume"), 0o2775);
    assert!(list(&shell, "volume", &[]).1.contains("can be written by others"), "without the option");
    assert!(accepted("volume", &trusted).contains("mode 2770"));
    share_compiled(&shell.path("volume"));
    set_mode(&shell.path("volume/compiled"), 0o2770);
    for entry in fs::read_dir(shell.path("volume/compiled")).unwrap() {
        set_mode(&entry.unwrap().path(), 0o660);
    }
    set_mode(&shell.path("volume/compiled.key"), 0o660);
    let _fakes = Fakes::start(&shell, &["--employees", "3"]);
    for args in [&["tenant", "apply", "acme.toml"][..], &["plan", "acme"]] {
        let output = shell.command_in("volume", &[args, &trusted].concat()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let by_variable =
        shell.command_in("volume", &["tenant", "list"]).env("HIBOB_GROUP_WRITABLE_DATA", trusted[1]).output();
    assert!(by_variable.unwrap().status.success());
    let other = [trusted[0], &(group + 1).to_string()];
    assert!(list(&shell, "volume", &other).1.contains("can be written by others"));
    // Only an administrator can make a volume that is root's.
    if chown(shell.path("volume"), Some(NOBODY), Some(group)).is_ok() {
        assert!(list(&shell, "volume", &trusted).1.contains("runuser -u"), "another user's is refused all the same");
    }
}

/// Another process of the same user looks for secrets in the environment of the host.
#[cfg(target_os = "linux")]
#[test]
fn the_hosts_environment_is_closed_to_other_processes() {
    let shell = Shell::new();
    let folder = tempfile::tempdir().unwrap();
    // An administrator can look at everything, so the test runs as somebody else if it can.
    let is_admin = chown(folder.path(), Some(NOBODY), Some(NOBODY)).is_ok();
    let program = if is_admin { folder.path().join("hibob") } else { shell.command(&[]).get_program().into() };
    if is_admin {
        fs::copy(shell.command(&[]).get_program(), &program).unwrap();
    }
    let as_user = |program: &Path| {
        let mut command = Command::new(program);
        if is_admin {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    };
    for (args, is_open) in [(&[][..], false), (&["--allow-dumps"], true)] {
        let mut host = as_user(&program)
            .args(["fakes", "--employees", "1", "--json"])
            .args(args)
            .current_dir(folder.path())
            .env("SECRET_OF_ACME", "tok-en-of-acme")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut says = BufReader::new(host.stdout.take().unwrap()).lines();
        assert!(says.next().unwrap().unwrap().contains("hibob_url"));
        let place = format!("/proc/{}/environ", host.id());
        let read = as_user(Path::new("cat")).arg(place).output().unwrap();
        host.kill().unwrap();
        host.wait().unwrap();
        let is_seen = String::from_utf8_lossy(&read.stdout).contains("tok-en-of-acme");
        assert_eq!((read.status.success(), is_seen), (is_open, is_open), "{args:?}");
    }
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

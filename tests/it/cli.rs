//! Tests of the program itself, in separate processes.

use hibob_base::digest::{Digest, hex};
use hibob_tests::setup::{cache_dir, in_memory, plugin, runtime};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hibob-under-test");

/// The program, run in a folder with `data` as its data directory.
pub(crate) fn program(folder: &Path, args: &[&str]) -> Command {
    program_in(folder, "data", args)
}

/// [`program`] with another data directory.
pub(crate) fn program_in(folder: &Path, data: &str, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(args)
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .env_remove("HIBOB_SECRETS_KEY")
        .env_remove("HIBOB_DATABASE")
        .env_remove("HIBOB_DATA")
        .env_remove("HIBOB_DATABASE_TLS")
        .env_remove("HIBOB_GROUP_WRITABLE_DATA")
        .env_remove("HIBOB_TENANT")
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
        .env_remove("HTTPS_PROXY")
        .env_remove("https_proxy")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .stdin(Stdio::null());
    command.env("XDG_DATA_HOME", folder.join("xdg")).arg("--data").arg(data);
    command
}

/// Makes a folder that only its owner can use, as the host makes its data directory.
pub(crate) fn make_private(folder: &Path) {
    std::fs::DirBuilder::new().mode(0o700).create(folder).unwrap();
}

/// Gives a data directory the code that the other tests have compiled of the built-in plugin. The host follows no links
/// below its data directory, so it is a copy.
pub(crate) fn share_compiled(data: &Path) {
    let digest = plugin().digest().parse().unwrap();
    make_private(&data.join("compiled"));
    std::fs::copy(cache_dir().join("compiled.key"), data.join("compiled.key")).unwrap();
    copy_code(data, digest);
}

/// Gives a data directory that has code of other tests their code of another plugin too, which is compiled once for
/// all.
pub(crate) fn share_code(data: &Path, plugin: &[u8]) {
    let digest = Digest::of(plugin);
    runtime().component(plugin, digest).unwrap();
    copy_code(data, digest);
}

fn copy_code(data: &Path, of: Digest) {
    let start = hex(of.as_bytes());
    for entry in std::fs::read_dir(cache_dir().join("compiled")).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name().into_string().unwrap())).unwrap();
        if name.starts_with(&start) && name.ends_with(".cwasm") {
            std::fs::copy(path, data.join("compiled").join(name)).unwrap();
        }
    }
}

/// A working folder with a data directory that shares compiled code with the other tests.
pub(crate) struct Shell {
    folder: TempDir,
}

impl Shell {
    pub(crate) fn new() -> Self {
        let folder = in_memory();
        let data = folder.path().join("data");
        make_private(&data);
        share_compiled(&data);
        Self { folder }
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        program(self.folder.path(), args)
    }

    /// [`Self::command`] with another data directory.
    pub(crate) fn command_in(&self, data: &str, args: &[&str]) -> Command {
        program_in(self.folder.path(), data, args)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command with `--json` and returns its exit code and its object.
    pub(crate) fn json(&self, args: &[&str]) -> (i32, Value) {
        let output = self.command(args).arg("--json").output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(stdout.lines().count(), 1, "{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), serde_json::from_str(&stdout).unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

/// `hibob fakes` in another process, which ends with the test.
pub(crate) struct Fakes {
    process: Child,
    urls: Value,
}

impl Fakes {
    /// The tenant's first sync needs nobody's yes: what it needs one for is tested by itself, in `first.rs`.
    pub(crate) fn start(shell: &Shell, args: &[&str]) -> Self {
        let fakes = Self::unconfirmed(shell, args);
        let (file, allowed) = (shell.path("acme.toml"), "\n[safety]\nallow_first = true\n\n[hibob]");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replacen("\n[hibob]", allowed, 1)).unwrap();
        fakes
    }

    /// The tenant's file as `hibob fakes` writes it.
    pub(crate) fn unconfirmed(shell: &Shell, args: &[&str]) -> Self {
        let mut command = shell.command(&["fakes", "--json", "--write-tenant", "acme.toml"]);
        let mut process = command.args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, urls: serde_json::from_str(&line).unwrap() }
    }

    /// How many writes the stand-in has counted.
    pub(crate) fn writes(&self) -> u64 {
        self.get("rest_url", "/_stand-in/requests")["writes"].as_u64().unwrap()
    }

    /// One of the texts that the stand-ins print about themselves.
    pub(crate) fn text(&self, name: &str) -> String {
        self.urls[name].as_str().unwrap().to_owned()
    }

    pub(super) fn get(&self, base: &str, path: &str) -> Value {
        let url = self.urls[base].as_str().unwrap();
        let host = url.split('/').nth(2).unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    }
}

impl Drop for Fakes {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn three_syncs_against_stand_ins_in_another_process() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--scenario", "day-two"]);
    let (exit, applied) = shell.json(&["tenant", "apply", "acme.toml"]);
    assert_eq!((exit, &applied["tenant"], &applied["new"]), (0, &"acme".into(), &true.into()));
    let (exit, report) = shell.json(&["check", "acme"]);
    assert_eq!((exit, report["counts"]["employees"].as_u64()), (0, Some(250)));
    assert_eq!(report["counts"]["permission:Work contact details"].as_u64(), Some(250));
    let permissions = report["permissions"].as_array().unwrap();
    let personal = serde_json::json!({ "permission": "Personal", "granted": true, "needed_for": ["date-of-birth"] });
    assert!(permissions.len() == 12 && permissions.contains(&personal), "{permissions:?}");
    let text = String::from_utf8(shell.run(&["check", "acme"]).stdout).unwrap();
    for line in [
        "  Basic info                 yes      given-name, family-name, user-name",
        "  About                      yes      -",
        "nothing to mend",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
    }
    let numbers = |report: &Value| {
        ["created", "updated", "archived", "reactivated", "kept", "failed", "conflicts"]
            .map(|name| report[name].as_u64().unwrap())
    };

    // The stand-in makes the day's changes at the first search after the first write, which is in the second sync.
    let (exit, first) = shell.json(&["sync", "acme"]);
    assert_eq!((exit, numbers(&first)), (0, [235, 0, 0, 0, 1, 0, 0]));
    assert_eq!((first["cost_centers_created"].as_u64(), fakes.writes()), (Some(2), 237));
    let (exit, second) = shell.json(&["sync", "acme"]);
    assert_eq!((exit, numbers(&second)), (1, [1, 2, 1, 1, 231, 1, 0]));
    assert_eq!(fakes.writes(), 242);
    assert_eq!(second["errors"][0]["code"], "MISSING_EMAIL");
    assert!(second["errors"][0]["employee_id"].is_string() && second["errors"][0]["message"].is_string());
    let (exit, third) = shell.json(&["sync", "acme"]);
    assert_eq!((exit, numbers(&third)[..4].to_vec()), (1, vec![0; 4]));
    assert_eq!(fakes.writes(), 242);
}

#[test]
fn an_unchanged_directory_costs_no_write() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "40"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let (exit, first) = shell.json(&["sync", "acme"]);
    assert_eq!(exit, 0, "{first}");
    let writes = fakes.writes();
    let made = |name: &str| first[name].as_u64().unwrap();
    assert_eq!(made("created") + made("cost_centers_created"), writes);
    assert_eq!(shell.json(&["sync", "acme"]).0, 0);
    assert_eq!(fakes.writes(), writes);
}

#[test]
fn a_plan_is_read_and_then_applied() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "30"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let text = shell.run(&["plan", "acme", "--out", "acme.plan"]);
    let text = String::from_utf8(text.stdout).unwrap();
    for words in ["Plan for acme:", "because  employed, and has no account", "user-name", "hibob apply acme.plan"] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    assert_eq!(fakes.writes(), 0);
    let (exit, plan) = shell.json(&["plan", "acme"]);
    assert_eq!(exit, 0);
    let planned = plan["changes"].as_array().unwrap().len() as u64;
    // Two plans are the same by the digest of their changes.
    let digest = plan["digest"].as_str().unwrap();
    assert_eq!((digest.len(), shell.json(&["plan", "acme"]).1["digest"].as_str()), (64, Some(digest)));
    let (exit, report) = shell.json(&["apply", "acme.plan"]);
    let number = |report: &Value, name: &str| report[name].as_u64().unwrap();
    let centers = number(&report, "cost_centers_created");
    assert_eq!((exit, number(&report, "created") + centers), (0, planned));
    // A plan is applied once.
    let (exit, refused) = shell.json(&["apply", "acme.plan"]);
    assert_eq!((exit, &refused["error"]["code"]), (2, &"PLAN_ALREADY_APPLIED".into()), "{refused}");
    assert_eq!(fakes.writes(), planned);
}

#[test]
fn the_history_shows_what_each_run_did_also_as_a_workbook() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--scenario", "day-two"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    assert_eq!(shell.json(&["history", "acme"]), (0, serde_json::json!({ "tenant": "acme", "runs": [] })));
    shell.json(&["sync", "acme"]);
    shell.json(&["sync", "acme"]);
    let (_, history) = shell.json(&["history", "acme"]);
    let runs: Vec<_> =
        history["runs"].as_array().unwrap().iter().map(|run| (run["run"].as_i64(), run["status"].as_str())).collect();
    assert_eq!(runs, [(Some(2), Some("done with errors")), (Some(1), Some("done"))]);
    assert_eq!(history["runs"][0]["trigger"], "manual");
    let (exit, run) = shell.json(&["history", "acme", "2", "--xlsx", "run.xlsx"]);
    assert_eq!((exit, run["report"]["errors"][0]["code"].as_str()), (0, Some("MISSING_EMAIL")));
    let mut lines: Vec<_> = run["updates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| ["action", "field", "result"].map(|name| row[name].as_str().unwrap().to_owned()).join(" "))
        .collect();
    lines.sort();
    let expected = [
        "Archived  Done",
        "Assigned cost-center Done",
        "Assigned manager Done",
        "Assigned manager Done",
        "Created  Done",
        "Information changed date-of-birth Done",
        "Information changed gender Done",
        "Reactivated  Done",
    ];
    assert_eq!(lines, expected);
    let bytes = std::fs::read(shell.path("run.xlsx")).unwrap();
    assert!(bytes.starts_with(b"PK"));
    let text = String::from_utf8(shell.run(&["history", "acme"]).stdout).unwrap();
    assert!(text.contains("run 2") && text.contains("1 archived"), "{text}");
    let output = shell.run(&["history", "acme", "9"]);
    assert_eq!(output.status.code(), Some(2));
}

/// A person names a device or a pipe as the file to write, such as standard output. It is not replaced.
#[test]
fn nothing_but_a_file_is_replaced_by_what_a_command_writes() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    assert_eq!(shell.json(&["sync", "acme"]).0, 0);
    std::fs::write(shell.path("kept"), "kept").unwrap();
    std::os::unix::fs::symlink("kept", shell.path("link")).unwrap();
    assert!(Command::new("mkfifo").arg(shell.path("pipe")).status().unwrap().success());
    for name in ["link", "pipe"] {
        let kind = std::fs::symlink_metadata(shell.path(name)).unwrap().file_type();
        let commands: [&[&str]; 4] = [
            &["plan", "acme", "--out", name],
            &["history", "acme", "1", "--xlsx", name],
            &["tenant", "list", "--metrics-file", name],
            &["fakes", "--write-tenant", name],
        ];
        for args in commands {
            let output = shell.run(args);
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.code() == Some(2) && said.contains("not replaced"), "{args:?}: {said}");
            assert_eq!(std::fs::symlink_metadata(shell.path(name)).unwrap().file_type(), kind, "{args:?}");
        }
    }
    assert_eq!(std::fs::read_to_string(shell.path("kept")).unwrap(), "kept");
    assert_eq!(shell.run(&["history", "acme", "1", "--xlsx", "kept"]).status.code(), Some(0));
}

/// Each guard can be tried with a scenario: sync once, and again after the scenario's change.
#[test]
fn each_guard_can_be_tried_with_a_scenario() {
    let shell = Shell::new();
    for (scenario, exit, words) in [
        ("mass-leavers", 3, "--allow-archiving 76"),
        ("empty", 3, "HiBob sent no employees at all"),
        ("lost-permission", 3, "internal.lifecycleStatus for 0 %"),
        ("renames", 3, "--allow-renaming 57"),
        ("newcomers", 3, "--allow-creating "),
        ("archived-by-hand", 3, "--allow-reactivating "),
        ("names-overwritten", 3, "--allow-names "),
        ("nulls", 3, "with a value of phone would lose their value"),
        ("managers-overwritten", 3, "--allow-managers "),
        ("departments-overwritten", 3, "--allow-cost-centers "),
        ("rehires", 0, ""),
    ] {
        let fakes = Fakes::start(&shell, &["--scenario", scenario]);
        shell.run(&["tenant", "apply", "acme.toml"]);
        let tenant = std::fs::remove_file(shell.path("data/tenants/acme.db"));
        assert!(tenant.is_ok() || scenario == "mass-leavers");
        for side in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(shell.path(&format!("data/tenants/acme.db{side}")));
        }
        assert_eq!(shell.json(&["sync", "acme"]).0, 0, "{scenario}");
        let before = fakes.writes();
        let (code, plan) = shell.json(&["plan", "acme"]);
        assert_eq!(code, exit, "plan of {scenario}");
        let (code, report) = shell.json(&["sync", "acme"]);
        assert_eq!(code, exit, "{scenario}: {report}");
        assert!(report.to_string().contains(words), "{scenario}: {report}");
        if scenario == "rehires" {
            assert_eq!((report["reactivated"].as_u64(), report["created"].as_u64()), (Some(5), Some(0)), "{plan}");
            assert_eq!(report["conflicts"].as_u64(), Some(0));
        } else {
            assert_eq!(fakes.writes(), before, "{scenario}");
        }
    }
}

#[test]
fn mistakes_are_reported_with_file_line_and_remedy() {
    let shell = Shell::new();
    let _fakes = Fakes::unconfirmed(&shell, &["--employees", "5"]);
    let good = std::fs::read_to_string(shell.path("acme.toml")).unwrap();
    let told = |args: &[&str], words: &[&str]| {
        let output = shell.run(args);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(words.iter().all(|word| text.contains(word)), "{words:?} are not in\n{text}");
        assert!(!text.contains("panicked"), "{text}");
    };
    let file = |name: &str, text: &str| std::fs::write(shell.path(name), text).unwrap();
    file("unknown.toml", &good.replace("[sync]", "[sync]\ndefault_langauge = \"en\""));
    told(&["tenant", "apply", "unknown.toml"], &["unknown.toml:17:", "default_langauge", "help:"]);
    file("secret.toml", &good.replace("file:acme.hibob-token", "s3cr3t-token"));
    told(&["tenant", "apply", "secret.toml"], &["secret.toml:7:", "env:NAME or file:PATH"]);
    assert!(!String::from_utf8(shell.run(&["tenant", "apply", "secret.toml"]).stderr).unwrap().contains("s3cr3t"));
    file("http.toml", &good.replace("http://127.0.0.1", "http://example.com"));
    told(&["tenant", "apply", "http.toml"], &["hibob.url", "must be https"]);
    file("id.toml", &good.replace("id = \"acme\"", "id = \"../acme\""));
    told(&["tenant", "apply", "id.toml"], &["is not a tenant id"]);
    file("lost.toml", &good.replace("file:acme.hibob-token", "env:HIBOB_NO_SUCH_VARIABLE"));
    told(&["tenant", "apply", "lost.toml"], &["hibob.token", "HIBOB_NO_SUCH_VARIABLE", "not set"]);
    told(&["tenant", "apply", "no-such.toml"], &["no-such.toml", "help:"]);
    told(&["sync", "nobody"], &["there is no tenant nobody", "hibob tenant apply"]);
    told(&["apply", "acme.toml"], &["is not a saved plan", "hibob plan"]);
    told(&["plugin", "inspect", "acme.toml"], &["is not a plugin for this host"]);
    told(&["sing"], &["unrecognized subcommand"]);
    told(&["fakes", "--scenario", "no-such"], &["no-such"]);
}

#[test]
fn a_tenant_is_disabled_enabled_and_given_new_credentials() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "20"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    assert_eq!(shell.json(&["tenant", "disable", "acme"]).0, 0);
    let (exit, report) = shell.json(&["sync", "acme"]);
    assert_eq!((exit, report["error"]["code"].as_str()), (2, Some("TENANT_DISABLED")));
    assert_eq!(shell.json(&["tenant", "enable", "acme", "--by", "boss@elsewhere.example"]).0, 0);
    assert_eq!(shell.json(&["tenant", "show", "acme"]).1["enabled_by"], "boss@elsewhere.example");
    std::fs::write(shell.path("wrong"), "not-the-token").unwrap();
    assert_eq!(shell.json(&["tenant", "credentials", "acme", "--token", "file:wrong"]).0, 0);
    assert_eq!(shell.json(&["sync", "acme"]).0, 4);
    assert_eq!(shell.json(&["tenant", "credentials", "acme", "--token", "file:acme.hibob-token"]).0, 0);
    // That nobody knows whoever enabled it is a warning, which counts as an error where that is asked for.
    let (exit, report) = shell.json(&["sync", "acme"]);
    assert_eq!((exit, report["warnings"][0]["code"].as_str()), (0, Some("ENABLED_BY_UNKNOWN")));
    assert_eq!(["plan", "sync"].map(|command| shell.json(&[command, "acme", "--strict"]).0), [1, 1]);
    assert_eq!(shell.run(&["tenant", "credentials", "acme"]).status.code(), Some(2));
    assert_eq!(shell.run(&["tenant", "credentials", "acme", "--key", "file:no-such"]).status.code(), Some(2));
}

#[test]
fn with_json_there_is_always_one_object() {
    let shell = Shell::new();
    let (exit, report) = shell.json(&["sync", "nobody"]);
    assert_eq!(
        (exit, report["error"]["code"].as_str(), report["created"].as_u64()),
        (2, Some("CONFIGURATION"), Some(0))
    );
    let (exit, report) = shell.json(&["apply", "no-such.plan"]);
    assert_eq!((exit, report["errors"].as_array().map(Vec::len)), (2, Some(0)));
    for args in [&["check", "nobody"][..], &["plan", "nobody"], &["tenant", "show", "nobody"]] {
        let (exit, object) = shell.json(args);
        assert_eq!((exit, object["error"]["remedy"].is_string()), (2, true));
    }
    assert_eq!(shell.json(&["tenant", "list"]), (0, serde_json::json!({ "tenants": [] })));
    let (exit, plugin) = shell.json(&["plugin", "inspect"]);
    assert_eq!((exit, plugin["exports"][0].as_str()), (0, Some("hibob:connector/directory-sync@0.3.0")));
}

#[test]
fn the_demo_runs_twice() {
    let shell = Shell::new();
    for _ in 0..2 {
        let output = shell.run(&["demo"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
        for words in [
            "235 to create",
            "1 to create, 2 to update, 1 to reactivate, 1 to archive",
            "has left: the lifecycle status is terminated",
            "! error MISSING_EMAIL",
            "counted 0 writes in this run",
            "Done: 1 issued, 1 delivered",
            "Gold: unchanged, and signed with the key in the DNS of acme.example",
            "What to try next",
        ] {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
    }
    let (exit, object) = shell.json(&["demo"]);
    assert_eq!(
        (exit, object["first"]["created"].as_u64(), object["third"]["kept"].as_u64()),
        (0, Some(235), Some(236))
    );
    assert_eq!((object["reference"]["delivered"].as_u64(), &object["verdict"]["verdict"]), (Some(1), &"gold".into()));
}

#[test]
fn files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    shell.run(&["sync", "acme"]);
    shell.run(&["plan", "acme", "--out", "acme.plan"]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o077;
    for name in
        ["data/control.db", "data/tenants/acme.db", "data/plan.key", "acme.plan", "acme.toml", "acme.hibob-token"]
    {
        assert_eq!(mode(&shell.path(name)), 0, "{name}");
    }
    assert_eq!(mode(&shell.path("data/tenants")), 0);
}

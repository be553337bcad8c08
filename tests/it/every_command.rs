//! What holds for every command of the program. The commands come from the program's own description of its command
//! line, so that a new one is in these tests by itself.

use super::cli::{Fakes, Shell, program_in};
use clap::{Arg, Command as Description};
use hibob_base::error::Exit;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read, Write as _, pipe};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Longer than any command takes here, so that a test that waits in vain fails.
const TIME_MAX: Duration = Duration::from_secs(120);

/// The commands that go on until they are told to stop.
const UNTIL_STOPPED: [&str; 2] = ["serve", "fakes"];

/// A command that can be run, with a value for each argument that it requires.
struct Case {
    /// The names of the command: `["plans", "show"]`.
    path: Vec<String>,
    /// What it requires, in the order of the command line; a tenant is `acme`.
    required: Vec<String>,
    /// Whether its first argument is the tenant's id.
    takes_tenant: bool,
}

impl Case {
    fn name(&self) -> String {
        self.path.join(" ")
    }

    fn words(&self) -> Vec<&str> {
        self.path.iter().chain(&self.required).map(String::as_str).collect()
    }

    fn is_until_stopped(&self) -> bool {
        UNTIL_STOPPED.contains(&self.name().as_str())
    }
}

/// Every command and sub-command that can be run.
fn cases() -> Vec<Case> {
    let mut found = Vec::new();
    collect(&hibob_host::cli::command(), &mut Vec::new(), &mut |path, command| {
        if !command.is_subcommand_required_set() {
            let required = command.get_arguments().filter(|arg| arg.is_required_set());
            let takes_tenant = command.get_positionals().next().is_some_and(|arg| arg.get_id() == "tenant");
            let mut required: Vec<String> = required.flat_map(|arg| words_for(path, arg)).collect();
            // What is required unless something else is given, such as a file of ids or `--list`.
            match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["references", "issue"] => required.push("7".to_owned()),
                ["link"] => required.extend(["7".to_owned(), "29".to_owned()]),
                ["plugin", "trust"] => required.push(format!("sha256:{}", "0".repeat(64))),
                _ => {}
            }
            found.push(Case { path: path.to_vec(), required, takes_tenant });
        }
    });
    assert!(found.len() > 45, "only {} commands were found", found.len());
    found
}

/// The names of every command, also of those that only have sub-commands.
fn paths() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    collect(&hibob_host::cli::command(), &mut Vec::new(), &mut |path, _| found.push(path.to_vec()));
    found
}

fn collect(command: &Description, path: &mut Vec<String>, each: &mut impl FnMut(&[String], &Description)) {
    for command in command.get_subcommands() {
        path.push(command.get_name().to_owned());
        each(path, command);
        collect(command, path, each);
        path.pop();
    }
}

/// A value that the argument takes, with the option's name before it.
fn words_for(path: &[String], arg: &Arg) -> Vec<String> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let value = match (path.as_slice(), arg.get_id().as_str()) {
        (_, "tenant") => "acme".to_owned(),
        (["tenant", "apply"], "file") => "acme.toml".to_owned(),
        (["apply"], "file") => "acme.plan".to_owned(),
        (["secret", ..], "name") => "hibob.token".to_owned(),
        (_, "kind") => "check".to_owned(),
        (_, "role") => "reader".to_owned(),
        (["references", "waive"], "employee") => "7".to_owned(),
        (_, "by") => "ana@acme.example".to_owned(),
        _ => {
            let possible = arg.get_possible_values();
            possible.first().map_or_else(|| "1".to_owned(), |value| value.get_name().to_owned())
        }
    };
    arg.get_long().map(|name| format!("--{name}")).into_iter().chain([value]).collect()
}

/// A folder with a data directory whose tenant has been synced once, a saved plan and a key for references; and the
/// stand-ins that it works against.
struct Template {
    shell: Shell,
    fakes: Fakes,
}

impl Template {
    fn new() -> Self {
        let shell = Shell::new();
        let fakes = Fakes::start(&shell, &["--employees", "3"]);
        for args in [
            &["tenant", "apply", "acme.toml"][..],
            &["sync", "acme"],
            &["plan", "acme", "--out", "acme.plan"],
            &["references", "key", "new", "acme", "--unpublished"],
        ] {
            let output = shell.run(args);
            assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Self { shell, fakes }
    }

    /// A copy of the folder, for one run of a command that may change it.
    fn copy(&self) -> Scratch {
        let folder = hibob_tests::setup::in_memory();
        let from = format!("{}/.", self.shell.path("").display());
        assert!(Command::new("cp").arg("-a").arg(from).arg(folder.path()).status().unwrap().success());
        Scratch { folder, dns: self.fakes.text("dns") }
    }
}

struct Scratch {
    folder: tempfile::TempDir,
    dns: String,
}

impl Scratch {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = program_in(self.folder.path(), "data", words);
        command.env("HIBOB_DNS", &self.dns);
        command
    }
}

/// Waits until the process has ended. One that goes on until it is stopped is told so as soon as it can be.
fn end(name: &str, is_until_stopped: bool, mut process: Child) -> i32 {
    let begun = Instant::now();
    let mut is_told = !is_until_stopped;
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status.code().unwrap_or_else(|| panic!("{name} was ended by a signal: {status}"));
        }
        if !is_told && catches_terminate(process.id()) {
            assert!(Command::new("kill").arg(process.id().to_string()).status().unwrap().success());
            is_told = true;
        }
        if begun.elapsed() > TIME_MAX {
            let _ = process.kill();
            panic!("{name} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the process has a handler for SIGTERM, which is the 15th bit.
fn catches_terminate(id: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.is_some_and(|caught| u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << 14) != 0)
}

/// A pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// Runs a command with these outputs, standard error into a pipe unless it is given. Returns its code and that text.
fn run(copy: &Scratch, case: &Case, options: &[&str], stdout: Stdio, stderr: Option<Stdio>) -> (i32, String) {
    let mut command = copy.command(&[&case.words(), options].concat());
    let is_read = stderr.is_none();
    command.stdout(stdout).stderr(stderr.unwrap_or_else(Stdio::piped));
    let mut process = command.spawn().unwrap();
    drop(command);
    let reader = process.stderr.take().filter(|_| is_read).map(|mut stderr| {
        std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        })
    });
    let code = end(&case.name(), case.is_until_stopped(), process);
    (code, reader.map(|reader| reader.join().unwrap()).unwrap_or_default())
}

/// The one object that a text is.
fn object(name: &str, stdout: &[u8]) -> Value {
    let text = String::from_utf8(stdout.to_vec()).unwrap();
    assert_eq!(text.lines().count(), 1, "{name} printed\n{text}");
    let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    assert!(value.is_object(), "{name} printed {value}");
    value
}

/// Every command prints one object with `--json`; with standard output closed it ends with its usual code, or with 0 if
/// it only reads; with a full disk it ends with an error, unless it would have done so anyway. None panics.
#[test]
fn outputs_that_are_closed_or_full_end_no_command_in_a_panic() {
    let template = Template::new();
    let (mut failed, mut done) = (0, 0);
    for case in cases() {
        let name = case.name();
        let (usual, is_error) = if case.is_until_stopped() {
            (0, false)
        } else {
            let copy = template.copy();
            let output = copy.command(&[&case.words()[..], &["--json"]].concat()).output().unwrap();
            let object = object(&name, &output.stdout);
            let code = object["error"]["code"].as_str();
            assert_ne!(
                code,
                Some("USAGE"),
                "{name}: give each argument that it requires a value in `words_for`: {object}"
            );
            (output.status.code().unwrap(), code.is_some())
        };
        assert!(Exit::of(usual.into()).is_some(), "{name} ended with {usual}");

        let (code, _) = run(&template.copy(), &case, &["--json"], closed(), Some(closed()));
        let may_end_early = !is_error && code == 0;
        assert!(code == usual || may_end_early, "{name}: {code} with closed outputs, and {usual} with open ones");
        let (code, text) = run(&template.copy(), &case, &[], closed(), None);
        assert!(!text.contains("panicked"), "{name}: {text}");
        assert!(code == usual || may_end_early, "{name}: {code} with a closed output, and {usual} with an open one");

        let (code, text) = run(&template.copy(), &case, &["--json"], full(), None);
        // One that is stopped may end before it has printed anything.
        if code != 0 || !case.is_until_stopped() {
            let expected = if is_error || usual > 1 { usual } else { Exit::Failed as i32 };
            assert_eq!(code, expected, "{name} on a full disk: {text}");
            assert!(text.contains("OUTPUT_FAILED") && text.contains("help:"), "{name} on a full disk: {text}");
        }
        if is_error {
            failed += 1;
        } else {
            done += 1;
        }
    }
    assert!(failed > 5 && done > 20, "{failed} commands ended with an error, and {done} without");
}

/// The help of every command, and a mistake in its words: one object with `--json`, and never a panic.
#[test]
fn usage_errors_and_help_are_one_object_each() {
    let folder = hibob_tests::setup::in_memory();
    let run = |words: &[&str]| program_in(folder.path(), "data", words).output().unwrap();
    let usage_error = |name: &str, output: &Output| {
        let object = object(name, &output.stdout);
        let error = &object["error"];
        assert_eq!((output.status.code(), &error["code"]), (Some(2), &json!("USAGE")), "{name}: {object}");
        let [message, remedy] = ["message", "remedy"].map(|part| error[part].as_str().unwrap());
        assert!(!message.is_empty() && remedy.contains("--help"), "{name}: {object}");
        assert!(output.stderr.is_empty(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    };
    for path in paths() {
        let name = path.join(" ");
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        usage_error(&name, &run(&[&words[..], &["--no-such-option", "--json"]].concat()));
        let help = run(&[&words[..], &["--help"]].concat());
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(help.status.success() && text.contains("Options of every command:"), "{name}: {text}");
        for (stdout, code) in [(closed(), 0), (full(), Exit::Failed as i32)] {
            let mut command = program_in(folder.path(), "data", &[&words[..], &["--help"]].concat());
            let status = command.stdout(stdout).stderr(closed()).status().unwrap();
            assert_eq!(status.code(), Some(code), "{name} --help");
        }
    }
    for case in cases().iter().filter(|case| !case.required.is_empty()) {
        let words: Vec<&str> = case.path.iter().map(String::as_str).collect();
        usage_error(&case.name(), &run(&[&words[..], &["--json"]].concat()));
    }
    usage_error("nothing", &run(&["--json"]));
    usage_error("a value", &run(&["serve", "--workers", "many", "--json"]));
    usage_error("a command", &run(&["sing", "--json"]));
    let error = object("a command", &run(&["snyc", "--json"]).stdout);
    assert!(error["error"]["remedy"].as_str().unwrap().contains("'sync'"), "{error}");
}

/// Where a command takes a tenant, `HIBOB_TENANT` names it as well as the argument does.
#[test]
fn the_variable_names_the_tenant_of_every_command() {
    let folder = hibob_tests::setup::in_memory();
    let object_of = |words: &[&str], tenant: Option<&str>| {
        let mut command = program_in(folder.path(), "data", words);
        if let Some(tenant) = tenant {
            command.env("HIBOB_TENANT", tenant);
        }
        let output = command.arg("--json").output().unwrap();
        (output.status.code(), object(&words.join(" "), &output.stdout))
    };
    let mut seen = 0;
    for case in cases().iter().filter(|case| case.takes_tenant && case.required.contains(&"acme".to_owned())) {
        let path: Vec<&str> = case.path.iter().map(String::as_str).collect();
        let others: Vec<&str> = case.required.iter().map(String::as_str).filter(|word| *word != "acme").collect();
        let named = object_of(&[&path[..], &["nobody"], &others].concat(), None);
        let of_variable = object_of(&[&path[..], &others].concat(), Some("nobody"));
        assert_eq!(named, of_variable, "{}", case.name());
        assert!(named.1.to_string().contains("nobody"), "{}: {}", case.name(), named.1);
        // What is named counts for more than the variable.
        assert_eq!(object_of(&[&path[..], &["nobody"], &others].concat(), Some("somebody")), named, "{}", case.name());
        seen += 1;
    }
    assert!(seen > 20, "only {seen} commands take a tenant");
    let numbered = |words: &[&str]| object_of(words, Some("nobody")).1.to_string();
    assert!(numbered(&["history", "3"]).contains("there is no tenant nobody"));
    assert!(numbered(&["--data", "data", "references", "issue", "1", "2"]).contains("there is no tenant nobody"));
}

/// Completions and manual pages have every command.
#[test]
fn completions_and_manual_pages_have_every_command() {
    let folder = hibob_tests::setup::in_memory();
    let run = |words: &[&str]| program_in(folder.path(), "data", words).output().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = String::from_utf8(run(&["completions", shell]).stdout).unwrap();
        for path in paths() {
            assert!(script.contains(path.last().unwrap()), "{shell} lacks {path:?}");
        }
        assert!(script.contains("allow-archiving") && script.contains("hibob"), "{shell}");
    }
    let written = object("man", &run(&["man", "--out", "pages/man1", "--json"]).stdout);
    assert!(written["pages"].as_u64().unwrap() as usize > paths().len(), "{written}");
    let page = |name: &str| std::fs::read_to_string(folder.path().join("pages/man1").join(name)).unwrap_or_default();
    assert!(page("hibob.1").contains(".TH"));
    for path in paths() {
        let page = page(&format!("hibob-{}.1", path.join("-")));
        assert!(page.contains(".SH SYNOPSIS"), "{path:?} has no page: {page}");
    }
}

/// A command that writes goes on to its end when nobody reads what it prints, and one that only reads does not.
#[test]
fn a_sync_goes_on_when_nobody_reads_and_a_list_does_not() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "20"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let code = |words: &[&str], stdout: Stdio| shell.command(words).stdout(stdout).status().unwrap().code();
    assert_eq!(code(&["sync", "acme"], closed()), Some(0));
    let runs = shell.json(&["history", "acme"]).1["runs"].as_array().unwrap().len();
    assert_eq!((runs, fakes.get("rest_url", "/_stand-in/requests")["writes"].as_u64().unwrap() > 15), (1, true));
    // A reference that is not accepted stays so, also where nobody reads why.
    std::fs::write(shell.path("no.json"), "{}").unwrap();
    let verify = ["verify", "no.json", "--offline"];
    assert_eq!((code(&verify, Stdio::null()), code(&verify, closed())), (Some(1), Some(1)));
    assert_eq!(code(&["history", "acme"], closed()), Some(0));
    assert_eq!(code(&["history", "acme"], full()), Some(5));
    assert_eq!(code(&["sync", "acme"], full()), Some(5));
    assert_eq!(shell.json(&["history", "acme"]).1["runs"].as_array().unwrap().len(), 2, "the sync was made");
}

/// Terminals that are none get neither colors nor a progress bar.
#[test]
fn pipes_get_neither_colors_nor_a_progress_bar() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    for words in [&["plan", "acme"][..], &["sync", "acme", "-v"], &["sing"], &["plan", "--help"]] {
        let output = shell.run(words);
        let all = [output.stdout, output.stderr].concat();
        assert!(!all.contains(&0x1b) && !all.contains(&b'\r'), "{words:?}: {}", String::from_utf8_lossy(&all));
    }
}

/// At a terminal too, if it says that it is a dumb one or if no colors are wanted.
#[test]
fn dumb_terminals_get_neither_colors_nor_a_progress_bar() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let at_a_terminal = |variable: (&str, &str)| {
        let command = shell.command(&["plan", "acme"]);
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        let line = format!("{} {}", command.get_program().to_string_lossy(), words.join(" "));
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).current_dir(shell.path(""));
        script.env("TERM", "xterm").env_remove("NO_COLOR").env(variable.0, variable.1).stdin(Stdio::null());
        let output = script.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        output.stdout
    };
    if !has_script() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: the program `script`, which makes a terminal, is not installed");
        return;
    }
    assert!(at_a_terminal(("TERM", "xterm")).contains(&0x1b), "a terminal gets colors");
    for variable in [("TERM", "dumb"), ("NO_COLOR", "1")] {
        let text = at_a_terminal(variable);
        assert!(!text.contains(&0x1b), "{variable:?}: {}", String::from_utf8_lossy(&text));
    }
}

pub(super) fn has_script() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("script").exists())
}

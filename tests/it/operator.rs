//! What whoever operates the program meets at the command line: a tenant that is busy, a job that is waited for, and the
//! people whom a safety check holds.

use super::cli::{Fakes, Shell};
use crate::serve::host::Site;
use hibob_store::queue::Selection;
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_meets_another_run_ends_with_7() {
    let site = Site::new().await;
    let _company = site.tenant("acme", "").await;
    let lease = site.data.control().lease("acme", "another host").await.unwrap();
    let (exit, report) = site.shell.json(&["sync", "acme"]);
    let told = (exit, &report["error"]["code"], report["created"].as_u64());
    assert_eq!(told, (7, &json!("ALREADY_RUNNING"), Some(0)), "{report}");
    let output = site.shell.run(&["sync", "acme"]);
    assert_eq!(output.status.code(), Some(7));
    assert!(output.stdout.starts_with(b"Not begun:"), "{}", String::from_utf8_lossy(&output.stdout));
    // What only reads does not mind.
    assert_eq!(site.shell.json(&["plan", "acme"]).0, 0);
    lease.release().await.unwrap();
    assert_eq!(site.shell.json(&["sync", "acme"]).0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_waited_for_gives_its_exit_code() {
    let site = Site::new().await;
    let company = site.tenant("acme", "").await;
    let host = site.serve(&["--workers", "1"]);
    let start = |kind: &str| site.shell.json(&["jobs", "start", "acme", kind, "--wait"]);
    let (exit, job) = start("check");
    assert_eq!((exit, &job["state"], &job["result"]["exit_code"]), (0, &json!("done"), &json!(0)), "{job}");
    let (exit, job) = start("sync");
    assert_eq!((exit, &job["result"]["run"]), (0, &json!(1)), "{job}");
    // That nobody knows whoever enabled it is a warning, which counts as an error where that is asked for.
    site.shell.run(&["tenant", "enable", "acme", "--by", "boss@elsewhere.example"]);
    let (exit, job) = start("sync");
    assert_eq!((exit, &job["state"], &job["result"]["warnings"]), (0, &json!("done"), &json!(1)), "{job}");
    let (exit, job) = site.shell.json(&["jobs", "start", "acme", "sync", "--wait", "--strict"]);
    assert_eq!((exit, &job["state"], &job["result"]["exit_code"]), (1, &json!("done"), &json!(0)), "{job}");
    company.world.lock().unwrap().hibob.employees.clear();
    let (exit, job) = start("sync");
    assert_eq!((exit, &job["state"]), (3, &json!("held")), "{job}");
    let output = site.shell.run(&["jobs", "start", "acme", "check", "--wait"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("is queued") && text.lines().last().unwrap().contains("done"), "{text}");
    drop(host);

    // No host takes this one, and somebody cancels it.
    let mut waiting = site.shell.command(&["jobs", "start", "acme", "sync", "--wait"]);
    let mut waiting = waiting.stdout(Stdio::null()).spawn().unwrap();
    let job = loop {
        let jobs = site.data.queue().list(Selection { tenant: None, ended_max: 0 }).await.unwrap();
        if let Some(job) = jobs.first() {
            break job.id;
        }
        tokio::task::yield_now().await;
    };
    site.data.queue().cancel(job).await.unwrap();
    assert_eq!(waiting.wait().unwrap().code(), Some(5));
}

/// The texts of a command's two outputs.
fn texts(output: Output) -> [String; 2] {
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
}

/// Plan and sync name all of the 76 people whom a guard holds; at a terminal the first 20, unless all are asked for.
#[test]
fn guards_name_everybody_whom_they_hold() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--scenario", "mass-leavers"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    assert_eq!(shell.json(&["sync", "acme"]).0, 0);
    let (exit, plan) = shell.json(&["plan", "acme"]);
    let held = plan["held"].as_array().unwrap();
    assert_eq!((exit, held.len(), &plan["guards"][0]["class"]), (3, 76, &json!("archiving")));
    assert!(plan["guards"][0]["remedy"].as_str().unwrap().contains("--allow-archiving 76"), "{}", plan["guards"]);
    let person = |row: &Value| {
        let [name, id] = ["display_name", "employee_id"].map(|part| row[part].as_str().unwrap());
        format!("    {name} (employee {id})")
    };
    let people: Vec<String> = held.iter().map(person).collect();
    let named =
        |text: &str| people.iter().filter(|person| text.lines().any(|line| line.trim_end() == **person)).count();

    let [_, stderr] = texts(shell.run(&["plan", "acme"]));
    assert_eq!(named(&stderr), 76, "{stderr}");
    let at_a_terminal = |words: &[&str]| {
        let command = shell.command(words);
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        let line = format!("{} {}", command.get_program().to_string_lossy(), words.join(" "));
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).current_dir(shell.path(""));
        texts(script.env("TERM", "dumb").stdin(Stdio::null()).output().unwrap())[0].replace('\r', "")
    };
    if super::every_command::has_script() {
        let text = at_a_terminal(&["plan", "acme"]);
        assert!(named(&text) == 20 && text.contains("    and 56 more: --all"), "{text}");
        assert_eq!(named(&at_a_terminal(&["plan", "acme", "--all"])), 76);
    }
    let [stdout, _] = texts(shell.run(&["sync", "acme"]));
    assert_eq!(named(&stdout), 76, "{stdout}");
    let (exit, report) = shell.json(&["sync", "acme"]);
    assert_eq!((exit, report["held"].as_array().map(Vec::len)), (3, Some(76)));
    assert!(
        report["held"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["display_name"].as_str().is_some_and(|name| !name.is_empty()))
    );
}

//! Tests of the commands of the references job, through the program.

use super::cli::{Fakes, Shell};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;

/// Makes a key and adds its record to the stand-in's DNS, as a person would.
fn make_key(shell: &Shell) {
    let output = shell.run(&["references", "key", "new", "acme", "--unpublished"]);
    assert!(output.status.success());
    let mut zone = std::fs::OpenOptions::new().create(true).append(true).open(shell.path("acme.zone")).unwrap();
    zone.write_all(&output.stdout).unwrap();
}

/// A key signs nothing before its DNS record was seen: the first one begins with the run that sees it, the next one with
/// `rotate`. With --unpublished that is not looked at.
#[test]
fn a_key_does_not_sign_before_its_record_was_seen() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let dns = fakes.text("dns");
    let json = |args: &[&str]| {
        let mut command = shell.command(&[args, &["--json"]].concat());
        let output = command.env("HIBOB_DNS", &dns).output().unwrap();
        (output.status.code().unwrap(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let publish = |record: &[u8]| {
        let zone = std::fs::OpenOptions::new().create(true).append(true).open(shell.path("acme.zone"));
        zone.unwrap().write_all(record).unwrap();
    };
    let one = shell.run(&["references", "key", "new", "acme", "--selector", "one"]).stdout;
    assert!(String::from_utf8_lossy(&one).contains("one  signs once a run has seen its DNS record"));
    let (exit, refused) = json(&["references", "acme"]);
    let error = &refused["error"];
    assert!(exit == 2 && error["message"].as_str().unwrap().contains("no DNS record one._"), "{refused}");
    assert!(error["remedy"].as_str().unwrap().contains("key rotate acme --unpublished"), "{refused}");
    publish(&one);
    assert_eq!(json(&["references", "acme"]).0, 0);
    let state = |keys: &Value, at: usize| keys["keys"][at]["state"].as_str().unwrap().to_owned();
    assert_eq!(state(&json(&["references", "key", "list", "acme"]).1, 0), "signs");

    let two = shell.run(&["references", "key", "new", "acme", "--selector", "two"]).stdout;
    assert_eq!(json(&["references", "key", "rotate", "acme"]).0, 2);
    assert_eq!(state(&json(&["references", "key", "list", "acme"]).1, 1), "waits for rotate");
    publish(&two);
    assert_eq!(json(&["references", "key", "rotate", "acme"]).0, 0);
    assert_eq!(json(&["references", "key", "new", "acme", "--selector", "three"]).0, 0);
    assert_eq!(json(&["references", "key", "rotate", "acme", "--unpublished"]).0, 0);
    let (_, list) = json(&["references", "key", "list", "acme"]);
    let states: Vec<_> = list["keys"].as_array().unwrap().iter().map(|key| (&key["selector"], &key["state"])).collect();
    assert!(states.contains(&(&"three".into(), &"signs".into())), "{states:?}");
}

/// The attachment of a mail with this file name ending.
fn attachment(shell: &Shell, mail: usize, ending: &str) -> PathBuf {
    let folder = std::fs::read_dir(shell.path(&format!("acme.mail/{mail}"))).unwrap();
    let mut files = folder.map(|entry| entry.unwrap().path());
    files.find(|path| path.to_string_lossy().ends_with(ending)).unwrap()
}

fn counts(report: &Value) -> [u64; 4] {
    ["issued", "delivered", "waiting", "refused"].map(|name| report[name].as_u64().unwrap())
}

#[test]
fn from_the_first_run_to_a_revocation() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--scenario", "day-two"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let (exit, report) = shell.json(&["references", "acme"]);
    assert_eq!(exit, 2);
    assert!(report["error"]["remedy"].as_str().unwrap().contains("hibob references key new acme"), "{report}");
    make_key(&shell);
    let (exit, report) = shell.json(&["references", "acme"]);
    assert_eq!((exit, report["is_baseline"].as_bool(), report["employees"].as_u64()), (0, Some(true), Some(250)));

    // The stand-in makes the day's changes at the first search after the first write.
    shell.run(&["sync", "acme"]);
    shell.run(&["sync", "acme"]);
    let (exit, report) = shell.json(&["references", "acme"]);
    assert_eq!((exit, counts(&report)), (0, [1, 1, 0, 0]), "{report}");
    let text = String::from_utf8(shell.run(&["references", "acme"]).stdout).unwrap();
    assert!(text.contains("Done: 0 issued"), "{text}");
    let (_, list) = shell.json(&["references", "list", "acme"]);
    let [reference] = list["references"].as_array().unwrap().as_slice() else { panic!("{list}") };
    assert_eq!((&reference["state"], &reference["delivery"]["state"]), (&json!("valid"), &json!("delivered")));
    let name = reference["name"].as_str().unwrap();
    let text = String::from_utf8(shell.run(&["references", "list", "acme"]).stdout).unwrap();
    assert!(text.contains(name) && text.contains("delivered 20"), "{text}");

    let dns = fakes.text("dns");
    let verify = |ending: &str| {
        let file = attachment(&shell, 1, ending);
        shell.json(&["verify", file.to_str().unwrap(), "--dns", &dns, "--published", "public"])
    };
    let (exit, published) = shell.json(&["references", "publish", "acme", "public"]);
    assert_eq!((exit, published["published"]["references"].as_u64()), (0, Some(1)));
    for ending in [".pdf", ".json"] {
        let (exit, verdict) = verify(ending);
        assert_eq!((exit, &verdict["verdict"]), (0, &json!("gold")), "{verdict}");
        assert_eq!(verdict["reference"]["name"].as_str(), Some(name));
    }

    let id = reference["id"].as_str().unwrap();
    let (exit, error) = shell.json(&["references", "revoke", "acme", "6f1c", "--reason", "by mistake"]);
    assert_eq!((exit, &error["error"]["code"]), (2, &json!("CONFIGURATION")));
    // Its beginning is enough, where no other reference begins so.
    for (before, id) in [(false, &id[..6]), (true, id)] {
        let (exit, revoked) = shell.json(&["references", "revoke", "acme", id, "--reason", "by mistake"]);
        assert_eq!((exit, revoked["was_revoked_before"].as_bool()), (0, Some(before)));
        assert_eq!(revoked["reference"], reference["id"]);
    }
    assert_eq!(verify(".pdf").1["verdict"], "gold", "the revocation is not visible before it is published");
    shell.run(&["references", "publish", "acme", "public"]);
    assert_eq!((verify(".pdf").0, &verify(".json").1["verdict"]), (1, &json!("revoked")));
    // The history has the runs.
    let text = String::from_utf8(shell.run(&["history", "acme"]).stdout).unwrap();
    assert!(text.contains("references") && text.contains("1 issued, 1 delivered"), "{text}");
}

#[test]
fn keys_are_made_listed_rotated_and_revoked() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    assert_eq!(shell.json(&["references", "key", "rotate", "acme"]).0, 2);
    let key = |args: &[&str]| {
        let (exit, keys) = shell.json(&[&["references", "key"], args].concat());
        assert_eq!(exit, 0, "{keys}");
        let keys = keys["keys"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| format!("{} {}", key["selector"].as_str().unwrap(), key["state"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(key(&["new", "acme", "--selector", "One", "--unpublished"]), ["one signs"]);
    assert_eq!(key(&["new", "acme", "--selector", "two"]), ["two waits for rotate"]);
    assert_eq!(shell.json(&["references", "key", "new", "acme"]).0, 2);
    assert_eq!(key(&["rotate", "acme", "--unpublished"]), ["two signs"]);
    assert_eq!(key(&["list", "acme"]), ["one retired; keep its record", "two signs"]);
    for args in [&["revoke", "acme", "one"][..], &["rotate", "acme"]] {
        let (exit, refused) = shell.json(&[&["references", "key"], args].concat());
        let remedy = refused["error"]["remedy"].as_str().unwrap();
        assert!(exit == 2 && remedy.ends_with(&format!("key {} --yes", args.join(" "))), "{refused}");
    }
    assert_eq!(key(&["list", "acme"]), ["one retired; keep its record", "two signs"]);
    assert_eq!(key(&["revoke", "acme", "one", "--yes"]), ["one revoked"]);
    for selector in ["two", "a-b", ""] {
        let (exit, error) = shell.json(&["references", "key", "new", "acme", "--selector", selector]);
        assert_eq!((exit, error["error"]["remedy"].is_string()), (2, true), "{selector}: {error}");
    }
    let text = String::from_utf8(shell.run(&["references", "key", "list", "acme"]).stdout).unwrap();
    assert!(text.contains("two._refpassport.acme.example TXT \"v=refpassport1; k=ed25519; p="), "{text}");
}

#[test]
fn a_mail_server_that_refuses_is_reported_without_the_address() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "40", "--mail", "refuse"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    make_key(&shell);
    let employees = fakes.get("hibob_url", "/_stand-in/state");
    let left = |employee: &&Value| employee["lifecycleStatus"] == "terminated";
    let leaver = employees["employees"].as_array().unwrap().iter().find(left).unwrap();
    let id = leaver["id"].as_str().unwrap();
    std::fs::write(shell.path("ids"), format!("{id}\n\n")).unwrap();
    let (exit, report) = shell.json(&["references", "issue", "acme", "--employees-from", "ids"]);
    assert_eq!((exit, counts(&report)), (1, [1, 0, 0, 1]), "{report}");
    assert_eq!(report["errors"][0]["code"], "DELIVERY_REFUSED");
    assert!(!report.to_string().contains('@') && report.to_string().contains("550"), "{report}");
    let (_, list) = shell.json(&["references", "list", "acme"]);
    assert!(!list.to_string().contains('@'), "{list}");
    // The delivery is tried again by name.
    let reference = list["references"][0]["id"].as_str().unwrap();
    let (exit, report) = shell.json(&["references", "deliver", "acme", reference]);
    assert_eq!((exit, counts(&report)), (1, [0, 0, 0, 1]));
}

/// Warnings end a run with the exit code of errors only where that is asked for.
#[test]
fn warnings_count_as_errors_where_that_is_asked_for() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--scenario", "empty"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    make_key(&shell);
    shell.run(&["sync", "acme"]);
    for (args, code) in [(&["references", "acme"][..], 0), (&["references", "acme", "--strict"], 1)] {
        let (exit, report) = shell.json(args);
        assert_eq!((exit, report["warnings"][0]["code"].as_str()), (code, Some("NO_EMPLOYEES")), "{report}");
    }
}

//! Tests of the record of what was done, by commands and through the API.

use crate::api::{Host, tenant, token};
use crate::cli::Shell;
use crate::secrets::with_input;
use serde_json::{Value, json};

fn rows(shell: &Shell, args: &[&str]) -> Vec<Value> {
    let (exit, object) = shell.json(&[&["audit"], args].concat());
    assert_eq!(exit, 0, "{object}");
    object["audit"].as_array().unwrap().clone()
}

/// Action, tenant, object, outcome and code of each row, the oldest first.
fn told(rows: &[Value]) -> Vec<String> {
    let text = |row: &Value| {
        let words =
            ["action", "tenant", "object", "outcome", "code"].map(|key| row[key].as_str().unwrap_or("-").to_owned());
        words.join(" ")
    };
    rows.iter().rev().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_change_something_are_recorded_and_those_that_read_are_not() {
    let shell = Shell::new();
    let _server = tenant(&shell, "acme").await;
    for args in [
        &["sync", "acme", "--allow-archiving", "3", "--allow-changed-source"][..],
        &["jobs", "start", "acme", "sync", "--allow-archiving", "2", "--requested-by", "ana@acme.example"],
        &["jobs", "cancel", "1"],
        &["tenant", "disable", "acme"],
        &["tenant", "enable", "acme", "--by", "boss@acme.example"],
        &["plan", "acme", "--out", "acme.plan"],
        &["apply", "acme.plan"],
        &["secret", "set", "acme", "a-token-given-as-a-name"],
        &["secret", "set", "a token given as a tenant", "hibob.token"],
        &["references", "acme", "--allow-issuing", "4"],
        &["references", "issue", "acme", "2712345678901234567"],
        &["plugin", "trust", &format!("sha256:{}", "0".repeat(64))],
        &["backup", "copy"],
        &["tenant", "forget", "acme"],
    ] {
        shell.json(args);
    }
    let secret = with_input(&mut shell.command(&["secret", "set", "acme", "hibob.token"]), "a-token-of-hibob");
    assert!(secret.status.success());
    let recorded = rows(&shell, &[]);
    let expected = [
        "tenant-apply acme - done -",
        "sync acme --allow-archiving 3 --allow-changed-source done -",
        "jobs-start acme sync --allow-archiving 2 done -",
        "jobs-cancel - 1 done -",
        "tenant-disable acme - done -",
        "tenant-enable acme - done -",
        "apply acme - done -",
        "secret-set acme - refused CONFIGURATION",
        "secret-set - hibob.token refused CONFIGURATION",
        "references acme --allow-issuing 4 refused configuration",
        "references-issue acme - refused configuration",
        &format!("plugin-trust - sha256:{} done -", "0".repeat(64)),
        "backup - - done -",
        "tenant-forget acme - refused CONFIGURATION",
        "secret-set acme hibob.token done -",
    ];
    assert_eq!(told(&recorded), expected);
    let user = recorded[0]["os_user"].as_str().unwrap();
    let is_command = |row: &Value| row["actor"] == "command-line" && row["os_user"] == user && row["at"].is_i64();
    assert!(!user.is_empty() && recorded.iter().all(is_command), "{recorded:#?}");
    let asked = |action: &str| recorded.iter().find(|row| row["action"] == action).unwrap()["asked_by"].clone();
    assert_eq!([asked("jobs-start"), asked("tenant-enable")], ["ana@acme.example", "boss@acme.example"]);
    // Neither a secret nor an employee is in it.
    let all = json!(recorded).to_string();
    assert!(
        !all.contains("given as a") && !all.contains("given-as-a") && !all.contains("2712345678901234567"),
        "{all}"
    );

    for args in [
        &["tenant", "list"][..],
        &["tenant", "show", "acme"],
        &["secret", "list", "acme"],
        &["check", "acme"],
        &["plan", "acme"],
        &["employees", "acme"],
        &["history", "acme"],
        &["plans", "acme"],
        &["jobs"],
        &["token", "list"],
        &["forgotten", "acme"],
        &["references", "list", "acme"],
        &["references", "key", "list", "acme"],
        &["plugin", "inspect"],
        &["plugin", "trust", "--list"],
        &["audit"],
    ] {
        shell.json(args);
    }
    assert_eq!(rows(&shell, &[]), recorded);
    let text = String::from_utf8(shell.run(&["audit", "--tenant", "acme", "--limit", "13"]).stdout).unwrap();
    assert_eq!(text.lines().count(), 13 - 1, "{text}");
    assert!(text.contains(&format!("tenant-enable acme  by {user} for boss@acme.example")), "{text}");
    assert_eq!(rows(&shell, &["--tenant", "globex"]), [Value::Null; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_and_requests_are_listed_together() {
    let shell = Shell::new();
    let _server = tenant(&shell, "acme").await;
    let operator = token(&shell, &["--role", "operator"]);
    let host = Host::start(&shell, &[]);
    assert_eq!(host.json(&operator, "POST", "/v1/tenants/acme/jobs", r#"{"kind":"check"}"#).0, 202);
    assert_eq!(shell.json(&["token", "revoke", &operator[4..16]]).0, 0);
    let id = &operator[4..16];
    let recorded = rows(&shell, &[]);
    let expected = [
        "tenant-apply acme - done -".to_owned(),
        format!("token-new - {id} done -"),
        "start-job acme - done -".to_owned(),
        format!("token-revoke - {id} done -"),
    ];
    assert_eq!(told(&recorded), expected);
    assert_eq!((&recorded[1]["actor"], &recorded[1]["os_user"]), (&json!(id), &Value::Null));
    assert!(recorded[0]["os_user"].is_string() && recorded[0]["actor"] == "command-line");
    let text = String::from_utf8(shell.run(&["audit", "--limit", "2"]).stdout).unwrap();
    assert!(text.contains(&format!("start-job acme  by token {id} (operator)")), "{text}");
}

/// A backup is taken while its own command goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_is_recorded_in_the_new_data() {
    let shell = Shell::new();
    let _server = tenant(&shell, "acme").await;
    assert_eq!(shell.json(&["backup", "copy"]).0, 0);
    let restore = ["restore", "copy", "--nobody-forgotten"];
    assert_eq!(shell.command_in("other", &restore).output().unwrap().status.code(), Some(0));
    let output = shell.command_in("other", &["audit", "--json"]).output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = ["tenant-apply acme - done -", "backup - - begun -", "restore - - done -"];
    assert_eq!(told(object["audit"].as_array().unwrap()), expected);
}

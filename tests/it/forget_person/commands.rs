//! Tests of the commands for erasing and lifting.

use super::found;
use crate::cli::{Fakes, Shell};
use serde_json::json;

#[test]
fn a_person_is_erased_listed_and_lifted_by_commands() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    assert_eq!(shell.json(&["sync", "acme"]).0, 0);
    assert_eq!(shell.json(&["backup", "copy"]).0, 0);
    let (_, plan) = shell.json(&["employees", "acme"]);
    let id = plan["employees"].as_array().unwrap().iter().find(|row| row["state"] == "synced").unwrap()["employee_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (exit, error) = shell.json(&["forget-person", "acme", &id]);
    assert!(exit == 2 && error["error"]["remedy"].as_str().unwrap().contains("--yes"), "{error}");
    let said = shell.run(&["forget-person", "acme", &id, "--yes", "--by", "hr@acme.example"]);
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(said.status.success() && !text.contains(&id), "{text}");
    for line in ["1 accounts taken out", "1 entries of the plugin", "the account in TravelPerk", "forgotten.list"] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert_eq!(found(&shell.path("data"), &[&id]), [""; 0]);
    let (exit, listed) = shell.json(&["forgotten", "acme"]);
    let rows = listed["forgotten"].as_array().unwrap();
    assert_eq!((exit, rows.len(), &rows[0]["lifted"], &rows[0]["times"]), (0, 1, &json!(false), &json!(1)));
    let (_, report) = shell.json(&["sync", "acme"]);
    assert_eq!((&report["forgotten"], &report["adopted"]), (&json!(1), &json!(0)), "{report}");
    let text = String::from_utf8(shell.run(&["plan", "acme"]).stdout).unwrap();
    assert!(text.contains("1 forgotten, and left out") && !text.contains(&id), "{text}");

    // A restore needs the erasure list, or a statement that there is none.
    let restore = |data: &str, args: &[&str]| {
        let output = shell.command_in(data, &[&["restore", "copy"], args].concat()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (exit, error) = restore("other", &[]);
    assert!(exit == 2 && error.contains("--forgotten FILE") && error.contains("--nobody-forgotten"), "{error}");
    assert!(!shell.path("other").exists());
    assert_eq!(restore("other", &["--forgotten", "data/forgotten.list"]).0, 0);
    let output = shell.command_in("other", &["forgotten", "acme", "--json"]).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains(rows[0]["person"].as_str().unwrap()));
    assert_eq!(found(&shell.path("other"), &[&id]), [""; 0]);

    assert_eq!(shell.json(&["forget-person", "acme", &id, "--lift"]), (0, json!({ "tenant": "acme", "lifted": true })));
    assert_eq!(shell.json(&["forget-person", "acme", &id, "--lift"]).1["lifted"], false);
    assert_eq!(shell.json(&["sync", "acme"]).1["adopted"], 1);
    // When the tenant is removed, its entries in the erasure list are removed too.
    assert_eq!(shell.json(&["tenant", "forget", "acme", "--yes"]).0, 0);
    shell.run(&["tenant", "apply", "acme.toml"]);
    assert_eq!(shell.json(&["forgotten", "acme"]).1["forgotten"], json!([]));
}

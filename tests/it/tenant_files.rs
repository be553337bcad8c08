//! Tests of the commands that store tenants' configurations: checking, differences, versions, and the first file.

use crate::cli::Shell;
use serde_json::{Value, json};
use std::fs;

const FILE: &str = "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S-1\"\ntoken = \"store\"\n\
                    [travelperk]\nscim_url = \"https://app.perk.com/api/v2/scim\"\nkey = \"store\"\n";

/// Writes `acme.toml` and applies it with these options.
fn apply(shell: &Shell, text: &str, options: &[&str]) -> (i32, Value) {
    fs::write(shell.path("acme.toml"), text).unwrap();
    shell.json(&[&["tenant", "apply", "acme.toml"], options].concat())
}

fn keys(object: &Value) -> Vec<&str> {
    object["changes"].as_array().unwrap().iter().map(|change| change["key"].as_str().unwrap()).collect()
}

/// A wrong value for each key of the schema, in the schema's own terms.
fn wrong_value(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("integer") => json!(schema["maximum"].as_u64().unwrap() + 1),
        Some("boolean") => json!("perhaps"),
        Some("array") => json!("no list"),
        _ => json!(["no text"]),
    }
}

/// Sets a value in a configuration, and makes the tables that it needs.
fn set(config: &mut Value, path: &[String], value: Value) {
    match path {
        [] => *config = value,
        [name, rest @ ..] => {
            if config.is_null() {
                *config = json!({});
            }
            set(&mut config[name.as_str()], rest, value);
        }
    }
}

/// Every key of the schema with its path.
fn leaves(path: &[String], schema: &Value, found: &mut Vec<(Vec<String>, Value)>) {
    let Some(properties) = schema["properties"].as_object().filter(|_| schema["type"] == "object") else {
        if !path.is_empty() {
            found.push((path.to_vec(), schema.clone()));
        }
        return;
    };
    for (name, schema) in properties {
        leaves(&[path, std::slice::from_ref(name)].concat(), schema, found);
    }
}

/// For each key that the program's own schema has: a value that it does not take is refused with the key's line, and a
/// slip in its name is told from it. A new key is in this test by itself.
#[test]
fn every_key_refuses_a_wrong_value_and_a_misspelt_name_with_its_line() {
    let shell = Shell::new();
    let schema: Value = serde_json::from_slice(&shell.run(&["tenant", "schema"]).stdout).unwrap();
    let mut keys = Vec::new();
    leaves(&[], &schema, &mut keys);
    assert!(keys.len() > 100, "{}", keys.len());
    let base: Value = serde_json::to_value(toml::from_str::<toml::Table>(FILE).unwrap()).unwrap();
    for (path, schema) in &keys {
        let name = path.join(".");
        // A list of tables is wrong as a whole; maps of names take every name.
        let is_free = schema["additionalProperties"].is_object();
        for (path, value) in [
            (path.clone(), if is_free { json!("no table") } else { wrong_value(schema) }),
            ([&path[..path.len() - 1], &[format!("{}x", path.last().unwrap())]].concat(), json!(1)),
        ] {
            let mut config = base.clone();
            set(&mut config, &path, value);
            let text = toml::to_string(&config).unwrap();
            let (exit, error) = apply(&shell, &text, &["--yes"]);
            let settings = error["error"]["settings"].as_array().unwrap_or_else(|| panic!("{name}: {error}"));
            let wanted = path.join(".");
            let found = settings.iter().find(|setting| setting["key"] == wanted.as_str());
            let found = found.unwrap_or_else(|| panic!("{wanted}: {error}"));
            let line = usize::try_from(found["line"].as_u64().unwrap()).unwrap();
            let at = text.lines().nth(line - 1).unwrap();
            assert!(at.contains(path.last().unwrap().as_str()), "{wanted} is not in line {line}: {at}");
            assert!(!found["remedy"].as_str().unwrap().is_empty());
            assert_eq!((exit, error["error"]["code"].as_str()), (2, Some("CONFIGURATION")));
        }
    }
    // Nothing of all that was stored.
    assert_eq!(shell.json(&["tenant", "list"]).1, json!({ "tenants": [] }));
}

#[test]
fn a_wrong_file_replaces_nothing_and_every_mistake_is_named() {
    let shell = Shell::new();
    assert_eq!(apply(&shell, FILE, &[]).0, 0);
    fs::write(
        shell.path("acme.toml"),
        format!("{FILE}[sync]\ndefault_language = \"klingon\"\ndetails = [\"titel\"]\ntime_zone = \"Mars/Base\"\n"),
    )
    .unwrap();
    let output = shell.run(&["tenant", "apply", "acme.toml"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    for words in [
        "acme.toml:10: sync.default_language is `klingon`",
        "acme.toml:11: sync.details has `titel`",
        "did you mean `title`?",
        "acme.toml:12: sync.time_zone is `Mars/Base`",
    ] {
        assert!(text.contains(words), "{words} is not in:\n{text}");
    }
    let shown: Value = shell.json(&["tenant", "show", "acme"]).1;
    assert!(shown.to_string().contains("S-1") && !shown.to_string().contains("klingon"));
    assert_eq!(apply(&shell, FILE, &[]).1["version"], 1);
}

#[test]
fn applying_shows_what_changes_and_asks_where_something_is_lost() {
    let shell = Shell::new();
    let whole = format!("{FILE}[sync]\nsites = [\"London\"]\n[safety]\nadmins = [\"ana@acme.example\"]\n");
    assert_eq!(apply(&shell, &whole, &["--yes"]).1["new"], true);
    // The same again changes nothing.
    let (exit, again) = apply(&shell, &whole, &[]);
    assert_eq!((exit, &again["version"], keys(&again).len()), (0, &json!(1), 0));
    let text = String::from_utf8(shell.run(&["tenant", "apply", "acme.toml"]).stdout).unwrap();
    assert!(text.contains("tenant acme unchanged"), "{text}");
    // A command sets what the file does not name; the file keeps it.
    assert!(shell.run(&["tenant", "enable", "acme", "--by", "ana@acme.example"]).status.success());
    let (exit, more) = apply(&shell, &whole.replace("[\"London\"]", "[\"London\", \"Madrid\"]"), &[]);
    assert_eq!((exit, &more["kept"], keys(&more)), (0, &json!(["enabled_by"]), vec!["sync.sites"]));
    assert_eq!(shell.json(&["tenant", "show", "acme"]).1["enabled_by"], "ana@acme.example");
    // What is lost is not stored without a yes.
    let (exit, refused) = apply(&shell, FILE, &[]);
    let message = refused["error"]["message"].as_str().unwrap();
    assert_eq!(exit, 2);
    assert!(
        message.contains("safety.admins loses ana@acme.example") && message.contains("sync.sites is removed"),
        "{message}"
    );
    assert!(refused["error"]["remedy"].as_str().unwrap().contains("--yes"));
    let (exit, would) = apply(&shell, FILE, &["--dry-run"]);
    assert_eq!((exit, would["losses"].as_array().unwrap().len()), (0, 2));
    assert_eq!(shell.json(&["tenant", "show", "acme"]).1["safety"]["admins"], json!(["ana@acme.example"]));
    assert_eq!(apply(&shell, FILE, &["--yes"]).0, 0);
    assert_eq!(shell.json(&["tenant", "show", "acme"]).1["safety"]["admins"], json!([]));
}

#[test]
fn an_earlier_configuration_is_brought_back() {
    let shell = Shell::new();
    for (user, version) in [("S-1", 1), ("S-2", 2), ("S-3", 3)] {
        assert_eq!(apply(&shell, &FILE.replace("S-1", user), &[]).1["version"], version);
    }
    let listed = shell.json(&["tenant", "versions", "acme"]).1;
    let numbers: Vec<i64> =
        listed["versions"].as_array().unwrap().iter().map(|row| row["version"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(listed["versions"][0]["changes"][0]["before"], "\"S-2\"");
    let (exit, back) = shell.json(&["tenant", "rollback", "acme"]);
    assert_eq!((exit, &back["version"]), (0, &json!(4)));
    assert_eq!(shell.json(&["tenant", "show", "acme"]).1["hibob"]["service_user"], "S-2");
    assert_eq!(shell.json(&["tenant", "rollback", "acme", "--to", "1"]).0, 0);
    assert_eq!(shell.json(&["tenant", "show", "acme"]).1["hibob"]["service_user"], "S-1");
    let (exit, error) = shell.json(&["tenant", "rollback", "acme", "--to", "99"]);
    assert_eq!((exit, error["error"]["message"].as_str()), (2, Some("tenant acme has no version 99")));
    assert_eq!(shell.json(&["tenant", "versions", "nobody"]).0, 2);
}

#[test]
fn the_first_file_is_written_from_options_and_applied_as_it_is() {
    let shell = Shell::new();
    let init = ["tenant", "init", "acme", "--service-user", "SERVICE-1", "--time-zone", "Europe/Madrid"];
    let (exit, written) = shell.json(&init);
    assert_eq!((exit, &written), (0, &json!({ "tenant": "acme", "file": "acme.toml" })));
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    assert_eq!(shell.json(&["tenant", "show", "acme"]).1["sync"]["time_zone"], "Europe/Madrid");
    // A file that is there is not written over.
    let (exit, error) = shell.json(&init);
    assert_eq!((exit, error["error"]["message"].as_str()), (2, Some("acme.toml is there already")));
    for (options, words) in [
        (vec!["tenant", "init", "acme"], "--service-user is missing"),
        (vec!["tenant", "init", "ACME", "--service-user", "S"], "which is not a tenant id"),
        (vec!["tenant", "init", "b", "--service-user", "S", "--time-zone", "madrid"], "which is not a time zone"),
    ] {
        let (exit, error) = shell.json(&options);
        assert!(exit == 2 && error["error"]["message"].as_str().unwrap().contains(words), "{options:?}: {error}");
    }
    let only = [
        "tenant",
        "init",
        "b",
        "--service-user",
        "S",
        "--references-only",
        "--domain",
        "b.example",
        "--company",
        "B Ltd",
    ];
    assert_eq!(shell.json(&only).0, 0);
    assert_eq!(shell.json(&["tenant", "apply", "b.toml"]).0, 0);
    let shown = shell.json(&["tenant", "show", "b"]).1;
    assert_eq!((&shown["references"]["name"], &shown["travelperk"]), (&json!("B Ltd"), &Value::Null));
}

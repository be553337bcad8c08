//! Tests that people are named beside their ids, wherever people read about them.

use crate::api::{Host, token};
use crate::cli::{Fakes, Shell};
use calamine::{Reader, Xlsx};
use serde_json::Value;
use std::io::Cursor;

#[test]
fn an_error_about_somebody_has_name_and_id_wherever_it_is_read() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--scenario", "day-two"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    assert_eq!(shell.json(&["sync", "acme"]).0, 0);
    let text = |args: &[&str]| {
        let output = shell.run(args);
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    let planned = text(&["plan", "acme"]);
    let (exit, report) = shell.json(&["sync", "acme"]);
    assert_eq!(exit, 1, "{report}");
    let row = &report["errors"][0];
    let id = row["employee_id"].as_str().unwrap();
    let (_, failed) = shell.json(&["employees", "acme", "--state", "failed"]);
    assert_eq!(failed["employees"][0]["employee_id"], *id, "{failed}");
    let name = failed["employees"][0]["display_name"].as_str().unwrap();
    assert!(!name.contains(id), "{failed}");
    let line = format!("{name}: the work email is missing in HiBob");
    assert_eq!(row["message"], *line, "{report}");
    let with_id = format!("employee {id}: {line}");
    for shown in [planned, text(&["sync", "acme"]), text(&["history", "acme", "2"]), text(&["check", "acme"])] {
        assert!(shown.contains(&with_id), "{with_id} is not in\n{shown}");
    }
    // A list that has the name already does not repeat it.
    let listed = text(&["employees", "acme", "--state", "failed"]);
    let of_them: Vec<&str> = listed.lines().filter(|line| line.contains(name)).collect();
    assert!(of_them.len() == 1 && of_them[0].starts_with(id), "{listed}");
    assert!(listed.contains("MISSING_EMAIL: the work email is missing in HiBob"), "{listed}");

    assert_eq!(shell.json(&["history", "acme", "2", "--xlsx", "run.xlsx"]).0, 0);
    let reader = token(&shell, &["--role", "reader", "--tenant", "acme"]);
    let host = Host::start(&shell, &[]);
    let (_, run) = host.json(&reader, "GET", "/v1/tenants/acme/runs/2", "");
    assert_eq!(run["report"]["errors"][0], *row);
    let (_, _, book) = host.ask(&reader, "GET", "/v1/tenants/acme/runs/2/workbook", "");
    for bytes in [std::fs::read(shell.path("run.xlsx")).unwrap(), book] {
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
        let errors = book.worksheet_range("Errors").unwrap();
        let cells: Vec<String> = errors.rows().flatten().map(ToString::to_string).collect();
        assert!(cells.contains(&line) && cells.contains(&id.to_owned()), "{cells:?}");
    }
    // In what is not encrypted there is no name.
    let (_, metrics) = shell.json(&["sync", "acme", "--metrics-file", "acme.prom"]);
    assert_eq!(metrics["errors"][0]["message"], *line);
    assert!(!std::fs::read_to_string(shell.path("acme.prom")).unwrap().contains(name));
    let database = std::fs::read(shell.path("data/tenants/acme.db")).unwrap();
    let family = name.split_whitespace().last().unwrap();
    let missing = format!("{family}: the work email");
    assert!(!database.windows(missing.len()).any(|window| window == missing.as_bytes()));
}

/// References: whose they are stands in the history, and not only their ids.
#[test]
fn the_history_of_references_names_the_people() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--scenario", "day-two"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    assert!(shell.run(&["references", "key", "new", "acme", "--unpublished"]).status.success());
    assert_eq!(shell.json(&["references", "acme"]).0, 0);
    shell.run(&["sync", "acme"]);
    shell.run(&["sync", "acme"]);
    let (exit, report) = shell.json(&["references", "acme"]);
    assert_eq!((exit, report["issued"].as_u64(), report["delivered"].as_u64()), (0, Some(1), Some(1)), "{report}");
    let (_, list) = shell.json(&["references", "list", "acme"]);
    let name = list["references"][0]["name"].as_str().unwrap();
    let (_, run) = shell.json(&["history", "acme", &report["run"].to_string()]);
    let updates = run["updates"].as_array().unwrap();
    let names: Vec<&Value> = updates.iter().map(|row| &row["name"]).collect();
    assert_eq!(names, [name, name], "{run}");
}

/// A plan says whom a change waits for, by name.
#[test]
fn a_plan_names_the_changes_that_a_change_waits_for() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "20"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let (_, plan) = shell.json(&["plan", "acme"]);
    let changes = plan["changes"].as_array().unwrap();
    let named = |id: &Value| {
        let change = changes.iter().find(|change| change["id"] == *id).unwrap();
        format!("{} ({})", change["display_name"].as_str().unwrap(), id.as_str().unwrap())
    };
    let text = String::from_utf8(shell.run(&["plan", "acme", "--all"]).stdout).unwrap();
    let waiting: Vec<String> = changes
        .iter()
        .flat_map(|change| ["depends_on", "after"].map(|key| change[key].as_array().cloned().unwrap_or_default()))
        .flatten()
        .map(|id| named(&id))
        .collect();
    assert!(!waiting.is_empty());
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("    after ")).collect();
    for one in waiting {
        assert!(lines.iter().any(|line| line.contains(&one)), "{one} is not in\n{}", lines.join("\n"));
    }
}

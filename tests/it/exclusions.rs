//! Tests of who is left out of the sync by settings, and of names that are read from other fields.

use super::sync::employee;
use crate::cli::{Fakes, Shell};
use hibob_base::error::Exit;
use hibob_fakes::company::Employee;
use hibob_jobs::history::error_lines;
use hibob_jobs::run::Report;
use hibob_tests::setup::{Setup, today};
use serde_json::json;

const KIND: &str = "payroll.employment.type";

/// Five employees: the last three are excluded by domain, by id, and by the kind of their employment.
async fn company() -> Setup {
    let with_kind = |mut person: Employee, kind: &str| {
        person.overrides.insert(KIND.to_owned(), json!(kind));
        person
    };
    let people = vec![
        with_kind(employee("1", "Ana", "ana@acme.example"), "Permanent"),
        with_kind(employee("2", "Ben", "ben@acme.example"), "Permanent"),
        with_kind(employee("3", "Cy", "cy@Agency.example"), "Permanent"),
        with_kind(employee("4", "Di", "di@acme.example"), "Permanent"),
        with_kind(employee("5", "Ed", "ed@acme.example"), "Contractor"),
    ];
    Setup::of(people).await
}

const EXCLUDED: &str = "[sync.exclude]\nemployees = [\"4\"]\nemail_domains = [\"agency.example\"]\n\
                        fields = [\"payroll.employment.type = contractor\"]\n";

fn excluded(report: &Report) -> Vec<(&str, &str)> {
    report.excluded.iter().map(|row| (row.employee_id.as_deref().unwrap(), row.code.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_excluded_gets_no_account_and_is_named() {
    let setup = company().await;
    setup.apply_tenant("acme", EXCLUDED).await;
    let planned = setup.plan().await.unwrap();
    let named: Vec<_> = planned.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(named.len(), 3, "{named:?}");
    for (name, by) in
        [("Cy Ruiz", "agency.example"), ("Di Ruiz", "employee id"), ("Ed Ruiz", "payroll.employment.type")]
    {
        assert!(named.iter().any(|text| text.starts_with(name) && text.contains(by)), "{named:?}");
    }
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (2, Exit::Done), "{report:?}");
    assert_eq!(excluded(&report), [("3", "EXCLUDED"), ("4", "EXCLUDED"), ("5", "EXCLUDED")]);
    assert!(report.warnings.is_empty() && report.errors.is_empty(), "{report:?}");
    // The history has them, and with it the workbook's sheet "Errors".
    let records = setup.data.records("acme").await.unwrap();
    let run = records.past_run(report.run.unwrap()).await.unwrap().unwrap();
    let lines: Vec<_> = error_lines(&run).into_iter().map(|line| (line.employee_id, line.code)).collect();
    assert_eq!(lines, ["3", "4", "5"].map(|id| (id.to_owned(), "EXCLUDED".to_owned())));
}

/// The account of somebody who is excluded stays as it is, also when they leave; without the exclusion it is archived.
#[tokio::test(flavor = "multi_thread")]
async fn excluding_somebody_archives_and_changes_nobody() {
    let setup = company().await;
    assert_eq!(setup.sync().await.created, 5);
    setup.apply_tenant("acme", EXCLUDED).await;
    setup.writes();
    setup.world().hibob.employee_mut("3").surname = "Newname".to_owned();
    setup.world().hibob.employee_mut("4").terminate(today());
    let report = setup.sync().await;
    assert_eq!((report.archived, report.updated, report.exit()), (0, 0, Exit::Done), "{report:?}");
    assert_eq!((setup.writes(), excluded(&report).len()), (0, 3));
    for id in ["3", "4", "5"] {
        assert!(setup.world().travelperk.user_by_external_id(id).unwrap().active, "{id}");
    }
    setup.apply_tenant("acme", "").await;
    let report = setup.sync().await;
    assert_eq!((report.archived, report.updated), (1, 1), "{report:?}");
}

/// A setting that excludes nobody is probably misspelt. A field that HiBob sends for nobody shows nobody's exclusion: then
/// everybody is left as they are.
#[tokio::test(flavor = "multi_thread")]
async fn an_exclusion_that_cannot_be_seen_lets_nothing_happen() {
    let setup = company().await;
    setup.apply_tenant("acme", "[sync.exclude]\nemail_domains = [\"agnecy.example\"]\n").await;
    let planned = setup.plan().await.unwrap();
    let codes: Vec<_> = planned.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["EXCLUSION_WITHOUT_EMPLOYEES"]);

    setup.apply_tenant("acme", EXCLUDED).await;
    assert_eq!(setup.sync().await.created, 2);
    for person in setup.world().hibob.employees.values_mut() {
        person.removed.insert(KIND.to_owned());
    }
    setup.world().hibob.employee_mut("1").terminate(today());
    setup.writes();
    let report = setup.sync().await;
    assert_eq!((report.exit(), setup.writes()), (Exit::SomeFailed, 0), "{report:?}");
    assert!(report.errors.iter().any(|row| row.code == "EXCLUSION_NOT_READABLE"), "{report:?}");
}

/// The roster has a state for it.
#[test]
fn the_roster_shows_who_is_excluded() {
    let shell = Shell::new();
    let _fakes = Fakes::start(&shell, &["--employees", "5"]);
    let text = std::fs::read_to_string(shell.path("acme.toml")).unwrap();
    shell.run(&["tenant", "apply", "acme.toml"]);
    let (_, roster) = shell.json(&["employees", "acme"]);
    let first = roster["employees"][0]["employee_id"].as_str().unwrap().to_owned();
    std::fs::write(shell.path("acme.toml"), format!("{text}\n[sync.exclude]\nemployees = [\"{first}\"]\n")).unwrap();
    assert_eq!(shell.json(&["tenant", "apply", "acme.toml"]).0, 0);
    let (_, roster) = shell.json(&["employees", "acme", "--state", "excluded"]);
    let rows = roster["employees"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{roster}");
    assert_eq!((rows[0]["employee_id"].as_str(), rows[0]["state"].as_str()), (Some(first.as_str()), Some("excluded")));
    assert_eq!(rows[0]["why"][0]["code"], "EXCLUDED");
    let text = String::from_utf8(shell.run(&["plan", "acme"]).stdout).unwrap();
    assert!(text.contains("EXCLUDED"), "{text}");
}

/// A name comes from the first of the named fields that has one.
#[tokio::test(flavor = "multi_thread")]
async fn names_come_from_the_fields_that_the_settings_name() {
    const FIELD: &str = "about.custom.field_1680000000000";
    let mut ana = employee("1", "Ana Maria", "ana@acme.example");
    ana.custom.insert(FIELD.to_owned(), json!("  Annie\u{200b} "));
    let ben = employee("2", "Benjamin", "ben@acme.example");
    let setup = Setup::of(vec![ana, ben]).await;
    let sources = format!("[sync.sources]\ngiven-name = [\"{FIELD}\", \"root.firstName\"]\n");
    setup.apply_tenant("acme", &sources).await;
    assert_eq!(setup.sync().await.created, 2);
    let name = |id: &str| setup.world().travelperk.user_by_external_id(id).unwrap().given_name.clone();
    assert_eq!((name("1"), name("2")), ("Annie".to_owned(), "Benjamin".to_owned()));
    setup.writes();
    // The second night changes nothing, and a change of the field is one of the name.
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    assert_eq!(setup.writes(), 0);
    setup.world().hibob.employee_mut("2").custom.insert(FIELD.to_owned(), json!("Ben"));
    assert_eq!((setup.sync().await.updated, name("2")), (1, "Ben".to_owned()));
    // Without a fallback, nobody is synced who has no name there, and the field is named.
    setup.apply_tenant("acme", &format!("[sync.sources]\ngiven-name = [\"{FIELD}\"]\n")).await;
    setup.world().hibob.employee_mut("2").custom.remove(FIELD);
    let report = setup.sync().await;
    assert_eq!(report.errors[0].code, "MISSING_FIRST_NAME");
    let planned = setup.plan().await.unwrap();
    let finding = planned.findings.iter().find(|finding| finding.code == "MISSING_FIRST_NAME").unwrap();
    assert_eq!(finding.field.as_deref(), Some(FIELD));
}

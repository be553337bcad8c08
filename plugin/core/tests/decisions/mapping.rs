//! What HiBob's records mean for accounts.

use expect_test::{Expect, expect};
use hibob_connector_core::exclusion::Matched;
use hibob_connector_core::field::TEXT_FIELDS;
use hibob_connector_core::hibob::{Employee, FieldIds, NameList, RecordReader, read_list};
use hibob_connector_core::host_facts::HostFacts;
use hibob_connector_core::lifecycle::Lifecycle;
use hibob_connector_core::mapping::{DesiredValueRef, Mapping};
use hibob_connector_core::settings::Settings;
use hibob_connector_core::value::{NamedValue, Value};

#[track_caller]
fn check(json: &str, want: Expect) {
    let urls = ["hibob-url", "scim-url"]
        .map(|name| NamedValue { name: name.to_owned(), value: Value::Text("https://x".to_owned()) });
    let settings = Settings::read(&urls).unwrap();
    let ids = FieldIds::new(&settings);
    let reader = RecordReader::new(ids.read());
    let mapping = Mapping {
        settings: &settings,
        departments: read_list(br#"{"values":[{"id":"1001","value":"Sales"}]}"#).unwrap(),
        titles: NameList::default(),
        lifecycle: Lifecycle::new(&settings, 1_772_366_400), // 2026-03-01, noon
    };
    let record = reader.read(json.as_bytes()).unwrap();
    let mut findings = Vec::new();
    let person =
        mapping.person(&Employee::new(&record, &ids), &HostFacts::default(), &mut Matched::default(), &mut findings);
    let mut lines = Vec::new();
    if let Some(person) = person {
        lines.push(format!("{:?} manager {:?}", person.status, person.manager));
        for field in TEXT_FIELDS {
            if person.desired(field) != DesiredValueRef::Leave {
                lines.push(format!("{} {:?}", field.name(), person.desired(field)));
            }
        }
    }
    lines.extend(findings.iter().map(|finding| format!("{:?} {}", finding.severity, finding.code)));
    want.assert_eq(&lines.join("\n"));
}

#[test]
fn a_whole_record() {
    check(
        r#"{"id":"7","firstName":"Ana","surname":"Ruiz","email":"Ana@acme.example","internal":{"lifecycleStatus":"employed"},
           "work":{"startDate":"2020-01-01","department":"1001","title":"Engineer","reportsTo":{"id":"9"},"workPhone":"600100200"}}"#,
        expect![[r#"
            Active manager Employee("9")
            user-name Set("Ana@acme.example")
            external-id Set("7")
            given-name Set("Ana")
            family-name Set("Ruiz")
            title Set("Engineer")
            cost-center Set("Sales")
            Warning PHONE_IS_MISSING_OR_INVALID"#]],
    );
}

#[test]
fn an_absent_field_is_left_alone_and_a_null_one_is_cleared() {
    check(
        r#"{"id":"7","firstName":"Ana","surname":"Ruiz","email":"a@b.c","internal":{"lifecycleStatus":"employed"},
           "work":{"startDate":"2020-01-01","department":null,"title":"99887766","manager":null,"reportsTo":null}}"#,
        expect![[r#"
            Active manager Clear
            user-name Set("a@b.c")
            external-id Set("7")
            given-name Set("Ana")
            family-name Set("Ruiz")
            cost-center Clear
            Warning TITLE_IS_MISSING_OR_INVALID"#]],
    );
}

#[test]
fn every_missing_mandatory_field_is_named() {
    check(
        r#"{"id":"7","internal":{"lifecycleStatus":"employed"}}"#,
        expect![[r#"
            Broken manager Leave
            external-id Set("7")
            Error MISSING_FIRST_NAME
            Error MISSING_LAST_NAME
            Error MISSING_EMAIL
            Error MISSING_START_DATE"#]],
    );
    check(r#"{"email":"a@b.c"}"#, expect!["Error MISSING_EMPLOYEE_ID"]);
}

#[test]
fn a_leaver_needs_nothing_but_an_id() {
    check(
        r#"{"id":"7","internal":{"lifecycleStatus":"Terminated"}}"#,
        expect![[r#"
            Gone(Terminated) manager Leave
            external-id Set("7")"#]],
    );
}

#[test]
fn a_future_hire_waits_and_an_unknown_status_changes_nothing() {
    check(
        r#"{"id":"7","internal":{"lifecycleStatus":"hired"},"work":{"startDate":"2026-03-02"}}"#,
        expect![[r#"
            Waiting(2026-03-02) manager Leave
            external-id Set("7")"#]],
    );
    check(
        r#"{"id":"7","internal":{"lifecycleStatus":"sabbatical"}}"#,
        expect![[r#"
            Broken manager Leave
            external-id Set("7")
            Error UNKNOWN_LIFECYCLE_STATUS"#]],
    );
}

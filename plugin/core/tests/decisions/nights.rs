//! Nights in a row, of which each remembers the one before: sites, people who are missing, and people who come back.

use hibob_connector_core::host_facts::HostFacts;
use hibob_connector_core::link::{Link, Links};
use hibob_connector_core::plan::{Plan, Planner};
use hibob_connector_core::scim::Account;
use hibob_connector_core::settings::Settings;
use hibob_connector_core::value::{NamedValue, Value};
use serde_json::{Value as Json, json};

/// 2026-03-01.
const NOW: u64 = 1_772_323_200;

/// A tenant whose accounts have the ids of their employees, and are linked and active.
struct Tenant {
    settings: Settings,
    people: Vec<(&'static str, Json)>,
    linked: Vec<&'static str>,
    baseline: Vec<NamedValue>,
}

impl Tenant {
    fn of(settings: &[(&str, Value)], people: Vec<(&'static str, Json)>) -> Self {
        let text = |text: &str| Value::Text(text.to_owned());
        let usual =
            [("hibob-url", text("https://h")), ("scim-url", text("https://s")), ("details", Value::Texts(vec![]))];
        let named = |(name, value): &(&str, Value)| NamedValue { name: (*name).to_owned(), value: value.clone() };
        let values: Vec<NamedValue> = usual.iter().chain(settings).map(named).collect();
        let linked = people.iter().map(|(id, _)| *id).collect();
        Self { settings: Settings::read(&values).unwrap(), people, linked, baseline: Vec::new() }
    }

    /// One night whose run is accepted: the changes, and the findings with the employee.
    fn night(&mut self) -> (Vec<String>, Vec<String>) {
        let links = self.linked.iter().map(|id| ((*id).into(), Link::new(id)));
        let mut planner = Planner::new(&self.settings, NOW, Links::of(links.collect())).remembering(&self.baseline);
        planner.host_facts(HostFacts::default());
        self.people.iter().for_each(|(_, record)| planner.employee(record.to_string().as_bytes()));
        let account = |id: &&str| {
            let name = json!({ "givenName": "Ana", "familyName": "Ruiz" });
            let user = json!({ "id": id, "externalId": id, "userName": format!("{id}@x.example"), "active": true, "name": name });
            serde_json::from_value::<Account>(user).unwrap()
        };
        planner.accounts(self.linked.iter().map(account));
        planner.unlisted();
        let plan = planner.finish();
        self.baseline = plan.baseline();
        (changes(&plan), codes(&plan))
    }

    fn move_to(&mut self, ids: &[&str], site: &str) {
        for (_, record) in self.people.iter_mut().filter(|(id, _)| ids.contains(id)) {
            record["/work/site"] = json!({ "value": site });
        }
    }
}

fn changes(plan: &Plan) -> Vec<String> {
    plan.changes(0).map(|change| change.id).collect()
}

fn codes(plan: &Plan) -> Vec<String> {
    let row = |finding: &hibob_connector_core::finding::Finding| {
        format!("{:?} {} {}", finding.severity, finding.employee_id.as_deref().unwrap_or("-"), finding.code)
    };
    plan.findings().iter().map(row).collect()
}

/// An employee as HiBob sends them, who works at this site.
fn person(id: &'static str, site: &str) -> (&'static str, Json) {
    let value = |text: &str| json!({ "value": text });
    let record = json!({
        "/root/id": value(id), "/internal/lifecycleStatus": value("employed"), "/root/email": value(&format!("{id}@x.example")),
        "/root/firstName": value("Ana"), "/root/surname": value("Ruiz"), "/work/startDate": value("2020-01-01"),
        "/work/site": value(site),
    });
    (id, record)
}

fn only_london() -> Vec<(&'static str, Value)> {
    let archive = Value::Text("archive".to_owned());
    vec![("sites", Value::Texts(vec!["London".to_owned()])), ("out-of-selection", archive)]
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn a_renamed_site_is_one_finding_however_many_nights_it_lasts() {
    let mut tenant =
        Tenant::of(&only_london(), vec![person("1", "London"), person("2", "London"), person("3", "London")]);
    assert_eq!(tenant.night(), (none(), none()));
    tenant.move_to(&["1", "2", "3"], "London HQ");
    for _ in 0..3 {
        assert_eq!(tenant.night(), (none(), vec!["Warning - SITE_TAKES_OVER".to_owned()]));
    }
    tenant.move_to(&["1", "2", "3"], "London");
    assert_eq!(tenant.night(), (none(), none()));
}

#[test]
fn a_new_site_archives_nobody_until_it_is_named() {
    let mut tenant =
        Tenant::of(&only_london(), vec![person("1", "London"), person("2", "London"), person("3", "London")]);
    tenant.night();
    tenant.move_to(&["1"], "Leeds");
    for _ in 0..2 {
        assert_eq!(tenant.night(), (none(), vec!["Warning - SITE_TAKES_OVER".to_owned()]));
    }
    tenant.settings.other_sites.insert("Leeds".to_owned());
    assert_eq!(tenant.night(), (vec!["archive:1".to_owned()], none()));
    // From then on it was seen, and others may move there.
    tenant.settings.other_sites.clear();
    tenant.move_to(&["2"], "Leeds");
    assert_eq!(tenant.night().0, ["archive:1", "archive:2"]);
}

#[test]
fn whoever_is_missing_is_archived_after_fourteen_nights_in_a_row_where_that_is_set() {
    let archive = Value::Text("archive".to_owned());
    for (settings, is_archived) in [(vec![("vanished", archive)], true), (Vec::new(), false)] {
        let mut tenant = Tenant::of(&settings, vec![person("1", "London"), person("2", "London")]);
        tenant.night();
        let missing = tenant.people.remove(0);
        for _ in 0..13 {
            assert_eq!(tenant.night(), (none(), vec!["Warning 1 EMPLOYEE_VANISHED".to_owned()]));
        }
        // Back for one night, which begins it anew.
        tenant.people.push(missing);
        assert_eq!(tenant.night(), (none(), none()));
        tenant.people.pop();
        for _ in 0..14 {
            assert_eq!(tenant.night(), (none(), vec!["Warning 1 EMPLOYEE_VANISHED".to_owned()]));
        }
        for _ in 0..2 {
            let expected = match is_archived {
                true => (vec!["archive:1".to_owned()], none()),
                false => (none(), vec!["Error 1 EMPLOYEE_VANISHED".to_owned()]),
            };
            assert_eq!(tenant.night(), expected);
        }
    }
}

#[test]
fn an_account_before_the_start_is_archived_after_fourteen_nights_where_that_is_set() {
    let archive = Value::Text("archive".to_owned());
    for (settings, is_archived) in [(vec![("waiting", archive)], true), (Vec::new(), false)] {
        let mut tenant = Tenant::of(&settings, vec![person("1", "London"), person("2", "London")]);
        tenant.people[0].1["/internal/lifecycleStatus"] = json!({ "value": "hired" });
        tenant.people[0].1["/work/startDate"] = json!({ "value": "2026-09-01" });
        for _ in 0..14 {
            assert_eq!(tenant.night(), (none(), vec!["Warning 1 ACCOUNT_BEFORE_START".to_owned()]));
        }
        let expected = match is_archived {
            true => (vec!["archive:1".to_owned()], none()),
            false => (none(), vec!["Error 1 ACCOUNT_BEFORE_START".to_owned()]),
        };
        assert_eq!(tenant.night(), expected);
    }
}

#[test]
fn a_leavers_account_that_somebody_else_may_use_is_left_and_both_are_named() {
    let mut tenant = Tenant::of(&[], vec![person("1", "London"), person("2", "London")]);
    tenant.people[0].1["/internal/lifecycleStatus"] = json!({ "value": "terminated" });
    assert_eq!(tenant.night(), (vec!["archive:1".to_owned()], none()));
    // Somebody new, of another name, has the address of the one who left.
    let (_, mut zoe) = person("9", "London");
    zoe["/root/firstName"] = json!({ "value": "Zoe" });
    zoe["/root/email"] = json!({ "value": "1@x.example" });
    tenant.people.push(("9", zoe));
    let named = vec!["Error 1 LEAVER_HAS_ACTIVE_ACCOUNT".to_owned(), "Error 9 USER_NAME_TAKEN".to_owned()];
    assert_eq!(tenant.night(), (none(), named));
    // Of the same name: without birth dates, and without a last day, it is not certain that it is one person.
    tenant.people[2].1["/root/firstName"] = json!({ "value": "Ana" });
    let named = vec!["Error 1 LEAVER_HAS_ACTIVE_ACCOUNT".to_owned(), "Error 9 SAME_PERSON_UNCLEAR".to_owned()];
    assert_eq!(tenant.night(), (none(), named));
    // With a last day shortly before, it is; and with different birth dates it is not.
    tenant.people[0].1["/internal/terminationDate"] = json!({ "value": "2026-02-20" });
    tenant.people[2].1["/work/startDate"] = json!({ "value": "2026-03-01" });
    let (made, told) = tenant.night();
    assert_eq!((made, told), (vec!["adopt:9".to_owned()], vec!["Warning 9 REHIRE_UNDER_NEW_ID".to_owned()]));
    tenant.settings.compare_birth_date = true;
    tenant.people[0].1["/personal/birthDate"] = json!({ "value": "1990-05-01" });
    tenant.people[2].1["/personal/birthDate"] = json!({ "value": "1994-11-30" });
    let named = vec!["Error 1 LEAVER_HAS_ACTIVE_ACCOUNT".to_owned(), "Error 9 SAME_PERSON_UNCLEAR".to_owned()];
    assert_eq!(tenant.night(), (none(), named));
}

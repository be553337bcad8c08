//! What a check says of HiBob's permissions, sites and employees.

use hibob_connector_core::check::{CheckReport, check};
use hibob_connector_core::error::JobError;
use hibob_connector_core::finding::Severity;
use hibob_connector_core::hibob::{PERMISSIONS, Permission};
use hibob_connector_core::http::{Body, Method, Request, Response, SendError, Side};
use hibob_connector_core::settings::Settings;
use hibob_connector_core::value::{NamedValue, Value};
use hibob_connector_core::world::{Entry, StorageError, World};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// A stand-in for a HiBob that leaves out fields that may not be read, and for a TravelPerk without users.
struct Fake {
    employees: Vec<Json>,
    hidden: Vec<&'static str>,
    sites: (u16, Json),
    links: BTreeMap<String, Vec<u8>>,
    requests: Vec<String>,
    fields: Vec<String>,
}

struct Once(Option<Vec<u8>>);

impl Body for Once {
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        Ok(self.0.take())
    }
}

impl Fake {
    fn new(employees: Vec<Json>) -> Self {
        let sites = (200, json!({ "values": [{ "id": "1", "value": "Madrid" }] }));
        Self { employees, hidden: Vec::new(), sites, links: BTreeMap::new(), requests: Vec::new(), fields: Vec::new() }
    }

    fn search(&mut self, request: &Request) -> Json {
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["showInactive"], json!(true));
        self.fields = serde_json::from_value(body["fields"].clone()).unwrap();
        let employees = self.employees.iter().cloned().map(|mut employee| {
            let fields = employee.as_object_mut().unwrap();
            fields.retain(|key, _| !self.hidden.contains(&key.as_str()));
            fields.retain(|key, _| self.fields.iter().any(|asked| *key == format!("/{}", asked.replace('.', "/"))));
            employee
        });
        json!({ "employees": employees.collect::<Vec<_>>() })
    }

    fn check(&mut self, details: &[&str]) -> CheckReport {
        check(self, &settings(details), 1_772_366_400).unwrap()
    }
}

impl World for Fake {
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError> {
        self.requests.push(request.label.clone());
        let (status, body) = match (request.side, request.method, request.url.as_str()) {
            (Side::HiBob, Method::Post, _) => (200, self.search(request)),
            (Side::HiBob, _, url) if url.ends_with("/site") => self.sites.clone(),
            (Side::HiBob, ..) => (200, json!({ "values": [] })),
            (Side::Target, _, url) if url.contains("/Users?filter") && url.contains("external") => (
                200,
                json!({ "totalResults": 1, "Resources": [{ "id": "9", "userName": "External@x.example", "active": true }] }),
            ),
            (Side::Target, _, url) if url.contains("/Users") => (200, json!({ "totalResults": 0, "Resources": [] })),
            (Side::Target, ..) => (200, json!({})),
        };
        let body = Box::new(Once(Some(body.to_string().into_bytes())));
        Ok(Response { status, content_type: Some("application/json".to_owned()), location: None, body })
    }

    fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.links.get(key).cloned())
    }

    fn scan(&mut self, _prefix: &str, after: Option<&str>) -> Result<Vec<Entry>, StorageError> {
        let after = |key: &str| after.is_none_or(|after| key > after);
        Ok(self.links.iter().filter(|(key, _)| after(key)).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn put(&mut self, _key: &str, _value: &[u8]) -> Result<(), StorageError> {
        panic!("a check writes nothing")
    }

    fn remove(&mut self, _key: &str) -> Result<(), StorageError> {
        panic!("a check writes nothing")
    }

    fn log(&mut self, _message: &str) {}

    fn progress(&mut self, _phase: &str, _done: usize, _total: Option<usize>) {}
}

fn settings(details: &[&str]) -> Settings {
    let text = |text: &str| Value::Text(text.to_owned());
    let details = Value::Texts(details.iter().map(ToString::to_string).collect());
    let values = [
        ("hibob-url", text("https://h")),
        ("scim-url", text("https://s")),
        ("details", details),
        ("missing-detail", text("skip")),
    ];
    Settings::read(&values.map(|(name, value)| NamedValue { name: name.to_owned(), value })).unwrap()
}

/// An employee with a value for every probe, in slash keys.
fn whole(id: &str, status: &str) -> Json {
    json!({
        "/root/id": { "value": id }, "/root/firstName": { "value": "Ana" }, "/root/surname": { "value": "Ruiz" },
        "/root/email": { "value": format!("{id}@x.example") }, "/internal/lifecycleStatus": { "value": status },
        "/work/startDate": { "value": "2020-01-06" }, "/work/title": { "value": "Lead" },
        "/work/workPhone": { "value": "+34 600100200" }, "/about/avatar": { "value": "https://x/a.png" },
        "/address/country": { "value": "Spain" }, "/payroll/employment/type": { "value": "Permanent" },
        "/home/legalGender": { "value": "Female" }, "/home/mobilePhone": { "value": "+34 600100201" },
        "/personal/honorific": { "value": null }, "/personal/shortBirthDate": { "value": "02-28" },
        "/personal/age": { "value": 36 }, "/personal/birthDate": { "value": "1990-02-28" },
    })
}

fn company() -> Vec<Json> {
    vec![whole("1", "employed"), whole("2", "employed"), whole("3", "terminated")]
}

fn codes(report: &CheckReport) -> Vec<(&'static str, Severity)> {
    report.findings.iter().map(|finding| (finding.code, finding.severity)).collect()
}

fn number(report: &CheckReport, name: &str) -> Option<u64> {
    report.counts.iter().find(|count| count.name == name).map(|count| count.number)
}

#[test]
fn a_company_that_shows_everything_has_nothing_to_mend() {
    let mut fake = Fake::new(company());
    let report = fake.check(&["title", "gender", "date-of-birth"]);
    assert_eq!(codes(&report), []);
    for permission in PERMISSIONS {
        let people = if permission == Permission::SiteSettings { 1 } else { 3 };
        assert_eq!(number(&report, &format!("permission:{}", permission.name())), Some(people), "{permission:?}");
    }
    assert_eq!(number(&report, "needed:Personal (edit):date-of-birth"), Some(3));
    assert_eq!(number(&report, "needed:Personal:date-of-birth"), Some(3));
    assert_eq!(number(&report, "needed:Work:start-date"), Some(3));
    assert_eq!(number(&report, "field:personal.birthDate"), Some(3));
    assert_eq!(fake.requests.last().map(String::as_str), Some("/company/named-lists/site"), "{:?}", fake.requests);
    assert_eq!(fake.requests.iter().filter(|label| *label == "/people/search").count(), 1);
}

#[test]
fn the_probes_stay_within_the_limit_and_ask_nothing_twice() {
    let mut fake = Fake::new(company());
    fake.check(&["title", "phone", "gender", "date-of-birth", "cost-center", "manager"]);
    let mut once = fake.fields.clone();
    once.sort_unstable();
    once.dedup();
    assert!(once.len() == fake.fields.len() && once.len() < 40, "{:?}", fake.fields);
    fake.check(&["title"]);
    assert!(!fake.fields.contains(&"personal.birthDate".to_owned()), "nobody's full birth date, unless it is synced");
}

#[test]
fn a_missing_permission_is_an_error_a_warning_or_a_notice() {
    let mut fake = Fake::new(company());
    fake.hidden = vec!["/work/startDate", "/work/title"];
    let report = fake.check(&["title"]);
    assert_eq!(codes(&report), [("PERMISSION_MISSING", Severity::Error)], "{:?}", report.findings);
    let finding = report.findings.first().unwrap();
    assert!(finding.message.contains("Work, View") && finding.message.contains("start-date, title"), "{finding:?}");
    assert!(finding.remedy.contains("People data, Work: tick `View selected"), "{finding:?}");
    assert_eq!(number(&report, "permission:Work"), Some(0));

    fake.hidden = vec!["/home/legalGender"];
    let report = fake.check(&["gender"]);
    assert_eq!(codes(&report), [("PERMISSION_MISSING", Severity::Warning)]);
    assert_eq!(codes(&fake.check(&["title"])), [("PERMISSIONS_NOT_NEEDED", Severity::Notice)]);

    // One notice names all permissions that are not needed.
    fake.hidden.extend(["/about/avatar", "/payroll/employment/type"]);
    fake.sites = (403, json!({ "error": "no" }));
    let report = fake.check(&["title"]);
    assert_eq!(codes(&report), [("PERMISSIONS_NOT_NEEDED", Severity::Notice)]);
    let message = &report.findings.first().unwrap().message;
    assert!(message.contains("About, Employment, Home, Site settings"), "{message}");
}

#[test]
fn a_detail_without_which_everybody_fails_is_an_error() {
    let mut fake = Fake::new(company());
    fake.hidden = vec!["/home/legalGender"];
    let mut settings = settings(&["gender"]);
    settings.missing_detail = hibob_connector_core::settings::MissingDetail::Fail;
    let report = check(&mut fake, &settings, 1_772_366_400).unwrap();
    assert_eq!(codes(&report), [("PERMISSION_MISSING", Severity::Error)], "and not once more for each employee");
}

#[test]
fn null_shows_a_permission_and_a_field_that_never_comes_is_named() {
    let mut employees = company();
    for employee in &mut employees {
        employee["/home/legalGender"] = json!({ "value": null });
    }
    let mut fake = Fake::new(employees);
    let report = fake.check(&["gender"]);
    assert_eq!(codes(&report), []);
    assert_eq!((number(&report, "permission:Home"), number(&report, "field:home.legalGender")), (Some(3), Some(0)));

    fake.hidden = vec!["/work/title"];
    let report = fake.check(&["title", "phone"]);
    let named: Vec<_> = report.findings.iter().map(|finding| (finding.field.as_deref(), finding.severity)).collect();
    // HiBob sends no mobile number either, but it sends the phone, another source of the same detail.
    assert_eq!(
        named,
        [(Some("work.title"), Severity::Warning), (Some("work.workMobile"), Severity::Notice)],
        "{:?}",
        report.findings
    );
}

#[test]
fn the_date_of_birth_needs_view_and_edit() {
    let mut fake = Fake::new(company());
    let edit = ["/personal/age", "/personal/birthDate"];
    fake.hidden = edit.to_vec();
    let report = fake.check(&["date-of-birth"]);
    let finding = report.findings.first().unwrap();
    assert_eq!((report.findings.len(), finding.code), (1, "PERMISSION_MISSING"));
    assert!(finding.message.contains("Personal, Edit is missing"), "{finding:?}");
    assert!(finding.remedy.contains("never writes to HiBob"), "{finding:?}");
    assert_eq!(number(&report, "permission:Personal"), Some(3));

    fake.hidden.extend(["/personal/honorific", "/personal/shortBirthDate"]);
    let report = fake.check(&["date-of-birth"]);
    let finding = report.findings.first().unwrap();
    assert_eq!((report.findings.len(), finding.code), (1, "PERMISSION_MISSING"));
    assert!(finding.message.contains("Personal (View and Edit) is missing"), "{finding:?}");
    assert!(finding.remedy.contains("`View` and `Edit"), "{finding:?}");
}

#[test]
fn only_employed_people_are_a_warning_and_lost_links_make_it_stronger() {
    let mut fake = Fake::new(vec![whole("1", "employed"), whole("2", "Employed")]);
    let report = fake.check(&["title"]);
    assert_eq!(codes(&report), [("AUDIENCE_EMPLOYED_ONLY", Severity::Warning)]);
    assert!(!report.findings.first().unwrap().message.contains("evidence"));
    for id in ["1", "8", "9"] {
        fake.links.insert(format!("link/{id}"), br#"{"account":"7"}"#.to_vec());
    }
    let report = fake.check(&["title"]);
    let finding = report.findings.first().unwrap();
    assert!(finding.message.contains("2 of the 3 accounts"), "{finding:?}");
    assert!(finding.remedy.contains("remove the condition `Lifecycle status equals Employed`"), "{finding:?}");
    assert_eq!((number(&report, "linked"), number(&report, "linked-unseen")), (Some(3), Some(2)));
    for status in ["hired", "parental leave", "terminated"] {
        assert_eq!(codes(&Fake::new(vec![whole("1", "employed"), whole("2", status)]).check(&["title"])), []);
    }
    // Without the permission for the status there is no finding about the audience.
    fake.hidden = vec!["/internal/lifecycleStatus"];
    assert_eq!(codes(&fake.check(&["title"])), [("PERMISSION_MISSING", Severity::Error)]);
}

#[test]
fn sites_are_refused_empty_unknown_or_listed() {
    for (status, body, sites) in [
        (403, json!({}), 0),
        (404, json!({}), 0),
        (200, json!({ "values": [] }), 0),
        (200, json!({ "items": [{ "id": 1, "name": "Madrid" }, { "id": 2, "name": "Oslo" }] }), 2),
    ] {
        let mut fake = Fake::new(company());
        fake.sites = (status, body);
        let report = fake.check(&["title"]);
        assert_eq!(number(&report, "permission:Site settings"), Some(sites));
        assert_eq!(report.findings.is_empty(), sites > 0);
    }
    let mut fake = Fake::new(company());
    fake.sites = (401, json!({}));
    assert!(matches!(check(&mut fake, &settings(&["title"]), 0), Err(JobError::Credentials(_))));
}

/// The settings with more of them.
fn settings_with(more: &[(&str, Value)]) -> Settings {
    let text = |text: &str| Value::Text(text.to_owned());
    let base = [("hibob-url", text("https://h")), ("scim-url", text("https://s")), ("missing-detail", text("skip"))];
    let details = ("details", Value::Texts(vec!["title".to_owned()]));
    let values = base.into_iter().chain([details]).chain(more.iter().cloned());
    let values: Vec<_> = values.map(|(name, value)| NamedValue { name: name.to_owned(), value }).collect();
    Settings::read(&values).unwrap()
}

fn at(site: &str, mut employee: Json) -> Json {
    employee["/work/site"] = json!({ "value": site });
    employee
}

/// A name that HiBob lists is right before anybody works there, and one that somebody's record has is right although
/// the list cannot be read.
#[test]
fn a_site_that_hibob_does_not_know_is_an_error() {
    let texts = |texts: &[&str]| Value::Texts(texts.iter().map(ToString::to_string).collect());
    let wrong = |fake: &mut Fake, more: &[(&str, Value)]| -> Vec<(String, Severity)> {
        let report = check(fake, &settings_with(more), 1_772_366_400).unwrap();
        let about = report.findings.into_iter().filter(|finding| finding.code.starts_with("SITE"));
        about.map(|finding| (format!("{} {}", finding.code, finding.field.unwrap()), finding.severity)).collect()
    };
    let people = || company().into_iter().map(|employee| at("Oslo", employee)).collect();
    let mut fake = Fake::new(people());
    assert_eq!(wrong(&mut fake, &[("sites", texts(&["Madrid", "Oslo"]))]), []);
    assert_eq!(
        wrong(&mut fake, &[("sites", texts(&["Madrit", "Oslo"]))]),
        [("SITE_UNKNOWN sites".to_owned(), Severity::Error)]
    );
    let zones = Value::Pairs(vec![("oslo".to_owned(), "Europe/Oslo".to_owned())]);
    let found = check(&mut fake, &settings_with(&[("site-time-zones", zones)]), 1_772_366_400).unwrap().findings;
    let unknown = found.iter().find(|finding| finding.code == "SITE_UNKNOWN").unwrap();
    assert!(unknown.message.contains("`Oslo` differs only in case or spaces"), "{}", unknown.message);
    fake.sites = (403, json!({}));
    assert_eq!(wrong(&mut fake, &[("sites", texts(&["Oslo"]))]), []);
}

/// The admin may be an employee, or have an account alone.
#[test]
fn an_admin_who_is_nobody_is_an_error() {
    let mut fake = Fake::new(company());
    let mut codes_for = |email: &str| {
        let settings = settings_with(&[("enabled-by", Value::Text(email.to_owned()))]);
        codes(&check(&mut fake, &settings, 1_772_366_400).unwrap())
    };
    assert_eq!(codes_for("1@X.example"), []);
    assert_eq!(codes_for("nobody@x.example"), [("ENABLED_BY_UNKNOWN", Severity::Error)]);
    assert_eq!(codes_for("external@x.example"), []);
}

#[test]
fn without_employees_there_is_one_finding() {
    let report = Fake::new(Vec::new()).check(&["title"]);
    assert_eq!(codes(&report), [("NO_EMPLOYEES", Severity::Error)]);
    assert_eq!(number(&report, "permission:Work"), None);
}

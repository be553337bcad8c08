//! What the exported functions answer has the form of `docs/embed/json-connector.schema.json`, over a HiBob and a TravelPerk
//! of a few lines.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use hibob_json_connector::{Answer, Host, Piece, Sent, Session};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Three employees and no accounts; each answer is read in pieces of a few characters.
#[derive(Default)]
struct Services {
    status: Option<u16>,
    entries: BTreeMap<String, String>,
    open: BTreeMap<u32, String>,
    last: u32,
    asked: Vec<String>,
    most_open: usize,
}

fn employee(id: &str, email: Option<&str>) -> Json {
    json!({
        "id": id, "email": email, "firstName": "Ána", "surname": "Łukasz", "root": { "id": id, "email": email },
        "work": { "startDate": "2020-01-01" }, "internal": { "lifecycleStatus": "employed" },
    })
}

impl Host for Services {
    fn send(&mut self, role: &str, method: &str, path: &str, query: &str, headers: &str, body: &str) -> Sent {
        assert!(serde_json::from_str::<BTreeMap<String, String>>(headers).is_ok() && !path.contains('?'));
        self.asked.push(format!("{role} {method} {path}"));
        let json = match (role, method, path) {
            ("hibob", "POST", "/people/search") => {
                json!({ "employees": [employee("1", Some("ana@acme.example")), employee("2", None), employee("3", Some("c@acme.example"))] })
            }
            ("hibob", ..) => json!({ "name": "x", "values": [] }),
            ("scim", "POST", "/Users") => {
                let mut user: Json = serde_json::from_str(body).unwrap();
                user["id"] = json!("29");
                user
            }
            ("scim", "GET", "/Users") if query.is_empty() || query.contains("startIndex") => {
                json!({ "totalResults": 0, "itemsPerPage": 0, "startIndex": 1, "Resources": [] })
            }
            _ => json!({ "totalResults": 0, "Resources": [] }),
        };
        self.last += 1;
        self.open.insert(self.last, json.to_string());
        self.most_open = self.most_open.max(self.open.len());
        let status = self.status.unwrap_or(if method == "POST" && role == "scim" { 201 } else { 200 });
        Sent::Answer(Answer {
            status,
            id: self.last,
            content_type: Some("application/json".to_owned()),
            location: None,
        })
    }

    fn read(&mut self, id: u32, max: u32) -> Piece {
        assert!(max <= 1_048_576);
        let rest = self.open.get_mut(&id).unwrap();
        let cut = rest.char_indices().nth(7).map_or(rest.len(), |(at, _)| at);
        let piece: String = rest.drain(..cut).collect();
        if piece.is_empty() {
            self.open.remove(&id);
            return Piece::End;
        }
        Piece::Text(piece)
    }

    fn drop(&mut self, id: u32) {
        self.open.remove(&id);
    }

    fn storage_get(&mut self, keys: &str) -> String {
        let keys: Vec<String> = serde_json::from_str(keys).unwrap();
        json!({ "ok": keys.iter().map(|key| self.entries.get(key)).collect::<Vec<_>>() }).to_string()
    }

    fn storage_scan(&mut self, prefix: &str, after: Option<&str>, limit: u32) -> String {
        let fits = |key: &str| key.starts_with(prefix) && after.is_none_or(|after| key > after);
        let found = self.entries.iter().filter(|(key, _)| fits(key)).take(limit as usize);
        json!({ "ok": found.collect::<Vec<_>>() }).to_string()
    }

    fn storage_commit(&mut self, writes: &str) -> String {
        for (key, value) in serde_json::from_str::<Vec<(String, Option<String>)>>(writes).unwrap() {
            match value {
                Some(value) => drop(self.entries.insert(key, value)),
                None => drop(self.entries.remove(&key)),
            }
        }
        json!({ "ok": null }).to_string()
    }

    fn progress(&mut self, _phase: &str, _done: u32, _total: Option<u32>) {}

    fn log(&mut self, _level: &str, _message: &str) {}
}

/// What an answer has under `ok` or `error`, after it was held to a definition of the schema.
fn valid(answer: &str, definition: &str) -> Json {
    let mut schema: Json =
        serde_json::from_str(include_str!("../../../docs/embed/json-connector.schema.json")).unwrap();
    schema["$ref"] = json!(format!("#/$defs/{definition}"));
    let mut answer: Json = serde_json::from_str(answer).unwrap();
    let key = if definition == "error" { "error" } else { "ok" };
    let content = answer[key].take();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&content).map(|error| error.to_string()).collect();
    assert!(errors.is_empty() && !content.is_null(), "{definition}: {errors:?} {content} {answer}");
    content
}

fn job(settings: &Json) -> String {
    json!({ "now": 1_700_000_000, "services": ["hibob", "scim"], "settings": settings }).to_string()
}

#[test]
fn a_plan_is_made_and_applied() {
    let (mut services, mut session) = (Services::default(), Session::default());
    let job = job(&json!({ "details": ["title"], "missing-detail": "skip" }));
    valid(&Session::check(&mut services, &job), "check");
    let plan = valid(&session.begin_plan(&mut services, &job, "{}"), "plan");
    let number = u32::try_from(plan["plan"].as_u64().unwrap()).unwrap();
    let changes = valid(&session.next_changes(number, 100), "changes");
    assert_eq!((changes.as_array().unwrap().len(), &plan["changes"]), (2, &json!(2)), "{plan}");
    assert_eq!(valid(&session.next_changes(number, 100), "changes"), json!([]));
    let findings = valid(&session.next_findings(number, 100), "findings");
    assert!(findings.as_array().unwrap().iter().any(|finding| finding["code"] == "MISSING_EMAIL"), "{findings}");
    assert_eq!(valid(&session.next_employees(number, 2), "employees").as_array().unwrap().len(), 2);
    session.end_plan(number);
    valid(&session.next_changes(number, 1), "error");
    let outcome = valid(&Session::apply(&mut services, &job, &changes[0].to_string(), "first"), "outcome");
    assert_eq!((&outcome["outcome"], &outcome["target_id"]), (&json!("done"), &json!("29")), "{outcome}");
    assert_eq!(services.entries.keys().map(String::as_str).collect::<Vec<_>>().len(), 1);
    assert!(services.open.is_empty() && services.most_open <= 4);
}

#[test]
fn errors_have_their_form_and_codes() {
    let mut session = Session::default();
    for (status, code) in
        [(401, "HIBOB_REFUSED"), (429, "HIBOB_RATE_LIMIT"), (503, "HIBOB_FAILED"), (302, "HIBOB_REDIRECTS")]
    {
        let mut services = Services { status: Some(status), ..Services::default() };
        let error = valid(&session.begin_plan(&mut services, &job(&json!({})), "{}"), "error");
        assert_eq!((&error["code"], &error["status"]), (&json!(code), &json!(status)), "{error}");
        let text = error.to_string();
        assert!(!text.contains("tenant's file") && !text.contains("waiting") && !text.contains("TENANT"), "{text}");
    }
    let mut services = Services::default();
    for wrong in [json!({ "no-such": 1 }), json!({ "details": "title" })] {
        let error = valid(&session.begin_plan(&mut services, &job(&wrong), "{}"), "error");
        assert_eq!(error["kind"], "settings", "{error}");
    }
    for wrong in ["", "[]", r#"{"now":1}"#, &job(&json!({ "hibob-url": "https://x" }))] {
        assert_eq!(valid(&Session::check(&mut services, wrong), "error")["kind"], "input", "{wrong}");
    }
    assert!(services.asked.is_empty());
}

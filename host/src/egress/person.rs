//! What a call for one person's reference may ask, and what HiBob answered.
//!
//! The host signs what a plugin says of somebody. So it sees to it that nobody else is asked about, and keeps what was
//! answered until it has compared every value with it.

use super::json;
use super::policy::{Refusal, Role};
use crate::bindings::references::{Claims, Departure};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Fields that a reference rests on. A tenant's file cannot make them more: the credential holds nothing else.
const CLAIMS_FIELDS: [&str; 9] = [
    "root.id",
    "internal.lifecycleStatus",
    "internal.terminationDate",
    "employee.lastDayOfWork",
    "work.startDate",
    "work.title",
    "work.department",
    "root.firstName",
    "root.surname",
];

/// The lists whose names a reference may hold.
const LISTS: [&str; 2] = ["title", "department"];

/// What of a person is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonRead {
    /// What a reference says.
    Claims,
    /// Where it goes: this one field.
    Address(String),
}

/// One person, and what may be asked of HiBob about them.
#[derive(Debug)]
pub struct PersonScope {
    employee_id: String,
    read: PersonRead,
    answered: Mutex<Answered>,
}

/// What HiBob answered during the call.
#[derive(Debug, Default)]
struct Answered {
    /// Every text and number of the person's own record.
    said: BTreeSet<String>,
    /// For each list, names by item id.
    lists: BTreeMap<String, BTreeMap<String, String>>,
    digest: Sha256,
}

impl PersonScope {
    /// For reading this of this employee.
    pub fn new(employee_id: &str, read: PersonRead) -> Self {
        Self { employee_id: employee_id.to_owned(), read, answered: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Answered> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a request pass, and returns its body as it is to leave.
    ///
    /// # Errors
    /// It asks for somebody else, or for more.
    pub(super) fn check(&self, method: &Method, path: &str, body: &[u8]) -> Result<Bytes, Refusal> {
        let refuse = |why: &str| Refusal::new(format!("{method} {path} is not what one reference may ask: {why}"));
        if method == Method::GET {
            let list = path.strip_prefix("/company/named-lists/").filter(|list| LISTS.contains(list));
            return match (list, &self.read) {
                (Some(_), PersonRead::Claims) if body.is_empty() => Ok(Bytes::new()),
                _ => Err(refuse("it is another list")),
            };
        }
        let body = json::read(body).map_err(|what| refuse(&format!("its body is not plain JSON ({what})")))?;
        let filter = serde_json::json!([
            { "fieldPath": "root.id", "operator": "equals", "values": [self.employee_id] }
        ]);
        if body.get("filters") != Some(&filter) {
            return Err(refuse("it is not about this one person"));
        }
        let allowed = |field: &str| match &self.read {
            PersonRead::Claims => CLAIMS_FIELDS.contains(&field),
            PersonRead::Address(address) => field == "root.id" || field == address,
        };
        let fields = body.get("fields").and_then(Value::as_array);
        let right = fields.is_some_and(|fields| fields.iter().all(|field| field.as_str().is_some_and(allowed)));
        let keys = ["fields", "filters", "showInactive"];
        let known = body.as_object().is_some_and(|body| body.keys().all(|key| keys.contains(&key.as_str())));
        if right && known { Ok(Bytes::from(body.to_string())) } else { Err(refuse("it asks for more")) }
    }

    /// Notes an answer.
    pub(super) fn answered(&self, role: Role, path: &str, status: StatusCode, body: &[u8]) {
        if role != Role::HiBob || !status.is_success() {
            return;
        }
        let mut answered = self.lock();
        answered.digest.update(Sha256::digest(body));
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
        if let Some(list) = path.strip_prefix("/company/named-lists/") {
            let mut names = BTreeMap::new();
            let items = body.get("values").or_else(|| body.get("items")).unwrap_or(&body);
            items_of(items, &mut names, 0);
            answered.lists.insert(list.to_owned(), names);
        } else if let Some([person]) = body.get("employees").and_then(Value::as_array).map(Vec::as_slice)
            && text(person.get("id").or_else(|| person.get("/root/id"))).as_deref() == Some(&self.employee_id)
        {
            texts_of(person, &mut answered.said, 0);
        }
    }

    /// Whether every value of these claims stands in what HiBob has answered, and the departure is the one that was asked
    /// for.
    ///
    /// # Errors
    /// The name of the first value that does not.
    pub fn confirm(&self, departure: &Departure, claims: &Claims) -> Result<(), &'static str> {
        let answered = self.lock();
        let said = |value: &str| answered.said.contains(value);
        let named = |list: &str, value: &str| {
            let names = answered.lists.get(list).into_iter().flatten();
            said(value) || names.filter(|(id, _)| answered.said.contains(*id)).any(|(_, name)| name == value)
        };
        let optional = |value: &Option<String>, list: &str| value.as_deref().is_none_or(|value| named(list, value));
        for (name, right) in [
            ("employee", departure.employee_id == self.employee_id),
            ("given-name", said(&claims.given_name)),
            ("family-name", said(&claims.family_name)),
            ("job-title", optional(&claims.job_title, "title")),
            ("department", optional(&claims.department, "department")),
            ("started-on", said(&claims.started_on)),
            ("ended-on", said(&claims.ended_on) && claims.ended_on == departure.ended_on),
        ] {
            if !right {
                return Err(name);
            }
        }
        Ok(())
    }

    /// Whether HiBob has answered this address.
    pub fn has_said(&self, address: &str) -> bool {
        self.lock().said.contains(address)
    }

    /// A hash over all answers, in the order in which they came.
    pub fn answers_digest(&self) -> [u8; 32] {
        self.lock().digest.clone().finalize().into()
    }
}

/// Deepest nesting that is looked into; HiBob's answers have a handful of levels.
const DEPTH_MAX: usize = 16;

/// Every text and number below a value, without white space around it.
fn texts_of(value: &Value, texts: &mut BTreeSet<String>, depth: usize) {
    match value {
        Value::Array(items) if depth < DEPTH_MAX => items.iter().for_each(|item| texts_of(item, texts, depth + 1)),
        Value::Object(fields) if depth < DEPTH_MAX => {
            fields.values().for_each(|field| texts_of(field, texts, depth + 1));
        }
        value => texts.extend(text(Some(value))),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Names by item id of a named list, which may be a tree. Both spellings of a name are in use.
fn items_of(items: &Value, names: &mut BTreeMap<String, String>, depth: usize) {
    for item in items.as_array().into_iter().flatten() {
        if let (Some(id), Some(name)) = (text(item.get("id")), text(item.get("value").or_else(|| item.get("name")))) {
            names.insert(id, name);
        }
        if let Some(children) = item.get("children").filter(|_| depth < DEPTH_MAX) {
            items_of(children, names, depth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn search(id: &str, fields: &[&str]) -> Value {
        let filter = json!({ "fieldPath": "root.id", "operator": "equals", "values": [id] });
        json!({ "fields": fields, "filters": [filter], "showInactive": true })
    }

    fn allows(scope: &PersonScope, body: &Value) -> bool {
        scope.check(&Method::POST, "/people/search", body.to_string().as_bytes()).is_ok()
    }

    #[test]
    fn one_person_is_asked_about_and_nothing_else() {
        let claims = PersonScope::new("7", PersonRead::Claims);
        assert!(allows(&claims, &search("7", &["root.id", "work.title"])));
        assert!(!allows(&claims, &search("8", &["root.id"])));
        assert!(!allows(&claims, &search("7", &["root.id", "root.email"])));
        assert!(!allows(&claims, &json!({ "fields": ["root.id"], "showInactive": true })));
        let mut more = search("7", &["root.id"]);
        more["humanReadable"] = json!("APPEND");
        assert!(!allows(&claims, &more));
        let two = json!({ "fieldPath": "root.id", "operator": "equals", "values": ["7", "8"] });
        assert!(!allows(&claims, &json!({ "fields": ["root.id"], "filters": [two] })));
        let address = PersonScope::new("7", PersonRead::Address("home.privateEmail".to_owned()));
        assert!(allows(&address, &search("7", &["root.id", "home.privateEmail"])));
        assert!(!allows(&address, &search("7", &["root.id", "work.title"])));
        let list = |scope: &PersonScope, list: &str| {
            scope.check(&Method::GET, &format!("/company/named-lists/{list}"), b"").is_ok()
        };
        assert!(list(&claims, "title") && !list(&claims, "site") && !list(&address, "title"));
    }

    fn claims() -> Claims {
        Claims {
            given_name: "Ana".to_owned(),
            family_name: "Ruiz".to_owned(),
            job_title: Some("Engineer".to_owned()),
            department: Some("Research".to_owned()),
            started_on: "2020-01-06".to_owned(),
            ended_on: "2026-11-20".to_owned(),
        }
    }

    fn departure(id: &str) -> Departure {
        Departure { employee_id: id.to_owned(), ended_on: "2026-11-20".to_owned(), basis: String::new() }
    }

    fn scope() -> PersonScope {
        let scope = PersonScope::new("7", PersonRead::Claims);
        let person = json!({
            "id": "7", "firstName": "Ana", "surname": " Ruiz ",
            "work": { "title": "100001", "department": "Research", "startDate": "2020-01-06" },
            "/employee/lastDayOfWork": { "value": "2026-11-20" },
        });
        let note = |path: &str, body: Value| {
            scope.answered(Role::HiBob, path, StatusCode::OK, body.to_string().as_bytes());
        };
        note("/people/search", json!({ "employees": [person] }));
        note(
            "/company/named-lists/title",
            json!({ "values": [
            { "id": "100001", "value": "Engineer" }, { "id": 100002, "name": "Director" },
        ] }),
        );
        scope
    }

    #[test]
    fn only_what_hibob_has_said_is_confirmed() {
        assert_eq!(scope().confirm(&departure("7"), &claims()), Ok(()));
        for (changed, name) in [
            (Claims { given_name: "Eve".to_owned(), ..claims() }, "given-name"),
            (Claims { job_title: Some("Director".to_owned()), ..claims() }, "job-title"),
            (Claims { department: Some("Engineer".to_owned()), ..claims() }, "department"),
            (Claims { started_on: "2010-01-06".to_owned(), ..claims() }, "started-on"),
            (Claims { ended_on: "2020-01-06".to_owned(), ..claims() }, "ended-on"),
        ] {
            assert_eq!(scope().confirm(&departure("7"), &changed), Err(name));
        }
        assert_eq!(scope().confirm(&departure("8"), &claims()), Err("employee"));
        assert!(PersonScope::new("7", PersonRead::Claims).confirm(&departure("7"), &claims()).is_err());
    }

    /// What was answered about somebody else, or about several, confirms nothing.
    #[test]
    fn another_persons_record_confirms_nothing() {
        let scope = PersonScope::new("7", PersonRead::Claims);
        let person = |id: &str| json!({ "id": id, "firstName": "Ana" });
        for people in [json!([person("8")]), json!([person("7"), person("8")])] {
            let body = json!({ "employees": people }).to_string();
            scope.answered(Role::HiBob, "/people/search", StatusCode::OK, body.as_bytes());
        }
        assert!(!scope.has_said("Ana"));
        assert_ne!(scope.answers_digest(), PersonScope::new("7", PersonRead::Claims).answers_digest());
    }
}

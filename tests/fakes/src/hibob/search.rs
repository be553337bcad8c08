//! `POST people/search` and `POST people/{identifier}`: reading and checking the request.

use std::collections::BTreeSet;

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::{Map, Value, json};

use super::{HiBob, Switches, refusal, rendering::Rendering};
use crate::{company::Employee, message::Response};

/// The most ids in `fields` (people/search reference page).
const FIELDS_MAX: usize = 400;

/// The value of `humanReadable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Human {
    /// Machine values only.
    No,
    /// Machine values, and a `humanReadable` object in addition.
    Append,
    /// Human-readable texts in place of the machine values.
    Replace,
}

/// A filter: `root.id` or `root.email`, and the values to match.
#[derive(Debug)]
enum Filter {
    Id(BTreeSet<String>),
    Email(BTreeSet<String>),
}

impl Filter {
    fn matches(&self, employee: &Employee) -> bool {
        match self {
            Self::Id(ids) => ids.contains(&employee.id),
            Self::Email(emails) => employee.email.as_ref().is_some_and(|email| emails.contains(&email.to_lowercase())),
        }
    }
}

#[derive(Debug)]
struct Question {
    fields: Vec<String>,
    filter: Option<Filter>,
    show_inactive: bool,
    human: Human,
}

impl HiBob {
    /// Answers with all matching people at once, because there is no paging (people/search reference page).
    pub(super) fn search(&self, body: &[u8], now: f64) -> Response {
        let keys = ["fields", "filters", "showInactive", "humanReadable"];
        let question = match Question::parse(body, &keys, self.switches) {
            Ok(question) => question,
            Err(text) => return refusal(400, "bad_request", &text),
        };
        let mut found: Vec<&Employee> = self
            .employees
            .values()
            .filter(|employee| question.filter.as_ref().is_none_or(|filter| filter.matches(employee)))
            .filter(|employee| self.covers(employee))
            .filter(|employee| question.show_inactive || employee.status.eq_ignore_ascii_case("active"))
            .collect();
        if let Some(seed) = self.switches.shuffled_by {
            found.shuffle(&mut StdRng::seed_from_u64(seed));
        }
        let rendering = Rendering::new(self, &question.fields, question.human, now);
        // Each employee is written by itself, because one tree of values would need gigabytes for a big company.
        let mut answer = br#"{"employees":["#.to_vec();
        for (place, employee) in found.into_iter().enumerate() {
            if place > 0 {
                answer.push(b',');
            }
            serde_json::to_writer(&mut answer, &rendering.of(employee)).expect("writing to memory");
        }
        answer.extend_from_slice(b"]}");
        Response::bytes(200, "application/json", answer)
    }

    /// Answers with one person, found by id or e-mail, whatever their status (identifiers page).
    pub(super) fn person(&self, identifier: &str, body: &[u8], now: f64) -> Response {
        let question = match Question::parse(body, &["fields", "humanReadable"], self.switches) {
            Ok(question) => question,
            Err(text) => return refusal(400, "bad_request", &text),
        };
        let by_email = || {
            self.employees
                .values()
                .find(|employee| employee.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(identifier)))
        };
        let person = self.employees.get(identifier).or_else(by_email);
        let Some(person) = person.filter(|person| self.covers(person)) else {
            return refusal(self.switches.unknown_person_status, "not_found", "No such employee");
        };
        let person = Rendering::new(self, &question.fields, question.human, now).of(person);
        if self.switches.person_wrapped {
            Response::json(200, &json!({ "employees": [person] }))
        } else {
            Response::json(200, &person)
        }
    }
}

impl Question {
    fn parse(body: &[u8], keys: &[&str], switches: Switches) -> Result<Self, String> {
        let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
            return Err("The body must be a JSON object".to_owned());
        };
        if switches.unknown_keys_refused
            && let Some(key) = body.keys().find(|key| !keys.contains(&key.as_str()))
        {
            return Err(format!("Unknown key: {key}"));
        }
        Ok(Self {
            fields: fields(&body)?,
            filter: filter(&body, switches)?,
            show_inactive: match body.get("showInactive") {
                None => false,
                Some(Value::Bool(show)) => *show,
                Some(_) => return Err("showInactive must be a boolean".to_owned()),
            },
            human: human(&body, switches)?,
        })
    }
}

/// The requested ids, in dotted form. Ids with slashes are accepted too, as production code sends them.
fn fields(body: &Map<String, Value>) -> Result<Vec<String>, String> {
    let Some(fields) = body.get("fields") else {
        return Ok(Vec::new());
    };
    let fields = strings(fields).ok_or("fields must be a list of strings")?;
    if fields.len() > FIELDS_MAX {
        return Err(format!("At most {FIELDS_MAX} fields are allowed"));
    }
    Ok(fields.into_iter().map(|id| dotted(&id)).collect())
}

fn filter(body: &Map<String, Value>, switches: Switches) -> Result<Option<Filter>, String> {
    let Some(filters) = body.get("filters") else {
        return Ok(None);
    };
    let filters = filters.as_array().ok_or("filters must be a list")?;
    let filter = match filters.as_slice() {
        [] if switches.empty_filters_allowed => return Ok(None),
        [] => return Err("filters must not be empty".to_owned()),
        [filter] => filter,
        _ => return Err("Only one filter is supported".to_owned()),
    };
    let filter = filter.as_object().ok_or("A filter must be an object")?;
    if filter.get("operator").and_then(Value::as_str) != Some("equals") {
        return Err("The operator must be equals".to_owned());
    }
    let values = filter.get("values").and_then(strings).filter(|values| !values.is_empty());
    let values = values.ok_or("values must be a non-empty list of strings")?;
    match filter.get("fieldPath").and_then(Value::as_str) {
        Some("root.id") => Ok(Some(Filter::Id(values.into_iter().collect()))),
        Some("root.email") => Ok(Some(Filter::Email(values.iter().map(|email| email.to_lowercase()).collect()))),
        _ => Err("Filtering is supported by root.id and root.email only".to_owned()),
    }
}

fn human(body: &Map<String, Value>, switches: Switches) -> Result<Human, String> {
    let wanted = match body.get("humanReadable") {
        None => return Ok(Human::No),
        Some(Value::String(wanted)) if switches.human_readable_any_case => wanted.to_uppercase(),
        Some(Value::String(wanted)) => wanted.clone(),
        Some(_) => return Err("humanReadable must be a string".to_owned()),
    };
    match wanted.as_str() {
        "" => Ok(Human::No),
        "APPEND" => Ok(Human::Append),
        "REPLACE" => Ok(Human::Replace),
        _ => Err(r#"humanReadable must be "", "APPEND" or "REPLACE""#.to_owned()),
    }
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn dotted(id: &str) -> String {
    match id.strip_prefix('/') {
        Some(path) => path.replace('/', "."),
        None => id.to_owned(),
    }
}

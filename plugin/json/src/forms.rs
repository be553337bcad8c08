//! The JSON of this world: core types as JSON, and back. `docs/embed/json-connector.schema.json` describes it.
//!
//! Changes and findings have the form of `hibob plan --json`.

use crate::words::for_any_host;
use crate::world::SERVICES;
use hibob_connector_core::change::{Attempt, Change, ChangeKind, Failure, FieldChange, Mismatch, NextStep, Outcome};
use hibob_connector_core::error::{JobError, SideError};
use hibob_connector_core::finding::{Finding, Severity};
use hibob_connector_core::http::Side;
use hibob_connector_core::plan::{EmployeeState, RosterEntry};
use hibob_connector_core::value::{Count, NamedValue, PersonRef, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// What is wrong with an argument, as the rest of a sentence that begins with its name.
type Wrong = String;

/// A job as the host gives it.
pub(crate) struct Job {
    pub(crate) settings: Vec<NamedValue>,
    pub(crate) now_unix_seconds: u64,
}

const KINDS: [ChangeKind; 7] = [
    ChangeKind::Create,
    ChangeKind::Adopt,
    ChangeKind::Update,
    ChangeKind::Reactivate,
    ChangeKind::Archive,
    ChangeKind::CreateCostCenter,
    ChangeKind::RestoreCostCenter,
];

fn object(text: &str) -> Result<Map<String, Json>, Wrong> {
    match serde_json::from_str(text) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err("is not a JSON object".to_owned()),
        Err(error) => Err(format!("is not JSON (line {}, column {})", error.line(), error.column())),
    }
}

/// Takes a key out of an object.
fn take(object: &mut Map<String, Json>, key: &str) -> Result<Json, Wrong> {
    object.remove(key).ok_or_else(|| format!("has no `{key}`"))
}

fn text(value: Json, key: &str) -> Result<String, Wrong> {
    match value {
        Json::String(text) => Ok(text),
        _ => Err(format!("has something other than a text as `{key}`")),
    }
}

fn texts(value: Json, key: &str) -> Result<Vec<String>, Wrong> {
    match value {
        Json::Array(items) => items.into_iter().map(|item| text(item, key)).collect(),
        _ => Err(format!("has something other than a list of texts as `{key}`")),
    }
}

fn no_more(object: &Map<String, Json>) -> Result<(), Wrong> {
    object.keys().next().map_or(Ok(()), |key| Err(format!("has an unknown key `{key}`")))
}

/// Reads a job. The services' base URLs, which the host does not tell, are added to the settings.
pub(crate) fn job(json: &str) -> Result<Job, Wrong> {
    let mut job = object(json)?;
    let now = take(&mut job, "now")?.as_u64().ok_or("has no whole number of seconds as `now`")?;
    let services: BTreeSet<String> = texts(take(&mut job, "services")?, "services")?.into_iter().collect();
    let Json::Object(settings) = take(&mut job, "settings")? else {
        return Err("has something other than an object as `settings`".to_owned());
    };
    no_more(&job)?;
    if let Some(url) = SERVICES.iter().find(|(_, setting, ..)| settings.contains_key(*setting)) {
        return Err(format!("has `{}` among its settings; the host names the service `{}` instead", url.1, url.0));
    }
    if let Some(unknown) = services.iter().find(|role| SERVICES.iter().all(|(name, ..)| name != role)) {
        return Err(format!("names an unknown service `{unknown}`"));
    }
    if let Some(missing) = ["hibob", "scim"].into_iter().find(|role| !services.contains(*role)) {
        return Err(format!("does not name the service `{missing}`, which every sync needs"));
    }
    let urls = SERVICES.iter().filter(|(role, ..)| services.contains(*role));
    let urls =
        urls.map(|(_, name, _, url)| NamedValue { name: (*name).to_owned(), value: Value::Text((*url).to_owned()) });
    Ok(Job { settings: urls.chain(named_values(settings)?).collect(), now_unix_seconds: now })
}

/// Reads a baseline.
pub(crate) fn baseline(json: &str) -> Result<Vec<NamedValue>, Wrong> {
    named_values(object(json)?)
}

fn named_values(values: Map<String, Json>) -> Result<Vec<NamedValue>, Wrong> {
    let named = |(name, value): (String, Json)| {
        let value = match value {
            Json::String(text) => Value::Text(text),
            Json::Bool(flag) => Value::Flag(flag),
            Json::Number(number) => {
                Value::Integer(number.as_i64().ok_or_else(|| format!("has no whole number as `{name}`"))?)
            }
            list @ Json::Array(_) => Value::Texts(texts(list, &name)?),
            Json::Object(pairs) => {
                let pair = |(key, value)| Ok((key, text(value, &name)?));
                Value::Pairs(pairs.into_iter().map(pair).collect::<Result<_, Wrong>>()?)
            }
            Json::Null => return Err(format!("has null as `{name}`")),
        };
        Ok(NamedValue { name, value })
    };
    values.into_iter().map(named).collect()
}

/// Named values as an object.
pub(crate) fn named_values_json(values: &[NamedValue]) -> Json {
    values.iter().map(|value| (value.name.clone(), value_json(&value.value))).collect()
}

fn value_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Flag(flag) => json!(flag),
        Value::Integer(integer) => json!(integer),
        Value::Texts(texts) => json!(texts),
        Value::Pairs(pairs) => pairs.iter().map(|(key, value)| (key.clone(), json!(value))).collect(),
        Value::Person(person) => json!({
            "employee_id": person.employee_id,
            "account_id": person.account_id,
            "display_name": person.display_name,
        }),
    }
}

/// Reads the value of a change's field: an object is a person there.
fn field_value(value: Json, key: &str) -> Result<Option<Value>, Wrong> {
    let Json::Object(mut person) = value else {
        return match value {
            Json::Null => Ok(None),
            value => {
                let mut values = named_values(Map::from_iter([(key.to_owned(), value)]))?;
                Ok(values.pop().map(|value| value.value))
            }
        };
    };
    let mut id = |key: &str| match take(&mut person, key)? {
        Json::Null => Ok(None),
        id => text(id, key).map(Some),
    };
    let (employee_id, account_id) = (id("employee_id")?, id("account_id")?);
    let display_name = text(take(&mut person, "display_name")?, "display_name")?;
    no_more(&person)?;
    Ok(Some(Value::Person(PersonRef { employee_id, account_id, display_name })))
}

/// A change as JSON.
pub(crate) fn change_json(change: &Change) -> Json {
    json!({
        "id": change.id,
        "kind": change.kind.name(),
        "employee_id": change.employee_id,
        "target_id": change.target_id,
        "display_name": change.display_name,
        "depends_on": change.depends_on,
        "after": change.after,
        "reason": change.reason,
        "fields": change.fields.iter().map(|field| json!({
            "field": field.field,
            "before": field.before.as_ref().map(value_json),
            "after": field.after.as_ref().map(value_json),
        })).collect::<Vec<_>>(),
    })
}

/// Reads a change.
pub(crate) fn change(json: &str) -> Result<Change, Wrong> {
    let mut change = object(json)?;
    let mut key = |key: &str| take(&mut change, key);
    let kind = text(key("kind")?, "kind")?;
    let kind = KINDS.into_iter().find(|known| known.name() == kind).ok_or("has an unknown `kind`")?;
    let optional = |value: Json, key: &str| if value.is_null() { Ok(None) } else { text(value, key).map(Some) };
    let Json::Array(fields) = key("fields")? else {
        return Err("has something other than a list as `fields`".to_owned());
    };
    let field = |field: Json| {
        let Json::Object(mut field) = field else { return Err("has a field that is no object".to_owned()) };
        let one = FieldChange {
            field: text(take(&mut field, "field")?, "field")?,
            before: field_value(take(&mut field, "before")?, "before")?,
            after: field_value(take(&mut field, "after")?, "after")?,
        };
        no_more(&field).map(|()| one)
    };
    let read = Change {
        id: text(key("id")?, "id")?,
        kind,
        employee_id: optional(key("employee_id")?, "employee_id")?,
        target_id: optional(key("target_id")?, "target_id")?,
        display_name: text(key("display_name")?, "display_name")?,
        depends_on: texts(key("depends_on")?, "depends_on")?,
        after: texts(key("after")?, "after")?,
        fields: fields.into_iter().map(field).collect::<Result<_, _>>()?,
        reason: text(key("reason")?, "reason")?,
    };
    no_more(&change).map(|()| read)
}

/// Reads an attempt.
pub(crate) fn attempt(word: &str) -> Result<Attempt, Wrong> {
    match word {
        "first" => Ok(Attempt::First),
        "after-unknown-outcome" => Ok(Attempt::AfterUnknownOutcome),
        _ => Err("is neither `first` nor `after-unknown-outcome`".to_owned()),
    }
}

/// A finding as JSON.
pub(crate) fn finding_json(finding: &Finding) -> Json {
    json!({
        "severity": match finding.severity {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        },
        "code": finding.code,
        "employee_id": finding.employee_id,
        "field": finding.field,
        "message": for_any_host(&finding.told()),
        "remedy": for_any_host(&finding.remedy),
    })
}

/// An employee with their state as JSON.
pub(crate) fn employee_json(entry: &RosterEntry) -> Json {
    json!({
        "employee_id": entry.employee_id,
        "display_name": entry.display_name,
        "state": match entry.state {
            EmployeeState::Synced => "synced",
            EmployeeState::Pending => "pending",
            EmployeeState::Waiting => "waiting",
            EmployeeState::OutOfSelection => "out-of-selection",
            EmployeeState::Archived => "archived",
            EmployeeState::Left => "left",
            EmployeeState::Failed => "failed",
            EmployeeState::Vanished => "vanished",
        },
        "account_id": entry.account_id,
    })
}

/// Counts as an object.
pub(crate) fn counts_json(counts: &[Count]) -> Json {
    counts.iter().map(|count| (count.name.clone(), json!(count.number))).collect()
}

/// How a change ended, as JSON.
pub(crate) fn outcome_json(outcome: &Outcome) -> Json {
    match outcome {
        Outcome::Done { target_id, not_taken } => json!({
            "outcome": if not_taken.is_empty() { "done" } else { "partly" },
            "target_id": target_id,
            "not_taken": mismatches(not_taken),
        }),
        Outcome::Drifted(drift) => json!({ "outcome": "drifted", "drift": mismatches(drift) }),
        Outcome::Failed(Failure { code, message, remedy, next }) => json!({
            "outcome": "failed",
            "code": code,
            "message": for_any_host(message),
            "remedy": for_any_host(remedy),
            "next": match next {
                NextStep::Fix => "fix",
                NextStep::Later => "later",
                NextStep::Look => "look",
            },
        }),
        Outcome::Refused(error) => with("outcome", "refused", side_error(error)),
    }
}

/// The outcome of a change with settings that a plan would not have accepted.
pub(crate) fn wrong_settings() -> Json {
    json!({
        "outcome": "failed",
        "code": "WRONG_SETTING",
        "message": "the settings are not the ones that the plan was made with",
        "remedy": "correct the settings and make a new plan",
        "next": "fix",
    })
}

fn mismatches(mismatches: &[Mismatch]) -> Vec<Json> {
    let one = |mismatch: &Mismatch| {
        json!({
            "field": mismatch.field,
            "expected": mismatch.expected.as_ref().map(value_json),
            "found": mismatch.found.as_ref().map(value_json),
        })
    };
    mismatches.iter().map(one).collect()
}

/// The error of an argument that cannot be read.
pub(crate) fn input_error(argument: &str, wrong: &str) -> Json {
    json!({ "kind": "input", "code": "WRONG_INPUT", "message": format!("the argument `{argument}` {wrong}") })
}

/// Why a job could not be done, as JSON.
pub(crate) fn job_error_json(error: &JobError) -> Json {
    let told = |kind: &str, code: &str, message: &str| json!({ "kind": kind, "code": code, "message": message });
    match error {
        JobError::Settings(findings) => json!({
            "kind": "settings",
            "code": findings.first().map_or("WRONG_SETTING", |finding| finding.code),
            "findings": findings.iter().map(finding_json).collect::<Vec<_>>(),
        }),
        JobError::Credentials(error) => with("kind", "credentials", side_error(error)),
        JobError::Unavailable(error) => with("kind", "unavailable", side_error(error)),
        JobError::NotAllowed(reason) => told("not-allowed", "NOT_ALLOWED", reason),
        JobError::Unsound(reason) => told("unsound", "PLAN_UNSOUND", reason),
        JobError::Storage(reason) => told("storage", "STORAGE_FAILED", reason),
    }
}

fn with(key: &str, word: &str, mut json: Json) -> Json {
    if let Some(object) = json.as_object_mut() {
        object.insert(key.to_owned(), json!(word));
    }
    json
}

/// An error of a service. Its code is the service and what it did: `HIBOB_REFUSED`, `TARGET_RATE_LIMIT`.
fn side_error(error: &SideError) -> Json {
    let (side, name) = match error.side {
        Side::HiBob => ("hibob", "HIBOB"),
        Side::Target => ("target", "TARGET"),
    };
    let what = match error.status {
        None => "UNANSWERED",
        Some(401 | 403) => "REFUSED",
        Some(429) => "RATE_LIMIT",
        Some(500..=599) => "FAILED",
        Some(300..=399) => "REDIRECTS",
        Some(_) => "UNEXPECTED_ANSWER",
    };
    json!({
        "side": side,
        "code": format!("{name}_{what}"),
        "request": error.request,
        "status": error.status,
        "message": for_any_host(&error.message),
        "remedy": for_any_host(&error.remedy),
    })
}

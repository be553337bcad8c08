//! JSON as the contract's types, and back. Changes and findings have the form of `hibob plan --json`.

use hibob_contract::directory_sync::{Change, ChangeKind, Failure, FieldChange, Mismatch, NextStep, Outcome, Written};
use hibob_contract::types::{Finding, NamedValue, Person, Severity, Side, SideError, Value};
use hibob_policy::plan_json::value_json;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

/// Why a function of the guard has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    /// A stable word in capitals.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

impl Fault {
    pub(crate) fn new(code: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, message: message.into(), remedy: remedy.into() }
    }

    /// The fault of an argument that cannot be read.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new("WRONG_INPUT", message, "report it to whoever wrote the host")
    }

    /// The fault of a plugin, of which `what` is the rest of a sentence that begins with "the plugin".
    pub(crate) fn plugin(what: &str) -> Self {
        let remedy = "nothing in HiBob or TravelPerk is wrong: show this to the developers of the plugin";
        Self::new("PLUGIN_FAULT", format!("the plugin {what}"), remedy)
    }
}

/// Reads an argument.
pub(crate) fn read<T: DeserializeOwned>(json: &str, name: &str) -> Result<T, Fault> {
    serde_json::from_str(json).map_err(|error| Fault::input(format!("the argument `{name}` cannot be read: {error}")))
}

/// A change as JSON has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeForm {
    id: String,
    kind: String,
    employee_id: Option<String>,
    target_id: Option<String>,
    display_name: String,
    depends_on: Vec<String>,
    after: Vec<String>,
    reason: String,
    fields: Vec<FieldForm>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldForm {
    field: String,
    before: Json,
    after: Json,
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

impl ChangeForm {
    pub(crate) fn change(self) -> Result<Change, Fault> {
        let kind = KINDS.into_iter().find(|kind| kind.word() == self.kind);
        let fields = self.fields.into_iter().map(|field| {
            Ok(FieldChange { before: field_value(field.before)?, after: field_value(field.after)?, field: field.field })
        });
        Ok(Change {
            kind: kind.ok_or_else(|| Fault::input("a change has an unknown kind"))?,
            fields: fields.collect::<Result<_, Fault>>()?,
            id: self.id,
            employee_id: self.employee_id,
            target_id: self.target_id,
            display_name: self.display_name,
            depends_on: self.depends_on,
            after: self.after,
            reason: self.reason,
        })
    }
}

/// The value of a field of a change: an object is a person there.
fn field_value(value: Json) -> Result<Option<Value>, Fault> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct PersonForm {
        employee_id: Option<String>,
        account_id: Option<String>,
        display_name: String,
    }
    match value {
        Json::Null => Ok(None),
        person @ Json::Object(_) => {
            let person: PersonForm =
                serde_json::from_value(person).map_err(|_| Fault::input("a field has an object that is no person"))?;
            Ok(Some(Value::Person(Person {
                employee_id: person.employee_id,
                account_id: person.account_id,
                display_name: person.display_name,
            })))
        }
        value => plain(value).map(Some),
    }
}

fn plain(value: Json) -> Result<Value, Fault> {
    let text = |value: Json| match value {
        Json::String(text) => Ok(text),
        _ => Err(Fault::input("a value is something other than a text")),
    };
    Ok(match value {
        Json::String(text) => Value::Text(text),
        Json::Bool(flag) => Value::Flag(flag),
        Json::Number(number) => Value::Integer(number.as_i64().ok_or_else(|| Fault::input("a number is not whole"))?),
        Json::Array(texts) => Value::Texts(texts.into_iter().map(text).collect::<Result<_, _>>()?),
        Json::Object(pairs) => {
            let pair = |(key, value)| Ok((key, text(value)?));
            Value::Pairs(pairs.into_iter().map(pair).collect::<Result<_, Fault>>()?)
        }
        Json::Null => return Err(Fault::input("a value is null")),
    })
}

/// Named values, from an object.
pub(crate) fn named_values(values: Map<String, Json>) -> Result<Vec<NamedValue>, Fault> {
    values.into_iter().map(|(name, value)| Ok(NamedValue { name, value: plain(value)? })).collect()
}

/// Named values as an object.
pub(crate) fn named_values_json(values: &[NamedValue]) -> Json {
    values.iter().map(|value| (value.name.clone(), value_json(&value.value))).collect()
}

/// A finding as JSON has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingForm {
    severity: String,
    code: String,
    employee_id: Option<String>,
    field: Option<String>,
    message: String,
    remedy: String,
}

impl FindingForm {
    pub(crate) fn finding(self) -> Finding {
        Finding {
            severity: match self.severity.as_str() {
                "notice" => Severity::Notice,
                "warning" => Severity::Warning,
                _ => Severity::Error,
            },
            code: self.code,
            employee_id: self.employee_id,
            field: self.field,
            message: self.message,
            remedy: self.remedy,
        }
    }
}

/// How a change ended, as the plugin says it.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum OutcomeForm {
    Done { target_id: String, not_taken: Vec<MismatchForm> },
    Partly { target_id: String, not_taken: Vec<MismatchForm> },
    Drifted { drift: Vec<MismatchForm> },
    Failed { code: String, message: String, remedy: String, next: String },
    Refused(RefusedForm),
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RefusedForm {
    side: String,
    request: String,
    status: Option<u16>,
    message: String,
    remedy: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MismatchForm {
    field: String,
    expected: Json,
    found: Json,
}

impl OutcomeForm {
    pub(crate) fn outcome(self) -> Result<Outcome, Fault> {
        let mismatches = |list: Vec<MismatchForm>| -> Result<Vec<Mismatch>, Fault> {
            let one = |one: MismatchForm| {
                let (expected, found) = (field_value(one.expected)?, field_value(one.found)?);
                Ok(Mismatch { field: one.field, expected, found })
            };
            list.into_iter().map(one).collect()
        };
        Ok(match self {
            Self::Done { target_id, not_taken } => {
                Outcome::Done(Written { target_id, not_taken: mismatches(not_taken)? })
            }
            Self::Partly { target_id, not_taken } => {
                Outcome::Partly(Written { target_id, not_taken: mismatches(not_taken)? })
            }
            Self::Drifted { drift } => Outcome::Drifted(mismatches(drift)?),
            Self::Failed { code, message, remedy, next } => {
                let next = match next.as_str() {
                    "fix" => NextStep::Fix,
                    "later" => NextStep::Later,
                    _ => NextStep::Look,
                };
                Outcome::Failed(Failure { code, message, remedy, next })
            }
            Self::Refused(RefusedForm { side, request, status, message, remedy }) => {
                let side = if side == "hibob" { Side::Hibob } else { Side::Target };
                Outcome::Refused(SideError { side, request, status, message, remedy })
            }
        })
    }
}

/// How a change ended, as JSON.
pub(crate) fn outcome_json(outcome: &Outcome) -> Json {
    let mismatches = |list: &[Mismatch]| -> Vec<Json> {
        let one = |one: &Mismatch| {
            json!({
                "field": one.field,
                "expected": one.expected.as_ref().map(value_json),
                "found": one.found.as_ref().map(value_json),
            })
        };
        list.iter().map(one).collect()
    };
    let written = |word: &str, written: &Written| json!({ "outcome": word, "target_id": written.target_id, "not_taken": mismatches(&written.not_taken) });
    match outcome {
        Outcome::Done(done) => written("done", done),
        Outcome::Partly(done) => written("partly", done),
        Outcome::Drifted(drift) => json!({ "outcome": "drifted", "drift": mismatches(drift) }),
        Outcome::Failed(failure) => json!({
            "outcome": "failed",
            "code": failure.code,
            "message": failure.message,
            "remedy": failure.remedy,
            "next": match failure.next {
                NextStep::Fix => "fix",
                NextStep::Later => "later",
                NextStep::Look => "look",
            },
        }),
        Outcome::Refused(error) => json!({
            "outcome": "refused",
            "side": match error.side { Side::Hibob => "hibob", Side::Target => "target" },
            "code": match error.side { Side::Hibob => "HIBOB_REFUSED", Side::Target => "TARGET_REFUSED" },
            "request": error.request,
            "status": error.status,
            "message": error.message,
            "remedy": error.remedy,
        }),
    }
}

//! The forms of stored JSON: what is sealed, whose an object is, and what stands in the place of what is gone.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What stands in the place of what belonged to somebody who was forgotten.
pub const FORGOTTEN: &str = "forgotten";

/// Why a plan is not applied of which something is gone.
pub const SOMEBODY_FORGOTTEN: &str = "somebody in it was forgotten";

/// What stands in the place of what was changed in the database since it was sealed.
pub(super) const UNREADABLE: &str = "cannot be opened";

/// Something sealed, as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    /// The number of the key.
    pub(super) person: i64,
    /// Base64.
    pub(super) sealed: String,
}

/// Of whom values tell.
#[derive(Default)]
pub(super) struct Ids {
    pub(super) employees: BTreeSet<String>,
    /// Accounts that are told of without an employee.
    pub(super) accounts: BTreeSet<String>,
}

impl Ids {
    pub(super) fn collect(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.collect(value)),
            Value::Object(object) => {
                match (employee(object), account(object)) {
                    (Some(employee), _) => drop(self.employees.insert(employee.to_owned())),
                    (None, Some(account)) => drop(self.accounts.insert(account.to_owned())),
                    (None, None) => {}
                }
                object.values().for_each(|value| self.collect(value));
            }
            _ => {}
        }
    }
}

pub(super) fn collect_numbers(value: &Value, numbers: &mut BTreeSet<i64>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect_numbers(value, numbers)),
        Value::Object(object) => match sealed(object) {
            Some(sealed) => drop(numbers.insert(sealed.person)),
            None => object.values().for_each(|value| collect_numbers(value, numbers)),
        },
        _ => {}
    }
}

pub(super) fn employee(object: &Map<String, Value>) -> Option<&str> {
    object.get("employee_id")?.as_str().filter(|id| !id.is_empty())
}

/// The account of a person who is named without an employee's id.
pub(super) fn account(object: &Map<String, Value>) -> Option<&str> {
    object.get("display_name")?;
    object.get("account_id")?.as_str()
}

pub(super) fn sealed(object: &Map<String, Value>) -> Option<Sealed> {
    let (person, sealed) = (object.get("person")?.as_i64()?, object.get("sealed")?.as_str()?);
    (object.len() == 2).then(|| Sealed { person, sealed: sealed.to_owned() })
}

/// In the shape of everything that can be sealed: a person, a finding, a row of a report.
pub(super) fn placeholder(word: &str) -> Value {
    json!({
        "forgotten": true, "employee_id": null, "account_id": null, "display_name": word, "name": word,
        "severity": "Notice", "field": null, "code": "FORGOTTEN", "message": word, "remedy": "",
    })
}

/// Somebody who was forgotten, as long as the target says that this is whose account it is: what is there is compared with it.
pub(super) fn nameless(account: &str) -> Value {
    json!({ "employee_id": null, "account_id": account, "display_name": FORGOTTEN })
}

/// Whether a value is a placeholder.
pub(super) fn is_placeholder(value: &Value) -> bool {
    value.get("forgotten") == Some(&Value::Bool(true))
}

/// Whether a value is a placeholder, or has one in it.
pub(super) fn has_placeholder(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().any(has_placeholder),
        Value::Object(object) => is_placeholder(value) || object.values().any(has_placeholder),
        _ => false,
    }
}

//! The forms of stored JSON: encrypted objects, whom an object belongs to, and placeholders for what cannot be
//! decrypted.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The word that is shown where an erased person's data was.
pub const FORGOTTEN: &str = "forgotten";

/// Why a plan is not applied in which an erased person occurs.
pub const SOMEBODY_FORGOTTEN: &str = "somebody in it was forgotten";

/// The word that is shown where an object was changed in the database after it was encrypted.
pub(super) const UNREADABLE: &str = "cannot be decrypted";

/// An encrypted object, as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EncryptedObject {
    /// The number of the person's key.
    pub(super) person: i64,
    /// A nonce and the ciphertext, in Base64 without padding.
    #[serde(rename = "sealed")]
    pub(super) ciphertext: String,
}

/// The persons that values are about.
#[derive(Default)]
pub(super) struct Ids {
    pub(super) employees: BTreeSet<String>,
    /// Accounts that are named without an employee.
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
        Value::Object(object) => match encrypted_object(object) {
            Some(encrypted) => drop(numbers.insert(encrypted.person)),
            None => object.values().for_each(|value| collect_numbers(value, numbers)),
        },
        _ => {}
    }
}

pub(super) fn employee(object: &Map<String, Value>) -> Option<&str> {
    object.get("employee_id")?.as_str().filter(|id| !id.is_empty())
}

/// The account of a person object, which has a display name.
pub(super) fn account(object: &Map<String, Value>) -> Option<&str> {
    object.get("display_name")?;
    object.get("account_id")?.as_str()
}

pub(super) fn encrypted_object(object: &Map<String, Value>) -> Option<EncryptedObject> {
    let (person, ciphertext) = (object.get("person")?.as_i64()?, object.get("sealed")?.as_str()?);
    (object.len() == 2).then(|| EncryptedObject { person, ciphertext: ciphertext.to_owned() })
}

/// A placeholder. It has the fields of everything that can be encrypted: a person, a finding, a row of a report.
pub(super) fn placeholder(word: &str) -> Value {
    json!({
        "forgotten": true, "employee_id": null, "account_id": null, "display_name": word, "name": word,
        "severity": "Notice", "field": null, "code": "FORGOTTEN", "message": word, "remedy": "",
    })
}

/// An erased person as the value of a field in the target, such as a line manager. The account stays, since the value
/// is compared with what the target has.
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

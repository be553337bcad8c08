//! The journal's and the history's texts as they are stored.

use crate::database::{Fence, StoredUpdate};
use crate::privacy::keyring::{Keyring, Purpose, json_error};
use crate::privacy::stored::{FORGOTTEN, is_placeholder};
use crate::run_store::KeyRows;
use crate::update_row::{NameOf, UpdateRow};
use hibob_base::error::HostError;
use serde_json::{Value, json};

/// What came of a change, as the journal keeps it; of a cost center's as it is.
///
/// # Errors
/// The run lost its lock, or the database failed.
pub async fn seal_made(
    keyring: &Keyring<impl KeyRows>,
    fence: Fence,
    employee: Option<&str>,
    made: Value,
) -> Result<String, HostError> {
    let whole = json!({ "employee_id": employee, "made": made });
    Ok(one(keyring.seal(fence, Purpose::Made, vec![whole]).await?).to_string())
}

/// Opens what [`seal_made`] made, and what earlier versions stored; none of somebody who was forgotten, or what is none.
///
/// # Errors
/// The tenant's key is not at hand, or the database failed.
pub async fn open_made(keyring: &Keyring<impl KeyRows>, stored: Vec<String>) -> Result<Vec<Option<String>>, HostError> {
    let values = stored.iter().map(|text| serde_json::from_str(text).unwrap_or(Value::Null)).collect();
    let opened = keyring.open(Purpose::Made, values).await?.into_iter().zip(stored);
    Ok(opened
        .map(|(mut value, stored)| match value.get_mut("made").map(Value::take) {
            _ if is_placeholder(&value) => None,
            Some(made) => Some(made.to_string()),
            None => Some(stored),
        })
        .collect())
}

/// A report as the history keeps it: its numbers as they are, its rows about somebody sealed.
///
/// # Errors
/// The run lost its lock, or the database failed.
pub async fn seal_report(keyring: &Keyring<impl KeyRows>, fence: Fence, report: &str) -> Result<String, HostError> {
    let report = serde_json::from_str(report).map_err(json_error)?;
    Ok(one(keyring.seal(fence, Purpose::Report, vec![report]).await?).to_string())
}

/// Opens what [`seal_report`] made.
///
/// # Errors
/// The tenant's key is not at hand, or the database failed.
pub(super) async fn open_report(keyring: &Keyring<impl KeyRows>, report: Value) -> Result<Value, HostError> {
    Ok(one(keyring.open(Purpose::Report, vec![report]).await?))
}

/// The lines of a run as the history keeps them.
///
/// # Errors
/// The run lost its lock, or the database failed.
pub async fn seal_updates(
    keyring: &Keyring<impl KeyRows>,
    fence: Fence,
    updates: &[UpdateRow],
) -> Result<Vec<StoredUpdate>, HostError> {
    let sealed = keyring.seal(fence, Purpose::Update, updates.iter().map(personal_value).collect()).await?;
    let stored = |(update, sealed): (&UpdateRow, Value)| {
        if update.employee_id.is_empty() {
            return StoredUpdate::from(update.clone());
        }
        // What is left out here is encrypted: see `personal_value`.
        let UpdateRow {
            employee_id: _,
            name: _,
            action,
            field,
            before: _,
            after: _,
            result,
            before_of: _,
            after_of: _,
        } = update;
        let row = UpdateRow {
            employee_id: String::new(),
            name: String::new(),
            action: action.clone(),
            field: field.clone(),
            before: String::new(),
            after: String::new(),
            result: result.clone(),
            before_of: None,
            after_of: None,
        };
        StoredUpdate { row, sealed: sealed.to_string() }
    };
    Ok(updates.iter().zip(sealed).map(stored).collect())
}

/// Opens what [`seal_updates`] made. A line of somebody who was forgotten says what was done, and not to whom.
///
/// # Errors
/// The tenant's key is not at hand, or the database failed.
pub(super) async fn open_updates(
    keyring: &Keyring<impl KeyRows>,
    stored: Vec<StoredUpdate>,
) -> Result<Vec<UpdateRow>, HostError> {
    let values = stored.iter().map(|stored| serde_json::from_str(&stored.sealed).unwrap_or(Value::Null)).collect();
    let opened = keyring.open(Purpose::Update, values).await?;
    let update = |(StoredUpdate { row, sealed }, opened): (StoredUpdate, Value)| {
        if sealed.is_empty() {
            return row;
        }
        let UpdateRow { employee_id, name: _, action, field, before, after, result, before_of, after_of } = row;
        if is_placeholder(&opened) {
            let name = FORGOTTEN.to_owned();
            return UpdateRow { employee_id, name, action, field, before, after, result, before_of, after_of };
        }
        let text = |name: &str| match opened.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Object(person)) => {
                person.get("display_name").and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            _ => String::new(),
        };
        UpdateRow {
            employee_id: text("employee_id"),
            name: text("name"),
            action,
            field,
            before: text("before"),
            after: text("after"),
            result,
            before_of,
            after_of,
        }
    };
    Ok(stored.into_iter().zip(opened).map(update).collect())
}

/// The personal columns of a row, which are encrypted; `action`, `field` and `result` say nothing about a person. A value that
/// is the name of another person is an object of its own, which is encrypted under that person's key.
fn personal_value(update: &UpdateRow) -> Value {
    let UpdateRow { employee_id, name, action: _, field: _, before, after, result: _, before_of, after_of } = update;
    let value = |of: &Option<NameOf>, text: &str| match of {
        Some(NameOf { employee_id, account_id }) => {
            json!({ "employee_id": employee_id, "account_id": account_id, "display_name": text })
        }
        None => Value::String(text.to_owned()),
    };
    json!({
        "employee_id": employee_id,
        "name": name,
        "before": value(before_of, before),
        "after": value(after_of, after),
    })
}

fn one(values: Vec<Value>) -> Value {
    values.into_iter().next().unwrap_or_default()
}

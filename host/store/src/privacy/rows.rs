//! Results of changes, reports and rows of run records: encrypting them for the database, and decrypting them.

use crate::database::{Fence, StoredUpdate};
use crate::privacy::keyring::{Keyring, Purpose, json_error};
use crate::privacy::stored::{FORGOTTEN, is_placeholder};
use crate::run_store::KeyRows;
use crate::update_row::{NameOf, UpdateRow};
use hibob_base::error::HostError;
use serde_json::{Value, json};

/// Encrypts the result of a change, for the journal. The result of a cost center's change, which is about no employee,
/// stays unencrypted.
///
/// # Errors
/// The run has lost its lease, or the database failed.
pub async fn encrypt_result(
    keyring: &Keyring<impl KeyRows>,
    fence: Fence,
    employee: Option<&str>,
    made: Value,
) -> Result<String, HostError> {
    let whole = json!({ "employee_id": employee, "made": made });
    Ok(one(keyring.encrypt(fence, Purpose::Made, vec![whole]).await?).to_string())
}

/// Decrypts results that [`encrypt_result`] encrypted; results that an earlier version stored unencrypted are returned
/// as they are. None stands for a result of an erased person.
///
/// # Errors
/// The tenant's key is not available, or the database failed.
pub async fn decrypt_results(
    keyring: &Keyring<impl KeyRows>,
    stored: Vec<String>,
) -> Result<Vec<Option<String>>, HostError> {
    let values = stored.iter().map(|text| serde_json::from_str(text).unwrap_or(Value::Null)).collect();
    let decrypted = keyring.decrypt(Purpose::Made, values).await?.into_iter().zip(stored);
    Ok(decrypted
        .map(|(mut value, stored)| match value.get_mut("made").map(Value::take) {
            _ if is_placeholder(&value) => None,
            Some(made) => Some(made.to_string()),
            None => Some(stored),
        })
        .collect())
}

/// Encrypts a run's report, for the history: its rows about persons are encrypted, its numbers stay readable.
///
/// # Errors
/// The run has lost its lease, or the database failed.
pub async fn encrypt_report(keyring: &Keyring<impl KeyRows>, fence: Fence, report: &str) -> Result<String, HostError> {
    let report = serde_json::from_str(report).map_err(json_error)?;
    Ok(one(keyring.encrypt(fence, Purpose::Report, vec![report]).await?).to_string())
}

/// Decrypts a report that [`encrypt_report`] encrypted.
///
/// # Errors
/// The tenant's key is not available, or the database failed.
pub async fn decrypt_report(keyring: &Keyring<impl KeyRows>, report: Value) -> Result<Value, HostError> {
    Ok(one(keyring.decrypt(Purpose::Report, vec![report]).await?))
}

/// Encrypts the rows of a run record, for the history. A row that is about nobody in particular stays unencrypted.
///
/// # Errors
/// The run has lost its lease, or the database failed.
pub async fn encrypt_rows(
    keyring: &Keyring<impl KeyRows>,
    fence: Fence,
    updates: &[UpdateRow],
) -> Result<Vec<StoredUpdate>, HostError> {
    let encrypted = keyring.encrypt(fence, Purpose::Update, updates.iter().map(personal_value).collect()).await?;
    let stored = |(update, encrypted): (&UpdateRow, Value)| {
        if update.employee_id.is_empty() {
            return StoredUpdate::from(update.clone());
        }
        // The columns that are left out here are encrypted: see `personal_value`.
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
        StoredUpdate { row, encrypted: encrypted.to_string() }
    };
    Ok(updates.iter().zip(encrypted).map(stored).collect())
}

/// Decrypts rows that [`encrypt_rows`] encrypted. The row of an erased person says what was done, and not for whom.
///
/// # Errors
/// The tenant's key is not available, or the database failed.
pub(super) async fn decrypt_rows(
    keyring: &Keyring<impl KeyRows>,
    stored: Vec<StoredUpdate>,
) -> Result<Vec<UpdateRow>, HostError> {
    let values = stored.iter().map(|stored| serde_json::from_str(&stored.encrypted).unwrap_or(Value::Null)).collect();
    let decrypted = keyring.decrypt(Purpose::Update, values).await?;
    let update = |(StoredUpdate { row, encrypted }, decrypted): (StoredUpdate, Value)| {
        if encrypted.is_empty() {
            return row;
        }
        let UpdateRow { employee_id, name: _, action, field, before, after, result, before_of, after_of } = row;
        if is_placeholder(&decrypted) {
            let name = FORGOTTEN.to_owned();
            return UpdateRow { employee_id, name, action, field, before, after, result, before_of, after_of };
        }
        let text = |name: &str| match decrypted.get(name) {
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
    Ok(stored.into_iter().zip(decrypted).map(update).collect())
}

/// The personal columns of a row, which are encrypted; `action`, `field` and `result` say nothing about a person. A
/// value that is the name of another person is an object of its own, which is encrypted under that person's key.
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

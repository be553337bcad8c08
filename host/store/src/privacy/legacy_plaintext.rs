//! Personal data that is stored unencrypted: in rows and plans of earlier versions, and in the error that ended a run.
//! Erasing a person removes it.

use crate::database::{LegacyPlaintext, TenantDatabase};
use crate::privacy::plan::is_plaintext;
use crate::privacy::stored::FORGOTTEN;
use hibob_base::error::HostError;
use serde_json::{Value, json};

/// Finds what unencrypted JSON has about an employee: reports, returned without the person, and plans.
///
/// # Errors
/// The database failed.
pub(super) async fn of_employee(database: &TenantDatabase, employee_id: &str) -> Result<LegacyPlaintext, HostError> {
    let quoted = format!("\"{employee_id}\"");
    let mut plaintext = LegacyPlaintext::default();
    for (run, report) in database.reports().await? {
        if !report.contains(employee_id) {
            continue;
        }
        let Ok(mut value) = serde_json::from_str::<Value>(&report) else { continue };
        let rows = remove(&mut value, employee_id);
        let is_named = value.pointer_mut("/error/message").is_some_and(|message| unname(message, employee_id));
        if rows > 0 || is_named {
            plaintext.reports.push((run, value.to_string()));
        }
    }
    for digest in database.plan_digests().await? {
        let content = database.plan_content(&digest).await?.unwrap_or_default();
        if is_plaintext(&content) && String::from_utf8_lossy(&content).contains(&quoted) {
            plaintext.plans.push(digest);
        }
    }
    Ok(plaintext)
}

/// Replaces an employee's id in a text, such as the message of a plugin that failed. True if the id was there.
fn unname(text: &mut Value, employee_id: &str) -> bool {
    let Value::String(message) = text else { return false };
    let parts = message.split_inclusive(|c: char| !c.is_ascii_digit());
    let without: String = parts
        .map(|part| match part.strip_prefix(employee_id) {
            Some(rest) if !rest.starts_with(|c: char| c.is_ascii_digit()) => format!("{}{rest}", FORGOTTEN),
            _ => part.to_owned(),
        })
        .collect();
    let is_named = without != *message;
    *message = without;
    is_named
}

/// Replaces an employee's rows in a report with placeholders. Returns how many there were.
fn remove(value: &mut Value, employee_id: &str) -> usize {
    match value {
        Value::Array(values) => values.iter_mut().map(|value| remove(value, employee_id)).sum(),
        Value::Object(object) if object.get("employee_id").and_then(Value::as_str) == Some(employee_id) => {
            *value = json!({ "forgotten": true, "employee_id": null, "code": "FORGOTTEN", "message": FORGOTTEN });
            1
        }
        Value::Object(object) => object.values_mut().map(|value| remove(value, employee_id)).sum(),
        _ => 0,
    }
}

/// Every employee's id that is stored unencrypted, in columns, in keys of the plugin's entries or in JSON.
///
/// # Errors
/// The database failed.
pub(super) async fn ids(database: &TenantDatabase) -> Result<Vec<String>, HostError> {
    fn collect(value: &Value, ids: &mut Vec<String>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| collect(value, ids)),
            Value::Object(object) => {
                ids.extend(object.get("employee_id").and_then(Value::as_str).map(str::to_owned));
                object.values().for_each(|value| collect(value, ids));
            }
            _ => {}
        }
    }
    let mut ids = database.plaintext_ids().await?;
    for (_, report) in database.reports().await? {
        collect(&serde_json::from_str(&report).unwrap_or_default(), &mut ids);
    }
    for digest in database.plan_digests().await? {
        let content = database.plan_content(&digest).await?.unwrap_or_default();
        if is_plaintext(&content) {
            collect(&serde_json::from_slice(&content).unwrap_or_default(), &mut ids);
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_out_of_a_text_where_it_stands_alone() {
        for (text, expected) in [
            ("the plugin made create:12 twice", "the plugin made create:forgotten twice"),
            ("12", "forgotten"),
            ("112, 123 and 12/3", "112, 123 and forgotten/3"),
            ("nothing", "nothing"),
        ] {
            let mut value = Value::String(text.to_owned());
            assert_eq!((unname(&mut value, "12"), value.as_str()), (text != expected, Some(expected)));
        }
    }

    #[test]
    fn rows_of_an_earlier_version_are_removed_and_others_stay() {
        let row = |id: &str| json!({ "employee_id": id, "message": "Ana" });
        let mut report = json!({ "created": 1, "errors": [row("1"), row("12")], "held": [row("1")], "error": null });
        assert_eq!(remove(&mut report, "1"), 2);
        assert_eq!((&report["errors"][1], &report["created"]), (&row("12"), &json!(1)));
        assert_eq!(report.to_string().matches("Ana").count(), 1);
        assert_eq!(remove(&mut report, "1"), 0);
    }
}

//! The parts of a plan as JSON: the form that `hibob plan --json`, the API and the packages for other hosts share.

use hibob_contract::directory_sync::Change;
use hibob_contract::types::{Finding, Value};
use serde_json::{Value as Json, json};

/// A change as JSON.
pub fn change_json(change: &Change) -> Json {
    json!({
        "id": change.id,
        "kind": change.kind.word(),
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

/// Findings as JSON.
pub fn findings_json(findings: &[Finding]) -> Vec<Json> {
    let row = |finding: &Finding| {
        json!({
            "severity": finding.severity.word(),
            "code": finding.code,
            "employee_id": finding.employee_id,
            "field": finding.field,
            "message": finding.message,
            "remedy": finding.remedy,
        })
    };
    findings.iter().map(row).collect()
}

/// The value of a field as JSON.
pub fn value_json(value: &Value) -> Json {
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

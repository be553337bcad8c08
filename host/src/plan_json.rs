//! A plan for machines, as the command line and the API give it out.

use crate::bindings::directory_sync::ChangeKind;
use crate::bindings::types::{Finding, Severity, Value};
use crate::run::Planned;
use serde_json::json;

/// The plan as JSON.
pub(crate) fn json(tenant: &str, planned: &Planned) -> serde_json::Value {
    json!({
        "tenant": tenant,
        "created_at": planned.created_at,
        "counts": planned.counts,
        "changes": planned.changes.iter().map(|change| json!({
            "id": change.id,
            "kind": kind_name(change.kind),
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
        })).collect::<Vec<_>>(),
        "findings": findings_json(&planned.findings),
    })
}

/// Findings as JSON.
pub(crate) fn findings_json(findings: &[Finding]) -> Vec<serde_json::Value> {
    let severity = |severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    };
    let row = |finding: &Finding| {
        json!({
            "severity": severity(finding.severity),
            "code": finding.code,
            "employee_id": finding.employee_id,
            "field": finding.field,
            "message": finding.message,
            "remedy": finding.remedy,
        })
    };
    findings.iter().map(row).collect()
}

/// A kind of change, in one word.
pub(crate) fn kind_name(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Create => "create",
        ChangeKind::Adopt => "adopt",
        ChangeKind::Update => "update",
        ChangeKind::Reactivate => "reactivate",
        ChangeKind::Archive => "archive",
        ChangeKind::CreateCostCenter => "create-cost-center",
        ChangeKind::RestoreCostCenter => "restore-cost-center",
    }
}

fn value_json(value: &Value) -> serde_json::Value {
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

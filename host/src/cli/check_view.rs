//! Shows the result of a check, as text and as JSON.

use super::paint::{BOLD, Color, DIM, GREEN, RED, YELLOW, clean};
use super::plan_view;
use hibob_contract::directory_sync::CheckReport;
use hibob_contract::types::Severity;
use hibob_jobs::check_json::{Coverage, Permission, count, fields, permissions};
use hibob_policy::plan_json;
use serde_json::{Value, json};

/// The check as text.
pub(super) fn text(tenant: &str, report: &CheckReport) -> String {
    let employees = count(report, "employees").unwrap_or_default();
    let head = BOLD.on_stdout(&format!("Check of {tenant}:"));
    // Only the check of a tenant without a sync counts those who have left.
    let what = match count(report, "left") {
        None => format!("credentials work on both sides; HiBob sends {employees} employees"),
        Some(left) => {
            format!("HiBob's credentials work; it sends {employees} employees, {left} of whom have left")
        }
    };
    let mut lines = vec![format!("{head} {what}")];
    let rows = permissions(report);
    if !rows.is_empty() {
        lines.push(DIM.on_stdout(&format!("  {:<26} {:<8} needed for", "permission", "granted")));
    }
    for row in rows {
        let needed = if row.needed_for.is_empty() { "-".to_owned() } else { row.needed_for.join(", ") };
        lines.push(format!("  {:<26} {} {}", clean(row.permission), granted(&row), clean(&needed)));
    }
    for (place, Coverage { field, employees: number }) in fields(report).into_iter().enumerate() {
        if place == 0 {
            lines.push(DIM.on_stdout(&format!("  {:<28} employees with a value", "field")));
        }
        lines.push(format!("  {:<28} {number:>7} of {employees}", clean(field)));
    }
    lines.extend(plan_view::finding_lines(&report.findings, true));
    if report.findings.iter().all(|finding| finding.severity == Severity::Notice) {
        lines.push(GREEN.on_stdout("nothing to mend"));
        if count(report, "left").is_none() {
            lines.push(format!("see what a sync would do: hibob plan {tenant} --out {tenant}.plan"));
        }
    }
    lines.join("\n")
}

fn granted(row: &Permission<'_>) -> String {
    let (color, word): (Color, _) = match (row.granted, row.needed_for.is_empty()) {
        (true, _) => (GREEN, "yes"),
        (false, false) => (RED, "no"),
        (false, true) => (YELLOW, "no"),
    };
    color.on_stdout(&format!("{word:<8}"))
}

/// The check as JSON: every count by its name, and the permissions once more as a list.
pub(super) fn json(tenant: &str, report: &CheckReport) -> Value {
    let counts: serde_json::Map<String, Value> =
        report.counts.iter().map(|count| (count.name.clone(), count.number.into())).collect();
    let findings = plan_json::findings_json(&report.findings);
    json!({ "tenant": tenant, "counts": counts, "permissions": permissions(report), "findings": findings })
}

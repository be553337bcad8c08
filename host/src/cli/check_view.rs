//! Shows the result of a check, as text and as JSON.

use super::paint::{BOLD, Color, DIM, GREEN, RED, YELLOW, clean};
use super::plan_view;
use hibob_contract::directory_sync::CheckReport;
use hibob_contract::types::Severity;
use hibob_jobs::plan_json;
use serde_json::{Value, json};

/// A permission in HiBob, as the counts of a check describe it.
struct Row<'r> {
    permission: &'r str,
    granted: bool,
    needed_for: Vec<&'r str>,
}

fn rows(report: &CheckReport) -> Vec<Row<'_>> {
    let rows = report.counts.iter().filter_map(|count| {
        let permission = count.name.strip_prefix("permission:")?;
        let needed_for = report.counts.iter().filter_map(|count| {
            let (needed, detail) = count.name.strip_prefix("needed:")?.split_once(':')?;
            (needed == permission).then_some(detail)
        });
        Some(Row { permission, granted: count.number > 0, needed_for: needed_for.collect() })
    });
    rows.collect()
}

/// The check as text.
pub(super) fn text(tenant: &str, report: &CheckReport) -> String {
    let count = |name: &str| report.counts.iter().find(|count| count.name == name).map(|count| count.number);
    let employees = count("employees").unwrap_or_default();
    let head = BOLD.on_stdout(&format!("Check of {tenant}:"));
    // Only the check of a tenant without a sync counts those who have left.
    let what = match count("left") {
        None => format!("credentials work on both sides; HiBob sends {employees} employees"),
        Some(left) => {
            format!("HiBob's credentials work; it sends {employees} employees, {left} of whom have left")
        }
    };
    let mut lines = vec![format!("{head} {what}")];
    let rows = rows(report);
    if !rows.is_empty() {
        lines.push(DIM.on_stdout(&format!("  {:<26} {:<8} needed for", "permission", "granted")));
    }
    for row in rows {
        let needed = if row.needed_for.is_empty() { "-".to_owned() } else { row.needed_for.join(", ") };
        lines.push(format!("  {:<26} {} {}", clean(row.permission), granted(&row), clean(&needed)));
    }
    let fields = report.counts.iter().filter_map(|count| Some((count.name.strip_prefix("field:")?, count.number)));
    for (place, (field, number)) in fields.enumerate() {
        if place == 0 {
            lines.push(DIM.on_stdout(&format!("  {:<28} employees with a value", "field")));
        }
        lines.push(format!("  {:<28} {number:>7} of {employees}", clean(field)));
    }
    lines.extend(plan_view::finding_lines(&report.findings, true));
    if report.findings.iter().all(|finding| finding.severity == Severity::Notice) {
        lines.push(GREEN.on_stdout("nothing to mend"));
    }
    lines.join("\n")
}

fn granted(row: &Row<'_>) -> String {
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
    let permissions: Vec<Value> = rows(report)
        .into_iter()
        .map(|row| json!({ "permission": row.permission, "granted": row.granted, "needed_for": row.needed_for }))
        .collect();
    let findings = plan_json::findings_json(&report.findings);
    json!({ "tenant": tenant, "counts": counts, "permissions": permissions, "findings": findings })
}

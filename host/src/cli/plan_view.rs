//! Shows a plan as text.

use super::paint::{BOLD, CYAN, DIM, GREEN, RED, YELLOW, clean};
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{Finding, Severity, Value};
use hibob_jobs::run::rows;
use hibob_store::privacy::LEFT_OUT;
use std::collections::BTreeMap;

/// How many changes of one kind are shown in full by default.
const SHOWN_MAX: usize = 5;

const KINDS: [ChangeKind; 7] = [
    ChangeKind::CreateCostCenter,
    ChangeKind::RestoreCostCenter,
    ChangeKind::Create,
    ChangeKind::Adopt,
    ChangeKind::Update,
    ChangeKind::Reactivate,
    ChangeKind::Archive,
];

/// The plan as text: the changes with their fields and reasons, then the findings.
pub(super) fn text(tenant: &str, planned: &Planned, all: bool) -> String {
    let mut lines = Vec::new();
    if planned.changes.is_empty() {
        lines.push(format!("{} nothing to change", BOLD.on_stdout(&format!("Plan for {tenant}:"))));
    } else {
        let parts: Vec<String> = KINDS
            .into_iter()
            .map(|kind| (planned.count(kind.word()), kind.word()))
            .filter(|(number, _)| *number > 0)
            .map(|(number, name)| match name.strip_suffix("-cost-center") {
                Some(verb) => format!("{number} cost center{} to {verb}", if number == 1 { "" } else { "s" }),
                None => format!("{number} to {name}"),
            })
            .collect();
        lines.push(format!("{} {}", BOLD.on_stdout(&format!("Plan for {tenant}:")), parts.join(", ")));
    }
    lines.push(DIM.on_stdout(&standing(planned)));
    let by_id: BTreeMap<&str, &Change> = planned.changes.iter().map(|change| (change.id.as_str(), change)).collect();
    for kind in KINDS {
        let changes: Vec<&Change> = planned.changes.iter().filter(|change| change.kind == kind).collect();
        let shown = if all { changes.len() } else { SHOWN_MAX.min(changes.len()) };
        for change in changes.iter().take(shown) {
            lines.push(String::new());
            lines.extend(change_lines(change, &by_id));
        }
        if changes.len() > shown {
            let rest = changes.len() - shown;
            lines.push(String::new());
            let reasons = reasons(changes.get(shown..).unwrap_or_default());
            lines.push(
                DIM.on_stdout(&format!("  … and {rest} more to {} (--all shows them): {reasons}", words(kind.word()))),
            );
        }
    }
    lines.extend(finding_lines(&planned.findings, all));
    lines.join("\n")
}

/// The counts of what does not change.
fn standing(planned: &Planned) -> String {
    let parts: Vec<String> = [
        ("keep", "right as it is"),
        ("waiting", "not started yet"),
        ("gone", "left, without an account"),
        ("vanished", "no longer sent by HiBob"),
        ("conflict", "in conflict"),
        ("failed", "with a broken record"),
        (LEFT_OUT, "forgotten, and left out"),
    ]
    .into_iter()
    .filter(|(name, _)| planned.count(name) > 0)
    .map(|(name, text)| format!("{} {text}", planned.count(name)))
    .collect();
    let read = format!("{} employees and {} accounts read", planned.count("employees"), planned.count("accounts"));
    if parts.is_empty() { read } else { format!("{read}; {}", parts.join(", ")) }
}

/// Reasons of changes that are not shown, with their numbers.
fn reasons(changes: &[&Change]) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for change in changes {
        *reasons.entry(change.reason.as_str()).or_default() += 1;
    }
    let parts: Vec<String> =
        reasons.into_iter().map(|(reason, number)| format!("{} ({number})", clean(reason))).collect();
    parts.join("; ")
}

/// A kind of change in words.
fn words(kind: &str) -> String {
    kind.replace('-', " ")
}

/// One change as text, without those that it waits for.
pub(super) fn change_text(change: &Change) -> Vec<String> {
    change_lines(change, &BTreeMap::new())
}

fn change_lines(change: &Change, by_id: &BTreeMap<&str, &Change>) -> Vec<String> {
    let (color, sign) = match change.kind {
        ChangeKind::Create => (GREEN, '+'),
        ChangeKind::Adopt => (CYAN, '&'),
        ChangeKind::Update => (YELLOW, '~'),
        ChangeKind::Reactivate => (GREEN, '^'),
        ChangeKind::Archive => (RED, '-'),
        ChangeKind::CreateCostCenter => (GREEN, '+'),
        ChangeKind::RestoreCostCenter => (GREEN, '^'),
    };
    let head = color.on_stdout(&format!("{sign} {}", words(change.kind.word())));
    let who = BOLD.on_stdout(&clean(&change.display_name));
    let employee = change.employee_id.as_deref().map(|id| format!("employee {}", clean(id)));
    let what = if change.employee_id.is_some() { "account" } else { "cost center" };
    let account = change.target_id.as_deref().map(|id| format!("{what} {}", clean(id)));
    let ids: Vec<String> = [employee, account].into_iter().flatten().collect();
    let ids = if ids.is_empty() { String::new() } else { DIM.on_stdout(&format!(" ({})", ids.join(", "))) };
    let mut lines = vec![format!("{head} {who}{ids}"), format!("    because  {}", clean(&change.reason))];
    lines.extend(change.fields.iter().map(field_line));
    let named = |id: &String| match by_id.get(id.as_str()) {
        Some(other) => format!("{} {} ({id})", words(other.kind.word()), other.display_name),
        None => id.clone(),
    };
    let waits_for: Vec<String> = change.depends_on.iter().chain(&change.after).map(named).collect();
    if !waits_for.is_empty() {
        lines.push(DIM.on_stdout(&format!("    after    {}", clean(&waits_for.join(", ")))));
    }
    lines
}

fn field_line(field: &FieldChange) -> String {
    let name = format!("{:<16}", clean(&field.field));
    match (&field.before, &field.after) {
        (None, Some(after)) => format!("    {name} {}", GREEN.on_stdout(&value_text(after))),
        (Some(before), Some(after)) if before == after => {
            format!("    {name} {} (stays, because HiBob has none)", value_text(before))
        }
        (Some(before), Some(after)) => {
            format!("    {name} {} → {}", RED.on_stdout(&value_text(before)), GREEN.on_stdout(&value_text(after)))
        }
        (Some(before), None) => format!("    {name} {} → (empty)", RED.on_stdout(&value_text(before))),
        (None, None) => format!("    {name} (empty)"),
    }
}

fn value_text(value: &Value) -> String {
    clean(&rows::value_text(value))
}

/// Findings as text.
pub(super) fn finding_lines(findings: &[Finding], all: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let shown = if all { findings.len() } else { 20 };
    for finding in findings.iter().take(shown) {
        let (color, word) = match finding.severity {
            Severity::Error => (RED, "error"),
            Severity::Warning => (YELLOW, "warning"),
            Severity::Notice => (DIM, "notice"),
        };
        let who = finding.employee_id.as_deref().map(|id| format!("employee {}: ", clean(id))).unwrap_or_default();
        lines.push(String::new());
        lines.push(format!(
            "{} {} {who}{}",
            color.on_stdout(&format!("! {word}")),
            clean(&finding.code),
            clean(&finding.message)
        ));
        lines.push(format!("    to mend  {}", clean(&finding.remedy)));
    }
    if findings.len() > shown {
        lines.push(String::new());
        lines.push(DIM.on_stdout(&format!("  … and {} more", findings.len() - shown)));
    }
    lines
}

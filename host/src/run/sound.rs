//! What the host requires of any plan before it looks at what the plan does: that it is small enough to hold, and that
//! it can be applied at all. It does not trust the plugin for either.

use super::plan::Planned;
use crate::bindings::directory_sync::{Change, RosterEntry};
use crate::bindings::types::{Finding, Value};
use crate::limits::{Limits, Over};
use std::collections::BTreeSet;

/// Counts what a plugin hands over, batch by batch.
pub(super) struct Intake {
    items_max: u64,
    bytes_max: u64,
    items: u64,
    bytes: u64,
}

impl Intake {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { items_max: limits.plan_changes_max, bytes_max: limits.plan_bytes_max, items: 0, bytes: 0 }
    }

    /// Takes in a batch, for which `asked` items were asked.
    ///
    /// # Errors
    /// The plan is larger than the tenant's limits, or the batch than what was asked for.
    pub(super) fn batch<T>(&mut self, batch: &[T], asked: u32, bytes: impl Fn(&T) -> usize) -> Result<(), Over> {
        if batch.len() > asked as usize {
            let what = format!("handed over {} items where {asked} were asked for", batch.len());
            return Err(Over { setting: "plan_changes_max", what });
        }
        self.items += batch.len() as u64;
        self.bytes += batch.iter().map(|item| bytes(item) as u64).sum::<u64>();
        if self.items > self.items_max {
            let what = format!("made a plan of more than {} changes, findings or employees", self.items_max);
            return Err(Over { setting: "plan_changes_max", what });
        }
        if self.bytes > self.bytes_max {
            let what = format!("made a plan of more than {} bytes", self.bytes_max);
            return Err(Over { setting: "plan_bytes_max", what });
        }
        Ok(())
    }
}

/// Bytes of text in a change.
pub(super) fn change_bytes(change: &Change) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let value = |value: &Option<Value>| value.as_ref().map_or(0, value_bytes);
    change.id.len()
        + optional(&change.employee_id)
        + optional(&change.target_id)
        + change.display_name.len()
        + change.reason.len()
        + change.depends_on.iter().chain(&change.after).map(String::len).sum::<usize>()
        + change
            .fields
            .iter()
            .map(|field| field.field.len() + value(&field.before) + value(&field.after))
            .sum::<usize>()
}

fn value_bytes(value: &Value) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match value {
        Value::Text(text) => text.len(),
        Value::Flag(_) | Value::Integer(_) => 8,
        Value::Texts(texts) => texts.iter().map(String::len).sum(),
        Value::Pairs(pairs) => pairs.iter().map(|(key, value)| key.len() + value.len()).sum(),
        Value::Person(person) => {
            optional(&person.employee_id) + optional(&person.account_id) + person.display_name.len()
        }
    }
}

/// Bytes of text in a finding.
pub(super) fn finding_bytes(finding: &Finding) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    finding.code.len()
        + optional(&finding.employee_id)
        + optional(&finding.field)
        + finding.message.len()
        + finding.remedy.len()
}

/// Bytes of text in an employee's line.
pub(super) fn entry_bytes(entry: &RosterEntry) -> usize {
    entry.employee_id.len() + entry.display_name.len() + entry.account_id.as_ref().map_or(0, String::len)
}

/// Whether a plan can be applied: each id once, and nothing waits for what comes later or not at all, so that there is
/// no circle.
///
/// # Errors
/// What is wrong, after "the plugin".
pub(super) fn check(planned: &Planned) -> Result<(), String> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for change in &planned.changes {
        if let Some(id) = change.depends_on.iter().chain(&change.after).find(|id| !seen.contains(id.as_str())) {
            return Err(format!(
                "made a plan that cannot be applied: {} waits for {}, which does not come before it",
                shown(&change.id),
                shown(id)
            ));
        }
        if !seen.insert(&change.id) {
            return Err(format!("made a plan that cannot be applied: {} comes twice", shown(&change.id)));
        }
    }
    Ok(())
}

/// Most characters of an id that are repeated.
const SHOWN_MAX: usize = 80;

fn shown(id: &str) -> String {
    id.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect()
}

//! What the host requires of any plan before it looks at what the plan does: that it is small enough to hold, and that
//! it can be applied at all. It does not trust the plugin for either.

use crate::over::Over;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange, RosterEntry};
use hibob_contract::types::{Count, Finding, NamedValue, Value};
use std::collections::BTreeSet;

/// Counts what a plugin hands over, batch by batch: its texts, and what the host needs to hold them.
pub struct Intake {
    items_max: u64,
    bytes_max: u64,
    items: u64,
    bytes: u64,
}

impl Intake {
    /// With room for so many items, and so many bytes: `limits.plan_changes_max` and `limits.plan_bytes_max`.
    pub fn new(items_max: u64, bytes_max: u64) -> Self {
        Self { items_max, bytes_max, items: 0, bytes: 0 }
    }

    /// Takes in a batch, for which `asked` items were asked.
    ///
    /// # Errors
    /// The plan is larger than the tenant's limits, or the batch than what was asked for.
    pub fn batch<T>(&mut self, batch: &[T], asked: u32, bytes: impl Fn(&T) -> usize) -> Result<(), Over> {
        if batch.len() > asked as usize {
            let what = format!("handed over {} items where {asked} were asked for", batch.len());
            return Err(Over { setting: "plan_changes_max", what });
        }
        self.count(batch.len(), batch.iter().map(bytes).sum())
    }

    /// Takes in what a plan adds up to, or what a check saw.
    ///
    /// # Errors
    /// As [`Self::batch`].
    pub fn numbers(&mut self, counts: &[Count], values: &[NamedValue]) -> Result<(), Over> {
        let named = |value: &NamedValue| size_of::<NamedValue>() + value.name.len() + value_bytes(&value.value);
        let bytes = counts.iter().map(|count| size_of::<Count>() + count.name.len()).sum::<usize>()
            + values.iter().map(named).sum::<usize>();
        self.count(counts.len() + values.len(), bytes)
    }

    /// Takes in what a check found.
    ///
    /// # Errors
    /// As [`Self::batch`].
    pub fn findings(&mut self, findings: &[Finding]) -> Result<(), Over> {
        self.count(findings.len(), findings.iter().map(finding_bytes).sum())
    }

    /// Takes in so many things of so many bytes.
    ///
    /// # Errors
    /// As [`Self::batch`].
    pub fn count(&mut self, items: usize, bytes: usize) -> Result<(), Over> {
        self.items += items as u64;
        self.bytes += bytes as u64;
        if self.items > self.items_max {
            let what = format!("told more than {} changes, findings, employees or numbers", self.items_max);
            return Err(Over { setting: "plan_changes_max", what });
        }
        if self.bytes > self.bytes_max {
            let what = format!("told more than {} bytes", self.bytes_max);
            return Err(Over { setting: "plan_bytes_max", what });
        }
        Ok(())
    }
}

/// Bytes of a change.
pub fn change_bytes(change: &Change) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let value = |value: &Option<Value>| value.as_ref().map_or(0, value_bytes);
    let field =
        |field: &FieldChange| size_of::<FieldChange>() + field.field.len() + value(&field.before) + value(&field.after);
    size_of::<Change>()
        + change.id.len()
        + optional(&change.employee_id)
        + optional(&change.target_id)
        + change.display_name.len()
        + change.reason.len()
        + change.depends_on.iter().chain(&change.after).map(|id| text_bytes(id)).sum::<usize>()
        + change.fields.iter().map(field).sum::<usize>()
}

/// Bytes of a text within a list.
fn text_bytes(text: &str) -> usize {
    size_of::<String>() + text.len()
}

/// Bytes that a value holds beside itself.
fn value_bytes(value: &Value) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match value {
        Value::Text(text) => text.len(),
        Value::Flag(_) | Value::Integer(_) => 0,
        Value::Texts(texts) => texts.iter().map(|text| text_bytes(text)).sum(),
        Value::Pairs(pairs) => pairs.iter().map(|(key, value)| text_bytes(key) + text_bytes(value)).sum(),
        Value::Person(person) => {
            optional(&person.employee_id) + optional(&person.account_id) + person.display_name.len()
        }
    }
}

/// Bytes of a finding.
pub fn finding_bytes(finding: &Finding) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    size_of::<Finding>()
        + finding.code.len()
        + optional(&finding.employee_id)
        + optional(&finding.field)
        + finding.message.len()
        + finding.remedy.len()
}

/// Bytes of an employee's line.
pub fn entry_bytes(entry: &RosterEntry) -> usize {
    size_of::<RosterEntry>()
        + entry.employee_id.len()
        + entry.display_name.len()
        + entry.account_id.as_ref().map_or(0, String::len)
}

/// Most bytes of an id. PostgreSQL's indexes hold rows of up to 2,704 bytes, and what cannot be recorded must not be begun.
const ID_BYTES_MAX: usize = 512;

/// Whether a plan can be applied: each id once, and such that it can be kept, each account somebody's, each field of a change
/// once, and nothing waits for what comes later or not at all, so that there is no circle.
///
/// # Errors
/// What is wrong, after "the plugin".
pub fn check(planned: &Planned) -> Result<(), String> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for change in &planned.changes {
        if let Some(id) = change.depends_on.iter().chain(&change.after).find(|id| !seen.contains(id.as_str())) {
            return Err(format!(
                "made a plan that cannot be applied: {} waits for {}, which does not come before it",
                shown(&change.id),
                shown(id)
            ));
        }
        if !is_somebodys(change) {
            return Err(format!("made a plan that cannot be applied: {} names no employee", shown(&change.id)));
        }
        check_ids(change)?;
        let mut fields = BTreeSet::new();
        if let Some(twice) = change.fields.iter().find(|field| !fields.insert(field.field.as_str())) {
            return Err(format!(
                "made a plan that cannot be applied: {} names {} twice",
                shown(&change.id),
                shown(&twice.field)
            ));
        }
        if !seen.insert(&change.id) {
            return Err(format!("made a plan that cannot be applied: {} comes twice", shown(&change.id)));
        }
    }
    Ok(())
}

/// Whether a change of an account says whose it is: the egress holds it to that, and the ledger notes it.
fn is_somebodys(change: &Change) -> bool {
    match change.kind {
        ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter => true,
        ChangeKind::Create | ChangeKind::Adopt | ChangeKind::Update | ChangeKind::Reactivate | ChangeKind::Archive => {
            change.employee_id.as_ref().is_some_and(|id| !id.is_empty())
        }
    }
}

/// Whether the ids of a change can be kept.
fn check_ids(change: &Change) -> Result<(), String> {
    let cannot = |what: &str| Err(format!("made a plan that cannot be applied: {what}"));
    if change.id.contains('\0') {
        return cannot(&format!("the id {} has a U+0000", shown(&change.id)));
    }
    let ids = [
        ("id", Some(&change.id)),
        ("employee's id", change.employee_id.as_ref()),
        ("account's id", change.target_id.as_ref()),
    ];
    for (what, id) in ids {
        if let Some(id) = id.filter(|id| id.len() > ID_BYTES_MAX) {
            let (id, bytes) = (shown(id), id.len());
            return cannot(&format!("the {what} {id}… has {bytes} bytes, and may have {ID_BYTES_MAX}"));
        }
    }
    Ok(())
}

/// Most characters of an id that are repeated.
const SHOWN_MAX: usize = 80;

fn shown(id: &str) -> String {
    id.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::directory_sync::ChangeKind;
    use std::collections::BTreeMap;

    fn plan(id: &str, employee_id: &str, target_id: &str) -> Planned {
        let change = Change {
            id: id.to_owned(),
            kind: ChangeKind::Update,
            employee_id: Some(employee_id.to_owned()),
            target_id: Some(target_id.to_owned()),
            display_name: String::new(),
            fields: Vec::new(),
            reason: String::new(),
            depends_on: Vec::new(),
            after: Vec::new(),
        };
        Planned {
            created_at: 0,
            counts: BTreeMap::new(),
            findings: Vec::new(),
            baseline: Vec::new(),
            changes: vec![change],
        }
    }

    #[test]
    fn an_id_that_could_not_be_kept_is_refused() {
        let (longest, longer) = ("é".repeat(ID_BYTES_MAX / 2), "é".repeat(ID_BYTES_MAX / 2) + "e");
        assert_eq!(check(&plan(&longest, &longest, &longest)), Ok(()));
        for (plan, words) in [
            (plan(&longer, "1", "2"), "the id "),
            (plan("1", &longer, "2"), "the employee's id "),
            (plan("1", "2", &longer), "the account's id "),
        ] {
            let refused = check(&plan).unwrap_err();
            assert!(refused.contains(words) && refused.contains("513 bytes, and may have 512"), "{refused}");
            assert!(refused.len() < 300, "{refused}");
        }
        assert!(check(&plan("1\0", "2", "3")).unwrap_err().contains("U+0000"));
    }
}

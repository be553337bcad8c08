//! What the host requires of every plan before the guards look at it: that it is small enough to hold in memory, and
//! that it can be applied at all. The host checks both by itself and does not rely on the plugin.

use crate::over::Over;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange, RosterEntry};
use hibob_contract::types::{Count, Finding, NamedValue, Value};
use std::collections::BTreeSet;

/// Counts what a plugin hands over in one call, in items and in bytes of memory, and ends at the tenant's limits.
pub struct Intake {
    items_max: u64,
    bytes_max: u64,
    items: u64,
    bytes: u64,
}

impl Intake {
    /// A count that ends at `items_max` items or `bytes_max` bytes: `limits.plan_changes_max` and
    /// `limits.plan_bytes_max`.
    pub fn new(items_max: u64, bytes_max: u64) -> Self {
        Self { items_max, bytes_max, items: 0, bytes: 0 }
    }

    /// Counts a batch of items. The plugin was asked for at most `batch_max` of them; `bytes` is the size of one.
    ///
    /// # Errors
    /// The batch is larger than that, or the call has handed over more than the tenant's limits allow.
    pub fn batch<T>(&mut self, batch: &[T], batch_max: u32, bytes: impl Fn(&T) -> usize) -> Result<(), Over> {
        if batch.len() > batch_max as usize {
            let what = format!("handed over {} items, and was asked for at most {batch_max}", batch.len());
            return Err(Over { setting: "plan_changes_max", what });
        }
        self.count(batch.len(), batch.iter().map(bytes).sum())
    }

    /// Counts the numbers and named values of a plan or of a check.
    ///
    /// # Errors
    /// The call has handed over more than the tenant's limits allow.
    pub fn numbers(&mut self, counts: &[Count], values: &[NamedValue]) -> Result<(), Over> {
        let named = |value: &NamedValue| size_of::<NamedValue>() + value.name.len() + value_bytes(&value.value);
        let bytes = counts.iter().map(|count| size_of::<Count>() + count.name.len()).sum::<usize>()
            + values.iter().map(named).sum::<usize>();
        self.count(counts.len() + values.len(), bytes)
    }

    /// Counts the findings of a check.
    ///
    /// # Errors
    /// The call has handed over more than the tenant's limits allow.
    pub fn findings(&mut self, findings: &[Finding]) -> Result<(), Over> {
        self.count(findings.len(), findings.iter().map(finding_bytes).sum())
    }

    /// Counts `items` items of `bytes` bytes together.
    ///
    /// # Errors
    /// The call has handed over more than the tenant's limits allow.
    pub fn count(&mut self, items: usize, bytes: usize) -> Result<(), Over> {
        self.items += items as u64;
        self.bytes += bytes as u64;
        if self.items > self.items_max {
            let what = format!("handed over more than {} changes, findings, employees or numbers", self.items_max);
            return Err(Over { setting: "plan_changes_max", what });
        }
        if self.bytes > self.bytes_max {
            let what = format!("handed over more than {} bytes", self.bytes_max);
            return Err(Over { setting: "plan_bytes_max", what });
        }
        Ok(())
    }
}

/// Bytes of memory that a change takes.
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

/// Bytes of memory that a text in a list takes.
fn text_bytes(text: &str) -> usize {
    size_of::<String>() + text.len()
}

/// Bytes of memory that a value takes beside the enum itself.
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

/// Bytes of memory that a finding takes.
pub fn finding_bytes(finding: &Finding) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    size_of::<Finding>()
        + finding.code.len()
        + optional(&finding.employee_id)
        + optional(&finding.field)
        + finding.message.len()
        + finding.remedy.len()
}

/// Bytes of memory that an entry of a roster takes.
pub fn entry_bytes(entry: &RosterEntry) -> usize {
    size_of::<RosterEntry>()
        + entry.employee_id.len()
        + entry.display_name.len()
        + entry.account_id.as_ref().map_or(0, String::len)
}

/// Longest id, in bytes. PostgreSQL's indexes hold rows of up to 2,704 bytes, and a change that cannot be recorded must
/// not be begun.
const ID_BYTES_MAX: usize = 512;

/// What a plugin did that makes a plan which cannot be applied.
const MISTAKE: &str = "made a plan with a mistake, and nothing was changed";

/// Checks that a plan can be applied:
///
/// 1. A change depends only on changes before it, so there is no circle.
/// 2. A change of an account names its employee.
/// 3. The ids of a change can be stored: they have no U+0000 and are not too long.
/// 4. A change has each field once.
/// 5. Each change has an id of its own.
///
/// # Errors
/// The first of these that is not so: the rest of a sentence that begins with "the plugin".
pub fn check(planned: &Planned) -> Result<(), String> {
    let mut earlier: BTreeSet<&str> = BTreeSet::new();
    for change in &planned.changes {
        if let Some(id) = change.depends_on.iter().chain(&change.after).find(|id| !earlier.contains(id.as_str())) {
            return Err(format!(
                "{MISTAKE}: the change {} has to wait for {}, which does not come before it",
                shown(&change.id),
                shown(id)
            ));
        }
        if !names_employee(change) {
            return Err(format!("{MISTAKE}: the change {} names no employee", shown(&change.id)));
        }
        check_ids(change)?;
        let mut fields = BTreeSet::new();
        if let Some(twice) = change.fields.iter().find(|field| !fields.insert(field.field.as_str())) {
            return Err(format!(
                "{MISTAKE}: the change {} has the field {} twice",
                shown(&change.id),
                shown(&twice.field)
            ));
        }
        if !earlier.insert(&change.id) {
            return Err(format!("{MISTAKE}: the change {} comes twice", shown(&change.id)));
        }
    }
    Ok(())
}

/// Whether a change of an account names its employee. The egress compares the writes with that, and the ledger records
/// it.
fn names_employee(change: &Change) -> bool {
    match change.kind {
        ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter => true,
        ChangeKind::Create | ChangeKind::Adopt | ChangeKind::Update | ChangeKind::Reactivate | ChangeKind::Archive => {
            change.employee_id.as_ref().is_some_and(|id| !id.is_empty())
        }
    }
}

/// Checks that the ids of a change can be stored.
fn check_ids(change: &Change) -> Result<(), String> {
    let cannot = |what: &str| Err(format!("{MISTAKE}: {what}"));
    if change.id.contains('\0') {
        return cannot(&format!("the id {} has a character that cannot be stored (U+0000)", shown(&change.id)));
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

/// How many characters of an id a message shows at most.
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
            active_accounts: Vec::new(),
            has_left: BTreeSet::new(),
            baseline: Vec::new(),
            changes: vec![change],
        }
    }

    #[test]
    fn an_id_that_could_not_be_stored_is_refused() {
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

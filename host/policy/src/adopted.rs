//! Adoption clears nothing: a value that an account had when it was adopted, where HiBob has none, stays until HiBob has
//! had a value for that person and field.
//!
//! This is the host's rule, for plugins of every version. In a change that takes an account over, a field that would be
//! cleared gets its present value as the new one, which says that it stays: such a field is not written, and its name
//! is remembered once the change is made. Later changes lose the fields that would clear what is remembered.

use crate::value::is_none;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use std::collections::{BTreeMap, BTreeSet};

/// Fields that are not details of a person.
const NO_DETAILS: [&str; 3] = ["active", "external-id", "user-name"];

/// Takes what would clear values of adopted accounts out of a plan. `kept` are the fields that are remembered, by
/// account. `known` are the accounts that the ledger has: reactivating another one takes it over. An update of which
/// nothing is left is no change any more.
pub fn keep(planned: &mut Planned, kept: &BTreeMap<String, BTreeSet<String>>, known: &BTreeSet<String>) {
    let mut dropped = BTreeSet::new();
    for change in &mut planned.changes {
        let Some(account) = &change.target_id else { continue };
        let takes_over = match change.kind {
            ChangeKind::Adopt => true,
            ChangeKind::Reactivate => !known.contains(account),
            _ => false,
        };
        if takes_over {
            for field in change.fields.iter_mut().filter(|field| clears(field)) {
                field.after.clone_from(&field.before);
            }
        } else if let Some(kept) = kept.get(account) {
            let before = change.fields.len();
            change.fields.retain(|field| !(clears(field) && kept.contains(&field.field)));
            if change.fields.is_empty() && before > 0 && change.kind == ChangeKind::Update {
                dropped.insert(change.id.clone());
            }
        }
    }
    if dropped.is_empty() {
        return;
    }
    planned.changes.retain(|change| !dropped.contains(&change.id));
    for change in &mut planned.changes {
        change.depends_on.retain(|id| !dropped.contains(id));
        change.after.retain(|id| !dropped.contains(id));
    }
    let number = dropped.len() as u64;
    if let Some(updates) = planned.counts.get_mut("update") {
        *updates = updates.saturating_sub(number);
        *planned.counts.entry("keep".to_owned()).or_default() += number;
    }
}

/// The accounts that a plan reactivates, of which [`keep`] has to know whether the ledger has them.
pub fn maybe_taken_over(planned: &Planned) -> Vec<String> {
    let reactivated = planned.changes.iter().filter(|change| change.kind == ChangeKind::Reactivate);
    reactivated.filter_map(|change| change.target_id.clone()).collect()
}

/// Whether a field of a change says that its value stays.
pub fn stays(change: &Change, field: &FieldChange) -> bool {
    matches!(change.kind, ChangeKind::Adopt | ChangeKind::Reactivate)
        && !NO_DETAILS.contains(&field.field.as_str())
        && field.before.is_some()
        && field.before == field.after
}

fn clears(field: &FieldChange) -> bool {
    is_none(&field.after) && !is_none(&field.before) && !NO_DETAILS.contains(&field.field.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::types::Value;

    fn change(id: &str, kind: ChangeKind, fields: &[&str]) -> Change {
        let clear = |field: &&str| FieldChange {
            field: (*field).to_owned(),
            before: Some(Value::Text("before".to_owned())),
            after: None,
        };
        Change {
            id: id.to_owned(),
            kind,
            employee_id: Some(id.to_owned()),
            target_id: Some(format!("of {id}")),
            display_name: String::new(),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields: fields.iter().map(clear).collect(),
            reason: String::new(),
        }
    }

    #[test]
    fn what_an_adopted_account_had_stays() {
        let waits = Change { after: vec!["c".to_owned()], ..change("e", ChangeKind::Update, &["phone"]) };
        let mut planned = Planned {
            created_at: 0,
            counts: BTreeMap::from([("update".to_owned(), 3), ("keep".to_owned(), 7)]),
            findings: Vec::new(),
            active_accounts: Vec::new(),
            has_left: BTreeSet::new(),
            baseline: Vec::new(),
            changes: vec![
                change("a", ChangeKind::Adopt, &["title", "user-name"]),
                change("b", ChangeKind::Reactivate, &["title"]),
                change("c", ChangeKind::Update, &["title"]),
                change("d", ChangeKind::Update, &["title", "phone"]),
                waits,
                change("f", ChangeKind::Reactivate, &["title"]),
            ],
        };
        let kept = ["of c", "of d", "of f"].map(|account| (account.to_owned(), BTreeSet::from(["title".to_owned()])));
        let known = BTreeSet::from(["of f".to_owned()]);
        assert_eq!(maybe_taken_over(&planned), ["of b", "of f"]);
        keep(&mut planned, &BTreeMap::from(kept), &known);
        let ids: Vec<&str> = planned.changes.iter().map(|change| change.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "d", "e", "f"], "nothing was left of c");
        assert!(planned.changes[3].after.is_empty());
        assert_eq!((planned.count("update"), planned.count("keep")), (2, 8));
        let of = |position: usize| {
            let change = &planned.changes[position];
            let field = |field: &FieldChange| (field.field.clone(), stays(change, field));
            change.fields.iter().map(field).collect::<Vec<_>>()
        };
        assert_eq!(of(0), [("title".to_owned(), true), ("user-name".to_owned(), false)]);
        assert_eq!((of(1), of(2)), (vec![("title".to_owned(), true)], vec![("phone".to_owned(), false)]));
        assert!(of(4).is_empty());
    }
}

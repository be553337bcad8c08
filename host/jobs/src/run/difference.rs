//! The differences between an approved plan and a new one.

use crate::run::rows::value_text;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::Value;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How a change differs from what was approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// It was not in the approved plan.
    New,
    /// It was in the approved plan, and is not in the new one.
    Gone,
    /// It would write other values, or to another account.
    Different,
}

/// A change, or one field of a change, that differs from what was approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DifferenceRow {
    /// How it differs.
    pub what: DifferenceKind,
    /// HiBob's id of the employee; none where the change is about a cost center.
    pub employee_id: Option<String>,
    /// The name of the account or cost center, for people to read.
    pub display_name: String,
    /// The kind of change.
    pub kind: &'static str,
    /// The field that differs; none where the whole change does.
    pub field: Option<String>,
    /// The approved values of the field, before and after. None for a line manager, because a row is about one person
    /// only; the plans say who it is.
    pub approved: Option<String>,
    /// The values of the field in the new plan.
    pub now: Option<String>,
    /// The difference in one sentence.
    pub message: String,
}

/// The differences between what two plans would do. Names, reasons and the times at which the plans were made are not
/// compared.
pub(super) fn difference(approved: &Planned, now: &Planned) -> Vec<DifferenceRow> {
    // A change that is planned again has the same id.
    let by_id = |planned: &'_ Planned| -> BTreeMap<String, usize> {
        planned.changes.iter().enumerate().map(|(position, change)| (change.id.clone(), position)).collect()
    };
    let (before, after) = (by_id(approved), by_id(now));
    let mut rows = Vec::new();
    for change in &approved.changes {
        match after.get(&change.id).and_then(|&position| now.changes.get(position)) {
            Some(other) => rows.extend(fields(change, other)),
            None => rows.push(whole(DifferenceKind::Gone, change)),
        }
    }
    let new = now.changes.iter().filter(|change| !before.contains_key(&change.id));
    rows.extend(new.map(|change| whole(DifferenceKind::New, change)));
    rows
}

/// Whether a new plan makes a change of an earlier one as well. An account that the earlier plan has created meanwhile is
/// the same one.
pub(super) fn does_the_same(left: &Change, now: &Change) -> bool {
    let is_target = left.target_id == now.target_id || (left.target_id.is_none() && left.kind != ChangeKind::Create);
    let names = |change: &Change| change.fields.iter().map(|field| field.field.clone()).collect::<BTreeSet<_>>();
    (left.kind, &left.employee_id) == (now.kind, &now.employee_id)
        && is_target
        && names(left) == names(now)
        && left.fields.iter().all(|field| {
            let other = now.fields.iter().find(|other| other.field == field.field);
            other.is_some_and(|other| is_value(&field.before, &other.before) && is_value(&field.after, &other.after))
        })
}

/// Whether another change writes every value that a change would, whatever was there before.
pub(super) fn writes_the_same(change: &Change, other: &Change) -> bool {
    change.fields.iter().all(|field| {
        let other = other.fields.iter().find(|other| other.field == field.field);
        other.is_some_and(|other| is_value(&field.after, &other.after))
    })
}

/// Whether two values are the same. A person is the same with and without an account.
fn is_value(one: &Option<Value>, other: &Option<Value>) -> bool {
    match (one, other) {
        (Some(Value::Person(one)), Some(Value::Person(other))) => {
            let is_account =
                one.account_id == other.account_id || one.account_id.is_none() || other.account_id.is_none();
            one.employee_id == other.employee_id && is_account
        }
        _ => compared(one) == compared(other),
    }
}

fn whole(what: DifferenceKind, change: &Change) -> DifferenceRow {
    let told = match what {
        DifferenceKind::New => "was not in the approved plan",
        DifferenceKind::Gone => "was approved, and there is nothing to do any more",
        DifferenceKind::Different => "is of another kind, or of another account, than what was approved",
    };
    DifferenceRow {
        what,
        employee_id: change.employee_id.clone(),
        display_name: change.display_name.clone(),
        kind: change.kind.word(),
        field: None,
        approved: None,
        now: None,
        message: format!("{}: {told}", name(change)),
    }
}

/// The name of a change in a message.
fn name(change: &Change) -> String {
    let employee = change.employee_id.as_ref().map(|id| format!(" (employee {id})")).unwrap_or_default();
    format!("{} {}{employee}", change.kind.word().replace('-', " "), change.display_name)
}

/// The differences between the fields of one change in both plans.
fn fields(approved: &Change, now: &Change) -> Vec<DifferenceRow> {
    if (approved.kind, &approved.employee_id, &approved.target_id) != (now.kind, &now.employee_id, &now.target_id) {
        return vec![whole(DifferenceKind::Different, approved)];
    }
    let find = |change: &Change, name: &str| change.fields.iter().find(|field| field.field == name).cloned();
    let mut names: Vec<&str> = approved.fields.iter().chain(&now.fields).map(|field| field.field.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let differ = |name: &&str| {
        let (approved, now) = (find(approved, name), find(now, name));
        (approved.as_ref().map(essence) != now.as_ref().map(essence)).then(|| (approved.map(told), now.map(told)))
    };
    let rows = names.into_iter().filter_map(|field| Some((field, differ(&field)?)));
    rows.map(|(field, (was, is))| {
        let names_somebody = |change: &Change| find(change, field).is_some_and(|field| names_somebody(&field));
        if names_somebody(approved) || names_somebody(now) {
            let message = format!("{}: {field} is not as it was approved", name(approved));
            return DifferenceRow {
                field: Some(field.to_owned()),
                message,
                ..whole(DifferenceKind::Different, approved)
            };
        }
        let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "not at all".to_owned());
        let message =
            format!("{}: {field} was approved as {}, and would be {} now", name(approved), shown(&was), shown(&is));
        let field = Some(field.to_owned());
        DifferenceRow { field, approved: was, now: is, message, ..whole(DifferenceKind::Different, approved) }
    })
    .collect()
}

/// The values of a field as they are compared: without display names, and pairs in a fixed order.
fn essence(field: &FieldChange) -> [Option<Value>; 2] {
    [&field.before, &field.after].map(compared)
}

fn compared(value: &Option<Value>) -> Option<Value> {
    value.clone().map(|value| match value {
        Value::Person(person) => {
            Value::Texts([person.employee_id, person.account_id].map(Option::unwrap_or_default).to_vec())
        }
        Value::Pairs(mut pairs) => {
            pairs.sort_unstable();
            Value::Pairs(pairs)
        }
        value @ (Value::Text(_) | Value::Flag(_) | Value::Integer(_) | Value::Texts(_)) => value,
    })
}

/// Whether a value of the field names another person.
fn names_somebody(field: &FieldChange) -> bool {
    [&field.before, &field.after].into_iter().any(|value| matches!(value, Some(Value::Person(_))))
}

fn told(field: FieldChange) -> String {
    let text = |value: Option<Value>| value.as_ref().map_or_else(|| "(empty)".to_owned(), value_text);
    format!("{} → {}", text(field.before), text(field.after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::types::Person;

    fn change(id: &str, fields: Vec<FieldChange>) -> Change {
        Change {
            id: id.to_owned(),
            kind: ChangeKind::Update,
            employee_id: Some(id.to_owned()),
            target_id: Some(format!("account {id}")),
            display_name: format!("Ana {id}"),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields,
            reason: "differs".to_owned(),
        }
    }

    fn planned(changes: Vec<Change>) -> Planned {
        Planned {
            created_at: 0,
            counts: BTreeMap::new(),
            findings: Vec::new(),
            baseline: Vec::new(),
            changes,
            active_accounts: Vec::new(),
            has_left: BTreeSet::new(),
        }
    }

    fn title(before: &str, after: &str) -> FieldChange {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        FieldChange { field: "title".to_owned(), before: text(before), after: text(after) }
    }

    fn manager(id: &str, name: &str) -> FieldChange {
        let after = Person { employee_id: Some(id.to_owned()), account_id: None, display_name: name.to_owned() };
        FieldChange { field: "manager".to_owned(), before: None, after: Some(Value::Person(after)) }
    }

    fn told_of(approved: Vec<Change>, now: Vec<Change>) -> Vec<String> {
        difference(&planned(approved), &planned(now)).into_iter().map(|row| row.message).collect()
    }

    #[test]
    fn what_is_for_people_and_the_order_count_for_nothing() {
        let one = change("1", vec![title("a", "b"), manager("9", "Eva")]);
        let two = change("2", vec![title("a", "b")]);
        let other = Change {
            display_name: "Anna".to_owned(),
            reason: "another".to_owned(),
            fields: vec![manager("9", "Eve"), title("a", "b")],
            ..one.clone()
        };
        let pairs = |pairs: [(&str, &str); 2]| FieldChange {
            field: "approvers".to_owned(),
            before: None,
            after: Some(Value::Pairs(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec())),
        };
        let (left, right) = ([("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]);
        let approved = vec![one, two.clone(), change("3", vec![pairs(left)])];
        let now = vec![two, change("3", vec![pairs(right)]), other];
        assert_eq!(told_of(approved, now), Vec::<String>::new());
    }

    #[test]
    fn every_other_difference_is_told_by_employee_kind_and_field() {
        let same = || change("1", vec![title("a", "b")]);
        let moved = |field: FieldChange| told_of(vec![same()], vec![change("1", vec![field])]);
        assert_eq!(
            moved(title("a", "c")),
            ["update Ana 1 (employee 1): title was approved as a → b, and would be a → c now"]
        );
        assert_eq!(
            moved(title("x", "b")),
            ["update Ana 1 (employee 1): title was approved as a → b, and would be x → b now"]
        );
        assert_eq!(
            moved(manager("9", "Eva")),
            [
                "update Ana 1 (employee 1): manager is not as it was approved",
                "update Ana 1 (employee 1): title was approved as a → b, and would be not at all now"
            ]
        );
        assert_eq!(
            told_of(vec![same(), change("2", Vec::new())], vec![change("3", Vec::new()), same()]),
            [
                "update Ana 2 (employee 2): was approved, and there is nothing to do any more",
                "update Ana 3 (employee 3): was not in the approved plan"
            ]
        );
        let elsewhere = Change { target_id: Some("another".to_owned()), ..same() };
        assert_eq!(
            told_of(vec![same()], vec![elsewhere]),
            ["update Ana 1 (employee 1): is of another kind, or of another account, than what was approved"]
        );
        let person = |id| change("1", vec![manager(id, "Eva")]);
        assert_eq!(told_of(vec![person("9")], vec![person("8")]).len(), 1, "another person of the same name");
    }
}

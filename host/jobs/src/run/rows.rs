//! The rows of a run record: what was done to which employee, field by field.

use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange, Mismatch};
use hibob_contract::types::Value;
use hibob_policy::guard::Class;
use hibob_store::update_row::{NameOf, UpdateRow};
use std::collections::BTreeMap;

/// How a change, or one field of it, ended. The word stands in the row, in the history and in the workbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowResult {
    Done,
    LeftAlone,
    Failed,
    Held,
    NotTried,
    Waiting,
}

impl RowResult {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::LeftAlone => "Left alone",
            Self::Failed => "Failed",
            Self::Held => "Held",
            Self::NotTried => "Not tried",
            Self::Waiting => "Waiting",
        }
    }
}

/// Fields whose row has the action "Assigned" instead of "Information changed", as in TravelPerk's own sync log.
const ASSIGNMENTS: [&str; 4] = ["cost-center", "company", "travel-policy", "manager"];

/// The rows of one change. `not_taken` are the fields that the target did not keep.
pub(super) fn rows(change: &Change, result: RowResult, not_taken: &[Mismatch]) -> Vec<UpdateRow> {
    let row = |action: &str, field: &FieldChange, word: &str| UpdateRow {
        employee_id: change.employee_id.clone().unwrap_or_default(),
        name: change.display_name.clone(),
        action: action.to_owned(),
        field: field.field.clone(),
        before: field.before.as_ref().map(value_text).unwrap_or_default(),
        after: field.after.as_ref().map(value_text).unwrap_or_default(),
        result: word.to_owned(),
        before_of: field.before.as_ref().and_then(name_of),
        after_of: field.after.as_ref().and_then(name_of),
    };
    let missed = |field: &FieldChange| not_taken.iter().any(|mismatch| mismatch.field == field.field);
    let word = |field: &FieldChange| if missed(field) { "Not applied" } else { result.word() };
    let whole = |action: &str| UpdateRow {
        field: String::new(),
        before: String::new(),
        after: change
            .fields
            .iter()
            .find(|field| field.field == "user-name")
            .and_then(|field| field.after.as_ref())
            .map(value_text)
            .unwrap_or_default(),
        ..row(action, &FieldChange { field: String::new(), before: None, after: None }, result.word())
    };
    let action = match change.kind {
        ChangeKind::Create => "Created",
        ChangeKind::Adopt => "Adopted",
        ChangeKind::Reactivate => "Reactivated",
        ChangeKind::Archive => "Archived",
        ChangeKind::Update => "Information changed",
        ChangeKind::CreateCostCenter => "Cost center created",
        ChangeKind::RestoreCostCenter => "Cost center restored",
    };
    if matches!(change.kind, ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter) {
        return vec![whole(action)];
    }
    if matches!(result, RowResult::Held | RowResult::NotTried | RowResult::Waiting) {
        return vec![whole(action)];
    }
    // An update has a row for each field, and none for the whole.
    let mut rows: Vec<UpdateRow> = (change.kind != ChangeKind::Update).then(|| whole(action)).into_iter().collect();
    // A creation has one row, and one more for each field that the target did not keep.
    let created = change.kind == ChangeKind::Create;
    let has_row = |field: &&FieldChange| field.field != "active" && (!created || missed(field));
    rows.extend(change.fields.iter().filter(has_row).map(|field| {
        let assigned = ASSIGNMENTS.contains(&field.field.as_str());
        row(if assigned { "Assigned" } else { "Information changed" }, field, word(field))
    }));
    rows
}

/// The rows of the fields of a change that are held, while the rest of the change is made.
pub(super) fn held_fields(change: &Change, held: &BTreeMap<String, Class>) -> Vec<UpdateRow> {
    let fields = change.fields.iter().filter(|field| held.contains_key(&field.field)).cloned().collect();
    let part = Change { kind: ChangeKind::Update, fields, ..change.clone() };
    let held = RowResult::Held.word();
    rows(&part, RowResult::Done, &[]).into_iter().map(|row| UpdateRow { result: held.to_owned(), ..row }).collect()
}

/// The other person that a value names, such as a line manager; none for other values.
fn name_of(value: &Value) -> Option<NameOf> {
    match value {
        Value::Person(person) => {
            Some(NameOf { employee_id: person.employee_id.clone(), account_id: person.account_id.clone() })
        }
        _ => None,
    }
}

/// A value as people read it.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Integer(integer) => integer.to_string(),
        Value::Texts(texts) => texts.join(", "),
        Value::Pairs(pairs) => {
            pairs.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join(", ")
        }
        Value::Person(person) => person.display_name.clone(),
    }
}

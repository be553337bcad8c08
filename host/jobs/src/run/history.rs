//! The lines of a run's history: what was done to whom, field by field.

use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange, Mismatch};
use hibob_contract::types::Value;
use hibob_store::update_row::{NameOf, UpdateRow};

/// What came of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Done,
    LeftAlone,
    Failed,
    Held,
    NotTried,
    Waiting,
}

impl Came {
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

/// Fields that put somebody into a group of something, as TravelPerk's sync log tells them apart from information.
const ASSIGNMENTS: [&str; 4] = ["cost-center", "company", "travel-policy", "manager"];

/// The lines of one change. `not_taken` are the fields that the target did not keep.
pub(super) fn rows(change: &Change, came: Came, not_taken: &[Mismatch]) -> Vec<UpdateRow> {
    let row = |action: &str, field: &FieldChange, result: &str| UpdateRow {
        employee_id: change.employee_id.clone().unwrap_or_default(),
        name: change.display_name.clone(),
        action: action.to_owned(),
        field: field.field.clone(),
        before: field.before.as_ref().map(value_text).unwrap_or_default(),
        after: field.after.as_ref().map(value_text).unwrap_or_default(),
        result: result.to_owned(),
        before_of: field.before.as_ref().and_then(name_of),
        after_of: field.after.as_ref().and_then(name_of),
    };
    let missed = |field: &FieldChange| not_taken.iter().any(|mismatch| mismatch.field == field.field);
    let result = |field: &FieldChange| if missed(field) { "Not applied" } else { came.word() };
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
        ..row(action, &FieldChange { field: String::new(), before: None, after: None }, came.word())
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
    if matches!(came, Came::Held | Came::NotTried | Came::Waiting) {
        return vec![whole(action)];
    }
    // An update is told by its fields alone.
    let mut rows: Vec<UpdateRow> = (change.kind != ChangeKind::Update).then(|| whole(action)).into_iter().collect();
    // A creation is one line, but for what the target did not keep of it.
    let created = change.kind == ChangeKind::Create;
    let told = |field: &&FieldChange| field.field != "active" && (!created || missed(field));
    rows.extend(change.fields.iter().filter(told).map(|field| {
        let assigned = ASSIGNMENTS.contains(&field.field.as_str());
        row(if assigned { "Assigned" } else { "Information changed" }, field, result(field))
    }));
    rows
}

/// Of whom it tells, where that is somebody else, as a line manager is.
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

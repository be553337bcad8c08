//! Cost centers that have to be created or restored before accounts are assigned to them.

use super::draft::Draft;
use crate::catalogue::{CostCenters, nearest};
use crate::change::{Change, ChangeKind, FieldChange};
use crate::field::{ARCHIVED, NAME, TextField};
use crate::finding::{Finding, Severity};
use crate::lifecycle::AccountStatus;
use crate::mapping::DesiredAccount;
use crate::scim::Account;
use crate::text_form;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The cost centers to create or restore, by name. With an id, the archived cost center of that id is restored;
/// without, one is created.
pub(super) type CostCenterDrafts = BTreeMap<Box<str>, Option<Box<str>>>;

/// Works out which cost centers are missing.
///
/// 1. An archived one to which an active employee belongs is restored, unless something else keeps archiving it.
/// 2. One that TravelPerk does not have is created if a change is going to assign an account to it.
pub(super) fn missing(
    people: &[DesiredAccount],
    accounts: &[Account],
    drafts: &[Draft],
    known: &CostCenters,
    findings: &mut Vec<Finding>,
) -> CostCenterDrafts {
    let (mut missing, mut told) = (CostCenterDrafts::new(), BTreeSet::new());
    for person in people.iter().filter(|person| person.status == AccountStatus::Active) {
        let Some(name) = person.desired(TextField::CostCenter).text() else { continue };
        if let Some(center) = known.get(name).filter(|center| center.archived && !missing.contains_key(name)) {
            if !known.is_given_up(name) {
                missing.insert(name.into(), Some(center.id.clone()));
            } else if told.insert(center.id.clone()) {
                let message = format!(
                    "the cost center `{name}` was restored twice and archived again each time; it stays archived"
                );
                let remedy = "find out who archives it in TravelPerk, or give the people another department in HiBob";
                findings.push(Finding::new(Severity::Warning, "CONTESTED_FIELD", message, remedy).field(ARCHIVED));
            }
        }
    }
    for draft in drafts.iter().filter(|draft| !draft.contested.contains(TextField::CostCenter)) {
        let Some(person) = people.get(draft.person as usize).filter(|_| draft.kind != ChangeKind::Archive) else {
            continue;
        };
        let Some(name) = person.desired(TextField::CostCenter).text() else { continue };
        let account = draft.account.and_then(|position| accounts.get(position as usize));
        let now = account.and_then(|account| account.text(TextField::CostCenter));
        if known.get(name).is_some() || missing.contains_key(name) || now.is_some_and(|now| text_form::same(now, name))
        {
            continue;
        }
        if let Some(near) = nearest(name, known.names()) {
            let message = format!("a cost center `{name}` will be created; `{near}` differs only in case or spaces");
            let remedy = "if both are the same, give the department in HiBob the name that it has in TravelPerk";
            findings.push(
                Finding::new(Severity::Warning, "COST_CENTER_NEARLY_THERE", message, remedy)
                    .field(TextField::CostCenter.name()),
            );
        }
        missing.insert(name.into(), None);
    }
    missing
}

/// The id of the change that creates or restores a cost center.
pub(super) fn change_id(name: &str, archived: Option<&str>) -> String {
    format!("{}:{name}", kind(archived).name())
}

fn kind(archived: Option<&str>) -> ChangeKind {
    if archived.is_some() { ChangeKind::RestoreCostCenter } else { ChangeKind::CreateCostCenter }
}

/// The change that creates or restores a cost center.
pub(super) fn change(name: &str, archived: Option<&str>) -> Change {
    let field = match archived {
        None => FieldChange { field: NAME.to_owned(), before: None, after: Some(Value::Text(name.to_owned())) },
        Some(_) => {
            FieldChange { field: ARCHIVED.to_owned(), before: Some(Value::Flag(true)), after: Some(Value::Flag(false)) }
        }
    };
    let reason = if archived.is_some() {
        "people who work here belong to it, and it is archived"
    } else {
        "people belong to it, and there is none of this name"
    };
    Change {
        id: change_id(name, archived),
        kind: kind(archived),
        employee_id: None,
        target_id: archived.map(str::to_owned),
        display_name: name.to_owned(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: vec![field],
        reason: reason.to_owned(),
    }
}

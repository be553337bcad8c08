//! Compares an account with the values of a change.

use crate::field::Field;
use crate::plan::approvers_value;
use crate::scim::{Account, Manager};
use crate::settings::Settings;
use crate::text_form;
use crate::value::{PersonRef, Value};
use std::collections::BTreeSet;

/// Whether a field of the account has the expected value, and the value that it has. An unknown field never has the
/// expected value.
pub(super) fn compare(
    settings: &Settings,
    account: &Account,
    field: &str,
    expected: Option<&Value>,
) -> (bool, Option<Value>) {
    match Field::from_name(field) {
        Some(Field::Text(field)) => {
            let found = account.text(field);
            let wanted = match expected {
                Some(Value::Text(text)) => Some(text.as_str()),
                _ => None,
            };
            (field.same_option(wanted, found), found.map(|text| Value::Text(text.to_owned())))
        }
        Some(Field::Active) => {
            let found = account.state.known().map(Value::Flag);
            (expected.is_none() || expected == found.as_ref(), found)
        }
        Some(Field::Approvers) => approvers(settings, account, expected),
        Some(Field::Manager) => manager(account, expected),
        None => (false, None),
    }
}

fn manager(account: &Account, expected: Option<&Value>) -> (bool, Option<Value>) {
    let person = |account_id: Option<&str>, name: &str| {
        Value::Person(PersonRef {
            employee_id: None,
            account_id: account_id.map(str::to_owned),
            display_name: name.to_owned(),
        })
    };
    match (&account.manager, expected) {
        (Manager::Nobody, None) => (true, None),
        (Manager::Nobody, Some(_)) => (false, None),
        (Manager::Account(id), Some(Value::Person(wanted))) if wanted.account_id.is_some() => {
            (wanted.account_id.as_deref() == Some(id), Some(person(Some(id), "")))
        }
        (Manager::Named(name), Some(Value::Person(wanted))) => {
            (text_form::same(&wanted.display_name, name), Some(person(None, name)))
        }
        (Manager::Account(id), _) => (false, Some(person(Some(id), ""))),
        (Manager::Named(name), _) => (false, Some(person(None, name))),
    }
}

/// Compares approvers. In a plan, the value before the change is a list of texts, and the value after it one person,
/// who approves under each condition of the settings.
fn approvers(settings: &Settings, account: &Account, expected: Option<&Value>) -> (bool, Option<Value>) {
    let found = approvers_value(account);
    let same = match expected {
        Some(Value::Person(person)) => {
            let conditions = settings.approvals.iter().flat_map(|approvals| &approvals.conditions);
            let id = person.account_id.as_deref().unwrap_or_default();
            let wanted: BTreeSet<(&str, &str)> = conditions.map(|condition| (id, condition.as_str())).collect();
            let now = account.approvers.iter();
            now.map(|approver| (&*approver.account, &*approver.condition)).collect::<BTreeSet<_>>() == wanted
        }
        other => other == found.as_ref(),
    };
    (same, found)
}

//! Comparing an account with what a change says of it.

use crate::field::{ACTIVE, TextField};
use crate::scim::{Account, Manager};
use crate::value::{PersonRef, Value};

/// Whether a field is as expected, and what it is.
pub(super) fn compare(account: &Account, field: &str, expected: Option<&Value>) -> (bool, Option<Value>) {
    if let Some(field) = TextField::from_name(field) {
        let found = account.text(field);
        let wanted = match expected {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        return (field.same_option(wanted, found), found.map(|text| Value::Text(text.to_owned())));
    }
    if field == ACTIVE {
        let found = Value::Flag(account.active);
        return (expected.is_none_or(|expected| *expected == found), Some(found));
    }
    let person = |account_id: Option<&str>, name: &str| {
        Value::Person(PersonRef {
            employee_id: None,
            account_id: account_id.map(str::to_owned),
            display_name: name.to_owned(),
        })
    };
    let (same, found) = match (&account.manager, expected) {
        (Manager::Nobody, None) => (true, None),
        (Manager::Nobody, Some(_)) => (false, None),
        (Manager::Account(id), Some(Value::Person(wanted))) if wanted.account_id.is_some() => {
            (wanted.account_id.as_deref() == Some(id), Some(person(Some(id), "")))
        }
        (Manager::Named(name), Some(Value::Person(wanted))) => {
            (wanted.display_name == **name, Some(person(None, name)))
        }
        (Manager::Account(id), _) => (false, Some(person(Some(id), ""))),
        (Manager::Named(name), _) => (false, Some(person(None, name))),
    };
    (same, found)
}

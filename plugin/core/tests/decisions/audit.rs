//! What the plugin's own audit of a plan refuses.

use hibob_connector_core::change::{Change, ChangeKind, FieldChange};
use hibob_connector_core::host_facts::HostFacts;
use hibob_connector_core::link::Links;
use hibob_connector_core::plan_audit::{Facts, check};
use hibob_connector_core::scim::Account;
use hibob_connector_core::value::Value;
use std::collections::BTreeSet;

fn account(id: &str, external_id: &str, user_name: &str) -> Account {
    serde_json::from_value(
        serde_json::json!({ "id": id, "externalId": external_id, "userName": user_name, "active": true }),
    )
    .unwrap()
}

fn change(kind: ChangeKind, employee: &str, account: Option<&str>, fields: &[(&str, Value)]) -> Change {
    Change {
        id: format!("{}:{employee}", kind.name()),
        kind,
        employee_id: Some(employee.to_owned()),
        target_id: account.map(str::to_owned),
        display_name: String::new(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: fields
            .iter()
            .map(|(field, after)| FieldChange { field: (*field).to_owned(), before: None, after: Some(after.clone()) })
            .collect(),
        reason: String::new(),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// What a plan without links is checked with. The employees 7 and 9 were sent, and 6 has left.
fn audit(changes: Vec<Change>, accounts: &[Account], host: &HostFacts) -> Result<(), Vec<String>> {
    let (links, leavers) = (Links::default(), BTreeSet::from(["6"]));
    let facts = Facts { links: &links, leavers: &leavers, host, sent: &|id| ["6", "7", "9"].contains(&id) };
    check(changes.into_iter(), accounts, &facts)
}

#[track_caller]
fn refused(changes: Vec<Change>, promise: &str) {
    let accounts = [account("1", "7", "ana@acme.example"), account("2", "", "guest@acme.example")];
    let broken = audit(changes, &accounts, &HostFacts::default()).unwrap_err().join("\n");
    assert!(broken.contains(promise), "{broken}");
}

#[test]
fn a_sound_plan_passes() {
    let archive = change(ChangeKind::Archive, "7", Some("1"), &[("active", Value::Flag(false))]);
    let accounts = [account("1", "7", "ana@acme.example")];
    assert_eq!(audit(vec![archive], &accounts, &HostFacts::default()), Ok(()));
}

#[test]
fn an_account_of_the_ledger_is_archived_unless_its_external_id_is_somebodys() {
    use hibob_connector_core::value::NamedValue;
    let archive = || vec![change(ChangeKind::Archive, "6", Some("1"), &[("active", Value::Flag(false))])];
    let named = |name: &str, value| NamedValue { name: name.to_owned(), value };
    let ledger = || named("host:accounts", text("6\t1\t-\n8\t5\t-\n"));
    for (external_id, is_sound) in [("", true), ("elsewhere", true), ("7", false), ("8", false)] {
        let accounts = [account("1", external_id, "ana@acme.example")];
        let audited = audit(archive(), &accounts, &HostFacts::of(&[ledger()]));
        assert_eq!(audited.is_ok(), is_sound, "{external_id:?}");
        assert!(audit(archive(), &accounts, &HostFacts::default()).is_err());
    }
    // Nor is one that a person has given up, whatever it carries.
    let unlinked = named("host:unlinked", Value::Pairs(vec![("1".to_owned(), "6".to_owned())]));
    let accounts = [account("1", "6", "ana@acme.example")];
    assert!(audit(archive(), &accounts, &HostFacts::of(&[ledger(), unlinked])).is_err());
}

#[test]
fn each_broken_promise_is_found() {
    let off = ("active", Value::Flag(false));
    refused(vec![change(ChangeKind::Archive, "8", Some("1"), std::slice::from_ref(&off))], "not under the sync's care");
    refused(vec![change(ChangeKind::Archive, "8", Some("2"), std::slice::from_ref(&off))], "not under the sync's care");
    refused(vec![change(ChangeKind::Update, "7", Some("1"), std::slice::from_ref(&off))], "decide about `active`");
    refused(
        vec![change(ChangeKind::Archive, "7", Some("1"), &[off.clone(), ("title", text("x"))])],
        "nothing but `active`",
    );
    refused(vec![change(ChangeKind::Update, "7", Some("1"), &[("groups", text("x"))])], "only fields of the sync");
    refused(vec![change(ChangeKind::Update, "7", Some("1"), &[("external-id", text("8"))])], "its employee's id");
    refused(
        vec![change(ChangeKind::Update, "7", Some("1"), &[("user-name", text("Guest@acme.example"))])],
        "is free when",
    );
    refused(vec![change(ChangeKind::Update, "7", Some("9"), &[])], "that was read");
    refused(
        vec![change(ChangeKind::Reactivate, "7", Some("1"), &[("active", Value::Flag(true))])],
        "fits the account's state",
    );
    refused(
        vec![change(ChangeKind::Create, "8", None, &[("active", Value::Flag(true))])],
        "a new account has its names",
    );
    let update = change(ChangeKind::Update, "7", Some("1"), &[("title", text("x"))]);
    refused(vec![update.clone(), update.clone()], "an id is used once");
    let mut waits = update;
    waits.depends_on = vec!["create:9".to_owned()];
    refused(vec![waits], "comes before it");
}

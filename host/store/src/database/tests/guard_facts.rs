//! What the guards ask the database.

use crate::database::tests::{Case, Host};
use crate::database::{ChangeRecord, KeptFields, LedgerEntry};
use futures::FutureExt;
use hibob_contract::types::{NamedValue, Value};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const CASES: [(&str, Case); 2] = [
    ("source", |one, other| the_source_is_remembered_for_some_days_and_one_selection(one, other).boxed()),
    ("accounts", |one, other| accounts_and_their_kept_fields_are_remembered_until_they_are_dropped(one, other).boxed()),
];

fn state(employees: i64) -> Vec<NamedValue> {
    vec![NamedValue { name: "employees".to_owned(), value: Value::Integer(employees) }]
}

async fn the_source_is_remembered_for_some_days_and_one_selection(one: Host, other: Host) {
    let database = one.tenant("acme").await;
    let fence = database.take_fence(1).await.unwrap();
    for (at, employees) in [(10, 100), (20, 90), (30, 80)] {
        database.note_source(fence, at, "all", &state(employees), at - 15).await.unwrap();
    }
    let read = other.tenant("acme").await;
    assert_eq!(read.source_states(0, "all").await.unwrap(), [state(90), state(80)], "10 is too long ago");
    assert_eq!(read.source_states(25, "all").await.unwrap(), [state(80)]);
    assert!(read.source_states(0, "London").await.unwrap().is_empty());
    database.note_source(fence, 40, "London", &state(20), 0).await.unwrap();
    assert_eq!(read.source_states(0, "London").await.unwrap(), [state(20)]);
    assert!(read.source_states(0, "all").await.unwrap().is_empty(), "another selection starts anew");
    assert!(other.tenant("globex").await.source_states(0, "London").await.unwrap().is_empty());
    // A run that has lost its lease notes nothing.
    read.take_fence(2).await.unwrap();
    assert!(database.note_source(fence, 50, "London", &state(1), 0).await.is_err());
    assert_eq!(read.source_states(0, "London").await.unwrap(), [state(20)]);
}

async fn accounts_and_their_kept_fields_are_remembered_until_they_are_dropped(one: Host, other: Host) {
    let database = one.tenant("acme").await;
    let fence = database.take_fence(1).await.unwrap();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let note = async |account: &str, archived_at, kept: &[&str], written: &[&str]| {
        let ledger = LedgerEntry { account_id: account.to_owned(), employee_id: format!("of {account}"), archived_at };
        let kept = KeptFields { account_id: account.to_owned(), kept: texts(kept), written: texts(written) };
        let record = ChangeRecord { ledger: Some(ledger), finished: None, kept: Some(kept) };
        database.record_change(fence, &BTreeMap::new(), &record, 1).await.unwrap();
    };
    note("a", None, &["title", "phone"], &["given-name"]).await;
    note("a", None, &["title"], &["phone"]).await;
    note("b", Some(50), &[], &[]).await;
    note("b", Some(70), &[], &[]).await;
    note("c", Some(60), &[], &[]).await;
    note("c", None, &[], &[]).await;
    let read = other.tenant("acme").await;
    let all = texts(&["a", "b", "c", "unknown"]);
    assert_eq!(read.archived_of(&all).await.unwrap(), BTreeMap::from([("b".to_owned(), 70)]));
    assert_eq!(read.active_among(&all).await.unwrap(), 2);
    let kept = BTreeMap::from([("a".to_owned(), BTreeSet::from(["title".to_owned()]))]);
    assert_eq!(read.kept_fields().await.unwrap(), kept);
    assert_eq!(database.drop_target(fence).await.unwrap(), 3);
    assert!(read.kept_fields().await.unwrap().is_empty() && read.archived_of(&all).await.unwrap().is_empty());
    assert_eq!(read.active_among(&all).await.unwrap(), 0);
}

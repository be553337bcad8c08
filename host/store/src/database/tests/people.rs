//! Persons' keys, and erasing persons.

use crate::database::tests::{Case, Host, approvals, empty_row, references};
use crate::database::{ErasedRows, ErasureRow, Fence, KeyedHash, LedgerEntry, LegacyPlaintext, TenantDatabase};
use crate::update_row::UpdateRow;
use futures::FutureExt;
use hibob_base::job::RunKind;
use hibob_contract::offboarding_references::{Seen, Standing};
use std::collections::BTreeMap;

pub(super) const CASES: [(&str, Case); 2] = [
    ("people", |one, other| keys_have_numbers_that_are_never_used_again(one, other).boxed()),
    ("forgotten", |one, _| nothing_stands_under_the_id_of_somebody_who_was_forgotten(one).boxed()),
];

fn tag(byte: u8) -> KeyedHash {
    KeyedHash([byte; 32])
}

fn forgotten(byte: u8) -> ErasureRow {
    ErasureRow { tag: tag(byte), times: 1, at: 7, is_lifted: false, is_complete: true }
}

/// Adds a row to each table about persons.
pub(super) async fn fill(database: &TenantDatabase, fence: Fence) {
    database.add_people(fence, &[(tag(1), vec![1])]).await.unwrap();
    database.erase_person(&forgotten(2), "nobody", &[tag(3)], &LegacyPlaintext::default()).await.unwrap();
}

async fn keys_have_numbers_that_are_never_used_again(host: Host, other: Host) {
    let database = host.tenant("acme").await;
    let fence = database.take_fence(1).await.unwrap();
    let keys: Vec<(KeyedHash, Vec<u8>)> = (1..=3).map(|byte| (tag(byte), vec![byte])).collect();
    assert_eq!(database.add_people(fence, &keys).await.unwrap(), [1, 2, 3]);
    assert!(database.add_people(fence, &keys[..1]).await.is_err(), "one each");
    let globex = other.tenant("globex").await;
    let theirs = globex.take_fence(1).await.unwrap();
    assert_eq!(globex.add_people(theirs, &keys[..1]).await.unwrap(), [1], "each tenant has its own");
    let database = other.tenant("acme").await;
    let wrapped = async |tags: &[KeyedHash]| {
        let mut rows = database.people_by_tag(tags).await.unwrap();
        rows.sort_by_key(|row| row.number);
        rows.into_iter().map(|row| (row.number, row.wrapped)).collect::<Vec<_>>()
    };
    assert_eq!(wrapped(&[tag(1), tag(3), tag(9)]).await, [(1, vec![1]), (3, vec![3])]);
    database.destroy_key(&forgotten(3)).await.unwrap();
    database.destroy_key(&ErasureRow { times: 2, ..forgotten(3) }).await.unwrap();
    assert_eq!(database.people_by_number(&[1, 2, 3]).await.unwrap().len(), 2);
    assert_eq!(database.erasures().await.unwrap(), [ErasureRow { times: 2, ..forgotten(3) }]);
    let again = database.take_fence(2).await.unwrap();
    assert_eq!(database.add_people(again, &[(tag(3), vec![4])]).await.unwrap(), [4]);
    crate::database::tests::record::lost(database.add_people(fence, &[(tag(5), vec![5])]).await);
    assert_eq!((database.lift(tag(3)).await.unwrap(), database.lift(tag(3)).await.unwrap()), (true, false));
    database.erase_everybody().await.unwrap();
    assert_eq!((wrapped(&[tag(1)]).await, database.erasures().await.unwrap()), (vec![], vec![]));
}

async fn nothing_stands_under_the_id_of_somebody_who_was_forgotten(host: Host) {
    let database = host.tenant("acme").await;
    let fence = database.take_fence(1).await.unwrap();
    for id in ["12", "112"] {
        let entries = [format!("link/{id}"), id.to_owned(), format!("{id}/link")].map(|key| (key, Some(vec![1])));
        let ledger = LedgerEntry { account_id: format!("9{id}"), employee_id: id.to_owned(), archived_at: Some(1) };
        database.write_entries(&BTreeMap::from(entries), Some(&ledger)).await.unwrap();
        let seen = Seen { employee_id: id.to_owned(), standing: Standing::Left };
        database.record_standings(fence, &[seen]).await.unwrap();
    }
    database.put_reference_key("s1", &[1; 32], 1).await.unwrap();
    for (number, id) in [(0, "12"), (1, "112")] {
        let reference = references::reference(number, id, "2026-01-31");
        assert_eq!(database.record_reference(fence, &reference, None).await.unwrap(), Some(u64::from(number)));
    }
    let line = |id: &str, name: &str, manager: &str| UpdateRow {
        employee_id: id.to_owned(),
        name: name.to_owned(),
        field: "manager".to_owned(),
        after: manager.to_owned(),
        ..empty_row()
    };
    let lines = [line("12", "Ana", "Bo").into(), line("112", "Bo", "Ana").into()];
    let run = database
        .record_run(fence, &crate::database::tests::record::run(RunKind::Sync, 1, None), None, &lines)
        .await
        .unwrap();
    let entries_before = database.log_entries().await.unwrap();
    assert_eq!(database.accounts_of("12").await.unwrap(), ["912"]);
    let ids = database.plaintext_ids().await.unwrap();
    assert!(["12", "112"].iter().all(|id| ids.iter().any(|other| other == id)), "{ids:?}");

    // A waiting plan that an earlier version stored unencrypted is removed, and its row among the approvals with it.
    database.await_approval(fence, &approvals::approval("one")).await.unwrap();
    let plans = ["none", "one"].map(str::to_owned).to_vec();
    let plaintext = LegacyPlaintext { reports: vec![(run, "{}".to_owned())], plans };
    let swept = database.erase_person(&forgotten(1), "12", &[tag(2)], &plaintext).await.unwrap();
    let expected = ErasedRows { accounts: 1, entries: 2, lines: 1, reports: 1, plans: 1, references: 1, deliveries: 1 };
    assert_eq!(swept, expected);
    assert_eq!(database.approvals(10, 9).await.unwrap(), []);
    assert!(!database.plaintext_ids().await.unwrap().contains(&"12".to_owned()));
    assert_eq!(database.accounts_of("112").await.unwrap(), ["9112"]);
    assert_eq!(database.storage_usage().await.unwrap().keys, 4);
    assert_eq!(database.erased_accounts().await.unwrap(), [tag(2)]);
    assert_eq!(database.log_entries().await.unwrap(), entries_before);
    let rows = database.references().await.unwrap();
    assert!(rows[0].document.is_empty() && !rows[1].document.is_empty());
    assert_eq!(rows[1].departure.employee_id, "112");
    let updates = database.run_updates(run).await.unwrap();
    assert_eq!((updates[0].row.name.as_str(), updates[1].row.after.as_str()), ("forgotten", "forgotten"));
    assert_eq!(updates[1].row.name, "Bo");
    assert_eq!(
        database.erase_person(&forgotten(1), "12", &[tag(2)], &LegacyPlaintext::default()).await.unwrap(),
        ErasedRows::default()
    );
}

//! The plugin's entries, and the host's ledger.

use crate::database::tests::{Case, Host};
use crate::database::{LedgerEntry, LinkOrder, StorageUsage, TenantDatabase};
use futures::FutureExt;
use hibob_contract::types::NamedValue;
use hibob_policy::guard::LedgerSums;
use hibob_policy::on_hold::OnHold;
use std::collections::BTreeMap;

pub(super) const CASES: [(&str, Case); 6] = [
    ("paged", |one, _| a_prefix_is_read_page_by_page_and_nothing_beside_it(one).boxed()),
    ("bytes", |one, other| keys_and_values_are_any_text_and_any_bytes(one, other).boxed()),
    ("usage", |one, _| what_the_entries_take_is_counted(one).boxed()),
    ("ledger", |one, other| the_ledger_has_the_youngest_active_account(one, other).boxed()),
    ("decisions", |one, other| what_people_decide_about_accounts_is_kept_until_it_is_carried_out(one, other).boxed()),
    ("apart", |one, other| tenants_have_entries_of_their_own(one, other).boxed()),
];

async fn put(database: &TenantDatabase, entries: &[(&str, Option<&[u8]>)]) {
    let entries = entries.iter().map(|(key, value)| ((*key).to_owned(), value.map(<[u8]>::to_vec)));
    database.write_entries(&entries.collect(), None).await.unwrap();
}

async fn a_prefix_is_read_page_by_page_and_nothing_beside_it(host: Host) {
    let database = host.tenant("acme").await;
    let keys = ["a", "link", "link/", "link/1", "link/10", "link/2", "link/\u{10fffe}", "link0", "m"];
    let entries = keys.map(|key| (key.to_owned(), Some(key.as_bytes().to_vec())));
    database.write_entries(&BTreeMap::from(entries), None).await.unwrap();
    for limit in 1..=keys.len() {
        let mut read = Vec::new();
        loop {
            let last = read.last().map(String::as_str);
            let page = database.entries("link/", last, limit, usize::MAX).await.unwrap().entries;
            if page.is_empty() {
                break;
            }
            read.extend(page.into_iter().map(|(key, _)| key));
        }
        assert_eq!(read, ["link/", "link/1", "link/10", "link/2", "link/\u{10fffe}"], "{limit} a page");
    }
    assert_eq!(database.entries("link/", Some("a"), 1, usize::MAX).await.unwrap().entries[0].0, "link/");
    assert_eq!(database.entries("", None, 10, usize::MAX).await.unwrap().entries.len(), keys.len());
    // A page is limited by bytes as well, except for its first entry.
    let bounded = database.entries("link/", None, 10, 1).await.unwrap();
    assert_eq!((bounded.entries.len(), bounded.is_cut), (1, true));
}

async fn keys_and_values_are_any_text_and_any_bytes(one: Host, other: Host) {
    let database = one.tenant("acme").await;
    // They are in the order of their bytes, which is no language's alphabetical order.
    let keys = ["\0", "\0\0", "Z", "a", "a\0b", "a b", "z", "ß", "é", "\u{ffff}", "\u{10000}"];
    let all: Vec<u8> = (0..=255).collect();
    for key in keys.iter().rev() {
        put(&database, &[(key, Some(&all))]).await;
    }
    let read = other.tenant("acme").await.entries("", None, 100, usize::MAX).await.unwrap().entries;
    assert_eq!(read.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), keys);
    assert!(read.iter().all(|(_, value)| *value == all));
    let read = database.entries("a", Some("a"), 100, usize::MAX).await.unwrap().entries;
    assert_eq!(read.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["a\0b", "a b"]);
    put(&database, &[("a\0b", None)]).await;
    assert_eq!((database.entry("a\0b").await.unwrap(), database.entry("a").await.unwrap()), (None, Some(all)));
}

async fn what_the_entries_take_is_counted(host: Host) {
    let database = host.tenant("acme").await;
    let usage = async || database.storage_usage().await.unwrap();
    assert_eq!(usage().await, StorageUsage { keys: 0, bytes: 0 });
    put(&database, &[("é", Some(b"1234")), ("b", Some(b""))]).await;
    assert_eq!(usage().await, StorageUsage { keys: 2, bytes: 2 + 4 + 1 });
    put(&database, &[("é", Some(b"12")), ("b", None), ("nothing", None)]).await;
    assert_eq!(usage().await, StorageUsage { keys: 1, bytes: 2 + 2 });
    // As much as one call may write.
    let many = (0..10_000).map(|number| (format!("{number:05}"), Some(vec![7]))).collect();
    database.write_entries(&many, None).await.unwrap();
    assert_eq!(usage().await, StorageUsage { keys: 10_001, bytes: 4 + 60_000 });
}

async fn the_ledger_has_the_youngest_active_account(one: Host, other: Host) {
    let database = one.tenant("acme").await;
    let note = async |account: &str, employee: &str, archived_at| {
        let (account_id, employee_id) = (account.to_owned(), employee.to_owned());
        let entry = LedgerEntry { account_id, employee_id, archived_at };
        database.write_entries(&BTreeMap::new(), Some(&entry)).await.unwrap();
    };
    note("9", "1", None).await;
    note("10", "1", None).await;
    note("11", "1", Some(50)).await;
    note("12", "2", Some(100)).await;
    note("13", "3", Some(100)).await;
    note("13", "3", None).await;
    let database = other.tenant("acme").await;
    assert_eq!(database.account_of("1").await.unwrap().as_deref(), Some("10"));
    assert_eq!(database.account_of("2").await.unwrap().as_deref(), Some("12"));
    assert_eq!(database.account_of("4").await.unwrap(), None);
    assert_eq!(database.owner_of("11").await.unwrap().as_deref(), Some("1"));
    // A reactivated account is not counted as archived.
    assert_eq!(database.ledger_sums(51).await.unwrap(), LedgerSums { active: 3, archived: 1 });
    assert_eq!(database.ledger_sums(50).await.unwrap(), LedgerSums { active: 3, archived: 2 });
}

async fn what_people_decide_about_accounts_is_kept_until_it_is_carried_out(one: Host, other: Host) {
    let database = one.tenant("acme").await;
    let entry = |account: &str, employee: &str, archived_at| LedgerEntry {
        account_id: account.to_owned(),
        employee_id: employee.to_owned(),
        archived_at,
    };
    let order =
        |employee: &str, account: &str| LinkOrder { employee_id: employee.to_owned(), account_id: account.to_owned() };
    let note = async |entry: LedgerEntry| database.write_entries(&BTreeMap::new(), Some(&entry)).await.unwrap();
    note(entry("9", "1", None)).await;
    note(entry("10", "2", Some(50))).await;
    note(entry("10", "2", Some(70))).await;
    let text = |facts: &[NamedValue], name: &str| {
        facts.iter().find(|value| value.name == name).map(|value| format!("{:?}", value.value))
    };
    let facts = other.tenant("acme").await.host_facts(&OnHold::default()).await.unwrap();
    assert_eq!(text(&facts, "host:accounts").unwrap(), format!("Text({:?})", "1\t9\t-\n2\t10\t70\n"));
    assert_eq!((text(&facts, "host:links"), text(&facts, "host:unlinked")), (None, None));
    // An order is carried out when the account comes into the ledger for that employee, and for no other.
    database.order_links(&[order("3", "30"), order("4", "40")], 100).await.unwrap();
    database.order_links(&[order("3", "31")], 100).await.unwrap();
    assert!(database.order_links(&[order("5", "40")], 100).await.is_err());
    assert_eq!(database.link_orders().await.unwrap(), [order("3", "31"), order("4", "40")]);
    note(entry("31", "6", None)).await;
    note(entry("40", "4", None)).await;
    assert_eq!(database.link_orders().await.unwrap(), [order("3", "31")]);
    assert_eq!(database.take_back_links(&["3".to_owned(), "7".to_owned()]).await.unwrap(), 1);
    // What is given up leaves the ledger, and stays given up until somebody links it.
    assert_eq!(database.unlink("1", 200).await.unwrap(), ["9"]);
    assert_eq!((database.owner_of("9").await.unwrap(), database.is_unlinked("9").await.unwrap()), (None, true));
    assert!(text(&database.host_facts(&OnHold::default()).await.unwrap(), "host:unlinked").is_some());
    database.order_links(&[order("1", "9")], 300).await.unwrap();
    assert!(!database.is_unlinked("9").await.unwrap());
    database.take_back_links(&["1".to_owned()]).await.unwrap();
    assert!(database.is_unlinked("9").await.unwrap());
    note(entry("9", "1", None)).await;
    assert!(!database.is_unlinked("9").await.unwrap());
}

async fn tenants_have_entries_of_their_own(one: Host, other: Host) {
    let (acme, globex) = (one.tenant("acme").await, other.tenant("globex").await);
    put(&acme, &[("same", Some(b"acme"))]).await;
    put(&globex, &[("same", Some(b"globex")), ("more", Some(b""))]).await;
    assert_eq!(acme.entry("same").await.unwrap().as_deref(), Some(b"acme".as_slice()));
    assert_eq!(acme.entries("", None, 9, usize::MAX).await.unwrap().entries.len(), 1);
    put(&globex, &[("same", None)]).await;
    assert_eq!(acme.entry("same").await.unwrap().as_deref(), Some(b"acme".as_slice()));
    assert_eq!(acme.storage_usage().await.unwrap(), StorageUsage { keys: 1, bytes: 8 });
}

//! Leases and fencing tokens, with several hosts.

use crate::database::tests::{Case, Host, query, record};
use crate::database::{LEASE_SECONDS, Lease};
use futures::FutureExt;
use futures::future::join_all;
use hibob_base::error::HostError;

pub(super) const CASES: [(&str, Case); 4] = [
    ("leased", |one, other| a_lease_is_one_hosts_at_a_time(one, other).boxed()),
    ("lapsed", |one, other| a_lapsed_lease_is_taken_and_its_holder_told(one, other).boxed()),
    ("raced", |one, other| of_hosts_that_take_a_lease_at_once_one_has_it(one, other).boxed()),
    ("overtaken", |one, other| a_write_and_a_fence_that_is_taken_exclude_each_other(one, other).boxed()),
];

async fn take(host: &Host, holder: &str) -> Result<Lease, HostError> {
    host.control.lease("acme", holder).await
}

async fn a_lease_is_one_hosts_at_a_time(one: Host, other: Host) {
    let first = take(&one, "the first").await.unwrap();
    let error = take(&other, "the second").await.unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("the first")), ("ALREADY_RUNNING", true), "{error}");
    assert!(other.control.is_leased("acme").await.unwrap());
    assert!(!other.control.is_leased("globex").await.unwrap());
    let generation = first.generation();
    first.release().await.unwrap();
    assert!(!other.control.is_leased("acme").await.unwrap());
    let second = take(&other, "the second").await.unwrap();
    assert!(second.generation() > generation);
    second.release().await.unwrap();
    // After a restore no holder of an earlier generation can go on.
    one.control.raise_lease("acme", 100).await.unwrap();
    assert!(take(&one, "the third").await.unwrap().generation() > 101);
    one.control.raise_lease("acme", 5).await.unwrap();
    assert!(take(&one, "the fourth").await.unwrap().generation() > 102);
}

async fn a_lapsed_lease_is_taken_and_its_holder_told(one: Host, other: Host) {
    let first = take(&one, "the first").await.unwrap();
    // No lease is as long as a day: the clock was set back since it was taken.
    for expiry in ["0", "expires_at + 86400"] {
        one.control.execute(query(format!("UPDATE leases SET expires_at = {expiry}"))).await;
        let taken = take(&other, "the second").await.unwrap();
        assert!(taken.generation() > first.generation());
        assert!(!first.renew().await.unwrap() && taken.renew().await.unwrap());
        // A holder that has lost the lease cannot give it back.
        one.control.execute(query("UPDATE leases SET generation = generation + 1")).await;
        taken.release().await.unwrap();
        assert!(other.control.is_leased("acme").await.unwrap());
    }
    assert_eq!(LEASE_SECONDS, 30, "a day is longer");
}

async fn of_hosts_that_take_a_lease_at_once_one_has_it(one: Host, other: Host) {
    for round in 0..10 {
        let hosts = (0..8).map(|number| if number % 2 == 0 { &one } else { &other });
        let taken = join_all(hosts.map(|host| take(host, "a host"))).await;
        let mut leases: Vec<_> = taken.into_iter().filter_map(Result::ok).collect();
        assert_eq!(leases.len(), 1, "round {round}");
        leases.remove(0).release().await.unwrap();
    }
}

async fn a_write_and_a_fence_that_is_taken_exclude_each_other(one: Host, other: Host) {
    let (mine, theirs) = (one.tenant("acme").await, other.tenant("acme").await);
    let mut fence = mine.take_fence(1).await.unwrap();
    let journal = mine.begin_journal(fence, &record::plan("one")).await.unwrap();
    for round in 0..40 {
        let ids = [0, 1, 2, 3].map(|number| format!("{round}-{number}"));
        let writes = join_all(ids.iter().map(|id| record::change(&mine, fence, journal, id)));
        let take_over = async {
            let next = theirs.take_fence(round + 2).await.unwrap();
            (next, theirs.count("entries").await)
        };
        let (written, (next, seen)) = tokio::join!(writes, take_over);
        // Nothing is written under the old token after the new one was raised.
        assert_eq!(mine.count("entries").await, seen, "round {round}");
        for result in written.into_iter().filter(Result::is_err) {
            record::lost(result);
        }
        fence = next;
    }
}

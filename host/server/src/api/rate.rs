//! How often somebody may ask.

use crate::api::problem::Problem;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

/// Requests of one token, in a second, in the long run.
const REQUESTS_PER_SECOND: u32 = 20;

/// Requests of one token that may come at once.
const REQUESTS_BURST: u32 = 100;

/// Failed authentications from one address in a minute. Nobody guesses a token; it is the record that must not grow with
/// every attempt. Behind a proxy all come from one address: who has a token that counts is not asked about it.
const FAILURES_PER_MINUTE: u32 = 10;

/// Keys after which those are forgotten that have not come for long.
const KEYS_MAX: usize = 10_000;

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock, NoOpMiddleware<<DefaultClock as Clock>::Instant>>;

#[derive(Debug)]
pub(super) struct Rates {
    requests: Keyed<String>,
    failures: Keyed<IpAddr>,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            requests: RateLimiter::hashmap(
                Quota::per_second(at_least_one(REQUESTS_PER_SECOND)).allow_burst(at_least_one(REQUESTS_BURST)),
            ),
            failures: RateLimiter::hashmap(Quota::per_minute(at_least_one(FAILURES_PER_MINUTE))),
        }
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

impl Rates {
    /// Counts a request of a token that counts.
    pub(super) fn request(&self, token: &str) -> Result<(), Problem> {
        count(&self.requests, &token.to_owned(), "requests of this token")
    }

    /// Counts a request without one.
    pub(super) fn failure(&self, from: IpAddr) -> Result<(), Problem> {
        count(&self.failures, &network(from), "requests without a token that counts")
    }
}

fn count<K: Hash + Eq + Clone>(limiter: &Keyed<K>, key: &K, what: &str) -> Result<(), Problem> {
    if limiter.len() > KEYS_MAX {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        Problem::too_many(what, (wait + Duration::from_millis(999)).as_secs().max(1))
    })
}

/// Whoever has one IPv6 address has its /64 (RFC 4291 section 2.5.4).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_and_each_network_has_its_own_measure() {
        let rates = Rates::default();
        assert!((0..REQUESTS_BURST).all(|_| rates.request("one").is_ok()));
        assert!(rates.request("one").is_err() && rates.request("other").is_ok());
        let from = |text: &str| text.parse().unwrap();
        assert!((0..FAILURES_PER_MINUTE).all(|_| rates.failure(from("2001:db8::1")).is_ok()));
        assert!(rates.failure(from("2001:db8::ffff")).is_err());
        assert!(rates.failure(from("2001:db8:0:1::1")).is_ok());
        assert!((0..FAILURES_PER_MINUTE).all(|_| rates.failure(from("192.0.2.1")).is_ok()));
        assert!(rates.failure(from("::ffff:192.0.2.1")).is_err(), "the same in another notation");
    }
}

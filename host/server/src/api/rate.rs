//! Rate limits of the API, by token and by address.

use crate::api::places::network;
use crate::api::problem::Problem;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

/// How many requests a second one token may make in the long run.
const REQUESTS_PER_SECOND: u32 = 20;

/// How many requests one token may make at once.
const REQUESTS_BURST: u32 = 100;

/// How many failed authentications a minute one address may make. Tokens are too long to be guessed; the limit keeps
/// the API log from growing with every attempt. Behind a proxy all clients have one address, so requests with a valid
/// token are not counted here.
const FAILURES_PER_MINUTE: u32 = 10;

/// How many references a minute one token may have verified. Each asks the issuer's DNS and site.
pub(super) const VERIFICATIONS_PER_MINUTE: u32 = 10;

/// How many tokens or addresses are kept before those that have not been seen for long are dropped.
const KEYS_MAX: usize = 10_000;

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock, NoOpMiddleware<<DefaultClock as Clock>::Instant>>;

#[derive(Debug)]
pub(super) struct Rates {
    requests: Keyed<String>,
    failures: Keyed<IpAddr>,
    verifications: Keyed<String>,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            requests: RateLimiter::hashmap(
                Quota::per_second(at_least_one(REQUESTS_PER_SECOND)).allow_burst(at_least_one(REQUESTS_BURST)),
            ),
            failures: RateLimiter::hashmap(Quota::per_minute(at_least_one(FAILURES_PER_MINUTE))),
            verifications: RateLimiter::hashmap(Quota::per_minute(at_least_one(VERIFICATIONS_PER_MINUTE))),
        }
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

impl Rates {
    /// Counts a request with a valid token.
    ///
    /// # Errors
    /// The token has made too many.
    pub(super) fn request(&self, token: &str) -> Result<(), Problem> {
        count(&self.requests, &token.to_owned(), "requests of this token")
    }

    /// Counts a verification for a token.
    ///
    /// # Errors
    /// The token has had too many.
    pub(super) fn verification(&self, token: &str) -> Result<(), Problem> {
        count(&self.verifications, &token.to_owned(), "verifications for this token")
    }

    /// Counts a request without a valid token.
    ///
    /// # Errors
    /// The address has made too many.
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

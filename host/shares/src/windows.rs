//! Rate limits that a service reports as used up: the last answer before a window ends has `X-RateLimit-Remaining: 0`
//! (HiBob's page on rate limiting). The host waits until the window has ended, and so gets no 429.

use crate::wait::rate_limit_reset;
use http::HeaderMap;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The endpoints of a service whose window is used up. HiBob counts each endpoint separately.
#[derive(Debug, Default)]
pub struct Windows(Mutex<BTreeMap<String, Instant>>);

impl Windows {
    /// Takes in the headers of an answer from this endpoint. A window that lasts longer than `longest` is ignored.
    pub fn note(&self, endpoint: &str, headers: &HeaderMap, now_unix_seconds: u64, now: Instant, longest: Duration) {
        let remaining = headers.get("x-ratelimit-remaining").and_then(|value| value.to_str().ok());
        if remaining.is_none_or(|remaining| remaining.trim() != "0") {
            return;
        }
        let Some(wait) = rate_limit_reset(headers, now_unix_seconds).filter(|wait| *wait <= longest) else { return };
        let mut closed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        closed.retain(|_, until| *until > now);
        closed.insert(endpoint.to_owned(), now + wait);
    }

    /// How long until the endpoint's window ends; `None` if it is not used up.
    pub fn left(&self, endpoint: &str, now: Instant) -> Option<Duration> {
        let closed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = closed.get(endpoint)?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_is_used_up_closes_its_endpoint_until_it_ends() {
        let headers = |remaining: &str, reset: &str| {
            let pairs = [("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset)];
            let parsed = pairs.map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
            HeaderMap::from_iter(parsed)
        };
        let (windows, start) = (Windows::default(), Instant::now());
        let note = |endpoint: &str, remaining: &str, reset: &str| {
            windows.note(endpoint, &headers(remaining, reset), 1_000, start, Duration::from_secs(300));
        };
        note("a", "1", "1020");
        note("b", "0", "1020");
        note("c", "0", "9000");
        note("d", "0", "soon");
        assert_eq!(["a", "c", "d"].map(|endpoint| windows.left(endpoint, start)), [None; 3]);
        assert_eq!(windows.left("b", start), Some(Duration::from_secs(21)));
        assert_eq!(windows.left("b", start + Duration::from_secs(22)), None);
    }
}

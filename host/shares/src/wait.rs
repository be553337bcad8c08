//! Works out how long to wait before a request is sent again. Pure functions.

use chrono::DateTime;
use http::HeaderMap;
use std::time::Duration;

/// The wait that `Retry-After` asks for, in seconds or as a date (RFC 9110, section 10.2.3).
pub fn retry_after(headers: &HeaderMap, now_unix_seconds: u64) -> Option<Duration> {
    let after = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = after.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(after).ok()?;
    Some(until(u64::try_from(date.timestamp()).unwrap_or_default(), now_unix_seconds))
}

/// The wait that an answer with status 429 asks for: by `Retry-After`, else by HiBob's `X-RateLimit-Reset`, in Unix
/// seconds (HiBob's page on rate limiting). `None` if it has neither.
pub fn rate_limit_reset(headers: &HeaderMap, now_unix_seconds: u64) -> Option<Duration> {
    retry_after(headers, now_unix_seconds).or_else(|| {
        let reset = headers.get("x-ratelimit-reset")?.to_str().ok()?.trim().parse().ok()?;
        // One second more, since the second that the header names may not be over yet.
        Some(until(reset, now_unix_seconds).saturating_add(Duration::from_secs(1)))
    })
}

fn until(then: u64, now: u64) -> Duration {
    Duration::from_secs(then.saturating_sub(now))
}

/// The pause before the next attempt, after `attempt` earlier retries: `first`, doubled each time, and shortened by up
/// to half by `random` (0 to 1), so that requests that failed together are not repeated together.
pub fn back_off(first: Duration, attempt: u32, random: f64) -> Duration {
    let pause = first.saturating_mul(2_u32.saturating_pow(attempt.min(16)));
    pause.mul_f64(1.0 - 0.5 * random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn every_form_of_the_header_is_understood() {
        let wait = |pairs: &[(&'static str, &'static str)]| {
            rate_limit_reset(&headers(pairs), 1_000).map(|wait| wait.as_secs())
        };
        assert_eq!(wait(&[("retry-after", "7")]), Some(7));
        assert_eq!(wait(&[("retry-after", "Thu, 01 Jan 1970 00:17:00 GMT")]), Some(20));
        assert_eq!(wait(&[("x-ratelimit-reset", "1030")]), Some(31));
        assert_eq!(wait(&[("x-ratelimit-reset", "900")]), Some(1));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn pauses_grow_and_scatter() {
        let first = Duration::from_millis(500);
        assert_eq!(back_off(first, 0, 0.0), Duration::from_millis(500));
        assert_eq!(back_off(first, 2, 0.0), Duration::from_millis(2_000));
        assert_eq!(back_off(first, 2, 1.0), Duration::from_millis(1_000));
    }
}

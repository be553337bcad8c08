//! How long to wait before a request is sent again. Pure.

use chrono::DateTime;
use http::HeaderMap;
use std::time::Duration;

/// What `Retry-After` asks to wait, in seconds or as a date (RFC 9110, section 10.2.3).
pub fn retry_after(headers: &HeaderMap, now_unix_seconds: u64) -> Option<Duration> {
    let after = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = after.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(after).ok()?;
    Some(until(u64::try_from(date.timestamp()).unwrap_or_default(), now_unix_seconds))
}

/// What an answer with 429 asks to wait: `Retry-After`, else HiBob's `X-RateLimit-Reset`, Unix seconds (rate limiting
/// page). None if it does not say.
pub fn rate_limit_reset(headers: &HeaderMap, now_unix_seconds: u64) -> Option<Duration> {
    retry_after(headers, now_unix_seconds).or_else(|| {
        let reset = headers.get("x-ratelimit-reset")?.to_str().ok()?.trim().parse().ok()?;
        // One second more: the header's second may not be over yet.
        Some(until(reset, now_unix_seconds).saturating_add(Duration::from_secs(1)))
    })
}

fn until(then: u64, now: u64) -> Duration {
    Duration::from_secs(then.saturating_sub(now))
}

/// The pause before the next attempt: twice as long each time, and up to half of it less, so that those who failed
/// together do not come back together.
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
    fn every_form_of_the_wish_is_understood() {
        let asked = |pairs: &[(&'static str, &'static str)]| {
            rate_limit_reset(&headers(pairs), 1_000).map(|wait| wait.as_secs())
        };
        assert_eq!(asked(&[("retry-after", "7")]), Some(7));
        assert_eq!(asked(&[("retry-after", "Thu, 01 Jan 1970 00:17:00 GMT")]), Some(20));
        assert_eq!(asked(&[("x-ratelimit-reset", "1030")]), Some(31));
        assert_eq!(asked(&[("x-ratelimit-reset", "900")]), Some(1));
        assert_eq!(asked(&[("retry-after", "soon")]), None);
        assert_eq!(asked(&[]), None);
    }

    #[test]
    fn pauses_grow_and_scatter() {
        let first = Duration::from_millis(500);
        assert_eq!(back_off(first, 0, 0.0), Duration::from_millis(500));
        assert_eq!(back_off(first, 2, 0.0), Duration::from_millis(2_000));
        assert_eq!(back_off(first, 2, 1.0), Duration::from_millis(1_000));
    }
}

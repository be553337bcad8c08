//! Works out how long to wait before a request is sent again. Pure functions.

use chrono::{DateTime, NaiveDateTime};
use http::HeaderMap;
use std::time::Duration;

/// Headers that say when a rate limit ends, beside `Retry-After`: HiBob's own (its page on rate limiting), the one of
/// the IETF's draft (draft-ietf-httpapi-ratelimit-headers, up to version 6), and spellings that other services have.
const RESETS: [&str; 4] = ["x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset", "x-ratelimit-reset-after"];

/// The wait that `Retry-After` asks for (RFC 9110, section 10.2.3), in one of the forms of [`Moment`].
pub fn retry_after(headers: &HeaderMap, now_unix_seconds: u64) -> Option<Duration> {
    let moment = Moment::read(headers.get("retry-after")?.to_str().ok()?, now_unix_seconds)?;
    Some(moment.wait(now_unix_seconds))
}

/// The wait that an answer with status 429 asks for: by `Retry-After`, else by the first of the headers that say when
/// the limit ends. `None` if it has none that can be read.
pub fn rate_limit_reset(headers: &HeaderMap, now_unix_seconds: u64) -> Option<Duration> {
    let reset = |name: &str| {
        let moment = Moment::read(headers.get(name)?.to_str().ok()?, now_unix_seconds)?;
        // One second more, since the second that the header names may not be over yet.
        let more = if matches!(moment, Moment::At(_)) { Duration::from_secs(1) } else { Duration::ZERO };
        Some(moment.wait(now_unix_seconds).saturating_add(more))
    };
    retry_after(headers, now_unix_seconds).or_else(|| RESETS.into_iter().find_map(reset))
}

/// When a service may be asked again. Services write it as a number of seconds from now, as a date of HTTP, and as Unix
/// time in seconds or in milliseconds.
enum Moment {
    /// So long from now.
    In(Duration),
    /// At this Unix time, in seconds.
    At(u64),
}

impl Moment {
    /// Reads a header's value. Of a number it is taken what lies nearest: one that is at least half of the present Unix
    /// time in seconds, or in milliseconds, is such a time.
    fn read(text: &str, now_unix_seconds: u64) -> Option<Self> {
        let text = text.trim();
        let is_number =
            text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '.');
        if !is_number {
            return Some(Self::At(u64::try_from(date(text)?).unwrap_or_default()));
        }
        let number: f64 = text.parse().ok()?;
        let half = now_unix_seconds as f64 / 2.0;
        Some(if now_unix_seconds > 0 && number >= half * 1_000.0 {
            Self::At((number / 1_000.0).ceil() as u64) // `as` ends at the largest number
        } else if now_unix_seconds > 0 && number >= half {
            Self::At(number.ceil() as u64)
        } else {
            Self::In(Duration::from_secs(number.ceil() as u64))
        })
    }

    fn wait(&self, now_unix_seconds: u64) -> Duration {
        match self {
            Self::In(wait) => *wait,
            Self::At(then) => Duration::from_secs(then.saturating_sub(now_unix_seconds)),
        }
    }
}

/// A date in one of HTTP's three forms (RFC 9110, section 5.6.7), or as RFC 3339 writes it, in Unix seconds.
fn date(text: &str) -> Option<i64> {
    let old = |form: &str| NaiveDateTime::parse_from_str(text, form).ok().map(|time| time.and_utc().timestamp());
    let date = DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text));
    date.ok()
        .map(|date| date.timestamp())
        .or_else(|| old("%A, %d-%b-%y %H:%M:%S GMT"))
        .or_else(|| old("%a %b %e %H:%M:%S %Y"))
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

    /// 2026-11-30, 12:00 UTC.
    const NOW: u64 = 1_796_040_000;

    #[test]
    fn numbers_are_seconds_unix_seconds_or_unix_milliseconds() {
        let wait = |name: &'static str, value: &'static str| {
            rate_limit_reset(&headers(&[(name, value)]), NOW).map(|wait| wait.as_secs())
        };
        for (name, one_more) in [("retry-after", 0), ("x-ratelimit-reset", 1), ("ratelimit-reset", 1)] {
            assert_eq!(wait(name, "30"), Some(30), "{name}");
            assert_eq!(wait(name, "1.5"), Some(2));
            assert_eq!(wait(name, "0"), Some(0));
            assert_eq!(wait(name, "1796040030"), Some(30 + one_more));
            assert_eq!(wait(name, "1796040029500"), Some(30 + one_more));
            assert_eq!(wait(name, "1796039000"), Some(one_more), "a moment that is over");
            assert_eq!(wait(name, "Mon, 30 Nov 2026 12:00:30 GMT"), Some(30 + one_more));
            assert_eq!(wait(name, "Monday, 30-Nov-26 12:00:30 GMT"), Some(30 + one_more));
            assert_eq!(wait(name, "Mon Nov 30 12:00:30 2026"), Some(30 + one_more));
            assert_eq!(wait(name, "2026-11-30T13:00:30+01:00"), Some(30 + one_more));
            assert!(wait(name, "99999999999999999999999").is_some_and(|wait| wait > 1_000_000));
            for text in ["-5", "soon", "", "1.2.3", "1e9", "NaN", "inf"] {
                assert_eq!(wait(name, text), None, "{text}");
            }
        }
    }

    #[test]
    fn pauses_grow_and_scatter() {
        let first = Duration::from_millis(500);
        assert_eq!(back_off(first, 0, 0.0), Duration::from_millis(500));
        assert_eq!(back_off(first, 2, 0.0), Duration::from_millis(2_000));
        assert_eq!(back_off(first, 2, 1.0), Duration::from_millis(1_000));
    }
}

//! Times and dates as text in credentials: whole seconds in UTC, only in the spelling `2026-01-31T12:00:00Z` (a
//! `dateTimeStamp` of XML Schema 1.1, as VC 2.0 requires).

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

const FORMAT: &str = "%Y-%m-%dT%H:%M:%SZ";
const DATE_FORMAT: &str = "%Y-%m-%d";

/// The time without its fraction of a second.
pub(crate) fn whole_seconds(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time)
}

pub(crate) fn format(time: DateTime<Utc>) -> String {
    time.format(FORMAT).to_string()
}

/// Reads a time in the spelling that `format` writes; `None` for any other.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    // A longer text has a year of five digits; with such years, sums of times can overflow.
    let text = Some(text).filter(|text| text.len() == 20)?;
    let time = NaiveDateTime::parse_from_str(text, FORMAT).ok()?.and_utc();
    // Unix time has no number for a leap second; chrono represents it by more than a whole second of nanoseconds.
    (format(time) == text && time.timestamp_subsec_nanos() == 0).then_some(time)
}

pub(crate) fn format_date(date: NaiveDate) -> String {
    date.format(DATE_FORMAT).to_string()
}

/// Reads a date in the spelling `2026-01-31`; `None` for any other.
pub(crate) fn parse_date(text: &str) -> Option<NaiveDate> {
    let text = Some(text).filter(|text| text.len() == 10)?;
    let date = NaiveDate::parse_from_str(text, DATE_FORMAT).ok()?;
    (format_date(date) == text).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_is_read() {
        assert!(parse("2026-01-31T12:00:00Z").is_some());
        for other in [
            "2026-01-31T12:00:00+00:00",
            "2026-01-31t12:00:00z",
            "2026-1-31T12:00:00Z",
            "2026-01-31T12:00:60Z",
            "+262142-12-31T12:00:00Z",
            "-0001-01-31T12:00:00Z",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
        assert!(parse_date("2024-02-29").is_some());
        for other in ["2023-02-29", "2024-2-29", "24-02-29", "2024-02-29 ", "+2024-02-29", "+12024-02-29"] {
            assert_eq!(parse_date(other), None, "{other}");
        }
    }
}

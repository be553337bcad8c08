//! The system's clock.

/// The time in Unix seconds: seconds since 1970-01-01T00:00:00Z.
pub fn now_unix_seconds() -> u64 {
    u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default()
}

/// A moment as people read it, to the minute and in UTC: `2026-11-30 19:05 UTC`. A moment that no calendar has is 1970.
pub fn minute(unix_seconds: i64) -> String {
    chrono::DateTime::from_timestamp(unix_seconds, 0).unwrap_or_default().format("%Y-%m-%d %H:%M UTC").to_string()
}

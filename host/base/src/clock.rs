//! The system's clock.

/// The time in Unix seconds: seconds since 1970-01-01T00:00:00Z.
pub fn now_unix_seconds() -> u64 {
    u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default()
}

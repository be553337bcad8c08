//! The clock.

/// Seconds since 1970.
pub fn now_unix_seconds() -> u64 {
    u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default()
}

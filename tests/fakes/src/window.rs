//! Rate limiting in fixed windows of one minute, as the `X-RateLimit-*` headers describe them.

/// The number of requests since the last full minute.
#[derive(Debug, Clone, Default)]
pub(crate) struct Window {
    minute: u64,
    used: u32,
}

impl Window {
    /// Counts one request, and returns how many are left in this minute. `None` means that the limit was reached
    /// before; such a request is not counted.
    pub(crate) fn take(&mut self, limit: u32, now: f64) -> Option<u32> {
        let minute = minute(now);
        if self.minute != minute {
            *self = Self { minute, used: 0 };
        }
        let left = limit.checked_sub(self.used + 1)?;
        self.used += 1;
        Some(left)
    }
}

/// The end of the current window, in Unix seconds.
pub(crate) fn reset_at(now: f64) -> u64 {
    (minute(now) + 1) * 60
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "Unix seconds of this century")]
fn minute(now: f64) -> u64 {
    (now / 60.0) as u64
}

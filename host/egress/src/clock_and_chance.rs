//! The clock and the random numbers that the egress uses for its waits.

use hibob_base::clock::now_unix_seconds;
use std::sync::Arc;
use std::time::Duration;

/// A clock and a source of random numbers. The system's by default; a simulation has its own, so that a run can be
/// repeated exactly.
#[derive(Clone)]
pub struct ClockAndChance {
    now_unix_seconds: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Gives numbers from 0 to 1.
    chance: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Default for ClockAndChance {
    fn default() -> Self {
        Self::new(now_unix_seconds, rand::random)
    }
}

impl ClockAndChance {
    /// A clock that gives Unix seconds, and a source of random numbers from 0 to 1.
    pub fn new(
        now_unix_seconds: impl Fn() -> u64 + Send + Sync + 'static,
        chance: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self { now_unix_seconds: Arc::new(now_unix_seconds), chance: Arc::new(chance) }
    }

    /// The time, in Unix seconds.
    pub(super) fn now(&self) -> u64 {
        (self.now_unix_seconds)()
    }

    /// A random number from 0 to 1.
    pub(super) fn chance(&self) -> f64 {
        (self.chance)()
    }

    /// `wait` and up to a tenth more, so that requests which wait side by side are not sent again all at once.
    pub(super) fn scattered(&self, wait: Duration) -> Duration {
        wait.mul_f64(1.0 + 0.1 * self.chance())
    }
}

//! What the way out asks of the machine: the time of day, and dice for the length of its waits.

use hibob_base::clock::now_unix_seconds;
use std::sync::Arc;
use std::time::Duration;

/// A clock and dice. The system's by default; a simulation brings its own, to repeat what it saw.
#[derive(Clone)]
pub struct ClockAndChance {
    now_unix_seconds: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// From 0 to 1.
    chance: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Default for ClockAndChance {
    fn default() -> Self {
        Self::new(now_unix_seconds, rand::random)
    }
}

impl ClockAndChance {
    /// This clock, in Unix seconds, and these dice, from 0 to 1.
    pub fn new(
        now_unix_seconds: impl Fn() -> u64 + Send + Sync + 'static,
        chance: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self { now_unix_seconds: Arc::new(now_unix_seconds), chance: Arc::new(chance) }
    }

    /// Unix seconds.
    pub(super) fn now(&self) -> u64 {
        (self.now_unix_seconds)()
    }

    /// From 0 to 1.
    pub(super) fn chance(&self) -> f64 {
        (self.chance)()
    }

    /// A wait and up to a tenth more, so that parallel requests do not come back as one.
    pub(super) fn scattered(&self, wait: Duration) -> Duration {
        wait.mul_f64(1.0 + 0.1 * self.chance())
    }
}

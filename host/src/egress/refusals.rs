//! Refusals of credentials, counted over all tenants of the host: HiBob blocks an address for five minutes after 50 of
//! them in ten seconds, and every tenant behind it with it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Refusals of one origin within [`REFUSALS_WINDOW`] that the host risks: a fifth of what HiBob allows.
const REFUSALS_MAX: usize = 10;

/// The time over which they count.
const REFUSALS_WINDOW: Duration = Duration::from_secs(10);

/// The budget of refusals, by origin.
///
/// Whoever does not know yet whether an origin takes their credentials reserves one refusal before they ask, and gives it
/// back when they were not refused.
#[derive(Debug)]
pub struct RefusalBudget {
    origins: Mutex<BTreeMap<String, Origin>>,
    given_back: Notify,
    window: Duration,
}

#[derive(Debug, Default)]
struct Origin {
    reserved: usize,
    refused: VecDeque<Instant>,
}

impl Default for RefusalBudget {
    fn default() -> Self {
        Self::within(REFUSALS_WINDOW)
    }
}

impl RefusalBudget {
    /// A budget over another time than the usual one.
    pub fn within(window: Duration) -> Self {
        Self { origins: Mutex::default(), given_back: Notify::new(), window }
    }

    fn with<T>(&self, origin: &str, look: impl FnOnce(&mut Origin) -> T) -> T {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = origins.entry(origin.to_owned()).or_default();
        while origin.refused.front().is_some_and(|at| at.elapsed() >= self.window) {
            origin.refused.pop_front();
        }
        look(origin)
    }

    /// Waits until one more refusal can be risked, and reserves it.
    pub(super) async fn reserve(self: &Arc<Self>, origin: &str) -> Reservation {
        loop {
            let given_back = self.given_back.notified();
            let wait = self.with(origin, |state| {
                if state.reserved + state.refused.len() < REFUSALS_MAX {
                    state.reserved += 1;
                    return None;
                }
                // With none that will lapse by itself, only somebody's answer makes room.
                Some(state.refused.front().map_or(self.window, |at| self.window.saturating_sub(at.elapsed())))
            });
            let Some(wait) = wait else {
                return Reservation { budget: self.clone(), origin: origin.to_owned() };
            };
            tokio::select! {
                () = given_back => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Counts a refusal.
    pub(super) fn refused(&self, origin: &str) {
        self.with(origin, |state| state.refused.push_back(Instant::now()));
    }
}

/// A refusal that may come. Dropped, it is given back.
pub(super) struct Reservation {
    budget: Arc<RefusalBudget>,
    origin: String,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.with(&self.origin, |state| state.reserved -= 1);
        self.budget.given_back.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_risked_and_what_was_refused_count_together() {
        let budget = Arc::new(RefusalBudget::within(Duration::from_millis(300)));
        let start = Instant::now();
        let mut held = Vec::new();
        for _ in 0..REFUSALS_MAX {
            held.push(budget.reserve("a").await);
        }
        // Another origin has a budget of its own.
        drop(budget.reserve("b").await);
        assert!(start.elapsed() < budget.window);
        // One given back makes room at once; one refused only when it lapses.
        held.pop();
        drop(budget.reserve("a").await);
        budget.refused("a");
        let refused_at = Instant::now();
        drop(budget.reserve("a").await);
        assert!(refused_at.elapsed() >= budget.window);
    }
}

//! Counts answers that refuse credentials, over all tenants of the host: after 50 of them in ten seconds HiBob blocks
//! the host's address for five minutes, and so every tenant of this host.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Most refusals of one origin within [`REFUSALS_WINDOW`] that the host risks: a fifth of what HiBob allows.
const REFUSALS_MAX: usize = 10;

/// Most refusals that tenants may risk whose credentials were refused in their last run.
const SUSPECT_REFUSALS_MAX: usize = REFUSALS_MAX / 2;

/// The time within which refusals are counted together.
const REFUSALS_WINDOW: Duration = Duration::from_secs(10);

/// How many refusals the host may still risk, for each origin.
///
/// A caller that does not know yet whether an origin accepts its credentials reserves one refusal before it sends a
/// request, and gives the reservation back once it has the answer.
#[derive(Debug)]
pub struct RefusalBudget {
    origins: Mutex<BTreeMap<String, Origin>>,
    given_back: Notify,
    window: Duration,
}

#[derive(Debug)]
struct Origin {
    reserved: usize,
    refused: VecDeque<Instant>,
    /// Number of waiting callers that were not refused in their last run.
    waiting: usize,
    /// Admits callers that were refused in their last run, one at a time.
    single: Arc<Semaphore>,
}

impl Default for Origin {
    fn default() -> Self {
        Self { reserved: 0, refused: VecDeque::new(), waiting: 0, single: Arc::new(Semaphore::new(1)) }
    }
}

impl Default for RefusalBudget {
    fn default() -> Self {
        Self::within(REFUSALS_WINDOW)
    }
}

impl RefusalBudget {
    /// A budget that counts refusals within `window` instead of ten seconds.
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

    /// Waits until one more refusal can be risked, and reserves it. Callers whose last run was refused (`was_refused`)
    /// come after all others, and one at a time.
    pub async fn reserve(self: &Arc<Self>, origin: &str, was_refused: bool) -> Reservation {
        let single =
            if was_refused { self.with(origin, |state| state.single.clone()).acquire_owned().await.ok() } else { None };
        let _waiting = (!was_refused).then(|| Waiting::new(self, origin));
        loop {
            let given_back = self.given_back.notified();
            let wait = self.with(origin, |state| {
                let risked = state.reserved + state.refused.len();
                let is_admitted = match was_refused {
                    true => state.waiting == 0 && risked < SUSPECT_REFUSALS_MAX,
                    false => risked < REFUSALS_MAX,
                };
                if is_admitted {
                    state.reserved += 1;
                    return None;
                }
                // If no refusal is counted that would lapse in time, only a reservation that is given back makes room.
                Some(state.refused.front().map_or(self.window, |at| self.window.saturating_sub(at.elapsed())))
            });
            let Some(wait) = wait else {
                return Reservation { budget: self.clone(), origin: origin.to_owned(), _single: single };
            };
            tokio::select! {
                () = given_back => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Counts a refusal by this origin.
    pub fn refused(&self, origin: &str) {
        self.with(origin, |state| state.refused.push_back(Instant::now()));
    }
}

/// A reserved refusal. Dropping it gives it back.
pub struct Reservation {
    budget: Arc<RefusalBudget>,
    origin: String,
    _single: Option<OwnedSemaphorePermit>,
}

/// Counts one waiting caller that was not refused in its last run, until it is dropped.
struct Waiting<'b> {
    budget: &'b RefusalBudget,
    origin: &'b str,
}

impl<'b> Waiting<'b> {
    fn new(budget: &'b RefusalBudget, origin: &'b str) -> Self {
        budget.with(origin, |state| state.waiting += 1);
        Self { budget, origin }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.budget.with(self.origin, |state| state.waiting -= 1);
        self.budget.given_back.notify_waiters();
    }
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

    #[tokio::test(start_paused = true)]
    async fn reservations_and_refusals_count_together() {
        let budget = Arc::new(RefusalBudget::within(Duration::from_millis(300)));
        let start = Instant::now();
        let mut reservations = Vec::new();
        for _ in 0..REFUSALS_MAX {
            reservations.push(budget.reserve("a", false).await);
        }
        // Another origin has a budget of its own.
        drop(budget.reserve("b", false).await);
        assert!(start.elapsed() < budget.window);
        // A reservation that is given back makes room at once; a refusal makes room only when it lapses.
        reservations.pop();
        drop(budget.reserve("a", false).await);
        budget.refused("a");
        let refused_at = Instant::now();
        drop(budget.reserve("a", false).await);
        assert!(refused_at.elapsed() >= budget.window);
    }

    /// One caller at a time of those that were refused in their last run is admitted, and only while nobody else waits.
    #[tokio::test]
    async fn a_caller_that_was_refused_in_its_last_run_comes_last_and_alone() {
        let budget = Arc::new(RefusalBudget::within(Duration::from_secs(600)));
        let mut reservations = Vec::new();
        for _ in 0..REFUSALS_MAX {
            reservations.push(budget.reserve("a", false).await);
        }
        let order = Arc::new(Mutex::new(Vec::new()));
        let come = |name: &'static str, was_refused: bool| {
            let (budget, order) = (budget.clone(), order.clone());
            async move {
                let reservation = budget.reserve("a", was_refused).await;
                order.lock().unwrap().push(name);
                reservation
            }
        };
        let mut suspect = Box::pin(come("suspect", true));
        let mut other = Box::pin(come("other suspect", true));
        let mut good = Box::pin(come("good", false));
        for waits in [&mut suspect, &mut other, &mut good] {
            assert!(futures::poll!(waits).is_pending());
        }
        reservations.truncate(SUSPECT_REFUSALS_MAX - 2);
        assert!(futures::poll!(&mut suspect).is_pending(), "somebody else waits");
        let _good = good.await;
        let suspect = suspect.await;
        reservations.clear();
        assert!(futures::poll!(&mut other).is_pending(), "one at a time");
        drop(suspect);
        drop(other.await);
        assert_eq!(*order.lock().unwrap(), ["good", "suspect", "other suspect"]);
    }
}

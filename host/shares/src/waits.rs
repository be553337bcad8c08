//! Polite waiting: how long one call has waited for rate limits.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The time that a call has waited politely: for its pace, after 429s, before repeated reads. Waits side by side count
/// once.
#[derive(Clone, Debug)]
pub struct Waits {
    state: Arc<Mutex<State>>,
    most: Duration,
}

#[derive(Debug)]
struct State {
    open: usize,
    since: Instant,
    total: Duration,
}

impl Waits {
    /// A call that has not waited yet, and may wait for `most` in all.
    pub fn new(most: Duration) -> Self {
        let state = State { open: 0, since: Instant::now(), total: Duration::ZERO };
        Self { state: Arc::new(Mutex::new(state)), most }
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How long the call has waited so far.
    pub fn waited(&self) -> Duration {
        self.with(|state| state.total + if state.open > 0 { state.since.elapsed() } else { Duration::ZERO })
    }

    /// How much more it may wait.
    pub fn left(&self) -> Duration {
        self.most.saturating_sub(self.waited())
    }

    /// Awaits `wait`, and counts the time that it takes.
    pub async fn wait<T>(&self, wait: impl Future<Output = T>) -> T {
        let _open = Open::new(self);
        wait.await
    }
}

/// A wait that has begun. It ends when it is dropped, also together with the call.
struct Open<'w>(&'w Waits);

impl<'w> Open<'w> {
    fn new(waits: &'w Waits) -> Self {
        waits.with(|state| {
            if state.open == 0 {
                state.since = Instant::now();
            }
            state.open += 1;
        });
        Self(waits)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.with(|state| {
            state.open -= 1;
            if state.open == 0 {
                state.total += state.since.elapsed();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_side_by_side_count_once() {
        let waits = Waits::new(Duration::from_secs(100));
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let (long, short) = (waits.wait(gone), waits.wait(std::future::ready(())));
        let ends = async {
            let after_short = waits.waited();
            go.send(()).unwrap();
            after_short
        };
        let (_, (), after_short) = tokio::join!(long, short, ends);
        let after_long = waits.waited();
        assert!(after_long >= after_short);
        // No wait is open any more, so nothing is added.
        std::thread::yield_now();
        assert_eq!((waits.waited(), waits.left()), (after_long, Duration::from_secs(100) - after_long));
    }
}

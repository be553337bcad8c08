//! Turns at a processor: a limited number of a tenant's calls run at one time, and the others wait in order.
//!
//! A call that runs yields every millisecond and then waits behind the tenant's other calls. So a tenant with
//! sixteen endless loops takes as many processors as one with a single loop, and everybody else keeps the rest.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// The turns of one tenant.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Semaphore>);

impl Turns {
    /// Turns for `calls` calls at one time, at least one.
    pub fn new(calls: u32) -> Self {
        Self(Arc::new(Semaphore::new(calls.max(1) as usize)))
    }

    /// Waits for a turn. It lasts until the permit is dropped.
    pub async fn next(&self) -> Option<OwnedSemaphorePermit> {
        self.0.clone().acquire_owned().await.ok() // the semaphore is never closed
    }
}

type Waiting = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// One call's place in the queue for turns.
pub struct Turn {
    turns: Turns,
    waiting: Option<Waiting>,
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("waits", &self.waiting.is_some()).finish()
    }
}

impl Turn {
    /// A place in the queue of `turns`.
    pub fn new(turns: &Turns) -> Self {
        Self { turns: turns.clone(), waiting: None }
    }

    /// Polls for a turn. It lasts until the permit is dropped. Turns are given in the order of the requests for them.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<OwnedSemaphorePermit>> {
        let Some(waiting) = &mut self.waiting else {
            if let Ok(turn) = self.turns.0.clone().try_acquire_owned() {
                return Poll::Ready(Some(turn));
            }
            self.waiting = Some(Box::pin(self.turns.0.clone().acquire_owned()));
            return self.poll(context);
        };
        let turn = std::task::ready!(waiting.as_mut().poll(context));
        self.waiting = None;
        Poll::Ready(turn.ok()) // the semaphore is never closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::sync::Mutex;

    /// Ten calls that are always ready to run get their turns one after the other, again and again.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn calls_take_turns_in_order() {
        let turns = Turns::new(1);
        let (running, order) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(Vec::new())));
        let calls = (0..10).map(|call| {
            let (mut turn, running, order) = (Turn::new(&turns), running.clone(), order.clone());
            tokio::spawn(async move {
                for _ in 0..50 {
                    poll_fn(|context| {
                        let _turn = std::task::ready!(turn.poll(context));
                        *running.lock().unwrap() += 1;
                        std::thread::yield_now();
                        order.lock().unwrap().push(call);
                        let mut running = running.lock().unwrap();
                        assert_eq!(*running, 1, "one at a time");
                        *running -= 1;
                        Poll::Ready(())
                    })
                    .await;
                    tokio::task::yield_now().await;
                }
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        let order = order.lock().unwrap();
        // While all of them are ready to run, each has several turns in any hundred.
        for window in order[100..300].windows(100) {
            assert!((0..10).all(|call| window.contains(&call)), "{window:?}");
        }
    }
}

//! When this process last polled the queue: it did everything that was due, and the database answered. The health check
//! reads it, as a host that polls no more takes no jobs.

use crate::queue::Queue;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Default)]
pub(super) struct LastPoll(Arc<Mutex<Option<Instant>>>);

impl Queue {
    /// Records that this process has just polled the queue and that the database answered.
    pub fn record_poll(&self) {
        *self.last_poll.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// How long ago this process polled the queue; none if it never did.
    pub fn last_poll_age(&self) -> Option<Duration> {
        self.last_poll.0.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }
}

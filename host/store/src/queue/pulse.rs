//! When this process last did all that there was to do in the queue. A host that no longer looks takes no jobs.

use crate::queue::Queue;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Default)]
pub(super) struct Pulse(Arc<Mutex<Option<Instant>>>);

impl Queue {
    /// Notes that it has just been looked at, and that the database answered.
    pub fn looked(&self) {
        *self.pulse.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// How long ago this process looked; none if it never did.
    pub fn looked_ago(&self) -> Option<Duration> {
        self.pulse.0.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }
}

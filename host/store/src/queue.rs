//! The queue: the jobs of all tenants, and which host carries out which. Jobs are stored in its table and nowhere else.
//!
//! Two unique indexes enforce its promises: a tenant has at most one running job in each lane, and each due time of a
//! schedule becomes one job.

mod arguments;
mod board;
mod cause;
mod claim;
mod job;
mod jobs;
mod json;
mod last_poll;
mod lease;
mod schedules;
mod state;
#[cfg(test)]
mod tests;
mod wake;

pub use arguments::{ArgumentFields, Arguments, DeliverArguments, PlanToApply, ReferencesArguments, release_arguments};
pub use board::Step;
pub use cause::Cause;
pub use claim::Claimed;
pub use job::{Job, JobId, NewJob};
pub use jobs::{Selection, Started};
pub use lease::{CRASHES_MAX, End};
pub use state::{Illegal, State};

use crate::database::{ControlDatabase, DatabaseError, Store};
use board::Board;
use hibob_base::error::HostError;
use last_poll::LastPoll;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::watch;

/// The queue in a control database. Clones share their state: a change through one wakes whoever waits through another.
#[derive(Clone, Debug)]
pub struct Queue {
    store: Store,
    changes: Arc<watch::Sender<u64>>,
    board: Board,
    last_poll: LastPoll,
}

/// An error of the queue.
#[derive(Debug, Error)]
pub enum QueueError {
    /// There is no job with this number.
    #[error("there is no job {0}")]
    Unknown(JobId),
    /// The job's state may not change in this way.
    #[error("{0}")]
    Illegal(#[from] Illegal),
    /// The lease of a claim ran out, or another host has the job by now.
    #[error("job {0} is no longer this host's: its lease ran out")]
    Lost(JobId),
    /// The row has a value that this version does not know.
    #[error("job {id} cannot be read: {what}")]
    Unreadable {
        /// The job's number.
        id: JobId,
        /// Which value cannot be read.
        what: String,
    },
    /// The database failed.
    #[error("{0}")]
    Database(#[from] DatabaseError),
}

impl From<QueueError> for HostError {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Unknown(_) | QueueError::Illegal(_) => {
                Self::configuration(error.to_string(), "list the jobs: hibob jobs")
            }
            QueueError::Lost(_) => Self::LockLost(error.to_string()),
            QueueError::Unreadable { .. } => Self::Storage(error.to_string()),
            QueueError::Database(error) => error.into(),
        }
    }
}

impl Queue {
    /// The queue in this control database.
    pub fn new(control: &ControlDatabase) -> Self {
        Self {
            store: control.store().clone(),
            changes: Arc::default(),
            board: Board::default(),
            last_poll: LastPoll::default(),
        }
    }

    /// A channel that changes when something in the queue may have changed: by this process or, while [`Self::watch`]
    /// runs, by another one.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Wakes whoever waits for [`Self::changes`] in this process.
    pub fn wake(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}

//! The queue: which jobs are to be done for which tenant, and which host is doing them. Its table is the truth; there is no
//! other place that knows of a job.
//!
//! The statements are the same for SQLite and PostgreSQL but for a few words. Promises are kept by indexes: at most one job
//! of a tenant runs in a lane, and each due time of a schedule is one job.

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

pub use board::Step;
pub use cause::Cause;
pub use claim::Claimed;
pub use job::{Arguments, Job, JobId, NewJob};
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

/// The queue in a database. Clones are the same queue, and wake each other.
#[derive(Clone, Debug)]
pub struct Queue {
    store: Store,
    changes: Arc<watch::Sender<u64>>,
    board: Board,
    last_poll: LastPoll,
}

/// Why the queue did not do it.
#[derive(Debug, Error)]
pub enum QueueError {
    /// No job has this number.
    #[error("there is no job {0}")]
    Unknown(JobId),
    /// A job in this state does not become that.
    #[error("{0}")]
    Illegal(#[from] Illegal),
    /// The lease of a claim ran out, or another host has the job by now.
    #[error("job {0} is no longer this host's: its lease ran out")]
    Lost(JobId),
    /// The table holds what this version does not know.
    #[error("job {id} cannot be read: {what}")]
    Unreadable {
        /// Which.
        id: JobId,
        /// What.
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
                Self::configuration(error.to_string(), "look at what there is: hibob jobs")
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

    /// Tells when something in the queue may have changed: by this process or, while [`Self::watch`] goes on, by another.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Tells those who wait in this process.
    pub fn wake(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}

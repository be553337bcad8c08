//! The progress of the jobs that run in this process. It is not in the database, since no other process needs it.

use crate::queue::{JobId, Queue};
use hibob_base::progress::Progress;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The progress of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What the job does at present, in the plugin's words.
    pub phase: String,
    /// How many items of this phase are done.
    pub done: u64,
    /// How many items the phase has, if that is known.
    pub total: Option<u64>,
}

/// The progress of each running job.
#[derive(Clone, Debug, Default)]
pub(super) struct Board(Arc<Mutex<BTreeMap<JobId, watch::Receiver<Step>>>>);

/// Reports the progress of one running job. When it is dropped, the job leaves the board.
pub struct Reporter {
    board: Board,
    id: JobId,
    step: watch::Sender<Step>,
}

impl Progress for Reporter {
    fn report(&self, phase: &str, done: u64, total: Option<u64>) {
        self.step.send_replace(Step { phase: phase.to_owned(), done, total });
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.board.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl Queue {
    /// The progress of a job, now and as it goes on; the channel closes when the job ends. None if the job does not run
    /// in this process.
    pub fn progress(&self, id: JobId) -> Option<watch::Receiver<Step>> {
        self.board.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Puts a job on the board, and returns where it reports its progress.
    pub fn reporter(&self, id: JobId) -> Reporter {
        let (step, steps) = watch::channel(Step::default());
        self.board.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, steps);
        Reporter { board: self.board.clone(), id, step }
    }
}

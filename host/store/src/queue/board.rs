//! How far the jobs are that run in this process. It is not in the database: nobody else needs it.

use crate::queue::{JobId, Queue};
use hibob_base::progress::Progress;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What it is at, in the plugin's words.
    pub phase: String,
    /// So much of it is done.
    pub done: u64,
    /// Of so much, if that is known.
    pub total: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Board(Arc<Mutex<BTreeMap<JobId, watch::Receiver<Step>>>>);

/// Where one running job tells how far it is; its place on the board goes with it.
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
    /// How far a job is that runs in this process, now and as it goes on; the channel closes when the job ends. None for
    /// any other job.
    pub fn progress(&self, id: JobId) -> Option<watch::Receiver<Step>> {
        self.board.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// What a job reports its progress to.
    pub fn reporter(&self, id: JobId) -> Reporter {
        let (step, steps) = watch::channel(Step::default());
        self.board.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, steps);
        Reporter { board: self.board.clone(), id, step }
    }
}

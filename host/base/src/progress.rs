//! The port through which a job reports its progress.

/// Receives the progress of a job.
pub trait Progress: Send + Sync {
    /// Of the things that `phase` names, `done` are finished, of `total` if that is known.
    fn report(&self, phase: &str, done: u64, total: Option<u64>);
}

/// Drops all reports, where nobody waits for the job.
pub struct NoProgress;

impl Progress for NoProgress {
    fn report(&self, _phase: &str, _done: u64, _total: Option<u64>) {}
}

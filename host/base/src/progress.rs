//! Reports of how far a job is.

/// Receives reports of how far a job is.
pub trait Progress: Send + Sync {
    /// The job has done `done` items of `phase`, of `total` if that is known.
    fn report(&self, phase: &str, done: u64, total: Option<u64>);
}

/// Ignores the reports.
pub struct NoProgress;

impl Progress for NoProgress {
    fn report(&self, _phase: &str, _done: u64, _total: Option<u64>) {}
}

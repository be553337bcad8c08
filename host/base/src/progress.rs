//! How far a job is, for whoever waits for it.

/// Whoever waits for a job and wants to know how far it is.
pub trait Progress: Send + Sync {
    /// `done` of `total`, if that is known, of what `phase` names.
    fn report(&self, phase: &str, done: u64, total: Option<u64>);
}

/// Nobody waits.
pub struct NoProgress;

impl Progress for NoProgress {
    fn report(&self, _phase: &str, _done: u64, _total: Option<u64>) {}
}

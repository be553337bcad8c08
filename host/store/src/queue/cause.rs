//! What started a run.

use hibob_base::job::Trigger;

/// What started a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// Who.
    pub trigger: Trigger,
    /// The job of the queue that it does; see [`crate::queue::Claimed::key`].
    pub job: Option<String>,
    /// Who asked for it, as the operator knows them.
    pub requested_by: Option<String>,
}

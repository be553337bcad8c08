//! The cause of a run, as its run record has it.

use hibob_base::job::Trigger;

/// The cause of a run: what started it, and on whose request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// What started the run: a person, a schedule or resuming.
    pub trigger: Trigger,
    /// The key of the job (see [`crate::queue::Claimed::key`]); none if the run was started without the queue.
    pub job: Option<String>,
    /// Who requested it, by the name that the operator knows.
    pub requested_by: Option<String>,
}

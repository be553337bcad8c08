//! The states of a job, and which state may follow which.

use crate::queue::JobId;
use std::fmt;
use thiserror::Error;

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It waits for its time, and for a host.
    Queued,
    /// A host carries it out.
    Running,
    /// It ran to its end, possibly with errors for some employees.
    Done,
    /// An error ended it early.
    Failed,
    /// A guard held some of its changes, or all.
    Held,
    /// It made a plan that waits for approval. Another job applies the plan.
    WaitingForApproval,
    /// Somebody cancelled it.
    Cancelled,
    /// Too many hosts crashed while they carried it out.
    Lost,
}

/// All states.
const ALL: [State; 8] = [
    State::Queued,
    State::Running,
    State::Done,
    State::Failed,
    State::Held,
    State::WaitingForApproval,
    State::Cancelled,
    State::Lost,
];

/// A change of a job's state that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("job {id} is {from} already, so nothing was done")]
pub struct Illegal {
    /// The job's number.
    pub id: JobId,
    /// The job's state.
    pub from: State,
    /// The state that may not follow.
    pub to: State,
}

impl State {
    /// The word in the database, in JSON, and for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::WaitingForApproval => "waiting-for-approval",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
        }
    }

    /// The state of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether no state may follow this one.
    pub fn is_end(self) -> bool {
        ALL.into_iter().all(|to| !self.may_become(to))
    }

    /// Whether that state may follow this one.
    pub fn may_become(self, to: Self) -> bool {
        match self {
            Self::Queued => matches!(to, Self::Running | Self::Cancelled),
            Self::Running => to != Self::Running,
            Self::Done | Self::Failed | Self::Held | Self::WaitingForApproval | Self::Cancelled | Self::Lost => false,
        }
    }

    /// Checks that a job may change to a state, and returns that state.
    ///
    /// # Errors
    /// That state may not follow this one.
    pub fn becomes(self, id: JobId, to: Self) -> Result<Self, Illegal> {
        if self.may_become(to) { Ok(to) } else { Err(Illegal { id, from: self, to }) }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_what() {
        let follow =
            |from: State| ALL.into_iter().filter(|to| from.may_become(*to)).map(State::word).collect::<Vec<_>>();
        assert_eq!(follow(State::Queued), ["running", "cancelled"]);
        assert_eq!(
            follow(State::Running),
            ["queued", "done", "failed", "held", "waiting-for-approval", "cancelled", "lost"]
        );
        for end in [State::Done, State::Failed, State::Held, State::WaitingForApproval, State::Cancelled, State::Lost] {
            assert!(end.is_end(), "{end}");
            let error = end.becomes(7, State::Running).unwrap_err();
            assert_eq!(error.to_string(), format!("job 7 is {end} already, so nothing was done"));
        }
        assert!(!State::Queued.is_end() && !State::Running.is_end());
    }

    #[test]
    fn each_state_has_its_own_word() {
        for state in ALL {
            assert_eq!(State::of_word(state.word()), Some(state));
        }
        assert_eq!(State::of_word("Queued"), None);
    }
}

//! The states of a job, and which follows which.

use crate::queue::JobId;
use std::fmt;
use thiserror::Error;

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for its time, and for a host.
    Queued,
    /// A host is at it.
    Running,
    /// It came to its end; with errors for some employees perhaps.
    Done,
    /// Something ended it early.
    Failed,
    /// A safety check held some of it, or all.
    Held,
    /// It made a plan that waits for a person's yes; a job of its own applies that.
    WaitingForApproval,
    /// Somebody cancelled it.
    Cancelled,
    /// Its hosts crashed too often.
    Lost,
}

/// All of them.
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

/// A state that does not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("job {id} is {from}, and cannot become {to}")]
pub struct Illegal {
    /// Which job.
    pub id: JobId,
    /// Where it is.
    pub from: State,
    /// What it was to become.
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

    /// Whether nothing follows.
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

    /// The next state of a job.
    ///
    /// # Errors
    /// It does not follow.
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
            assert_eq!(error.to_string(), format!("job 7 is {end}, and cannot become running"));
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

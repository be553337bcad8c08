//! The kinds of jobs and of runs, and which of them exclude each other.

use crate::words::words;
use std::fmt;
use std::time::Duration;

words! {
    /// The kinds of job: what there is to do for a tenant. A job waits in the queue until a serving host claims it.
    pub enum JobKind {
        /// Checks whether a sync would work; changes nothing.
        Check => "check",
        /// Makes a plan and keeps it, for a person who wants to see it before anything is applied.
        Plan => "plan",
        /// Makes a plan and applies it.
        Sync => "sync",
        /// Applies a saved plan, or one that was approved.
        Apply => "apply",
        /// Issues references, and delivers them.
        References => "references",
        /// Delivers one reference again.
        Deliver => "deliver",
    }
}

words! {
    /// The kinds of run, as the history records them. A run holds the tenant's lease from its beginning to its end.
    pub enum RunKind {
        /// Made a plan and applied it.
        Sync => "sync",
        /// Applied a saved plan, or one that was approved.
        Apply => "apply",
        /// Issued references, and delivered them.
        References => "references",
    }
}

words! {
    /// The lanes: jobs of a tenant in one lane exclude each other, because they write the same things.
    pub enum Lane {
        /// Jobs that write accounts.
        Directory => "directory",
        /// Jobs that issue or deliver references.
        References => "references",
    }
}

words! {
    /// What started a job.
    #[derive(Default)]
    pub enum Trigger {
        /// A person, or a program on their behalf. Such jobs go first.
        #[default]
        Manual => "manual",
        /// The tenant's schedule.
        Schedule => "schedule",
    }
}

words! {
    /// What a person can decide about the plan of a run that was interrupted.
    pub enum WayOn {
        /// The rest of it is applied.
        Resume => "resume",
        /// The rest of it is not applied.
        Abandon => "abandon",
    }
}

impl JobKind {
    /// The lane of this kind: jobs of one tenant in one lane exclude each other. None for a kind that changes nothing.
    pub fn lane(self) -> Option<Lane> {
        match self {
            Self::Plan => Some(Lane::Directory),
            Self::Check => None,
            Self::Sync | Self::Apply => Some(Lane::Directory),
            Self::References | Self::Deliver => Some(Lane::References),
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl RunKind {
    /// The lane of this kind.
    pub fn lane(self) -> Lane {
        match self {
            Self::Sync | Self::Apply => Lane::Directory,
            Self::References => Lane::References,
        }
    }

    /// All kinds in the lane of this one, itself included.
    pub fn in_its_lane(self) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |kind| kind.lane() == self.lane())
    }
}

impl Trigger {
    /// The priority in the queue: higher goes first.
    pub fn priority(self) -> i64 {
        match self {
            Self::Manual => 10,
            Self::Schedule => 0,
        }
    }
}

/// How many jobs had a lapsed lease, because their host stopped renewing it, by what was done with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Queued again.
    pub again: u64,
    /// Given up, after too many attempts.
    pub lost: u64,
    /// Cancelled, because somebody had asked for it.
    pub cancelled: u64,
}

/// The jobs of one kind that are due and not yet claimed by any host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// How many there are.
    pub jobs: u64,
    /// How long the oldest of them has been due.
    pub longest: Duration,
}

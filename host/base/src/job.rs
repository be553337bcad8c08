//! The kinds of jobs and of runs, and which of them exclude each other.

use crate::words::words;
use std::fmt;
use std::time::Duration;

words! {
    /// What there is to do for a tenant. A job waits in the queue until a host that serves takes it.
    pub enum JobKind {
        /// Looks whether a sync would work; changes nothing.
        Check => "check",
        /// Plans and applies.
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
    /// What a run did, as the history records it. A run holds the tenant's lease from its beginning to its end.
    pub enum RunKind {
        /// Planned and applied.
        Sync => "sync",
        /// Applied a saved plan, or one that was approved.
        Apply => "apply",
        /// Issued references, and delivered them.
        References => "references",
    }
}

words! {
    /// Jobs of a tenant that exclude each other, as they write to the same.
    pub enum Lane {
        /// The accounts.
        Directory => "directory",
        /// The references.
        References => "references",
    }
}

words! {
    /// Who started a job.
    #[derive(Default)]
    pub enum Trigger {
        /// A person, or a program on their behalf. Goes first.
        #[default]
        Manual => "manual",
        /// The tenant's schedule.
        Schedule => "schedule",
    }
}

impl JobKind {
    /// The lane of this kind: jobs of one tenant in one lane exclude each other. None for a kind that changes nothing.
    pub fn lane(self) -> Option<Lane> {
        match self {
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

    /// The kinds that are in the same lane, this one among them.
    pub fn in_its_lane(self) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |kind| kind.lane() == self.lane())
    }
}

impl Trigger {
    /// Higher goes first.
    pub fn priority(self) -> i64 {
        match self {
            Self::Manual => 10,
            Self::Schedule => 0,
        }
    }
}

/// What became of jobs whose hosts stopped renewing their leases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Queued again.
    pub again: u64,
    /// Given up.
    pub lost: u64,
    /// Somebody had asked for their end.
    pub cancelled: u64,
}

/// Jobs of one kind whose time has come and that no host has taken yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub jobs: u64,
    /// How long the first of them has been waiting.
    pub longest: Duration,
}

//! The kinds of jobs, and what they exclude.

use std::fmt;
use std::time::Duration;

/// What there is to do for a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Look whether a sync would work; changes nothing.
    Check,
    /// Plan and apply.
    Sync,
    /// Apply a saved plan.
    Apply,
    /// Issue references, and deliver them.
    References,
    /// Deliver one reference again.
    Deliver,
}

/// Jobs of a tenant that exclude each other, as they write to the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The accounts.
    Directory,
    /// The references.
    References,
}

/// Who started a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// A person, or a program on their behalf. Goes first.
    #[default]
    Manual,
    /// The tenant's schedule.
    Schedule,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Check, Self::Sync, Self::Apply, Self::References, Self::Deliver];

    /// The word in the database, in JSON, for people, and as a label.
    pub fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Sync => "sync",
            Self::Apply => "apply",
            Self::References => "references",
            Self::Deliver => "deliver",
        }
    }

    /// The kind of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Which other jobs of the tenant it excludes; none for one that changes nothing.
    pub fn lane(self) -> Option<Lane> {
        match self {
            Self::Check => None,
            Self::Sync | Self::Apply => Some(Lane::Directory),
            Self::References | Self::Deliver => Some(Lane::References),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl Lane {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::References => "references",
        }
    }
}

impl Trigger {
    /// The word in the database, in JSON, for people, and as a label.
    pub fn word(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Schedule => "schedule",
        }
    }

    /// The trigger of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Manual, Self::Schedule].into_iter().find(|trigger| trigger.word() == word)
    }

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

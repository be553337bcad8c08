//! The guards: they hold what looks like an accident. They count the changes of the plan themselves, compare with the
//! host's own ledger and with the baseline, and do not rely on the plugin's numbers.
//!
//! 1. [`source`]: nothing of the plan is applied if HiBob sent no employees although accounts are managed, or far fewer
//!    employees than the baseline has, or if a far smaller share of them has a field.
//! 2. [`classes`], archiving: all archivings are held if they are more than the limit for one run, or if with those of
//!    the last `leak_days` days they are more than the limit for that time.
//! 3. [`classes`], renaming: all changes of user names are held if more accounts than the limit would get another one.
//! 4. [`classes`], reassigning: all changes that give an account to another employee than the ledger has for it, or than
//!    the change itself names as the former one, are held if they are about more accounts than the limit. So they are if
//!    the plan also keeps the former employee active, whatever the operator releases: that is no rehire.
//!
//! An operator's [`Release`] lets a guard pass for one run, up to the numbers in it.

mod classes;
mod held;
mod source;
#[cfg(test)]
mod tests;

pub use classes::{classes, maybe_reassigned};
pub use held::{GuardRow, Held};
use serde::{Deserialize, Serialize};
pub use source::{UntrustedSource, source};

/// Seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// What the operator lets the guards pass, for one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Number of archivings that may be made, whatever their share.
    pub archiving: usize,
    /// Number of accounts whose user name may be changed, whatever their share.
    pub renaming: usize,
    /// Number of accounts that may be given to another employee, whatever their share.
    pub reassigning: usize,
    /// Whether the source may be much smaller, or its fields much emptier, than in the last accepted run.
    pub changed_source: bool,
}

/// A class of changes that a guard counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Changes that archive an account.
    Archiving,
    /// Changes that give an account another user name.
    Renaming,
    /// Changes that give an account to another employee: somebody who was rehired under a new id.
    Reassigning,
}

/// The limits above which the guards hold changes. The tenant's settings `safety.…` have these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardLimits {
    /// Number of archivings that one run may always make.
    pub archive_limit_min: u32,
    /// Share of the active managed accounts that one run may archive, in percent.
    pub archive_limit_percent: u32,
    /// Number of accounts that may always get another user name in one run.
    pub rename_limit_min: u32,
    /// Share of the active managed accounts that may get another user name in one run, in percent.
    pub rename_limit_percent: u32,
    /// How far the number of employees may fall below that of the last accepted run, in percent.
    pub source_shrink_percent: u32,
    /// How far the share of employees who have a field may fall below that of the last accepted run, in percentage
    /// points.
    pub coverage_drop_points: u32,
    /// Share of the accounts that may be archived within `leak_days`, in percent.
    pub leak_percent: u32,
    /// Over how many days archivings are counted together, in days.
    pub leak_days: u32,
}

/// Numbers from the host's ledger, which the guards count against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerSums {
    /// Number of managed accounts that are active.
    pub active: usize,
    /// Number of accounts that were archived within [`GuardLimits::leak_days`] before the plan was made.
    pub archived: usize,
}

impl GuardLimits {
    /// The time from which on archivings count for a plan that was made at `created_at`; both in Unix seconds.
    pub fn archivings_since(&self, created_at: u64) -> i64 {
        i64::try_from(created_at).unwrap_or(i64::MAX) - i64::from(self.leak_days) * DAY
    }
}

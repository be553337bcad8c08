//! The guards: they hold what looks like an accident. They count the changes of the plan themselves, compare with the
//! host's own ledger and with the baseline, and do not rely on the plugin's numbers: those may only lower a limit.
//!
//! 1. [`source`]: nothing of the plan is applied if HiBob sent no employees although accounts are managed, or far fewer
//!    employees than in an earlier accepted run, or if a far smaller share of them has a field.
//! 2. [`classes`]: each class of changes ([`Class`]) is counted, and held if there are more than its limit
//!    ([`GuardLimits`]). What is held is the change, or only the field that the class is about ([`Held`]).
//! 3. Changes that give an account to another employee are held whatever the operator releases if the plan also keeps
//!    the former employee active: that is no rehire.
//!
//! While the source cannot be trusted, or the admin who enabled the sync has left, only [`terminations`] go out.
//!
//! An operator's [`Release`] lets a guard pass for one run, up to the numbers in it.

mod class;
mod classes;
mod count;
mod held;
mod limits;
mod source;
mod target;
mod terminations;
#[cfg(test)]
mod tests;

pub use class::{Class, Release};
pub use classes::{Released, classes};
pub use count::{maybe_archived, maybe_reassigned};
pub use held::{GuardRow, Held};
use hibob_contract::types::{NamedValue, Value};
pub use limits::{GuardLimits, Limit, ReferenceLimits};
pub use source::{LAST_DAYS, STATUSES, UntrustedSource, is_emptier_of_departures, source};
use std::collections::BTreeMap;
pub use target::is_another_target;
pub use terminations::{lone_archivings, terminations};

/// Seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// Numbers from the host's ledger, which the guards count against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerSums {
    /// Number of managed accounts that are active.
    pub active: usize,
    /// Number of accounts that were archived within [`GuardLimits::leak_days`] before the plan was made.
    pub archived: usize,
}

/// What the host's ledger says about a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardFacts {
    /// The sums.
    pub sums: LedgerSums,
    /// The employees of the accounts of [`maybe_reassigned`], as far as the ledger has them.
    pub owners: BTreeMap<String, String>,
    /// Those accounts of [`maybe_archived`] that the ledger has as archived, with the time of the last archiving (Unix
    /// seconds).
    pub archived: BTreeMap<String, i64>,
    /// The time from which on archivings count (Unix seconds).
    pub since: i64,
    /// Whether no run was applied yet.
    pub is_first: bool,
}

impl GuardFacts {
    /// Whether an account is among those that [`LedgerSums::archived`] counts.
    fn is_archived_lately(&self, account: &str) -> bool {
        self.archived.get(account).is_some_and(|at| *at >= self.since)
    }
}

/// The number with this name; none if there is none.
fn number(values: &[NamedValue], name: &str) -> Option<u64> {
    values.iter().find(|value| value.name == name).and_then(|value| match value.value {
        Value::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    })
}

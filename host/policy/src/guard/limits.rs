//! How many changes of each class pass: the table of limits.
//!
//! `n` is the number of active managed accounts, and `m` is 5, or a third of `n` if that is less, and at least 1. A
//! number that the operator has set is taken as it is.
//!
//! | class | limit |
//! |---|---|
//! | archiving, renaming | `m`, or 10 % if that is more |
//! | archiving within `leak_days` | `m` + 1, or 20 % if that is more |
//! | creating | 10, or 10 % if that is more |
//! | reactivating, names | `m`, or 5 % if that is more |
//! | clearing, for each field | 3, or a third of the accounts with a value if that is less, or 10 % of them if that is more; at least 1 |
//! | managers, cost centers | 10, or 20 % if that is more |
//! | reassigning | 3, or a third of `n` if that is less, or 1 % if that is more; at least 1 |
//! | references | the same with 2 %; within `leak_days` twice that, or 6 % |

use crate::guard::{Class, DAY};

/// How many accounts always pass, and which share of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The number that the operator has set; none for the default.
    pub min: Option<u32>,
    /// The share, in percent.
    pub percent: u32,
}

/// The limits above which the guards hold changes. The tenant's settings `safety.…` have these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardLimits {
    /// Archivings of one run.
    pub archive: Limit,
    /// Accounts that get another user name in one run.
    pub rename: Limit,
    /// Accounts that one run creates.
    pub create: Limit,
    /// Accounts that one run reactivates.
    pub reactivate: Limit,
    /// Accounts that get another first or last name in one run.
    pub names: Limit,
    /// Accounts that lose the value of one field in one run; the share is of the accounts that have a value.
    pub clear: Limit,
    /// Accounts that get another line manager or approver in one run.
    pub manager: Limit,
    /// Accounts that get another cost center in one run.
    pub cost_center: Limit,
    /// Accounts that are given to another employee in one run.
    pub reassign: Limit,
    /// How far the number of employees may fall below that of an earlier accepted run, in percent.
    pub source_shrink_percent: u32,
    /// How far the share of employees who have a field may fall below that of an earlier accepted run, in percentage
    /// points.
    pub coverage_drop_points: u32,
    /// Share of the accounts that may be archived within `leak_days`, in percent.
    pub leak_percent: u32,
    /// Over how many days archivings are counted together, and the source is compared with its largest state, in days.
    pub leak_days: u32,
}

impl GuardLimits {
    /// The defaults of a tenant's settings.
    pub const DEFAULT: Self = Self {
        archive: Limit { min: None, percent: 10 },
        rename: Limit { min: None, percent: 10 },
        create: Limit { min: None, percent: 10 },
        reactivate: Limit { min: None, percent: 5 },
        names: Limit { min: None, percent: 5 },
        clear: Limit { min: None, percent: 10 },
        manager: Limit { min: None, percent: 20 },
        cost_center: Limit { min: None, percent: 20 },
        reassign: Limit { min: None, percent: 1 },
        source_shrink_percent: 20,
        coverage_drop_points: 30,
        leak_percent: 20,
        leak_days: 30,
    };

    /// The time from which on archivings count for a plan that was made at `created_at`; both in Unix seconds.
    pub fn archivings_since(&self, created_at: u64) -> i64 {
        i64::try_from(created_at).unwrap_or(i64::MAX) - i64::from(self.leak_days) * DAY
    }

    /// The limit of a class as it is set.
    pub(super) fn of(&self, class: Class) -> Limit {
        match class {
            Class::Archiving => self.archive,
            Class::Renaming => self.rename,
            Class::Creating => self.create,
            Class::Reactivating => self.reactivate,
            Class::Names => self.names,
            Class::Clearing => self.clear,
            Class::Managers => self.manager,
            Class::CostCenters => self.cost_center,
            Class::Reassigning => self.reassign,
        }
    }

    /// How many accounts of a class pass in one run where there are `n`: active managed accounts, or of
    /// [`Class::Clearing`] the accounts that have a value.
    pub fn most(&self, class: Class, n: usize) -> usize {
        let limit = self.of(class);
        self.least(class, n).max(share(n, limit.percent))
    }

    /// How many accounts of a class always pass.
    pub(super) fn least(&self, class: Class, n: usize) -> usize {
        let default = match class {
            Class::Archiving | Class::Renaming | Class::Reactivating | Class::Names => at_most_a_third(5, n),
            Class::Clearing | Class::Reassigning => at_most_a_third(3, n),
            Class::Creating | Class::Managers | Class::CostCenters => 10,
        };
        self.of(class).min.map_or(default, |min| min as usize)
    }

    /// How many accounts may be archived within `leak_days`, where `n` were active before.
    pub fn most_archived(&self, n: usize) -> usize {
        (self.least(Class::Archiving, n) + 1).max(share(n, self.leak_percent))
    }
}

/// The limits of the references job, of one run and over `leak_days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceLimits {
    /// References that one run may issue, or revoke.
    pub run: Limit,
    /// Share of the employed for whom references may be issued within `leak_days`, in percent.
    pub leak_percent: u32,
    /// Over how many days issued references are counted together, in days.
    pub leak_days: u32,
}

impl ReferenceLimits {
    /// The defaults of a tenant's settings.
    pub const DEFAULT: Self = Self { run: Limit { min: None, percent: 2 }, leak_percent: 6, leak_days: 30 };

    fn least(&self, employed: usize) -> usize {
        self.run.min.map_or_else(|| at_most_a_third(3, employed), |min| min as usize)
    }

    /// How many references one run may issue, or revoke, where so many people are employed.
    pub fn most(&self, employed: usize) -> usize {
        self.least(employed).max(share(employed, self.run.percent))
    }

    /// How many references may be issued within `leak_days`.
    pub fn most_within(&self, employed: usize) -> usize {
        (self.least(employed) * 2).max(share(employed, self.leak_percent))
    }
}

/// So many, or a third of `n` if that is less, and at least 1.
fn at_most_a_third(number: usize, n: usize) -> usize {
    number.min(n / 3).max(1)
}

fn share(n: usize, percent: u32) -> usize {
    n.saturating_mul(percent as usize) / 100
}

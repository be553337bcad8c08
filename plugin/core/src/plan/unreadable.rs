//! Rows of TravelPerk's listings that cannot be read. Each is reported, and the rest of the listing counts. An employee
//! whose account such a row may be is left alone: no account is created because a row could not be read.

use crate::field::fold;
use crate::finding::{Finding, Severity};
use crate::mapping::DesiredAccount;
use crate::scim::BrokenRow;
use crate::value::Id;
use std::collections::BTreeSet;

/// Most rows that are reported one by one.
const SHOWN_MAX: usize = 20;

const REMEDY: &str = "show this to TravelPerk's support; everything else was synced";

/// What is known of the accounts that could not be read.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    ids: BTreeSet<Id>,
    external_ids: BTreeSet<Box<str>>,
    /// User names, without regard to case.
    user_names: BTreeSet<String>,
}

impl Unreadable {
    /// Of these rows, without those whose account could be read alone.
    pub(super) fn of(rows: &[BrokenRow], was_read: impl Fn(&str) -> bool) -> Self {
        let mut unreadable = Self::default();
        for row in rows.iter().filter(|row| !row.id.as_deref().is_some_and(&was_read)) {
            unreadable.ids.extend(row.id.clone());
            unreadable.external_ids.extend(row.external_id.clone());
            unreadable.user_names.extend(row.user_name.as_deref().map(fold));
        }
        unreadable
    }

    /// Whether one of them may be this employee's account. `linked` is the account of their link.
    pub(super) fn may_be(&self, person: &DesiredAccount, linked: Option<&str>) -> bool {
        let is_empty = self.ids.is_empty() && self.external_ids.is_empty() && self.user_names.is_empty();
        !is_empty
            && (linked.is_some_and(|id| self.ids.contains(id))
                || self.external_ids.contains(&*person.id)
                || self.user_names.contains(&fold(person.user_name())))
    }
}

/// Findings about rows that could not be read: `rows` of the accounts, and so many `others`.
pub(super) fn report(rows: &[BrokenRow], others: usize, findings: &mut Vec<Finding>) {
    let mut add = |message: String| findings.push(Finding::new(Severity::Error, "BROKEN_ACCOUNT", message, REMEDY));
    for row in rows.iter().take(SHOWN_MAX) {
        let id = row.id.as_deref().map(|id| format!(" (account {id})")).unwrap_or_default();
        add(format!("TravelPerk's listing has an account{id} that cannot be read: {}", row.why));
    }
    if let Some(more) = rows.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
        add(format!("TravelPerk's listing has {more} more accounts that cannot be read"));
    }
    if others > 0 {
        add(format!("{others} of the cost centers and companies that TravelPerk lists cannot be read"));
    }
}

/// The finding about an employee whose account may be one that cannot be read.
pub(super) const ABOUT_ONE: (&str, &str, &str) = (
    "ACCOUNT_UNREADABLE",
    "TravelPerk sends an account that may be this employee's and cannot be read",
    "show this to TravelPerk's support; nothing is done for this employee until the account can be read",
);

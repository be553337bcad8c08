//! What goes out while nothing else does: terminations.
//!
//! While the guard of the source holds, or the admin who enabled the sync has left, nothing of a plan is applied but the
//! archivings of people of whom the host has itself seen, in HiBob's answers to this very plan, that they have left
//! ([`Planned::has_left`]). So nobody loses access because a record is missing, a site is not selected, a start has
//! moved or a setting says so.
//!
//! 1. Of these, at most 1 % of the active accounts go out in one run, and at most 3 % within `leak_days`; at least one in
//!    both cases, and never the last active account. The others are named, and have their turn in a later run.
//! 2. None goes out where lifecycle statuses or last days are themselves what has become fewer
//!    ([`super::is_emptier_of_departures`]).
//! 3. An archiving that waits for another change, or for which another one waits, stays where it is.

use crate::guard::LedgerSums;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind};
use std::collections::BTreeSet;

/// The share of the active accounts that one run may archive in this way, in percent.
const RUN_PERCENT: usize = 1;

/// The share that may be archived in this way within `leak_days`, in percent.
const LEAK_PERCENT: usize = 3;

/// The archivings of a plan that no other change waits for, and that wait for none.
pub fn lone_archivings(planned: &Planned) -> impl Iterator<Item = &Change> {
    let waited_for: BTreeSet<&str> = planned
        .changes
        .iter()
        .flat_map(|change| change.depends_on.iter().chain(&change.after))
        .map(String::as_str)
        .collect();
    planned.changes.iter().filter(move |change| {
        change.kind == ChangeKind::Archive
            && change.depends_on.is_empty()
            && change.after.is_empty()
            && !waited_for.contains(change.id.as_str())
    })
}

/// The ids of the changes that go out while nothing else does, by rules 1 and 3. `terminated` is the number of accounts
/// that were archived in this way within `leak_days`.
pub fn terminations(planned: &Planned, sums: &LedgerSums, terminated: usize) -> BTreeSet<String> {
    let told = planned.counts.get("managed").and_then(|&number| usize::try_from(number).ok());
    let active = told.map_or(sums.active, |told| told.min(sums.active));
    let share = |of: usize, percent: usize| (of * percent / 100).max(1);
    let left = share(active + terminated, LEAK_PERCENT).saturating_sub(terminated);
    let has_left =
        |change: &&Change| change.employee_id.as_ref().is_some_and(|employee| planned.has_left.contains(employee));
    let most = share(active, RUN_PERCENT).min(left).min(active.saturating_sub(1));
    lone_archivings(planned).filter(has_left).take(most).map(|change| change.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn archiving(number: usize) -> Change {
        Change {
            id: format!("archive:{number}"),
            kind: ChangeKind::Archive,
            employee_id: Some(number.to_string()),
            target_id: Some(number.to_string()),
            display_name: String::new(),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields: Vec::new(),
            reason: String::new(),
        }
    }

    /// A plan that archives ten accounts, of which all but the first are of people who have left.
    fn planned() -> Planned {
        Planned {
            created_at: 0,
            counts: BTreeMap::new(),
            findings: Vec::new(),
            baseline: Vec::new(),
            changes: (1..=10).map(archiving).collect(),
            active_accounts: Vec::new(),
            has_left: (2..=10).map(|number| number.to_string()).collect(),
        }
    }

    #[test]
    fn one_percent_a_run_and_three_percent_within_thirty_days_and_one_at_least() {
        for (active, terminated, most) in [
            (3, 0, 1),
            (3, 1, 0),
            (99, 0, 1),
            (99, 2, 1),
            (98, 3, 0),
            (300, 0, 3),
            (300, 7, 2),
            (300, 9, 0),
            (2_000, 0, 9),
        ] {
            let sums = LedgerSums { active, archived: 0 };
            assert_eq!(terminations(&planned(), &sums, terminated).len(), most, "{active} {terminated}");
        }
    }

    #[test]
    fn nobody_goes_whose_record_does_not_say_so_or_whose_change_waits() {
        let sums = LedgerSums { active: 10_000, archived: 0 };
        let mut planned = planned();
        planned.changes[1].depends_on.push("archive:3".to_owned());
        planned.changes[3].after.push("archive:5".to_owned());
        let ids = terminations(&planned, &sums, 0);
        assert_eq!(ids.len(), 5);
        for number in 1..=5 {
            assert!(!ids.contains(&format!("archive:{number}")), "{number}");
        }
        planned.counts.insert("managed".to_owned(), 100);
        assert_eq!(terminations(&planned, &sums, 0).len(), 1, "the plugin's number only lowers the limit");
    }
}

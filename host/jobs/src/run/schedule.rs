//! The order in which the changes of a plan are made.

use hibob_contract::directory_sync::Change;
use std::collections::{BTreeMap, VecDeque};

/// The order of the changes: which can be made now, and which wait for others.
pub(super) struct Schedule {
    ready: VecDeque<usize>,
    /// For each change, how many others it still waits for.
    waits_for: Vec<usize>,
    /// For each change, those that wait for it, and whether they depend on its success.
    dependents: Vec<Vec<(usize, bool)>>,
    /// For each change, whether it has neither been started nor skipped.
    open: Vec<bool>,
    /// For each change, whether it waits for another change of the same employee.
    second: Vec<bool>,
}

impl Schedule {
    /// The schedule of a plan's changes. One that waits for something outside of the plan never becomes ready.
    pub(super) fn new(changes: &[Change]) -> Self {
        let positions: BTreeMap<&str, usize> =
            changes.iter().enumerate().map(|(position, change)| (change.id.as_str(), position)).collect();
        let mut schedule = Self {
            ready: VecDeque::new(),
            waits_for: vec![0; changes.len()],
            dependents: vec![Vec::new(); changes.len()],
            open: vec![true; changes.len()],
            second: vec![false; changes.len()],
        };
        for (position, change) in changes.iter().enumerate() {
            let needed = change.depends_on.iter().map(|id| (id, true));
            for (id, needed) in needed.chain(change.after.iter().map(|id| (id, false))) {
                // A change that waits for something outside of the plan never becomes ready.
                let other = positions.get(id.as_str());
                let same = other
                    .and_then(|&other| changes.get(other))
                    .is_some_and(|other| other.employee_id.is_some() && other.employee_id == change.employee_id);
                if let Some(second) = schedule.second.get_mut(position) {
                    *second |= same;
                }
                if let Some(waits_for) = schedule.waits_for.get_mut(position) {
                    *waits_for += 1;
                    if let Some(dependents) = other.and_then(|&other| schedule.dependents.get_mut(other)) {
                        dependents.push((position, needed));
                    }
                }
            }
        }
        schedule.ready = schedule
            .waits_for
            .iter()
            .enumerate()
            .filter(|(_, waits_for)| **waits_for == 0)
            .map(|(position, _)| position)
            .collect();
        schedule
    }

    /// Whether a change is a second write for the same account.
    pub(super) fn is_second(&self, position: usize) -> bool {
        self.second.get(position) == Some(&true)
    }

    /// A change that can be made now; none if all others wait, or were started or skipped.
    pub(super) fn next(&mut self) -> Option<usize> {
        loop {
            let position = self.ready.pop_front()?;
            if self.close(position) {
                return Some(position);
            }
        }
    }

    /// Marks a change as started or skipped. False if it was already.
    pub(super) fn close(&mut self, position: usize) -> bool {
        self.open.get_mut(position).is_some_and(|open| std::mem::replace(open, false))
    }

    /// Marks a change as done, and frees those that waited for it.
    pub(super) fn done(&mut self, position: usize) {
        for (dependent, _) in self.dependents.get(position).cloned().unwrap_or_default() {
            self.free(dependent);
        }
    }

    fn free(&mut self, dependent: usize) {
        if let Some(waits_for) = self.waits_for.get_mut(dependent) {
            *waits_for -= 1;
            if *waits_for == 0 && self.open.get(dependent) == Some(&true) {
                self.ready.push_back(dependent);
            }
        }
    }

    /// Marks a change as failed. Returns every change that depends on it, directly or through others, and frees those
    /// that only come after it.
    pub(super) fn failed(&mut self, position: usize) -> Vec<usize> {
        let mut skipped = Vec::new();
        let mut failed = vec![position];
        while let Some(position) = failed.pop() {
            for (dependent, needed) in self.dependents.get(position).cloned().unwrap_or_default() {
                if !needed {
                    self.free(dependent);
                } else if self.close(dependent) {
                    skipped.push(dependent);
                    failed.push(dependent);
                }
            }
        }
        skipped
    }

    /// Positions of changes that never became ready.
    pub(super) fn left(&self) -> impl Iterator<Item = usize> {
        self.open.iter().enumerate().filter(|(_, open)| **open).map(|(position, _)| position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::directory_sync::ChangeKind;

    fn change(id: &str, depends_on: &[&str]) -> Change {
        Change {
            id: id.to_owned(),
            kind: ChangeKind::Update,
            employee_id: Some(id.to_owned()),
            target_id: None,
            display_name: String::new(),
            after: Vec::new(),
            depends_on: depends_on.iter().map(ToString::to_string).collect(),
            fields: Vec::new(),
            reason: String::new(),
        }
    }

    #[test]
    fn a_change_waits_for_all_that_it_depends_on() {
        let mut schedule = Schedule::new(&[
            change("a", &[]),
            change("b", &["a"]),
            change("c", &["a", "b"]),
            change("x", &["not there"]),
        ]);
        assert_eq!((schedule.next(), schedule.next()), (Some(0), None));
        schedule.done(0);
        assert_eq!((schedule.next(), schedule.next()), (Some(1), None));
        schedule.done(1);
        assert_eq!((schedule.next(), schedule.next()), (Some(2), None));
        assert_eq!(schedule.left().collect::<Vec<_>>(), [3]);
    }

    /// If a change fails, those that only come after it go on; those that depend on it do not.
    #[test]
    fn a_failed_change_holds_up_only_what_needs_it() {
        let after = |id: &str, after: &[&str]| Change {
            after: after.iter().map(ToString::to_string).collect(),
            ..change(id, &[])
        };
        let changes = [change("a", &[]), change("b", &["a"]), after("c", &["a"]), after("d", &["b", "c"])];
        let mut schedule = Schedule::new(&changes);
        assert_eq!(schedule.next(), Some(0));
        assert_eq!(schedule.failed(0), [1]);
        assert_eq!((schedule.next(), schedule.next()), (Some(2), None));
        schedule.done(2);
        assert_eq!((schedule.next(), schedule.left().count()), (Some(3), 0));
    }

    #[test]
    fn a_failure_skips_everything_below_it_once() {
        let mut schedule =
            Schedule::new(&[change("a", &[]), change("b", &["a"]), change("c", &["a", "b"]), change("d", &[])]);
        schedule.next();
        let mut skipped = schedule.failed(0);
        skipped.sort_unstable();
        assert_eq!(skipped, [1, 2]);
        assert_eq!((schedule.next(), schedule.next(), schedule.left().count()), (Some(3), None, 0));
    }
}

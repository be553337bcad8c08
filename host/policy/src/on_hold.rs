//! Who is on hold: a person has decided that an employee's account is left as it is until the end of a day
//! (`hibob hold`). The plugin is told, and leaves them out; what a plugin of an earlier version, or a plan that was saved
//! before, would still change is removed here.

use hibob_contract::Planned;
use hibob_contract::types::{Finding, Severity};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The code of the finding about somebody who is on hold, and of one about somebody who waits for them.
pub const CODE: &str = "ON_HOLD";

/// The employees on hold, and their accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnHold {
    /// The last day of the hold, by employee.
    days: BTreeMap<String, String>,
    /// Their accounts by the ledger, each with its employee.
    accounts: BTreeMap<String, String>,
}

impl OnHold {
    /// These employees, each with the last day of the hold, and the accounts that the ledger has for them, each with its
    /// employee.
    pub fn new(days: BTreeMap<String, String>, accounts: BTreeMap<String, String>) -> Self {
        Self { days, accounts }
    }

    /// Each employee with the last day of the hold.
    pub fn days(&self) -> impl Iterator<Item = (&str, &str)> {
        self.days.iter().map(|(employee, day)| (employee.as_str(), day.as_str()))
    }

    /// A plan without changes of those who are on hold:
    ///
    /// 1. a change about an employee on hold, or of an account that is theirs by the ledger, is removed;
    /// 2. so is a change that depends on one that was removed; one that only comes after it stays;
    /// 3. the plan's counts are reduced accordingly;
    /// 4. a notice says of each employee on hold until when, and of each employee of rule 2 for whom they wait.
    pub fn without<'p>(&self, planned: &'p Planned) -> Cow<'p, Planned> {
        if self.days.is_empty() {
            return Cow::Borrowed(planned);
        }
        let mut planned = planned.clone();
        self.leave_out(&mut planned);
        Cow::Owned(planned)
    }

    /// Changes a plan in place as [`Self::without`] does.
    pub fn leave_out(&self, planned: &mut Planned) {
        let mut removed: BTreeMap<String, String> = BTreeMap::new();
        let mut waiting: BTreeMap<String, String> = BTreeMap::new();
        let (changes, counts) = (&mut planned.changes, &mut planned.counts);
        changes.retain_mut(|change| {
            change.after.retain(|id| !removed.contains_key(id));
            let account = change.target_id.as_ref().and_then(|account| self.accounts.get(account));
            let own = change.employee_id.as_ref().filter(|id| self.days.contains_key(*id)).or(account);
            let Some(held) = own.or_else(|| change.depends_on.iter().find_map(|id| removed.get(id))).cloned() else {
                return true;
            };
            if let Some(employee) = change.employee_id.as_ref().filter(|id| !self.days.contains_key(*id)) {
                waiting.insert(employee.clone(), held.clone());
            }
            removed.insert(change.id.clone(), held);
            if let Some(count) = counts.get_mut(change.kind.word()) {
                *count = count.saturating_sub(1);
            }
            false
        });
        let is_told = |finding: &&Finding| finding.code == CODE;
        let told: BTreeSet<String> =
            planned.findings.iter().filter(is_told).filter_map(|finding| finding.employee_id.clone()).collect();
        let holds = self.days.iter().filter(|(employee, _)| !told.contains(*employee)).map(|(employee, day)| {
            let message = format!("on hold until the end of {day}; the account, if there is one, is left as it is");
            let remedy = "nothing, if that is right; hibob hold TENANT says why, and with the employee's id and --end it ends the hold";
            notice(employee, message, remedy)
        });
        let waits = waiting.iter().map(|(employee, held)| {
            let message =
                format!("a change is not made, because it needs one of somebody else (employee {held}) who is on hold");
            notice(employee, message, "nothing, if that is right; it is made when the hold has ended")
        });
        planned.findings.extend(holds.chain(waits));
    }
}

fn notice(employee: &str, message: String, remedy: &str) -> Finding {
    Finding {
        severity: Severity::Notice,
        code: CODE.to_owned(),
        employee_id: Some(employee.to_owned()),
        field: None,
        message,
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::directory_sync::{Change, ChangeKind};

    fn change(id: &str, employee: &str, account: Option<&str>, depends_on: &[&str], after: &[&str]) -> Change {
        let ids = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
        Change {
            id: id.to_owned(),
            kind: ChangeKind::Update,
            employee_id: Some(employee.to_owned()),
            target_id: account.map(str::to_owned),
            display_name: String::new(),
            depends_on: ids(depends_on),
            after: ids(after),
            fields: Vec::new(),
            reason: String::new(),
        }
    }

    #[test]
    fn nothing_is_changed_of_those_on_hold_and_nothing_that_needs_it() {
        let planned = Planned {
            created_at: 0,
            counts: [("update".to_owned(), 6)].into(),
            findings: Vec::new(),
            active_accounts: Vec::new(),
            has_left: BTreeSet::new(),
            baseline: Vec::new(),
            changes: vec![
                change("a", "1", Some("10"), &[], &[]),
                change("b", "2", Some("20"), &["a"], &[]),
                change("c", "3", Some("30"), &["b"], &[]),
                change("d", "4", Some("40"), &[], &["a"]),
                change("e", "5", Some("11"), &[], &[]),
                change("f", "6", Some("60"), &[], &[]),
            ],
        };
        assert!(matches!(OnHold::default().without(&planned), Cow::Borrowed(_)));
        let days = |employee: &str| BTreeMap::from([(employee.to_owned(), "2026-12-31".to_owned())]);
        let other = OnHold::new(days("9"), BTreeMap::new()).without(&planned).into_owned();
        assert_eq!(other.changes, planned.changes);
        let accounts = BTreeMap::from([("11".to_owned(), "1".to_owned())]);
        let left = OnHold::new(days("1"), accounts).without(&planned).into_owned();
        let ids: Vec<&str> = left.changes.iter().map(|change| change.id.as_str()).collect();
        assert_eq!(ids, ["d", "f"]);
        assert!(left.changes.iter().all(|change| change.after.is_empty()));
        assert_eq!(left.count("update"), 2);
        let told: Vec<_> = left.findings.iter().filter_map(|finding| finding.employee_id.as_deref()).collect();
        assert_eq!(told, ["1", "2", "3", "5"]);
        assert!(left.findings[0].message.contains("2026-12-31") && left.findings[3].message.contains("(employee 1)"));
        // A plugin that knows holds says it itself.
        let again = OnHold::new(days("1"), BTreeMap::new()).without(&left).into_owned();
        assert_eq!(again.findings, left.findings);
    }
}

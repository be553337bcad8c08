//! The accounts that a plan creates, and what changes that name them become once they are created.
//!
//! A change may name an account that an earlier change of the same plan creates: as its own account, or as line manager
//! or approver. In the plan it names the employee only, because nobody knows the account's id before the target has
//! answered. The host fills in the id from the outcome of the creation, so that no plugin has to find out which account
//! is meant: the employee may have had another one before, which is gone.
//!
//! Where the account was not created, the fields that name it are left out, and count as not taken.

use crate::run::journal::ChangeResult;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, Failure, FieldChange, Mismatch, NextStep, Outcome, Written};
use hibob_contract::types::Value;
use std::collections::BTreeMap;

/// The accounts that a plan creates, by employee: none for one that is not created, or not yet.
#[derive(Debug, Default)]
pub(super) struct CreatedAccounts(BTreeMap<String, Option<String>>);

/// A change as it is made, with the ids of the accounts that its plan has created.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resolved {
    pub(super) change: Change,
    /// Fields that are left out, because they name an account that was not created.
    left_out: Vec<FieldChange>,
}

impl CreatedAccounts {
    /// Those of a plan of which nothing is made yet.
    pub(super) fn of(planned: &Planned) -> Self {
        let creations = planned.changes.iter().filter(|change| change.kind == ChangeKind::Create);
        Self(creations.filter_map(|change| Some((change.employee_id.clone()?, None))).collect())
    }

    /// Takes in how a change ended.
    pub(super) fn ended(&mut self, change: &Change, made: &ChangeResult) {
        let (ChangeKind::Create, Some(employee)) = (change.kind, &change.employee_id) else { return };
        if let ChangeResult::Outcome(Outcome::Done(written) | Outcome::Partly(written)) = made
            && let Some(account) = self.0.get_mut(employee)
        {
            *account = Some(written.target_id.clone());
        }
    }

    /// The change as it is made now.
    pub(super) fn resolve(&self, change: &Change) -> Resolved {
        let mut resolved = Resolved { change: change.clone(), left_out: Vec::new() };
        let target = &mut resolved.change.target_id;
        if target.is_none() && change.kind != ChangeKind::Create {
            *target = change.employee_id.as_ref().and_then(|employee| self.0.get(employee)).cloned().flatten();
        }
        resolved.change.fields = Vec::with_capacity(change.fields.len());
        for mut field in change.fields.iter().cloned() {
            match self.fill(&mut field) {
                true => resolved.change.fields.push(field),
                false => resolved.left_out.push(field),
            }
        }
        resolved
    }

    /// Fills in the account of a person whom the field names by their employee id only. False if the plan creates that
    /// account and it was not created.
    fn fill(&self, field: &mut FieldChange) -> bool {
        let Some(Value::Person(person)) = &mut field.after else { return true };
        let created = person.employee_id.as_ref().and_then(|employee| self.0.get(employee));
        match created {
            Some(account) if person.account_id.is_none() => {
                person.account_id.clone_from(account);
                account.is_some()
            }
            _ => true,
        }
    }
}

impl Resolved {
    /// The failure of a change of which nothing is left; none if there is something to make.
    pub(super) fn nothing_left(&self) -> Option<Outcome> {
        let is_nothing = self.change.kind == ChangeKind::Update && self.change.fields.is_empty();
        (is_nothing && !self.left_out.is_empty()).then(|| {
            Outcome::Failed(Failure {
                code: "MANAGER_NOT_MADE".to_owned(),
                message: "the line manager's account was not created".to_owned(),
                remedy: "correct what keeps the manager's account from being created, then sync again".to_owned(),
                next: NextStep::Later,
            })
        })
    }

    /// The outcome of the change as it was planned: what was left out is not taken.
    pub(super) fn as_planned(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Done(written) | Outcome::Partly(written) if !self.left_out.is_empty() => {
                let left_out = self.left_out.iter().map(|field| Mismatch {
                    field: field.field.clone(),
                    expected: field.after.clone(),
                    found: field.before.clone(),
                });
                let not_taken = written.not_taken.into_iter().chain(left_out).collect();
                Outcome::Partly(Written { not_taken, ..written })
            }
            outcome => outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::types::Person;
    use std::collections::BTreeSet;

    fn person(employee: &str, account: Option<&str>) -> FieldChange {
        let person = Person {
            employee_id: Some(employee.to_owned()),
            account_id: account.map(str::to_owned),
            display_name: String::new(),
        };
        FieldChange { field: "manager".to_owned(), before: None, after: Some(Value::Person(person)) }
    }

    fn change(kind: ChangeKind, employee: &str, target: Option<&str>, fields: Vec<FieldChange>) -> Change {
        Change {
            id: employee.to_owned(),
            kind,
            employee_id: Some(employee.to_owned()),
            target_id: target.map(str::to_owned),
            display_name: String::new(),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields,
            reason: String::new(),
        }
    }

    fn plan(changes: Vec<Change>) -> Planned {
        Planned {
            created_at: 0,
            counts: BTreeMap::new(),
            findings: Vec::new(),
            baseline: Vec::new(),
            changes,
            active_accounts: Vec::new(),
            has_left: BTreeSet::new(),
        }
    }

    fn done(account: &str) -> Outcome {
        Outcome::Done(Written { target_id: account.to_owned(), not_taken: Vec::new() })
    }

    #[test]
    fn a_change_gets_the_ids_of_accounts_that_its_plan_has_created() {
        let boss = change(ChangeKind::Create, "1", None, vec![person("2", Some("20"))]);
        let report = change(ChangeKind::Update, "3", Some("30"), vec![person("1", None)]);
        let second = change(ChangeKind::Update, "1", None, vec![person("9", None)]);
        let mut created = CreatedAccounts::of(&plan(vec![boss.clone(), report.clone(), second.clone()]));
        created.ended(&boss, &ChangeResult::Outcome(done("11")));
        assert_eq!(created.resolve(&report).change.fields, [person("1", Some("11"))]);
        assert_eq!(created.resolve(&second).change.target_id.as_deref(), Some("11"));
        // Nothing is filled in for somebody whose account the plan does not create, nor for the creation itself.
        assert_eq!(created.resolve(&second).change.fields, second.fields);
        assert_eq!(created.resolve(&boss).change, boss);
    }

    #[test]
    fn an_account_that_was_not_created_is_written_as_nobodys_manager() {
        let boss = change(ChangeKind::Create, "1", None, Vec::new());
        let title =
            FieldChange { field: "title".to_owned(), before: None, after: Some(Value::Text("Lead".to_owned())) };
        let alone = change(ChangeKind::Update, "3", Some("30"), vec![person("1", None)]);
        let with_title = change(ChangeKind::Update, "4", Some("40"), vec![title.clone(), person("1", None)]);
        let mut created = CreatedAccounts::of(&plan(vec![boss.clone(), alone.clone(), with_title.clone()]));
        created.ended(&boss, &ChangeResult::NotTried);
        assert!(matches!(
            created.resolve(&alone).nothing_left(),
            Some(Outcome::Failed(failure)) if failure.code == "MANAGER_NOT_MADE"
        ));
        let resolved = created.resolve(&with_title);
        assert_eq!((resolved.change.fields.as_slice(), resolved.nothing_left()), (&[title][..], None));
        let Outcome::Partly(written) = resolved.as_planned(done("40")) else { panic!("the manager is not taken") };
        assert_eq!(written.not_taken.len(), 1);
        assert_eq!(resolved.as_planned(Outcome::Drifted(Vec::new())), Outcome::Drifted(Vec::new()));
    }
}

//! Leaving erased people out of everything that the plugin returns, before any of it is stored or shown.

use crate::database::KeyedHash;
use crate::privacy::key::TenantKey;
use crate::privacy::stored::FORGOTTEN;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, RosterEntry};
use hibob_contract::offboarding_references::Detection;
use hibob_contract::types::{Finding, Person, Severity, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The name of the count, in a plan, of erased employees who were left out.
pub const LEFT_OUT: &str = "forgotten";

/// The erased people of one tenant who may not come back, by keyed hashes.
#[derive(Clone, Default)]
pub struct ErasedPeople {
    /// The tenant's key; none if nobody was erased.
    key: Option<Arc<TenantKey>>,
    employees: BTreeSet<KeyedHash>,
    accounts: BTreeSet<KeyedHash>,
}

impl ErasedPeople {
    pub(super) fn new(key: Arc<TenantKey>, employees: BTreeSet<KeyedHash>, accounts: BTreeSet<KeyedHash>) -> Self {
        Self { key: (!employees.is_empty()).then_some(key), employees, accounts }
    }

    pub(super) fn has(&self, employee: KeyedHash) -> bool {
        self.employees.contains(&employee)
    }

    /// Whether this employee was erased.
    pub fn has_employee(&self, id: &str) -> bool {
        self.key.as_ref().is_some_and(|key| self.employees.contains(&key.employee(id)))
    }

    /// Whether this account was an erased person's.
    pub(super) fn has_account(&self, id: &str) -> bool {
        self.key.as_ref().is_some_and(|key| self.accounts.contains(&key.account(id)))
    }

    fn has_person(&self, person: &Person) -> bool {
        person.employee_id.as_deref().is_some_and(|id| self.has_employee(id))
            || person.account_id.as_deref().is_some_and(|id| self.has_account(id))
    }

    /// A plan without erased people:
    ///
    /// 1. their own changes and findings are removed;
    /// 2. a change of somebody else does not make them a line manager, and does not name them as the former one;
    /// 3. no change depends on or comes after one that was removed;
    /// 4. their accounts are not among those that are reported as active;
    /// 5. the plan's counts are reduced accordingly, and [`LEFT_OUT`] counts the people.
    pub fn without<'p>(&self, planned: &'p Planned) -> Cow<'p, Planned> {
        if self.key.is_none() {
            return Cow::Borrowed(planned);
        }
        let mut planned = planned.clone();
        self.leave_out(&mut planned);
        Cow::Owned(planned)
    }

    /// Changes a plan in place as [`Self::without`] does.
    pub fn leave_out(&self, planned: &mut Planned) {
        if self.key.is_none() {
            return;
        }
        let mut people: BTreeSet<String> = BTreeSet::new();
        let (mut gone, mut kinds) = (BTreeSet::new(), BTreeMap::<&str, u64>::new());
        planned.changes.retain_mut(|change| {
            change.depends_on.retain(|id| !gone.contains(id));
            change.after.retain(|id| !gone.contains(id));
            let theirs = change.employee_id.clone().filter(|id| self.has_employee(id));
            let stays = theirs.is_none() && self.keep_others(change);
            people.extend(theirs);
            if !stays {
                gone.insert(change.id.clone());
                *kinds.entry(change.kind.word()).or_default() += 1;
            }
            stays
        });
        planned.active_accounts.retain(|account| {
            !account.employee_id.as_deref().is_some_and(|id| self.has_employee(id))
                && !self.has_account(&account.account_id)
        });
        let failed = self.leave_out_findings(&mut planned.findings);
        people.extend(failed.iter().cloned());
        for (kind, number) in kinds {
            subtract(&mut planned.counts, kind, number);
        }
        // An error stands for a broken record or for a conflict; a broken record is the likelier.
        let broken = planned.count("failed").min(failed.len() as u64);
        subtract(&mut planned.counts, "failed", broken);
        subtract(&mut planned.counts, "conflict", failed.len() as u64 - broken);
        if !people.is_empty() {
            *planned.counts.entry(LEFT_OUT.to_owned()).or_default() += people.len() as u64;
        }
    }

    /// Removes erased people from a change of somebody else; false if no field of an update is left.
    fn keep_others(&self, change: &mut Change) -> bool {
        let before = change.fields.len();
        change.fields.retain(|field| !matches!(&field.after, Some(Value::Person(person)) if self.has_person(person)));
        for field in &mut change.fields {
            if let Some(Value::Person(person)) = &mut field.before
                && self.has_person(person)
            {
                person.employee_id = None;
                FORGOTTEN.clone_into(&mut person.display_name);
            }
        }
        change.kind != ChangeKind::Update || change.fields.len() == before || !change.fields.is_empty()
    }

    /// Removes findings about erased people, and those about others whose text names one. Returns which of the erased
    /// had an error of their own.
    pub fn leave_out_findings(&self, findings: &mut Vec<Finding>) -> BTreeSet<String> {
        let mut failed = BTreeSet::new();
        findings.retain(|finding| {
            let theirs = finding.employee_id.as_ref().filter(|id| self.has_employee(id));
            failed.extend(theirs.filter(|_| finding.severity == Severity::Error).cloned());
            theirs.is_none() && !self.is_named_in(&finding.message) && !self.is_named_in(&finding.remedy)
        });
        failed
    }

    /// Whether a text names an erased employee, as the plugin does: `(employee ID)` behind the name.
    fn is_named_in(&self, text: &str) -> bool {
        let named = text.split("(employee ").skip(1).filter_map(|rest| rest.split_once(')'));
        named.into_iter().any(|(id, _)| self.has_employee(id))
    }

    /// Removes erased people from a roster.
    pub fn leave_out_entries(&self, employees: &mut Vec<RosterEntry>) {
        employees.retain(|entry| !self.has_employee(&entry.employee_id));
    }

    /// Removes erased people from what the plugin has detected about leavers.
    pub fn leave_out_leavers(&self, detection: &mut Detection) {
        detection.seen.retain(|seen| !self.has_employee(&seen.employee_id));
        for list in [&mut detection.departures, &mut detection.cancelled, &mut detection.corrected] {
            list.retain(|departure| !self.has_employee(&departure.employee_id));
        }
        self.leave_out_findings(&mut detection.findings);
    }
}

fn subtract(counts: &mut BTreeMap<String, u64>, name: &str, number: u64) {
    if let Some(count) = counts.get_mut(name) {
        *count = count.saturating_sub(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_contract::directory_sync::FieldChange;

    fn forgotten(employee: &str, account: &str) -> ErasedPeople {
        let key = Arc::new(TenantKey::new("acme", &[1; 32]));
        let (employees, accounts) = ([key.employee(employee)].into(), [key.account(account)].into());
        ErasedPeople::new(key, employees, accounts)
    }

    fn person(employee: Option<&str>, account: Option<&str>) -> Option<Value> {
        let text = |id: Option<&str>| id.map(str::to_owned);
        let display_name = "Ana Ruiz".to_owned();
        Some(Value::Person(Person { employee_id: text(employee), account_id: text(account), display_name }))
    }

    fn change(employee: &str, kind: ChangeKind, depends_on: &[&str], fields: Vec<FieldChange>) -> Change {
        Change {
            id: format!("change:{employee}"),
            kind,
            employee_id: Some(employee.to_owned()),
            target_id: None,
            display_name: String::new(),
            depends_on: depends_on.iter().map(ToString::to_string).collect(),
            after: Vec::new(),
            fields,
            reason: String::new(),
        }
    }

    fn manager(before: Option<Value>, after: Option<Value>) -> FieldChange {
        FieldChange { field: "manager".to_owned(), before, after }
    }

    fn error(employee: &str) -> Finding {
        Finding {
            severity: Severity::Error,
            code: "MISSING_EMAIL".to_owned(),
            employee_id: Some(employee.to_owned()),
            field: None,
            message: String::new(),
            remedy: String::new(),
        }
    }

    #[test]
    fn nothing_of_a_plan_is_about_them_or_names_them_or_waits_for_them() {
        let title =
            FieldChange { field: "title".to_owned(), before: None, after: Some(Value::Text("Lead".to_owned())) };
        let counts = [("create", 2), ("update", 3), ("failed", 2), ("conflict", 0)];
        let mut planned = Planned {
            created_at: 0,
            counts: counts.map(|(name, number)| (name.to_owned(), number)).into(),
            findings: vec![error("1"), error("2")],
            active_accounts: Vec::new(),
            has_left: BTreeSet::new(),
            baseline: Vec::new(),
            changes: vec![
                change("1", ChangeKind::Create, &[], vec![title.clone()]),
                change("2", ChangeKind::Create, &["change:1"], vec![manager(None, person(Some("1"), None)), title]),
                change("3", ChangeKind::Update, &["change:1"], vec![manager(None, person(Some("1"), None))]),
                change("4", ChangeKind::Update, &["change:3"], vec![manager(person(None, Some("100")), None)]),
                change("5", ChangeKind::Update, &[], vec![manager(None, person(None, Some("100")))]),
            ],
        };
        let untouched = planned.clone();
        assert!(matches!(ErasedPeople::default().without(&planned), Cow::Borrowed(_)));
        forgotten("9", "900").leave_out(&mut planned);
        assert_eq!(planned.changes, untouched.changes);
        forgotten("1", "100").leave_out(&mut planned);
        let ids: Vec<_> = planned.changes.iter().map(|change| change.id.as_str()).collect();
        assert_eq!(ids, ["change:2", "change:4"]);
        assert!(planned.changes.iter().all(|change| change.depends_on.is_empty()));
        assert_eq!(planned.changes[0].fields.len(), 1);
        let Some(Value::Person(before)) = &planned.changes[1].fields[0].before else { panic!() };
        assert_eq!((before.display_name.as_str(), before.account_id.as_deref()), (FORGOTTEN, Some("100")));
        assert_eq!(planned.findings, [error("2")]);
        let counted = ["create", "update", "failed", "conflict", LEFT_OUT].map(|name| planned.count(name));
        assert_eq!(counted, [1, 1, 1, 0, 1]);
    }
}

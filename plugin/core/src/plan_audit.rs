//! The plan audit: checks every finished plan independently of the code that made it.
//!
//! It shares no code with the planner. It goes through the changes as they would be applied, compares them with the
//! accounts as they were read, and refuses a plan that breaks one of the promises. Each promise is the text of a
//! `require` below.

use crate::change::{Change, ChangeKind, FieldChange};
use crate::host_facts::HostFacts;
use crate::link::Links;
use crate::lookup::Lookup;
use crate::scim::Account;
use crate::text_form::address_key;
use crate::value::Value;
use std::collections::BTreeSet;

/// Fields that a plan may write. Stated here again, and not taken from the table of fields: a mistake there is caught
/// here.
const OWNED: [&str; 19] = [
    "user-name",
    "external-id",
    "given-name",
    "family-name",
    "title",
    "phone",
    "language",
    "locale",
    "gender",
    "date-of-birth",
    "country",
    "cost-center",
    "company",
    "travel-policy",
    "emergency-name",
    "emergency-phone",
    "manager",
    "approvers",
    "active",
];

const _: () = assert!(OWNED.len() <= u32::BITS as usize, "`Written::fields` has no bit for each field");

/// Fields that may never be emptied. Stated here again, as [`OWNED`] is.
const NEVER_EMPTY: [&str; 4] = ["user-name", "external-id", "given-name", "family-name"];

/// Most violations that are reported; the audit stops after them.
const SHOWN_MAX: usize = 10;

/// An account as it is before the change that is checked.
struct AccountBefore<'a> {
    external_id: Option<&'a str>,
    active: Option<bool>,
}

/// What the audit knows beside the accounts.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The stored links.
    pub links: &'a Links,
    /// The ids of the employees who have left: only their accounts may pass to another employee id.
    pub leavers: &'a BTreeSet<&'a str>,
    /// The host's facts.
    pub host: &'a HostFacts,
    /// Whether HiBob sent an employee.
    pub sent: &'a dyn Fn(&str) -> bool,
}

/// Checks a plan's changes in their order.
///
/// # Errors
/// The first ten violations, each with the change's id and the promise that it breaks.
pub fn check(
    changes: impl Iterator<Item = Change>,
    accounts: &[Account],
    facts: &Facts<'_>,
) -> Result<(), Vec<String>> {
    use crate::field::TextField::{ExternalId, UserName};
    let mut changes = changes.peekable();
    if changes.peek().is_none() {
        return Ok(()); // a plan without changes breaks no promise
    }
    // With room for all from the start, since a map that grows hashes every text again.
    let most = changes.size_hint().1.unwrap_or_default();
    let mut names = Lookup::with_capacity(accounts.len() + most);
    for name in accounts.iter().filter_map(|account| account.text(UserName)) {
        names.insert(address_key(name), ());
    }
    let accounts: Lookup<&str, AccountBefore<'_>> = accounts
        .iter()
        .map(|account| {
            (&*account.id, AccountBefore { external_id: account.text(ExternalId), active: account.state.known() })
        })
        .collect();
    let mut audit = Audit {
        accounts,
        facts: *facts,
        done: Lookup::with_capacity(most),
        written: Lookup::with_capacity(most),
        names,
        broken: Vec::new(),
    };
    for change in changes {
        audit.look(&change);
        if audit.broken.len() >= SHOWN_MAX {
            break;
        }
    }
    if audit.broken.is_empty() { Ok(()) } else { Err(audit.broken) }
}

/// What earlier changes of the plan write to one account.
#[derive(Default)]
struct Written {
    /// A bit for each of [`OWNED`].
    fields: u32,
    user_name: Option<Value>,
}

impl Written {
    /// Whether this is the final user name after a temporary one. Only that may be written a second time, and only if
    /// `before` is what the first change wrote.
    fn goes_on_with(&self, change: &Change, field: &FieldChange) -> bool {
        let alone = change.kind == ChangeKind::Update && change.fields.len() == 1 && field.field == "user-name";
        alone && self.user_name.is_some() && self.user_name == field.before
    }
}

struct Audit<'a> {
    accounts: Lookup<&'a str, AccountBefore<'a>>,
    facts: Facts<'a>,
    done: Lookup<String, ()>,
    /// By account id, or by employee id for an account that the plan creates.
    written: Lookup<String, Written>,
    /// The user names in use before the change that is checked.
    names: Lookup<String, ()>,
    broken: Vec<String>,
}

impl Audit<'_> {
    fn require(&mut self, holds: bool, change: &Change, promise: &str) {
        if !holds {
            self.broken.push(format!("the change {} breaks the rule \"{promise}\"", change.id));
        }
    }

    fn look(&mut self, change: &Change) {
        let first = self.done.insert(change.id.clone(), ()).is_none();
        self.require(first, change, "an id is used once");
        let mut waits_for = change.depends_on.iter().chain(&change.after);
        let earlier = waits_for.all(|id| *id != change.id && self.done.contains(id.as_str()));
        self.require(earlier, change, "what a change waits for comes before it");
        if matches!(change.kind, ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter) {
            return self.cost_center(change);
        }
        self.account(change);
        self.fields(change);
        self.user_name(change);
    }

    /// Cost centers are only created and restored, never renamed, archived or given other members.
    fn cost_center(&mut self, change: &Change) {
        let is_allowed = change.employee_id.is_none()
            && match (change.kind, change.fields.as_slice()) {
                (ChangeKind::CreateCostCenter, [field]) => {
                    change.target_id.is_none()
                        && field.field == "name"
                        && change.text_after("name").is_some_and(|name| !name.trim().is_empty())
                }
                (ChangeKind::RestoreCostCenter, [field]) => {
                    change.target_id.is_some() && field.field == "archived" && field.after == Some(Value::Flag(false))
                }
                _ => false,
            };
        self.require(is_allowed, change, "a cost center is created or restored, and nothing else");
    }

    /// Only accounts that the sync created, adopted or may adopt are changed.
    fn account(&mut self, change: &Change) {
        let Some(employee) = change.employee_id.as_deref() else {
            return self.require(false, change, "a change of an account names its employee");
        };
        let Some(id) = change.target_id.as_deref() else {
            let made_here =
                change.kind == ChangeKind::Create || change.depends_on.contains(&format!("create:{employee}"));
            return self.require(made_here, change, "only an account that this plan creates has no id yet");
        };
        let facts = self.accounts.get(id).map(|before| {
            let linked = self.facts.links.get(employee).is_some_and(|link| *link.account == *id);
            let archives = change.kind == ChangeKind::Archive;
            let in_ledger = archives && self.facts.host.owner_of(id).is_some_and(|row| row.employee == employee);
            let own = before.external_id == Some(employee);
            let nobodys = before.external_id.is_none();
            let leavers = before.external_id.is_some_and(|id| self.facts.leavers.contains(id));
            let unknown = before.external_id.is_some_and(|id| {
                archives && !(self.facts.sent)(id) && self.facts.links.get(id).is_none() && !self.facts.host.knows(id)
            });
            let ordered = self.facts.host.is_ordered(employee, id);
            let given_up = self.facts.host.is_unlinked(id) && !ordered;
            let same_name = change.text_after("user-name").is_none() || ordered; // a user name that is not changed is the one it was matched by
            let active = before.active;
            let archivable = !given_up && (own || ((linked || in_ledger) && (nobodys || unknown)));
            let theirs = !given_up && (own || (linked && nobodys));
            (theirs, archivable, linked, !given_up && (nobodys || leavers), same_name, active)
        });
        let Some((theirs, archivable, linked, free, same_name, active)) = facts else {
            return self.require(false, change, "a change is made to an account that was read");
        };
        let claimed = free && same_name && change.text_after("external-id") == Some(employee);
        let allowed = match change.kind {
            ChangeKind::Create | ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter => false,
            ChangeKind::Archive => archivable,
            ChangeKind::Update => theirs || (linked && claimed),
            ChangeKind::Adopt | ChangeKind::Reactivate => theirs || claimed,
        };
        self.require(allowed, change, "an account that is not under the sync's care is never changed");
        let state = match change.kind {
            ChangeKind::Reactivate => active == Some(false),
            _ => active == Some(true),
        };
        self.require(state, change, "the kind of change fits the account's state");
        if let (Some(before), Some(active)) = (self.accounts.get_mut(id), change.active_after()) {
            before.active = Some(active);
        }
    }

    fn fields(&mut self, change: &Change) {
        let owner = change
            .target_id
            .clone()
            .unwrap_or_else(|| format!("employee {}", change.employee_id.as_deref().unwrap_or_default()));
        let mut written = self.written.remove(&owner).unwrap_or_default();
        for field in &change.fields {
            let position = OWNED.iter().position(|owned| *owned == field.field);
            self.require(position.is_some(), change, "only fields of the sync are written");
            let bit = position.map_or(0, |position| 1 << position);
            let again = written.fields & bit != 0 && !written.goes_on_with(change, field);
            self.require(!again, change, "a field of an account is written once");
            if field.field == "user-name" {
                written.user_name.clone_from(&field.after);
            }
            written.fields |= bit;
            let emptied = field.after.is_none() && NEVER_EMPTY.contains(&field.field.as_str());
            self.require(!emptied, change, "names, user name and external id are never emptied");
            let external = field.field == "external-id";
            let own = matches!(&field.after, Some(Value::Text(id)) if change.employee_id.as_ref() == Some(id));
            self.require(!external || own, change, "an account's external id becomes its employee's id");
        }
        self.written.insert(owner, written);
        let expected = match change.kind {
            ChangeKind::Create | ChangeKind::Reactivate => Some(true),
            ChangeKind::Archive => Some(false),
            _ => None,
        };
        self.require(
            change.active_after() == expected,
            change,
            "only creating, archiving and reactivating decide about `active`",
        );
        if change.kind == ChangeKind::Archive {
            self.require(change.fields.len() == 1, change, "archiving writes nothing but `active`");
        }
        if change.kind == ChangeKind::Create {
            let whole = NEVER_EMPTY.iter().all(|name| change.text_after(name).is_some());
            self.require(whole, change, "a new account has its names, user name and external id");
        }
    }

    /// At no point of the plan two accounts have the same user name.
    fn user_name(&mut self, change: &Change) {
        let Some(name) = change.text_after("user-name").map(address_key) else {
            return;
        };
        let before = match change.field("user-name").and_then(|field| field.before.as_ref()) {
            Some(Value::Text(before)) => Some(address_key(before)),
            _ => None,
        };
        if let Some(before) = before.filter(|before| *before != name) {
            self.names.remove(&before);
        }
        let free = self.names.insert(name, ()).is_none();
        self.require(free, change, "a user name is free when an account gets it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The audit lists the fields independently. A field that is missing in one of the two lists is a mistake.
    #[test]
    fn the_audit_and_the_table_have_the_same_fields() {
        use crate::field::{Field, TEXT_FIELDS};
        use std::collections::BTreeSet;
        let table: BTreeSet<&str> = Field::all().map(Field::name).collect();
        assert_eq!(BTreeSet::from(OWNED), table);
        let kept = TEXT_FIELDS.into_iter().filter(|field| !field.row().can_be_cleared);
        assert_eq!(BTreeSet::from(NEVER_EMPTY), kept.map(|field| field.name()).collect());
    }
}

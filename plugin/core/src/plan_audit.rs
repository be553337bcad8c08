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

    fn account(id: &str, external_id: &str, user_name: &str) -> Account {
        serde_json::from_value(
            serde_json::json!({ "id": id, "externalId": external_id, "userName": user_name, "active": true }),
        )
        .unwrap()
    }

    fn change(kind: ChangeKind, employee: &str, account: Option<&str>, fields: &[(&str, Value)]) -> Change {
        Change {
            id: format!("{}:{employee}", kind.name()),
            kind,
            employee_id: Some(employee.to_owned()),
            target_id: account.map(str::to_owned),
            display_name: String::new(),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields: fields
                .iter()
                .map(|(field, after)| FieldChange {
                    field: (*field).to_owned(),
                    before: None,
                    after: Some(after.clone()),
                })
                .collect(),
            reason: String::new(),
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// What a plan without links is checked with. The employees 7 and 9 were sent, and 6 has left.
    fn audit(changes: Vec<Change>, accounts: &[Account], host: &HostFacts) -> Result<(), Vec<String>> {
        let (links, leavers) = (Links::default(), BTreeSet::from(["6"]));
        let facts = Facts { links: &links, leavers: &leavers, host, sent: &|id| ["6", "7", "9"].contains(&id) };
        check(changes.into_iter(), accounts, &facts)
    }

    #[track_caller]
    fn refused(changes: Vec<Change>, promise: &str) {
        let accounts = [account("1", "7", "ana@acme.example"), account("2", "", "guest@acme.example")];
        let broken = audit(changes, &accounts, &HostFacts::default()).unwrap_err().join("\n");
        assert!(broken.contains(promise), "{broken}");
    }

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

    #[test]
    fn a_sound_plan_passes() {
        let archive = change(ChangeKind::Archive, "7", Some("1"), &[("active", Value::Flag(false))]);
        let accounts = [account("1", "7", "ana@acme.example")];
        assert_eq!(audit(vec![archive], &accounts, &HostFacts::default()), Ok(()));
    }

    #[test]
    fn an_account_of_the_ledger_is_archived_unless_its_external_id_is_somebodys() {
        use crate::value::NamedValue;
        let archive = || vec![change(ChangeKind::Archive, "6", Some("1"), &[("active", Value::Flag(false))])];
        let named = |name: &str, value| NamedValue { name: name.to_owned(), value };
        let ledger = || named("host:accounts", text("6\t1\t-\n8\t5\t-\n"));
        for (external_id, is_sound) in [("", true), ("elsewhere", true), ("7", false), ("8", false)] {
            let accounts = [account("1", external_id, "ana@acme.example")];
            let audited = audit(archive(), &accounts, &HostFacts::of(&[ledger()]));
            assert_eq!(audited.is_ok(), is_sound, "{external_id:?}");
            assert!(audit(archive(), &accounts, &HostFacts::default()).is_err());
        }
        // Nor is one that a person has given up, whatever it carries.
        let unlinked = named("host:unlinked", Value::Pairs(vec![("1".to_owned(), "6".to_owned())]));
        let accounts = [account("1", "6", "ana@acme.example")];
        assert!(audit(archive(), &accounts, &HostFacts::of(&[ledger(), unlinked])).is_err());
    }

    #[test]
    fn each_broken_promise_is_found() {
        let off = ("active", Value::Flag(false));
        refused(
            vec![change(ChangeKind::Archive, "8", Some("1"), std::slice::from_ref(&off))],
            "not under the sync's care",
        );
        refused(
            vec![change(ChangeKind::Archive, "8", Some("2"), std::slice::from_ref(&off))],
            "not under the sync's care",
        );
        refused(vec![change(ChangeKind::Update, "7", Some("1"), std::slice::from_ref(&off))], "decide about `active`");
        refused(
            vec![change(ChangeKind::Archive, "7", Some("1"), &[off.clone(), ("title", text("x"))])],
            "nothing but `active`",
        );
        refused(vec![change(ChangeKind::Update, "7", Some("1"), &[("groups", text("x"))])], "only fields of the sync");
        refused(vec![change(ChangeKind::Update, "7", Some("1"), &[("external-id", text("8"))])], "its employee's id");
        refused(
            vec![change(ChangeKind::Update, "7", Some("1"), &[("user-name", text("Guest@acme.example"))])],
            "is free when",
        );
        refused(vec![change(ChangeKind::Update, "7", Some("9"), &[])], "that was read");
        refused(
            vec![change(ChangeKind::Reactivate, "7", Some("1"), &[("active", Value::Flag(true))])],
            "fits the account's state",
        );
        refused(
            vec![change(ChangeKind::Create, "8", None, &[("active", Value::Flag(true))])],
            "a new account has its names",
        );
        let update = change(ChangeKind::Update, "7", Some("1"), &[("title", text("x"))]);
        refused(vec![update.clone(), update.clone()], "an id is used once");
        let mut waits = update;
        waits.depends_on = vec!["create:9".to_owned()];
        refused(vec![waits], "comes before it");
    }
}

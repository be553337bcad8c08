//! Counting: which changes belong to which class. Nothing of this is the plugin's arithmetic.
//!
//! Accounts are counted, not changes: an account that takes part in an exchange of addresses is renamed twice, and
//! counts once. What a plan does to an account that it creates is part of creating it. Before the first applied run, so
//! is what it does to an account that it adopts; creations and adoptions have a confirmation of their own then.

use crate::guard::held::USER_NAME;
use crate::guard::{Class, GuardFacts, number};
use crate::value::is_none;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{Person, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The fields with a person's name.
const NAMES: [&str; 2] = ["given-name", "family-name"];

/// The fields that say whom somebody reports to.
const MANAGER: &str = "manager";
const APPROVERS: &str = "approvers";

const COST_CENTER: &str = "cost-center";

/// Where a person works. A manager of whom one of these changes has moved.
const PLACES: [&str; 2] = [COST_CENTER, "company"];

/// The changes of one class, or of one field of it.
pub(super) struct Counted<'p> {
    pub(super) class: Class,
    /// The field, where the class is counted field by field.
    pub(super) field: Option<&'p str>,
    /// The number of accounts that the share is of.
    pub(super) of: usize,
    pub(super) items: Vec<Item<'p>>,
    /// Whether only the fields are held, and not the whole change.
    pub(super) holds_fields: bool,
    /// Moves that count once: of a whole cost center to another one, by the names of both.
    whole: BTreeSet<(&'p str, &'p str)>,
}

/// A change, as far as it belongs to a class.
#[derive(Clone)]
pub(super) struct Item<'p> {
    /// The change's position in the plan.
    pub(super) position: usize,
    /// What is counted: the account's id, or the change's where it has none.
    pub(super) unit: &'p str,
    pub(super) employee: Option<&'p str>,
    /// The fields that belong to the class.
    pub(super) fields: Vec<&'p str>,
    /// The cost centers before and after.
    moves: Option<(&'p str, &'p str)>,
}

impl Counted<'_> {
    /// How many accounts these changes are about. A whole cost center that moves counts once.
    pub(super) fn number(&self, items: &[&Item<'_>]) -> usize {
        let (mut wholes, mut single) = (BTreeSet::new(), BTreeSet::new());
        for item in items {
            match item.moves.filter(|moves| self.whole.contains(moves)) {
                Some(moves) => wholes.insert(moves),
                None => single.insert((item.unit, "")),
            };
        }
        wholes.len() + single.len()
    }
}

/// The accounts that a change of the plan may give to another employee, and whose owners the guards have to know.
pub fn maybe_reassigned(planned: &Planned) -> Vec<String> {
    let changes = planned.changes.iter().filter(|change| change.employee_id.is_some());
    let changes = changes.filter(|change| {
        matches!(change.kind, ChangeKind::Adopt | ChangeKind::Reactivate) || former_id(change).is_some()
    });
    changes.filter_map(|change| change.target_id.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The accounts of which the guards have to know whether the ledger has them as archived: those that the plan archives,
/// and those of line managers who are replaced.
pub fn maybe_archived(planned: &Planned) -> Vec<String> {
    let archived =
        planned.changes.iter().filter(|change| archives(change)).filter_map(|change| change.target_id.clone());
    let managers = planned.changes.iter().filter_map(|change| former_manager(change)?.account_id.clone());
    archived.chain(managers).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Every class with its changes, but for those of which there are none.
pub(super) fn counted<'p>(planned: &'p Planned, ledger: &GuardFacts, n: usize) -> Vec<Counted<'p>> {
    let mut all: Vec<Counted<'p>> = Vec::new();
    let mut put = |class: Class, items: Vec<Item<'p>>, holds_fields: bool, whole: BTreeSet<(&'p str, &'p str)>| {
        if !items.is_empty() {
            all.push(Counted { class, field: None, of: n, items, holds_fields, whole });
        }
    };
    let none = BTreeSet::new;
    put(Class::Archiving, whole(planned, archives), false, none());
    let creates = |change: &Change| change.kind == ChangeKind::Create && !ledger.is_first;
    put(Class::Creating, whole(planned, creates), false, none());
    put(Class::Reactivating, whole(planned, reactivates), false, none());
    let existing = existing(planned, ledger.is_first);
    let fields = |is_one: &dyn Fn(&'p Change, &'p FieldChange) -> bool| -> Vec<Item<'p>> {
        let of_change = |&(position, change): &(usize, &'p Change)| {
            let fields: Vec<&str> = change.fields.iter().filter(|field| is_one(change, field)).map(name).collect();
            (!fields.is_empty()).then(|| Item { fields, ..item(position, change) })
        };
        existing.iter().filter_map(of_change).collect()
    };
    put(Class::Renaming, fields(&|_, field| field.field == USER_NAME && !is_none(&field.after)), true, none());
    put(Class::Names, fields(&|_, field| NAMES.contains(&name(field)) && !is_none(&field.after)), true, none());
    let leaving = Leaving::of(planned, ledger);
    let managers = fields(&|change, field| {
        let is_exchanged = !is_none(&field.before) && !is_none(&field.after);
        [MANAGER, APPROVERS].contains(&name(field)) && is_exchanged && !leaving.explains(change)
    });
    put(Class::Managers, managers, true, none());
    let mut moves = fields(&|_, field| field.field == COST_CENTER && moved(field).is_some());
    for item in &mut moves {
        let field = planned.changes.get(item.position).and_then(|change| the_field(change, COST_CENTER));
        item.moves = field.and_then(moved);
    }
    let wholes = whole_cost_centers(planned, &moves);
    put(Class::CostCenters, moves, true, wholes);
    let reassigned = reassigned(planned, &ledger.owners);
    let reassigning = reassigned.changes.iter().filter_map(|&at| Some(item(at, planned.changes.get(at)?)));
    put(Class::Reassigning, reassigning.collect(), false, none());
    all.extend(cleared(planned, &existing, n));
    all
}

/// The fields that lose their value, each with its changes.
fn cleared<'p>(planned: &Planned, existing: &[(usize, &'p Change)], n: usize) -> Vec<Counted<'p>> {
    let mut by_field: BTreeMap<&str, Vec<Item<'p>>> = BTreeMap::new();
    for &(position, change) in existing {
        for field in change.fields.iter().filter(|field| field.field != "active" && is_none(&field.after)) {
            let item = Item { fields: vec![name(field)], ..item(position, change) };
            by_field.entry(name(field)).or_default().push(item);
        }
    }
    let of_field = |(field, items): (&'p str, Vec<Item<'p>>)| {
        // The plugin's number of values may only lower the limit.
        let values =
            number(&planned.baseline, &format!("values:{field}")).and_then(|number| usize::try_from(number).ok());
        let of = values.map_or(n, |values| values.min(n));
        Counted { class: Class::Clearing, field: Some(field), of, items, holds_fields: true, whole: BTreeSet::new() }
    };
    by_field.into_iter().map(of_field).collect()
}

/// The changes of accounts that exist, by position. Before the first applied run, those that the plan adopts do not
/// count.
fn existing(planned: &Planned, is_first: bool) -> Vec<(usize, &Change)> {
    let adopts = |change: &&Change| is_first && change.kind == ChangeKind::Adopt;
    let adopted: BTreeSet<&str> =
        planned.changes.iter().filter(adopts).filter_map(|change| change.target_id.as_deref()).collect();
    let counts = |(_, change): &(usize, &Change)| {
        change.employee_id.is_some()
            && change.kind != ChangeKind::Create
            && change.target_id.as_deref().is_some_and(|account| !adopted.contains(account))
    };
    planned.changes.iter().enumerate().filter(counts).collect()
}

fn item(position: usize, change: &Change) -> Item<'_> {
    let unit = change.target_id.as_deref().unwrap_or(&change.id);
    Item { position, unit, employee: change.employee_id.as_deref(), fields: Vec::new(), moves: None }
}

fn whole<'p>(planned: &'p Planned, is_one: impl Fn(&Change) -> bool) -> Vec<Item<'p>> {
    let changes = planned.changes.iter().enumerate().filter(|(_, change)| is_one(change));
    changes.map(|(position, change)| item(position, change)).collect()
}

fn archives(change: &Change) -> bool {
    change.kind == ChangeKind::Archive || sets_active(change, false)
}

fn reactivates(change: &Change) -> bool {
    change.kind == ChangeKind::Reactivate
        || (change.kind != ChangeKind::Create && change.employee_id.is_some() && sets_active(change, true))
}

fn sets_active(change: &Change, active: bool) -> bool {
    change.fields.iter().any(|field| field.field == "active" && field.after == Some(Value::Flag(active)))
}

fn name(field: &FieldChange) -> &str {
    &field.field
}

fn the_field<'p>(change: &'p Change, name: &str) -> Option<&'p FieldChange> {
    change.fields.iter().find(|field| field.field == name)
}

/// The line manager whom a change replaces or removes.
fn former_manager(change: &Change) -> Option<&Person> {
    match the_field(change, MANAGER)?.before.as_ref()? {
        Value::Person(person) => Some(person),
        _ => None,
    }
}

/// Who leaves or moves by this plan, or has left: their people get another line manager, which is no accident.
struct Leaving<'p> {
    accounts: BTreeSet<&'p str>,
    employees: BTreeSet<&'p str>,
    ledger: &'p GuardFacts,
}

impl<'p> Leaving<'p> {
    fn of(planned: &'p Planned, ledger: &'p GuardFacts) -> Self {
        let goes = |change: &&Change| {
            change.kind != ChangeKind::Create
                && (archives(change) || change.fields.iter().any(|field| PLACES.contains(&name(field))))
        };
        let going: Vec<&Change> = planned.changes.iter().filter(goes).collect();
        let accounts = going.iter().filter_map(|change| change.target_id.as_deref()).collect();
        let employees = going.iter().filter_map(|change| change.employee_id.as_deref()).collect();
        Self { accounts, employees, ledger }
    }

    fn explains(&self, change: &Change) -> bool {
        former_manager(change).is_some_and(|former| {
            let account = former.account_id.as_deref();
            account.is_some_and(|id| self.accounts.contains(id) || self.ledger.archived.contains_key(id))
                || former.employee_id.as_deref().is_some_and(|id| self.employees.contains(id))
        })
    }
}

/// The cost centers before and after, where one is exchanged for another.
fn moved(field: &FieldChange) -> Option<(&str, &str)> {
    match (&field.before, &field.after) {
        (Some(Value::Text(before)), Some(Value::Text(after))) if !before.is_empty() && !after.is_empty() => {
            Some((before, after))
        }
        _ => None,
    }
}

/// The moves in which everybody of a cost center goes to the same other one. How many people a cost center has is the
/// plugin's number, of active accounts; without it, each of them counts. An account that is reactivated was not among
/// them, so its move does not help to make them everybody.
fn whole_cost_centers<'p>(planned: &Planned, moves: &[Item<'p>]) -> BTreeSet<(&'p str, &'p str)> {
    let returning: BTreeSet<&str> = planned
        .changes
        .iter()
        .filter(|change| reactivates(change))
        .filter_map(|change| change.target_id.as_deref())
        .collect();
    let mut people: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for item in moves.iter().filter(|item| !returning.contains(item.unit)) {
        if let Some(moved) = item.moves {
            people.entry(moved).or_default().insert(item.unit);
        }
    }
    let is_whole = |((before, _), people): &(&(&str, &str), &BTreeSet<&str>)| {
        let all = number(&planned.baseline, &format!("cost-center:{before}"));
        all.is_some_and(|all| people.len() as u64 >= all)
    };
    people.iter().filter(is_whole).map(|(moved, _)| *moved).collect()
}

/// What the change says of the external id before it, if it writes the external id: none, or the former employee's.
fn former_id(change: &Change) -> Option<Option<&str>> {
    let field = the_field(change, "external-id")?;
    Some(match &field.before {
        Some(Value::Text(id)) if !id.is_empty() => Some(id),
        _ => None,
    })
}

/// What a plan gives to another employee.
pub(super) struct Reassigned {
    /// The positions of the changes.
    pub(super) changes: Vec<usize>,
    /// How many accounts they are about.
    pub(super) accounts: usize,
    /// Whether the plan also has a change that keeps a former employee active.
    is_kept: bool,
}

impl Reassigned {
    /// These, if the plan also keeps a former employee active.
    pub(super) fn kept(self) -> Option<Self> {
        (self.is_kept && !self.changes.is_empty()).then_some(self)
    }
}

/// Walks through the plan with the owner that each account has by then.
pub(super) fn reassigned(planned: &Planned, owners: &BTreeMap<String, String>) -> Reassigned {
    let mut owners: BTreeMap<&str, &str> =
        owners.iter().map(|(account, owner)| (account.as_str(), owner.as_str())).collect();
    let (mut changes, mut accounts, mut former) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for (position, change) in planned.changes.iter().enumerate() {
        let (Some(account), Some(employee)) = (change.target_id.as_deref(), change.employee_id.as_deref()) else {
            continue;
        };
        let before = owners.insert(account, employee).or_else(|| former_id(change).flatten());
        if let Some(before) = before.filter(|before| *before != employee) {
            changes.push(position);
            accounts.insert(account);
            former.insert(before);
        }
    }
    let keeps = |change: &Change| {
        change.kind != ChangeKind::Archive && change.employee_id.as_deref().is_some_and(|id| former.contains(id))
    };
    Reassigned { changes, accounts: accounts.len(), is_kept: planned.changes.iter().any(keeps) }
}

//! The guards' table, stated a second time, for the fuzz target `plan-guard` and for the simulation. It shares no code with
//! the host but the types of plans: what belongs to a class, how many there are and how many may be, is all counted anew.

use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::Value;
use hibob_policy::guard::Class;
use std::collections::{BTreeMap, BTreeSet};

/// One row: class, the number that always passes where at least three times as many accounts are there, whether it is cut
/// to a third of them, the share in percent, and whether half of them is too many.
pub type Row = (Class, usize, bool, usize, bool);

/// The table of docs/use/sync.md.
pub const TABLE: [Row; 9] = [
    (Class::Archiving, 5, true, 10, true),
    (Class::Creating, 10, false, 10, false),
    (Class::Reactivating, 5, true, 5, true),
    (Class::Renaming, 5, true, 10, true),
    (Class::Names, 5, true, 5, false),
    (Class::Managers, 10, false, 20, false),
    (Class::CostCenters, 10, false, 20, false),
    (Class::Reassigning, 3, true, 1, false),
    (Class::Clearing, 3, true, 10, true),
];

/// What is known beside the changes.
pub struct Facts<'f> {
    /// Active managed accounts, by the lower of the plugin's number and the ledger's.
    pub n: usize,
    /// Active managed accounts by the ledger.
    pub active: usize,
    /// Accounts that were archived within 30 days.
    pub archived: usize,
    /// Accounts that are archived, with the time of the last archiving.
    pub inactive: &'f BTreeMap<String, i64>,
    /// The time from which on archivings are within the 30 days.
    pub since: i64,
    /// The employee of an account before the changes, by the ledger.
    pub owners: &'f BTreeMap<String, String>,
    /// Whether no run was applied yet.
    pub is_first: bool,
    /// The number that the operator has set for a class.
    pub set: &'f dyn Fn(Class) -> Option<usize>,
    /// The number that the operator releases of a class.
    pub released: &'f dyn Fn(Class) -> usize,
    /// How many accounts have a value of a field, where it is known.
    pub values: &'f dyn Fn(&str) -> Option<usize>,
    /// How many people a cost center has, where it is known.
    pub people_of: &'f dyn Fn(&str) -> Option<usize>,
    /// Accounts whose owner leaves, moves or has left, beside those of which the changes say so.
    pub goes: &'f dyn Fn(&str) -> bool,
}

/// How much of a class, or of one field of it, there is.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// The positions of the changes.
    pub positions: BTreeSet<usize>,
    /// How many accounts they count as.
    pub number: usize,
    /// How many may be in one run.
    pub most: usize,
    /// Whether it is too much.
    pub is_too_much: bool,
}

/// Counts every class of changes; of clearing, every field by itself.
pub fn count(changes: &[Change], facts: &Facts<'_>) -> BTreeMap<(Class, Option<String>), Counted> {
    let (given, is_kept) = given(changes, facts.owners);
    let cleared: BTreeSet<&str> = changes
        .iter()
        .flat_map(|change| change.fields.iter().filter(|field| is_none(&field.after)).map(|field| field.field.as_str()))
        .filter(|field| *field != "active")
        .collect();
    let mut all = BTreeMap::new();
    for row in TABLE {
        let fields: Vec<Option<&str>> = match row.0 {
            Class::Clearing => cleared.iter().copied().map(Some).collect(),
            _ => vec![None],
        };
        for field in fields {
            let counted = count_one(changes, facts, row, field, &given, is_kept);
            if !counted.positions.is_empty() {
                all.insert((row.0, field.map(str::to_owned)), counted);
            }
        }
    }
    all
}

fn count_one(
    changes: &[Change],
    facts: &Facts<'_>,
    (class, least, is_cut, percent, half): Row,
    field: Option<&str>,
    given: &BTreeSet<usize>,
    is_kept: bool,
) -> Counted {
    // What belongs to the class, and what is counted of it.
    let mut of_class: BTreeMap<usize, String> = BTreeMap::new();
    for (position, change) in changes.iter().enumerate() {
        let unit = change.target_id.clone().unwrap_or_else(|| change.id.clone());
        let exists = !facts.is_first || !is_adopted(changes, change);
        let exists = exists && change.employee_id.is_some() && change.target_id.is_some();
        let exists = exists && change.kind != ChangeKind::Create;
        let writes = |name: &str| after(change, name).is_some_and(|value| value.is_some());
        let belongs = match class {
            Class::Archiving => change.kind == ChangeKind::Archive || flag(change) == Some(false),
            Class::Creating => change.kind == ChangeKind::Create && !facts.is_first,
            Class::Reactivating => {
                let is_set = change.kind != ChangeKind::Create && change.employee_id.is_some();
                change.kind == ChangeKind::Reactivate || (is_set && flag(change) == Some(true))
            }
            Class::Renaming => exists && writes("user-name"),
            Class::Names => exists && (writes("given-name") || writes("family-name")),
            Class::Managers => {
                exists && writes("manager") && boss(change).is_some_and(|boss| !goes(changes, facts, &boss))
            }
            Class::CostCenters => exists && moves(change).is_some(),
            Class::Reassigning => given.contains(&position),
            Class::Clearing => exists && after(change, field.unwrap_or_default()) == Some(None),
        };
        if belongs {
            of_class.insert(position, unit);
        }
    }
    let number = match class {
        Class::CostCenters => count_moves(changes, &of_class, facts),
        _ => of_class.values().collect::<BTreeSet<_>>().len(),
    };
    let n = match (class, field.and_then(|field| (facts.values)(field))) {
        (Class::Clearing, Some(values)) => facts.n.min(values),
        _ => facts.n,
    };
    let least = if is_cut { least.min(n / 3).max(1) } else { least };
    let set = (facts.set)(class);
    let most = set.unwrap_or(least).max(n * percent / 100);
    let again = of_class
        .values()
        .filter(|account| facts.inactive.get(*account).is_some_and(|at| *at >= facts.since))
        .collect::<BTreeSet<_>>()
        .len();
    let within = facts.archived + number - again.min(number);
    let before = facts.active + facts.archived;
    let least_before = set.unwrap_or_else(|| 5.min(before / 3).max(1)) + 1;
    let is_last = n == 1 || facts.active == 1;
    let is_archiving = class == Class::Archiving;
    let is_too_much = number > (facts.released)(class)
        && ((number > most && number > 1)
            || (half && number > 1 && number * 2 >= n)
            || (is_archiving && is_last && number == 1 && set.unwrap_or(0) == 0)
            || (is_archiving && within > least_before.max(before * 20 / 100)));
    let is_too_much = is_too_much || (class == Class::Reassigning && is_kept);
    Counted { positions: of_class.into_keys().collect(), number, most, is_too_much }
}

/// The changes that give an account to another employee, and whether the plan also keeps a former employee active.
fn given(changes: &[Change], owners: &BTreeMap<String, String>) -> (BTreeSet<usize>, bool) {
    let (mut now, mut given, mut former) = (owners.clone(), BTreeSet::new(), BTreeSet::new());
    for (position, change) in changes.iter().enumerate() {
        let (Some(account), Some(employee)) = (&change.target_id, &change.employee_id) else { continue };
        let before = now.insert(account.clone(), employee.clone()).or_else(|| before(change));
        if let Some(before) = before.filter(|before| before != employee) {
            given.insert(position);
            former.insert(before);
        }
    }
    let stays = |change: &Change| {
        change.kind != ChangeKind::Archive && change.employee_id.as_ref().is_some_and(|id| former.contains(id))
    };
    let is_kept = !given.is_empty() && changes.iter().any(stays);
    (given, is_kept)
}

/// Whether a value is none, or an empty text.
pub(crate) fn is_none(value: &Option<Value>) -> bool {
    match value {
        None => true,
        Some(Value::Text(text)) => text.is_empty(),
        Some(_) => false,
    }
}

/// The value that a change writes to a field: none where it does not write it, and `Some(None)` where it clears it.
fn after<'c>(change: &'c Change, field: &str) -> Option<Option<&'c Value>> {
    let field = change.fields.iter().find(|other| other.field == field)?;
    Some(field.after.as_ref().filter(|_| !is_none(&field.after)))
}

fn flag(change: &Change) -> Option<bool> {
    match after(change, "active")?? {
        Value::Flag(flag) => Some(*flag),
        _ => None,
    }
}

/// The account of the line manager before the change.
fn boss(change: &Change) -> Option<String> {
    match change.fields.iter().find(|field| field.field == "manager")?.before.as_ref()? {
        Value::Person(person) => person.account_id.clone(),
        _ => None,
    }
}

/// Whether the account's owner leaves or moves by the changes, or has left.
fn goes(changes: &[Change], facts: &Facts<'_>, account: &String) -> bool {
    facts.inactive.contains_key(account)
        || (facts.goes)(account)
        || changes.iter().any(|change| {
            change.kind != ChangeKind::Create
                && change.target_id.as_ref() == Some(account)
                && (change.kind == ChangeKind::Archive
                    || flag(change) == Some(false)
                    || change.fields.iter().any(|field| field.field == "cost-center"))
        })
}

fn moves(change: &Change) -> Option<(String, String)> {
    let field = change.fields.iter().find(|field| field.field == "cost-center")?;
    match (&field.before, &field.after) {
        (Some(Value::Text(before)), Some(Value::Text(after))) if !before.is_empty() && !after.is_empty() => {
            Some((before.clone(), after.clone()))
        }
        _ => None,
    }
}

/// A move of all people of a cost center to the same other one counts once. Whoever is reactivated was not among its
/// people.
fn count_moves(changes: &[Change], of_class: &BTreeMap<usize, String>, facts: &Facts<'_>) -> usize {
    let mut groups: BTreeMap<(String, String), BTreeSet<&String>> = BTreeMap::new();
    for (position, account) in of_class {
        if let Some(moved) = changes.get(*position).and_then(moves) {
            groups.entry(moved).or_default().insert(account);
        }
    }
    let returns: BTreeSet<&String> = changes
        .iter()
        .filter(|change| change.kind == ChangeKind::Reactivate || flag(change) == Some(true))
        .filter_map(|change| change.target_id.as_ref())
        .collect();
    let mut single = BTreeSet::new();
    let mut whole = 0;
    for ((before, _), people) in groups {
        match (facts.people_of)(&before) {
            Some(all) if people.difference(&returns).count() >= all.max(1) => whole += 1,
            _ => single.extend(people),
        }
    }
    whole + single.len()
}

fn is_adopted(changes: &[Change], change: &Change) -> bool {
    let adopts = |other: &Change| other.kind == ChangeKind::Adopt && other.target_id == change.target_id;
    change.target_id.is_some() && changes.iter().any(adopts)
}

/// The employee whom the change names as the former one.
fn before(change: &Change) -> Option<String> {
    match &change.fields.iter().find(|field| field.field == "external-id")?.before {
        Some(Value::Text(id)) => Some(id.clone()),
        _ => None,
    }
}

//! The guards' table, stated a second time. It shares no code with the host but the types of plans: what belongs to a
//! class, how many there are and how many may be, is all counted anew.

use crate::Reading;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{NamedValue, Person, Value};
use hibob_policy::guard::{
    Class, GuardFacts, GuardLimits, Held, LedgerSums, Limit, Release, Released, classes, maybe_archived,
    maybe_reassigned,
};
use std::collections::{BTreeMap, BTreeSet};

/// Fields that a change of the fuzz target may write, by the bits of a byte.
const FIELDS: [&str; 8] =
    ["user-name", "external-id", "active", "given-name", "title", "manager", "cost-center", "family-name"];

/// The table: class, the number that always passes where at least three times as many accounts are there, whether it is
/// cut to a third of them, the share in percent, whether half of them is too many, and whether only fields are held.
const TABLE: [(Class, usize, bool, usize, bool, bool); 9] = [
    (Class::Archiving, 5, true, 10, true, false),
    (Class::Creating, 10, false, 10, false, false),
    (Class::Reactivating, 5, true, 5, true, false),
    (Class::Renaming, 5, true, 10, true, true),
    (Class::Names, 5, true, 5, false, true),
    (Class::Managers, 10, false, 20, false, true),
    (Class::CostCenters, 10, false, 20, false, true),
    (Class::Reassigning, 3, true, 1, false, false),
    (Class::Clearing, 3, true, 10, true, true),
];

/// An input is a plan: the ledger's numbers, what the operator sets and releases, and then five bytes for each change. A
/// class is held exactly where there is more of it than the table and the release allow, and nothing that the plugin
/// reports raises a limit.
pub(crate) fn plan_guard(bytes: &[u8]) -> Reading {
    let Some((&[active, archived, counted, is_first, set, class, number, sizes], rest)) =
        bytes.split_first_chunk::<8>()
    else {
        return Reading::Refused;
    };
    let changes: Vec<Change> =
        rest.chunks_exact(5).enumerate().map(|(position, bytes)| change(position, bytes)).collect();
    let owners: BTreeMap<String, String> =
        (0..64_u8).filter(|account| account % 4 != 0).map(|id| (id.to_string(), owner(id))).collect();
    let (own_class, own_number) = (Class::ALL[usize::from(class) % Class::ALL.len()], usize::from(number % 8));
    let mut release = Release::default();
    release.set(own_class, own_number);
    // A number that the operator has set for archiving, as it is.
    let own_min = (set % 3 == 0).then_some(u32::from(set / 3));
    let limits = GuardLimits { archive: Limit { min: own_min, percent: 10 }, ..GuardLimits::DEFAULT };
    let values =
        |name: &str, number: u8| NamedValue { name: name.to_owned(), value: Value::Integer(i64::from(number)) };
    let plan = |is_told: bool| Planned {
        created_at: 0,
        counts: if is_told { BTreeMap::from([("managed".to_owned(), u64::from(counted))]) } else { BTreeMap::new() },
        findings: Vec::new(),
        baseline: if is_told {
            vec![values("values:title", sizes), values("cost-center:A", sizes)]
        } else {
            Vec::new()
        },
        changes: changes.clone(),
    };
    let planned = plan(true);
    let asked: BTreeSet<String> = maybe_reassigned(&planned).into_iter().collect();
    let known: BTreeMap<String, String> =
        owners.iter().filter(|(account, _)| asked.contains(*account)).map(|(a, o)| (a.clone(), o.clone())).collect();
    let inactive: BTreeMap<String, i64> =
        maybe_archived(&planned).into_iter().filter(|id| id.ends_with('7')).map(|id| (id, 5)).collect();
    let facts = GuardFacts {
        sums: LedgerSums { active: usize::from(active), archived: usize::from(archived) },
        owners: known.clone(),
        archived: inactive.clone(),
        since: 5,
        is_first: is_first % 4 == 0,
    };
    let held = classes(&planned, &facts, &limits, &Released::from(release));

    let n = usize::from(active.min(counted));
    let (mut now, mut given, mut former) = (known, BTreeMap::new(), BTreeSet::new());
    for (position, change) in changes.iter().enumerate() {
        let (Some(account), Some(employee)) = (&change.target_id, &change.employee_id) else { continue };
        let before = now.insert(account.clone(), employee.clone()).or_else(|| before(change));
        if let Some(before) = before.filter(|before| before != employee) {
            given.insert(position, account.clone());
            former.insert(before);
        }
    }
    let stays = |change: &Change| {
        change.kind != ChangeKind::Archive && change.employee_id.as_ref().is_some_and(|id| former.contains(id))
    };
    let is_kept = !given.is_empty() && changes.iter().any(stays);

    let mut all_held = BTreeMap::new();
    for (class, least, is_cut, percent, half, _) in TABLE {
        let fields: Vec<Option<&str>> =
            if class == Class::Clearing { FIELDS.into_iter().map(Some).collect() } else { vec![None] };
        for field in fields {
            // What belongs to the class, and what is counted of it.
            let mut of_class: BTreeMap<usize, String> = BTreeMap::new();
            for (position, change) in changes.iter().enumerate() {
                let unit = change.target_id.clone().unwrap_or_else(|| change.id.clone());
                let exists = !facts.is_first || !is_adopted(&changes, change);
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
                        exists
                            && writes("manager")
                            && boss(change).is_some_and(|boss| !goes(&changes, &inactive, &boss))
                    }
                    Class::CostCenters => exists && moves(change).is_some(),
                    Class::Reassigning => given.contains_key(&position),
                    Class::Clearing => {
                        exists && field != Some("active") && after(change, field.unwrap_or_default()) == Some(None)
                    }
                };
                if belongs {
                    of_class.insert(position, unit);
                }
            }
            let number = match class {
                Class::CostCenters => count_moves(&changes, &of_class, usize::from(sizes)),
                _ => of_class.values().collect::<BTreeSet<_>>().len(),
            };
            let n = if class == Class::Clearing && field == Some("title") { n.min(usize::from(sizes)) } else { n };
            let least = if is_cut { least.min(n / 3).max(1) } else { least };
            let set = own_min.filter(|_| class == Class::Archiving).map(|min| min as usize);
            let most = set.unwrap_or(least).max(n * percent / 100);
            let released = if class == own_class { own_number } else { 0 };
            let again =
                of_class.values().filter(|account| inactive.contains_key(*account)).collect::<BTreeSet<_>>().len();
            let within = facts.sums.archived + number - again.min(number);
            let before = facts.sums.active + facts.sums.archived;
            let least_before = set.unwrap_or_else(|| 5.min(before / 3).max(1)) + 1;
            let is_last = n == 1 || active == 1;
            let is_held = number > released
                && ((number > most && number > 1)
                    || (half && number > 1 && number * 2 >= n)
                    || (class == Class::Archiving && is_last && number == 1 && set.unwrap_or(0) == 0)
                    || (class == Class::Archiving && within > least_before.max(before * 20 / 100)));
            let is_held = is_held || (class == Class::Reassigning && is_kept);
            let rows = held.guards.iter().filter(|row| row.class == class && row.field.as_deref() == field).count();
            assert_eq!(rows, usize::from(is_held), "{class:?} {field:?}: {number} of {n}, {most} may be");
            if is_held {
                all_held.extend(of_class.keys().map(|position| ((*position, class, field), ())));
            }
        }
    }
    check(&planned, &held, &all_held);

    // Without the plugin's numbers of accounts and values, limits can only be higher; the number of people of a cost
    // center can only lower the count, and is not compared.
    let without = classes(&plan(false), &facts, &limits, &Released::from(release));
    let guards = |held: &Held| -> BTreeSet<(Class, Option<String>)> {
        let rows = held.guards.iter().filter(|row| row.class != Class::CostCenters);
        rows.map(|row| (row.class, row.field.clone())).collect()
    };
    assert!(guards(&without).is_subset(&guards(&held)));
    Reading::accepted_if(held.is_empty())
}

/// What is held is what the classes that are held have, and nothing else; and the changes that are made lack exactly
/// the fields that are held.
fn check(planned: &Planned, held: &Held, all: &BTreeMap<(usize, Class, Option<&str>), ()>) {
    let made = held.without_held_fields(planned);
    for (position, change) in planned.changes.iter().enumerate() {
        let classes = all.keys().filter(|(at, ..)| *at == position);
        let (mut whole, mut fields) = (false, BTreeSet::new());
        for (_, class, field) in classes {
            match (class, field) {
                (Class::Archiving | Class::Creating | Class::Reactivating | Class::Reassigning, _) => whole = true,
                (Class::Renaming, _) => {
                    fields.insert("user-name");
                }
                (Class::Names, _) => fields.extend(["given-name", "family-name"]),
                (Class::Managers, _) => {
                    fields.insert("manager");
                }
                (Class::CostCenters, _) => {
                    fields.insert("cost-center");
                }
                (Class::Clearing, field) => fields.extend(*field),
            }
        }
        fields.retain(|field| {
            change.fields.iter().any(|other| other.field == *field && is_held_one(all, position, other))
        });
        let left = change.fields.iter().filter(|field| !fields.contains(field.field.as_str())).count();
        let is_empty = change.kind == ChangeKind::Update && !fields.is_empty() && left == 0;
        assert_eq!(held.changes.contains_key(&position), whole || is_empty, "{position}");
        if !whole {
            assert_eq!(made[position].fields.len(), left, "{position}");
        }
    }
}

/// Whether this field is one that a class holds: a name that is cleared is none that is changed.
fn is_held_one(all: &BTreeMap<(usize, Class, Option<&str>), ()>, position: usize, field: &FieldChange) -> bool {
    let cleared = all
        .keys()
        .any(|(at, class, of)| *at == position && *class == Class::Clearing && *of == Some(field.field.as_str()));
    if none(&field.after) {
        return cleared;
    }
    all.keys().any(|(at, class, _)| *at == position && *class != Class::Clearing)
        && match field.field.as_str() {
            "user-name" => all.contains_key(&(position, Class::Renaming, None)),
            "given-name" | "family-name" => all.contains_key(&(position, Class::Names, None)),
            "manager" => all.contains_key(&(position, Class::Managers, None)),
            "cost-center" => all.contains_key(&(position, Class::CostCenters, None)),
            _ => false,
        }
}

fn none(value: &Option<Value>) -> bool {
    match value {
        None => true,
        Some(Value::Text(text)) => text.is_empty(),
        Some(_) => false,
    }
}

/// The value that a change writes to a field: none where it does not write it, and `Some(None)` where it clears it.
fn after<'c>(change: &'c Change, field: &str) -> Option<Option<&'c Value>> {
    let field = change.fields.iter().find(|other| other.field == field)?;
    Some(field.after.as_ref().filter(|_| !none(&field.after)))
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

/// Whether the account's owner leaves or moves by the plan, or has left.
fn goes(changes: &[Change], inactive: &BTreeMap<String, i64>, account: &String) -> bool {
    inactive.contains_key(account)
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

/// A move of all people of `A`, of whom there are so many, to the same other one counts once.
fn count_moves(changes: &[Change], of_class: &BTreeMap<usize, String>, people_of_a: usize) -> usize {
    let mut groups: BTreeMap<(String, String), BTreeSet<&String>> = BTreeMap::new();
    for (position, account) in of_class {
        groups.entry(moves(&changes[*position]).unwrap()).or_default().insert(account);
    }
    let mut single = BTreeSet::new();
    let mut whole = 0;
    for ((before, _), people) in groups {
        if before == "A" && people.len() >= people_of_a {
            whole += 1;
        } else {
            single.extend(people);
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

/// The employee of an account, by the ledger.
fn owner(account: u8) -> String {
    format!("employee {}", account % 48)
}

/// A change from five bytes: its kind, its account, its employee, its fields, and their values.
fn change(position: usize, bytes: &[u8]) -> Change {
    let [kind, account, employee, fields, values] = [bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]];
    let kinds = [
        ChangeKind::Create,
        ChangeKind::Adopt,
        ChangeKind::Update,
        ChangeKind::Reactivate,
        ChangeKind::Archive,
        ChangeKind::CreateCostCenter,
    ];
    let account = account % 64;
    let text = |text: String| Some(Value::Text(text));
    let employee = if employee % 3 == 0 { owner(employee / 3) } else { owner(account) };
    let person = |account: u8| {
        Some(Value::Person(Person {
            employee_id: None,
            account_id: Some(account.to_string()),
            display_name: String::new(),
        }))
    };
    let has = |bit: u8| values & (1 << bit) != 0;
    let value = |name: &str| match name {
        "external-id" => (has(0).then(|| owner(values / 16)).and_then(text), text(employee.clone())),
        "active" => (None, Some(Value::Flag(has(1)))),
        "manager" => (has(2).then(|| person(values % 64)).flatten(), has(3).then(|| person(1)).flatten()),
        "cost-center" => {
            (text(if has(4) { "A" } else { "B" }.to_owned()), text(if has(5) { "C" } else { "" }.to_owned()))
        }
        _ => (text("before".to_owned()), has(6).then(|| "after".to_owned()).and_then(text)),
    };
    let listed = (0..8).filter(|bit| fields & (1 << bit) != 0).map(|bit| {
        let (before, after) = value(FIELDS[bit]);
        FieldChange { field: FIELDS[bit].to_owned(), before, after }
    });
    Change {
        id: position.to_string(),
        kind: kinds[usize::from(kind) % kinds.len()],
        employee_id: (kind % 13 != 12).then_some(employee.clone()),
        target_id: (kind % 11 != 10).then(|| account.to_string()),
        display_name: String::new(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: listed.collect(),
        reason: String::new(),
    }
}

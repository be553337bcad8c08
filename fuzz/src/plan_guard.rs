//! The guards hold exactly what their table, stated a second time in `guard_table.rs`, says.

use crate::Reading;
use crate::guard_table::{self, is_none};
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
        active_accounts: Vec::new(),
        has_left: BTreeSet::new(),
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
    let own_min = own_min.map(|min| min as usize);
    let table = guard_table::count(
        &changes,
        &guard_table::Facts {
            n: usize::from(active.min(counted)),
            active: facts.sums.active,
            archived: facts.sums.archived,
            inactive: &inactive,
            since: facts.since,
            owners: &known,
            is_first: facts.is_first,
            set: &|class| own_min.filter(|_| class == Class::Archiving),
            released: &|class| if class == own_class { own_number } else { 0 },
            values: &|field| (field == "title").then_some(usize::from(sizes)),
            people_of: &|name| (name == "A").then_some(usize::from(sizes)),
            goes: &|_| false,
        },
    );
    let mut all_held = BTreeMap::new();
    for class in Class::ALL.iter().copied() {
        let fields: Vec<Option<&str>> =
            if class == Class::Clearing { FIELDS.into_iter().map(Some).collect() } else { vec![None] };
        for field in fields {
            let counted = table.get(&(class, field.map(str::to_owned)));
            let is_held = counted.is_some_and(|counted| counted.is_too_much);
            let rows = held.guards.iter().filter(|row| row.class == class && row.field.as_deref() == field).count();
            assert_eq!(rows, usize::from(is_held), "{class:?} {field:?}: {counted:?}");
            if is_held {
                let positions = counted.into_iter().flat_map(|counted| &counted.positions);
                all_held.extend(positions.map(|position| ((*position, class, field), ())));
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
    if is_none(&field.after) {
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

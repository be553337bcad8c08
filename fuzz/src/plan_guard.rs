//! The guard's classes, counted a second time.

use crate::Reading;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::Value;
use hibob_policy::guard::{Class, GuardLimits, LedgerSums, Release, classes, maybe_reassigned};
use std::collections::{BTreeMap, BTreeSet};

/// Limits that small plans reach.
const LIMITS: GuardLimits = GuardLimits {
    archive_limit_min: 2,
    archive_limit_percent: 10,
    rename_limit_min: 2,
    rename_limit_percent: 10,
    source_shrink_percent: 20,
    coverage_drop_points: 30,
    leak_percent: 20,
    leak_days: 30,
};

/// An input is a plan: the ledger's numbers, what the operator releases, and then four bytes for each change. A class is
/// held as a whole, and exactly where there are more of it than the limit and the release allow. Nothing that the plugin
/// reports raises a limit.
pub(crate) fn plan_guard(bytes: &[u8]) -> Reading {
    let Some((&[active, archived, counted, archiving, renaming, reassigning], rest)) = bytes.split_first_chunk::<6>()
    else {
        return Reading::Refused;
    };
    let changes: Vec<Change> =
        rest.chunks_exact(4).enumerate().map(|(position, bytes)| change(position, bytes)).collect();
    let owners: BTreeMap<String, String> =
        (0..32_u8).filter(|account| account % 4 != 0).map(|id| (id.to_string(), owner(id))).collect();
    let ledger = LedgerSums { active: usize::from(active), archived: usize::from(archived) };
    let release = Release {
        archiving: usize::from(archiving % 8),
        renaming: usize::from(renaming % 8),
        reassigning: usize::from(reassigning % 8),
        changed_source: false,
    };
    let plan = |counts: BTreeMap<String, u64>| Planned {
        created_at: 0,
        counts,
        findings: Vec::new(),
        baseline: Vec::new(),
        changes: changes.clone(),
    };
    let counts = BTreeMap::from([("managed".to_owned(), u64::from(counted))]);
    let planned = plan(counts);
    let asked: BTreeSet<String> = maybe_reassigned(&planned).into_iter().collect();
    let known: BTreeMap<String, String> =
        owners.iter().filter(|(account, _)| asked.contains(*account)).map(|(a, o)| (a.clone(), o.clone())).collect();
    let held = classes(&planned, ledger, &known, &LIMITS, release);
    let managed = usize::from(active.min(counted));
    let limit = |min: usize, percent: usize| min.max(managed * percent / 100);

    let archives: BTreeSet<usize> = positions(&changes, |change| {
        change.kind == ChangeKind::Archive || sets(change, "active").is_some_and(|after| after == &Value::Flag(false))
    });
    let number = archives.len();
    let window = (ledger.active + ledger.archived) * 20 / 100;
    let is_leak = number + ledger.archived > window.max(2);
    check(&held, Class::Archiving, &archives, number > release.archiving && (number > limit(2, 10) || is_leak));

    let renames = positions(&changes, |change| change.target_id.is_some() && names(change, "user-name"));
    let renamed: BTreeSet<&String> = renames.iter().filter_map(|at| changes[*at].target_id.as_ref()).collect();
    check(&held, Class::Renaming, &renames, renamed.len() > limit(2, 10).max(release.renaming));

    // Whose each account is, change by change.
    let (mut now, mut given, mut accounts, mut former) =
        (known.clone(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (position, change) in changes.iter().enumerate() {
        let (Some(account), Some(employee)) = (&change.target_id, &change.employee_id) else { continue };
        let before = now.get(account).cloned().or_else(|| before(change));
        if let Some(before) = before.filter(|before| before != employee) {
            given.insert(position);
            accounts.insert(account.clone());
            former.insert(before);
        }
        now.insert(account.clone(), employee.clone());
    }
    let stays = |change: &Change| {
        change.kind != ChangeKind::Archive && change.employee_id.as_ref().is_some_and(|id| former.contains(id))
    };
    let most = 3.min((managed / 3).max(1)).max(managed / 100);
    let is_held = accounts.len() > most.max(release.reassigning) || changes.iter().any(stays);
    check(&held, Class::Reassigning, &given, !given.is_empty() && is_held);

    // Without the plugin's numbers the limits can only be higher.
    let without = classes(&plan(BTreeMap::new()), ledger, &known, &LIMITS, release);
    assert!(without.changes.keys().all(|position| held.changes.contains_key(position)));
    Reading::accepted_if(held.changes.is_empty())
}

/// A class is held as a whole, or not at all. A change may be of two classes, and then has the later one.
fn check(held: &hibob_policy::guard::Held, class: Class, changes: &BTreeSet<usize>, is_held: bool) {
    assert_eq!(held.guards.iter().filter(|row| row.class == class).count(), usize::from(is_held), "{class:?}");
    if is_held {
        assert!(changes.iter().all(|position| held.changes.get(position).is_some_and(|held| *held >= class)));
    } else {
        assert!(held.changes.values().all(|held| *held != class));
    }
}

fn positions(changes: &[Change], is_one: impl Fn(&Change) -> bool) -> BTreeSet<usize> {
    changes.iter().enumerate().filter(|(_, change)| is_one(change)).map(|(position, _)| position).collect()
}

fn names(change: &Change, field: &str) -> bool {
    change.fields.iter().any(|other| other.field == field)
}

fn sets<'c>(change: &'c Change, field: &str) -> Option<&'c Value> {
    change.fields.iter().find(|other| other.field == field)?.after.as_ref()
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
    format!("employee {}", account % 24)
}

/// A change from four bytes: its kind, its account, its employee, and its fields.
fn change(position: usize, bytes: &[u8]) -> Change {
    let [kind, account, employee, fields] = [bytes[0], bytes[1], bytes[2], bytes[3]];
    let kinds = [
        ChangeKind::Create,
        ChangeKind::Adopt,
        ChangeKind::Update,
        ChangeKind::Reactivate,
        ChangeKind::Archive,
        ChangeKind::CreateCostCenter,
    ];
    let account = account % 32;
    let text = |text: String| Some(Value::Text(text));
    let employee = if employee % 3 == 0 { owner(employee / 3) } else { owner(account) };
    let mut listed = Vec::new();
    let mut list = |field: &str, before, after| listed.push(FieldChange { field: field.to_owned(), before, after });
    if fields & 1 != 0 {
        list("user-name", None, text("a@x".to_owned()));
    }
    if fields & 2 != 0 {
        let former = (fields & 4 != 0).then(|| owner(fields / 16)).and_then(text);
        list("external-id", former, text(employee.clone()));
    }
    if fields & 8 != 0 {
        list("active", None, Some(Value::Flag(fields & 16 != 0)));
    }
    Change {
        id: position.to_string(),
        kind: kinds[usize::from(kind) % kinds.len()],
        employee_id: (kind % 13 != 12).then_some(employee),
        target_id: (kind % 11 != 10).then(|| account.to_string()),
        display_name: String::new(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: listed,
        reason: String::new(),
    }
}

//! The guards of classes of changes: counting them, and holding those of which there are too many.

use crate::guard::{Class, GuardLimits, Held, LedgerSums, Release};
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Number of accounts that one run may give to another employee, if that is at most a third of the managed accounts.
const REASSIGN_LIMIT_MIN: usize = 3;

/// Share of the managed accounts that one run may give to another employee, in percent.
const REASSIGN_LIMIT_PERCENT: usize = 1;

/// The accounts that a change of the plan may give to another employee, and whose owners [`classes`] has to know.
pub fn maybe_reassigned(planned: &Planned) -> Vec<String> {
    let changes = planned.changes.iter().filter(|change| change.employee_id.is_some());
    let changes = changes.filter(|change| {
        matches!(change.kind, ChangeKind::Adopt | ChangeKind::Reactivate) || former_id(change).is_some()
    });
    changes.filter_map(|change| change.target_id.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What the change says of the external id before it, if it writes the external id: none, or the former employee's.
fn former_id(change: &Change) -> Option<Option<&str>> {
    let field = change.fields.iter().find(|field| field.field == "external-id")?;
    Some(match &field.before {
        Some(Value::Text(id)) if !id.is_empty() => Some(id),
        _ => None,
    })
}

/// Counts each class of changes, and holds all changes of a class of which there are too many. `owners` are the
/// employees of the accounts of [`maybe_reassigned`], as far as the ledger has them.
pub fn classes(
    planned: &Planned,
    ledger: LedgerSums,
    owners: &BTreeMap<String, String>,
    limits: &GuardLimits,
    release: Release,
) -> Held {
    let mut held = Held::default();
    // The plugin's number of managed accounts may only lower the limit: accounts can also be archived outside the sync.
    let counted = planned.counts.get("managed").and_then(|&number| usize::try_from(number).ok());
    let managed = counted.map_or(ledger.active, |counted| counted.min(ledger.active));
    let limit = |min: u32, percent: u32| (min as usize).max(managed.saturating_mul(percent as usize) / 100);

    let archiving = positions(planned, |change| {
        let sets_inactive = |field: &FieldChange| field.field == "active" && field.after == Some(Value::Flag(false));
        change.kind == ChangeKind::Archive || change.fields.iter().any(sets_inactive)
    });
    let number = archiving.len();
    let most = limit(limits.archive_limit_min, limits.archive_limit_percent);
    let window = limits.leak_days;
    let within = ledger.archived + number;
    let leak = (ledger.active + ledger.archived).saturating_mul(limits.leak_percent as usize) / 100;
    let remedy = format!(
        "check the lifecycle statuses in HiBob, and if they are right, run again with --allow-archiving {number}"
    );
    if number > most.max(release.archiving) {
        let why = format!(
            "{number} of {managed} accounts would be archived, and the limit is {most} ({} %, at least {})",
            limits.archive_limit_percent, limits.archive_limit_min
        );
        held.hold(Class::Archiving, archiving, why, remedy);
    } else if number > release.archiving && within > leak.max(limits.archive_limit_min as usize) {
        let why = format!(
            "{within} accounts would have been archived within {window} days, and the limit is {leak} ({} %)",
            limits.leak_percent
        );
        held.hold(Class::Archiving, archiving, why, remedy);
    }

    let renaming = positions(planned, |change| {
        change.target_id.is_some() && change.fields.iter().any(|field| field.field == "user-name")
    });
    // An account that takes part in an exchange of addresses is renamed twice, and counts once.
    let accounts: BTreeSet<&str> =
        renaming.iter().filter_map(|&position| planned.changes.get(position)?.target_id.as_deref()).collect();
    let number = accounts.len();
    let most = limit(limits.rename_limit_min, limits.rename_limit_percent);
    if number > most.max(release.renaming) {
        let why = format!(
            "{number} of {managed} accounts would get another user name, and the limit is {most} ({} %, at least {})",
            limits.rename_limit_percent, limits.rename_limit_min
        );
        let remedy =
            format!("check the work emails in HiBob, and if they are right, run again with --allow-renaming {number}");
        held.hold(Class::Renaming, renaming, why, remedy);
    }

    let Reassigned { changes: reassigning, accounts: number, is_kept } = reassigned(planned, owners);
    let most = REASSIGN_LIMIT_MIN.min((managed / 3).max(1)).max(managed.saturating_mul(REASSIGN_LIMIT_PERCENT) / 100);
    if is_kept {
        let why = format!(
            "{number} of {managed} accounts would be given to another employee, and the plan also keeps a former employee active"
        );
        let remedy = "nothing can allow this; if HiBob has two records of one person who works here, remove one, and else report the plugin";
        held.hold(Class::Reassigning, reassigning, why, remedy.to_owned());
    } else if number > most.max(release.reassigning) {
        let why = format!(
            "{number} of {managed} accounts would be given to another employee, and the limit is {most} ({REASSIGN_LIMIT_MIN}, at most a third, or {REASSIGN_LIMIT_PERCENT} %)"
        );
        let remedy = format!(
            "check that these people were rehired under a new id in HiBob, and if so, run again with --allow-reassigning {number}"
        );
        held.hold(Class::Reassigning, reassigning, why, remedy);
    }
    held
}

/// What a plan gives to another employee.
struct Reassigned {
    /// The positions of the changes.
    changes: Vec<usize>,
    /// How many accounts they are about.
    accounts: usize,
    /// Whether the plan also has a change that keeps a former employee active.
    is_kept: bool,
}

/// Walks through the plan with the owner that each account has by then.
fn reassigned(planned: &Planned, owners: &BTreeMap<String, String>) -> Reassigned {
    let mut owners: BTreeMap<&str, &str> =
        owners.iter().map(|(account, owner)| (account.as_str(), owner.as_str())).collect();
    let (mut changes, mut accounts, mut former) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for (position, change) in planned.changes.iter().enumerate() {
        let (Some(account), Some(employee)) = (change.target_id.as_deref(), change.employee_id.as_deref()) else {
            continue;
        };
        let before = owners.insert(account, employee).or(former_id(change).flatten());
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

fn positions(planned: &Planned, of_class: impl Fn(&Change) -> bool) -> Vec<usize> {
    planned.changes.iter().enumerate().filter(|(_, change)| of_class(change)).map(|(position, _)| position).collect()
}

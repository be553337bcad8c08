//! The guards: they hold what looks like an accident. They count the changes of the plan themselves, compare with the
//! host's own ledger and with the baseline, and do not rely on the plugin's numbers.
//!
//! 1. [`source`]: nothing of the plan is applied if HiBob sent no employees although accounts are managed, or far fewer
//!    employees than the baseline has, or if a far smaller share of them has a field.
//! 2. [`classes`], archiving: all archivings are held if they are more than the limit for one run, or if with those of
//!    the last `leak_days` days they are more than the limit for that time.
//! 3. [`classes`], renaming: all changes of user names are held if more accounts than the limit would get another one.
//! 4. [`classes`], reassigning: all changes that give an account to another employee than the ledger has for it, or than
//!    the change itself names as the former one, are held if they are about more accounts than the limit. So they are if
//!    the plan also keeps the former employee active, whatever the operator releases: that is no rehire.
//!
//! An operator's [`Release`] lets a guard pass for one run, up to the numbers in it.

use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{NamedValue, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// Least number of employees for which the coverage of fields is compared: of three people, one is 33 points.
const COVERAGE_EMPLOYEES_MIN: u64 = 10;

/// Number of accounts that one run may give to another employee, if that is at most a third of the managed accounts.
const REASSIGN_LIMIT_MIN: usize = 3;

/// Share of the managed accounts that one run may give to another employee, in percent.
const REASSIGN_LIMIT_PERCENT: usize = 1;

/// What the operator lets the guards pass, for one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Number of archivings that may be made, whatever their share.
    pub archiving: usize,
    /// Number of accounts whose user name may be changed, whatever their share.
    pub renaming: usize,
    /// Number of accounts that may be given to another employee, whatever their share.
    pub reassigning: usize,
    /// Whether the source may be much smaller, or its fields much emptier, than in the last accepted run.
    pub changed_source: bool,
}

/// A class of changes that a guard counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Changes that archive an account.
    Archiving,
    /// Changes that give an account another user name.
    Renaming,
    /// Changes that give an account to another employee: somebody who was rehired under a new id.
    Reassigning,
    /// Changes that make an account active again which the tenant's first sync found inactive. A person has to say yes
    /// to them.
    FirstReactivating,
}

/// Why a guard holds a class of changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardRow {
    /// The class that is held.
    pub class: Class,
    /// What the guard has counted, with the numbers.
    pub message: String,
    /// What a person can do about it.
    pub remedy: String,
}

/// What the guards hold: the changes by position, and for each class the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Positions in the plan of the changes that are held, each with its class.
    pub changes: BTreeMap<usize, Class>,
    /// One entry for each class that is held.
    pub guards: Vec<GuardRow>,
}

/// The limits above which the guards hold changes. The tenant's settings `safety.…` have these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardLimits {
    /// Number of archivings that one run may always make.
    pub archive_limit_min: u32,
    /// Share of the active managed accounts that one run may archive, in percent.
    pub archive_limit_percent: u32,
    /// Number of accounts that may always get another user name in one run.
    pub rename_limit_min: u32,
    /// Share of the active managed accounts that may get another user name in one run, in percent.
    pub rename_limit_percent: u32,
    /// How far the number of employees may fall below that of the last accepted run, in percent.
    pub source_shrink_percent: u32,
    /// How far the share of employees who have a field may fall below that of the last accepted run, in percentage
    /// points.
    pub coverage_drop_points: u32,
    /// Share of the accounts that may be archived within `leak_days`, in percent.
    pub leak_percent: u32,
    /// Over how many days archivings are counted together, in days.
    pub leak_days: u32,
}

/// Numbers from the host's ledger, which the guards count against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerSums {
    /// Number of managed accounts that are active.
    pub active: usize,
    /// Number of accounts that were archived within [`GuardLimits::leak_days`] before the plan was made.
    pub archived: usize,
}

/// Why nothing of a plan may be applied: what HiBob sent cannot be trusted. It has all reasons, since one release
/// ([`Release::changed_source`]) lets all of them pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntrustedSource {
    /// All reasons with their numbers, separated by semicolons.
    pub reasons: String,
    /// What a person can do about it.
    pub remedy: &'static str,
}

impl GuardLimits {
    /// The time from which on archivings count for a plan that was made at `created_at`; both in Unix seconds.
    pub fn archivings_since(&self, created_at: u64) -> i64 {
        i64::try_from(created_at).unwrap_or(i64::MAX) - i64::from(self.leak_days) * DAY
    }
}

/// Checks what HiBob sent for the plan: employees came at all, they are not far fewer than the baseline has, and no
/// field is filled for far fewer of them.
///
/// # Errors
/// One of these is not so. The error has a reason for each.
pub fn source(planned: &Planned, baseline: &[NamedValue], limits: &GuardLimits) -> Result<(), UntrustedSource> {
    let now = planned.count("employees");
    let before = number(baseline, "employees").unwrap_or_default();
    let percent = u64::from(limits.source_shrink_percent.min(100));
    let mut reasons = Vec::new();
    if now == 0 && (planned.count("managed") > 0 || planned.count("vanished") > 0) {
        reasons.push("HiBob sent no employees at all".to_owned());
    } else if now.saturating_mul(100) < before.saturating_mul(100 - percent) {
        reasons.push(format!(
            "HiBob sent {now} employees, and {before} in the last accepted run: more than {percent} % fewer"
        ));
    }
    let compares_fields = now >= COVERAGE_EMPLOYEES_MIN && before >= COVERAGE_EMPLOYEES_MIN;
    for value in baseline.iter().filter(|value| compares_fields && value.name.starts_with("field:")) {
        let counts = number(baseline, &value.name).zip(number(&planned.baseline, &value.name));
        let Some((had, has)) = counts else { continue };
        let (had, has) = (had.saturating_mul(100) / before, has.saturating_mul(100) / now);
        if had.saturating_sub(has) >= u64::from(limits.coverage_drop_points) {
            let field = value.name.trim_start_matches("field:");
            reasons.push(format!(
                "HiBob sends {field} for {has} % of the employees, and for {had} % in the last accepted run"
            ));
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(UntrustedSource {
        reasons: reasons.join("; "),
        remedy: "nothing was changed; check the service user's permission group in HiBob (hibob check), and if these numbers are right, run again with --allow-changed-source",
    })
}

fn number(values: &[NamedValue], name: &str) -> Option<u64> {
    values.iter().find(|value| value.name == name).and_then(|value| match value.value {
        Value::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    })
}

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

impl Held {
    fn hold(&mut self, class: Class, changes: Vec<usize>, message: String, remedy: String) {
        self.changes.extend(changes.into_iter().map(|position| (position, class)));
        self.guards.push(GuardRow { class, message, remedy });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults of a tenant's settings.
    const LIMITS: GuardLimits = GuardLimits {
        archive_limit_min: 5,
        archive_limit_percent: 10,
        rename_limit_min: 5,
        rename_limit_percent: 10,
        source_shrink_percent: 20,
        coverage_drop_points: 30,
        leak_percent: 20,
        leak_days: 30,
    };

    fn planned(counts: &[(&str, u64)], changes: Vec<Change>) -> Planned {
        let integer = |(name, number): &(&str, u64)| NamedValue {
            name: (*name).to_owned(),
            value: Value::Integer(i64::try_from(*number).unwrap()),
        };
        Planned {
            created_at: 0,
            counts: counts.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
            findings: Vec::new(),
            baseline: counts.iter().map(integer).collect(),
            changes,
        }
    }

    fn change(number: usize, kind: ChangeKind) -> Change {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let rename = FieldChange { field: "user-name".to_owned(), before: text("a@x"), after: text("b@x") };
        Change {
            id: number.to_string(),
            kind,
            employee_id: Some(number.to_string()),
            target_id: Some(number.to_string()),
            display_name: format!("Person {number}"),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields: if kind == ChangeKind::Update { vec![rename] } else { Vec::new() },
            reason: String::new(),
        }
    }

    /// How many of `number` changes of a kind are held, if the ledger has these numbers of active and of lately
    /// archived accounts.
    fn held(kind: ChangeKind, number: usize, active: usize, archived: usize, release: Release) -> usize {
        let changes = (0..number).map(|number| change(number, kind)).collect();
        let ledger = LedgerSums { active, archived };
        classes(&planned(&[], changes), ledger, &BTreeMap::new(), &LIMITS, release).changes.len()
    }

    /// A change that gives the account `number` to a new employee, and names `former` as the employee before.
    fn rehire(number: usize, kind: ChangeKind, former: Option<&str>) -> Change {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let employee = format!("new {number}");
        let before = former.and_then(text);
        let external_id = FieldChange { field: "external-id".to_owned(), before, after: text(&employee) };
        Change { employee_id: Some(employee), fields: vec![external_id], ..change(number, kind) }
    }

    fn owners(numbers: std::ops::Range<usize>) -> BTreeMap<String, String> {
        numbers.map(|number| (number.to_string(), format!("old {number}"))).collect()
    }

    #[test]
    fn accounts_that_change_hands_are_counted_by_the_ledger() {
        let none = Release::default();
        for kind in [ChangeKind::Adopt, ChangeKind::Reactivate, ChangeKind::Update] {
            let held = |number: usize, active: usize, release: Release| {
                let changes: Vec<Change> =
                    (0..number).map(|number| rehire(number, kind, Some(&format!("old {number}")))).collect();
                let plan = planned(&[], changes);
                assert_eq!(maybe_reassigned(&plan).len(), number);
                let ledger = LedgerSums { active, archived: 0 };
                classes(&plan, ledger, &owners(0..number), &LIMITS, release).changes.len()
            };
            assert_eq!(held(1, 0, none), 0, "one rehire of the only account");
            assert_eq!(held(2, 4, none), 2);
            assert_eq!(held(2, 6, none), 0);
            assert_eq!(held(3, 250, none), 0);
            assert_eq!(held(4, 250, none), 4);
            assert_eq!(held(10, 1_000, none), 0);
            assert_eq!(held(1_000, 1_000, none), 1_000);
            assert_eq!(held(4, 250, Release { reassigning: 4, ..none }), 0);
            assert_eq!(held(4, 250, Release { reassigning: 3, ..none }), 4);
        }
    }

    /// What the plan says of itself is not needed: the ledger, and the changes before, say whose an account is.
    #[test]
    fn accounts_that_change_hands_are_counted_whatever_the_plan_says() {
        let held = |changes: Vec<Change>, owners: &BTreeMap<String, String>| {
            let plan = planned(&[], changes);
            assert!(owners.keys().all(|account| maybe_reassigned(&plan).contains(account)));
            classes(&plan, LedgerSums { active: 12, archived: 0 }, owners, &LIMITS, Release::default()).changes
        };
        let mut silent: Vec<Change> = (0..4).map(|number| rehire(number, ChangeKind::Adopt, None)).collect();
        assert_eq!(held(silent.clone(), &owners(0..4)).len(), 4, "the former id is not named");
        silent.iter_mut().for_each(|change| change.fields.clear());
        assert_eq!(held(silent.clone(), &owners(0..4)).len(), 4, "no external id is written");
        assert_eq!(held(silent, &BTreeMap::new()).len(), 0, "accounts of nobody are adopted");
        let named = (0..4).map(|number| rehire(number, ChangeKind::Reactivate, Some("somebody"))).collect();
        assert_eq!(held(named, &BTreeMap::new()).len(), 4, "archived accounts from before the sync");
        let chain = (0..4).flat_map(|number| {
            let first = Change { kind: ChangeKind::Adopt, ..change(number, ChangeKind::Adopt) };
            [first, rehire(number, ChangeKind::Update, None)]
        });
        assert_eq!(held(chain.collect(), &BTreeMap::new()).len(), 4, "adopted and given away by the same plan");
        let own = |number: usize| {
            let change = rehire(number, ChangeKind::Update, Some("edited"));
            (Change { employee_id: Some(format!("old {number}")), ..change }, number)
        };
        assert_eq!(held((0..4).map(|number| own(number).0).collect(), &owners(0..4)).len(), 0, "they are theirs");
    }

    #[test]
    fn an_account_is_not_given_away_while_its_owner_stays() {
        let free = Release { reassigning: 9, ..Release::default() };
        for (kind, held) in
            [(ChangeKind::Create, 1), (ChangeKind::Update, 1), (ChangeKind::Reactivate, 1), (ChangeKind::Archive, 0)]
        {
            let owner = Change { employee_id: Some("old 1".to_owned()), fields: Vec::new(), ..change(7, kind) };
            let plan = planned(&[], vec![rehire(1, ChangeKind::Adopt, Some("old 1")), owner]);
            let ledger = LedgerSums { active: 99, archived: 0 };
            assert_eq!(classes(&plan, ledger, &owners(1..2), &LIMITS, free).changes.len(), held, "{kind:?}");
        }
    }

    #[test]
    fn archiving_and_renaming_are_limited_by_share_and_by_number() {
        let none = Release::default();
        for kind in [ChangeKind::Archive, ChangeKind::Update] {
            assert_eq!(held(kind, 5, 20, 0, none), 0);
            assert_eq!(held(kind, 6, 20, 0, none), 6);
            assert_eq!(held(kind, 20, 200, 0, none), 0);
            assert_eq!(held(kind, 21, 200, 0, none), 21);
        }
        assert_eq!(held(ChangeKind::Archive, 21, 200, 0, Release { archiving: 21, ..none }), 0);
        assert_eq!(held(ChangeKind::Archive, 21, 200, 0, Release { archiving: 20, ..none }), 21);
        assert_eq!(held(ChangeKind::Update, 21, 200, 0, Release { renaming: 21, ..none }), 0);
    }

    #[test]
    fn a_slow_leak_is_noticed() {
        let none = Release::default();
        assert_eq!(held(ChangeKind::Archive, 2, 82, 18, none), 0);
        assert_eq!(held(ChangeKind::Archive, 3, 82, 18, none), 3);
        assert_eq!(held(ChangeKind::Archive, 3, 82, 18, Release { archiving: 3, ..none }), 0);
    }

    #[test]
    fn a_source_that_cannot_be_trusted_stops_everything() {
        let stopped = |now: &[(&str, u64)], before: &[(&str, u64)]| {
            source(&planned(now, Vec::new()), &planned(before, Vec::new()).baseline, &LIMITS).is_err()
        };
        assert!(!stopped(&[("employees", 0)], &[]));
        assert!(stopped(&[("employees", 0), ("vanished", 3)], &[]));
        assert!(!stopped(&[("employees", 80)], &[("employees", 100)]));
        assert!(stopped(&[("employees", 79)], &[("employees", 100)]));
        let title = |employees, number| [("employees", employees), ("field:work.title", number)];
        assert!(!stopped(&title(100, 69), &title(100, 98)));
        assert!(stopped(&title(100, 68), &title(100, 98)));
        assert!(!stopped(&title(5, 0), &title(5, 5)));
    }
}

//! The counting guards. They count over the typed plan, against the host's own ledger and the last accepted run, and do not
//! ask the plugin whether the plan is sane.
//!
//! 1. [`source`]: nothing is applied where HiBob sent far fewer employees than in the last accepted run, or far emptier fields.
//! 2. [`classes`], archiving: more archivings than the limit, in this run or within `leak_days`, are held.
//! 3. [`classes`], renaming: more accounts with a changed user name than the limit are held.
//!
//! An operator's [`Release`] lets through what they name, for one run.

use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{NamedValue, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// Employees below which the coverage of fields is not watched: of three people, one is 33 points.
const COVERAGE_EMPLOYEES_MIN: u64 = 10;

/// What the operator lets through, for one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Archivings that may be made, whatever their share.
    pub archiving: usize,
    /// User names that may be changed, whatever their share.
    pub renaming: usize,
    /// Whether the source may be much smaller, or its fields much emptier, than in the last accepted run.
    pub changed_source: bool,
}

/// A class of changes that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Accounts that would be archived.
    Archiving,
    /// Accounts that would get another user name.
    Renaming,
}

/// A guard that holds a class of changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardRow {
    /// Which class.
    pub class: Class,
    /// What the guard saw, with its numbers.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// What the guards hold: changes by position, and for each class why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Positions in the plan, and the class for which each is held.
    pub changes: BTreeMap<usize, Class>,
    /// For each class that is held: what the guard saw, and what to do.
    pub guards: Vec<GuardRow>,
}

/// From where on the guards take a plan for an accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardLimits {
    /// Archivings that are always let through in one run.
    pub archive_limit_min: u32,
    /// Share of the active managed accounts that one run may archive, in percent.
    pub archive_limit_percent: u32,
    /// Changed user names that are always let through in one run.
    pub rename_limit_min: u32,
    /// Share of the active managed accounts that may get another user name in one run, in percent.
    pub rename_limit_percent: u32,
    /// How far the number of employees may fall below the last accepted run, in percent.
    pub source_shrink_percent: u32,
    /// How far the share of employees who have a field may fall below the last accepted run, in points of percent.
    pub coverage_drop_points: u32,
    /// Share of the accounts that may be archived within `leak_days`, in percent.
    pub leak_percent: u32,
    /// The time over which slow losses are counted, in days.
    pub leak_days: u32,
}

/// What the host's ledger adds up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerSums {
    /// Managed accounts that are active.
    pub active: usize,
    /// Accounts that were archived within [`GuardLimits::leak_days`] before the plan was made.
    pub archived: usize,
}

/// Why nothing at all of a plan may be applied: its source cannot be trusted. All reasons at once, as all of it is let
/// through at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntrustedSource {
    /// What was seen, with its numbers.
    pub reasons: String,
    /// What to do.
    pub remedy: &'static str,
}

impl GuardLimits {
    /// From when on archivings count for a plan that was made at this time, in Unix seconds.
    pub fn archivings_since(&self, created_at: u64) -> i64 {
        i64::try_from(created_at).unwrap_or(i64::MAX) - i64::from(self.leak_days) * DAY
    }
}

/// Whether the plan's source can be trusted: it is not empty, not much smaller than it was, nor are its fields much emptier.
///
/// # Errors
/// It cannot.
pub fn source(planned: &Planned, baseline: &[NamedValue], limits: &GuardLimits) -> Result<(), UntrustedSource> {
    let now = planned.count("employees");
    let before = number(baseline, "employees").unwrap_or_default();
    let percent = u64::from(limits.source_shrink_percent.min(100));
    let mut seen = Vec::new();
    if now == 0 && (planned.count("managed") > 0 || planned.count("vanished") > 0) {
        seen.push("HiBob sent no employees at all".to_owned());
    } else if now.saturating_mul(100) < before.saturating_mul(100 - percent) {
        seen.push(format!(
            "HiBob sent {now} employees, and {before} in the last accepted run: more than {percent} % fewer"
        ));
    }
    let watched = now >= COVERAGE_EMPLOYEES_MIN && before >= COVERAGE_EMPLOYEES_MIN;
    for value in baseline.iter().filter(|value| watched && value.name.starts_with("field:")) {
        let counts = number(baseline, &value.name).zip(number(&planned.baseline, &value.name));
        let Some((had, has)) = counts else { continue };
        let (had, has) = (had.saturating_mul(100) / before, has.saturating_mul(100) / now);
        if had.saturating_sub(has) >= u64::from(limits.coverage_drop_points) {
            let field = value.name.trim_start_matches("field:");
            seen.push(format!(
                "HiBob sends {field} for {has} % of the employees, and for {had} % in the last accepted run"
            ));
        }
    }
    if seen.is_empty() {
        return Ok(());
    }
    Err(UntrustedSource {
        reasons: seen.join("; "),
        remedy: "nothing was changed; check the service user's permission group in HiBob (hibob check), and if all of it is right so, run again with --allow-changed-source",
    })
}

fn number(values: &[NamedValue], name: &str) -> Option<u64> {
    values.iter().find(|value| value.name == name).and_then(|value| match value.value {
        Value::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    })
}

/// Holds each class of changes of which there are too many.
pub fn classes(planned: &Planned, ledger: LedgerSums, limits: &GuardLimits, release: Release) -> Held {
    let mut held = Held::default();
    // The plugin's number may only make the limit tighter: accounts can end outside the sync.
    let known = planned.counts.get("managed").and_then(|&number| usize::try_from(number).ok());
    let managed = known.map_or(ledger.active, |known| known.min(ledger.active));
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
    // Somebody whose address is exchanged is renamed twice, and counts once.
    let people: BTreeSet<&str> =
        renaming.iter().filter_map(|&position| planned.changes.get(position)?.target_id.as_deref()).collect();
    let number = people.len();
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
    held
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

    /// As a tenant's file has them by default.
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

    /// How many changes are held, of so many of a kind, with a ledger of active and lately archived accounts.
    fn held(kind: ChangeKind, number: usize, active: usize, archived: usize, release: Release) -> usize {
        let changes = (0..number).map(|number| change(number, kind)).collect();
        let ledger = LedgerSums { active, archived };
        classes(&planned(&[], changes), ledger, &LIMITS, release).changes.len()
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

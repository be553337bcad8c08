//! Cases: what a person has to settle about an employee. How long each has been open is kept, the age of the oldest is a
//! metric, and a warning that lasts becomes an error: nobody reads a warning of every night.

use crate::run::ports::RunPorts;
use crate::run::report::{ErrorRow, Report};
use crate::run::{DAY, Running};
use hibob_base::error::HostError;
use hibob_contract::Planned;
use hibob_policy::guard::Held;
use hibob_store::run_store::RunStore as _;
use hibob_telemetry::OpenCase;
use std::collections::{BTreeMap, BTreeSet};

/// The code of a leaver whose archiving is in a plan that waits for a person.
pub(super) const LEAVER_WAITS: &str = "LEAVER_WAITS";

/// The code of a listed admin who left.
const ADMIN_NOT_ARCHIVED: &str = "ADMIN_NOT_ARCHIVED";

/// The code under which a change that a guard holds is kept, for its employee.
const HELD: &str = "HELD";

/// The codes of cases, by their kind. What is no error from the beginning becomes one after `safety.warning_days`.
const CASES: [(OpenCase, &[&str]); 4] = [
    (OpenCase::Held, &[HELD]),
    (OpenCase::Contested, &["CONTESTED_FIELD"]),
    (
        OpenCase::Conflict,
        &[
            "AMBIGUOUS_EXTERNAL_ID",
            "AMBIGUOUS_USER_NAME",
            "DUPLICATE_EMAIL",
            "LINKED_ACCOUNT_TAKEN",
            "SAME_PERSON_UNCLEAR",
            "USER_NAME_SWAP",
            "USER_NAME_TAKEN",
        ],
    ),
    (OpenCase::ActiveLeaver, &["LEAVER_HAS_ACTIVE_ACCOUNT", ADMIN_NOT_ARCHIVED, LEAVER_WAITS]),
];

impl<P: RunPorts> Running<P> {
    /// Notes which cases the plan has, makes errors of those that have been there for too long, and records the age of the
    /// oldest of each kind. `held` is what guards hold of the plan; none if they were not asked in this run.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed.
    pub(super) async fn age_cases(
        &self,
        planned: &Planned,
        held: Option<&Held>,
        report: &mut Report,
    ) -> Result<(), HostError> {
        let now = self.ports.now();
        let held_people = held.map(|held| held_people(planned, held));
        let mut open = open(report);
        open.extend(held_people.iter().flatten().map(|(id, _)| (id.clone(), HELD.to_owned())));
        let unseen: &[&str] = if held.is_none() { &[HELD] } else { &[] };
        let since = self.ports.run_store().note_cases(self.fence, &open, unseen, now).await?;
        let after = i64::from(self.ports.config().safety.warning_days.get()) * DAY;
        age(report, &since, now, after);
        for (id, name) in held_people.into_iter().flatten() {
            let age = since.get(&(id.clone(), HELD.to_owned())).map_or(0, |since| now - since);
            if age >= after {
                report.errors.push(held_for_long(id, &name, age / DAY));
                report.failed += 1;
            }
        }
        for (case, codes) in CASES {
            let of_kind = since.iter().filter(|((_, code), _)| codes.contains(&code.as_str()));
            let oldest = of_kind.map(|(_, since)| now - since).max().unwrap_or_default();
            self.ports.metrics().case_age(case, u32::try_from(oldest.max(0)).unwrap_or(u32::MAX).into());
        }
        Ok(())
    }
}

/// The employees of whose accounts a guard holds a change, or a part of one, with their names.
fn held_people(planned: &Planned, held: &Held) -> BTreeMap<String, String> {
    let positions = held.changes.keys().chain(held.fields.keys());
    let changes = positions.filter_map(|position| planned.changes.get(*position));
    changes.filter_map(|change| Some((change.employee_id.clone()?, change.display_name.clone()))).collect()
}

fn held_for_long(employee_id: String, name: &str, days: i64) -> ErrorRow {
    ErrorRow {
        employee_id: Some(employee_id),
        code: "HELD_FOR_LONG".to_owned(),
        message: format!("{name}: a safety check has held a change of this account for {days} days"),
        remedy: "look at what is held, and release it or correct it in HiBob".to_owned(),
    }
}

/// The cases that are open by a report: employee and code. What is about nobody has no employee.
fn open(report: &Report) -> BTreeSet<(String, String)> {
    let is_case = |row: &&ErrorRow| CASES.iter().any(|(_, codes)| codes.contains(&row.code.as_str()));
    let rows = report.warnings.iter().chain(&report.errors).filter(is_case);
    rows.map(|row| (row.employee_id.clone().unwrap_or_default(), row.code.clone())).collect()
}

/// After how many seconds a warning of this code becomes an error, where `after` is the setting; none if it does not. What
/// is there in the second night has been there for more than half a day.
fn error_after(code: &str, after: i64) -> Option<i64> {
    match code {
        LEAVER_WAITS => Some(DAY / 2),
        ADMIN_NOT_ARCHIVED | "CONTESTED_FIELD" => Some(after),
        _ => None,
    }
}

/// Makes errors of the warnings that have been there for too long. `since` says since when each is there, in Unix
/// seconds.
fn age(report: &mut Report, since: &BTreeMap<(String, String), i64>, now: i64, after: i64) {
    let warnings = std::mem::take(&mut report.warnings);
    for mut row in warnings {
        let case = (row.employee_id.clone().unwrap_or_default(), row.code.clone());
        let age = since.get(&case).map_or(0, |since| now - since);
        if error_after(&row.code, after).is_none_or(|seconds| age < seconds) {
            report.warnings.push(row);
            continue;
        }
        if age >= DAY {
            row.message = format!("{}; this has been so for {} days", row.message, age / DAY);
        }
        report.errors.push(row);
        report.failed += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(employee: &str, code: &str) -> ErrorRow {
        ErrorRow {
            employee_id: Some(employee.to_owned()),
            code: code.to_owned(),
            message: "is so".to_owned(),
            remedy: String::new(),
        }
    }

    #[test]
    fn a_warning_becomes_an_error_after_fourteen_days() {
        let report = Report {
            warnings: vec![
                row("1", "ADMIN_NOT_ARCHIVED"),
                row("2", "ADMIN_NOT_ARCHIVED"),
                row("3", "ACCOUNT_UNLINKED"),
                row("4", "CONTESTED_FIELD"),
            ],
            ..Report::default()
        };
        let open = open(&report);
        assert_eq!(open.len(), 3);
        let since = BTreeMap::from([
            (("1".to_owned(), "ADMIN_NOT_ARCHIVED".to_owned()), 0),
            (("2".to_owned(), "ADMIN_NOT_ARCHIVED".to_owned()), 1),
        ]);
        let mut aged = report.clone();
        age(&mut aged, &since, 14 * DAY - 1, 14 * DAY);
        assert_eq!(aged, report);
        age(&mut aged, &since, 14 * DAY, 14 * DAY);
        assert_eq!(
            (aged.errors.len(), aged.warnings.len(), aged.failed),
            (1, 3, 1),
            "other warnings stay what they are"
        );
        assert!(aged.errors[0].message.ends_with("14 days"), "{:?}", aged.errors);
    }
}

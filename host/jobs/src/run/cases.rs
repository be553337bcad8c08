//! Warnings that become errors when they last: nobody reads a warning of every night.

use crate::run::ports::RunPorts;
use crate::run::report::Report;
use crate::run::{DAY, Running};
use hibob_base::error::HostError;
use hibob_store::run_store::RunStore as _;
use std::collections::{BTreeMap, BTreeSet};

/// The code of a leaver whose archiving is in a plan that waits for a person.
pub(super) const LEAVER_WAITS: &str = "LEAVER_WAITS";

/// The codes of the warnings that become errors, and after how many seconds. What is there in the second night has been
/// there for more than half a day.
const AGING: [(&str, i64); 2] = [("ADMIN_NOT_ARCHIVED", 14 * DAY), (LEAVER_WAITS, DAY / 2)];

impl<P: RunPorts> Running<P> {
    /// Notes which of these warnings the plan has, and makes errors of those that have been there for too long.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed.
    pub(super) async fn age_warnings(&self, report: &mut Report) -> Result<(), HostError> {
        let now = self.ports.now();
        let since = self.ports.run_store().note_cases(self.fence, &open(report), now).await?;
        age(report, &since, now);
        Ok(())
    }
}

/// The cases that are open by a report: employee and code.
fn open(report: &Report) -> BTreeSet<(String, String)> {
    let aging = report.warnings.iter().filter(|row| error_after(&row.code).is_some());
    aging.filter_map(|row| Some((row.employee_id.clone()?, row.code.clone()))).collect()
}

/// After how many seconds a warning of this code becomes an error; none if it does not.
fn error_after(code: &str) -> Option<i64> {
    AGING.iter().find(|(aging, _)| *aging == code).map(|(_, seconds)| *seconds)
}

/// Makes errors of the warnings that have been there for too long. `since` says since when each is there, in Unix
/// seconds.
fn age(report: &mut Report, since: &BTreeMap<(String, String), i64>, now: i64) {
    let warnings = std::mem::take(&mut report.warnings);
    for mut row in warnings {
        let case = row.employee_id.clone().map(|employee| (employee, row.code.clone()));
        let age = case.and_then(|case| since.get(&case)).map_or(0, |since| now - since);
        if error_after(&row.code).is_none_or(|seconds| age < seconds) {
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
    use crate::run::ErrorRow;

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
            warnings: vec![row("1", "ADMIN_NOT_ARCHIVED"), row("2", "ADMIN_NOT_ARCHIVED"), row("3", "CONTESTED_FIELD")],
            ..Report::default()
        };
        let open = open(&report);
        assert_eq!(open.len(), 2, "other warnings stay what they are");
        let since = BTreeMap::from([
            (("1".to_owned(), "ADMIN_NOT_ARCHIVED".to_owned()), 0),
            (("2".to_owned(), "ADMIN_NOT_ARCHIVED".to_owned()), 1),
        ]);
        let mut aged = report.clone();
        age(&mut aged, &since, 14 * DAY - 1);
        assert_eq!(aged, report);
        age(&mut aged, &since, 14 * DAY);
        assert_eq!((aged.errors.len(), aged.warnings.len(), aged.failed), (1, 2, 1));
        assert!(aged.errors[0].message.ends_with("14 days"), "{:?}", aged.errors);
    }
}

//! HiBob's lifecycle table, from which the first day of a garden leave is read.

use super::ReferenceSettings;
use crate::error::JobError;
use crate::hibob::{LIFECYCLE_IDS_MAX, Status, day, lifecycle_table};
use crate::http::Request;
use crate::read::read;
use crate::world::World;
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::BTreeMap;

/// Most pages that are read for one request. It names at most [`LIFECYCLE_IDS_MAX`] employees, whose rows usually fit
/// one page.
const PAGES_MAX: usize = 100;

/// The status that a row gives its employee. Of two rows with the same effective date, the one whose stage comes later
/// in this list counts as the later row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Works,
    GardenLeave,
    Left,
}

/// The rows of one employee in the lifecycle table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LifecycleRows {
    /// Effective date and stage of each row, sorted by date, then by stage.
    rows: Vec<(NaiveDate, Stage)>,
    /// Whether a row could not be read. Then the other rows prove nothing either.
    is_broken: bool,
}

/// What the rows of one employee say about garden leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GardenLeave {
    /// The employee is on garden leave, or left from garden leave. Holds its first day.
    Since(NaiveDate),
    /// A garden leave is planned; its first day is in the future.
    Ahead,
    /// The employee is at work, or was at work until they left.
    Never,
    /// The rows do not say: the service user may not see them, or one of them cannot be read.
    Unknown,
}

impl LifecycleRows {
    /// The garden leave of the employment that began on `start`, as seen on the day `today`.
    ///
    /// 1. If any row cannot be read, nothing is known.
    /// 2. Rows with an effective date after `today` are planned; the others have begun.
    /// 3. The rows at the end that say "left" are passed over. The run of garden leave rows just before them is the
    ///    garden leave, and its first date is the first day. A garden leave from which the employee returned to work
    ///    does not count.
    /// 4. A garden leave that began on or before `start` belongs to an earlier employment and does not count.
    /// 5. Otherwise a planned garden leave is [`GardenLeave::Ahead`]. Without one, a row that has begun and is no
    ///    departure means [`GardenLeave::Never`]. Departures alone prove nothing: [`GardenLeave::Unknown`].
    pub(super) fn garden_leave(&self, start: Option<NaiveDate>, today: NaiveDate) -> GardenLeave {
        if self.is_broken {
            return GardenLeave::Unknown;
        }
        let (begun, ahead): (Vec<_>, Vec<_>) = self.rows.iter().copied().partition(|(from, _)| *from <= today);
        let mut before_leaving = begun.into_iter().rev().skip_while(|(_, stage)| *stage == Stage::Left).peekable();
        let shows_work = before_leaving.peek().is_some();
        let first = before_leaving.take_while(|(_, stage)| *stage == Stage::GardenLeave).last();
        match first {
            Some((from, _)) if start.is_none_or(|start| from > start) => GardenLeave::Since(from),
            _ if ahead.iter().any(|(_, stage)| *stage == Stage::GardenLeave) => GardenLeave::Ahead,
            _ if shows_work => GardenLeave::Never,
            _ => GardenLeave::Unknown,
        }
    }

    /// Adds rows as an answer has them. Whether HiBob wraps them in one more object is not documented, so both forms
    /// are read.
    fn note(&mut self, settings: &ReferenceSettings, rows: &Value) {
        let Some(rows) = rows.as_array() else {
            self.is_broken = true;
            return;
        };
        for row in rows {
            match (row.get("values"), stage(settings, row)) {
                (Some(Value::Array(inner)), _) => inner.iter().for_each(|row| self.note_row(stage(settings, row))),
                (_, stage) => self.note_row(stage),
            }
        }
        self.rows.sort_unstable();
    }

    fn note_row(&mut self, row: Option<(NaiveDate, Stage)>) {
        match row {
            Some(row) => self.rows.push(row),
            None => self.is_broken = true,
        }
    }
}

/// A row's effective date and stage; none if it cannot be read. A number as the status is the id of a customer's own
/// kind of leave, which counts as working.
fn stage(settings: &ReferenceSettings, row: &Value) -> Option<(NaiveDate, Stage)> {
    let from = day(row.get("effectiveDate")?.as_str()?).ok()?;
    let stage = match row.get("status")? {
        Value::String(word) if settings.is_departure(Some(word)) => Stage::Left,
        Value::String(word) => match Status::of(word) {
            Status::Terminated => Stage::Left,
            Status::GardenLeave => Stage::GardenLeave,
            _ => Stage::Works,
        },
        Value::Number(_) => Stage::Works,
        _ => return None,
    };
    Some((from, stage))
}

/// The lifecycle rows of these employees, by employee id. An employee whose rows HiBob does not show is left out.
///
/// # Errors
/// HiBob cannot be read.
pub(super) fn lifecycle_rows_of_all(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    employee_ids: &[String],
) -> Result<BTreeMap<String, LifecycleRows>, JobError> {
    let mut by_employee = BTreeMap::new();
    for ids in employee_ids.chunks(LIFECYCLE_IDS_MAX) {
        let mut request = lifecycle_table(&settings.hibob_url, ids, None);
        let mut pages = 0;
        while let Some(cursor) = page(world, settings, &request, &mut by_employee)? {
            pages += 1;
            if pages == PAGES_MAX {
                return Err(JobError::nonsense(&request, format!("the table has more than {PAGES_MAX} pages")));
            }
            request = lifecycle_table(&settings.hibob_url, ids, Some(&cursor));
        }
    }
    Ok(by_employee)
}

/// Adds the lifecycle rows of these employees to `by_employee`, each request with a single page as its answer: that is all
/// that the host allows a call about some people. An employee whose rows HiBob does not show is left out.
///
/// # Errors
/// HiBob cannot be read, or one employee's rows do not fit one page.
pub(super) fn lifecycle_rows(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    employee_ids: &[String],
    by_employee: &mut BTreeMap<String, LifecycleRows>,
) -> Result<(), JobError> {
    if employee_ids.is_empty() {
        return Ok(());
    }
    let request = lifecycle_table(&settings.hibob_url, employee_ids, None);
    let mut rows = BTreeMap::new();
    if page(world, settings, &request, &mut rows)?.is_none() {
        by_employee.append(&mut rows);
        return Ok(());
    }
    if employee_ids.len() == 1 {
        return Err(JobError::nonsense(&request, "one employee's rows are more than a page"));
    }
    // The rows of fewer employees fit one page.
    let (first, second) = employee_ids.split_at(employee_ids.len() / 2);
    lifecycle_rows(world, settings, first, by_employee)?;
    lifecycle_rows(world, settings, second, by_employee)
}

/// Reads one page into `by_employee`, and returns the cursor of the next page, if there is one.
fn page(
    world: &mut dyn World,
    settings: &ReferenceSettings,
    request: &Request,
    by_employee: &mut BTreeMap<String, LifecycleRows>,
) -> Result<Option<String>, JobError> {
    let body = read(world, request)?;
    let nonsense = |what: &str| JobError::nonsense(request, what);
    let page: Value = serde_json::from_slice(&body).map_err(|_| nonsense("it is not valid JSON"))?;
    let results = page.get("results").and_then(Value::as_array).ok_or_else(|| nonsense("there are no `results`"))?;
    for result in results {
        let id = match result.get("employeeId") {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(nonsense("a result has no `employeeId`")),
        };
        // An employee's rows may be spread over two pages.
        by_employee.entry(id).or_default().note(settings, result.get("values").unwrap_or(&Value::Null));
    }
    let cursor = page.pointer("/response_metadata/next_cursor").and_then(Value::as_str);
    Ok(cursor.filter(|cursor| !cursor.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::references::settings::tests::settings;
    use serde_json::json;

    fn day(text: &str) -> NaiveDate {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
    }

    fn lifecycle(rows: &[(&str, &str)]) -> LifecycleRows {
        let rows = rows.iter().map(|(from, status)| json!({ "effectiveDate": from, "status": status }));
        let mut lifecycle = LifecycleRows::default();
        lifecycle.note(&settings(&[]), &rows.collect());
        lifecycle
    }

    #[test]
    fn garden_leave_counts_where_nothing_but_the_departure_follows() {
        let (hired, garden) = (("2020-01-06", "employed"), ("2026-11-02", "garden leave"));
        let (back, left) = (("2026-11-09", "parental leave"), ("2026-11-15", "terminated"));
        let since = |text| GardenLeave::Since(day(text));
        for (rows, want) in [
            (vec![hired, garden], since("2026-11-02")),
            (vec![garden, hired], since("2026-11-02")),
            (vec![hired, garden, left], since("2026-11-02")),
            (vec![hired, garden, ("2026-11-05", "gardenLeave"), left], since("2026-11-02")),
            (vec![hired, ("2026-11-15", "terminated"), ("2026-11-15", "garden leave")], since("2026-11-15")),
            (vec![hired, garden, ("2027-03-01", "employed")], since("2026-11-02")),
            (vec![hired, garden, back], GardenLeave::Never),
            (vec![hired, garden, back, left], GardenLeave::Never),
            (vec![hired, left], GardenLeave::Never),
            (vec![hired, ("2026-11-21", "garden leave")], GardenLeave::Ahead),
            (vec![hired, garden, back, ("2026-11-21", "garden leave")], GardenLeave::Ahead),
            (vec![("2026-11-21", "garden leave")], GardenLeave::Ahead),
            (vec![garden], since("2026-11-02")),
            (vec![left], GardenLeave::Unknown),
            (vec![], GardenLeave::Unknown),
            (vec![hired, garden, ("soon", "employed")], GardenLeave::Unknown),
        ] {
            assert_eq!(lifecycle(&rows).garden_leave(Some(day("2020-01-06")), day("2026-11-20")), want, "{rows:?}");
        }
        // This garden leave belongs to the employment before.
        let earlier = lifecycle(&[hired, garden, left]);
        assert_eq!(earlier.garden_leave(Some(day("2026-11-02")), day("2027-01-10")), GardenLeave::Never);
    }

    #[test]
    fn rows_are_read_wrapped_or_not_and_a_broken_one_proves_nothing() {
        let row = json!({ "effectiveDate": "2026-11-02", "status": "garden leave" });
        let own = json!({ "effectiveDate": "2020-01-06", "status": 267_873_068 });
        let read = |rows: Value| {
            let mut lifecycle = LifecycleRows::default();
            lifecycle.note(&settings(&[]), &rows);
            lifecycle.garden_leave(None, day("2026-11-20"))
        };
        let since = GardenLeave::Since(day("2026-11-02"));
        assert_eq!(read(json!([own, row])), since);
        assert_eq!(read(json!([{ "values": [own, row], "restricted_columns": {} }])), since);
        for broken in [json!({}), json!({ "effectiveDate": "2026-11-02", "status": null }), json!("x")] {
            assert_eq!(read(json!([row, broken])), GardenLeave::Unknown);
        }
        assert_eq!(read(json!(null)), GardenLeave::Unknown);
    }

    /// HiBob's own word `terminated` counts also where the settings name other statuses.
    #[test]
    fn the_termination_after_garden_leave_is_no_work() {
        let row = |from: &str, status: &str| json!({ "effectiveDate": from, "status": status });
        let settings = ReferenceSettings { statuses: ["offboarded".to_owned()].into(), ..settings(&[]) };
        let rows = [("2026-11-02", "garden leave"), ("2026-11-15", "terminated"), ("2026-11-16", "offboarded")];
        let mut lifecycle = LifecycleRows::default();
        lifecycle.note(&settings, &rows.map(|(from, status)| row(from, status)).into_iter().collect());
        assert_eq!(lifecycle.garden_leave(None, day("2026-11-20")), GardenLeave::Since(day("2026-11-02")));
    }
}

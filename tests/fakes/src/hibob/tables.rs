//! `GET bulk/people/lifecycle`: the lifecycle table with the history of statuses, in pages.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{Category, HiBob, refusal};
use crate::{
    company::{Employee, days_from},
    message::{Request, Response},
};

/// The page sizes (pagination page). A larger page is refused.
const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 200;
/// The most ids in `employeeIds` (bulk employment reference page).
const IDS_MAX: usize = 200;

impl HiBob {
    pub(super) fn lifecycle_table(&self, request: &Request) -> Response {
        if !self.permissions.contains(&Category::Lifecycle) {
            return refusal(403, "forbidden", "No permission to access this table");
        }
        let known = ["limit", "cursor", "employeeIds", "includeArchived"];
        if self.switches.unknown_keys_refused && request.parameter_names().any(|name| !known.contains(&name.as_str())) {
            return refusal(400, "bad_request", "Unknown parameter");
        }
        let limit = match request.parameter("limit").map(|limit| limit.parse::<usize>()) {
            None => LIMIT_DEFAULT,
            Some(Ok(limit)) if (1..=LIMIT_MAX).contains(&limit) => limit,
            Some(_) => return refusal(400, "bad_request", "limit must be between 1 and 200"),
        };
        let after = match request.parameter("cursor").map(|cursor| position(&cursor)) {
            None => String::new(),
            Some(Some(position)) => position,
            Some(None) => return refusal(400, "bad_request", "The cursor is not valid"),
        };
        let ids = request.parameter("employeeIds");
        let ids: Option<Vec<&str>> = ids.as_deref().map(|ids| ids.split(',').map(str::trim).collect());
        if ids.as_ref().is_some_and(|ids| ids.len() > IDS_MAX) {
            return refusal(400, "bad_request", "At most 200 employeeIds are allowed");
        }

        let mut page: Vec<&Employee> = self
            .employees
            .values()
            .filter(|employee| employee.id > after && self.covers(employee))
            .filter(|employee| ids.as_ref().is_none_or(|ids| ids.contains(&employee.id.as_str())))
            .take(limit + 1)
            .collect();
        let more = page.len() > limit;
        page.truncate(limit);
        let cursor = page.last().filter(|_| more).map(|last| STANDARD.encode(format!("after:{}", last.id)));
        let errors: Vec<Value> = ids.into_iter().flatten().filter_map(|id| self.hidden(id)).collect();
        let results: Vec<Value> = page
            .into_iter()
            .map(|employee| json!({ "employeeId": employee.id, "values": self.rows(employee) }))
            .collect();
        Response::json(
            200,
            &json!({ "results": results, "response_metadata": { "next_cursor": cursor }, "errors": errors }),
        )
    }

    /// The rows of an employee that the service user may see.
    fn rows(&self, employee: &Employee) -> Vec<Value> {
        let mut rows = history(employee);
        rows.retain(|row| self.lifecycle_history || row["isCurrent"] == true);
        match self.switches.rows_wrapped {
            true => vec![json!({ "values": rows, "restricted_columns": {} })],
            false => rows,
        }
    }

    /// The error entry for a person whom the service user may not see; `None` for other people.
    fn hidden(&self, id: &str) -> Option<Value> {
        if self.employees.get(id).is_some_and(|employee| self.covers(employee)) {
            return None;
        }
        let error = json!({ "error": "MISSING_PERMISSION", "message": "No permission to access this employee" });
        Some(Value::Object(Map::from_iter([(id.to_owned(), error)])))
    }
}

fn position(cursor: &str) -> Option<String> {
    let bytes = STANDARD.decode(cursor).ok()?;
    Some(String::from_utf8(bytes).ok()?.strip_prefix("after:")?.to_owned())
}

fn history(employee: &Employee) -> Vec<Value> {
    let rows = match employee.lifecycle_rows.as_slice() {
        [] => rows_by_date(employee),
        rows => rows.to_vec(),
    };
    let current = rows.iter().rposition(|(_, status)| *status == employee.lifecycle_status);
    let rows = rows.into_iter().enumerate().map(|(place, (date, status))| {
        json!({
            "id": place + 1, "effectiveDate": date.to_string(), "isCurrent": Some(place) == current,
            "status": status, "employeeStatus": if status == "terminated" { "Inactive" } else { "Active" },
            "reason": null, "reasonType": null,
        })
    });
    rows.collect()
}

/// The rows that follow from an employee's dates.
fn rows_by_date(employee: &Employee) -> Vec<(NaiveDate, String)> {
    let first = if employee.lifecycle_status == "hired" { "hired" } else { "employed" };
    let mut rows = vec![(employee.start_date, first.to_owned())];
    if let Some(last_day) = employee.last_day_of_work
        && employee.termination_date.is_some_and(|date| date > last_day)
    {
        rows.push((days_from(last_day, 1), "garden leave".to_owned()));
    }
    if let Some(date) = employee.termination_date {
        rows.push((date, "terminated".to_owned()));
    }
    if employee.lifecycle_status.ends_with("leave") && employee.termination_date.is_none() {
        rows.push((days_from(employee.start_date, 60), employee.lifecycle_status.clone()));
    }
    rows
}

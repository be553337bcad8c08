//! The history of a tenant's runs, as the command line and the API show it.

use crate::approval::short;
use crate::interrupted::Interrupted;
use crate::workbook::{ActiveLine, ErrorLine, RunFacts, workbook};
use hibob_base::error::Exit;
use hibob_base::error::HostError;
use hibob_store::database::PastRun;
use hibob_store::update_row::UpdateRow;

/// How a run ended, in words.
pub fn status(run: &PastRun) -> &'static str {
    // A code that this version does not know can only mean that the run did not end well.
    Exit::of(run.exit_code).map_or("failed", Exit::status)
}

/// One run in the list of runs, as JSON.
pub fn line_json(run: &PastRun) -> serde_json::Value {
    serde_json::json!({
        "run": run.id,
        "kind": run.kind.word(),
        "trigger": run.trigger,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "exit_code": run.exit_code,
        "status": status(run),
    })
}

/// The list of runs, as JSON, with the interrupted plan if there is one.
pub fn list_json(tenant: &str, runs: &[PastRun], open: Option<&Interrupted>) -> serde_json::Value {
    let rows: Vec<_> = runs.iter().map(line_json).collect();
    match open {
        Some(open) => serde_json::json!({ "tenant": tenant, "runs": rows, "interrupted": open.json() }),
        None => serde_json::json!({ "tenant": tenant, "runs": rows }),
    }
}

/// Everything that a person should look at: errors, what ended the run, differences from an approved plan, a waiting
/// plan, held changes, warnings, and then who is excluded from the sync.
pub fn error_lines(run: &PastRun) -> Vec<ErrorLine> {
    let text = |value: &serde_json::Value, name: &str| {
        value.get(name).and_then(|text| text.as_str()).unwrap_or_default().to_owned()
    };
    let line = |value: &serde_json::Value| ErrorLine {
        employee_id: text(value, "employee_id"),
        code: text(value, "code"),
        what: text(value, "message"),
        remedy: text(value, "remedy"),
    };
    let list = |name: &str| run.report.get(name).and_then(|list| list.as_array()).cloned().unwrap_or_default();
    let mut lines: Vec<ErrorLine> = list("errors").iter().map(line).collect();
    lines.extend(run.report.get("error").filter(|error| !error.is_null()).map(line));
    let stale = run.report.get("stale").and_then(|stale| stale.get("differences")).and_then(|rows| rows.as_array());
    let differs = |row| ErrorLine { code: "PLAN_STALE".to_owned(), remedy: DIFFERS.to_owned(), ..line(row) };
    lines.extend(stale.into_iter().flatten().map(differs));
    let tenant = text(&run.report, "tenant");
    lines.extend(run.report.get("waiting").and_then(|waiting| waiting_line(&tenant, waiting)));
    lines.extend(list("guards").iter().map(|guard| ErrorLine { code: "HELD".to_owned(), ..line(guard) }));
    lines.extend(list("warnings").iter().map(line));
    lines.extend(list("excluded").iter().map(line));
    lines
}

/// The remedy of a difference from an approved plan.
const DIFFERS: &str = "nothing; it is part of the next plan, if it is still so then";

/// The row about a plan that waits for approval.
fn waiting_line(tenant: &str, waiting: &serde_json::Value) -> Option<ErrorLine> {
    let (plan, changes) = (waiting.get("plan")?.as_str()?, waiting.get("changes")?.as_u64()?);
    Some(ErrorLine {
        employee_id: String::new(),
        code: "WAITING_FOR_APPROVAL".to_owned(),
        what: format!("the plan {} waits for a person; none of its {changes} changes is applied yet", short(plan)),
        remedy: format!("look at it, and approve or reject it: hibob plans show {tenant} {}", short(plan)),
    })
}

/// A run with its report and its rows, as JSON.
pub fn run_json(run: &PastRun, updates: &[UpdateRow]) -> serde_json::Value {
    serde_json::json!({ "run": line_json(run), "report": run.report, "updates": updates })
}

/// The accounts that were active in the target although nobody who is employed has them.
fn active_lines(run: &PastRun) -> Vec<ActiveLine> {
    let rows = run.report.get("active_accounts").and_then(|rows| rows.as_array()).into_iter().flatten();
    let line = |row: &serde_json::Value| {
        let text = |name: &str| row.get(name).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
        let is_managed = row.get("managed").and_then(serde_json::Value::as_bool).unwrap_or_default();
        ActiveLine {
            employee_id: text("employee_id"),
            account_id: text("account_id"),
            user_name: text("user_name"),
            name: text("name"),
            managed: if is_managed { "yes" } else { "no" },
            why: text("why"),
        }
    };
    rows.map(line).collect()
}

/// A run as a workbook: the sheets Employee Updates, Errors and Run, and between the last two, where there are such
/// accounts, "Active, not employed".
///
/// # Errors
/// It does not fit into one.
pub fn run_workbook(tenant: &str, run: &PastRun, updates: &[UpdateRow]) -> Result<Vec<u8>, HostError> {
    let facts = RunFacts {
        tenant: tenant.to_owned(),
        run: run.id,
        trigger: run.trigger.clone(),
        started_at: run.started_at,
        finished_at: run.finished_at,
        status: status(run).to_owned(),
    };
    workbook(&facts, updates, &error_lines(run), &active_lines(run))
        .map_err(|error| HostError::Storage(error.to_string()))
}

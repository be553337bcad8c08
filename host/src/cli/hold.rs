//! `hold`: employees whose accounts are left as they are until a day.

use super::Global;
use super::audit::Change;
use super::paint::clean;
use chrono::NaiveDate;
use clap::Args;
use hibob_base::error::{Exit, HostError};

#[derive(Args)]
#[command(
    after_help = "Example: hibob hold acme 2712345678901234567 --until 2026-12-31 --reason \"court order\" --by ana@acme.example"
)]
pub(super) struct HoldArgs {
    /// The tenant's id
    tenant: String,
    /// HiBob's id of the employee; without it, those who are on hold are listed
    #[arg(requires = "what")]
    employee: Option<String>,
    /// The last day of the hold, by the tenant's time zone
    #[arg(long, value_name = "DATE", group = "what", requires_all = ["reason", "by", "employee"])]
    until: Option<NaiveDate>,
    /// Why; it is listed, and kept under the person's own key
    #[arg(long, value_name = "TEXT", requires = "until")]
    reason: Option<String>,
    /// Work email of the person who decides
    #[arg(long, value_name = "EMAIL", requires = "until")]
    by: Option<String>,
    /// End the hold now
    #[arg(long, group = "what", requires = "employee")]
    end: bool,
}

impl HoldArgs {
    /// Whether the command changes something.
    pub(super) fn changes(&self) -> bool {
        self.employee.is_some()
    }

    pub(super) fn change(&self) -> Option<Change> {
        let what = if self.end { "hold-end" } else { "hold" };
        // The employee is not named here.
        self.changes().then(|| Change::new(what).of(&self.tenant).by(self.by.as_deref()))
    }
}

pub(super) async fn hold(global: &Global, args: &HoldArgs) -> Result<Exit, HostError> {
    let (data, tenant) = (global.data().await?, args.tenant.as_str());
    data.config(tenant).await?;
    match (&args.employee, args.until, &args.reason, &args.by) {
        (Some(employee), Some(until), Some(reason), Some(by)) => {
            hibob_runner::hold(&data, tenant, employee, until, reason, by).await?;
            if global.json {
                outln!("{}", serde_json::json!({ "tenant": tenant, "employee_id": employee, "until": until }));
            } else {
                outln!("employee {} is on hold until the end of {until}", clean(employee));
                outln!(
                    "nothing is written to the account by then; end it sooner: hibob hold {tenant} {} --end",
                    clean(employee)
                );
            }
        }
        (Some(employee), ..) => {
            hibob_runner::end_hold(&data, tenant, employee).await?;
            if global.json {
                outln!("{}", serde_json::json!({ "tenant": tenant, "employee_id": employee, "until": null }));
            } else {
                outln!("employee {} is not on hold any more; the next sync decides as for anybody", clean(employee));
            }
        }
        (None, ..) => list(global, tenant, &hibob_runner::holds(&data, tenant).await?),
    }
    Ok(Exit::Done)
}

fn list(global: &Global, tenant: &str, holds: &[hibob_runner::Hold]) {
    if global.json {
        let row = |hold: &hibob_runner::Hold| {
            serde_json::json!({
                "employee_id": hold.employee_id, "until": hold.until, "by": hold.by, "reason": hold.reason,
            })
        };
        let rows: Vec<_> = holds.iter().map(row).collect();
        outln!("{}", serde_json::json!({ "tenant": tenant, "on_hold": rows }));
        return;
    }
    if holds.is_empty() {
        outln!("nobody is on hold");
    }
    for hold in holds {
        let (employee, reason) = (clean(&hold.employee_id), clean(&hold.reason));
        outln!("{employee:<20} until {}  by {}: {reason}", hold.until, clean(&hold.by));
    }
}

//! `forget-person` erases an employee; `forgotten` lists the erased ones.

use super::Global;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_store::privacy;
use hibob_store::privacy::ErasureReport;

#[derive(Args)]
pub(super) struct ForgetArgs {
    /// The tenant's id
    tenant: String,
    /// HiBob's id of the employee
    employee: String,
    /// Confirm that this cannot be undone
    #[arg(long)]
    yes: bool,
    /// Let an erased employee be synced again; what was removed stays removed
    #[arg(long, conflicts_with = "yes")]
    lift: bool,
    /// Work email of the person who asked for it, for the API log
    #[arg(long, value_name = "EMAIL")]
    by: Option<String>,
}

pub(super) async fn forget(global: &Global, args: &ForgetArgs) -> Result<Exit, HostError> {
    let data = global.data().await?;
    let (tenant, employee, by) = (args.tenant.as_str(), args.employee.as_str(), args.by.as_deref());
    data.config(tenant).await?;
    if args.lift {
        let is_lifted = privacy::lift(&data, tenant, employee, by).await?;
        if global.json {
            outln!("{}", serde_json::json!({ "tenant": tenant, "lifted": is_lifted }));
        } else if is_lifted {
            outln!("the employee comes back with the next run, if HiBob still sends them");
        } else {
            outln!("nobody of this id is kept out of tenant {tenant}");
        }
        return Ok(Exit::Done);
    }
    if !args.yes {
        return Err(HostError::configuration(
            format!(
                "everything that is kept of this employee of tenant {tenant} would be erased, which cannot be undone"
            ),
            format!("if that is what is wanted: hibob forget-person {tenant} {} --yes", employee.escape_debug()),
        ));
    }
    let done = privacy::forget_person(&data, tenant, employee, by).await?;
    if global.json {
        outln!("{}", serde_json::json!({ "tenant": tenant, "forgotten": done }));
    } else {
        tell(tenant, &done);
    }
    Ok(Exit::Done)
}

fn tell(tenant: &str, done: &ErasureReport) {
    if done.was_known {
        outln!("erased: what was encrypted under this employee's key can no longer be read by anybody");
    } else {
        outln!("nothing was kept of an employee of this id");
    }
    let removed = [
        ("accounts taken out of the sync's care", done.rows.accounts),
        ("entries of the plugin removed", done.rows.entries),
        ("references without a document now", done.rows.references),
        ("deliveries withdrawn", done.rows.deliveries),
        ("jobs that do not name them any more", done.jobs),
        ("saved plans removed that waited for a job, with all their changes", done.kept_plans as u64),
        ("lines of an earlier version emptied", done.rows.lines),
        ("reports of an earlier version emptied", done.rows.reports),
        ("plans of an earlier version removed", done.rows.plans),
    ];
    for (what, number) in removed.into_iter().filter(|(_, number)| *number > 0) {
        outln!("  {number} {what}");
    }
    outln!(
        "If HiBob still sends them, they are left out, until: hibob forget-person {tenant} EMPLOYEE --lift\n\
         What stays, and why:\n\
         \x20 the account in TravelPerk: it is not touched; remove it there\n\
         \x20 the digests in the log of references, so that all proofs stay valid; a digest says nothing about the person\n\
         \x20 plans that were saved to files (hibob plan --out), and workbooks: delete those\n\
         \x20 backups: when one is restored, the file forgotten.list says whom to erase in it; keep a copy of that file elsewhere"
    );
}

pub(super) async fn list(global: &Global, tenant: &str) -> Result<Exit, HostError> {
    let data = global.data().await?;
    data.config(tenant).await?;
    let rows = data.tenant_database(tenant).await?.erasures().await?;
    if global.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                serde_json::json!({
                    "person": row.tag.to_string(), "at": row.at, "times": row.times, "lifted": row.is_lifted,
                })
            })
            .collect();
        outln!("{}", serde_json::json!({ "tenant": tenant, "forgotten": rows }));
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        outln!("nobody of tenant {tenant} was forgotten");
    }
    for row in rows {
        let at = hibob_base::clock::minute(row.at);
        outln!("{}  {at}{}", row.tag, if row.is_lifted { "  may come back" } else { "" });
    }
    Ok(Exit::Done)
}

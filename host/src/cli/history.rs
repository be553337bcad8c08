//! `history`: what the runs of a tenant did.

use super::Global;
use super::paint::{BOLD, DIM, RED, clean};
use super::sync::print_interrupted;
use clap::Args;
use hibob_base::error::{Exit, HostError};
use hibob_base::files::write_private;
use hibob_jobs::history;
use hibob_jobs::interrupted;
use hibob_jobs::interrupted::Interrupted;
use hibob_store::database::PastRun;
use std::path::PathBuf;

/// How many runs are listed by default.
const LISTED: u32 = 20;

#[derive(Args)]
pub(super) struct HistoryArgs {
    /// The tenant's id
    tenant: String,
    /// Show this run; without it the runs are listed
    run: Option<i64>,
    /// Write the run as a workbook: the sheets Employee Updates and Errors
    #[arg(long, value_name = "FILE", requires = "run")]
    pub(super) xlsx: Option<PathBuf>,
    /// How many runs to list
    #[arg(long, value_name = "N", default_value_t = LISTED)]
    limit: u32,
}

pub(super) async fn history(global: &Global, args: &HistoryArgs) -> Result<Exit, HostError> {
    let data = global.data().await?;
    data.config(&args.tenant).await?;
    let records = data.records(&args.tenant).await?;
    let Some(number) = args.run else {
        let open = interrupted::find(&data, &args.tenant, records.database()).await?;
        list(global, &args.tenant, &records.database().past_runs(args.limit).await?, open.as_ref());
        return Ok(Exit::Done);
    };
    let Some(run) = records.past_run(number).await? else {
        let remedy = format!("list the runs: hibob history {}", args.tenant);
        return Err(HostError::configuration(format!("tenant {} has no run {number}", args.tenant), remedy));
    };
    let updates = records.run_updates(number).await?;
    if let Some(path) = &args.xlsx {
        let bytes = history::run_workbook(&args.tenant, &run, &updates)?;
        write_private(path, &bytes).map_err(|error| {
            HostError::configuration(
                format!("cannot write {}: {error}", path.display()),
                "name a file in a folder that exists",
            )
        })?;
    }
    if global.json {
        outln!("{}", history::run_json(&run, &updates));
        return Ok(Exit::Done);
    }
    outln!("{}", BOLD.on_stdout(&line(&run)));
    for row in &updates {
        let change = match (row.before.as_str(), row.after.as_str()) {
            ("", "") => String::new(),
            ("", after) => format!(" {}", clean(after)),
            (before, after) => format!(" {} → {}", clean(before), clean(after)),
        };
        let who = match row.employee_id.as_str() {
            "" => String::new(),
            id => DIM.on_stdout(&format!(" (employee {})", clean(id))),
        };
        let field = if row.field.is_empty() { String::new() } else { format!(" {}", clean(&row.field)) };
        outln!("  {:<20} {}{who}{field}{change}: {}", clean(&row.action), clean(&row.name), clean(&row.result));
    }
    for error in history::error_lines(&run) {
        let who = if error.employee_id.is_empty() {
            String::new()
        } else {
            format!("employee {}: ", clean(&error.employee_id))
        };
        outln!("{} {} {who}{}", RED.on_stdout("! "), clean(&error.code), clean(&error.what));
    }
    if let Some(path) = &args.xlsx {
        outln!("workbook written to {}", path.display());
    }
    Ok(Exit::Done)
}

fn list(global: &Global, tenant: &str, runs: &[PastRun], open: Option<&Interrupted>) {
    if global.json {
        outln!("{}", history::list_json(tenant, runs, open));
        return;
    }
    print_interrupted(tenant, open);
    if runs.is_empty() && open.is_none() {
        outln!("tenant {tenant} has not been synced yet: hibob sync {tenant}");
    }
    for run in runs {
        outln!("{}", line(run));
    }
}

/// The counts of a report, in the order in which they are printed.
const COUNTS: [&str; 19] = [
    "cost_centers_created",
    "cost_centers_restored",
    "created",
    "adopted",
    "updated",
    "reactivated",
    "archived",
    "kept",
    "failed",
    "conflicts",
    "forgotten",
    "not_taken",
    "skipped",
    "issued",
    "superseded",
    "revoked",
    "delivered",
    "waiting",
    "refused",
];

fn line(run: &PastRun) -> String {
    let time = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default().format("%Y-%m-%d %H:%M:%S");
    let counts: Vec<String> = COUNTS
        .into_iter()
        .filter_map(|name| Some((run.report.get(name)?.as_u64()?, name)))
        .filter(|(number, _)| *number > 0)
        .map(|(number, name)| format!("{number} {}", name.replace('_', " ")))
        .collect();
    let took = run.finished_at - run.started_at;
    let (id, kind, trigger) = (run.id, run.kind.word(), &run.trigger);
    format!(
        "run {id:<5} {kind:<6} {trigger:<8} {} UTC, {took} s  {:<16} {}",
        time(run.started_at),
        history::status(run),
        counts.join(", ")
    )
}

//! `plans`: lists and shows plans that wait for approval, approves and rejects them.

use super::paint::{BOLD, DIM, YELLOW, clean};
use super::{Global, plan_view};
use clap::{Args, Subcommand};
use hibob_base::clock::minute;
use hibob_base::error::{Exit, HostError};
use hibob_jobs::approval;
use hibob_jobs::approval::{Decider, DecisionResult, short};
use hibob_jobs::run::WaitingPlan;
use hibob_store::api_log;
use hibob_store::api_log::{ApiLogEntry, ApiLogOutcome, COMMAND_LINE};
use hibob_store::data_dir::DataDir;
use hibob_store::database::{ApprovalRow, ApprovalState};
use serde_json::Value;

/// How many plans are listed by default.
const LISTED: u32 = 20;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct PlansArgs {
    #[command(subcommand)]
    pub(super) command: Option<PlansCommand>,
    /// The tenant's id
    #[arg(required = true)]
    tenant: Option<String>,
    /// How many plans to list
    #[arg(long, value_name = "N", default_value_t = LISTED)]
    limit: u32,
}

#[derive(Subcommand)]
pub(super) enum PlansCommand {
    /// Show everything that a plan would do, and its state
    #[command(after_help = "Example: hibob plans show acme 3f9c2a1b7d04")]
    Show {
        /// The tenant's id
        tenant: String,
        /// The beginning of the plan's digest, as `hibob plans` shows it
        plan: String,
    },
    /// Approve a plan; a job applies it, or the tenant's next sync if that is sooner
    #[command(after_help = "Example: hibob plans approve acme 3f9c2a1b7d04 --by ana@acme.example")]
    Approve {
        /// The tenant's id
        tenant: String,
        /// The beginning of the plan's digest, as `hibob plans` shows it
        plan: String,
        /// Work email of the person who approves it
        #[arg(long, value_name = "EMAIL")]
        by: String,
    },
    /// Reject a plan, or take the approval back before it is applied
    #[command(
        after_help = "Example: hibob plans reject acme 3f9c2a1b7d04 --by ana@acme.example --reason \"they still work here\""
    )]
    Reject {
        /// The tenant's id
        tenant: String,
        /// The beginning of the plan's digest, as `hibob plans` shows it
        plan: String,
        /// Work email of the person who rejects it
        #[arg(long, value_name = "EMAIL")]
        by: String,
        /// Why it is rejected
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

pub(super) async fn run(global: &Global, args: PlansArgs) -> Result<Exit, HostError> {
    let data = global.data().await?;
    match args.command {
        None => list(global, &data, &args.tenant.unwrap_or_default(), args.limit).await?,
        Some(PlansCommand::Show { tenant, plan }) => show(global, &data, &tenant, &plan).await?,
        Some(PlansCommand::Approve { tenant, plan, by }) => decide(global, &data, &tenant, &plan, &by, None).await?,
        Some(PlansCommand::Reject { tenant, plan, by, reason }) => {
            decide(global, &data, &tenant, &plan, &by, Some(&reason)).await?;
        }
    }
    Ok(Exit::Done)
}

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

async fn list(global: &Global, data: &DataDir, tenant: &str, limit: u32) -> Result<(), HostError> {
    data.config(tenant).await?;
    let rows = data.tenant_database(tenant).await?.approvals(now(), limit).await?;
    if global.json {
        outln!("{}", approval::list_json(tenant, &rows)?);
        return Ok(());
    }
    if rows.is_empty() {
        outln!("no plan of {tenant} waits or waited; safety.approval of its file says which do");
    }
    for row in &rows {
        outln!("{}", line(row));
        for why in approval::why(row)? {
            outln!("    because  {}", clean(&why));
        }
    }
    Ok(())
}

fn line(row: &ApprovalRow) -> String {
    let changes = changes(u64::try_from(row.changes).unwrap_or_default());
    format!(
        "{}  {:<10}  made {}, {changes}; {}",
        short(&row.plan),
        approval::state_word(row),
        minute(row.created_at),
        came(row)
    )
}

/// The state of a plan in words, with who decided and when.
fn came(row: &ApprovalRow) -> String {
    let by = row.decided_by.as_deref().map(|by| format!(" by {}", clean(by))).unwrap_or_default();
    let at = row.decided_at.map(|at| format!(" on {}", minute(at))).unwrap_or_default();
    let ended = row.ended_at.map(minute).unwrap_or_default();
    let run = row.run.map(|run| format!(" (run {run})")).unwrap_or_default();
    match row.state {
        ApprovalState::Waiting if approval::is_offered(row) => {
            format!("can be approved until the next sync or {}, whichever is first", minute(row.lapses_at))
        }
        ApprovalState::Waiting => format!("waits until {}", minute(row.lapses_at)),
        ApprovalState::Approved => format!("approved{by}{at}, not applied yet"),
        ApprovalState::Applied => format!("approved{by}{at}, applied {ended}{run}"),
        ApprovalState::Rejected => {
            let reason = row.reason.as_deref().map(clean).unwrap_or_default();
            format!("rejected{by}{at}: {reason}")
        }
        ApprovalState::Superseded => match &row.superseded_by {
            Some(other) => format!("replaced {ended} by {}", short(other)),
            None => format!("dropped {ended}: a sync had nothing that has to wait"),
        },
        ApprovalState::Lapsed => format!("nobody decided until {ended}"),
        ApprovalState::Stale => format!("approved{by}{at}, out of date {ended}{run}"),
    }
}

async fn show(global: &Global, data: &DataDir, tenant: &str, plan: &str) -> Result<(), HostError> {
    data.config(tenant).await?;
    let records = data.records(tenant).await?;
    let row = approval::get(records.database(), tenant, plan, now()).await?;
    if global.json {
        outln!("{}", approval::show_json(&records, tenant, &row).await?);
        return Ok(());
    }
    outln!("{}", BOLD.on_stdout(&line(&row)));
    let asked = match (row.trigger.as_str(), &row.requested_by) {
        (_, Some(who)) => clean(who),
        ("schedule", None) => "the schedule".to_owned(),
        (_, None) => "somebody on the command line".to_owned(),
    };
    outln!("    asked by {asked}");
    outln!("    digest   {}", row.plan);
    for why in approval::why(&row)? {
        outln!("    because  {}", clean(&why));
    }
    let stale = approval::stale(&records, &row).await?;
    if let Some(why) = stale.get("why").and_then(Value::as_str) {
        outln!("{} {}", YELLOW.on_stdout("! stale"), clean(why));
    }
    for difference in stale.get("differences").and_then(Value::as_array).into_iter().flatten() {
        outln!("    {}", clean(difference.get("message").and_then(Value::as_str).unwrap_or_default()));
    }
    outln!("\n{}", plan_view::text(tenant, &approval::planned(&records, &row).await?, true));
    if row.state == ApprovalState::Waiting {
        outln!("\n{}", DIM.on_stdout(&format!("to go on: {}", choices(tenant, &row.plan))));
    }
    Ok(())
}

async fn decide(
    global: &Global,
    data: &DataDir,
    tenant: &str,
    plan: &str,
    by: &str,
    rejected_because: Option<&str>,
) -> Result<(), HostError> {
    data.config(tenant).await?;
    let plan = approval::get(&data.tenant_database(tenant).await?, tenant, plan, now()).await?.plan;
    let action = if rejected_because.is_some() { "reject-plan" } else { "approve-plan" };
    let by_whom = Some(by.to_owned());
    let entry = ApiLogEntry::of_command(action, Some(tenant.to_owned()), Some(plan.clone()), by_whom);
    let row = api_log::begin(data.control(), &entry).await?;
    let who = Decider { by, with: COMMAND_LINE };
    let decided = match rejected_because {
        Some(reason) => approval::reject(data, tenant, &plan, who, reason, now()).await,
        None => approval::approve(data, tenant, &plan, who, now()).await,
    };
    let (outcome, code) = match &decided {
        Ok(_) => (ApiLogOutcome::Done, None),
        Err(error) if matches!(error.exit(), Exit::Usage | Exit::Busy) => (ApiLogOutcome::Refused, Some(error.code())),
        Err(error) => (ApiLogOutcome::Failed, Some(error.code())),
    };
    api_log::ended(data.control(), row, &entry, outcome, code).await;
    let decided = decided?;
    if global.json {
        outln!("{}", decided.json());
    } else {
        outln!("{}", told(tenant, &decided));
    }
    Ok(())
}

fn told(tenant: &str, decided: &DecisionResult) -> String {
    let again = if decided.is_new { "is" } else { "was already" };
    let plan = short(&decided.plan);
    match (decided.state, decided.job) {
        (ApprovalState::Rejected, _) => format!("plan {plan} {again} rejected; nothing of it is applied"),
        (_, Some(job)) => format!(
            "plan {plan} {again} approved; job {job} applies it on a host that serves (hibob serve), or else the next: hibob sync {tenant}"
        ),
        (_, None) => format!("plan {plan} was already approved and applied; look at: hibob plans {tenant}"),
    }
}

/// A plan that a run has left waiting.
pub(super) fn print_waiting(tenant: &str, waiting: &WaitingPlan) {
    let is = if waiting.is_new { "waits" } else { "still waits" };
    let changes = changes(waiting.changes as u64);
    let plan = short(&waiting.plan);
    outln!("{} plan {plan} {is} for approval: {changes}, none of them applied", YELLOW.on_stdout("! waiting"));
    for why in &waiting.why {
        outln!("    because  {}", clean(why));
    }
    outln!("    since    {}", minute(waiting.since));
    outln!("    to go on look at it until {}: hibob plans show {tenant} {plan}", minute(waiting.lapses_at));
}

fn choices(tenant: &str, plan: &str) -> String {
    let plan = short(plan);
    format!(
        "hibob plans approve {tenant} {plan} --by EMAIL, or hibob plans reject {tenant} {plan} --by EMAIL --reason TEXT"
    )
}

fn changes(number: u64) -> String {
    format!("{number} change{}", if number == 1 { "" } else { "s" })
}

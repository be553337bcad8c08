//! What people do about plans that wait for approval: find one, approve or reject it, and see its state.
//!
//! An approval names the SHA-256 of the stored plan, so what is applied is byte for byte what the person saw. The
//! approval is recorded first, and then the job that applies the plan is queued. After a crash between the two,
//! approving again queues the job, and the tenant's next sync applies the plan as well. Whichever comes first, the
//! journal of an approved plan begins once.

use crate::plan_json;
use crate::run::{Reasons, StoredPlan};
use hibob_base::error::HostError;
use hibob_base::person::{check_person, check_reason};
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{ApprovalRow, ApprovalState, Decision, TenantDatabase};
use hibob_store::privacy::Records;
use hibob_store::queue::{Arguments, JobId, NewJob, PlanToApply, Selection};
use serde_json::{Value, json};

/// Fewest characters of a digest that name a plan.
pub const PLAN_CHARS_MIN: usize = 8;

/// How many characters of a digest are shown: enough to tell the plans of a tenant apart.
const PLAN_CHARS_SHOWN: usize = 12;

/// The state of a plan that a person has asked to see and that nobody has to decide about.
const OFFERED: &str = "offered";

/// The person who approves or rejects a plan.
#[derive(Clone, Copy, Debug)]
pub struct Decider<'d> {
    /// Their work email.
    pub by: &'d str,
    /// How they are allowed to: `token ID`, or `command-line`.
    pub with: &'d str,
}

/// The result of approving or rejecting a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionResult {
    /// The SHA-256 of the stored plan, in hex.
    pub plan: String,
    /// The plan's state now.
    pub state: ApprovalState,
    /// False if the same decision had been made before.
    pub is_new: bool,
    /// The job that applies the plan; none if the plan is rejected, or was applied already.
    pub job: Option<JobId>,
}

/// The first characters of a digest, as they are shown to people.
pub fn short(digest: &str) -> &str {
    digest.get(..PLAN_CHARS_SHOWN).unwrap_or(digest)
}

/// Finds a plan by the first characters of its digest, with its state at `now` (Unix seconds). None if there is no such
/// plan.
///
/// # Errors
/// `name` is too short or no hex, more than one plan begins with it, or the database failed.
pub async fn find(database: &TenantDatabase, name: &str, now: i64) -> Result<Option<ApprovalRow>, HostError> {
    let name = name.to_ascii_lowercase();
    if name.len() < PLAN_CHARS_MIN || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let message = format!("`{}` names no plan", name.escape_debug());
        let remedy = format!("give its digest, or at least the first {PLAN_CHARS_MIN} characters of it");
        return Err(HostError::configuration(message, remedy));
    }
    let mut rows = database.approvals_of(now, &name).await?;
    if rows.len() > 1 {
        let message = format!("more than one plan begins with {name}");
        return Err(HostError::configuration(message, "give more characters of its digest"));
    }
    Ok(rows.pop())
}

/// Finds a plan as [`find`] does, and fails if there is none.
///
/// # Errors
/// There is no such plan, or as [`find`].
pub async fn get(database: &TenantDatabase, tenant: &str, name: &str, now: i64) -> Result<ApprovalRow, HostError> {
    find(database, name, now).await?.ok_or_else(|| {
        let message = format!("tenant {tenant} has no such plan {}", name.escape_debug());
        HostError::configuration(message, format!("choose one from: hibob plans {tenant}"))
    })
}

/// Approves a plan that waits, and queues the job that applies it. Approving it again changes nothing, and queues the
/// job if it is missing.
///
/// # Errors
/// There is no such plan, it does not wait, the person may not approve it, the tenant is disabled, or a database
/// failed.
pub async fn approve(
    data: &DataDir,
    tenant: &str,
    name: &str,
    who: Decider<'_>,
    now: i64,
) -> Result<DecisionResult, HostError> {
    let config = data.config(tenant).await?;
    data.require_enabled(tenant).await?;
    check_person(who.by)?;
    let database = data.tenant_database(tenant).await?;
    let mut row = get(&database, tenant, name, now).await?;
    let mut is_new = false;
    if row.state == ApprovalState::Waiting {
        check_another(&config, &row, who)?;
        let decision = Decision { by: who.by, with: who.with, rejected_because: None };
        is_new = database.decide(row.id, decision, now).await?;
        // If it is not new, somebody else decided first.
        row = get(&database, tenant, &row.plan, now).await?;
    }
    let job = match row.state {
        ApprovalState::Approved => Some(queue(data, tenant, &row, who).await?),
        ApprovalState::Applied => None,
        _ => return Err(decided(tenant, &row, "approved")),
    };
    Ok(DecisionResult { plan: row.plan, state: row.state, is_new, job })
}

/// Rejects a plan that waits, or takes an approval back as long as no part of the plan is applied. Rejecting it again
/// changes nothing.
///
/// # Errors
/// There is no such plan, it neither waits nor is approved, the reason is not one line of text, or a database failed.
pub async fn reject(
    data: &DataDir,
    tenant: &str,
    name: &str,
    who: Decider<'_>,
    reason: &str,
    now: i64,
) -> Result<DecisionResult, HostError> {
    data.config(tenant).await?;
    check_person(who.by)?;
    check_reason(reason)?;
    let database = data.tenant_database(tenant).await?;
    let row = get(&database, tenant, name, now).await?;
    let decision = Decision { by: who.by, with: who.with, rejected_because: Some(reason) };
    let is_new = database.decide(row.id, decision, now).await?;
    let row = get(&database, tenant, &row.plan, now).await?;
    match row.state {
        ApprovalState::Rejected => Ok(DecisionResult { plan: row.plan, state: row.state, is_new, job: None }),
        _ => Err(decided(tenant, &row, "rejected")),
    }
}

/// The job that applies an approved plan: one that is queued or running already, or a new one.
async fn queue(data: &DataDir, tenant: &str, row: &ApprovalRow, who: Decider<'_>) -> Result<JobId, HostError> {
    let live = data.queue().list(Selection { tenant: Some(tenant), ended_max: 0 }).await?;
    if let Some(job) = live.iter().find(|job| job.arguments.approved_plan() == Some(row.plan.as_str())) {
        return Ok(job.id);
    }
    let arguments = Arguments::Apply(PlanToApply::Approved(row.plan.clone()));
    let requested_by = Some(who.with.to_owned());
    let new = NewJob { tenant: tenant.to_owned(), arguments, requested_by };
    Ok(data.start(&new).await?.id)
}

fn check_another(config: &TenantConfig, row: &ApprovalRow, who: Decider<'_>) -> Result<(), HostError> {
    let starter = row.requested_by.as_deref().unwrap_or_default();
    let is_starter = starter.eq_ignore_ascii_case(who.by) || starter == who.with;
    if !config.safety.approval_by_another || !is_starter {
        return Ok(());
    }
    Err(HostError::Decision {
        code: "APPROVER_IS_STARTER",
        message: format!("{starter} has asked for the plan {}, and may not approve it as well", short(&row.plan)),
        remedy: "have somebody else approve it, with a token of their own (safety.approval_by_another)".to_owned(),
    })
}

/// The error that a plan's state does not allow to approve, reject or apply it any more. `wish` is the participle.
pub fn decided(tenant: &str, row: &ApprovalRow, wish: &str) -> HostError {
    let next = match &row.superseded_by {
        Some(other) => format!("look at the one that waits in its place: hibob plans show {tenant} {}", short(other)),
        None if row.state == ApprovalState::Superseded => {
            format!(
                "a later run needed no decision, and has made what was still to be done; see it: hibob history {tenant}"
            )
        }
        None => format!("look at what there is: hibob plans {tenant}; the next sync makes a new plan"),
    };
    let message = format!("the plan {} is {}, and cannot be {wish}", short(&row.plan), row.state.word());
    HostError::Decision { code: "PLAN_DECIDED", message, remedy: next }
}

/// The stored plan of a row. Values of erased persons read as `forgotten`.
///
/// # Errors
/// The stored bytes do not have the digest, the tenant's key is missing, or the database failed.
pub async fn planned(records: &Records, row: &ApprovalRow) -> Result<Planned, HostError> {
    Ok(StoredPlan::read(records.database(), records.keyring(), row).await?.opened.planned)
}

/// Why an approved plan was found stale, from the report of the run that found it; null for every other plan.
///
/// # Errors
/// The tenant's key is missing, or the database failed.
pub async fn stale(records: &Records, row: &ApprovalRow) -> Result<Value, HostError> {
    let Some(run) = row.run.filter(|_| row.state == ApprovalState::Stale) else { return Ok(Value::Null) };
    let run = records.past_run(run).await?;
    Ok(run.and_then(|mut run| Some(run.report.get_mut("stale")?.take())).unwrap_or_default())
}

/// What the guards report about a plan, one sentence for each.
///
/// # Errors
/// The stored row cannot be read.
pub fn why(row: &ApprovalRow) -> Result<Vec<String>, HostError> {
    Ok(Reasons::read(row)?.messages())
}

/// The word for a plan's state. A plan that a person has asked to see and that nobody has to decide about is `offered`.
pub fn state_word(row: &ApprovalRow) -> &'static str {
    if is_offered(row) { OFFERED } else { row.state.word() }
}

/// Whether a person has asked to see the plan, nobody has to decide about it, and nobody has.
pub fn is_offered(row: &ApprovalRow) -> bool {
    row.state == ApprovalState::Waiting && Reasons::read(row).is_ok_and(|reasons| reasons.are_of_an_offer())
}

/// The state of a plan, as JSON.
///
/// # Errors
/// The stored row cannot be read.
pub fn line_json(row: &ApprovalRow) -> Result<Value, HostError> {
    Ok(json!({
        "plan": row.plan,
        "state": state_word(row),
        "changes": row.changes,
        "why": why(row)?,
        "trigger": row.trigger,
        "requested_by": row.requested_by,
        "created_at": row.created_at,
        "lapses_at": row.lapses_at,
        "decided_by": row.decided_by,
        "decided_with": row.decided_with,
        "decided_at": row.decided_at,
        "reason": row.reason,
        "superseded_by": row.superseded_by,
        "ended_at": row.ended_at,
        "run": row.run,
    }))
}

/// The states of several plans, as JSON.
///
/// # Errors
/// A stored row cannot be read.
pub fn list_json(tenant: &str, rows: &[ApprovalRow]) -> Result<Value, HostError> {
    let rows: Result<Vec<Value>, HostError> = rows.iter().map(line_json).collect();
    Ok(json!({ "tenant": tenant, "plans": rows? }))
}

/// A plan as JSON: its state, its changes and, if it is stale, the differences from a new plan.
///
/// # Errors
/// As [`planned`].
pub async fn show_json(records: &Records, tenant: &str, row: &ApprovalRow) -> Result<Value, HostError> {
    let content = plan_json::json(tenant, &planned(records, row).await?);
    Ok(json!({ "approval": line_json(row)?, "content": content, "stale": stale(records, row).await? }))
}

impl DecisionResult {
    /// The JSON that `hibob plans --json` prints and the API answers.
    pub fn json(&self) -> Value {
        json!({ "plan": self.plan, "state": self.state.word(), "new": self.is_new, "job": self.job })
    }
}

//! Asking the plugin for a plan, and for a check.

use super::sound::{self, Intake};
use crate::bindings::directory_sync::{Change, CheckReport, RosterEntry};
use crate::bindings::types::{Finding, JobError, NamedValue};
use crate::call::{Call, Job, Progress};
use crate::error::HostError;
use crate::limits::Over;
use crate::plugin::Plugin;
use crate::tenant::Tenant;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Changes or findings fetched from the plugin in one call. Enough that calls cost nothing beside what they carry.
const BATCH: u32 = 500;

/// A plan as the host holds it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Unix seconds.
    pub created_at: u64,
    /// Numbers by name.
    pub counts: BTreeMap<String, u64>,
    /// What a person should read.
    pub findings: Vec<Finding>,
    /// What the next plan is given once this one was applied.
    pub baseline: Vec<NamedValue>,
    /// The changes, in an order in which they can be applied.
    pub changes: Vec<Change>,
}

/// Everybody, and where they stand.
#[derive(Clone, Debug)]
pub struct Roster {
    /// By employee id.
    pub employees: Vec<RosterEntry>,
    /// Why some of them failed, among other things.
    pub findings: Vec<Finding>,
}

impl Planned {
    /// One of the numbers; 0 for a name that is not among them.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or_default()
    }
}

/// Asks the plugin for a plan. Nothing is written anywhere.
///
/// # Errors
/// The job failed, or the plugin did.
pub(super) async fn plan(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<Planned, HostError> {
    Ok(make(plugin, tenant, progress, Wanted::Changes).await?.0)
}

/// Asks the plugin where everybody stands. Nothing is written anywhere.
///
/// # Errors
/// The job failed, or the plugin did.
pub(super) async fn roster(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<Roster, HostError> {
    let (planned, employees) = make(plugin, tenant, progress, Wanted::Employees).await?;
    Ok(Roster { employees, findings: planned.findings })
}

/// What of a plan is fetched, beside its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Changes,
    Employees,
}

async fn make(
    plugin: &Plugin,
    tenant: &Tenant,
    progress: Arc<dyn Progress>,
    wanted: Wanted,
) -> Result<(Planned, Vec<RosterEntry>), HostError> {
    let job = tenant.job();
    let baseline = tenant.database().baseline().await?;
    let mut intake = Intake::new(&tenant.config().limits);
    let mut call = Call::open(plugin, tenant, Job::Plan, progress).await?;
    let planned = call
        .step(async |store, instance| {
            let held = match instance.call_plan(store, &job, &baseline).await? {
                Ok(held) => held,
                Err(error) => return Ok(Err(Refused::Job(error))),
            };
            let summary = instance.call_summary(store, held).await?;
            let mut planned = Planned {
                created_at: job.now_unix_seconds,
                counts: summary.counts.into_iter().map(|count| (count.name, count.number)).collect(),
                findings: Vec::new(),
                baseline: summary.baseline,
                changes: Vec::new(),
            };
            let mut employees = Vec::new();
            loop {
                let batch = match wanted {
                    Wanted::Employees => instance.call_next_employees(store, held, BATCH).await?,
                    Wanted::Changes => Vec::new(),
                };
                if batch.is_empty() {
                    break;
                }
                if let Err(over) = intake.batch(&batch, BATCH, sound::entry_bytes) {
                    return Ok(Err(Refused::Over(over)));
                }
                employees.extend(batch);
            }
            loop {
                let batch = match wanted {
                    Wanted::Changes => instance.call_next(store, held, BATCH).await?,
                    Wanted::Employees => Vec::new(),
                };
                if batch.is_empty() {
                    break;
                }
                if let Err(over) = intake.batch(&batch, BATCH, sound::change_bytes) {
                    return Ok(Err(Refused::Over(over)));
                }
                planned.changes.extend(batch);
            }
            loop {
                let batch = instance.call_next_findings(store, held, BATCH).await?;
                if batch.is_empty() {
                    break;
                }
                if let Err(over) = intake.batch(&batch, BATCH, sound::finding_bytes) {
                    return Ok(Err(Refused::Over(over)));
                }
                planned.findings.extend(batch);
            }
            held.resource_drop_async(&mut *store).await?;
            Ok(Ok((planned, employees)))
        })
        .await?;
    let refusals = call.refusals();
    call.finish(None).await?;
    let redactor = tenant.egress().redactor();
    let (mut planned, employees) = planned.map_err(|refused| match refused {
        Refused::Job(error) => HostError::from_job(redactor.job_error(error), &refusals),
        Refused::Over(over) => HostError::over(&over),
    })?;
    redactor.findings(&mut planned.findings);
    sound::check(&planned).map_err(HostError::Plugin)?;
    Ok((planned, employees))
}

/// Why there is no plan.
enum Refused {
    Job(JobError),
    Over(Over),
}

/// Asks the plugin whether a sync would work. Nothing is written anywhere.
///
/// # Errors
/// The check ended early, or the plugin failed.
pub(super) async fn check(
    plugin: &Plugin,
    tenant: &Tenant,
    progress: Arc<dyn Progress>,
) -> Result<CheckReport, HostError> {
    let job = tenant.job();
    let mut call = Call::open(plugin, tenant, Job::Check, progress).await?;
    let mut report = call.step(async |store, instance| instance.call_check(store, &job).await).await?;
    let refusals = call.refusals();
    call.finish(None).await?;
    let redactor = tenant.egress().redactor();
    if let Ok(report) = &mut report {
        redactor.findings(&mut report.findings);
    }
    report.map_err(|error| HostError::from_job(redactor.job_error(error), &refusals))
}

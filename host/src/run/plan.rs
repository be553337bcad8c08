//! Asking the plugin for a plan, and for a check.

use crate::bindings::directory_sync::{Change, CheckReport, RosterEntry};
use crate::bindings::types::{Finding, NamedValue};
use crate::call::{Call, CallKind, Progress};
use crate::error::HostError;
use crate::plugin::Plugin;
use crate::tenant::Tenant;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Changes or findings fetched from the plugin in one call. Enough that calls cost nothing beside what they carry.
const BATCH: u32 = 500;

/// Most changes of one plan: five for each of 200,000 employees.
const PLAN_CHANGES_MAX: usize = 1_000_000;

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
pub async fn plan(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<Planned, HostError> {
    Ok(make(plugin, tenant, progress, Wanted::Changes).await?.0)
}

/// Asks the plugin where everybody stands. Nothing is written anywhere.
///
/// # Errors
/// The job failed, or the plugin did.
pub async fn roster(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<Roster, HostError> {
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
    let mut call = Call::open(plugin, tenant, CallKind::Plan, progress).await?;
    let planned = call
        .step(async |store, instance| {
            let held = match instance.call_plan(store, &job, &baseline).await? {
                Ok(held) => held,
                Err(error) => return Ok(Err(error)),
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
                let entries = match wanted {
                    Wanted::Employees => instance.call_next_employees(store, held, BATCH).await?,
                    Wanted::Changes => Vec::new(),
                };
                if entries.is_empty() {
                    break;
                }
                employees.extend(entries);
                wasmtime::ensure!(
                    employees.len() <= PLAN_CHANGES_MAX,
                    "the plan has more than {PLAN_CHANGES_MAX} employees"
                );
            }
            loop {
                let changes = match wanted {
                    Wanted::Changes => instance.call_next(store, held, BATCH).await?,
                    Wanted::Employees => Vec::new(),
                };
                if changes.is_empty() {
                    break;
                }
                planned.changes.extend(changes);
                wasmtime::ensure!(
                    planned.changes.len() <= PLAN_CHANGES_MAX,
                    "the plan has more than {PLAN_CHANGES_MAX} changes"
                );
            }
            loop {
                let findings = instance.call_next_findings(store, held, BATCH).await?;
                if findings.is_empty() {
                    break;
                }
                planned.findings.extend(findings);
                wasmtime::ensure!(
                    planned.findings.len() <= PLAN_CHANGES_MAX,
                    "the plan has more than {PLAN_CHANGES_MAX} findings"
                );
            }
            held.resource_drop_async(&mut *store).await?;
            Ok(Ok((planned, employees)))
        })
        .await?;
    let refusals = call.refusals();
    call.finish(None).await?;
    planned.map_err(|error| HostError::from_job(error, &refusals))
}

/// Asks the plugin whether a sync would work. Nothing is written anywhere.
///
/// # Errors
/// The check ended early, or the plugin failed.
pub async fn check(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<CheckReport, HostError> {
    let job = tenant.job();
    let mut call = Call::open(plugin, tenant, CallKind::Check, progress).await?;
    let report = call.step(async |store, instance| instance.call_check(store, &job).await).await?;
    let refusals = call.refusals();
    call.finish(None).await?;
    report.map_err(|error| HostError::from_job(error, &refusals))
}

//! Asking the plugin for a plan, and for a check.

use crate::bindings::Plugin as Instance;
use crate::call::{Call, CallState, Job};
use crate::plugin::Plugin;
use crate::tenant::Tenant;
use hibob_base::error::HostError;
use hibob_base::progress::Progress;
use hibob_base::secret::Redactor;
use hibob_contract::directory_sync::{Change, CheckReport, RosterEntry};
use hibob_contract::types::{self, Finding, JobError, NamedValue};
use hibob_contract::{Planned, Roster};
use hibob_policy::over::Over;
use hibob_policy::plan_limits;
use hibob_policy::plan_limits::Intake;
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// Changes or findings fetched from the plugin in one call. Enough that calls cost nothing beside what they carry.
const BATCH: u32 = 500;

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
    let job = tenant.job()?;
    let baseline = tenant.database().baseline().await?;
    let mut intake = tenant.intake();
    let mut call = Call::open(plugin, tenant, Job::Plan, progress).await?;
    let planned = call
        .step(async |store, instance| {
            Refused::or_trap(read(store, instance, &job, &baseline, wanted, &mut intake).await)
        })
        .await?;
    let refusals = call.refusals();
    call.finish();
    let redactor = tenant.egress()?.redactor();
    let (mut planned, mut employees) = planned.map_err(|refused| refused.told(redactor, &refusals))?;
    redactor.findings(&mut planned.findings);
    plan_limits::check(&planned).map_err(HostError::Plugin)?;
    let forgotten = tenant.people().erased_people().await?;
    forgotten.leave_out(&mut planned);
    forgotten.leave_out_entries(&mut employees);
    Ok((planned, employees))
}

/// Has the plugin make a plan, and fetches of it what is wanted.
async fn read(
    store: &mut Store<CallState>,
    instance: &Instance,
    job: &types::Job,
    baseline: &[NamedValue],
    wanted: Wanted,
    intake: &mut Intake,
) -> Result<(Planned, Vec<RosterEntry>), Refused> {
    let held = instance.call_plan(store, job, baseline).await?.map_err(Refused::Job)?;
    let summary = instance.call_summary(store, held).await?;
    intake.numbers(&summary.counts, &summary.baseline)?;
    let (changes, employees) = match wanted {
        Wanted::Changes => (all(store, instance, held, intake).await?, Vec::new()),
        Wanted::Employees => (Vec::new(), all(store, instance, held, intake).await?),
    };
    let findings = all(store, instance, held, intake).await?;
    held.resource_drop_async(&mut *store).await?;
    let counts = summary.counts.into_iter().map(|count| (count.name, count.number)).collect();
    let baseline = summary.baseline;
    Ok((Planned { created_at: job.now_unix_seconds, counts, findings, baseline, changes }, employees))
}

/// What a plan is fetched in batches of.
trait Part: Sized {
    /// The next ones.
    fn next(
        store: &mut Store<CallState>,
        instance: &Instance,
        held: ResourceAny,
    ) -> impl Future<Output = wasmtime::Result<Vec<Self>>> + Send;

    /// What it takes to hold one.
    fn bytes(&self) -> usize;
}

impl Part for Change {
    async fn next(store: &mut Store<CallState>, instance: &Instance, held: ResourceAny) -> wasmtime::Result<Vec<Self>> {
        instance.call_next(store, held, BATCH).await
    }

    fn bytes(&self) -> usize {
        plan_limits::change_bytes(self)
    }
}

impl Part for RosterEntry {
    async fn next(store: &mut Store<CallState>, instance: &Instance, held: ResourceAny) -> wasmtime::Result<Vec<Self>> {
        instance.call_next_employees(store, held, BATCH).await
    }

    fn bytes(&self) -> usize {
        plan_limits::entry_bytes(self)
    }
}

impl Part for Finding {
    async fn next(store: &mut Store<CallState>, instance: &Instance, held: ResourceAny) -> wasmtime::Result<Vec<Self>> {
        instance.call_next_findings(store, held, BATCH).await
    }

    fn bytes(&self) -> usize {
        plan_limits::finding_bytes(self)
    }
}

/// All parts of a kind.
async fn all<T: Part>(
    store: &mut Store<CallState>,
    instance: &Instance,
    held: ResourceAny,
    intake: &mut Intake,
) -> Result<Vec<T>, Refused> {
    let mut parts = Vec::new();
    loop {
        let batch = T::next(store, instance, held).await?;
        if batch.is_empty() {
            return Ok(parts);
        }
        intake.batch(&batch, BATCH, T::bytes)?;
        parts.extend(batch);
    }
}

/// Why there is no plan, or no report of a check.
enum Refused {
    Job(JobError),
    Over(Over),
    Trap(wasmtime::Error),
}

impl From<Over> for Refused {
    fn from(over: Over) -> Self {
        Self::Over(over)
    }
}

impl From<wasmtime::Error> for Refused {
    fn from(error: wasmtime::Error) -> Self {
        Self::Trap(error)
    }
}

impl Refused {
    /// A trap as the error of a call's step; everything else is an answer.
    fn or_trap<T>(result: Result<T, Self>) -> wasmtime::Result<Result<T, Self>> {
        match result {
            Err(Self::Trap(error)) => Err(error),
            result => Ok(result),
        }
    }

    fn told(self, redactor: &Redactor, refusals: &[String]) -> HostError {
        match self {
            Self::Job(error) => HostError::from_job(redactor.job_error(error), refusals),
            Self::Over(over) => HostError::over(&over),
            Self::Trap(error) => HostError::Plugin(redactor.said(&error.to_string())),
        }
    }
}

/// Asks the plugin whether a sync would work. Nothing is written anywhere.
///
/// # Errors
/// The check ended early, or the plugin failed.
pub async fn check(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<CheckReport, HostError> {
    let job = tenant.job()?;
    let mut intake = tenant.intake();
    let mut call = Call::open(plugin, tenant, Job::Check, progress).await?;
    let report = call.step(async |store, instance| instance.call_check(store, &job).await).await?;
    let refusals = call.refusals();
    call.finish();
    let redactor = tenant.egress()?.redactor();
    let mut report = report.map_err(|error| Refused::Job(error).told(redactor, &refusals))?;
    let counted = intake.numbers(&report.counts, &[]);
    counted.and_then(|()| intake.findings(&report.findings)).map_err(|over| HostError::over(&over))?;
    redactor.findings(&mut report.findings);
    tenant.people().erased_people().await?.leave_out_findings(&mut report.findings);
    Ok(report)
}

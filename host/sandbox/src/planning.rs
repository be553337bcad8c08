//! The calls of the sync that write nothing: a plan, a roster and a check.

use crate::bindings::Plugin as Instance;
use crate::call::{Call, Job};
use crate::plugin::Plugin;
use crate::state::CallState;
use crate::tenant::Tenant;
use hibob_base::clock::now_unix_seconds;
use hibob_base::error::HostError;
use hibob_base::progress::Progress;
use hibob_base::secret::Redactor;
use hibob_config::plugin_settings::key_of;
use hibob_contract::directory_sync::{Change, ChangeKind, CheckReport, RosterEntry};
use hibob_contract::types::{self, Finding, JobError, NamedValue, SideError};
use hibob_contract::{Planned, Roster};
use hibob_policy::adopted::{keep, maybe_taken_over};
use hibob_policy::guard::is_another_target;
use hibob_policy::observed::Observations;
use hibob_policy::over::Over;
use hibob_policy::plan_limits;
use hibob_policy::plan_limits::Intake;
use hibob_policy::work_emails::WorkEmails;
use std::collections::BTreeSet;
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// How many changes, findings or employees are fetched from the plugin at once. With so many, the cost of a fetch
/// itself does not matter.
const BATCH: u32 = 500;

/// Has the plugin make a plan. It writes nothing.
///
/// # Errors
/// The plugin returned an error, the call failed, or the plan exceeds a limit or could not be applied.
pub async fn plan(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<Planned, HostError> {
    Ok(make(plugin, tenant, progress, PlanPart::Changes).await?.0)
}

/// Has the plugin make a roster. It writes nothing.
///
/// # Errors
/// The plugin returned an error, the call failed, or the roster exceeds a limit.
pub async fn roster(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<Roster, HostError> {
    let (planned, employees) = make(plugin, tenant, progress, PlanPart::Employees).await?;
    Ok(Roster { employees, findings: planned.findings })
}

/// The part of a plan that is fetched beside its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlanPart {
    Changes,
    Employees,
}

async fn make(
    plugin: &Plugin,
    tenant: &Tenant,
    progress: Arc<dyn Progress>,
    part: PlanPart,
) -> Result<(Planned, Vec<RosterEntry>), HostError> {
    let job = tenant.job()?;
    let mut baseline = tenant.database().baseline().await?;
    let on_hold = tenant.database().on_hold(i64::try_from(now_unix_seconds()).unwrap_or(i64::MAX)).await?;
    baseline.extend(tenant.database().host_facts(&on_hold).await?);
    let mut intake = tenant.intake();
    let mut call = Call::open(plugin, tenant, Job::Plan, progress).await?;
    let planned = call
        .step(async |store, instance| {
            CallError::or_trap(read(store, instance, &job, &baseline, part, &mut intake).await)
        })
        .await?;
    let (refusals, observed, work_emails) = (call.refusals(), call.observed(), call.take_work_emails());
    call.finish();
    if part == PlanPart::Changes {
        require_known_target(tenant, &observed).await?;
    }
    let redactor = tenant.egress()?.redactor();
    let (mut planned, mut employees) = planned.map_err(|error| error.redacted(redactor, &refusals))?;
    redactor.findings(&mut planned.findings);
    redactor.active_accounts(&mut planned.active_accounts);
    planned.findings.extend(observed.clock_finding());
    leavers_first(&mut planned.changes);
    plan_limits::check(&planned).map_err(HostError::Plugin)?;
    require_shown(&work_emails, &planned.changes, tenant.config().sync.swap_address.as_deref())?;
    work_emails.show_departures(&mut planned);
    let forgotten = tenant.people().erased_people().await?;
    forgotten.leave_out(&mut planned);
    on_hold.leave_out(&mut planned);
    if !tenant.config().sync.clear_adopted {
        let known = tenant.database().owners_of(&maybe_taken_over(&planned)).await?.into_keys().collect();
        keep(&mut planned, &tenant.database().kept_fields().await?, &known);
    }
    forgotten.leave_out_entries(&mut employees);
    Ok((planned, employees))
}

/// Checks that the accounts of the target are the ones that the ledger knows.
///
/// # Errors
/// Too many of them are not there by their ids, or the database failed.
async fn require_known_target(tenant: &Tenant, observed: &Observations) -> Result<(), HostError> {
    if observed.gone.is_empty() {
        return Ok(());
    }
    let gone: Vec<String> = observed.gone.iter().cloned().collect();
    let gone = tenant.database().active_among(&gone).await?;
    let active = tenant.database().ledger_sums(i64::MAX).await?.active;
    if !is_another_target(gone, active) {
        return Ok(());
    }
    let id = tenant.id();
    Err(HostError::held(
        format!(
            "{gone} of {active} active accounts that this sync knows are not there any more: this is another TravelPerk account, or its accounts were deleted; nothing was written"
        ),
        format!(
            "enter the key of the right TravelPerk account (hibob secret set {id} travelperk.key); or if it is a new one on purpose: hibob tenant new-target {id} --by EMAIL"
        ),
    ))
}

/// Checks that HiBob has shown the work emails that a plan writes, so that a plugin makes up neither an account nor a
/// login name.
///
/// # Errors
/// A change writes a user name that HiBob's answers to the plan's call do not have for its employee.
fn require_shown(work_emails: &WorkEmails, changes: &[Change], swap_address: Option<&str>) -> Result<(), HostError> {
    let Some(change) = work_emails.unknown(changes, swap_address) else { return Ok(()) };
    let employee = change.employee_id.as_deref().unwrap_or("nobody");
    Err(HostError::Plugin(format!(
        "planned the change {} with a work email that HiBob did not give for the employee {employee}; nothing was \
         changed",
        change.id
    )))
}

/// Puts archivings that wait for nothing before all other changes: nothing that takes long or fails keeps a leaver's
/// account active.
fn leavers_first(changes: &mut [Change]) {
    changes.sort_by_key(|change| {
        change.kind != ChangeKind::Archive || !change.depends_on.is_empty() || !change.after.is_empty()
    });
}

/// Has the plugin make a plan, and fetches its numbers, its findings and this part.
async fn read(
    store: &mut Store<CallState>,
    instance: &Instance,
    job: &types::Job,
    baseline: &[NamedValue],
    part: PlanPart,
    intake: &mut Intake,
) -> Result<(Planned, Vec<RosterEntry>), CallError> {
    let plan_handle = instance.call_plan(store, job, baseline).await?.map_err(CallError::Job)?;
    let summary = instance.call_summary(store, plan_handle).await?;
    intake.numbers(&summary.counts, &summary.baseline)?;
    let (changes, employees) = match part {
        PlanPart::Changes => (all(store, instance, plan_handle, intake).await?, Vec::new()),
        PlanPart::Employees => (Vec::new(), all(store, instance, plan_handle, intake).await?),
    };
    let findings = all(store, instance, plan_handle, intake).await?;
    plan_handle.resource_drop_async(&mut *store).await?;
    let counts = summary.counts.into_iter().map(|count| (count.name, count.number)).collect();
    let baseline = summary.baseline;
    let mut planned = Planned {
        created_at: job.now_unix_seconds,
        counts,
        findings,
        baseline,
        changes,
        active_accounts: Vec::new(),
        has_left: BTreeSet::new(),
    };
    planned.take_reports();
    Ok((planned, employees))
}

/// An item that is fetched in batches.
trait Item: Sized {
    /// The next batch; empty after the last one.
    fn next(
        store: &mut Store<CallState>,
        instance: &Instance,
        plan_handle: ResourceAny,
    ) -> impl Future<Output = wasmtime::Result<Vec<Self>>> + Send;

    /// How many bytes of memory the item takes.
    fn bytes(&self) -> usize;
}

impl Item for Change {
    async fn next(
        store: &mut Store<CallState>,
        instance: &Instance,
        plan_handle: ResourceAny,
    ) -> wasmtime::Result<Vec<Self>> {
        instance.call_next(store, plan_handle, BATCH).await
    }

    fn bytes(&self) -> usize {
        plan_limits::change_bytes(self)
    }
}

impl Item for RosterEntry {
    async fn next(
        store: &mut Store<CallState>,
        instance: &Instance,
        plan_handle: ResourceAny,
    ) -> wasmtime::Result<Vec<Self>> {
        instance.call_next_employees(store, plan_handle, BATCH).await
    }

    fn bytes(&self) -> usize {
        plan_limits::entry_bytes(self)
    }
}

impl Item for Finding {
    async fn next(
        store: &mut Store<CallState>,
        instance: &Instance,
        plan_handle: ResourceAny,
    ) -> wasmtime::Result<Vec<Self>> {
        instance.call_next_findings(store, plan_handle, BATCH).await
    }

    fn bytes(&self) -> usize {
        plan_limits::finding_bytes(self)
    }
}

/// Fetches all items of a type.
async fn all<T: Item>(
    store: &mut Store<CallState>,
    instance: &Instance,
    plan_handle: ResourceAny,
    intake: &mut Intake,
) -> Result<Vec<T>, CallError> {
    let mut items = Vec::new();
    loop {
        let batch = T::next(store, instance, plan_handle).await?;
        if batch.is_empty() {
            return Ok(items);
        }
        intake.batch(&batch, BATCH, T::bytes)?;
        items.extend(batch);
    }
}

/// Why there is no plan, or no report of a check.
enum CallError {
    /// The plugin returned an error.
    Job(JobError),
    /// A limit was exceeded.
    Over(Over),
    /// The instance trapped.
    Trap(wasmtime::Error),
}

impl From<Over> for CallError {
    fn from(over: Over) -> Self {
        Self::Over(over)
    }
}

impl From<wasmtime::Error> for CallError {
    fn from(error: wasmtime::Error) -> Self {
        Self::Trap(error)
    }
}

impl CallError {
    /// Separates a trap, which is the error of the call's step, from the other errors, which are the step's answer.
    fn or_trap<T>(result: Result<T, Self>) -> wasmtime::Result<Result<T, Self>> {
        match result {
            Err(Self::Trap(error)) => Err(error),
            result => Ok(result),
        }
    }

    /// The error with the tenant's secrets removed. `refusals` are the requests that the egress has refused.
    fn redacted(self, redactor: &Redactor, refusals: &[String]) -> HostError {
        match self {
            Self::Job(error) => explained("sync", redactor.job_error(error), refusals),
            Self::Over(over) => HostError::over(&over),
            Self::Trap(error) => HostError::Plugin(redactor.plugin_text(&error.to_string())),
        }
    }
}

/// The error that a call ended with, as a person reads it. A plugin has no words for a failure of TLS or of the operator's
/// proxy, so the egress's own, which are among `refusals`, are added where no answer came. And it has names of its own
/// for settings, most of which are in this `table` of the tenant's file, so their keys are added.
pub(crate) fn explained(table: &str, error: JobError, refusals: &[String]) -> HostError {
    let with_key = |finding: Finding| {
        let is_of_setting = ["WRONG_SETTING", "UNKNOWN_SETTING"].contains(&finding.code.as_str());
        match finding.field.as_deref().filter(|_| is_of_setting).and_then(|setting| key_of(table, setting)) {
            Some(key) => {
                let message = format!("{} (in the tenant's file: {key})", finding.message);
                Finding { message, ..finding }
            }
            None => finding,
        }
    };
    let error = match error {
        JobError::Settings(findings) => JobError::Settings(findings.into_iter().map(with_key).collect()),
        JobError::Unavailable(side) if side.status.is_none() && !refusals.is_empty() => {
            let message = format!("{} ({})", side.message, refusals.join("; "));
            JobError::Unavailable(SideError { message, ..side })
        }
        error => error,
    };
    HostError::from_job(error, refusals)
}

/// Has the plugin check whether a sync would work. It writes nothing.
///
/// # Errors
/// The plugin returned an error, the call failed, or the report exceeds a limit.
pub async fn check(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<CheckReport, HostError> {
    let job = tenant.job()?;
    let mut intake = tenant.intake();
    let mut call = Call::open(plugin, tenant, Job::Check, progress).await?;
    let report = call.step(async |store, instance| instance.call_check(store, &job).await).await?;
    let refusals = call.refusals();
    call.finish();
    let redactor = tenant.egress()?.redactor();
    let mut report = report.map_err(|error| CallError::Job(error).redacted(redactor, &refusals))?;
    let counted = intake.numbers(&report.counts, &[]);
    counted.and_then(|()| intake.findings(&report.findings)).map_err(|over| HostError::over(&over))?;
    redactor.findings(&mut report.findings);
    tenant.people().erased_people().await?.leave_out_findings(&mut report.findings);
    Ok(report)
}

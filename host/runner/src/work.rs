//! Carries out jobs of the queue: each does what the command of the same name does.

use crate::Run;
use crate::{Start, check_tenant, go_on, start_by, start_planning};
use hibob_base::clock::now_unix_seconds;
use hibob_base::error::{ALREADY_RUNNING, Exit, HostError};
use hibob_base::job::{JobKind, RunKind, WayOn};
use hibob_base::progress::Progress;
use hibob_contract::Planned;
use hibob_contract::types::Severity;
use hibob_jobs::approval;
use hibob_jobs::check_json;
use hibob_jobs::interrupt::Interrupt;
use hibob_jobs::references::{Deliveries, ReferencesRequest, prepare_delivery};
use hibob_jobs::run::{Report, Stopped, Taken, unless_interrupted};
use hibob_policy::guard::Release;
use hibob_sandbox::Open;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_server::serve::Work;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{ApprovalState, PastRun};
use hibob_store::plan_file;
use hibob_store::queue::{Arguments, Claimed, DeliverArguments, End, PlanToApply, State};
use hibob_telemetry::JobTimer;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// After what time a job is tried again that found another run of its tenant going on.
const BUSY_PAUSE: Duration = Duration::from_secs(5);

/// How many findings of a check its job keeps at most.
const FINDINGS_MAX: usize = 100;

/// Carries out jobs for the tenants of a data directory.
pub struct Jobs {
    data: DataDir,
    plugin: Plugin,
}

/// Where a job reports how far it is, and where it sees that somebody cancels it.
struct Told {
    progress: Arc<dyn Progress>,
    interrupt: Interrupt,
}

impl Jobs {
    /// For the tenants of this data directory, with this plugin.
    pub fn new(data: DataDir, plugin: Plugin) -> Self {
        Self { data, plugin }
    }

    async fn check(&self, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<End, HostError> {
        let report = check_tenant(&self.data, &self.plugin, tenant, progress).await;
        let report = report.map_err(|error| error.of_tenant(tenant.id()))?;
        let of = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
        let exit = if errors == 0 { Exit::Done } else { Exit::SomeFailed };
        // Findings about a person are not kept here.
        let findings = report.findings.iter().filter(|finding| finding.employee_id.is_none()).take(FINDINGS_MAX);
        let findings: Vec<_> = findings
            .map(|finding| {
                let severity = finding.severity.word();
                json!({ "severity": severity, "code": finding.code, "message": finding.message, "remedy": finding.remedy })
            })
            .collect();
        let result = json!({
            "exit_code": exit as u8, "errors": errors, "warnings": warnings, "findings": findings,
            "employees": check_json::count(&report, "employees"), "permissions": check_json::permissions(&report),
            "fields": check_json::fields(&report),
        });
        Ok(End::Ended(state(exit), result))
    }

    /// Makes a plan and keeps it, without applying any of it.
    async fn plan(&self, tenant: &Tenant, job: &Claimed, told: Told) -> Result<End, HostError> {
        let start = Start { cause: job.cause(), interrupt: told.interrupt };
        let (timer, metrics) = (JobTimer::start(), tenant.metrics());
        let run = start_planning(&self.data, tenant, &self.plugin, told.progress, start).await?;
        let offered = match run.plan().await {
            Ok(planned) => run.offer(&planned).await,
            Err(error) => Err(error),
        };
        run.leave().await?;
        let offer = offered.inspect_err(|error| metrics.job_failed(JobKind::Plan.word(), timer, error))?;
        metrics.job_ended(JobKind::Plan.word(), timer, Exit::Done);
        let result = json!({ "exit_code": Exit::Done as u8, "plan": offer.plan, "changes": offer.changes });
        Ok(End::Ended(State::Done, result))
    }

    /// Begins a run, unless the history has a run of this job already: another host may have been given up while its
    /// run record was on the way to the database. The inner error is how the job ended then.
    async fn begin<'t>(
        &'t self,
        tenant: &'t Tenant,
        job: &Claimed,
        kind: RunKind,
        told: Told,
    ) -> Result<Result<Run<'t>, End>, HostError> {
        let start = Start { cause: job.cause(), interrupt: told.interrupt };
        let run = start_by(&self.data, tenant, &self.plugin, kind, told.progress, start).await?;
        match tenant.database().run_of_job(&job.key()).await? {
            None => Ok(Ok(run)),
            Some(past) => {
                run.leave().await?;
                Ok(Err(done_before(&past)))
            }
        }
    }

    async fn sync(&self, tenant: &Tenant, job: &Claimed, release: Release, told: Told) -> Result<End, HostError> {
        let run = match self.begin(tenant, job, RunKind::Sync, told).await? {
            Ok(run) => run,
            Err(end) => return Ok(end),
        };
        match run.plan().await {
            Ok(planned) => finish(run, release, &planned).await,
            Err(error) => {
                let mut report = Report::stopped(tenant.id(), error);
                run.finish(&mut report, None).await?;
                Ok(ended(report.exit(), report.run, report.error.as_ref(), report.warnings.len()))
            }
        }
    }

    /// Applies a saved plan that is kept for the job.
    async fn apply(
        &self,
        tenant: &Tenant,
        job: &Claimed,
        plan: &str,
        release: Release,
        told: Told,
    ) -> Result<End, HostError> {
        let kept = plan_file::kept(&self.data, plan)?;
        let saved = plan_file::read(&self.data, &kept)?;
        let identity = saved.identity();
        let planned = saved.accept(&tenant.basis(&self.plugin)?, now_unix_seconds())?;
        match self.begin(tenant, job, RunKind::Apply, told).await? {
            Ok(run) => match run.take_saved(&identity).await? {
                Taken::New(run) => finish(run, release, &planned).await,
                Taken::Resumed(report) => {
                    Ok(ended(report.exit(), report.run, report.error.as_ref(), report.warnings.len()))
                }
            },
            Err(end) => Ok(end),
        }
    }

    /// Applies an approved plan, unless it was applied already.
    async fn apply_approved(&self, tenant: &Tenant, job: &Claimed, plan: &str, told: Told) -> Result<End, HostError> {
        let run = match self.begin(tenant, job, RunKind::Apply, told).await? {
            Ok(run) => run,
            Err(end) => return Ok(end),
        };
        let row = approval::get(tenant.database(), tenant.id(), plan, chrono::Utc::now().timestamp()).await;
        match row {
            Ok(row) if row.state == ApprovalState::Approved => {
                let (mut report, planned) = run.apply_approved(&row).await;
                run.finish(&mut report, planned.as_ref()).await?;
                Ok(ended(report.exit(), report.run, report.error.as_ref(), report.warnings.len()))
            }
            // Applied by a sync, or by this job before its host crashed. What was left of it has just been resumed.
            Ok(row) if row.state == ApprovalState::Applied => {
                let resumed = run.resumed().map(|report| (report.exit(), report.warnings.len()));
                let (exit, warnings) = resumed.unwrap_or((Exit::Done, 0));
                run.leave().await?;
                Ok(ended(exit, row.run, None, warnings))
            }
            Ok(row) => {
                run.leave().await?;
                Err(approval::decided(tenant.id(), &row, "applied"))
            }
            Err(error) => {
                run.leave().await?;
                Err(error)
            }
        }
    }

    /// Resumes or abandons the plan of a run that a person has interrupted.
    async fn go_on(&self, tenant: &Tenant, job: &Claimed, way: WayOn, told: Told) -> Result<End, HostError> {
        let start = Start { cause: job.cause(), interrupt: told.interrupt };
        let report = go_on(&self.data, tenant, &self.plugin, told.progress, start, way).await?;
        let end = ended(report.exit(), report.run, report.error.as_ref(), report.warnings.len());
        // That the rest is abandoned is what was asked for.
        Ok(match end {
            End::Ended(State::Cancelled, result) if way == WayOn::Abandon && report.run.is_some() => {
                End::Ended(State::Done, result)
            }
            end => end,
        })
    }

    async fn references(&self, tenant: &Tenant, order: &ReferencesRequest, progress: Arc<dyn Progress>) -> End {
        let report = crate::references(&self.data, tenant, &self.plugin, progress, order).await;
        ended(report.exit(), report.run, report.error.as_ref(), report.warnings.len())
    }

    async fn deliver(
        &self,
        tenant: &Tenant,
        job: &Claimed,
        arguments: &DeliverArguments,
        told: Told,
    ) -> Result<End, HostError> {
        let reference = &arguments.reference;
        if !prepare_delivery(&self.data, tenant.config(), reference, arguments.again).await? {
            return Err(HostError::configuration(
                format!("tenant {} has no such reference {}", tenant.id(), reference.escape_debug()),
                format!("choose one that counts and is not delivered from: hibob references list {}", tenant.id()),
            ));
        }
        let deliveries = Deliveries::One(reference.clone());
        let order = ReferencesRequest {
            employees: Some(Vec::new()),
            deliveries,
            cause: job.cause(),
            interrupt: told.interrupt,
            ..ReferencesRequest::default()
        };
        Ok(self.references(tenant, &order, told.progress).await)
    }

    async fn try_to(&self, job: &Claimed, told: Told) -> Result<End, HostError> {
        let opened = self.data.tenant(&job.tenant).await;
        let tenant =
            opened.inspect_err(|error| self.data.metrics().of(&job.tenant).not_started(job.kind().word(), error))?;
        // A host that carried it out may have crashed before it recorded the job's end.
        if let Some(run) = tenant.database().run_of_job(&job.key()).await? {
            return Ok(done_before(&run));
        }
        // Boxed, because the futures of a run do not fit on a thread's stack.
        match &job.arguments {
            // It only reads.
            Arguments::Check => unless_interrupted(&told.interrupt, self.check(&tenant, told.progress)).await,
            Arguments::Plan => Box::pin(self.plan(&tenant, job, told)).await,
            Arguments::Sync(release) => Box::pin(self.sync(&tenant, job, *release, told)).await,
            Arguments::Apply(PlanToApply::Saved { digest, release }) => {
                Box::pin(self.apply(&tenant, job, digest, *release, told)).await
            }
            Arguments::Apply(PlanToApply::Approved(plan)) => {
                Box::pin(self.apply_approved(&tenant, job, plan, told)).await
            }
            Arguments::Apply(PlanToApply::Interrupted(way)) => Box::pin(self.go_on(&tenant, job, *way, told)).await,
            Arguments::References(arguments) => {
                let order = ReferencesRequest::of_job(arguments, job.cause());
                let order = ReferencesRequest { interrupt: told.interrupt, ..order };
                Ok(self.references(&tenant, &order, told.progress).await)
            }
            Arguments::Deliver(arguments) => self.deliver(&tenant, job, arguments, told).await,
        }
    }
}

impl Work for Jobs {
    async fn carry_out(&self, job: &Claimed, progress: Arc<dyn Progress>, interrupt: Interrupt) -> End {
        // Checked first, so that waiting for a run of the command line does not count as an error in the metrics.
        if job.kind().lane().is_some() && matches!(self.data.control().is_leased(&job.tenant).await, Ok(true)) {
            return End::Again(BUSY_PAUSE);
        }
        let end = self.try_to(job, Told { progress, interrupt }).await.unwrap_or_else(|error| {
            if error.is_locked() {
                // Its lock goes with the process that has it. What this run has done is in the journal.
                tracing::warn!(job = job.id, "{error}; the job is tried again");
                return End::Again(BUSY_PAUSE);
            }
            let error = Stopped::by(&error.of_tenant(&job.tenant));
            ended(error.exit(), None, Some(&error), 0)
        });
        if let (Some(plan), End::Ended(..)) = (job.arguments.saved_plan(), &end) {
            plan_file::forget(&self.data, plan);
        }
        end
    }
}

async fn finish(run: Run<'_>, release: Release, planned: &Planned) -> Result<End, HostError> {
    let mut report = run.apply(planned, release).await;
    run.finish(&mut report, Some(planned)).await?;
    Ok(ended(report.exit(), report.run, report.error.as_ref(), report.warnings.len()))
}

/// How a job ends whose run ended so. The tenant's history has the details.
fn ended(exit: Exit, run: Option<i64>, error: Option<&Stopped>, warnings: usize) -> End {
    if run.is_none() && error.is_some_and(|error| error.code == ALREADY_RUNNING) {
        return End::Again(BUSY_PAUSE);
    }
    // The message may repeat a service's text about a person, so it is kept here only where there is no run record.
    let error = match (run, error) {
        (Some(_), Some(error)) => json!({ "code": error.code }),
        (None, Some(error)) => json!(error),
        (_, None) => serde_json::Value::Null,
    };
    End::Ended(state(exit), json!({ "exit_code": exit as u8, "run": run, "error": error, "warnings": warnings }))
}

/// How a job ends whose run is in the history already.
fn done_before(run: &PastRun) -> End {
    let error = run.report.pointer("/error/code").map(|code| json!({ "code": code }));
    let state = Exit::of(run.exit_code).map_or(State::Failed, state);
    let warnings = run.report.get("warnings").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
    End::Ended(state, json!({ "exit_code": run.exit_code, "run": run.id, "error": error, "warnings": warnings }))
}

fn state(exit: Exit) -> State {
    match exit {
        Exit::Done | Exit::SomeFailed => State::Done,
        // No job verifies a reference.
        Exit::StatusUnknown | Exit::SavedAnew => State::Failed,
        Exit::Held => State::Held,
        Exit::Waiting => State::WaitingForApproval,
        Exit::Interrupted => State::Cancelled,
        Exit::Usage | Exit::Refused | Exit::Failed | Exit::Busy => State::Failed,
    }
}

//! Running a tenant's jobs.

mod apply;
mod guard;
pub(crate) mod history;
mod observed;
mod plan;
mod report;
mod sound;

pub use apply::apply;
pub use guard::{Class, GuardRow, Held, Release, guard};
pub use observed::{check, plan, roster};
pub use plan::{Planned, Roster};
pub use report::{ErrorRow, Report};
pub(crate) use sound::Intake;

use crate::call::Progress;
use crate::data_dir::DataDir;
use crate::database::{Lease, RunRecord};
use crate::error::{Exit, HostError};
use crate::plugin::Plugin;
use crate::telemetry::{JobTimer, Spans};
use crate::tenant::Tenant;
use std::sync::Arc;
use tracing::{Instrument, Span};

/// A run of one tenant, under its lock: no other run of that tenant goes on at the same time, on any machine that
/// shares the data directory.
pub struct Run<'t> {
    tenant: &'t Tenant,
    plugin: &'t Plugin,
    progress: Arc<dyn Progress>,
    lease: Lease,
    kind: &'static str,
    started_at: i64,
    timer: JobTimer,
    span: Span,
}

impl<'t> Run<'t> {
    /// Takes the tenant's lock.
    ///
    /// # Errors
    /// Another run has it, the tenant is disabled, or has no TravelPerk.
    pub async fn start(
        data: &DataDir,
        tenant: &'t Tenant,
        plugin: &'t Plugin,
        kind: &'static str,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, HostError> {
        let started = Self::begin(data, tenant, plugin, kind, progress).await;
        started.inspect_err(|error| tenant.metrics().not_started(kind, error))
    }

    async fn begin(
        data: &DataDir,
        tenant: &'t Tenant,
        plugin: &'t Plugin,
        kind: &'static str,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, HostError> {
        let egress = tenant.egress()?;
        data.require_enabled(tenant.id()).await?;
        let holder =
            format!("process {} since {}", std::process::id(), chrono::Utc::now().format("%Y-%m-%d %H:%M:%S UTC"));
        let lease = data.control().lease(tenant.id(), &holder).await?;
        let last = tenant.database().last_exit_code().await?;
        egress.reopen(last == Some(i64::from(Exit::Refused as u8)));
        let (started_at, timer) = (chrono::Utc::now().timestamp(), JobTimer::start());
        Ok(Self { tenant, plugin, progress, lease, kind, started_at, timer, span: Spans::run(tenant.id(), kind) })
    }

    /// Makes a plan.
    ///
    /// # Errors
    /// The job failed.
    pub async fn plan(&self) -> Result<Planned, HostError> {
        let planned = plan::plan(self.plugin, self.tenant, self.progress.clone());
        let planned = self.locked(planned.instrument(Spans::plan(&self.span))).await;
        planned.inspect_err(|error| self.tenant.metrics().over_limit(error))
    }

    /// Applies a plan, but for what a guard holds. What went wrong with single changes, or ended the run, is in the
    /// report.
    pub async fn apply(&self, planned: &Planned, release: Release) -> Report {
        let mut report = Report::planned(self.tenant.id(), planned);
        let applied = self.locked(async {
            let held = guard(self.tenant, planned, release).await?;
            report.guards.clone_from(&held.guards);
            apply(self.plugin, self.tenant, planned, &held, &mut report, self.progress.as_ref()).await;
            Ok(())
        });
        if let Err(error) = applied.instrument(Spans::apply(&self.span, planned.changes.len())).await {
            report.stop(error);
        }
        report
    }

    /// Records the run and gives the lock back. The plan's baseline becomes the tenant's if the run came to its end.
    ///
    /// # Errors
    /// The database failed.
    pub async fn finish(self, report: &mut Report, planned: Option<&Planned>) -> Result<(), HostError> {
        let (tenant, kind, timer, span) = (self.tenant, self.kind, self.timer, self.span.clone());
        let recorded = self.record(report, planned).instrument(span.clone()).await;
        match &recorded {
            Ok(()) => tenant.metrics().run_ended(kind, timer, report),
            Err(error) => tenant.metrics().job_failed(kind, timer, error),
        }
        let exit = recorded.as_ref().map_or_else(HostError::exit, |()| report.exit());
        Spans::run_ended(&span, report.run, exit);
        recorded
    }

    async fn record(self, report: &mut Report, planned: Option<&Planned>) -> Result<(), HostError> {
        let record = RunRecord {
            kind: self.kind,
            trigger: "manual", // the schedule comes with the durable jobs
            started_at: self.started_at,
            finished_at: chrono::Utc::now().timestamp(),
            exit_code: report.exit() as u8,
            report: serde_json::to_string(&report.for_history())
                .map_err(|error| HostError::Storage(error.to_string()))?,
        };
        let accepted = planned.filter(|planned| report.is_accepted() && planned.count("employees") > 0);
        let baseline = accepted.map(|planned| planned.baseline.as_slice());
        report.run = Some(self.tenant.database().record_run(&record, baseline, &report.updates).await?);
        self.lease.release().await
    }

    /// Works for as long as the lock is ours.
    async fn locked<T>(&self, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
        tokio::select! {
            done = work => done,
            lost = self.lease.hold() => Err(lost),
        }
    }
}

//! Check, plan and roster: jobs that read only. They are no runs, and are reported to the telemetry as jobs.

use crate::check_references;
use hibob_base::error::{Exit, HostError};
use hibob_base::progress::Progress;
use hibob_contract::directory_sync::CheckReport;
use hibob_contract::types::{Finding, Severity};
use hibob_contract::{Planned, Roster};
use hibob_sandbox::planning;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_telemetry::{JobTimer, Spans};
use std::sync::Arc;
use tracing::Instrument;

/// Has the plugin make a plan. Nothing is written anywhere.
///
/// # Errors
/// The job failed, or the plugin did.
pub async fn plan(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<Planned, HostError> {
    let job = async {
        let planned = planning::plan(plugin, tenant, progress).await?;
        HostError::of_left_admin(&planned.findings).map_or(Ok(planned), Err)
    };
    observed(tenant, "plan", job, |planned| &planned.findings).await
}

/// Has the plugin list all employees with their states. Nothing is written anywhere.
///
/// # Errors
/// The job failed, or the plugin did.
pub async fn roster(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<Roster, HostError> {
    let job = async {
        let roster = planning::roster(plugin, tenant, progress).await?;
        HostError::of_left_admin(&roster.findings).map_or(Ok(roster), Err)
    };
    observed(tenant, "employees", job, |roster| &roster.findings).await
}

/// Has the plugin check whether a sync would work. Nothing is written anywhere.
///
/// # Errors
/// The check ended early, or the plugin failed.
pub async fn check(plugin: &Plugin, tenant: &Tenant, progress: Arc<dyn Progress>) -> Result<CheckReport, HostError> {
    let job = planning::check(plugin, tenant, progress);
    observed(tenant, "check", job, |report| &report.findings).await
}

/// Checks whether a tenant's jobs would work: the sync, as [`check`] does; or the references, for a tenant that has no
/// sync. Nothing is written anywhere.
///
/// # Errors
/// The check ended early, or the plugin failed.
pub async fn check_tenant(
    data: &DataDir,
    plugin: &Plugin,
    tenant: &Tenant,
    progress: Arc<dyn Progress>,
) -> Result<CheckReport, HostError> {
    if tenant.config().travelperk.is_some() || tenant.config().references.is_none() {
        return check(plugin, tenant, progress).await;
    }
    let job = Box::pin(check_references::check(data, plugin, tenant, progress));
    observed(tenant, "check", job, |report| &report.findings).await
}

async fn observed<T>(
    tenant: &Tenant,
    kind: &'static str,
    job: impl Future<Output = Result<T, HostError>>,
    findings: impl Fn(&T) -> &Vec<Finding>,
) -> Result<T, HostError> {
    let (timer, span, metrics) = (JobTimer::start(), Spans::run(tenant.id(), kind), tenant.metrics());
    let done = job.instrument(span.clone()).await;
    let exit = match &done {
        Ok(done) => {
            let errors = findings(done).iter().filter(|finding| finding.severity == Severity::Error);
            let errors = errors.map(|finding| metrics.error(&finding.code)).count();
            let exit = if errors == 0 { Exit::Done } else { Exit::SomeFailed };
            metrics.job_ended(kind, timer, exit);
            exit
        }
        Err(error) => {
            metrics.job_failed(kind, timer, error);
            error.exit()
        }
    };
    Spans::run_ended(&span, None, exit);
    done
}

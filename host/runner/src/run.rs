//! Starting a run of a tenant with a plugin, over a data directory.

use crate::Sandboxed;
use hibob_base::error::HostError;
use hibob_base::job::{RunKind, WayOn};
use hibob_base::progress::Progress;
use hibob_contract::Planned;
use hibob_jobs::interrupt::Interrupt;
use hibob_jobs::references::{ReferencesRequest, Report};
use hibob_jobs::run::Running;
use hibob_policy::guard::{Held, Release};
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_store::queue::Cause;
use std::sync::Arc;

/// A run of a tenant with a plugin in its sandbox.
pub type Run<'t> = Running<Sandboxed<'t>>;

/// Takes the tenant's lease and begins a run.
///
/// # Errors
/// Another run has the lease, or the tenant is disabled, or it lacks settings that this kind of run needs.
pub async fn start<'t>(
    data: &'t DataDir,
    tenant: &'t Tenant,
    plugin: &'t Plugin,
    kind: RunKind,
    progress: Arc<dyn Progress>,
) -> Result<Run<'t>, HostError> {
    start_by(data, tenant, plugin, kind, progress, Start::default()).await
}

/// How a run is started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// What started it. By default a person.
    pub cause: Cause,
    /// What may interrupt it. By default nothing.
    pub interrupt: Interrupt,
}

/// As [`start`], for a run that somebody may interrupt, or that no person has started.
///
/// # Errors
/// As [`start`]; or a person has interrupted an earlier run, whose plan waits to be resumed or abandoned.
pub async fn start_by<'t>(
    data: &'t DataDir,
    tenant: &'t Tenant,
    plugin: &'t Plugin,
    kind: RunKind,
    progress: Arc<dyn Progress>,
    start: Start,
) -> Result<Run<'t>, HostError> {
    let Start { cause, interrupt } = start;
    Running::begin_by(Sandboxed { data, tenant, plugin, kind, progress, interrupt }, kind, cause).await
}

/// Takes the tenant's lease to make a plan and keep it, without applying any of it.
///
/// # Errors
/// As [`start`].
pub async fn start_planning<'t>(
    data: &'t DataDir,
    tenant: &'t Tenant,
    plugin: &'t Plugin,
    progress: Arc<dyn Progress>,
    start: Start,
) -> Result<Run<'t>, HostError> {
    let Start { cause, interrupt } = start;
    let kind = RunKind::Sync;
    Running::begin_planning(Sandboxed { data, tenant, plugin, kind, progress, interrupt }, cause).await
}

/// Applies the rest of an interrupted plan, or leaves it undone, as a person has decided. Returns the report of that.
///
/// # Errors
/// No run is interrupted, or as [`start`].
pub async fn go_on(
    data: &DataDir,
    tenant: &Tenant,
    plugin: &Plugin,
    progress: Arc<dyn Progress>,
    start: Start,
    way: WayOn,
) -> Result<hibob_jobs::run::Report, HostError> {
    let Start { cause, interrupt } = start;
    Running::go_on(Sandboxed { data, tenant, plugin, kind: RunKind::Sync, progress, interrupt }, way, cause).await
}

/// Carries out one run of the references job.
pub async fn references(
    data: &DataDir,
    tenant: &Tenant,
    plugin: &Plugin,
    progress: Arc<dyn Progress>,
    order: &ReferencesRequest,
) -> Report {
    let interrupt = order.interrupt.clone();
    let ports = Sandboxed { data, tenant, plugin, kind: RunKind::References, progress, interrupt };
    hibob_jobs::references::run(data, ports, order).await
}

/// Asks the guards whether a plan looks like an accident. Returns the changes that are held.
///
/// # Errors
/// No part of the plan may be applied, because its source differs too much from the last accepted run; or the database
/// failed.
pub async fn guard(tenant: &Tenant, planned: &Planned, release: Release) -> Result<Held, HostError> {
    hibob_jobs::run::guard(tenant.database(), tenant.config(), planned, &release.into()).await
}

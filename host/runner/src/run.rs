//! Starting a run of a tenant with a plugin, over a data directory.

use crate::Sandboxed;
use hibob_base::error::HostError;
use hibob_base::job::RunKind;
use hibob_base::progress::Progress;
use hibob_contract::Planned;
use hibob_jobs::references::{ReferencesRequest, Report};
use hibob_jobs::run::Running;
use hibob_policy::guard::{Held, Release};
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
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
    Running::begin(Sandboxed { data, tenant, plugin, kind, progress }, kind).await
}

/// Carries out one run of the references job.
pub async fn references(
    data: &DataDir,
    tenant: &Tenant,
    plugin: &Plugin,
    progress: Arc<dyn Progress>,
    order: &ReferencesRequest,
) -> Report {
    let ports = Sandboxed { data, tenant, plugin, kind: RunKind::References, progress };
    hibob_jobs::references::run(data, ports, order).await
}

/// Asks the guards whether a plan looks like an accident. Returns the changes that are held.
///
/// # Errors
/// No part of the plan may be applied, because its source differs too much from the last accepted run; or the database
/// failed.
pub async fn guard(tenant: &Tenant, planned: &Planned, release: Release) -> Result<Held, HostError> {
    hibob_jobs::run::guard(tenant.database(), tenant.config(), planned, release).await
}

//! Starting a run of a tenant and a plugin of a data directory.

use crate::Sandboxed;
use hibob_base::error::HostError;
use hibob_base::job::RunKind;
use hibob_base::progress::Progress;
use hibob_contract::Planned;
use hibob_jobs::references::{Order, Report};
use hibob_jobs::run::Running;
use hibob_policy::guard::{Held, Release};
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use std::sync::Arc;

/// A run of a tenant with a plugin in its sandbox.
pub type Run<'t> = Running<Sandboxed<'t>>;

/// Takes the tenant's lock.
///
/// # Errors
/// Another run has it, the tenant is disabled, or has nothing of what the kind of run needs.
pub async fn start<'t>(
    data: &'t DataDir,
    tenant: &'t Tenant,
    plugin: &'t Plugin,
    kind: RunKind,
    progress: Arc<dyn Progress>,
) -> Result<Run<'t>, HostError> {
    Running::begin(Sandboxed { data, tenant, plugin, kind, progress }, kind).await
}

/// One run of the references job.
pub async fn references(
    data: &DataDir,
    tenant: &Tenant,
    plugin: &Plugin,
    progress: Arc<dyn Progress>,
    order: &Order,
) -> Report {
    let ports = Sandboxed { data, tenant, plugin, kind: RunKind::References, progress };
    hibob_jobs::references::run(data, ports, order).await
}

/// Looks whether a plan looks like an accident, with what the tenant's own records say. Returns what of the plan must not be
/// applied.
///
/// # Errors
/// Nothing at all of the plan must be applied, because its source cannot be trusted.
pub async fn guard(tenant: &Tenant, planned: &Planned, release: Release) -> Result<Held, HostError> {
    hibob_jobs::run::guard(tenant.database(), tenant.config(), planned, release).await
}

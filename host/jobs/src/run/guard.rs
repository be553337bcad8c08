//! Asking the guards about a plan, with what the tenant's own records say.

use hibob_base::error::HostError;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_policy::guard::{Held, Release};
use hibob_policy::guard::{classes, source};
use hibob_store::run_store::RunStore;

/// Looks whether a plan looks like an accident, with what this store records. Returns what of the plan must not be applied.
///
/// # Errors
/// Nothing at all of the plan must be applied, because its source cannot be trusted.
pub async fn guard(
    run_store: &impl RunStore,
    config: &TenantConfig,
    planned: &Planned,
    release: Release,
) -> Result<Held, HostError> {
    let limits = config.safety.guard_limits();
    if !release.changed_source {
        let trusted = source(planned, &run_store.baseline().await?, &limits);
        trusted.map_err(|why| HostError::held(format!("tenant {}: {}", config.id, why.reasons), why.remedy))?;
    }
    let ledger = run_store.ledger_sums(limits.archivings_since(planned.created_at)).await?;
    Ok(classes(planned, ledger, &limits, release))
}

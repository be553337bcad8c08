//! Asking the guards about a plan, with the tenant's own baseline and ledger.

use crate::run::first::hold_reactivations;
use hibob_base::error::HostError;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_policy::guard::{Held, Release, UntrustedSource, classes, maybe_reassigned, source};
use hibob_store::run_store::RunStore;

/// Asks the guards whether a plan looks like an accident. Returns the changes that are held.
///
/// # Errors
/// No part of the plan may be applied, because its source differs too much from the last accepted run; or the store
/// failed.
pub async fn guard(
    run_store: &impl RunStore,
    config: &TenantConfig,
    planned: &Planned,
    release: Release,
) -> Result<Held, HostError> {
    let judged = judge(run_store, config, planned, release).await?;
    judged.map_err(|why| HostError::held(format!("tenant {}: {}", config.id, why.reasons), why.remedy))
}

/// The changes that the guards hold, or why the source of the plan cannot be trusted.
///
/// # Errors
/// The store failed.
pub(super) async fn judge(
    run_store: &impl RunStore,
    config: &TenantConfig,
    planned: &Planned,
    release: Release,
) -> Result<Result<Held, UntrustedSource>, HostError> {
    let limits = config.safety.guard_limits();
    if !release.changed_source
        && let Err(untrusted) = source(planned, &run_store.baseline().await?, &limits)
    {
        return Ok(Err(untrusted));
    }
    let ledger = run_store.ledger_sums(limits.archivings_since(planned.created_at)).await?;
    let owners = run_store.owners_of(&maybe_reassigned(planned)).await?;
    let mut held = classes(planned, ledger, &owners, &limits, release);
    hold_reactivations(run_store, planned, &mut held).await?;
    Ok(Ok(held))
}

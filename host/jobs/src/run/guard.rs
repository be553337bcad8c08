//! Asking the guards about a plan, with the tenant's own baseline and ledger.

use hibob_base::error::HostError;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_policy::guard::{Held, Release, UntrustedSource, classes, source};
use hibob_store::run_store::Book;

/// Asks the guards whether a plan looks like an accident. Returns the changes that are held.
///
/// # Errors
/// No part of the plan may be applied, because its source differs too much from the last accepted run; or the store
/// failed.
pub async fn guard(
    book: &impl Book,
    config: &TenantConfig,
    planned: &Planned,
    release: Release,
) -> Result<Held, HostError> {
    let judged = judge(book, config, planned, release).await?;
    judged.map_err(|why| HostError::held(format!("tenant {}: {}", config.id, why.reasons), why.remedy))
}

/// The changes that the guards hold, or why the source of the plan cannot be trusted.
///
/// # Errors
/// The store failed.
pub(super) async fn judge(
    book: &impl Book,
    config: &TenantConfig,
    planned: &Planned,
    release: Release,
) -> Result<Result<Held, UntrustedSource>, HostError> {
    let limits = config.safety.guard_limits();
    if !release.changed_source
        && let Err(untrusted) = source(planned, &book.baseline().await?, &limits)
    {
        return Ok(Err(untrusted));
    }
    let ledger = book.ledger_sums(limits.archivings_since(planned.created_at)).await?;
    Ok(Ok(classes(planned, ledger, &limits, release)))
}

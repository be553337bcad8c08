//! Asking the guards about a plan, with what the tenant's own records say.

use hibob_base::error::HostError;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_policy::guard::{Held, Release, UntrustedSource, classes, source};
use hibob_store::run_store::Book;

/// Looks whether a plan looks like an accident, with what this store records. Returns what of the plan must not be applied.
///
/// # Errors
/// Nothing at all of the plan must be applied, because its source cannot be trusted; or the store failed.
pub async fn guard(
    book: &impl Book,
    config: &TenantConfig,
    planned: &Planned,
    release: Release,
) -> Result<Held, HostError> {
    let judged = judge(book, config, planned, release).await?;
    judged.map_err(|why| HostError::held(format!("tenant {}: {}", config.id, why.reasons), why.remedy))
}

/// What the guards hold of a plan, or why its source cannot be trusted.
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

//! Asking the guards about a plan, with what the tenant's own records say.

use super::outside::Book;
use hibob_base::error::HostError;
use hibob_contract::Planned;
use crate::tenant::Tenant;
use hibob_config::tenant::TenantConfig;
use hibob_policy::guard::{classes, source};
pub use hibob_policy::guard::{Class, GuardRow, Held, Release};

/// Looks whether a plan looks like an accident. Returns what of it must not be applied.
///
/// # Errors
/// Nothing at all of the plan must be applied, because its source cannot be trusted.
pub async fn guard(tenant: &Tenant, planned: &Planned, release: Release) -> Result<Held, HostError> {
    over(tenant.database(), tenant.config(), planned, release).await
}

/// The guards, over what this book records.
pub(super) async fn over(
    book: &impl Book,
    config: &TenantConfig,
    planned: &Planned,
    release: Release,
) -> Result<Held, HostError> {
    let limits = config.safety.guard_limits();
    if !release.changed_source {
        let trusted = source(planned, &book.baseline().await?, &limits);
        trusted.map_err(|why| HostError::held(format!("tenant {}: {}", config.id, why.reasons), why.remedy))?;
    }
    let ledger = book.ledger_sums(limits.archivings_since(planned.created_at)).await?;
    Ok(classes(planned, ledger, &limits, release))
}

//! Revoking one reference, because it should not have been given.

use chrono::Utc;
use hibob_base::error::HostError;
use hibob_base::person::check_reason;
use hibob_store::data_dir::DataDir;

/// Revokes a reference, for a reason that is told to the person if it was delivered. False if it was revoked before;
/// then the reason of before stays.
///
/// # Errors
/// The reason is missing, the tenant has no such reference, or the database failed.
pub async fn revoke(data: &DataDir, tenant: &str, id: &str, reason: &str) -> Result<bool, HostError> {
    check_reason(reason)?;
    let database = data.tenant_database(tenant).await?;
    database.revoke_reference(id, reason, Utc::now().timestamp()).await?.ok_or_else(|| unknown(tenant, id))
}

/// There is no such reference.
pub fn unknown(tenant: &str, id: &str) -> HostError {
    HostError::configuration(
        format!("tenant {tenant} has no reference {}", id.escape_debug()),
        format!("choose one from: hibob references list {tenant}"),
    )
}

//! `tenant new-target`: a person accepts that the TravelPerk account is another one.

use super::Global;
use hibob_base::error::HostError;
use hibob_base::holder::this_process;
use hibob_base::person::check_person;

/// Drops what is known of the accounts of a tenant, while no run of it goes on. `by` is who accepts it, for the API log.
///
/// # Errors
/// `by` is no work email; a run of the tenant goes on or is interrupted; or the database failed.
pub(super) async fn new_target(global: &Global, tenant: &str, by: &str) -> Result<(), HostError> {
    check_person(by)?;
    let data = global.data().await?;
    data.config(tenant).await?;
    let lease = data.control().lease(tenant, &this_process()).await?;
    let dropped = async {
        let database = data.tenant_database(tenant).await?;
        if database.open_journal().await?.is_some() {
            return Err(HostError::configuration(
                format!(
                    "tenant {tenant}: a run is interrupted, and the rest of its plan is for the accounts that are known"
                ),
                format!("leave it undone first: hibob runs abandon {tenant}"),
            ));
        }
        let fence = database.take_fence(lease.generation()).await?;
        database.drop_target(fence).await
    };
    let dropped = dropped.await;
    lease.release().await?;
    let known = dropped?;
    if global.json {
        outln!("{}", serde_json::json!({ "tenant": tenant, "dropped": known }));
    } else {
        outln!(
            "{known} accounts are not known any more; the next sync of {tenant} is a first one, and shows what it would do: hibob plan {tenant}"
        );
    }
    Ok(())
}

//! What the host's own ledger knows of those whom a change is about.

use hibob_base::error::HostError;
use hibob_contract::directory_sync::Change;
use hibob_contract::types::Value;
use hibob_policy::Known;
use hibob_store::run_store::RunStore;

/// What the ledger behind `run_store` has of the employee, the account and the line manager of a change.
///
/// # Errors
/// It cannot be read.
pub async fn known_of(run_store: &impl RunStore, change: &Change) -> Result<Known, HostError> {
    let Some(employee) = &change.employee_id else { return Ok(Known::default()) };
    let account_id = match change.target_id {
        None => run_store.account_of(employee).await?,
        Some(_) => None,
    };
    let owner = match change.target_id.as_ref().or(account_id.as_ref()) {
        Some(account) => run_store.owner_of(account).await?,
        None => None,
    };
    let mut manager_account_id = None;
    for field in &change.fields {
        if let Some(Value::Person(person)) = &field.after
            && let (None, Some(manager)) = (&person.account_id, &person.employee_id)
        {
            manager_account_id = run_store.account_of(manager).await?;
        }
    }
    Ok(Known { account_id, owner, manager_account_id })
}

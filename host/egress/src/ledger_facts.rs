//! Reads from the host's ledger what the write scope of a change is checked against.

use hibob_base::error::HostError;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::Value;
use hibob_policy::LedgerFacts;
use hibob_store::run_store::RunStore;
use std::collections::BTreeMap;

/// What the ledger in `run_store` has on the employee, the account and the line managers of a change.
///
/// # Errors
/// The ledger cannot be read.
pub async fn ledger_facts(run_store: &impl RunStore, change: &Change) -> Result<LedgerFacts, HostError> {
    let Some(employee) = &change.employee_id else { return Ok(LedgerFacts::default()) };
    let account_id = match (&change.target_id, change.kind) {
        // An account that the employee had before is not the one that is created.
        (Some(_), _) | (None, ChangeKind::Create) => None,
        (None, _) => run_store.account_of(employee).await?,
    };
    let owner = match change.target_id.as_ref().or(account_id.as_ref()) {
        Some(account) => run_store.owner_of(account).await?,
        None => None,
    };
    let is_unlinked = match change.target_id.as_ref().or(account_id.as_ref()) {
        Some(account) => run_store.is_unlinked(account).await?,
        None => false,
    };
    let mut people = BTreeMap::new();
    for field in &change.fields {
        if let Some(Value::Person(person)) = &field.after
            && let (None, Some(manager)) = (&person.account_id, &person.employee_id)
            && let Some(account) = run_store.account_of(manager).await?
        {
            people.insert(manager.clone(), account);
        }
    }
    Ok(LedgerFacts { account_id, owner, is_unlinked, people })
}

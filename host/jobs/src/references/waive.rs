//! Waiving a reference: a person decides that a departure gets none.

use hibob_base::error::HostError;
use hibob_base::person::{check_person, check_reason};
use hibob_store::data_dir::DataDir;
use hibob_store::database::DepartureDetails;
use hibob_store::privacy::Purpose;

/// Records that the departure of an employee who waits for a reference gets none, by whom and why. No later run reports
/// it. It can still be issued by name; and when the employee is hired anew and leaves again, that is a new departure.
///
/// # Errors
/// No departure of this employee waits, `by` is no email address, a run of the tenant goes on, or the database failed.
pub async fn waive(data: &DataDir, tenant: &str, employee: &str, reason: &str, by: &str) -> Result<(), HostError> {
    check_person(by)?;
    check_reason(reason)?;
    let lease = data.control().lease(tenant, "a waived reference").await?;
    let waived = waive_alone(data, tenant, employee, reason, by, lease.generation()).await;
    lease.release().await?;
    waived
}

async fn waive_alone(
    data: &DataDir,
    tenant: &str,
    employee: &str,
    reason: &str,
    by: &str,
    generation: i64,
) -> Result<(), HostError> {
    let people = data.people(tenant).await?;
    // A run that has lost its lease must not write any more.
    let fence = people.database().take_fence(generation).await?;
    let unknown = || {
        let message = format!("tenant {tenant}: no departure of {} waits for a reference", employee.escape_debug());
        HostError::configuration(message, format!("choose an employee from: hibob references list {tenant}"))
    };
    let open = people.records().await?.open_departures().await?;
    let (_, details) = open.into_iter().find(|(row, _)| row.employee_id == employee).ok_or_else(unknown)?;
    let details = DepartureDetails { by: Some(by.to_owned()), reason: Some(reason.to_owned()), ..details };
    let details = serde_json::to_vec(&details).map_err(|error| HostError::Engine(error.to_string()))?;
    let keyring = people.writing_keyring().await?;
    let details = keyring.encrypt_bytes(fence, Purpose::Departure, employee, &details).await?;
    match people.database().waive_departure(fence, employee, &details).await? {
        true => Ok(()),
        false => Err(unknown()),
    }
}

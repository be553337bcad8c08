//! Employees whose accounts are left as they are until a day: `hibob hold`.

use crate::link::{alone, check_employee, now};
use chrono::{NaiveDate, TimeDelta};
use hibob_base::error::HostError;
use hibob_base::person::{check_person, check_reason};
use hibob_store::data_dir::DataDir;
use hibob_store::database::{HoldDetails, HoldRow};
use hibob_store::privacy::Purpose;

/// How many days ahead the last day of a hold may be.
pub const HOLD_DAYS_MAX: i64 = 366;

/// A hold: the account of this employee is left as it is until the end of this day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// HiBob's id of the employee.
    pub employee_id: String,
    /// The last day, as in 2026-12-31.
    pub until: String,
    /// The work email of the person who decided it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Leaves an employee's account as it is until the end of this day by the tenant's time zone, in place of an earlier
/// hold. Nothing is written to it in any way by then, nor is one made; references are issued as without a hold.
///
/// # Errors
/// The day is over or more than [`HOLD_DAYS_MAX`] days ahead; `by` is no email address; the reason is missing; the
/// employee was erased; a run of the tenant goes on; or the database failed.
pub async fn hold(
    data: &DataDir,
    tenant: &str,
    employee: &str,
    until: NaiveDate,
    reason: &str,
    by: &str,
) -> Result<(), HostError> {
    check_employee(tenant, employee)?;
    check_person(by)?;
    check_reason(reason)?;
    let config = data.config(tenant).await?;
    let today = config.day_at(None, u64::try_from(now()).unwrap_or_default());
    if until < today || until > today + TimeDelta::days(HOLD_DAYS_MAX) {
        let message = format!("{until} is over, or more than {HOLD_DAYS_MAX} days ahead");
        return Err(HostError::configuration(message, "give the last day of the hold; it can be put off later"));
    }
    alone(data, tenant, "putting somebody on hold", async |lease| {
        let people = data.people(tenant).await?;
        // A run that has lost its lease must not write any more.
        let fence = people.database().take_fence(lease.generation()).await?;
        let details = HoldDetails { by: by.to_owned(), reason: reason.to_owned() };
        let details = serde_json::to_vec(&details).map_err(|error| HostError::Engine(error.to_string()))?;
        let keyring = people.writing_keyring().await?;
        let row = HoldRow {
            employee_id: employee.to_owned(),
            until: until.to_string(),
            ends_at: config.end_of_day(until),
            details: keyring.encrypt_bytes(fence, Purpose::Hold, employee, &details).await?,
        };
        people.database().put_hold(fence, &row).await
    })
    .await
}

/// Ends the hold of an employee before its last day.
///
/// # Errors
/// The employee is not on hold, a run of the tenant goes on, or the database failed.
pub async fn end_hold(data: &DataDir, tenant: &str, employee: &str) -> Result<(), HostError> {
    check_employee(tenant, employee)?;
    alone(data, tenant, "ending a hold", async |lease| {
        let database = data.tenant_database(tenant).await?;
        let fence = database.take_fence(lease.generation()).await?;
        match database.end_hold(fence, employee).await? {
            true => Ok(()),
            false => Err(HostError::configuration(
                format!("tenant {tenant}: employee {employee} is not on hold"),
                format!("look who is: hibob hold {tenant}"),
            )),
        }
    })
    .await
}

/// Who is on hold, ordered by the last day.
///
/// # Errors
/// The tenant's key is not available, or the database failed.
pub async fn holds(data: &DataDir, tenant: &str) -> Result<Vec<Hold>, HostError> {
    let people = data.people(tenant).await?;
    let rows = people.database().holds_at(now()).await?;
    let details: Vec<&[u8]> = rows.iter().map(|row| row.details.as_slice()).collect();
    let details = people.keyring().await?.decrypt_bytes(Purpose::Hold, &details).await?;
    let read = |(row, details): (HoldRow, Option<Vec<u8>>)| {
        let details: HoldDetails = details.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Hold { employee_id: row.employee_id, until: row.until, by: details.by, reason: details.reason }
    };
    Ok(rows.into_iter().zip(details).map(read).collect())
}

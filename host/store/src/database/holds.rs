//! Who is on hold: `hibob hold`.

use crate::database::statement::query;
use crate::database::{Fence, TenantDatabase};
use hibob_base::error::HostError;
use hibob_policy::on_hold::OnHold;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An employee whose account is left as it is until the end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRow {
    /// HiBob's id of the employee.
    pub employee_id: String,
    /// The last day of the hold in the tenant's time zone, as in 2026-12-31.
    pub until: String,
    /// The end of that day, in Unix seconds.
    pub ends_at: i64,
    /// [`HoldDetails`], encrypted under the person's key.
    pub details: Vec<u8>,
}

/// What is personal about a hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldDetails {
    /// The work email of the person who decided it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl TenantDatabase {
    /// Puts an employee on hold, in place of an earlier hold of theirs.
    ///
    /// # Errors
    /// A later run has raised the fencing token, or the database failed.
    pub async fn put_hold(&self, fence: Fence, row: &HoldRow) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        query(format!(
            "INSERT INTO holds (employee_id, until, ends_at, details) VALUES ($1, $2, $3, $4)
             ON CONFLICT ({}employee_id)
             DO UPDATE SET until = excluded.until, ends_at = excluded.ends_at, details = excluded.details",
            transaction.of_tenant()
        ))
        .bind(&row.employee_id)
        .bind(&row.until)
        .bind(row.ends_at)
        .bind(&row.details)
        .execute(&mut transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Ends the hold of an employee. False if there was none.
    ///
    /// # Errors
    /// A later run has raised the fencing token, or the database failed.
    pub async fn end_hold(&self, fence: Fence, employee_id: &str) -> Result<bool, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let delete = query("DELETE FROM holds WHERE employee_id = $1").bind(employee_id);
        let was_held = delete.execute(&mut transaction).await? > 0;
        transaction.commit().await?;
        Ok(was_held)
    }

    /// The holds that have not ended at this moment (Unix seconds), ordered by their last day.
    ///
    /// # Errors
    /// The database failed.
    pub async fn holds_at(&self, now: i64) -> Result<Vec<HoldRow>, HostError> {
        let holds = query(
            "SELECT employee_id, until, ends_at, details FROM holds WHERE ends_at > $1
             ORDER BY ends_at, length(employee_id), employee_id",
        );
        let row = |(employee_id, until, ends_at, details): (String, String, i64, Vec<u8>)| HoldRow {
            employee_id,
            until,
            ends_at,
            details,
        };
        Ok(holds.bind(now).fetch_all(&self.store).await?.into_iter().map(row).collect())
    }

    /// Who is on hold at this moment (Unix seconds), with their accounts.
    ///
    /// # Errors
    /// The database failed.
    pub async fn on_hold(&self, now: i64) -> Result<OnHold, HostError> {
        let holds = query("SELECT employee_id, until FROM holds WHERE ends_at > $1").bind(now);
        let days: BTreeMap<String, String> = holds.fetch_all(&self.store).await?.into_iter().collect();
        if days.is_empty() {
            return Ok(OnHold::default());
        }
        let accounts = query(
            "SELECT account_id, employee_id FROM accounts
             WHERE employee_id IN (SELECT employee_id FROM holds WHERE ends_at > $1)",
        );
        Ok(OnHold::new(days, accounts.bind(now).fetch_all(&self.store).await?.into_iter().collect()))
    }
}

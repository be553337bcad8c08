//! The audit's rows in the control database.

use crate::api_log::{AuditRow, Deed, KEPT_DAYS, Outcome};
use crate::database::ControlDatabase;
use crate::database::statement::query;
use crate::token::Role;
use hibob_base::error::HostError;

impl ControlDatabase {
    /// Adds a row and returns its number. Rows that are too old go.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add_audit(
        &self,
        now_unix_seconds: i64,
        deed: &Deed,
        outcome: Outcome,
        code: Option<&str>,
    ) -> Result<i64, HostError> {
        let mut transaction = self.store.begin().await?;
        query("DELETE FROM audit WHERE at < $1")
            .bind(now_unix_seconds - 86_400 * KEPT_DAYS)
            .execute(&mut transaction)
            .await?;
        let (id,) = query(
            "INSERT INTO audit (at, actor, role, action, tenant, object, outcome, code, request)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        )
        .bind(now_unix_seconds)
        .bind(&deed.actor)
        .bind(deed.role.map(Role::word))
        .bind(deed.action)
        .bind(deed.tenant.as_deref())
        .bind(deed.object.as_deref())
        .bind(outcome.word())
        .bind(code)
        .bind(&deed.request)
        .fetch_one(&mut transaction)
        .await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Says what came of the action of a row.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_audit(&self, row: i64, outcome: Outcome, code: Option<&str>) -> Result<(), HostError> {
        query("UPDATE audit SET outcome = $1, code = $2 WHERE id = $3")
            .bind(outcome.word())
            .bind(code)
            .bind(row)
            .execute(&self.store)
            .await?;
        Ok(())
    }

    /// The last rows, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit(&self, limit: u32) -> Result<Vec<AuditRow>, HostError> {
        let rows = query(
            "SELECT id, at, actor, role, action, tenant, object, outcome, code, request FROM audit ORDER BY id DESC LIMIT $1",
        );
        Ok(rows.bind(i64::from(limit)).fetch_all(&self.store).await?)
    }
}

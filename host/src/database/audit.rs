//! The audit's rows in the control database.

use super::ControlDatabase;
use crate::audit::{AuditRow, Deed, KEPT_DAYS, Outcome};
use crate::error::HostError;
use crate::token::Role;

impl ControlDatabase {
    /// Adds a row and returns its number. Rows that are too old go.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn add_audit(
        &self,
        now_unix_seconds: i64,
        deed: &Deed,
        outcome: Outcome,
        code: Option<&str>,
    ) -> Result<i64, HostError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM audit WHERE at < ?")
            .bind(now_unix_seconds - 86_400 * KEPT_DAYS)
            .execute(&mut *transaction)
            .await?;
        let id = sqlx::query_scalar(
            "INSERT INTO audit (at, actor, role, action, tenant, object, outcome, code, request)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(now_unix_seconds)
        .bind(&deed.actor)
        .bind(deed.role.map(Role::word))
        .bind(deed.action)
        .bind(&deed.tenant)
        .bind(&deed.object)
        .bind(outcome.word())
        .bind(code)
        .bind(&deed.request)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Says what came of the action of a row.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn end_audit(&self, row: i64, outcome: Outcome, code: Option<&str>) -> Result<(), HostError> {
        sqlx::query("UPDATE audit SET outcome = ?, code = ? WHERE id = ?")
            .bind(outcome.word())
            .bind(code)
            .bind(row)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The last rows, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit(&self, limit: u32) -> Result<Vec<AuditRow>, HostError> {
        let rows = sqlx::query_as(
            "SELECT id, at, actor, role, action, tenant, object, outcome, code, request FROM audit ORDER BY id DESC LIMIT ?",
        );
        Ok(rows.bind(limit).fetch_all(&self.pool).await?)
    }
}

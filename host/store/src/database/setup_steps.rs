//! The steps of setting a tenant up that a person has settled, in the control database.

use crate::database::ControlDatabase;
use crate::database::statement::query;
use hibob_base::error::HostError;
use sqlx::FromRow;

/// A step that somebody has settled.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SettledStep {
    /// The step's word.
    pub step: String,
    /// The work email of whoever settled it.
    pub person: String,
    /// When, in Unix seconds.
    pub settled_at: i64,
}

impl ControlDatabase {
    /// Notes that a person has settled a step, now or once more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn settle_step(
        &self,
        tenant: &str,
        step: &str,
        person: &str,
        token: &str,
        now: i64,
    ) -> Result<(), HostError> {
        let upsert = "INSERT INTO setup_steps (tenant, step, person, token, settled_at) VALUES ($1, $2, $3, $4, $5)
                      ON CONFLICT (tenant, step) DO UPDATE SET
                      person = excluded.person, token = excluded.token, settled_at = excluded.settled_at";
        let upsert = query(upsert).bind(tenant).bind(step).bind(person).bind(token).bind(now);
        upsert.execute(self.store()).await?;
        Ok(())
    }

    /// The steps of a tenant that were settled.
    ///
    /// # Errors
    /// The database failed.
    pub async fn settled_steps(&self, tenant: &str) -> Result<Vec<SettledStep>, HostError> {
        let select = "SELECT step, person, settled_at FROM setup_steps WHERE tenant = $1 ORDER BY step";
        Ok(query(select).bind(tenant).fetch_all(self.store()).await?)
    }
}

//! The rows of the API log in the control database. The table is called `audit`.

use crate::database::statement::query;
use crate::database::{ControlDatabase, TokenRole};
use hibob_base::error::HostError;
use serde::Serialize;

/// For how many days rows are kept.
const KEPT_DAYS: i64 = 400;

/// The outcome of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApiLogOutcome {
    /// It was permitted and is not finished, or the host stopped before it was.
    Begun,
    /// It was done.
    Done,
    /// It was not permitted, or not possible in the form in which it was requested.
    Refused,
    /// It failed.
    Failed,
}

impl ApiLogOutcome {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// An action that is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiLogEntry {
    /// Who acts: a token's id, `command-line` or `unknown`.
    pub actor: String,
    /// The role of the token; none if there was none.
    pub role: Option<TokenRole>,
    /// The action's name.
    pub action: &'static str,
    /// The tenant's id, if the action is about one tenant.
    pub tenant: Option<String>,
    /// The id of the object of the action, such as a job's number; none if it has none.
    pub object: Option<String>,
    /// The id of the request, which is also in the answer and in the program's log.
    pub request: String,
    /// The system's user who gave the command; none for a request.
    pub os_user: Option<String>,
    /// The person in whose name the command was given, as the operator says; none if nobody was named.
    pub asked_by: Option<String>,
}

/// A row of the API log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct ApiLogRow {
    /// Its number.
    pub id: i64,
    /// Unix seconds.
    pub at: i64,
    /// Who acted: a token's id, `command-line` or `unknown`.
    pub actor: String,
    /// The role of the token; none if there was none.
    pub role: Option<String>,
    /// The action's name.
    pub action: String,
    /// The tenant's id, if the action is about one tenant.
    pub tenant: Option<String>,
    /// The id of the object of the action, such as a job's number; none if it has none.
    pub object: Option<String>,
    /// `begun`, `done`, `refused` or `failed`.
    pub outcome: String,
    /// The error code, if it was refused or failed.
    pub code: Option<String>,
    /// The id of the request, which is also in the answer and in the program's log.
    pub request: String,
    /// The system's user who gave the command; none for a request.
    pub os_user: Option<String>,
    /// The person in whose name the command was given, as the operator says; none if nobody was named.
    pub asked_by: Option<String>,
}

impl ControlDatabase {
    /// Adds a row and returns its number. Removes the rows that are older than 400 days.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add_api_log_row(
        &self,
        now_unix_seconds: i64,
        entry: &ApiLogEntry,
        outcome: ApiLogOutcome,
        code: Option<&str>,
    ) -> Result<i64, HostError> {
        let mut transaction = self.store.begin().await?;
        query("DELETE FROM audit WHERE at < $1")
            .bind(now_unix_seconds - 86_400 * KEPT_DAYS)
            .execute(&mut transaction)
            .await?;
        let (id,) = query(
            "INSERT INTO audit (at, actor, role, action, tenant, object, outcome, code, request, os_user, asked_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        )
        .bind(now_unix_seconds)
        .bind(&entry.actor)
        .bind(entry.role.map(TokenRole::word))
        .bind(entry.action)
        .bind(entry.tenant.as_deref())
        .bind(entry.object.as_deref())
        .bind(outcome.word())
        .bind(code)
        .bind(&entry.request)
        .bind(entry.os_user.as_deref())
        .bind(entry.asked_by.as_deref())
        .fetch_one(&mut transaction)
        .await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Sets the outcome of a row.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_api_log_row(&self, row: i64, outcome: ApiLogOutcome, code: Option<&str>) -> Result<(), HostError> {
        query("UPDATE audit SET outcome = $1, code = $2 WHERE id = $3")
            .bind(outcome.word())
            .bind(code)
            .bind(row)
            .execute(&self.store)
            .await?;
        Ok(())
    }

    /// The latest rows, the newest first: all of them, or those of one tenant.
    ///
    /// # Errors
    /// The database failed.
    pub async fn api_log_of(&self, tenant: Option<&str>, limit: u32) -> Result<Vec<ApiLogRow>, HostError> {
        let rows = query(
            "SELECT id, at, actor, role, action, tenant, object, outcome, code, request, os_user, asked_by FROM audit
             WHERE $1 IS NULL OR tenant = $1 ORDER BY id DESC LIMIT $2",
        );
        Ok(rows.bind(tenant).bind(i64::from(limit)).fetch_all(&self.store).await?)
    }

    /// What was done of these actions for a tenant, before a moment; of what was done in its very second, the rows with a
    /// number below `id`. The newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn done_before(
        &self,
        tenant: &str,
        actions: &[&'static str],
        (at, id): (i64, i64),
        limit: u32,
    ) -> Result<Vec<ApiLogRow>, HostError> {
        let words: Vec<String> = actions.iter().map(|action| format!("'{action}'")).collect();
        let text = format!(
            "SELECT id, at, actor, role, action, tenant, object, outcome, code, request, os_user, asked_by FROM audit
             WHERE tenant = $1 AND action IN ({}) AND at <= $2 AND (at < $2 OR id < $3) AND outcome = 'done'
             ORDER BY at DESC, id DESC LIMIT $4",
            words.join(", ")
        );
        Ok(query(text).bind(tenant).bind(at).bind(id).bind(i64::from(limit)).fetch_all(&self.store).await?)
    }

    /// The latest rows, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn api_log(&self, limit: u32) -> Result<Vec<ApiLogRow>, HostError> {
        self.api_log_of(None, limit).await
    }
}

//! The API's tokens in the control database.

use super::ControlDatabase;
use crate::error::HostError;
use crate::token::{Role, StoredToken};
use sqlx::FromRow;

#[derive(FromRow)]
struct TokenRow {
    id: String,
    digest: Vec<u8>,
    role: String,
    tenant: Option<String>,
    name: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    used_on: Option<i64>,
}

impl TryFrom<TokenRow> for StoredToken {
    type Error = HostError;

    fn try_from(row: TokenRow) -> Result<Self, HostError> {
        let broken = || HostError::Storage(format!("the token {} cannot be read", row.id));
        Ok(Self {
            digest: row.digest.as_slice().try_into().map_err(|_| broken())?,
            role: Role::of_word(&row.role).ok_or_else(broken)?,
            id: row.id,
            tenant: row.tenant,
            name: row.name,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            used_on: row.used_on,
        })
    }
}

const COLUMNS: &str = "SELECT id, digest, role, tenant, name, created_at, expires_at, revoked_at, used_on FROM tokens";

impl ControlDatabase {
    /// Keeps a new token.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add_token(&self, token: &StoredToken) -> Result<(), HostError> {
        sqlx::query(
            "INSERT INTO tokens (id, digest, role, tenant, name, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&token.id)
        .bind(token.digest.as_slice())
        .bind(token.role.word())
        .bind(&token.tenant)
        .bind(&token.name)
        .bind(token.created_at)
        .bind(token.expires_at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The token of this id.
    ///
    /// # Errors
    /// The database failed.
    pub async fn token(&self, id: &str) -> Result<Option<StoredToken>, HostError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = ?"));
        let row: Option<TokenRow> = sqlx::query_as(sql).bind(id).fetch_optional(&self.pool).await?;
        row.map(StoredToken::try_from).transpose()
    }

    /// All tokens, the first one first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tokens(&self) -> Result<Vec<StoredToken>, HostError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY created_at, id"));
        let rows: Vec<TokenRow> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        rows.into_iter().map(StoredToken::try_from).collect()
    }

    /// Ends a token; one that was ended before stays so. False if there is none of this id.
    ///
    /// # Errors
    /// The database failed.
    pub async fn revoke_token(&self, id: &str, now_unix_seconds: i64) -> Result<bool, HostError> {
        let done = sqlx::query("UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?")
            .bind(now_unix_seconds)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that a token was used on a day.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_token_use(&self, id: &str, day: i64) -> Result<(), HostError> {
        sqlx::query("UPDATE tokens SET used_on = ? WHERE id = ?").bind(day).bind(id).execute(&self.pool).await?;
        Ok(())
    }
}

//! The API's tokens in the control database.

use crate::database::ControlDatabase;
use crate::database::statement::query;
use crate::token::{Role, StoredToken};
use hibob_base::error::HostError;
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
        query(
            "INSERT INTO tokens (id, digest, role, tenant, name, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&token.id)
        .bind(token.digest.as_slice())
        .bind(token.role.word())
        .bind(token.tenant.as_deref())
        .bind(&token.name)
        .bind(token.created_at)
        .bind(token.expires_at)
        .execute(&self.store)
        .await?;
        Ok(())
    }

    /// The token of this id.
    ///
    /// # Errors
    /// The database failed.
    pub async fn token(&self, id: &str) -> Result<Option<StoredToken>, HostError> {
        let row: Option<TokenRow> =
            query(format!("{COLUMNS} WHERE id = $1")).bind(id).fetch_optional(&self.store).await?;
        row.map(StoredToken::try_from).transpose()
    }

    /// All tokens, the first one first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tokens(&self) -> Result<Vec<StoredToken>, HostError> {
        let rows: Vec<TokenRow> = query(format!("{COLUMNS} ORDER BY created_at, id")).fetch_all(&self.store).await?;
        rows.into_iter().map(StoredToken::try_from).collect()
    }

    /// Ends a token; one that was ended before stays so. False if there is none of this id.
    ///
    /// # Errors
    /// The database failed.
    pub async fn revoke_token(&self, id: &str, now_unix_seconds: i64) -> Result<bool, HostError> {
        let done = query("UPDATE tokens SET revoked_at = coalesce(revoked_at, $1) WHERE id = $2")
            .bind(now_unix_seconds)
            .bind(id)
            .execute(&self.store)
            .await?;
        Ok(done == 1)
    }

    /// Notes that a token was used on a day.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_token_use(&self, id: &str, day: i64) -> Result<(), HostError> {
        query("UPDATE tokens SET used_on = $1 WHERE id = $2").bind(day).bind(id).execute(&self.store).await?;
        Ok(())
    }
}

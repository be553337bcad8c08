//! The rows of the API's tokens in the control database.

use crate::database::secrets::read_only;
use crate::database::statement::query;
use crate::database::{ControlDatabase, DatabaseError};
use hibob_base::error::HostError;
use sqlx::FromRow;
use std::path::Path;

/// What the holder of a token may do. The API's route table (crate `hibob-server`) says which routes that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenRole {
    /// May do everything, for all tenants.
    Operator,
    /// May use one tenant's jobs, secrets, history and references.
    Admin,
    /// May read what belongs to one tenant, or to all tenants.
    Reader,
}

impl TokenRole {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Operator, Self::Admin, Self::Reader];

    /// The word in the database, in JSON, and for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Reader => "reader",
        }
    }

    /// The role of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// A token as it is stored: without the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// The token's public part.
    pub id: String,
    /// The SHA-256 of the whole token. A fast hash is enough: a slow one protects passwords, which can be guessed, and
    /// nobody guesses 256 random bits; and a slow one would make each request of an attacker expensive for the host.
    pub digest: [u8; 32],
    /// The role of whoever holds the token.
    pub role: TokenRole,
    /// The tenant to which the token is limited; none if it is for all tenants.
    pub tenant: Option<String>,
    /// A name for people to read.
    pub name: String,
    /// When it was made, in Unix seconds.
    pub created_at: i64,
    /// When it expires, in Unix seconds; none if it does not.
    pub expires_at: Option<i64>,
    /// When it was revoked, in Unix seconds.
    pub revoked_at: Option<i64>,
    /// The last day on which it was used, in days since 1970-01-01.
    pub used_on: Option<i64>,
}

impl StoredToken {
    /// Whether the token is valid at this time.
    pub fn is_valid(&self, now_unix_seconds: i64) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|until| now_unix_seconds < until)
    }

    /// The state at this time: `valid`, `revoked` or `expired`.
    pub fn state(&self, now_unix_seconds: i64) -> &'static str {
        match self.revoked_at {
            Some(_) => "revoked",
            None if self.is_valid(now_unix_seconds) => "valid",
            None => "expired",
        }
    }
}

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
            role: TokenRole::of_word(&row.role).ok_or_else(broken)?,
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
    /// Stores a new token.
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

    /// The token with this id.
    ///
    /// # Errors
    /// The database failed.
    pub async fn token(&self, id: &str) -> Result<Option<StoredToken>, HostError> {
        let row: Option<TokenRow> =
            query(format!("{COLUMNS} WHERE id = $1")).bind(id).fetch_optional(&self.store).await?;
        row.map(StoredToken::try_from).transpose()
    }

    /// All tokens, the oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tokens(&self) -> Result<Vec<StoredToken>, HostError> {
        let rows: Vec<TokenRow> = query(format!("{COLUMNS} ORDER BY created_at, id")).fetch_all(&self.store).await?;
        rows.into_iter().map(StoredToken::try_from).collect()
    }

    /// How many tokens are valid at this time, in a control database file that is only read.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn valid_tokens_in(path: &Path, now_unix_seconds: i64) -> Result<u64, HostError> {
        let mut connection = read_only(path).await?;
        // A backup of a version without an API has no tokens.
        let is_there = sqlx::query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'tokens'");
        if is_there.fetch_optional(&mut connection).await.map_err(DatabaseError)?.is_none() {
            return Ok(0);
        }
        let count = "SELECT count(*) FROM tokens WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)";
        let count: i64 =
            sqlx::query_scalar(count).bind(now_unix_seconds).fetch_one(&mut connection).await.map_err(DatabaseError)?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Revokes a token. One that is revoked already keeps its time. False if there is no token with this id.
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

    /// Records the day on which a token was used, in days since 1970-01-01.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_token_use(&self, id: &str, day: i64) -> Result<(), HostError> {
        query("UPDATE tokens SET used_on = $1 WHERE id = $2").bind(day).bind(id).execute(&self.store).await?;
        Ok(())
    }
}

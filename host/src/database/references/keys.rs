//! The issuer's keys, without their secret halves.

use super::{ReferenceState, end, fixed};
use crate::database::TenantDatabase;
use crate::error::HostError;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// A key of an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Its name.
    pub selector: String,
    /// The public half.
    pub public_key: [u8; 32],
    /// Unix seconds, as all times here.
    pub created_at: i64,
    /// From when on it signs; none while it waits for its turn.
    pub signs_from: Option<i64>,
    /// Until when it signed.
    pub retired_at: Option<i64>,
    /// From when on nothing that it signed counts.
    pub revoked_at: Option<i64>,
}

impl KeyRow {
    /// Whether it signs.
    pub fn is_current(&self) -> bool {
        self.signs_from.is_some() && self.retired_at.is_none() && self.revoked_at.is_none()
    }

    /// Whether it waits for its turn.
    pub fn is_next(&self) -> bool {
        self.signs_from.is_none() && self.revoked_at.is_none()
    }

    fn read(row: &SqliteRow) -> Result<Self, HostError> {
        Ok(Self {
            selector: row.try_get(0)?,
            public_key: fixed(row.try_get(1)?, "public_key")?,
            created_at: row.try_get(2)?,
            signs_from: row.try_get(3)?,
            retired_at: row.try_get(4)?,
            revoked_at: row.try_get(5)?,
        })
    }
}

impl TenantDatabase {
    /// The issuer's keys in the order in which they were made.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reference_keys(&self) -> Result<Vec<KeyRow>, HostError> {
        let rows = sqlx::query(
            "SELECT selector, public_key, created_at, signs_from, retired_at, revoked_at FROM reference_keys
             ORDER BY created_at, selector",
        );
        rows.fetch_all(&self.pool).await?.iter().map(KeyRow::read).collect()
    }

    /// Records a key that waits for its turn.
    ///
    /// # Errors
    /// The database failed, or has a key of that name.
    pub async fn put_reference_key(&self, selector: &str, public_key: &[u8; 32], now: i64) -> Result<(), HostError> {
        let query = "INSERT INTO reference_keys (selector, public_key, created_at) VALUES ($1, $2, $3)";
        sqlx::query(query).bind(selector).bind(public_key.as_slice()).bind(now).execute(&self.pool).await?;
        Ok(())
    }

    /// Lets a key sign from now on, and retires the one before.
    ///
    /// # Errors
    /// The database failed; nothing was changed.
    pub async fn use_reference_key(&self, selector: &str, now: i64) -> Result<(), HostError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        // Not before what it has signed, nor before it was made, also where the clock was set back.
        let retire = "UPDATE reference_keys
             SET retired_at = max($1, coalesce((SELECT max(issued_at) FROM issued_references issued
                                                WHERE issued.selector = reference_keys.selector), $1))
             WHERE signs_from IS NOT NULL AND retired_at IS NULL";
        sqlx::query(retire).bind(now).execute(&mut *transaction).await?;
        let start = "UPDATE reference_keys SET signs_from = max($1, created_at) WHERE selector = $2";
        sqlx::query(start).bind(now).bind(selector).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Revokes a key: nothing that it signed counts any more, nor is delivered. Returns how many references counted.
    ///
    /// # Errors
    /// The database failed; nothing was changed.
    pub async fn revoke_reference_key(&self, selector: &str, reason: &str, now: i64) -> Result<u64, HostError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let query = "UPDATE reference_keys SET revoked_at = $1 WHERE selector = $2 AND revoked_at IS NULL";
        sqlx::query(query).bind(now).bind(selector).execute(&mut *transaction).await?;
        let signed = "SELECT log_index FROM issued_references WHERE selector = $1 AND state = 'valid'";
        let rows = sqlx::query(signed).bind(selector).fetch_all(&mut *transaction).await?;
        for row in &rows {
            end(&mut transaction, row.try_get(0)?, ReferenceState::Revoked, reason, now).await?;
        }
        transaction.commit().await?;
        Ok(rows.len() as u64)
    }
}

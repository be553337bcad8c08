//! The issuer's keys, without their secret halves.

use crate::database::TenantDatabase;
use crate::database::references::{ReferenceState, end, fixed};
use crate::database::statement::query;
use hibob_base::error::HostError;

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

    fn read(
        (selector, public_key, created_at, signs_from, retired_at, revoked_at): KeyColumns,
    ) -> Result<Self, HostError> {
        let public_key = fixed(public_key, "public_key")?;
        Ok(Self { selector, public_key, created_at, signs_from, retired_at, revoked_at })
    }
}

/// As they are selected.
type KeyColumns = (String, Vec<u8>, i64, Option<i64>, Option<i64>, Option<i64>);

impl TenantDatabase {
    /// The issuer's keys in the order in which they were made.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reference_keys(&self) -> Result<Vec<KeyRow>, HostError> {
        let rows = query(
            "SELECT selector, public_key, created_at, signs_from, retired_at, revoked_at FROM reference_keys
             ORDER BY created_at, selector",
        );
        rows.fetch_all(&self.store).await?.into_iter().map(KeyRow::read).collect()
    }

    /// Records a key that waits for its turn.
    ///
    /// # Errors
    /// The database failed, or has a key of that name.
    pub async fn put_reference_key(&self, selector: &str, public_key: &[u8; 32], now: i64) -> Result<(), HostError> {
        let insert = query("INSERT INTO reference_keys (selector, public_key, created_at) VALUES ($1, $2, $3)");
        insert.bind(selector).bind(public_key.as_slice()).bind(now).execute(&self.store).await?;
        Ok(())
    }

    /// Lets a key sign from now on, and retires the one before.
    ///
    /// # Errors
    /// The database failed; nothing was changed.
    pub async fn use_reference_key(&self, selector: &str, now: i64) -> Result<(), HostError> {
        let mut transaction = self.begin_exclusive().await?;
        // Not before what it has signed, nor before it was made, also where the clock was set back.
        let greatest = transaction.greatest();
        let retire = format!(
            "UPDATE reference_keys
             SET retired_at = {greatest}($1, coalesce((SELECT max(issued_at) FROM issued_references issued
                                                       WHERE issued.selector = reference_keys.selector), $1))
             WHERE signs_from IS NOT NULL AND retired_at IS NULL"
        );
        query(retire).bind(now).execute(&mut transaction).await?;
        let start = format!("UPDATE reference_keys SET signs_from = {greatest}($1, created_at) WHERE selector = $2");
        query(start).bind(now).bind(selector).execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Revokes a key: nothing that it signed counts any more, nor is delivered. Returns how many references counted.
    ///
    /// # Errors
    /// The database failed; nothing was changed.
    pub async fn revoke_reference_key(&self, selector: &str, reason: &str, now: i64) -> Result<u64, HostError> {
        let mut transaction = self.begin_exclusive().await?;
        let revoke = query("UPDATE reference_keys SET revoked_at = $1 WHERE selector = $2 AND revoked_at IS NULL");
        revoke.bind(now).bind(selector).execute(&mut transaction).await?;
        let signed = "SELECT log_index FROM issued_references WHERE selector = $1 AND state = 'valid'";
        let rows: Vec<(i64,)> = query(signed).bind(selector).fetch_all(&mut transaction).await?;
        for (log_index,) in &rows {
            end(&mut transaction, *log_index, ReferenceState::Revoked, reason, now).await?;
        }
        transaction.commit().await?;
        Ok(rows.len() as u64)
    }
}

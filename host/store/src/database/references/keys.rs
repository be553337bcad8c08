//! The public halves of an issuer's signing keys. The secret halves are in the secret store.

use crate::database::TenantDatabase;
use crate::database::references::{ReferenceState, end, fixed};
use crate::database::statement::query;
use hibob_base::error::HostError;

/// A signing key of an issuer. All times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// The key's name in DNS.
    pub selector: String,
    /// The public half.
    pub public_key: [u8; 32],
    /// When it was made.
    pub created_at: i64,
    /// Since when it signs; none if it is the next key and does not sign yet.
    pub signs_from: Option<i64>,
    /// When it ceased to sign.
    pub retired_at: Option<i64>,
    /// When it was revoked; nothing that it signed is valid.
    pub revoked_at: Option<i64>,
}

impl KeyRow {
    /// Whether references are signed with this key now.
    pub fn is_current(&self) -> bool {
        self.signs_from.is_some() && self.retired_at.is_none() && self.revoked_at.is_none()
    }

    /// Whether this key will sign after the current one.
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

/// The columns of a [`KeyRow`].
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

    /// Records a key that does not sign yet.
    ///
    /// # Errors
    /// There is a key with this selector, or the database failed.
    pub async fn put_reference_key(&self, selector: &str, public_key: &[u8; 32], now: i64) -> Result<(), HostError> {
        let insert = query("INSERT INTO reference_keys (selector, public_key, created_at) VALUES ($1, $2, $3)");
        insert.bind(selector).bind(public_key.as_slice()).bind(now).execute(&self.store).await?;
        Ok(())
    }

    /// Makes a key the current one from now on, and retires the one before.
    ///
    /// # Errors
    /// The database failed; nothing was changed.
    pub async fn use_reference_key(&self, selector: &str, now: i64) -> Result<(), HostError> {
        let mut transaction = self.begin_exclusive().await?;
        // A key is retired no earlier than its last reference was issued, and signs no earlier than it was made, also
        // where the clock was set back.
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

    /// Revokes a key and all valid references that it signed; their waiting deliveries are withdrawn. Returns how many
    /// references that were.
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

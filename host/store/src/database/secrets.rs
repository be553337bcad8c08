//! The rows of the secret store in the control database. The secrets in them are encrypted.

use crate::database::ControlDatabase;
use crate::database::DatabaseError;
use crate::database::engine::{Engine, Transaction};
use crate::database::statement::query;
use hibob_base::error::HostError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, FromRow};
use std::collections::BTreeSet;
use std::path::Path;

/// A connection to a control database file that nobody writes, such as one of a backup.
pub(super) async fn read_only(path: &Path) -> Result<SqliteConnection, DatabaseError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
    Ok(options.connect().await?)
}

/// An encrypted secret as it is stored.
#[derive(Clone, Debug, FromRow)]
pub struct SecretRow {
    /// The tenant's id.
    pub tenant: String,
    /// The secret's name.
    pub name: String,
    /// The origins where it may be sent, separated by spaces.
    pub origins: String,
    /// The id of the key with which it is encrypted.
    pub key_id: String,
    /// The nonce of its encryption.
    pub nonce: Vec<u8>,
    /// The encrypted secret, with its authentication tag.
    pub ciphertext: Vec<u8>,
    /// When it was entered, in Unix seconds.
    pub entered_at: i64,
}

/// How many rows a rotation has in memory at a time.
const BATCH: usize = 500;

impl ControlDatabase {
    /// Begins a transaction that excludes all other writers of secrets.
    async fn begin_alone(&self) -> Result<Transaction, HostError> {
        let mut transaction = self.store.begin().await?;
        if let Engine::Postgres(_) = transaction {
            query("LOCK TABLE secrets IN SHARE ROW EXCLUSIVE MODE").execute(&mut transaction).await?;
        }
        Ok(transaction)
    }

    /// A tenant's encrypted secrets, by name.
    pub async fn secrets(&self, tenant: &str) -> Result<Vec<SecretRow>, HostError> {
        let rows = query(
            "SELECT tenant, name, origins, key_id, nonce, ciphertext, entered_at FROM secrets WHERE tenant = $1 ORDER BY name",
        );
        Ok(rows.bind(tenant).fetch_all(&self.store).await?)
    }

    /// The tenants that have a secret with this name, in a control database file that is only read.
    pub async fn tenants_with_secret(path: &Path, name: &str) -> Result<BTreeSet<String>, HostError> {
        let mut connection = read_only(path).await?;
        let rows = sqlx::query_scalar("SELECT tenant FROM secrets WHERE name = $1").bind(name);
        Ok(rows.fetch_all(&mut connection).await.map_err(DatabaseError)?.into_iter().collect())
    }

    /// Stores the row that `make` returns in place of an earlier one. `make` gets the id of the key with which the
    /// store is encrypted, or none if the store is empty; nobody else writes secrets meanwhile. True if there was an
    /// earlier row.
    pub async fn put_secret(
        &self,
        make: impl FnOnce(Option<&str>) -> Result<SecretRow, HostError>,
    ) -> Result<bool, HostError> {
        let mut transaction = self.begin_alone().await?;
        let in_use = query("SELECT key_id FROM secrets LIMIT 1").fetch_optional(&mut transaction).await?;
        let in_use: Option<String> = in_use.map(|(key_id,)| key_id);
        let row = make(in_use.as_deref())?;
        let known = query("DELETE FROM secrets WHERE tenant = $1 AND name = $2");
        let known = known.bind(&row.tenant).bind(&row.name).execute(&mut transaction).await? > 0;
        query(
            "INSERT INTO secrets (tenant, name, origins, key_id, nonce, ciphertext, entered_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&row.tenant)
        .bind(&row.name)
        .bind(&row.origins)
        .bind(&row.key_id)
        .bind(&row.nonce)
        .bind(&row.ciphertext)
        .bind(row.entered_at)
        .execute(&mut transaction)
        .await?;
        transaction.commit().await?;
        self.store.empty_log().await?;
        Ok(known)
    }

    /// Removes a secret; false if there is none.
    pub async fn remove_secret(&self, tenant: &str, name: &str) -> Result<bool, HostError> {
        let mut transaction = self.begin_alone().await?;
        let done = query("DELETE FROM secrets WHERE tenant = $1 AND name = $2");
        let done = done.bind(tenant).bind(name).execute(&mut transaction).await?;
        transaction.commit().await?;
        self.store.empty_log().await?;
        Ok(done > 0)
    }

    /// Replaces the encryption of every secret by the one that `reencrypt` returns, of all secrets or of none. Returns
    /// how many there are.
    pub async fn reencrypt_secrets(
        &self,
        mut reencrypt: impl FnMut(SecretRow) -> Result<SecretRow, HostError>,
    ) -> Result<usize, HostError> {
        let mut transaction = self.begin_alone().await?;
        let (mut count, mut after) = (0, (String::new(), String::new()));
        loop {
            let rows = query(
                "SELECT tenant, name, origins, key_id, nonce, ciphertext, entered_at FROM secrets
                 WHERE (tenant, name) > ($1, $2) ORDER BY tenant, name LIMIT $3",
            );
            let rows: Vec<SecretRow> =
                rows.bind(&after.0).bind(&after.1).bind(BATCH as i64).fetch_all(&mut transaction).await?;
            let read = rows.len();
            for row in rows {
                let row = reencrypt(row)?;
                query("UPDATE secrets SET key_id = $1, nonce = $2, ciphertext = $3 WHERE tenant = $4 AND name = $5")
                    .bind(&row.key_id)
                    .bind(&row.nonce)
                    .bind(&row.ciphertext)
                    .bind(&row.tenant)
                    .bind(&row.name)
                    .execute(&mut transaction)
                    .await?;
                after = (row.tenant, row.name);
            }
            count += read;
            if read < BATCH {
                break;
            }
        }
        transaction.commit().await?;
        self.store.empty_log().await?;
        Ok(count)
    }
}

//! The rows of the secret store. What is in them, only a key can tell.

use super::ControlDatabase;
use crate::error::HostError;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteRow};
use sqlx::{Connection, Row, Transaction, pool::PoolConnection};
use std::collections::BTreeSet;
use std::path::Path;

/// A sealed secret as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct SecretRow {
    pub(crate) tenant: String,
    pub(crate) name: String,
    /// With a space between them.
    pub(crate) origins: String,
    pub(crate) key_id: String,
    pub(crate) nonce: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
    /// Unix seconds.
    pub(crate) entered_at: i64,
}

impl SecretRow {
    fn read(row: &SqliteRow) -> Result<Self, HostError> {
        Ok(Self {
            tenant: row.try_get(0)?,
            name: row.try_get(1)?,
            origins: row.try_get(2)?,
            key_id: row.try_get(3)?,
            nonce: row.try_get(4)?,
            ciphertext: row.try_get(5)?,
            entered_at: row.try_get(6)?,
        })
    }
}

/// Rows that a rotation has in memory at a time.
const BATCH: usize = 500;

impl ControlDatabase {
    /// A tenant's sealed secrets, by name.
    pub(crate) async fn secrets(&self, tenant: &str) -> Result<Vec<SecretRow>, HostError> {
        let rows = sqlx::query(
            "SELECT tenant, name, origins, key_id, nonce, ciphertext, entered_at FROM secrets WHERE tenant = ? ORDER BY name",
        );
        let rows = rows.bind(tenant).fetch_all(&self.pool).await?;
        rows.iter().map(SecretRow::read).collect()
    }

    /// The tenants that have a secret of this name in a control database, which is only read.
    pub(crate) async fn tenants_with_secret(path: &Path, name: &str) -> Result<BTreeSet<String>, HostError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
        let mut connection = sqlx::ConnectOptions::connect(&options).await?;
        let rows = sqlx::query_scalar("SELECT tenant FROM secrets WHERE name = $1").bind(name);
        Ok(rows.fetch_all(&mut connection).await?.into_iter().collect())
    }

    /// Stores the row that `make` returns, over an earlier one. `make` is told which key the store is sealed with, none
    /// if it is empty; nobody else writes secrets meanwhile. True if there was one.
    pub(crate) async fn put_secret(
        &self,
        make: impl FnOnce(Option<&str>) -> Result<SecretRow, HostError>,
    ) -> Result<bool, HostError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = begin(&mut connection).await?;
        let in_use = sqlx::query("SELECT key_id FROM secrets LIMIT 1").fetch_optional(&mut *transaction).await?;
        let in_use: Option<String> = in_use.map(|row| row.try_get(0)).transpose()?;
        let row = make(in_use.as_deref())?;
        let known = sqlx::query("DELETE FROM secrets WHERE tenant = ? AND name = ?");
        let known = known.bind(&row.tenant).bind(&row.name).execute(&mut *transaction).await?.rows_affected() > 0;
        sqlx::query(
            "INSERT INTO secrets (tenant, name, origins, key_id, nonce, ciphertext, entered_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&row.tenant)
        .bind(&row.name)
        .bind(&row.origins)
        .bind(&row.key_id)
        .bind(&row.nonce)
        .bind(&row.ciphertext)
        .bind(row.entered_at)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        forget(&mut connection).await?;
        Ok(known)
    }

    /// Removes a secret; false if there is none.
    pub(crate) async fn remove_secret(&self, tenant: &str, name: &str) -> Result<bool, HostError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = begin(&mut connection).await?;
        let done = sqlx::query("DELETE FROM secrets WHERE tenant = ? AND name = ?");
        let done = done.bind(tenant).bind(name).execute(&mut *transaction).await?;
        transaction.commit().await?;
        forget(&mut connection).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Seals every secret anew with what `reseal` makes of it, all of them or none. Returns how many there are.
    pub(crate) async fn reseal_secrets(
        &self,
        mut reseal: impl FnMut(SecretRow) -> Result<SecretRow, HostError>,
    ) -> Result<usize, HostError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = begin(&mut connection).await?;
        let (mut count, mut after) = (0, (String::new(), String::new()));
        loop {
            let rows = sqlx::query(
                "SELECT tenant, name, origins, key_id, nonce, ciphertext, entered_at FROM secrets
                 WHERE (tenant, name) > (?, ?) ORDER BY tenant, name LIMIT ?",
            );
            let rows = rows.bind(&after.0).bind(&after.1).bind(BATCH as i64).fetch_all(&mut *transaction).await?;
            for row in &rows {
                let row = reseal(SecretRow::read(row)?)?;
                sqlx::query("UPDATE secrets SET key_id = ?, nonce = ?, ciphertext = ? WHERE tenant = ? AND name = ?")
                    .bind(&row.key_id)
                    .bind(&row.nonce)
                    .bind(&row.ciphertext)
                    .bind(&row.tenant)
                    .bind(&row.name)
                    .execute(&mut *transaction)
                    .await?;
                after = (row.tenant, row.name);
            }
            count += rows.len();
            if rows.len() < BATCH {
                break;
            }
        }
        transaction.commit().await?;
        forget(&mut connection).await?;
        Ok(count)
    }
}

/// A transaction that keeps all other writers out from its start, and overwrites what it removes.
async fn begin(connection: &mut PoolConnection<Sqlite>) -> Result<Transaction<'_, Sqlite>, HostError> {
    sqlx::query("PRAGMA secure_delete = ON").fetch_all(&mut **connection).await?;
    Ok(connection.begin_with("BEGIN IMMEDIATE").await?)
}

/// Empties the write-ahead log, where what was replaced would stay for a while. Where readers keep it busy, a later
/// checkpoint does it.
async fn forget(connection: &mut PoolConnection<Sqlite>) -> Result<(), HostError> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut **connection).await?;
    Ok(())
}

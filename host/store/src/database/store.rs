//! The connections through which one owner's tables are reached.

use crate::database::DatabaseError;
use crate::database::engine::{Db, Engine, Transaction, within};
use hibob_base::error::HostError;
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite, SqlitePool};
use std::sync::Arc;
use std::time::Duration;

/// Says for which tenant a connection is, for as long as it is lent.
const FOR_TENANT: &str = "SELECT set_config('hibob.tenant', $1, false)";

/// The same for as long as a transaction lasts.
const TRANSACTION_FOR_TENANT: &str = "SELECT set_config('hibob.tenant', $1, true)";

/// A database as it is open to one owner: the host, or a tenant. On PostgreSQL the server keeps a tenant to its rows, and
/// the host to tables that are not tenants'.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    /// On SQLite a tenant's file is its own.
    tenant: Option<Arc<str>>,
    answer_time_max: Option<Duration>,
}

impl Store {
    /// The host's tables.
    pub fn new(db: Db) -> Self {
        let answer_time_max = db.answer_time_max();
        Self { db, tenant: None, answer_time_max }
    }

    /// The same connections, for a tenant.
    pub fn of_tenant(&self, tenant: &str) -> Self {
        Self { tenant: Some(tenant.into()), ..self.clone() }
    }

    /// The connections, and with them the engine.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// How long it may take for an answer, where it is a server.
    pub fn answer_time_max(&self) -> Option<Duration> {
        self.answer_time_max
    }

    /// The same connections, which are to answer sooner.
    #[cfg(test)]
    pub fn impatient(&self, answer_time_max: Duration) -> Self {
        Self { answer_time_max: Some(answer_time_max), ..self.clone() }
    }

    /// The file's connections.
    ///
    /// # Errors
    /// It is a server.
    pub fn file(&self) -> Result<&SqlitePool, HostError> {
        match &self.db {
            Engine::Sqlite(pool) => Ok(pool),
            Engine::Postgres(_) => Err(HostError::configuration(
                "the database is on PostgreSQL, and is not copied from here",
                "use pg_dump and pg_restore as a superuser or a role with BYPASSRLS, never --enable-row-security, and keep \
                 the keys of the data directory with it; see docs/operate/postgresql.md",
            )),
        }
    }

    /// A connection for one statement.
    pub async fn connection(&self) -> Result<Engine<PoolConnection<Sqlite>, PoolConnection<Postgres>>, DatabaseError> {
        Ok(match &self.db {
            Engine::Sqlite(pool) => Engine::Sqlite(pool.acquire().await?),
            Engine::Postgres(pool) => {
                let lent = async {
                    let mut connection = pool.acquire().await?;
                    if let Some(tenant) = &self.tenant {
                        sqlx::query(FOR_TENANT).bind(&**tenant).execute(&mut *connection).await?;
                    }
                    Ok(connection)
                };
                Engine::Postgres(within(self.answer_time_max, lent).await?)
            }
        })
    }

    /// A transaction that will write.
    pub async fn begin(&self) -> Result<Transaction, DatabaseError> {
        let begin = self.db.begin();
        Ok(match &self.db {
            Engine::Sqlite(pool) => Engine::Sqlite(pool.begin_with(begin).await?),
            Engine::Postgres(pool) => {
                let begun = async {
                    let mut transaction = pool.begin_with(begin).await?;
                    if let Some(tenant) = &self.tenant {
                        sqlx::query(TRANSACTION_FOR_TENANT).bind(&**tenant).execute(&mut *transaction).await?;
                    }
                    Ok(transaction)
                };
                Engine::Postgres(within(self.answer_time_max, begun).await?)
            }
        })
    }

    /// Empties SQLite's write-ahead log, where what was removed would stay for a while. Where readers keep it busy, a later
    /// checkpoint does it.
    pub async fn empty_log(&self) -> Result<(), DatabaseError> {
        if let Engine::Sqlite(pool) = &self.db {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(pool).await?;
        }
        Ok(())
    }
}

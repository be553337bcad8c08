//! The connections through which one owner's tables are reached.

use super::engine::{ANSWER_TIME_MAX, Db, Engine, Transaction, within};
use crate::error::HostError;
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite, SqlitePool};
use std::sync::Arc;

/// Says for which tenant a connection is, for as long as it is lent.
const FOR_TENANT: &str = "SELECT set_config('hibob.tenant', $1, false)";

/// The same for as long as a transaction lasts.
const TRANSACTION_FOR_TENANT: &str = "SELECT set_config('hibob.tenant', $1, true)";

/// A database as it is open to one owner: the host, or a tenant. On PostgreSQL the server keeps a tenant to its rows, and
/// the host to tables that are not tenants'.
#[derive(Clone, Debug)]
pub(super) struct Store {
    db: Db,
    /// On SQLite a tenant's file is its own.
    tenant: Option<Arc<str>>,
}

impl Store {
    pub(super) fn new(db: Db) -> Self {
        Self { db, tenant: None }
    }

    /// The same connections, for a tenant.
    pub(super) fn of_tenant(&self, tenant: &str) -> Self {
        Self { db: self.db.clone(), tenant: Some(tenant.into()) }
    }

    /// The connections, and with them the engine.
    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    /// The file's connections.
    ///
    /// # Errors
    /// It is a server.
    pub(super) fn file(&self) -> Result<&SqlitePool, HostError> {
        match &self.db {
            Engine::Sqlite(pool) => Ok(pool),
            Engine::Postgres(_) => Err(HostError::configuration(
                "the database is on PostgreSQL, and is not copied from here",
                "use pg_dump and pg_restore, and keep the keys of the data directory with it; \
                 see \"PostgreSQL\" in README.md",
            )),
        }
    }

    /// A connection for one statement.
    pub(super) async fn connection(
        &self,
    ) -> Result<Engine<PoolConnection<Sqlite>, PoolConnection<Postgres>>, sqlx::Error> {
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
                Engine::Postgres(within(Some(ANSWER_TIME_MAX), lent).await?)
            }
        })
    }

    /// A transaction that will write.
    pub(super) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
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
                Engine::Postgres(within(Some(ANSWER_TIME_MAX), begun).await?)
            }
        })
    }

    /// Empties SQLite's write-ahead log, where what was removed would stay for a while. Where readers keep it busy, a later
    /// checkpoint does it.
    pub(super) async fn empty_log(&self) -> Result<(), sqlx::Error> {
        if let Engine::Sqlite(pool) = &self.db {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(pool).await?;
        }
        Ok(())
    }
}

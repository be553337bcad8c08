//! The connections to the tables of the host, or of one tenant.

use crate::database::DatabaseError;
use crate::database::engine::{Db, Engine, Transaction, within};
use hibob_base::error::HostError;
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite, SqlitePool};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Limits a connection to a tenant's rows, for as long as it is lent.
const FOR_TENANT: &str = "SELECT set_config('hibob.tenant', $1, false)";

/// Limits a connection to a tenant's rows, for as long as a transaction lasts.
const TRANSACTION_FOR_TENANT: &str = "SELECT set_config('hibob.tenant', $1, true)";

/// The tables of one owner: the host or a tenant. On PostgreSQL the server lets a tenant reach its own rows only, and
/// the host only the tables that belong to no tenant.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    /// The tenant, on PostgreSQL; none for the host, and on SQLite, where each tenant has a file.
    tenant: Option<Arc<str>>,
    answer_time_max: Option<Duration>,
    kept: Arc<Kept>,
}

/// Connections to a file that wait for the next statement. The pool tests each connection that comes back to it, with a
/// question to another thread, and a statement costs hardly more than that.
#[derive(Debug, Default)]
struct Kept(Mutex<Vec<PoolConnection<Sqlite>>>);

/// Most of them. The pool has more, for transactions.
const KEPT_MAX: usize = 2;

impl Kept {
    fn lock(&self) -> MutexGuard<'_, Vec<PoolConnection<Sqlite>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Not by way of the pool, which needs a runtime to take them back.
        self.lock().drain(..).for_each(|connection| drop(connection.detach()));
    }
}

impl Store {
    /// The host's tables.
    pub fn new(db: Db) -> Self {
        let answer_time_max = db.answer_time_max();
        Self { db, tenant: None, answer_time_max, kept: Arc::default() }
    }

    /// A tenant's tables, through the same connections.
    pub fn of_tenant(&self, tenant: &str) -> Self {
        Self { tenant: Some(tenant.into()), ..self.clone() }
    }

    /// The connection pool, which also says which engine it is.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// How long a server may take for an answer; none for a file.
    pub fn answer_time_max(&self) -> Option<Duration> {
        self.answer_time_max
    }

    /// These tables with another longest time for an answer.
    #[cfg(test)]
    pub fn impatient(&self, answer_time_max: Duration) -> Self {
        Self { answer_time_max: Some(answer_time_max), ..self.clone() }
    }

    /// The connection pool of an SQLite file.
    ///
    /// # Errors
    /// The database is on PostgreSQL.
    pub fn file(&self) -> Result<&SqlitePool, HostError> {
        match &self.db {
            Engine::Sqlite(pool) => Ok(pool),
            Engine::Postgres(_) => Err(HostError::configuration(
                "the database is on PostgreSQL, and is not copied from here",
                "use pg_dump and pg_restore as a superuser or a role with BYPASSRLS, never --enable-row-security, and keep \
                 the keys of the data directory with it",
            )),
        }
    }

    /// Takes back a connection whose statement has come to its end.
    pub fn give_back(&self, connection: Engine<PoolConnection<Sqlite>, PoolConnection<Postgres>>) {
        if let Engine::Sqlite(connection) = connection {
            let mut kept = self.kept.lock();
            if kept.len() < KEPT_MAX {
                kept.push(connection);
            }
        }
    }

    /// A connection for one statement.
    pub async fn connection(&self) -> Result<Engine<PoolConnection<Sqlite>, PoolConnection<Postgres>>, DatabaseError> {
        let kept = self.kept.lock().pop();
        Ok(match &self.db {
            Engine::Sqlite(pool) => Engine::Sqlite(match kept {
                Some(kept) => kept,
                None => pool.acquire().await?,
            }),
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

    /// Begins a transaction that will write.
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

    /// Empties SQLite's write-ahead log, where removed rows would stay for a while. Where readers keep it busy, a later
    /// checkpoint does it.
    pub async fn empty_log(&self) -> Result<(), DatabaseError> {
        if let Engine::Sqlite(pool) = &self.db {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(pool).await?;
        }
        Ok(())
    }
}

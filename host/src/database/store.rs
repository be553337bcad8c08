//! The connections through which one owner's tables are reached.

use super::engine::{Db, Engine, Transaction};
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite};

/// A database as it is open to one owner.
#[derive(Clone, Debug)]
pub(super) struct Store {
    db: Db,
}

impl Store {
    pub(super) fn new(db: Db) -> Self {
        Self { db }
    }

    /// The connections, and with them the engine.
    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    /// A connection for one statement.
    pub(super) async fn connection(
        &self,
    ) -> Result<Engine<PoolConnection<Sqlite>, PoolConnection<Postgres>>, sqlx::Error> {
        Ok(match &self.db {
            Engine::Sqlite(pool) => Engine::Sqlite(pool.acquire().await?),
            Engine::Postgres(pool) => Engine::Postgres(pool.acquire().await?),
        })
    }

    /// A transaction that will write.
    pub(super) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        let begin = self.db.begin();
        Ok(match &self.db {
            Engine::Sqlite(pool) => Engine::Sqlite(pool.begin_with(begin).await?),
            Engine::Postgres(pool) => Engine::Postgres(pool.begin_with(begin).await?),
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

//! How long a host may wait until it polls the queue again, and what wakes it earlier.

use crate::database::DatabaseError;
use crate::database::{Engine, Transaction, query, within};
use crate::queue::{Queue, QueueError};
use sqlx::postgres::PgListener;
use sqlx::{ConnectOptions, PgPool};
use std::time::Duration;

/// How often an SQLite file is checked for changes by other processes. The check reads a counter in memory.
const LOOK: Duration = Duration::from_millis(500);

/// How long a server may be silent before it is sent a request: a connection whose other end is gone stays silent for
/// ever.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// How long to wait after the database failed.
const PAUSE: Duration = Duration::from_secs(1);

impl Queue {
    /// How long it takes until a job may start, a schedule is due or a lease lapses, by the database; `longest` at
    /// most.
    ///
    /// # Errors
    /// The database failed.
    pub async fn idle_for(&self, longest: Duration) -> Result<Duration, QueueError> {
        // A queued job whose time has come waits for the running job in its lane, whose end wakes the host.
        let sql = format!(
            "SELECT {now}, (SELECT min(start_at) FROM jobs WHERE state = 'queued' AND start_at > {now}),
                (SELECT min(next_start) FROM schedules), (SELECT min(lease_until) FROM jobs WHERE state = 'running')",
            now = self.store.db().now()
        );
        let (now, start, due, lapse): (i64, Option<i64>, Option<i64>, Option<i64>) =
            query(sql).fetch_one(&self.store).await?;
        let next = [start, due, lapse].into_iter().flatten().min().unwrap_or(i64::MAX);
        let until = u64::try_from(next.saturating_sub(now)).unwrap_or_default();
        Ok(longest.min(Duration::from_millis(until.saturating_add(1))))
    }

    /// Wakes whoever waits for [`Self::changes`] when another process has changed the queue. Never returns. A change
    /// that it misses is found when the queue is polled.
    pub async fn watch(&self) {
        loop {
            if let Err(error) = self.watch_once().await {
                tracing::debug!("other processes' changes of the queue are not seen at once: {error}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn watch_once(&self) -> Result<(), DatabaseError> {
        match self.store.db() {
            Engine::Postgres(pool) => self.listen(pool, SILENCE_MAX).await,
            Engine::Sqlite(pool) => {
                let options = pool.connect_options().as_ref().clone().disable_statement_logging();
                let mut connection = options.connect().await?;
                let mut seen = 0_i64;
                loop {
                    let version: i64 = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut connection).await?;
                    if std::mem::replace(&mut seen, version) != version {
                        self.wake();
                    }
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    /// Listens to a server's notifications until the connection is lost.
    pub(super) async fn listen(&self, pool: &PgPool, silence_max: Duration) -> Result<(), DatabaseError> {
        let mut listener = within(self.store.answer_time_max(), async {
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen("hibob_jobs").await?;
            Ok(listener)
        })
        .await?;
        listener.eager_reconnect(false);
        // Something may have been missed before.
        self.wake();
        loop {
            match tokio::time::timeout(silence_max, listener.try_recv()).await {
                Ok(Ok(Some(_))) => self.wake(),
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => {
                    within(self.store.answer_time_max(), sqlx::query("SELECT 1").execute(&mut listener)).await?;
                }
            }
        }
    }

    /// Wakes the hosts that listen as soon as the transaction is committed.
    pub(super) async fn notify(&self, transaction: &mut Transaction) -> Result<(), DatabaseError> {
        if let Some(notify) = self.store.db().notify() {
            query(notify).execute(transaction).await?;
        }
        Ok(())
    }
}

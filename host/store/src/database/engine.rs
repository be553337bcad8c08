//! The two engines, SQLite and PostgreSQL. The statements are the same on both but for the words that are told here.

use crate::database::DatabaseError;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};
use std::io;
use std::time::Duration;

/// Something of either engine.
#[derive(Clone, Copy, Debug)]
pub enum Engine<S, P> {
    /// One file, of one machine.
    Sqlite(S),
    /// A server, which several hosts share.
    Postgres(P),
}

/// The connections to a database.
pub(super) type Db = Engine<SqlitePool, PgPool>;

/// A transaction, which is rolled back unless it is committed.
pub type Transaction = Engine<sqlx::Transaction<'static, Sqlite>, sqlx::Transaction<'static, Postgres>>;

/// How long a server may take for an answer before it counts as lost: a connection whose other end is gone may say nothing
/// for ever. Longer than anybody waits for a lock there.
pub(super) const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// The same expression for either engine.
macro_rules! each {
    ($of:expr, $it:ident => $body:expr) => {
        match $of {
            $crate::database::Engine::Sqlite($it) => $body,
            $crate::database::Engine::Postgres($it) => $body,
        }
    };
}
pub(super) use each;

/// Wakes the hosts that listen, once the transaction is committed.
const NOTIFY: &str = "SELECT pg_notify('hibob_jobs', '')";

impl<S, P> Engine<S, P> {
    /// Unix milliseconds by the database's own clock: hosts need not agree about the time.
    pub fn now(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Self::Postgres(_) => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }

    /// The same in Unix seconds.
    pub(super) fn now_seconds(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "unixepoch()",
            Self::Postgres(_) => "CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)",
        }
    }

    /// How a transaction begins that will write: SQLite takes its lock at once, or it could not wait for it later.
    pub(super) fn begin(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        }
    }

    /// Leaves out rows that another host is at. SQLite has one writer at a time.
    pub fn skip_locked(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// By what jobs are told to be the same: their arguments, or a digest where an index could not hold them.
    pub fn same_arguments(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "arguments",
            Self::Postgres(_) => "hibob_digest(arguments)",
        }
    }

    /// What wakes other hosts. SQLite needs nothing: they see that the file has changed.
    pub fn notify(&self) -> Option<&'static str> {
        matches!(self, Self::Postgres(_)).then_some(NOTIFY)
    }

    /// How long it may take for an answer. A file answers, or fails.
    pub(super) fn answer_time_max(&self) -> Option<Duration> {
        matches!(self, Self::Postgres(_)).then_some(ANSWER_TIME_MAX)
    }

    /// Keeps other writers out of a row until the transaction ends. SQLite's own transaction does that.
    pub(super) fn for_update(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => "FOR UPDATE",
        }
    }

    /// What a key of a tenant's table begins with: on PostgreSQL all tenants share it.
    pub(super) fn of_tenant(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => "tenant, ",
        }
    }

    /// The function that is the larger of two numbers.
    pub(super) fn greatest(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "max",
            Self::Postgres(_) => "greatest",
        }
    }
}

impl Transaction {
    /// Makes all of it count, or nothing.
    pub async fn commit(self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => within(Some(ANSWER_TIME_MAX), transaction.commit()).await?,
        }
        Ok(())
    }
}

/// Waits for an answer, and not for longer than that. What was asked for may be done nevertheless.
pub async fn within<T>(
    time_max: Option<Duration>,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let Some(time_max) = time_max else { return answer.await };
    tokio::time::timeout(time_max, answer).await.unwrap_or_else(|_| {
        let what = format!("no answer for {} seconds", time_max.as_secs());
        Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, what)))
    })
}

//! The two engines, SQLite and PostgreSQL. Each statement has one text for both; the words in which the engines differ
//! are methods of [`Engine`].

use crate::database::DatabaseError;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};
use std::io;
use std::time::Duration;

/// A value of one type for SQLite and of another for PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub enum Engine<S, P> {
    /// SQLite: a file on this machine.
    Sqlite(S),
    /// PostgreSQL: a server, which several hosts share.
    Postgres(P),
}

/// The connection pool of a database.
pub(super) type Db = Engine<SqlitePool, PgPool>;

/// A transaction, which is rolled back unless it is committed.
pub type Transaction = Engine<sqlx::Transaction<'static, Sqlite>, sqlx::Transaction<'static, Postgres>>;

/// How long a server may take for an answer before the connection counts as lost: one whose other end is gone may stay
/// silent for ever. It is longer than `lock_timeout` in `postgres.rs`.
pub(super) const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// Evaluates one expression for either engine.
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
    /// The time in Unix milliseconds by the database's own clock, since the hosts' clocks may differ.
    pub fn now(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Self::Postgres(_) => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }

    /// The time in Unix seconds by the database's own clock.
    pub(super) fn now_seconds(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "unixepoch()",
            Self::Postgres(_) => "CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)",
        }
    }

    /// Begins a transaction that will write. SQLite takes its write lock at once, because it cannot wait for the lock
    /// after it has read.
    pub(super) fn begin(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        }
    }

    /// Leaves out rows that another host has locked. SQLite has one writer at a time.
    pub fn skip_locked(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// The expression by which two jobs' arguments are compared: the arguments, or their digest where an index could
    /// not hold them.
    pub fn same_arguments(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "arguments",
            Self::Postgres(_) => "hibob_digest(arguments)",
        }
    }

    /// The statement that wakes other hosts; none on SQLite, where they see that the file has changed.
    pub fn notify(&self) -> Option<&'static str> {
        matches!(self, Self::Postgres(_)).then_some(NOTIFY)
    }

    /// How long an answer may take; none on SQLite, where a file answers or fails.
    pub(super) fn answer_time_max(&self) -> Option<Duration> {
        matches!(self, Self::Postgres(_)).then_some(ANSWER_TIME_MAX)
    }

    /// Locks the selected row against other writers until the transaction ends. On SQLite the transaction itself does
    /// that.
    pub(super) fn for_update(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => "FOR UPDATE",
        }
    }

    /// The first column of a key of a tenant's table: on PostgreSQL, where all tenants share the table, it is the
    /// tenant.
    pub(super) fn of_tenant(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => "tenant, ",
        }
    }

    /// The name of the function that returns the larger of two numbers.
    pub(super) fn greatest(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "max",
            Self::Postgres(_) => "greatest",
        }
    }
}

impl Transaction {
    /// Commits the transaction.
    ///
    /// # Errors
    /// The database failed. Where a server did not answer in time, the transaction may be committed nevertheless.
    pub async fn commit(self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => within(Some(ANSWER_TIME_MAX), transaction.commit()).await?,
        }
        Ok(())
    }
}

/// Waits for an answer, for `time_max` at most.
///
/// # Errors
/// The answer is an error, or did not come in time. In the latter case the request may be carried out nevertheless.
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

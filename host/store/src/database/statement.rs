//! A statement with its values, which runs on either engine. Placeholders are `$1`, `$2`, and so on.

use crate::database::DatabaseError;
use crate::database::engine::{Engine, Transaction, each, within};
use crate::database::store::Store;
use crate::database::text::{Key, Text};
use futures::TryStreamExt as _;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{
    Arguments, AssertSqlSafe, Connection, Database, Encode, FromRow, PgConnection, Postgres, SqlSafeStr, SqlStr,
    Sqlite, SqliteConnection, Type,
};
use std::borrow::Cow;
use std::time::Duration;

/// A statement: it gets its values with [`Statement::bind`], and is then run.
#[must_use]
pub struct Statement<'q> {
    text: SqlStr,
    values: Vec<Value<'q>>,
}

/// A statement with this text. The text may contain only words of this program; everything else is bound as a value.
pub fn query<'q>(text: impl Into<Cow<'static, str>>) -> Statement<'q> {
    let text = match text.into() {
        Cow::Borrowed(text) => text.into_sql_str(),
        Cow::Owned(text) => AssertSqlSafe(text).into_sql_str(),
    };
    Statement { text, values: Vec::new() }
}

/// A value of a statement. A value that is none has a type too, because PostgreSQL needs one.
pub enum Value<'q> {
    Number(Option<i64>),
    Text(Option<Text<'q>>),
    Key(Key<&'q str>),
    Bytes(Option<&'q [u8]>),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl<'q> From<&'q str> for Value<'q> {
    fn from(text: &'q str) -> Self {
        Self::Text(Some(Text(text)))
    }
}

impl<'q> From<&'q String> for Value<'q> {
    fn from(text: &'q String) -> Self {
        Self::Text(Some(Text(text)))
    }
}

impl<'q> From<Option<&'q str>> for Value<'q> {
    fn from(text: Option<&'q str>) -> Self {
        Self::Text(text.map(Text))
    }
}

impl<'q> From<Key<&'q str>> for Value<'q> {
    fn from(key: Key<&'q str>) -> Self {
        Self::Key(key)
    }
}

impl<'q> From<&'q [u8]> for Value<'q> {
    fn from(bytes: &'q [u8]) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl<'q> From<&'q Vec<u8>> for Value<'q> {
    fn from(bytes: &'q Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

/// A type into which a row is read: a tuple, or a struct that derives [`FromRow`].
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

/// Where a statement runs: on a connection that a store lends for it, or in a transaction.
pub enum On<'c> {
    Store(&'c Store),
    Transaction(&'c mut Transaction),
}

impl<'c> From<&'c Store> for On<'c> {
    fn from(store: &'c Store) -> Self {
        Self::Store(store)
    }
}

impl<'c> From<&'c mut Transaction> for On<'c> {
    fn from(transaction: &'c mut Transaction) -> Self {
        Self::Transaction(transaction)
    }
}

/// The connection on which a statement runs.
enum StatementConnection<'c> {
    /// A connection that a store has lent.
    Lent(&'c Store, Engine<PoolConnection<Sqlite>, PoolConnection<Postgres>>),
    /// The connection of a transaction.
    Of(&'c mut Transaction),
}

impl<'c> On<'c> {
    async fn hold(self) -> Result<StatementConnection<'c>, DatabaseError> {
        Ok(match self {
            Self::Store(store) => StatementConnection::Lent(store, store.connection().await?),
            Self::Transaction(transaction) => StatementConnection::Of(transaction),
        })
    }
}

impl StatementConnection<'_> {
    fn answer_time_max(&self) -> Option<Duration> {
        match self {
            Self::Lent(store, _) => store.answer_time_max(),
            Self::Of(transaction) => transaction.answer_time_max(),
        }
    }

    fn connection(&mut self) -> Engine<&mut SqliteConnection, &mut PgConnection> {
        match self {
            Self::Lent(_, Engine::Sqlite(lent)) => Engine::Sqlite(lent),
            Self::Lent(_, Engine::Postgres(lent)) => Engine::Postgres(lent),
            Self::Of(Engine::Sqlite(transaction)) => Engine::Sqlite(transaction),
            Self::Of(Engine::Postgres(transaction)) => Engine::Postgres(transaction),
        }
    }
}

impl StatementConnection<'_> {
    /// Gives a lent connection back, after its statement has come to its end. Where it has not, the pool takes it back and
    /// looks after it.
    fn end(self) {
        if let Self::Lent(store, lent) = self {
            store.give_back(lent);
        }
    }
}

impl<'q> Statement<'q> {
    /// Adds a statement behind this one.
    fn append(&mut self, other: Self) {
        let text = format!("{};\n{}", self.text.as_str(), renumbered(other.text.as_str(), self.values.len()));
        self.text = AssertSqlSafe(text).into_sql_str();
        self.values.extend(other.values);
    }

    /// Binds the next value.
    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs the statement, and returns how many rows it has written.
    pub async fn execute<'c>(self, on: impl Into<On<'c>>) -> Result<u64, DatabaseError> {
        let mut held = on.into().hold().await?;
        let answer_time_max = held.answer_time_max();
        let connection = held.connection();
        let done = within(answer_time_max, async {
            each!(connection, connection => {
                let query = sqlx::query_with(self.text, arguments(connection, &self.values)?);
                Ok(query.execute(connection).await?.rows_affected())
            })
        })
        .await;
        held.end();
        Ok(done?)
    }

    /// Runs the statement, and returns whether it finds a row.
    pub async fn finds<'c>(self, on: impl Into<On<'c>>) -> Result<bool, DatabaseError> {
        Ok(self.fetch_optional::<()>(on).await?.is_some())
    }

    /// Runs the statement, and returns the first row; none if there is no row.
    pub async fn fetch_optional<'c, R: Row>(self, on: impl Into<On<'c>>) -> Result<Option<R>, DatabaseError> {
        let mut held = on.into().hold().await?;
        let answer_time_max = held.answer_time_max();
        let connection = held.connection();
        let done = within(answer_time_max, async {
            each!(connection, connection => {
                let query = sqlx::query_as_with(self.text, arguments(connection, &self.values)?);
                query.fetch_optional(connection).await
            })
        })
        .await;
        held.end();
        Ok(done?)
    }

    /// Runs the statement, and returns the first row. It is an error if there is none.
    pub async fn fetch_one<'c, R: Row>(self, on: impl Into<On<'c>>) -> Result<R, DatabaseError> {
        self.fetch_optional(on).await?.ok_or(DatabaseError(sqlx::Error::RowNotFound))
    }

    /// Runs the statement, and returns all rows.
    pub async fn fetch_all<'c, R: Row>(self, on: impl Into<On<'c>>) -> Result<Vec<R>, DatabaseError> {
        self.fetch_while(on, |_| true).await
    }

    /// Runs the statement, and returns the rows up to and including the first one for which `more` is false.
    pub async fn fetch_while<'c, R: Row>(
        self,
        on: impl Into<On<'c>>,
        mut more: impl FnMut(&R) -> bool,
    ) -> Result<Vec<R>, DatabaseError> {
        let mut held = on.into().hold().await?;
        let answer_time_max = held.answer_time_max();
        let connection = held.connection();
        let done = within(answer_time_max, async {
            each!(connection, connection => {
                let query = sqlx::query_as_with(self.text, arguments(connection, &self.values)?);
                let (mut rows, mut read) = (query.fetch(connection), Vec::new());
                while let Some(row) = rows.try_next().await? {
                    let is_last = !more(&row);
                    read.push(row);
                    if is_last {
                        break;
                    }
                }
                Ok(read)
            })
        })
        .await;
        held.end();
        Ok(done?)
    }
}

/// Runs statements one after the other in a transaction. SQLite gets those with few values as one text, since each text is
/// handed to another thread and waited for.
pub(super) async fn execute_all(
    statements: impl IntoIterator<Item = Statement<'_>>,
    on: &mut Transaction,
) -> Result<(), DatabaseError> {
    let is_file = matches!(on, Engine::Sqlite(_));
    let mut joined: Option<Statement<'_>> = None;
    for statement in statements {
        match &mut joined {
            _ if !is_file => drop(statement.execute(&mut *on).await?),
            Some(joined) => joined.append(statement),
            None => joined = Some(statement),
        }
    }
    if let Some(joined) = joined {
        joined.execute(on).await?;
    }
    Ok(())
}

/// A text with the numbers of its placeholders raised.
fn renumbered(text: &str, by: usize) -> String {
    let mut parts = text.split('$');
    let mut raised = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        raised.push('$');
        match number.parse::<usize>() {
            Ok(number) => raised.push_str(&(number + by).to_string()),
            Err(_) => raised.push_str(number),
        }
        raised.push_str(rest);
    }
    raised
}

/// The values in the form that the engine of a connection takes.
fn arguments<'q, C: Connection>(
    _: &C,
    values: &[Value<'q>],
) -> Result<<C::Database as Database>::Arguments, sqlx::Error>
where
    Option<i64>: Encode<'q, C::Database> + Type<C::Database>,
    Option<Text<'q>>: Encode<'q, C::Database> + Type<C::Database>,
    Key<&'q str>: Encode<'q, C::Database> + Type<C::Database>,
    Option<&'q [u8]>: Encode<'q, C::Database> + Type<C::Database>,
{
    let mut arguments = <C::Database as Database>::Arguments::default();
    for value in values {
        let added = match value {
            Value::Number(number) => arguments.add(*number),
            Value::Text(text) => arguments.add(*text),
            Value::Key(key) => arguments.add(*key),
            Value::Bytes(bytes) => arguments.add(*bytes),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

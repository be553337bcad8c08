//! A database on PostgreSQL, which several hosts share: opening it, and what the operator can do about its errors.

mod address;

pub use address::{DatabaseAddress, DatabaseTls};

use crate::database::DatabaseError;
use crate::database::engine::{ANSWER_TIME_MAX, within};
use crate::database::error::of_migration;
use hibob_base::error::HostError;
use sqlx::postgres::{PgDatabaseError, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use std::io::ErrorKind;
use std::time::Duration;

/// The most connections of one host to the server, unless the operator sets another number.
pub const POSTGRES_CONNECTIONS: u32 = 16;

/// The least number of connections of one host: one listens to the queue, one renews leases, two work.
pub const POSTGRES_CONNECTIONS_MIN: u32 = 4;

/// A connection that was idle for longer is tested before it is used.
const IDLE_TRUSTED: Duration = Duration::from_secs(5);

/// The settings of each connection, which replace the server's own:
///
/// - the server ends a transaction that is idle for 10 seconds, so that no host waits for one that has stopped in the
///   middle of a transaction;
/// - a statement waits for a lock for 20 seconds at most;
/// - a transaction that has waited for another one sees what that one has written;
/// - a commit returns after the write is on the server's disk.
///
/// <https://www.postgresql.org/docs/15/runtime-config-client.html>
const SETTINGS: &str = "SELECT set_config('hibob.tenant', '', false),
    set_config('lock_timeout', '20s', false),
    set_config('idle_in_transaction_session_timeout', '10s', false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
        ELSE current_setting('synchronous_commit') END, false)";

/// Ends any transaction of a connection, and its limit to a tenant. sqlx does not know of a transaction whose `BEGIN`
/// was dropped before its answer came, and the next user's writes would be rolled back with it. A `ROLLBACK` without a
/// transaction would put a warning into the server's log each time, so one is begun before it.
const RESET: &str = "BEGIN; ROLLBACK; SELECT set_config('hibob.tenant', '', false)";

/// Connects to a database and brings its schema up to date. Hosts that start at the same time do that one after the
/// other.
///
/// # Errors
/// The URL is wrong or asks for too little protection, there are too few connections, the server cannot be reached or refuses, or row-level security does
/// not bind the role.
pub(super) async fn open(address: &DatabaseAddress, connections_max: u32) -> Result<PgPool, HostError> {
    if connections_max < POSTGRES_CONNECTIONS_MIN {
        let message = format!("{connections_max} connections to the database are too few");
        let remedy = format!("allow at least {POSTGRES_CONNECTIONS_MIN}, with --database-connections");
        return Err(HostError::configuration(message, remedy));
    }
    let options = address.options()?;
    // A single connection reports why it fails; a pool tries for half a minute and then does not.
    let mut first = within(Some(ANSWER_TIME_MAX), PgConnection::connect_with(&options)).await.map_err(DatabaseError)?;
    require_fit(&mut first).await?;
    first.close().await.map_err(DatabaseError)?;
    let pool = PgPoolOptions::new()
        .max_connections(connections_max)
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move { sqlx::query(SETTINGS).execute(connection).await.map(drop) })
        })
        .before_acquire(|connection, metadata| {
            Box::pin(async move {
                if metadata.idle_for > IDLE_TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_release(|connection, _| {
            // A connection that does not answer is closed.
            Box::pin(async move {
                within(Some(ANSWER_TIME_MAX), sqlx::raw_sql(RESET).execute(connection)).await.map(|_| true)
            })
        })
        .connect_lazy_with(options);
    sqlx::migrate!("migrations/postgres").run(&pool).await.map_err(|error| of_migration(&error))?;
    Ok(pool)
}

/// The role, a role that row-level security does not bind and that this one or the one that logged in can become (itself
/// first), and the database's encoding.
const FITNESS: &str = "SELECT current_user::text,
    (SELECT rolname::text FROM pg_roles
     WHERE (rolsuper OR rolbypassrls)
       AND (pg_has_role(current_user, oid, 'MEMBER') OR pg_has_role(session_user, oid, 'MEMBER'))
     ORDER BY rolname = current_user DESC, rolname = session_user DESC, rolname LIMIT 1),
    current_setting('server_encoding')";

/// Checks that the server can keep tenants apart and can store any text.
async fn require_fit(connection: &mut PgConnection) -> Result<(), HostError> {
    let (role, above, encoding): (String, Option<String>, String) =
        sqlx::query_as(FITNESS).fetch_one(connection).await.map_err(DatabaseError)?;
    if let Some(above) = above {
        let is = if above == role { "is".to_owned() } else { format!("can become {above}, which is") };
        return Err(HostError::configuration(
            format!(
                "the database's role {role} {is} a superuser or has BYPASSRLS, so row-level security would not keep tenants' rows apart"
            ),
            "connect as a role of its own, which is a member of no such role and owns the database: CREATE ROLE hibob LOGIN; CREATE DATABASE hibob OWNER hibob",
        ));
    }
    if encoding != "UTF8" {
        return Err(HostError::configuration(
            format!("the database's encoding is {encoding}"),
            "use a database that was created with ENCODING 'UTF8'",
        ));
    }
    Ok(())
}

/// What to do if the server cannot be reached or did not answer.
const UNREACHABLE: &str = "check that the database server runs and can be reached from here, then start again; the next run \
                           looks up every change whose outcome is unknown";

/// What to do about an error of a server; none if the error is not a server's.
pub fn remedy(error: &sqlx::Error) -> Option<&'static str> {
    let wrong_certificate = "check the server's certificate, sslrootcert in the database's URL, and --database-tls";
    match error {
        // rustls reports a failed handshake in this way.
        sqlx::Error::Io(error) if error.kind() == ErrorKind::InvalidData => Some(wrong_certificate),
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut => Some(UNREACHABLE),
        sqlx::Error::Tls(_) => Some(wrong_certificate),
        sqlx::Error::Database(error) => Some(remedy_of(error.try_downcast_ref::<PgDatabaseError>()?.code())),
        _ => None,
    }
}

/// What to do about an SQLSTATE: about the code itself, or about its class, which is its first two characters.
/// <https://www.postgresql.org/docs/15/errcodes-appendix.html>
fn remedy_of(code: &str) -> &'static str {
    match code {
        "25006" => "connect to the primary server, not to a standby",
        // in_failed_sql_transaction, idle_in_transaction_session_timeout
        "25P02" | "25P03" => {
            "this host stalled in the middle of a write and the server ended it; nothing of that write was stored: start again"
        }
        // query_canceled
        "57014" => "the statement was cancelled on the server: check statement_timeout for this role, then start again",
        _ => match code.get(..2).unwrap_or_default() {
            "08" | "57" => UNREACHABLE,
            "22" => "a value does not fit into the column that the message names: report it",
            "23" => "another host wrote the same row at the same time; start again",
            "28" => "check the role and its password: the database's URL, PGPASSWORD or the file of PGPASSFILE",
            "3D" => "make the database first: CREATE DATABASE hibob OWNER hibob",
            "40" | "55" => "another host was writing the same rows; start again",
            "42" => "let the role own the database's tables and its schema, and use the same version on all hosts",
            "53" => "give the database server more room: disk, memory or connections (--database-connections)",
            "54" => "the value that the message names is longer than the server allows: shorten it",
            _ => "read the database server's log; if the database is damaged, restore a backup of it",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::remedy_of;

    #[test]
    fn a_remedy_is_of_the_error_and_not_of_its_class_alone() {
        for (code, words) in [
            ("25006", "primary"),
            ("25P02", "stalled"),
            ("25P03", "stalled"),
            ("25001", "log"),
            ("08006", "reached"),
            ("57P01", "reached"),
            ("57P03", "reached"),
            ("57014", "statement_timeout"),
            ("22001", "does not fit"),
            ("22021", "does not fit"),
            ("23505", "another host wrote"),
            ("28P01", "password"),
            ("3D000", "CREATE DATABASE"),
            ("40001", "start again"),
            ("40P01", "start again"),
            ("55P03", "start again"),
            ("42501", "own"),
            ("53100", "disk"),
            ("53300", "--database-connections"),
            ("54000", "longer"),
            ("XX001", "restore"),
            ("", "log"),
        ] {
            assert!(remedy_of(code).contains(words), "{code}: {}", remedy_of(code));
        }
    }
}

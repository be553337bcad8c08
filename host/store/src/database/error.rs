//! Errors of the database, and the errors of the host that they become.

use crate::database::postgres;
use hibob_base::error::{HostError, LOCKED};
use sqlx::migrate::MigrateError;
use thiserror::Error;

/// An error of the database, as sqlx reports it.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct DatabaseError(#[from] pub sqlx::Error);

impl From<DatabaseError> for HostError {
    fn from(DatabaseError(error): DatabaseError) -> Self {
        match postgres::remedy(&error) {
            Some(remedy) => Self::Server { message: error.to_string(), remedy },
            None if is_locked(&error) => Self::Storage(format!("{LOCKED}: {error}")),
            None => Self::Storage(error.to_string()),
        }
    }
}

/// Whether SQLite has waited in vain for another process's transaction (`SQLITE_BUSY`, 5, and its extended codes).
pub(super) fn is_locked(error: &sqlx::Error) -> bool {
    const BUSY: i64 = 5;
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| code & 0xff == BUSY)
}

/// The error of the host for a schema that cannot be brought up to date.
pub(crate) fn of_migration(error: &MigrateError) -> HostError {
    let message = format!("the database's schema cannot be brought up to date: {error}");
    match error {
        MigrateError::VersionMissing(_) => HostError::configuration(
            "the database was written by a newer version of hibob; nothing of it was touched",
            format!(
                "start that version (this is {}, see hibob --version), or restore a backup that this one wrote",
                env!("CARGO_PKG_VERSION")
            ),
        ),
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => match postgres::remedy(cause) {
            Some(remedy) => HostError::Server { message, remedy },
            None => HostError::Storage(message),
        },
        _ => HostError::Storage(message),
    }
}

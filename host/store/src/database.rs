//! The databases: on SQLite a control database, and a file per tenant; or one database on PostgreSQL, which several
//! hosts share and which keeps the tenants apart by row-level security. Row and value types are here; nothing here uses
//! another folder of this crate.

mod api_log;
mod approvals;
mod console;
mod control;
mod decisions;
mod engine;
mod error;
mod first_sync;
mod guard_facts;
mod holds;
mod interruptions;
mod journal;
mod journal_writer;
mod migrate;
mod people;
pub mod postgres;
mod references;
mod secrets;
mod setup_steps;
mod statement;
mod store;
mod tenant;
mod tenant_versions;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod tokens;

pub use api_log::{ApiLogEntry, ApiLogOutcome, ApiLogRow};
pub use approvals::{ApprovalRow, ApprovalState, Decision, NewApproval};
pub use console::ConsoleSession;
pub use control::{ControlDatabase, Disabled, LEASE_SECONDS, Lease};
pub use decisions::{LedgerLine, LinkOrder, host_facts};
pub use engine::{Engine, Transaction, within};
pub use error::DatabaseError;
use error::is_locked;
pub use first_sync::{BegunPlan, FirstSyncState};
pub use guard_facts::KeptFields;
pub use hibob_base::files::unwritable;
pub use holds::{HoldDetails, HoldRow};
pub use interruptions::{AppliedPlan, InterruptedPlan, restored_because};
pub use journal::{ChangeRecord, EventRow, Fence, NewJournal, OpenJournal};
pub use people::{ErasedRows, ErasureRow, KeyedHash, LegacyPlaintext, PersonRow};
pub use postgres::{DatabaseAddress, DatabaseTls, POSTGRES_CONNECTIONS, POSTGRES_CONNECTIONS_MIN};
pub use references::{
    AttemptRecord, DeliveryRow, DeliveryState, DepartureDetails, DepartureRow, DueDelivery, KeyRow, LogHead, Message,
    NewReference, ReferenceRow, ReferenceState, TitleDigests, WhyNone,
};
pub use secrets::SecretRow;
pub use setup_steps::SettledStep;
pub use statement::query;
pub use store::Store;
pub use tenant::{EndedRun, Entries, LedgerEntry, PastRun, RunRecord, StorageUsage, StoredUpdate, TenantDatabase};
pub use tenant_versions::{
    NewVersion, SETTINGS_CHANGED, StoredBy, StoredConfig, TENANT_VERSIONS_MAX, TenantVersion, settings_changed,
};
pub use tokens::{StoredToken, TokenRole};

use hibob_base::error::HostError;
use hibob_base::private_folder::require_own;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Connections to one database file. SQLite writes one at a time; more would only wait.
const CONNECTIONS_MAX: u32 = 4;

/// Rows that a connection's thread reads ahead: a whole page of a scan, so that nobody is woken for each row.
const ROWS_BUFFERED: usize = 1_000;

/// How long a connection waits for another one's write.
const BUSY: Duration = Duration::from_secs(10);

/// The pause before a file is opened again that somebody else is opening.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// Opens an SQLite database of this user that only its owner can read, and makes it if it is missing.
async fn open(path: &Path) -> Result<SqlitePool, HostError> {
    // Made first, so that the mode is right from the start; SQLite gives its side files the same mode.
    let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    let metadata = made.and_then(|file| file.metadata()).map_err(|error| unwritable(path, &error))?;
    require_own(path, &metadata)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .row_buffer_size(ROWS_BUFFERED)
        .synchronous(SqliteSynchronous::Full) // a run must not forget an account that it has made
        .pragma("secure_delete", "ON") // removed rows can be personal data
        .busy_timeout(BUSY);
    // Of several who open a new file at the same moment, one turns its write-ahead log on. SQLite refuses the others at
    // once, whatever the time-out is.
    let begun = Instant::now();
    loop {
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .test_before_acquire(false) // a file does not go away
            .connect_with(options.clone())
            .await;
        match pool {
            Err(error) if is_locked(&error) && begun.elapsed() < BUSY => tokio::time::sleep(BUSY_PAUSE).await,
            pool => return pool.map_err(|error| HostError::Storage(format!("{}: {error}", path.display()))),
        }
    }
}

/// Copies an SQLite database, as it is at one moment and without free pages, into a new file that only its owner can
/// read, and checks the copy.
async fn copy_to(store: &Store, path: &Path) -> Result<(), HostError> {
    let pool = store.file()?;
    let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    made.map_err(|error| unwritable(path, &error))?;
    let text = path.to_str().ok_or_else(|| HostError::Storage(format!("{} is no text", path.display())))?;
    sqlx::query("VACUUM INTO $1").bind(text).execute(pool).await.map_err(DatabaseError)?;
    let checked = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = sqlx::ConnectOptions::connect(&checked).await.map_err(DatabaseError)?;
    let found: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.map_err(DatabaseError)?;
    if found == "ok" { Ok(()) } else { Err(HostError::Storage(format!("{}: {found}", path.display()))) }
}

//! The API log: who did what, through the API and on the command line. An action has a row in the control database
//! before it is done, and an event of the program's log when it has ended; so does an action that was refused. Both
//! have ids, and no names.

pub use crate::database::{ApiLogEntry, ApiLogOutcome, ApiLogRow};

use crate::database::{ControlDatabase, TokenRole};
use hibob_base::error::HostError;
use hibob_base::os_user::this_user;

/// The actor of an action on the command line.
pub const COMMAND_LINE: &str = "command-line";

/// The actor of a request without a valid token.
pub const UNKNOWN: &str = "unknown";

impl ApiLogEntry {
    /// The entry of a command on this machine. `asked_by` is the person in whose name it is given.
    pub fn of_command(
        action: &'static str,
        tenant: Option<String>,
        object: Option<String>,
        asked_by: Option<String>,
    ) -> Self {
        Self {
            actor: COMMAND_LINE.to_owned(),
            role: None,
            action,
            tenant,
            object,
            request: format!("process-{}", std::process::id()),
            os_user: Some(this_user()),
            asked_by,
        }
    }
}

/// Adds the row of an action before the action is done, so that no action is without a row. Returns the row's number,
/// for [`ended`].
///
/// # Errors
/// The database failed; the action must not be done.
pub async fn begin(control: &ControlDatabase, entry: &ApiLogEntry) -> Result<i64, HostError> {
    record(control, entry, ApiLogOutcome::Begun, None).await
}

/// Records the outcome of an action in the row that [`begin`] has added. A failure of the database is only logged: the
/// action is done.
pub async fn ended(
    control: &ControlDatabase,
    row: i64,
    entry: &ApiLogEntry,
    outcome: ApiLogOutcome,
    code: Option<&'static str>,
) {
    log(entry, outcome, code);
    if let Err(error) = control.end_api_log_row(row, outcome, code).await {
        tracing::error!(request = entry.request, "the outcome of an action cannot be recorded: {error}");
    }
}

/// Adds the row of an action together with its outcome: an action that was refused, or that is a single step.
///
/// # Errors
/// The database failed.
pub async fn record(
    control: &ControlDatabase,
    entry: &ApiLogEntry,
    outcome: ApiLogOutcome,
    code: Option<&'static str>,
) -> Result<i64, HostError> {
    if outcome != ApiLogOutcome::Begun {
        log(entry, outcome, code);
    }
    control.add_api_log_row(chrono::Utc::now().timestamp(), entry, outcome, code).await
}

fn log(entry: &ApiLogEntry, outcome: ApiLogOutcome, code: Option<&'static str>) {
    tracing::info!(
        actor = entry.actor,
        role = entry.role.map(TokenRole::word),
        action = entry.action,
        tenant = entry.tenant,
        object = entry.object,
        code,
        request = entry.request,
        "{}",
        outcome.word()
    );
}

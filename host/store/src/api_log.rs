//! The record of who did what: a row in the control database and an event of the log for every action, and for every one
//! that was refused. Ids only.

use crate::database::ControlDatabase;
use crate::token::Role;
use hibob_base::error::HostError;
use serde::Serialize;

/// How long rows are kept, in days.
pub const KEPT_DAYS: i64 = 400;

/// Who acts on the command line.
pub const COMMAND_LINE: &str = "command-line";

/// Who acts with no token that counts.
pub const UNKNOWN: &str = "unknown";

/// What came of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was permitted, and has not come to its end; or the host ended before it.
    Begun,
    /// Done.
    Done,
    /// It was not permitted, or not possible as it was asked for.
    Refused,
    /// Something failed.
    Failed,
}

impl Outcome {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// An action, by whom and on what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// A token's id, or what else acts.
    pub actor: String,
    /// Of the token.
    pub role: Option<Role>,
    /// What is done.
    pub action: &'static str,
    /// For which tenant.
    pub tenant: Option<String>,
    /// To what.
    pub object: Option<String>,
    /// The same as in the answer and in the log.
    pub request: String,
}

/// A row of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// Unix seconds.
    pub at: i64,
    /// A token's id, `command-line` or `unknown`.
    pub actor: String,
    /// Of the token.
    pub role: Option<String>,
    /// What was done.
    pub action: String,
    /// For which tenant.
    pub tenant: Option<String>,
    /// To what.
    pub object: Option<String>,
    /// `begun`, `done`, `refused` or `failed`.
    pub outcome: String,
    /// Why it was refused or failed.
    pub code: Option<String>,
    /// The same as in the answer and in the log.
    pub request: String,
}

/// Writes an action down before it is done, so that none is done that is not in the record; [`ended`] says what came of it.
///
/// # Errors
/// The database failed; the action must not be done.
pub async fn begin(control: &ControlDatabase, deed: &Deed) -> Result<i64, HostError> {
    record(control, deed, Outcome::Begun, None).await
}

/// Writes down what came of an action that [`begin`] wrote down.
pub async fn ended(control: &ControlDatabase, row: i64, deed: &Deed, outcome: Outcome, code: Option<&'static str>) {
    tell(deed, outcome, code);
    if let Err(error) = control.end_audit(row, outcome, code).await {
        tracing::error!(request = deed.request, "what came of it cannot be recorded: {error}");
    }
}

/// Writes an action down that is over already: one that was refused, or that is a single step.
///
/// # Errors
/// The database failed.
pub async fn record(
    control: &ControlDatabase,
    deed: &Deed,
    outcome: Outcome,
    code: Option<&'static str>,
) -> Result<i64, HostError> {
    if outcome != Outcome::Begun {
        tell(deed, outcome, code);
    }
    control.add_audit(chrono::Utc::now().timestamp(), deed, outcome, code).await
}

fn tell(deed: &Deed, outcome: Outcome, code: Option<&'static str>) {
    tracing::info!(
        actor = deed.actor,
        role = deed.role.map(Role::word),
        action = deed.action,
        tenant = deed.tenant,
        object = deed.object,
        code,
        request = deed.request,
        "{}",
        outcome.word()
    );
}

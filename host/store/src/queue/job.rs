//! A job as it is requested and as it is stored.

use crate::queue::{Arguments, QueueError, State};
use hibob_base::job::{JobKind, Trigger};
use sqlx::FromRow;

/// A job's number, unique in its queue.
pub type JobId = i64;

/// A job that somebody requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// The tenant's id.
    pub tenant: String,
    /// The job's arguments.
    pub arguments: Arguments,
    /// Who requests it, by the name that the operator knows.
    pub requested_by: Option<String>,
}

/// A job as it is stored. Times are Unix milliseconds by the database's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The job's number.
    pub id: JobId,
    /// The tenant's id.
    pub tenant: String,
    /// What started it.
    pub trigger: Trigger,
    /// The job's arguments.
    pub arguments: Arguments,
    /// Who requested it.
    pub requested_by: Option<String>,
    /// The job's state.
    pub state: State,
    /// The host that carries it out.
    pub holder: Option<String>,
    /// The due time of the schedule that queued it.
    pub due_at: Option<i64>,
    /// When it was queued.
    pub queued_at: i64,
    /// When it may start at the earliest.
    pub start_at: i64,
    /// When it was claimed last.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// When somebody requested that it stop.
    pub cancel_requested_at: Option<i64>,
    /// How many hosts have crashed while they carried it out.
    pub crashes: i64,
    /// The result: `exit_code`, `run` (its number in the tenant's history), `error`.
    pub result: Option<serde_json::Value>,
}

/// The columns of a [`JobRow`].
pub(super) const COLUMNS: &str = "id, tenant, kind, trigger, arguments, requested_by, state, holder, due_at, queued_at, \
                                  start_at, started_at, ended_at, cancel_requested_at, crashes, result";

#[derive(FromRow)]
pub(super) struct JobRow {
    id: i64,
    tenant: String,
    kind: String,
    trigger: String,
    arguments: String,
    requested_by: Option<String>,
    state: String,
    holder: Option<String>,
    due_at: Option<i64>,
    queued_at: i64,
    start_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    cancel_requested_at: Option<i64>,
    crashes: i64,
    result: Option<String>,
}

impl NewJob {
    /// Its kind.
    pub fn kind(&self) -> JobKind {
        self.arguments.kind()
    }
}

impl Job {
    /// Its kind.
    pub fn kind(&self) -> JobKind {
        self.arguments.kind()
    }
}

impl TryFrom<JobRow> for Job {
    type Error = QueueError;

    fn try_from(row: JobRow) -> Result<Self, QueueError> {
        let id = row.id;
        let unknown = |what: &str, word: &str| QueueError::Unreadable { id, what: format!("unknown {what} `{word}`") };
        let json = |error: serde_json::Error| QueueError::Unreadable { id, what: error.to_string() };
        Ok(Self {
            id,
            tenant: row.tenant,
            trigger: Trigger::of_word(&row.trigger).ok_or_else(|| unknown("trigger", &row.trigger))?,
            arguments: Arguments::stored(id, &row.kind, &row.arguments)?,
            requested_by: row.requested_by,
            state: State::of_word(&row.state).ok_or_else(|| unknown("state", &row.state))?,
            holder: row.holder,
            due_at: row.due_at,
            queued_at: row.queued_at,
            start_at: row.start_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            cancel_requested_at: row.cancel_requested_at,
            crashes: row.crashes,
            result: row.result.as_deref().map(serde_json::from_str).transpose().map_err(json)?,
        })
    }
}

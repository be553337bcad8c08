//! A job: what it is, for whom, and where it stands.

use crate::queue::{Arguments, QueueError, State};
use hibob_base::job::{JobKind, Trigger};
use sqlx::FromRow;

/// A job's number, unique in its queue.
pub type JobId = i64;

/// A job that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// For whom.
    pub tenant: String,
    /// What it is to do.
    pub arguments: Arguments,
    /// Who asks, as the operator may see it.
    pub requested_by: Option<String>,
}

/// A job, as it stands. Times are Unix milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// For whom.
    pub tenant: String,
    /// Who started it.
    pub trigger: Trigger,
    /// What it is to do.
    pub arguments: Arguments,
    /// Who asked for it.
    pub requested_by: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Which host is at it.
    pub holder: Option<String>,
    /// The time of the schedule that it stands for.
    pub due_at: Option<i64>,
    /// When it came into the queue.
    pub queued_at: i64,
    /// It does not start before.
    pub start_at: i64,
    /// When it was claimed, the last time.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Since when it is to stop.
    pub cancel_requested_at: Option<i64>,
    /// Hosts that crashed over it.
    pub crashes: i64,
    /// What came of it: `exit_code`, `run` in the tenant's history, `error`.
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

//! A job: what it is, for whom, and where it stands.

use crate::database::DatabaseError;
use crate::queue::{QueueError, State};
use hibob_base::error::HostError;
use hibob_base::job::{Kind, Trigger};
use hibob_policy::guard::Release;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

/// A job's number, unique in its queue.
pub type JobId = i64;

/// What a job is to do in particular. Never a secret, nor anything of a person but HiBob's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Arguments {
    /// `apply`: the saved plan that is kept for it, by the SHA-256 of its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// `apply`, instead of a saved plan: the plan that a person has approved, by the SHA-256 under which it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<String>,
    /// `sync`, `apply`: archivings that a guard lets through.
    #[serde(skip_serializing_if = "is_zero")]
    pub allow_archiving: usize,
    /// `sync`, `apply`: changed user names that a guard lets through.
    #[serde(skip_serializing_if = "is_zero")]
    pub allow_renaming: usize,
    /// `sync`, `apply`: whether the source may look quite different from the last accepted run.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_changed_source: bool,
    /// `references`: references that the guard lets be issued.
    #[serde(skip_serializing_if = "is_zero")]
    pub allow_issuing: usize,
    /// `references`: references that the guard lets be revoked.
    #[serde(skip_serializing_if = "is_zero")]
    pub allow_revoking: usize,
    /// `references`: whom to issue for, by HiBob's ids; who has left since the last run unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employees: Option<Vec<String>>,
    /// `deliver`: which reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Arguments {
    /// Whether this kind of job takes these arguments, and has those that it needs.
    ///
    /// # Errors
    /// It does not, or has not.
    pub fn check(&self, kind: Kind) -> Result<(), HostError> {
        let taken = match kind {
            Kind::Check => Self::default(),
            Kind::Sync => Self { plan: None, ..self.for_directory() },
            Kind::Apply if self.approved.is_some() => Self { approved: self.approved.clone(), ..Self::default() },
            Kind::Apply => self.for_directory(),
            Kind::References => Self {
                allow_issuing: self.allow_issuing,
                allow_revoking: self.allow_revoking,
                employees: self.employees.clone(),
                ..Self::default()
            },
            Kind::Deliver => Self { reference: self.reference.clone(), ..Self::default() },
        };
        if taken != *self {
            let remedy = "give it only what the command of the same name takes";
            return Err(HostError::configuration(format!("a job of the kind {kind} does not take that"), remedy));
        }
        match kind {
            Kind::Apply if self.plan.is_none() && self.approved.is_none() => {
                Err(HostError::configuration("it is not said which plan to apply", "name a saved plan"))
            }
            Kind::Deliver if self.reference.is_none() => {
                let remedy = "name a reference, as `hibob references list` shows it";
                Err(HostError::configuration("it is not said which reference to deliver", remedy))
            }
            _ => Ok(()),
        }
    }

    fn for_directory(&self) -> Self {
        Self {
            plan: self.plan.clone(),
            allow_archiving: self.allow_archiving,
            allow_renaming: self.allow_renaming,
            allow_changed_source: self.allow_changed_source,
            ..Self::default()
        }
    }

    /// The same, and every guard holds again.
    pub fn without_releases(self) -> Self {
        Self {
            allow_archiving: 0,
            allow_renaming: 0,
            allow_changed_source: false,
            allow_issuing: 0,
            allow_revoking: 0,
            ..self
        }
    }

    /// What of a sync the operator lets through.
    pub fn release(&self) -> Release {
        Release {
            archiving: self.allow_archiving,
            renaming: self.allow_renaming,
            changed_source: self.allow_changed_source,
        }
    }

    /// As stored; the same arguments give the same text.
    pub(super) fn text(&self) -> Result<String, QueueError> {
        serde_json::to_string(self).map_err(|error| DatabaseError::from(sqlx::Error::Encode(Box::new(error))).into())
    }
}

/// A job that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// For whom.
    pub tenant: String,
    /// What.
    pub kind: Kind,
    /// In particular.
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
    /// What.
    pub kind: Kind,
    /// Who started it.
    pub trigger: Trigger,
    /// What in particular.
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

impl TryFrom<JobRow> for Job {
    type Error = QueueError;

    fn try_from(row: JobRow) -> Result<Self, QueueError> {
        let id = row.id;
        let unknown = |what: &str, word: &str| QueueError::Unreadable { id, what: format!("unknown {what} `{word}`") };
        let json = |error: serde_json::Error| QueueError::Unreadable { id, what: error.to_string() };
        Ok(Self {
            id,
            tenant: row.tenant,
            kind: Kind::of_word(&row.kind).ok_or_else(|| unknown("kind", &row.kind))?,
            trigger: Trigger::of_word(&row.trigger).ok_or_else(|| unknown("trigger", &row.trigger))?,
            arguments: serde_json::from_str(&row.arguments).map_err(json)?,
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

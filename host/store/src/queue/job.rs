//! A job as it is requested and as it is stored.

use crate::database::DatabaseError;
use crate::queue::{QueueError, State};
use hibob_base::error::HostError;
use hibob_base::job::{Kind, Trigger};
use hibob_policy::guard::Release;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

/// A job's number, unique in its queue.
pub type JobId = i64;

/// The arguments of a job. They never contain a secret, and of a person only HiBob's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Arguments {
    /// `apply`: the saved plan of which a copy is kept for the job, by the SHA-256 of its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// `apply`, instead of a saved plan: the approved plan, by the SHA-256 under which it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<String>,
    /// `sync`, `apply`: how many archivings are released.
    #[serde(skip_serializing_if = "is_zero")]
    pub allow_archiving: usize,
    /// `sync`, `apply`: how many changes of user names are released.
    #[serde(skip_serializing_if = "is_zero")]
    pub allow_renaming: usize,
    /// `sync`, `apply`: whether a source is released that differs much from the last accepted run.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_changed_source: bool,
    /// `references`: how many references may be issued although a guard holds them.
    #[serde(skip_serializing_if = "is_zero")]
    pub allow_issuing: usize,
    /// `references`: how many references may be revoked although a guard holds them.
    #[serde(skip_serializing_if = "is_zero")]
    pub allow_revoking: usize,
    /// `references`: the employees to issue references for, by HiBob's ids; none stands for everybody who has left
    /// since the last run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employees: Option<Vec<String>>,
    /// `deliver`: the reference's id.
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
    /// Checks that this kind of job takes these arguments, and has those that it needs.
    ///
    /// # Errors
    /// An argument does not belong to this kind of job, or one that it needs is missing.
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
            let remedy = "give it only the arguments that the command of the same name takes";
            return Err(HostError::configuration(
                format!("a job of the kind {kind} does not take these arguments"),
                remedy,
            ));
        }
        match kind {
            Kind::Apply if self.plan.is_none() && self.approved.is_none() => {
                Err(HostError::configuration("the plan to apply is missing", "name a saved plan"))
            }
            Kind::Deliver if self.reference.is_none() => {
                let remedy = "name a reference, as `hibob references list` shows it";
                Err(HostError::configuration("the reference to deliver is missing", remedy))
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

    /// These arguments without any release.
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

    /// What the operator has released for a sync.
    pub fn release(&self) -> Release {
        Release {
            archiving: self.allow_archiving,
            renaming: self.allow_renaming,
            changed_source: self.allow_changed_source,
        }
    }

    /// The arguments as they are stored. Equal arguments give equal texts.
    pub(super) fn text(&self) -> Result<String, QueueError> {
        serde_json::to_string(self).map_err(|error| DatabaseError::from(sqlx::Error::Encode(Box::new(error))).into())
    }
}

/// A job that somebody requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// The tenant's id.
    pub tenant: String,
    /// The kind of job.
    pub kind: Kind,
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
    /// The kind of job.
    pub kind: Kind,
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

//! The row of a plan that waits or has waited for approval.

use hibob_base::error::HostError;
use sqlx::FromRow;

/// The state of a plan that needs approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalState {
    /// Nobody has decided yet.
    Waiting,
    /// A person has approved it, and it may be applied once.
    Approved,
    /// Applying it has begun.
    Applied,
    /// A person has rejected it.
    Rejected,
    /// A later sync has made another plan, or one that needs no approval.
    Superseded,
    /// Nobody has decided in time.
    Lapsed,
    /// It was approved, but the source or the target had changed by then.
    Stale,
}

impl ApprovalState {
    const ALL: [Self; 7] =
        [Self::Waiting, Self::Approved, Self::Applied, Self::Rejected, Self::Superseded, Self::Lapsed, Self::Stale];

    /// The word in the database, in JSON, and for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Applied => "applied",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
            Self::Lapsed => "lapsed",
            Self::Stale => "stale",
        }
    }
}

/// A plan that waits or has waited for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRow {
    /// The row's number.
    pub id: i64,
    /// The plan's SHA-256.
    pub plan: String,
    /// The digest of the settings that it was made with.
    pub settings: String,
    /// The digest of the plugin that made it.
    pub plugin: String,
    /// What the guards reported about it, as JSON.
    pub reasons: String,
    /// How many changes it has.
    pub changes: i64,
    /// What started the run that made it.
    pub trigger: String,
    /// Who requested that run.
    pub requested_by: Option<String>,
    /// When the plan was made.
    pub created_at: i64,
    /// When it lapses unless somebody decides.
    pub lapses_at: i64,
    /// The plan's state.
    pub state: ApprovalState,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// How that person was authorized: `token ID`, or `command-line`.
    pub decided_with: Option<String>,
    /// When that person decided.
    pub decided_at: Option<i64>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// The digest of the plan that supersedes it.
    pub superseded_by: Option<String>,
    /// When it got its last state.
    pub ended_at: Option<i64>,
    /// The number of the run that applied it, or found it stale.
    pub run: Option<i64>,
    /// The seal of the saved plan that it is; none if it was not saved.
    pub saved: Option<String>,
}

/// The columns of a [`StoredRow`].
pub(super) const COLUMNS: &str = "id, plan, settings, plugin, reasons, changes, trigger, requested_by, created_at, lapses_at, state, \
                       decided_by, decided_with, decided_at, reason, superseded_by, ended_at, saved, \
                       coalesce(run, (SELECT run FROM journals WHERE journals.id = approvals.journal)) AS run";

#[derive(FromRow)]
pub(super) struct StoredRow {
    id: i64,
    plan: String,
    settings: String,
    plugin: String,
    reasons: String,
    changes: i64,
    trigger: String,
    requested_by: Option<String>,
    created_at: i64,
    lapses_at: i64,
    state: String,
    decided_by: Option<String>,
    decided_with: Option<String>,
    decided_at: Option<i64>,
    reason: Option<String>,
    superseded_by: Option<String>,
    ended_at: Option<i64>,
    run: Option<i64>,
    saved: Option<String>,
}

impl TryFrom<StoredRow> for ApprovalRow {
    type Error = HostError;

    fn try_from(row: StoredRow) -> Result<Self, HostError> {
        let state = ApprovalState::ALL.into_iter().find(|state| state.word() == row.state);
        Ok(Self {
            id: row.id,
            state: state
                .ok_or_else(|| HostError::Storage(format!("a plan is in the unknown state `{}`", row.state)))?,
            plan: row.plan,
            settings: row.settings,
            plugin: row.plugin,
            reasons: row.reasons,
            changes: row.changes,
            trigger: row.trigger,
            requested_by: row.requested_by,
            created_at: row.created_at,
            lapses_at: row.lapses_at,
            decided_by: row.decided_by,
            decided_with: row.decided_with,
            decided_at: row.decided_at,
            reason: row.reason,
            superseded_by: row.superseded_by,
            ended_at: row.ended_at,
            run: row.run,
            saved: row.saved,
        })
    }
}

//! Plans that wait for a person's decision, and what became of them. All times are Unix seconds, and "now" is the caller's.

use super::journal::{insert_journal, insert_plan};
use super::{Fence, NewJournal, TenantDatabase};
use crate::error::HostError;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

/// Where a plan stands that somebody decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalState {
    /// Nobody has decided yet.
    Waiting,
    /// It may be applied, once.
    Approved,
    /// It was applied, or that has begun.
    Applied,
    /// A person said no.
    Rejected,
    /// A later sync has another plan, or none that waits.
    Superseded,
    /// Nobody decided in time.
    Lapsed,
    /// It was approved, and by then the source or the target had moved.
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

/// A plan that begins to wait.
#[derive(Clone, Copy, Debug)]
pub struct NewApproval<'a> {
    /// The plan; its kind, times and digests are those of a journal that would apply it.
    pub journal: NewJournal<'a>,
    /// What the guards saw: JSON.
    pub reasons: &'a str,
    /// How many changes it has.
    pub changes: i64,
    /// What started the run that made it.
    pub trigger: &'a str,
    /// Who asked for that run.
    pub requested_by: Option<&'a str>,
    /// Until when it waits.
    pub lapses_at: i64,
}

/// A plan that somebody decides about, or has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRow {
    /// Its number.
    pub id: i64,
    /// The plan's SHA-256.
    pub plan: String,
    /// The digest of the settings that it was made with.
    pub settings: String,
    /// The digest of the plugin that made it.
    pub plugin: String,
    /// What the guards saw: JSON.
    pub reasons: String,
    /// How many changes it has.
    pub changes: i64,
    /// What started the run that made it.
    pub trigger: String,
    /// Who asked for that run.
    pub requested_by: Option<String>,
    /// When it was made.
    pub created_at: i64,
    /// Until when it waits.
    pub lapses_at: i64,
    /// Where it stands.
    pub state: ApprovalState,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// By what they could: `token ID`, or `command-line`.
    pub decided_with: Option<String>,
    /// When.
    pub decided_at: Option<i64>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// The plan that waits in its place.
    pub superseded_by: Option<String>,
    /// When it was over.
    pub ended_at: Option<i64>,
    /// The run that applied it, or found it stale.
    pub run: Option<i64>,
}

impl ApprovalRow {
    const COLUMNS: &str = "id, plan, settings, plugin, reasons, changes, trigger, requested_by, created_at, lapses_at, state, \
                           decided_by, decided_with, decided_at, reason, superseded_by, ended_at, \
                           coalesce(run, (SELECT run FROM journals WHERE journals.id = approvals.journal))";

    fn read(row: &SqliteRow) -> Result<Self, HostError> {
        let word: String = row.try_get(10)?;
        let state = ApprovalState::ALL.into_iter().find(|state| state.word() == word);
        Ok(Self {
            id: row.try_get(0)?,
            plan: row.try_get(1)?,
            settings: row.try_get(2)?,
            plugin: row.try_get(3)?,
            reasons: row.try_get(4)?,
            changes: row.try_get(5)?,
            trigger: row.try_get(6)?,
            requested_by: row.try_get(7)?,
            created_at: row.try_get(8)?,
            lapses_at: row.try_get(9)?,
            state: state.ok_or_else(|| HostError::Storage(format!("a plan is in the unknown state `{word}`")))?,
            decided_by: row.try_get(11)?,
            decided_with: row.try_get(12)?,
            decided_at: row.try_get(13)?,
            reason: row.try_get(14)?,
            superseded_by: row.try_get(15)?,
            ended_at: row.try_get(16)?,
            run: row.try_get(17)?,
        })
    }
}

/// What a person says to a plan.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'d> {
    /// The person, as they are named.
    pub by: &'d str,
    /// By what they can: `token ID`, or `command-line`.
    pub with: &'d str,
    /// Why not; none for a yes.
    pub rejected_because: Option<&'d str>,
}

impl TenantDatabase {
    /// Stores a plan that waits, over the one that waited or was approved. Nothing of it is applied.
    ///
    /// # Errors
    /// The run lost its lock, or the database failed; nothing was written.
    pub async fn await_approval(&self, fence: Fence, new: &NewApproval<'_>) -> Result<(), HostError> {
        let (journal, now) = (&new.journal, new.journal.started_at);
        let mut transaction = self.begin_fenced(fence).await?;
        insert_plan(&mut transaction, journal).await?;
        sqlx::query(
            "UPDATE approvals SET state = 'superseded', superseded_by = $1, ended_at = $2
             WHERE state IN ('waiting', 'approved')",
        )
        .bind(journal.digest)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO approvals (plan, settings, plugin, reasons, changes, trigger, requested_by, created_at, lapses_at, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting')",
        )
        .bind(journal.digest)
        .bind(journal.settings)
        .bind(journal.plugin)
        .bind(new.reasons)
        .bind(new.changes)
        .bind(new.trigger)
        .bind(new.requested_by)
        .bind(now)
        .bind(new.lapses_at)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// The plan that waits, or is approved and not applied yet, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_approval(&self, now: i64) -> Result<Option<ApprovalRow>, HostError> {
        Ok(self
            .select_approvals(now, "WHERE state IN ('waiting', 'approved') AND $1 = '' LIMIT $2", "", 1)
            .await?
            .pop())
    }

    /// The plans that wait or waited, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn approvals(&self, now: i64, limit: u32) -> Result<Vec<ApprovalRow>, HostError> {
        self.select_approvals(now, "WHERE $1 = '' ORDER BY id DESC LIMIT $2", "", limit).await
    }

    /// For up to two plans whose digest begins with this the newest row.
    ///
    /// # Errors
    /// The database failed.
    pub async fn approvals_of(&self, now: i64, digest_prefix: &str) -> Result<Vec<ApprovalRow>, HostError> {
        let newest = "WHERE substr(plan, 1, length($1)) = $1
                      AND id = (SELECT max(id) FROM approvals other WHERE other.plan = approvals.plan) ORDER BY id DESC LIMIT $2";
        self.select_approvals(now, newest, digest_prefix, 2).await
    }

    /// Rows as they stand now: one whose time is over has lapsed.
    async fn select_approvals(
        &self,
        now: i64,
        clause: &'static str,
        text: &str,
        limit: u32,
    ) -> Result<Vec<ApprovalRow>, HostError> {
        let lapse =
            "UPDATE approvals SET state = 'lapsed', ended_at = lapses_at WHERE state = 'waiting' AND lapses_at <= $1";
        sqlx::query(lapse).bind(now).execute(&self.pool).await?;
        let sql = format!("SELECT {} FROM approvals {clause}", ApprovalRow::COLUMNS);
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(text).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        rows.iter().map(ApprovalRow::read).collect()
    }

    /// The plan of this digest, as it was stored.
    ///
    /// # Errors
    /// There is none, or the database failed.
    pub async fn stored_plan(&self, digest: &str) -> Result<Vec<u8>, HostError> {
        let row = sqlx::query("SELECT content FROM plans WHERE digest = $1").bind(digest).fetch_one(&self.pool).await?;
        Ok(row.try_get(0)?)
    }

    /// Approves a plan that waits, or rejects one that is not applied yet. False if it is not so any more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn decide(&self, id: i64, decision: Decision<'_>, now: i64) -> Result<bool, HostError> {
        let is_rejected = decision.rejected_because.is_some();
        let decided = sqlx::query(
            "UPDATE approvals SET state = $1, decided_by = $2, decided_with = $3, decided_at = $4, reason = $5, ended_at = $6
             WHERE id = $7 AND ((state = 'waiting' AND lapses_at > $4) OR (state = 'approved' AND $1 = 'rejected'))",
        )
        .bind(if is_rejected { ApprovalState::Rejected } else { ApprovalState::Approved }.word())
        .bind(decision.by)
        .bind(decision.with)
        .bind(now)
        .bind(decision.rejected_because)
        .bind(is_rejected.then_some(now))
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(decided.rows_affected() == 1)
    }

    /// Closes a plan that waits or is approved, without a journal. False if it is neither any more.
    ///
    /// # Errors
    /// The run lost its lock, or the database failed; nothing was written.
    pub async fn close_approval(
        &self,
        fence: Fence,
        id: i64,
        state: ApprovalState,
        now: i64,
    ) -> Result<bool, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let close = "UPDATE approvals SET state = $1, ended_at = $2 WHERE id = $3 AND state IN ('waiting', 'approved')";
        let closed = sqlx::query(close).bind(state.word()).bind(now).bind(id).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(closed.rows_affected() == 1)
    }

    /// Records an approved plan before anything of it is applied, and that this was its one time. Returns the journal's
    /// number; none if it is not approved any more.
    ///
    /// # Errors
    /// The run lost its lock, another journal is open, or the database failed; nothing was written.
    pub async fn begin_approved_journal(
        &self,
        fence: Fence,
        id: i64,
        new: &NewJournal<'_>,
        now: i64,
    ) -> Result<Option<i64>, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let journal = insert_journal(&mut transaction, new).await?;
        let applied = sqlx::query(
            "UPDATE approvals SET state = 'applied', ended_at = $1, journal = $2 WHERE id = $3 AND state = 'approved'",
        );
        let applied = applied.bind(now).bind(journal).bind(id).execute(&mut *transaction).await?;
        if applied.rows_affected() == 0 {
            return Ok(None);
        }
        transaction.commit().await?;
        Ok(Some(journal))
    }

    /// Whether a journal applies a plan that a person approved.
    ///
    /// # Errors
    /// The database failed.
    pub async fn is_of_approval(&self, journal: i64) -> Result<bool, HostError> {
        let query = sqlx::query("SELECT 1 FROM approvals WHERE journal = $1").bind(journal);
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    /// Notes the run in whose report is what became of a plan.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_run(&self, id: i64, run: i64) -> Result<(), HostError> {
        sqlx::query("UPDATE approvals SET run = $1 WHERE id = $2").bind(run).bind(id).execute(&self.pool).await?;
        Ok(())
    }
}

//! Plans that wait for approval, and the decisions about them. All times are Unix seconds; the caller gives the present
//! time.

mod row;

pub use row::{ApprovalRow, ApprovalState};

use crate::database::engine::Transaction;
use crate::database::interruptions::insert_applied;
use crate::database::journal::{insert_journal, insert_plan};
use crate::database::statement::query;
use crate::database::{Fence, NewJournal, TenantDatabase};
use hibob_base::error::HostError;
use row::{COLUMNS, StoredRow};

/// A plan that is to wait for approval.
#[derive(Clone, Copy, Debug)]
pub struct NewApproval<'a> {
    /// The SHA-256 of `plan`.
    pub digest: &'a str,
    /// The plan: JSON.
    pub plan: &'a [u8],
    /// The digest of the settings that it was made with.
    pub settings: &'a str,
    /// The digest of the plugin that made it.
    pub plugin: &'a str,
    /// What the guards reported about it, as JSON.
    pub reasons: &'a str,
    /// How many changes it has.
    pub changes: i64,
    /// What started the run that made it.
    pub trigger: &'a str,
    /// Who requested that run.
    pub requested_by: Option<&'a str>,
    /// When that run began.
    pub created_at: i64,
    /// When it lapses unless somebody decides.
    pub lapses_at: i64,
    /// The seal of the saved plan that it is; none if it was not saved.
    pub saved: Option<&'a str>,
}

/// A person's decision about a plan.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'d> {
    /// The person's name or address.
    pub by: &'d str,
    /// How the person is authorized: `token ID`, or `command-line`.
    pub with: &'d str,
    /// Why the plan is rejected; none if it is approved.
    pub rejected_because: Option<&'d str>,
}

impl TenantDatabase {
    /// Stores a plan that waits. It supersedes a plan that waits or is approved. No part of it is applied.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn await_approval(&self, fence: Fence, new: &NewApproval<'_>) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        insert_plan(&mut transaction, new.digest, new.plan).await?;
        let supersede = query(
            "UPDATE approvals SET state = 'superseded', superseded_by = $1, ended_at = $2
             WHERE state IN ('waiting', 'approved')",
        );
        supersede.bind(new.digest).bind(new.created_at).execute(&mut transaction).await?;
        let insert = query(
            "INSERT INTO approvals (plan, settings, plugin, reasons, changes, trigger, requested_by, created_at, lapses_at, saved, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting')",
        );
        insert
            .bind(new.digest)
            .bind(new.settings)
            .bind(new.plugin)
            .bind(new.reasons)
            .bind(new.changes)
            .bind(new.trigger)
            .bind(new.requested_by)
            .bind(new.created_at)
            .bind(new.lapses_at)
            .bind(new.saved)
            .execute(&mut transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// The plan that waits, or is approved and not yet applied, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_approval(&self, now: i64) -> Result<Option<ApprovalRow>, HostError> {
        Ok(self
            .select_approvals(now, "WHERE state IN ('waiting', 'approved') AND $1 = '' LIMIT $2", "", 1)
            .await?
            .pop())
    }

    /// The plans that wait or have waited, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn approvals(&self, now: i64, limit: u32) -> Result<Vec<ApprovalRow>, HostError> {
        self.select_approvals(now, "WHERE $1 = '' ORDER BY id DESC LIMIT $2", "", limit).await
    }

    /// The plans whose digest begins with this prefix, two at most, each with its newest row.
    ///
    /// # Errors
    /// The database failed.
    pub async fn approvals_of(&self, now: i64, digest_prefix: &str) -> Result<Vec<ApprovalRow>, HostError> {
        let newest = "WHERE substr(plan, 1, length($1)) = $1
                      AND id = (SELECT max(id) FROM approvals other WHERE other.plan = approvals.plan) ORDER BY id DESC LIMIT $2";
        self.select_approvals(now, newest, digest_prefix, 2).await
    }

    /// Reads rows, after setting those whose time is over to lapsed.
    async fn select_approvals(
        &self,
        now: i64,
        clause: &'static str,
        text: &str,
        limit: u32,
    ) -> Result<Vec<ApprovalRow>, HostError> {
        // This is read first, because on SQLite a write excludes all other writes.
        let late = query("SELECT 1 FROM approvals WHERE state = 'waiting' AND lapses_at <= $1").bind(now);
        if late.finds(&self.store).await? {
            let lapse = "UPDATE approvals SET state = 'lapsed', ended_at = lapses_at
                         WHERE state = 'waiting' AND lapses_at <= $1";
            query(lapse).bind(now).execute(&self.store).await?;
        }
        let select = query(format!("SELECT {COLUMNS} FROM approvals {clause}")).bind(text).bind(i64::from(limit));
        let rows: Vec<StoredRow> = select.fetch_all(&self.store).await?;
        rows.into_iter().map(ApprovalRow::try_from).collect()
    }

    /// The stored form of the plan with this digest.
    ///
    /// # Errors
    /// There is none, or the database failed.
    pub async fn stored_plan(&self, digest: &str) -> Result<Vec<u8>, HostError> {
        let (content,) =
            query("SELECT content FROM plans WHERE digest = $1").bind(digest).fetch_one(&self.store).await?;
        Ok(content)
    }

    /// Approves a plan that waits, or rejects one that waits or is approved. False if the plan is in another state by
    /// now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn decide(&self, id: i64, decision: Decision<'_>, now: i64) -> Result<bool, HostError> {
        let is_rejected = decision.rejected_because.is_some();
        let decide = query(
            "UPDATE approvals SET state = $1, decided_by = $2, decided_with = $3, decided_at = $4, reason = $5, ended_at = $6
             WHERE id = $7 AND ((state = 'waiting' AND lapses_at > $4) OR (state = 'approved' AND $1 = 'rejected'))",
        );
        let decided = decide
            .bind(if is_rejected { ApprovalState::Rejected } else { ApprovalState::Approved }.word())
            .bind(decision.by)
            .bind(decision.with)
            .bind(now)
            .bind(decision.rejected_because)
            .bind(is_rejected.then_some(now))
            .bind(id);
        Ok(decided.execute(&self.store).await? == 1)
    }

    /// Gives a plan that waits or is approved its last state, without applying it. False if the plan is in another
    /// state by now.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn close_approval(
        &self,
        fence: Fence,
        id: i64,
        state: ApprovalState,
        now: i64,
    ) -> Result<bool, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let close = "UPDATE approvals SET state = $1, ended_at = $2 WHERE id = $3 AND state IN ('waiting', 'approved')";
        let closed = query(close).bind(state.word()).bind(now).bind(id).execute(&mut transaction).await?;
        if closed == 1 && state == ApprovalState::Applied {
            note_applied(&mut transaction, id, None, now).await?;
        }
        transaction.commit().await?;
        Ok(closed == 1)
    }

    /// Opens the journal of an approved plan before anything of it is applied, and records that the approval is used
    /// up. Returns the journal's number; none if the plan is not approved any more.
    ///
    /// # Errors
    /// The run has lost its lease, another journal is open, or the database failed; nothing was written.
    pub async fn begin_approved_journal(
        &self,
        fence: Fence,
        id: i64,
        new: &NewJournal<'_>,
        now: i64,
    ) -> Result<Option<i64>, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let journal = insert_journal(&mut transaction, new).await?;
        let apply =
            "UPDATE approvals SET state = 'applied', ended_at = $1, journal = $2 WHERE id = $3 AND state = 'approved'";
        if query(apply).bind(now).bind(journal).bind(id).execute(&mut transaction).await? == 0 {
            return Ok(None);
        }
        note_applied(&mut transaction, id, Some(journal), now).await?;
        transaction.commit().await?;
        Ok(Some(journal))
    }

    /// Whether a journal is of a plan that a person has approved.
    ///
    /// # Errors
    /// The database failed.
    pub async fn is_of_approval(&self, journal: i64) -> Result<bool, HostError> {
        Ok(query("SELECT 1 FROM approvals WHERE journal = $1").bind(journal).finds(&self.store).await?)
    }

    /// Records the run that applied a plan, or found it stale.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_run(&self, id: i64, run: i64) -> Result<(), HostError> {
        query("UPDATE approvals SET run = $1 WHERE id = $2").bind(run).bind(id).execute(&self.store).await?;
        Ok(())
    }
}

/// Records that the saved plan is applied which an approved plan is, if it is one.
async fn note_applied(
    transaction: &mut Transaction,
    approval: i64,
    journal: Option<i64>,
    now: i64,
) -> Result<(), HostError> {
    let saved = query("SELECT saved FROM approvals WHERE id = $1").bind(approval);
    let saved: Option<(Option<String>,)> = saved.fetch_optional(&mut *transaction).await?;
    match saved.and_then(|(saved,)| saved) {
        Some(saved) => insert_applied(transaction, &saved, now, journal, None).await,
        None => Ok(()),
    }
}

//! What a person has done with plans: which saved ones were applied, and which runs were interrupted on purpose.

use crate::database::engine::Transaction;
use crate::database::statement::query;
use crate::database::{Fence, TenantDatabase};
use hibob_base::digest::hex;
use hibob_base::error::HostError;

/// A saved plan that was applied, or was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppliedPlan {
    /// When it was begun, in Unix seconds.
    pub at: i64,
    /// The number of the run in the history; none while its plan is open.
    pub run: Option<i64>,
}

/// A plan that is open although no run goes on with it, or perhaps none does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterruptedPlan {
    /// The journal's number.
    pub journal: i64,
    /// When its run began, in Unix seconds.
    pub started_at: i64,
    /// The key of the job that applied it; none if it was no job.
    pub job: Option<String>,
    /// When it was interrupted on purpose, in Unix seconds, and by what; none after a crash, or while its run goes on.
    pub interrupted: Option<(i64, String)>,
    /// The number of the run in the history that was interrupted; none if the history does not have it.
    pub run: Option<i64>,
    /// How many changes the plan has; none if an earlier version stored it.
    pub changes: Option<i64>,
    /// How many changes have ended.
    pub finished: i64,
    /// How many changes were begun and have not ended.
    pub in_flight: i64,
}

/// The tenant's epoch, drawn anew.
fn epoch() -> String {
    hex(&rand::random::<[u8; 16]>())
}

/// The row of the fencing token of a new tenant, for a database that all tenants share.
pub(super) fn first_fence() -> String {
    format!("fence (generation, epoch) VALUES (0, '{}')", epoch())
}

/// Records that a saved plan is being applied, in the transaction that opens its journal.
pub(super) async fn insert_applied(
    transaction: &mut Transaction,
    plan: &str,
    at: i64,
    journal: Option<i64>,
    run: Option<i64>,
) -> Result<(), HostError> {
    let insert = query("INSERT INTO applied_plans (plan, at, journal, run) VALUES ($1, $2, $3, $4)");
    insert.bind(plan).bind(at).bind(journal).bind(run).execute(transaction).await?;
    Ok(())
}

impl TenantDatabase {
    /// The tenant's epoch, which a restore draws anew. It is empty if an earlier version has run the tenant and no
    /// restore came since.
    ///
    /// # Errors
    /// The database failed.
    pub async fn epoch(&self) -> Result<String, HostError> {
        let (epoch,) = query("SELECT epoch FROM fence").fetch_one(&self.store).await?;
        Ok(epoch)
    }

    /// Makes every plan of before void, after the database was restored: saved plans, since they are of another epoch;
    /// the plan that waits for approval or is approved; and the rest of a plan that was being applied, of which some
    /// may have been made since the backup.
    ///
    /// # Errors
    /// The database failed; nothing was written.
    pub async fn void_plans(&self, why: &str, now: i64) -> Result<(), HostError> {
        let mut transaction = self.begin_exclusive().await?;
        query("UPDATE fence SET epoch = $1").bind(&epoch()).execute(&mut transaction).await?;
        let close = "UPDATE approvals SET state = 'stale', ended_at = $1 WHERE state IN ('waiting', 'approved')";
        query(close).bind(now).execute(&mut transaction).await?;
        let void = "UPDATE journals SET interrupted_at = $1, interrupted_by = $2 WHERE run IS NULL";
        query(void).bind(now).bind(&format!("{RESTORED}{why}")).execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// What became of a saved plan; none if no part of it was begun.
    ///
    /// # Errors
    /// The database failed.
    pub async fn applied_plan(&self, plan: &str) -> Result<Option<AppliedPlan>, HostError> {
        let row = query("SELECT at, run FROM applied_plans WHERE plan = $1").bind(plan);
        Ok(row.fetch_optional(&self.store).await?.map(|(at, run)| AppliedPlan { at, run }))
    }

    /// Notes that the plan that waits is the one of a saved plan.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn note_saved(&self, fence: Fence, approval: i64, plan: &str) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let note = query("UPDATE approvals SET saved = $1 WHERE id = $2 AND saved IS NULL");
        note.bind(plan).bind(approval).execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Marks an open journal as interrupted on purpose (`by`), unless it is already.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn mark_interrupted(&self, fence: Fence, journal: i64, by: &str, now: i64) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let mark = "UPDATE journals SET interrupted_at = $1, interrupted_by = $2
                    WHERE id = $3 AND run IS NULL AND interrupted_at IS NULL";
        query(mark).bind(now).bind(by).bind(journal).execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Takes the mark from an open journal, because a person has its plan resumed. After a crash from then on it is
    /// resumed like any other.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn unmark_interrupted(&self, fence: Fence, journal: i64) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let unmark = "UPDATE journals SET interrupted_at = NULL, interrupted_by = NULL, job = NULL
                      WHERE id = $1 AND run IS NULL";
        query(unmark).bind(journal).execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// The plan that is open, without its content; none if none is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn interrupted_plan(&self) -> Result<Option<InterruptedPlan>, HostError> {
        let sql = "SELECT id, started_at, job, interrupted_at, interrupted_by, interrupted_run, changes,
                (SELECT count(*) FROM journal_events WHERE journal = journals.id AND event = 'finished'),
                (SELECT count(DISTINCT change) FROM journal_events WHERE journal = journals.id)
             FROM journals WHERE run IS NULL";
        let row: Option<Columns> = query(sql).fetch_optional(&self.store).await?;
        Ok(row.map(|(journal, started_at, job, at, by, run, changes, finished, begun)| InterruptedPlan {
            journal,
            started_at,
            job,
            interrupted: at.zip(by),
            run,
            changes,
            finished,
            in_flight: begun - finished,
        }))
    }
}

/// The columns of an [`InterruptedPlan`].
type Columns = (i64, i64, Option<String>, Option<i64>, Option<String>, Option<i64>, Option<i64>, i64, i64);

/// How the mark of a restore begins.
const RESTORED: &str = "restored: ";

/// Why a marked journal was restored with its database; none if a person has interrupted its run.
pub fn restored_because(by: &str) -> Option<&str> {
    by.strip_prefix(RESTORED)
}

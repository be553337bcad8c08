//! Whether the tenant's first sync is over, and which reactivations of it wait for a person's yes.

use crate::database::statement::query;
use crate::database::{Fence, TenantDatabase};
use hibob_base::error::{Exit, HostError};
use hibob_base::job::{Lane, RunKind};
use serde_json::Value;

/// How far the first sync of a tenant is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstSyncState {
    /// Whether a run has applied its plan to its end. What guards held of it does not count.
    pub is_over: bool,
    /// The accounts, by TravelPerk's ids, that the first sync found inactive and has not reactivated, since nobody has
    /// said yes to that.
    pub reactivations_asked_for: Vec<String>,
}

/// A plan of which the application was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunPlan {
    /// The plan as it is stored.
    pub plan: Vec<u8>,
    /// What the guards held of it: JSON.
    pub held: String,
}

impl TenantDatabase {
    /// How far the tenant's first sync is.
    ///
    /// # Errors
    /// The database failed, or what it has cannot be read.
    pub async fn first_sync(&self) -> Result<FirstSyncState, HostError> {
        let row = query(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM baseline LIMIT 1) AS found),
                (SELECT count(*) FROM (SELECT 1 FROM accounts LIMIT 1) AS found), reactivations_asked_for,
                first_sync_after_run FROM fence",
        );
        let (baselines, accounts, asked_for, after_run): (i64, i64, String, i64) = row.fetch_one(&self.store).await?;
        let reactivations_asked_for = serde_json::from_str(&asked_for)
            .map_err(|error| HostError::Storage(format!("the stored list of reactivations cannot be read: {error}")))?;
        // Journals are pruned; baseline and ledger stay.
        let is_over = (baselines > 0 && accounts > 0) || self.has_applied_a_plan(after_run).await?;
        Ok(FirstSyncState { is_over, reactivations_asked_for })
    }

    /// Whether the history has a run of the directory sync, after this one, that has applied a plan to its end.
    async fn has_applied_a_plan(&self, after_run: i64) -> Result<bool, HostError> {
        for kind in RunKind::ALL.iter().filter(|kind| kind.lane() == Lane::Directory) {
            let runs = |columns: &str, codes: &str| {
                let sql = format!(
                    "SELECT {columns} FROM runs JOIN journals ON journals.run = runs.id
                     WHERE runs.kind = $1 AND runs.id > $2 AND runs.exit_code IN ({codes})"
                );
                query(sql).bind(kind.word()).bind(after_run)
            };
            let done = format!("{}, {}", Exit::Done as u8, Exit::SomeFailed as u8);
            if runs("1", &done).finds(&self.store).await? {
                return Ok(true);
            }
            // Held: either classes of changes, and the rest was applied, or the rest of an interrupted plan.
            let held = (Exit::Held as u8).to_string();
            let reports: Vec<(String,)> = runs("runs.report", &held).fetch_all(&self.store).await?;
            let is_stopped = |report: &str| {
                serde_json::from_str::<Value>(report)
                    .is_ok_and(|report| report.get("error").is_some_and(|error| !error.is_null()))
            };
            if reports.iter().any(|(report,)| !is_stopped(report)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The plans of this first sync whose application was begun, as far as they are kept. The order does not matter.
    ///
    /// # Errors
    /// The database failed.
    pub async fn begun_plans(&self) -> Result<Vec<BegunPlan>, HostError> {
        let sql = "SELECT plans.content, journals.held FROM journals JOIN plans ON plans.digest = journals.plan
                   WHERE journals.run IS NULL OR journals.run > (SELECT first_sync_after_run FROM fence)";
        let rows: Vec<(Vec<u8>, String)> = query(sql).fetch_all(&self.store).await?;
        Ok(rows.into_iter().map(|(plan, held)| BegunPlan { plan, held }).collect())
    }

    /// Sets the accounts that are reactivated only after a person's yes.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn ask_for_reactivations(&self, fence: Fence, accounts: &[String]) -> Result<(), HostError> {
        let json = serde_json::to_string(accounts).map_err(|error| HostError::Storage(error.to_string()))?;
        let mut transaction = self.begin_fenced(fence).await?;
        query("UPDATE fence SET reactivations_asked_for = $1").bind(&json).execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }
}

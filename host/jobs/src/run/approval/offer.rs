//! A plan that a person has asked to see before anything is applied: it is stored, nothing of it is applied, and it can be
//! approved. Nobody has to decide about it.

use super::{Reasons, approved_first, only};
use crate::approval::is_offered;
use crate::run::ports::RunPorts;
use crate::run::report::Report;
use crate::run::{DAY, Running};
use hibob_base::error::HostError;
use hibob_base::job::{JobKind, RunKind};
use hibob_contract::Planned;
use hibob_store::database::ApprovalState;
use hibob_store::queue::Cause;

/// A stored plan that can be approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The SHA-256 of the stored plan, in hex.
    pub plan: String,
    /// How many changes it has.
    pub changes: usize,
}

impl<P: RunPorts> Running<P> {
    /// Takes the tenant's lease to make a plan, and for nothing else: what an interrupted run has left stays as it is.
    ///
    /// # Errors
    /// Another run has the lease, the tenant is disabled or lacks settings that a sync needs, or the database failed.
    pub async fn begin_planning(ports: P, cause: Cause) -> Result<Self, HostError> {
        let metrics = ports.metrics().clone();
        let begun = Box::pin(Self::locked_by(ports, RunKind::Sync, cause)).await;
        begun.inspect_err(|error| metrics.not_started(JobKind::Plan.word(), error))
    }

    /// Stores a plan that can be approved. It takes the place of an earlier offer. Where a plan waits for a person's
    /// decision, that one goes on waiting if the new one would do the same, and else the new one waits in its place.
    ///
    /// # Errors
    /// A plan is approved and not yet applied; the admin who enabled the sync has left; the lease was lost; or the database
    /// failed.
    pub async fn offer(&self, planned: &Planned) -> Result<Offer, HostError> {
        let planned = &*self.keyring.erased_people().without(planned);
        self.locked(Box::pin(self.store_offer(planned))).await
    }

    async fn store_offer(&self, planned: &Planned) -> Result<Offer, HostError> {
        let (run_store, config) = (self.ports.run_store(), self.ports.config());
        if let Some(error) = HostError::of_left_admin(&planned.findings) {
            return Err(error);
        }
        let Some(approvals) = self.ports.approvals() else {
            return Err(HostError::configuration("plans cannot be kept here", "make the plan with: hibob plan T"));
        };
        let first = self.to_confirm(planned).await?;
        let reasons = Reasons::of(run_store, config, planned).await?.with_first(first.as_ref());
        let open = approvals.open_approval(self.started_at).await?;
        if let Some(row) = open.as_ref().filter(|row| row.state == ApprovalState::Approved) {
            return Err(approved_first(&config.id, &row.plan));
        }
        if let Some(row) = open.filter(|row| !is_offered(row)) {
            // What a sync would leave to people; the rest of it does not wait.
            let at_once = self.at_once(planned, &reasons).await?;
            let rest = only(planned, |change| !at_once.contains(&change.id));
            let mut report = Report::planned(&config.id, planned);
            self.wait(approvals, &rest, &reasons, Some(&row), &mut report).await?;
            let plan = report.waiting.map_or(row.plan, |waiting| waiting.plan);
            return Ok(Offer { plan, changes: rest.changes.len() });
        }
        let lapses_at = self.started_at + i64::from(config.safety.approval_days.get()) * DAY;
        let plan = self.store_plan(approvals, planned, &reasons.offered(), lapses_at).await?;
        Ok(Offer { plan, changes: planned.changes.len() })
    }
}

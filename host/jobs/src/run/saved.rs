//! Saved plans: each is applied once.

use crate::run::Running;
use crate::run::ports::RunPorts;
use crate::run::report::Report;

use hibob_base::clock::minute;
use hibob_base::error::HostError;
use hibob_store::database::AppliedPlan;
use hibob_store::plan_file::Identity;
use hibob_store::run_store::RunStore;

/// What became of a saved plan that a run was to apply.
#[expect(clippy::large_enum_variant, reason = "there is one of it, and only for a moment")]
pub enum Taken<P: RunPorts> {
    /// No part of it was begun: the run can apply it.
    New(Running<P>),
    /// A crash had interrupted it, and the run has just resumed it. This is its report; the run has ended.
    Resumed(Report),
}

impl<P: RunPorts> Running<P> {
    /// Takes a saved plan to apply. It is recorded as applied together with the beginning of its journal.
    ///
    /// # Errors
    /// The plan was applied before, or is void because the database was restored since it was saved, or the database
    /// failed. The run has then ended.
    pub async fn take_saved(mut self, plan: &Identity) -> Result<Taken<P>, HostError> {
        let tenant = self.ports.config().id.clone();
        let epoch = self.ports.run_store().epoch().await?;
        let applied = self.ports.run_store().applied_plan(&plan.seal).await?;
        if epoch != plan.epoch {
            self.leave().await?;
            return Err(HostError::configuration(
                format!("tenant {tenant}: the plan was saved before the tenant's database was restored"),
                format!("make a new plan: hibob plan {tenant} --out FILE"),
            ));
        }
        let Some(applied) = applied else {
            self.saved = Some(plan.seal.clone());
            return Ok(Taken::New(self));
        };
        let resumed = self.resumed.take().filter(|report| report.run.is_some() && report.run == applied.run);
        self.leave().await?;
        resumed.map(Taken::Resumed).ok_or_else(|| already_applied(&tenant, applied))
    }

    /// Adds to what guards hold of a saved plan that it takes a new plan to release it.
    pub(super) fn say_that_it_is_applied_once(&self, report: &mut Report) {
        if self.saved.is_none() {
            return;
        }
        for guard in &mut report.guards {
            guard.remedy = format!("{}; with a new plan, since this one is applied once", guard.remedy);
        }
    }
}

/// The error of a saved plan that is handed in a second time.
fn already_applied(tenant: &str, applied: AppliedPlan) -> HostError {
    let by = applied.run.map(|run| format!(" by run {run}")).unwrap_or_default();
    let look = match applied.run {
        Some(run) => format!("hibob history {tenant} {run}"),
        None => format!("hibob history {tenant}"),
    };
    HostError::Decision {
        code: "PLAN_ALREADY_APPLIED",
        message: format!("tenant {tenant}: the plan was applied already{by}, at {}", minute(applied.at)),
        remedy: format!(
            "look at what it did: {look}; for what is left or held, make a new plan: hibob plan {tenant} --out FILE"
        ),
    }
}

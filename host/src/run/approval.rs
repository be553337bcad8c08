//! Plans that wait for a person as a whole: which do, and when one that was approved is applied.

use super::difference::difference;
use super::guard::{GuardRow, Held, Release, guard};
use super::plan::Planned;
use super::report::{Report, Stale, WaitingPlan};
use super::{DAY, Run};
use crate::approval::short;
use crate::database::{ApprovalRow, ApprovalState, NewApproval, NewJournal, TenantDatabase};
use crate::digest::hex;
use crate::error::HostError;
use crate::plan_file::moved_basis;
use crate::telemetry::Spans;
use crate::tenant::{Approval, Tenant};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracing::Instrument;

/// The kind of a run that applies a saved plan, or an approved one.
const APPLY: &str = "apply";

/// What the guards see in a plan when nothing is let through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reasons {
    /// The source looks quite different from the last accepted run.
    source: Option<String>,
    /// Classes of changes of which there are too many.
    guards: Vec<GuardRow>,
}

impl Reasons {
    async fn of(tenant: &Tenant, planned: &Planned) -> Result<Self, HostError> {
        match guard(tenant, planned, Release::default()).await {
            Ok(held) => Ok(Self { source: None, guards: held.guards }),
            Err(HostError::Held { message, .. }) => {
                let release = Release { changed_source: true, ..Release::default() };
                let own = format!("tenant {}: ", tenant.id());
                let message = message.strip_prefix(&own).map(str::to_owned).unwrap_or(message);
                Ok(Self { source: Some(message), guards: guard(tenant, planned, release).await?.guards })
            }
            Err(error) => Err(error),
        }
    }

    /// As they are stored with a plan.
    pub(crate) fn read(row: &ApprovalRow) -> Result<Self, HostError> {
        serde_json::from_str(&row.reasons).map_err(|error| unreadable(&row.plan, &error))
    }

    fn is_empty(&self) -> bool {
        self.source.is_none() && self.guards.is_empty()
    }

    /// Each of them in a sentence.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.source.iter().chain(self.guards.iter().map(|guard| &guard.message)).cloned().collect()
    }

    /// What is among these and was not among those that somebody approved. A source that looks otherwise again is not the
    /// one that they looked at.
    fn beyond<'r>(&'r self, approved: &Self) -> Option<&'r str> {
        let source = self.source.as_ref().filter(|source| approved.source.as_ref() != Some(*source));
        let is_new = |guard: &&GuardRow| approved.guards.iter().all(|known| known.class != guard.class);
        source.or_else(|| self.guards.iter().find(is_new).map(|guard| &guard.message)).map(String::as_str)
    }
}

fn unreadable(plan: &str, error: &serde_json::Error) -> HostError {
    HostError::Storage(format!("the stored plan {plan} cannot be read: {error}"))
}

/// What is to be done with a plan.
pub(super) enum Verdict {
    /// Apply it, but for this.
    Apply(Held),
    /// Apply this one, which somebody has approved and which would do the same.
    Approved(StoredPlan),
    /// Apply nothing: it waits.
    Wait,
}

/// A plan as it was stored, byte for byte.
pub(crate) struct StoredPlan {
    id: i64,
    digest: String,
    bytes: Vec<u8>,
    settings: String,
    plugin: String,
    /// The same, read.
    pub(crate) planned: Planned,
}

impl StoredPlan {
    /// Reads the plan of a row, and looks that it is the one of that digest.
    ///
    /// # Errors
    /// It is another one, or the database failed.
    pub(crate) async fn read(database: &TenantDatabase, row: &ApprovalRow) -> Result<Self, HostError> {
        let bytes = database.stored_plan(&row.plan).await?;
        if hex(&Sha256::digest(&bytes)) != row.plan {
            return Err(HostError::Storage(format!("the stored plan {} was changed", row.plan)));
        }
        let planned = serde_json::from_slice(&bytes).map_err(|error| unreadable(&row.plan, &error))?;
        let (settings, plugin) = (row.settings.clone(), row.plugin.clone());
        Ok(Self { id: row.id, digest: row.plan.clone(), bytes, settings, plugin, planned })
    }
}

impl Run<'_> {
    /// What is to be done with a new plan. Where plans wait, an approved one that would do the same is applied, and any
    /// other plan that waits or is approved makes room.
    pub(super) async fn judge(
        &self,
        planned: &Planned,
        release: Release,
        report: &mut Report,
    ) -> Result<Verdict, HostError> {
        if self.tenant.config().safety.approval == Approval::Never {
            return Ok(Verdict::Apply(guard(self.tenant, planned, release).await?));
        }
        if release != Release::default() {
            return Err(HostError::configuration(
                "plans above the limits wait for a person (safety.approval), and are not let through by --allow-archiving, --allow-renaming or --allow-changed-source",
                format!("leave that out, and approve the plan: hibob plans {}", self.tenant.id()),
            ));
        }
        let reasons = Reasons::of(self.tenant, planned).await?;
        let database = self.tenant.database();
        let mut open = database.open_approval(self.started_at).await?;
        if let Some(row) = open.take_if(|row| row.state == ApprovalState::Approved) {
            if self.kind == APPLY {
                return Err(approved_first(self.tenant.id(), &row.plan));
            }
            let stored = StoredPlan::read(database, &row).await?;
            let Some(stale) = self.stale(&row, &stored, planned, &reasons)? else {
                report.settle(&row, reasons.messages());
                return Ok(Verdict::Approved(stored));
            };
            self.refuse(&row, stale, report).await?;
        }
        if self.waits(planned, &reasons) {
            self.wait(planned, &reasons, open.as_ref(), report).await?;
            return Ok(Verdict::Wait);
        }
        if let Some(row) = open {
            database.close_approval(self.fence, row.id, ApprovalState::Superseded, self.started_at).await?;
        }
        Ok(Verdict::Apply(Held::default()))
    }

    /// Makes a plan of what is there now and, if it would do the same as the approved one, applies that. If not, nothing is
    /// applied: the report has the difference, and the newer plan waits if it has to. Returns the newer plan too.
    pub async fn apply_approved(&self, approved: &ApprovalRow) -> (Report, Option<Planned>) {
        let planned = match self.plan().await {
            Ok(planned) => planned,
            Err(error) => return (Report::stopped(self.tenant.id(), error), None),
        };
        let mut report = Report::planned(self.tenant.id(), &planned);
        let applied = self.locked(self.apply_if_same(approved, &planned, &mut report));
        if let Err(error) = applied.instrument(Spans::apply(&self.span, planned.changes.len())).await {
            report.stop(error);
        }
        (report, Some(planned))
    }

    async fn apply_if_same(
        &self,
        approved: &ApprovalRow,
        planned: &Planned,
        report: &mut Report,
    ) -> Result<(), HostError> {
        let reasons = Reasons::of(self.tenant, planned).await?;
        let stored = StoredPlan::read(self.tenant.database(), approved).await?;
        let Some(stale) = self.stale(approved, &stored, planned, &reasons)? else {
            report.settle(approved, reasons.messages());
            return self.make(&stored.planned, &Held::default(), Some(&stored), report).await;
        };
        let why = stale.why.clone();
        self.refuse(approved, stale, report).await?;
        if self.waits(planned, &reasons) {
            self.wait(planned, &reasons, None, report).await?;
        }
        let tenant = self.tenant.id();
        let remedy = match &report.waiting {
            Some(waiting) => format!(
                "look at the plan that waits in its place, and approve that: hibob plans show {tenant} {}",
                short(&waiting.plan)
            ),
            None => "nothing; the next sync makes what is to be done now".to_owned(),
        };
        let message = format!("the approved plan {} was not applied: {why}", short(&approved.plan));
        Err(HostError::Stale { message, remedy })
    }

    /// Why an approved plan must not be applied; none if it may.
    fn stale(
        &self,
        row: &ApprovalRow,
        stored: &StoredPlan,
        planned: &Planned,
        reasons: &Reasons,
    ) -> Result<Option<Stale>, HostError> {
        let differences = difference(&stored.planned, planned);
        let approved = Reasons::read(row)?;
        let why = if let Some(moved) = moved_basis(self.tenant, self.plugin, &row.settings, &row.plugin)? {
            moved
        } else if !differences.is_empty() {
            "HiBob or TravelPerk has moved since it was made".to_owned()
        } else if let Some(beyond) = reasons.beyond(&approved) {
            format!("what was not so when it was approved: {beyond}")
        } else {
            return Ok(None);
        };
        Ok(Some(Stale { plan: row.plan.clone(), why, differences }))
    }

    /// Closes an approved plan that has gone stale.
    async fn refuse(&self, row: &ApprovalRow, stale: Stale, report: &mut Report) -> Result<(), HostError> {
        let database = self.tenant.database();
        if !database.close_approval(self.fence, row.id, ApprovalState::Stale, self.started_at).await? {
            return Err(not_approved(&row.plan));
        }
        report.settled = Some(row.id);
        report.stale = Some(stale);
        Ok(())
    }

    fn waits(&self, planned: &Planned, reasons: &Reasons) -> bool {
        match self.tenant.config().safety.approval {
            Approval::Never => false,
            Approval::AboveLimits => !reasons.is_empty(),
            Approval::Always => !planned.changes.is_empty() || !reasons.is_empty(),
        }
    }

    /// Has a plan wait. One that waits already and would do the same goes on waiting: somebody may be reading it.
    async fn wait(
        &self,
        planned: &Planned,
        reasons: &Reasons,
        open: Option<&ApprovalRow>,
        report: &mut Report,
    ) -> Result<(), HostError> {
        let (database, why) = (self.tenant.database(), reasons.messages());
        if let Some(row) = open {
            let stored = StoredPlan::read(database, row).await?;
            let is_same = Reasons::read(row)? == *reasons && self.stale(row, &stored, planned, reasons)?.is_none();
            if is_same {
                let changes = planned.changes.len();
                let plan = row.plan.clone();
                report.waiting = Some(WaitingPlan { plan, changes, why, lapses_at: row.lapses_at, is_new: false });
                return Ok(());
            }
        }
        let json = |error: serde_json::Error| HostError::Storage(error.to_string());
        let plan = serde_json::to_vec(planned).map_err(json)?;
        let digest = hex(&Sha256::digest(&plan));
        let settings = self.tenant.settings_digest()?;
        let lapses_at = self.started_at + i64::from(self.tenant.config().safety.approval_days.get()) * DAY;
        let new = NewApproval {
            journal: self.journal_of(&digest, &plan, "", &settings, self.plugin.digest()),
            reasons: &serde_json::to_string(reasons).map_err(json)?,
            changes: i64::try_from(planned.changes.len()).unwrap_or(i64::MAX),
            trigger: self.trigger.word(),
            requested_by: self.requested_by.as_deref(),
            lapses_at,
        };
        database.await_approval(self.fence, &new).await?;
        for change in &planned.changes {
            report.await_approval(change);
        }
        let changes = planned.changes.len();
        report.waiting = Some(WaitingPlan { plan: digest, changes, why, lapses_at, is_new: true });
        Ok(())
    }

    /// Records an approved plan before anything of it is applied. Returns its journal's number.
    pub(super) async fn write_down_approved(&self, stored: &StoredPlan, held: &str) -> Result<i64, HostError> {
        let new = self.journal_of(&stored.digest, &stored.bytes, held, &stored.settings, &stored.plugin);
        let begun = self.tenant.database().begin_approved_journal(self.fence, stored.id, &new, self.started_at).await?;
        begun.ok_or_else(|| not_approved(&stored.digest))
    }

    /// Records that an approved plan without changes was applied: what it stands for is that the source is as it should be.
    pub(super) async fn close_approved(&self, stored: &StoredPlan) -> Result<(), HostError> {
        let database = self.tenant.database();
        let closed = database.close_approval(self.fence, stored.id, ApprovalState::Applied, self.started_at).await?;
        if closed { Ok(()) } else { Err(not_approved(&stored.digest)) }
    }

    pub(super) fn journal_of<'j>(
        &'j self,
        digest: &'j str,
        plan: &'j [u8],
        held: &'j str,
        settings: &'j str,
        plugin: &'j str,
    ) -> NewJournal<'j> {
        NewJournal { kind: self.kind, started_at: self.started_at, digest, plan, held, settings, plugin }
    }
}

/// That a saved plan, which says nothing of what is there now, does not go before an approved one.
fn approved_first(tenant: &str, plan: &str) -> HostError {
    let plan = short(plan);
    HostError::Decision {
        code: "PLAN_DECIDED",
        message: format!("the plan {plan} is approved, and has to be applied before a saved one"),
        remedy: format!(
            "apply it: hibob sync {tenant}; or take the yes back: hibob plans reject {tenant} {plan} --by EMAIL --reason TEXT"
        ),
    }
}

fn not_approved(plan: &str) -> HostError {
    HostError::Decision {
        code: "PLAN_DECIDED",
        message: format!("the plan {} is no longer approved, and was not applied", short(plan)),
        remedy: "nothing; look what became of it: hibob plans".to_owned(),
    }
}

//! Approval: which plan waits for a person, and when an approved one is applied.
//!
//! 1. `safety.approval` says which plans wait: none (`never`), those about which a guard reports something
//!    (`above-limits`), or also every plan with changes (`always`). A plan waits as a whole: no part of it is applied.
//!    Archivings are in no plan that waits as long as they are within their limits and the source can be trusted: they
//!    are made at once, so that no leaver stays active because of something else. Of a source that cannot be trusted,
//!    rule 8 says which. With `always` that is so only where
//!    `safety.approval_leavers` says it; else each leaver who waits is a warning, and from the second night an error.
//!    A job's plan for the tenant's first sync waits whatever the setting is, until the first sync is confirmed
//!    (`first.rs`). So does a command's, unless a person has said yes to it; with `always` it waits even so.
//! 2. Where plans wait, releases (`--allow-archiving` and the like) are refused, because approval takes their place.
//! 3. Before an approved plan is applied, a new plan is made. The approved one is applied only if all of this is so:
//!    settings and plugin are the ones that it was made with; nobody in it was erased; the new plan would still make each
//!    of its changes as it is (`difference.rs`); and the guards report nothing about these changes that was not shown to
//!    the approver. Changes that are only in the new plan are left to the next run.
//! 4. If one of these is not so, the approved plan is stale: it is closed, it is not applied, and the report has the
//!    differences. The new plan then waits, if rule 1 says so.
//! 5. That a plan was applied is recorded in one transaction with the beginning of its journal. So it is applied at
//!    most once.
//! 6. A tenant has at most one open plan. A plan that waits and would do the same as the new one goes on waiting,
//!    because somebody may be reading it. Any other waiting plan is superseded. The one that takes its place lapses when
//!    the first one would have, but not before 48 hours, and says since when something has waited.
//! 7. A saved plan (`hibob apply FILE`) is refused while another plan is approved, since a saved plan does not say what
//!    is there now. If the approved plan is that saved one, it is applied as it was approved.
//! 8. While the source cannot be trusted, or the admin who enabled the sync has left, only terminations are made
//!    (`hibob_policy::guard::terminations`), and the run ends as it would without them. Where plans wait they are made
//!    too, unless each plan waits and leavers with it.
//! 9. A plan that a person has asked to see (`offer.rs`) is stored in the same way and can be approved, but nobody has to
//!    decide about it: the next sync closes it, whatever it does itself.

mod offer;
mod stored;

use hibob_base::job::RunKind;
pub use offer::Offer;
pub use stored::{Reasons, StoredPlan};

use crate::approval::{is_offered, short};
use crate::run::cases::LEAVER_WAITS;
use crate::run::difference::difference;
use crate::run::first::{hold_reactivations, unconfirmed};
use crate::run::guard::{judge, released, terminations_of, untrusted};
use crate::run::ports::RunPorts;
use crate::run::report::{ErrorRow, Report, Stale, WaitingPlan};
use crate::run::{DAY, Running};
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_config::tenant::{Approval, ApprovalLeavers};
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_policy::guard::{Class, Held, Release, lone_archivings};
use hibob_store::database::{ApprovalRow, ApprovalState, NewApproval, NewJournal, TenantDatabase};
use hibob_store::plan_file::moved_basis;
use hibob_store::privacy;
use hibob_store::privacy::SOMEBODY_FORGOTTEN;
use hibob_store::run_store::RunStore as _;
use hibob_telemetry::Spans;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use tracing::Instrument;

/// For how long a plan waits at least that has taken the place of another one, in seconds.
const LEAST_WAIT: i64 = 2 * DAY;

/// What is to be done with a new plan.
pub(super) struct Judged {
    /// The archivings that are made at once, before anything else; none if they are in the plan of the verdict.
    pub(super) leavers: Option<Planned>,
    /// Whether these are terminations, which go out while nothing else does.
    pub(super) are_terminations: bool,
    /// What is done with the rest.
    pub(super) verdict: ApprovalVerdict,
}

impl Judged {
    /// The whole plan is applied, except for what is held.
    fn all(held: Held) -> Self {
        Self { leavers: None, are_terminations: false, verdict: ApprovalVerdict::Apply(held) }
    }
}

/// What is to be done with a plan.
pub(super) enum ApprovalVerdict {
    /// Apply it, except for the changes that are held.
    Apply(Held),
    /// Apply this approved plan instead, which would do the same.
    Approved(StoredPlan),
    /// Apply nothing: the plan waits for approval.
    Wait,
    /// Apply nothing, and end the run with this error.
    Refuse(HostError),
}

impl<P: RunPorts> Running<P> {
    /// Decides what is to be done with a new plan. The rules are at the head of this file.
    ///
    /// # Errors
    /// A release was given where plans wait; the guards refuse the source; or the database failed.
    pub(super) async fn judge(
        &self,
        planned: &Planned,
        release: Release,
        report: &mut Report,
    ) -> Result<Judged, HostError> {
        let (run_store, config) = (self.ports.run_store(), self.ports.config());
        let all = Judged::all;
        let first = self.to_confirm(planned).await?;
        report.first.clone_from(&first);
        if let Some(error) = HostError::of_left_admin(&planned.findings) {
            let may_go = first.is_none() || config.safety.allow_first;
            return if may_go { self.refused(planned, error).await } else { Err(error) };
        }
        let plans_wait = config.safety.approval != Approval::Never;
        let Some(approvals) = self.ports.approvals() else {
            return self.confirmed(planned, release, None, report).await;
        };
        if !plans_wait {
            let open = approvals.open_approval(self.started_at).await?;
            let open = open.filter(|row| first.is_some() || is_offered(row));
            let is_approved = open.as_ref().is_some_and(|row| row.state == ApprovalState::Approved);
            if first.is_none() || (self.cause.job.is_none() && !is_approved) {
                return self.confirmed(planned, release, open.as_ref(), report).await;
            }
        }
        if plans_wait && release != Release::default() {
            let options = Class::ALL.iter().map(|class| format!("--{}", class.option())).collect::<Vec<_>>().join(", ");
            return Err(HostError::configuration(
                format!(
                    "plans above the limits wait for approval (safety.approval), and are not released by {options} or --allow-changed-source"
                ),
                format!("leave that out, and approve the plan: hibob plans {}", config.id),
            ));
        }
        // A person's yes at the terminal is to the first sync, and not to what is above the limits.
        let has_yes = self.cause.job.is_none() && self.yes.first && config.safety.approval == Approval::AboveLimits;
        let first = first.filter(|_| !has_yes);
        let reasons = Reasons::of(run_store, config, planned).await?.with_first(first.as_ref());
        let at_once = self.at_once(planned, &reasons).await?;
        let are_terminations = reasons.is_source_held();
        let mut open = approvals.open_approval(self.started_at).await?;
        if let Some(row) = open.take_if(|row| row.state == ApprovalState::Approved) {
            let is_this_one = self.saved.is_some() && row.saved == self.saved;
            if self.kind == RunKind::Apply && !is_this_one {
                return Err(approved_first(&config.id, &row.plan));
            }
            let stored = StoredPlan::read(approvals, self.keyring(), &row).await?;
            let approved = of_plan(&stored, planned);
            let own = Reasons::of(run_store, config, &approved).await?.with_first(first.as_ref());
            let Some(stale) = self.stale(&row, &stored, &approved, &own)? else {
                report.settle(&row, &own);
                let approved: BTreeSet<&str> = ids(&stored.opened.planned).collect();
                let leavers = any_of(planned, |change| at_once.contains(&change.id) && !approved.contains(&*change.id));
                return Ok(Judged { leavers, are_terminations, verdict: ApprovalVerdict::Approved(stored) });
            };
            self.refuse(approvals, &row, stale, report).await?;
        }
        let rest = only(planned, |change| !at_once.contains(&change.id));
        if self.waits(&rest, &reasons) {
            self.wait(approvals, &rest, &reasons, open.as_ref(), report).await?;
            let leavers = any_of(planned, |change| at_once.contains(&change.id));
            return Ok(Judged { leavers, are_terminations, verdict: ApprovalVerdict::Wait });
        }
        if let Some(row) = open {
            approvals.close_approval(self.fence, row.id, ApprovalState::Superseded, self.started_at).await?;
        }
        Ok(all(Held::default()))
    }

    /// Whether the guards would hold the plan's archivings if nothing were released.
    pub(super) async fn is_above_archiving_limits(&self, planned: &Planned) -> Result<bool, HostError> {
        let reasons = Reasons::of(self.ports.run_store(), self.ports.config(), planned).await?;
        Ok(reasons.holds_archivings())
    }

    /// The ids of the archivings that do not wait, whatever becomes of the rest of the plan (rule 1). Nothing else of the
    /// plan depends on them. A saved plan is applied as a whole or not at all.
    async fn at_once(&self, planned: &Planned, reasons: &Reasons) -> Result<BTreeSet<String>, HostError> {
        let config = self.ports.config();
        let safety = &config.safety;
        let may_go = safety.approval == Approval::AboveLimits || safety.approval_leavers == ApprovalLeavers::AtOnce;
        if !may_go || self.kind == RunKind::Apply || reasons.first.is_some() {
            return Ok(BTreeSet::new());
        }
        if reasons.is_source_held() {
            return terminations_of(self.ports.run_store(), config, planned).await;
        }
        let is_within = reasons.lets_leavers_go();
        Ok(lone_archivings(planned).filter(|_| is_within).map(|change| change.id.clone()).collect())
    }

    /// Nothing of a plan is applied because of this error, apart from terminations (rule 8).
    async fn refused(&self, planned: &Planned, error: HostError) -> Result<Judged, HostError> {
        let ids = match self.kind {
            RunKind::Apply => BTreeSet::new(),
            _ => terminations_of(self.ports.run_store(), self.ports.config(), planned).await?,
        };
        let leavers = any_of(planned, |change| ids.contains(&change.id));
        let made = match &leavers {
            Some(leavers) => {
                format!("nothing was applied but the archiving of {} who left by their records", leavers.changes.len())
            }
            None => "nothing was changed".to_owned(),
        };
        let verdict = ApprovalVerdict::Refuse(error.and_so(&made));
        Ok(Judged { leavers, are_terminations: true, verdict })
    }

    /// What is done with a plan that waits for nobody. It is applied if the first sync is over or a person has said yes to
    /// it. `open` is the plan that waits for that yes in another way.
    async fn confirmed(
        &self,
        planned: &Planned,
        release: Release,
        open: Option<&ApprovalRow>,
        report: &mut Report,
    ) -> Result<Judged, HostError> {
        let (run_store, config) = (self.ports.run_store(), self.ports.config());
        if let Some(first) = report.first.clone().filter(|_| !self.yes.first) {
            let mut held = Held::default();
            hold_reactivations(&run_store.first_sync().await?, planned, &mut held);
            for (position, class) in held.changes {
                planned.changes.get(position).into_iter().for_each(|change| report.hold(change, class));
            }
            report.guards = held.guards;
            return Err(unconfirmed(&config.id, &first, open.map(|row| short(&row.plan))));
        }
        let released = released(run_store, self.keyring(), release).await?;
        let mut held = match judge(run_store, config, planned, &released).await? {
            Ok(held) => held,
            Err(why) => return self.refused(planned, untrusted(&config.id, why)).await,
        };
        self.release_reactivations(planned, &mut held).await?;
        if let (Some(row), Some(approvals)) = (open, self.ports.approvals()) {
            approvals.close_approval(self.fence, row.id, ApprovalState::Superseded, self.started_at).await?;
        }
        Ok(Judged::all(held))
    }

    /// Makes a new plan and, if it would do the same as the approved one, applies the approved one. If not, nothing is
    /// applied: the report has the differences, and the new plan waits if it has to. Returns the new plan too.
    pub async fn apply_approved(&self, approved: &ApprovalRow) -> (Report, Option<Planned>) {
        let tenant = &self.ports.config().id;
        let planned = match self.plan().await {
            Ok(planned) => planned,
            Err(error) => return (Report::stopped(tenant, error), None),
        };
        let mut report = Report::planned(tenant, &planned);
        let applied = self.locked(Box::pin(self.apply_if_same(approved, &planned, &mut report)));
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
        let Some(approvals) = self.ports.approvals() else {
            return Err(not_approved(&self.ports.config().id, &approved.plan));
        };
        let tenant = &self.ports.config().id;
        if let Some(error) = HostError::of_left_admin(&planned.findings) {
            return Err(error);
        }
        let first = self.to_confirm(planned).await?;
        let reasons =
            Reasons::of(self.ports.run_store(), self.ports.config(), planned).await?.with_first(first.as_ref());
        let stored = StoredPlan::read(approvals, self.keyring(), approved).await?;
        let still = of_plan(&stored, planned);
        let own = Reasons::of(self.ports.run_store(), self.ports.config(), &still).await?.with_first(first.as_ref());
        let Some(stale) = self.stale(approved, &stored, &still, &own)? else {
            report.settle(approved, &own);
            return self.make_approved(&stored, report).await;
        };
        let why = stale.why.clone();
        self.refuse(approvals, approved, stale, report).await?;
        if self.waits(planned, &reasons) {
            self.wait(approvals, planned, &reasons, None, report).await?;
        }
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

    /// Makes all changes of an approved plan, at most once (rule 5).
    pub(super) async fn make_approved(&self, stored: &StoredPlan, report: &mut Report) -> Result<(), HostError> {
        let Some(approvals) = self.ports.approvals() else {
            return Err(not_approved(&self.ports.config().id, &stored.digest));
        };
        if stored.opened.planned.changes.is_empty() {
            // Approving a plan without changes means that the source is accepted as it is.
            let applied = ApprovalState::Applied;
            let closed = approvals.close_approval(self.fence, stored.id, applied, self.started_at).await?;
            return if closed { Ok(()) } else { Err(not_approved(&self.ports.config().id, &stored.digest)) };
        }
        let held = Held::default();
        let json = serde_json::to_string(&held).map_err(|error| HostError::Storage(error.to_string()))?;
        let new = NewJournal {
            kind: self.kind,
            started_at: self.started_at,
            digest: &stored.digest,
            plan: &stored.bytes,
            held: &json,
            settings: &stored.settings,
            plugin: &stored.plugin,
            changes: i64::try_from(stored.opened.planned.changes.len()).unwrap_or(i64::MAX),
            job: self.cause.job.as_deref(),
            saved: None, // the approval's row says it
        };
        self.go_ahead_now().await?;
        self.approved_reactivations(&stored.opened.planned).await?;
        let begun = approvals.begin_approved_journal(self.fence, stored.id, &new, self.started_at).await?;
        let journal = begun.ok_or_else(|| not_approved(&self.ports.config().id, &stored.digest))?;
        if stored.releases_archivings {
            self.ports.run_store().note_released(self.fence, journal).await?;
        }
        self.make(&stored.opened.planned, stored.opened.ids(), &held, journal, report).await;
        Ok(())
    }

    /// Why an approved plan is stale; none if it may be applied (rule 3). `planned` has those of its changes that a new
    /// plan makes, and `reasons` is about these.
    fn stale(
        &self,
        row: &ApprovalRow,
        stored: &StoredPlan,
        planned: &Planned,
        reasons: &Reasons,
    ) -> Result<Option<Stale>, HostError> {
        let differences = difference(&stored.opened.planned, planned);
        let approved = Reasons::read(row)?;
        let settings = self.ports.settings_digest()?;
        let why = if let Some(moved) = moved_basis(&row.settings, &row.plugin, &settings, self.ports.plugin_digest()) {
            moved
        } else if !stored.opened.is_whole {
            SOMEBODY_FORGOTTEN.to_owned()
        } else if !differences.is_empty() {
            "the data in HiBob or TravelPerk has changed since it was made, so that a new plan makes other changes"
                .to_owned()
        } else if let Some(beyond) = reasons.beyond(&approved) {
            format!("a safety check finds something that it did not find when the plan was approved: {beyond}")
        } else {
            return Ok(None);
        };
        Ok(Some(Stale { plan: row.plan.clone(), why, differences }))
    }

    /// Closes an approved plan that is stale.
    async fn refuse(
        &self,
        approvals: &TenantDatabase,
        row: &ApprovalRow,
        stale: Stale,
        report: &mut Report,
    ) -> Result<(), HostError> {
        if !approvals.close_approval(self.fence, row.id, ApprovalState::Stale, self.started_at).await? {
            return Err(not_approved(&self.ports.config().id, &row.plan));
        }
        report.settled = Some(row.id);
        report.stale = Some(stale);
        Ok(())
    }

    fn waits(&self, planned: &Planned, reasons: &Reasons) -> bool {
        match self.ports.config().safety.approval {
            Approval::Never => reasons.first.is_some(),
            Approval::AboveLimits => !reasons.is_empty(),
            Approval::Always => !planned.changes.is_empty() || !reasons.is_empty(),
        }
    }

    /// Stores a plan to wait for approval, unless one waits already that would do the same (rule 6).
    async fn wait(
        &self,
        approvals: &TenantDatabase,
        planned: &Planned,
        reasons: &Reasons,
        open: Option<&ApprovalRow>,
        report: &mut Report,
    ) -> Result<(), HostError> {
        let (why, changes) = (reasons.messages(), planned.changes.len());
        report.is_source_held = reasons.is_source_held();
        let days = self.ports.config().safety.approval_days;
        let (mut since, mut lapses_at) = (self.started_at, self.started_at + i64::from(days.get()) * DAY);
        for change in planned.changes.iter().filter(|change| change.kind == ChangeKind::Archive) {
            report.warnings.push(leaver_waits(change, &self.ports.config().id));
        }
        if let Some(row) = open.filter(|row| !is_offered(row)) {
            let stored = StoredPlan::read(approvals, self.keyring(), row).await?;
            let before = Reasons::read(row)?;
            since = before.since().unwrap_or(row.created_at);
            if row.state == ApprovalState::Waiting {
                lapses_at = row.lapses_at.max(lapses_at.min(self.started_at + LEAST_WAIT));
            }
            if before.say_the_same(reasons) && self.stale(row, &stored, planned, reasons)?.is_none() {
                if let Some(saved) = &self.saved {
                    approvals.note_saved(self.fence, row.id, saved).await?;
                }
                let (plan, lapses_at) = (row.plan.clone(), row.lapses_at);
                report.waiting = Some(WaitingPlan { plan, changes, why, lapses_at, since, is_new: false });
                return Ok(());
            }
        }
        let plan = self.store_plan(approvals, planned, &reasons.waiting_since(since), lapses_at).await?;
        for change in &planned.changes {
            report.await_approval(change);
        }
        report.waiting = Some(WaitingPlan { plan, changes, why, lapses_at, since, is_new: true });
        Ok(())
    }

    /// Stores a plan that can be approved, in place of any other. Returns its digest.
    async fn store_plan(
        &self,
        approvals: &TenantDatabase,
        planned: &Planned,
        reasons: &Reasons,
        lapses_at: i64,
    ) -> Result<String, HostError> {
        let json = |error: serde_json::Error| HostError::Storage(error.to_string());
        let plan = privacy::plan::encrypt(self.keyring(), self.fence, planned).await?;
        let digest = hex(&Sha256::digest(&plan));
        let new = NewApproval {
            digest: &digest,
            plan: &plan,
            settings: &self.ports.settings_digest()?,
            plugin: self.ports.plugin_digest(),
            reasons: &serde_json::to_string(reasons).map_err(json)?,
            changes: i64::try_from(planned.changes.len()).unwrap_or(i64::MAX),
            trigger: self.cause.trigger.word(),
            requested_by: self.cause.requested_by.as_deref(),
            created_at: self.started_at,
            lapses_at,
            saved: self.saved.as_deref(),
        };
        approvals.await_approval(self.fence, &new).await?;
        Ok(digest)
    }
}

/// The changes of a plan that are of this kind, with all else of it as it is. What such a change waits for may be left out.
fn only(planned: &Planned, is_meant: impl Fn(&Change) -> bool) -> Planned {
    let changes = planned.changes.iter().filter(|change| is_meant(change)).cloned().collect();
    Planned { changes, ..without_changes(planned) }
}

/// As [`only`]; none if the plan has no such change.
fn any_of(planned: &Planned, is_meant: impl Fn(&Change) -> bool) -> Option<Planned> {
    Some(only(planned, is_meant)).filter(|plan| !plan.changes.is_empty())
}

fn without_changes(planned: &Planned) -> Planned {
    Planned {
        created_at: planned.created_at,
        counts: planned.counts.clone(),
        findings: planned.findings.clone(),
        active_accounts: planned.active_accounts.clone(),
        has_left: planned.has_left.clone(),
        baseline: planned.baseline.clone(),
        changes: Vec::new(),
    }
}

fn ids(planned: &Planned) -> impl Iterator<Item = &str> {
    planned.changes.iter().map(|change| change.id.as_str())
}

/// The changes of a new plan that an approved one has too.
fn of_plan(approved: &StoredPlan, planned: &Planned) -> Planned {
    let own: BTreeSet<&str> = ids(&approved.opened.planned).collect();
    only(planned, |change| own.contains(change.id.as_str()))
}

/// The warning about a leaver whose archiving waits. It becomes an error from the second night on (`cases.rs`).
fn leaver_waits(change: &Change, tenant: &str) -> ErrorRow {
    ErrorRow {
        employee_id: change.employee_id.clone(),
        code: LEAVER_WAITS.to_owned(),
        message: format!(
            "{}: should have no account any more, and archiving it waits for a person",
            change.display_name
        ),
        remedy: format!("approve or reject the plan: hibob plans {tenant}"),
    }
}

/// The error of a saved plan while another one is approved (rule 7).
fn approved_first(tenant: &str, plan: &str) -> HostError {
    let plan = short(plan);
    HostError::Decision {
        code: "PLAN_DECIDED",
        message: format!("the plan {plan} is approved, and has to be applied before a saved one"),
        remedy: format!(
            "apply it: hibob sync {tenant}; or take the approval back: hibob plans reject {tenant} {plan} --by EMAIL --reason TEXT"
        ),
    }
}

fn not_approved(tenant: &str, plan: &str) -> HostError {
    HostError::Decision {
        code: "PLAN_DECIDED",
        message: format!("the plan {} is no longer approved, and was not applied", short(plan)),
        remedy: format!("nothing; look what became of it: hibob plans {tenant}"),
    }
}

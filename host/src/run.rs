//! Running a tenant's jobs.

mod apply;
mod approval;
mod difference;
mod guard;
pub(crate) mod history;
mod journal;
mod observed;
mod plan;
mod report;
mod resume;
mod sound;

pub(crate) use approval::{Reasons, StoredPlan};
pub use difference::{DifferenceRow, Moved};
pub use guard::{Class, GuardRow, Held, Release, guard};
pub use observed::{check, plan, roster};
pub use plan::{Planned, Roster};
pub use report::{Approved, ErrorRow, Report, Stale, WaitingPlan};
pub(crate) use report::{HISTORY_ROWS_MAX, Stopped};
pub(crate) use sound::Intake;

use crate::bindings::types::NamedValue;
use crate::call::Progress;
use crate::data_dir::DataDir;
use crate::database::{Fence, Lease, RunRecord};
use crate::digest::hex;
use crate::error::{Exit, HostError};
use crate::plugin::Plugin;
use crate::queue::Trigger;
use crate::telemetry::{JobTimer, Spans};
use crate::tenant::Tenant;
use crate::workbook::UpdateRow;
use approval::Verdict;
use journal::{Journal, Past};
use sha2::{Digest, Sha256};
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use tracing::{Instrument, Span};

/// The kind of a run that issues references.
pub(crate) const REFERENCES: &str = "references";

/// Seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// What came of a run.
pub(crate) trait Outcome {
    /// How it ended.
    fn exit(&self) -> Exit;
    /// The codes of all that went wrong.
    fn codes(&self) -> Vec<&str>;
    /// What the history keeps of it: JSON.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    fn history(&self) -> Result<String, HostError>;
    /// What was done to whom, line by line.
    fn updates(&self) -> &[UpdateRow];
    /// Takes the run's number in the history.
    fn numbered(&mut self, run: i64);
}

/// A run of one tenant, under its lock: no other run of that tenant goes on at the same time, on any machine that
/// shares the data directory.
pub struct Run<'t> {
    tenant: &'t Tenant,
    plugin: &'t Plugin,
    progress: Arc<dyn Progress>,
    lease: Lease,
    fence: Fence,
    /// Of the plan that is applied.
    journal: OnceLock<i64>,
    resumed: Option<Report>,
    kind: &'static str,
    trigger: Trigger,
    requested_by: Option<String>,
    started_at: i64,
    timer: JobTimer,
    span: Span,
}

impl<'t> Run<'t> {
    /// Takes the tenant's lock.
    ///
    /// # Errors
    /// Another run has it, the tenant is disabled, or has nothing of what the kind of run needs.
    pub async fn start(
        data: &DataDir,
        tenant: &'t Tenant,
        plugin: &'t Plugin,
        kind: &'static str,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, HostError> {
        let started = Self::begin(data, tenant, plugin, kind, progress).await;
        started.inspect_err(|error| tenant.metrics().not_started(kind, error))
    }

    async fn begin(
        data: &DataDir,
        tenant: &'t Tenant,
        plugin: &'t Plugin,
        kind: &'static str,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, HostError> {
        let (egress, kinds): (_, &[&str]) = match kind {
            REFERENCES => (tenant.references_egress(), &[REFERENCES]),
            _ => (tenant.egress()?, &["sync", "apply"]),
        };
        data.require_enabled(tenant.id()).await?;
        let holder =
            format!("process {} since {}", std::process::id(), chrono::Utc::now().format("%Y-%m-%d %H:%M:%S UTC"));
        let lease = data.control().lease(tenant.id(), &holder).await?;
        let fence = tenant.database().take_fence(lease.generation()).await?;
        let last = tenant.database().last_exit_code(kinds).await?;
        egress.reopen(last == Some(i64::from(Exit::Refused as u8)));
        let (started_at, timer) = (chrono::Utc::now().timestamp(), JobTimer::start());
        let (journal, span) = (OnceLock::new(), Spans::run(tenant.id(), kind));
        let (resumed, trigger, requested_by) = (None, Trigger::Manual, None);
        let mut run = Self {
            tenant,
            plugin,
            progress,
            lease,
            fence,
            journal,
            resumed,
            kind,
            trigger,
            requested_by,
            started_at,
            timer,
            span,
        };
        if kind != REFERENCES {
            match run.resume().await {
                Ok(resumed) => run.resumed = resumed,
                Err(error) => {
                    run.lease.release().await?;
                    return Err(error);
                }
            }
        }
        Ok(run)
    }

    /// The same, started by this.
    #[must_use]
    pub fn by(self, trigger: Trigger) -> Self {
        Self { trigger, ..self }
    }

    /// The same, asked for by whom the operator knows as this.
    #[must_use]
    pub fn asked_for_by(self, requested_by: Option<String>) -> Self {
        Self { requested_by, ..self }
    }

    /// Gives the lock back without a run in the history: there was nothing to do.
    ///
    /// # Errors
    /// The database failed; the lock then lapses by itself.
    pub(crate) async fn leave(self) -> Result<(), HostError> {
        self.lease.release().await
    }

    /// What became of the plan that an earlier run had not applied to its end; it has an entry of its own in the history.
    pub fn resumed(&self) -> Option<&Report> {
        self.resumed.as_ref()
    }

    /// Makes a plan.
    ///
    /// # Errors
    /// The job failed.
    pub async fn plan(&self) -> Result<Planned, HostError> {
        let planned = plan::plan(self.plugin, self.tenant, self.progress.clone());
        let planned = self.locked(planned.instrument(Spans::plan(&self.span))).await;
        planned.inspect_err(|error| self.tenant.metrics().over_limit(error))
    }

    /// Applies a plan, but for what a guard holds. Where plans wait for a person ([`crate::tenant::Approval`]), one that has
    /// to is stored, and nothing of it is applied. What went wrong with single changes, or ended the run, is in the report.
    pub async fn apply(&self, planned: &Planned, release: Release) -> Report {
        let mut report = Report::planned(self.tenant.id(), planned);
        let applied = self.locked(async {
            match self.judge(planned, release, &mut report).await? {
                Verdict::Apply(held) => {
                    report.guards.clone_from(&held.guards);
                    self.make(planned, &held, None, &mut report).await
                }
                Verdict::Approved(stored) => {
                    self.make(&stored.planned, &Held::default(), Some(&stored), &mut report).await
                }
                Verdict::Wait => Ok(()),
            }
        });
        if let Err(error) = applied.instrument(Spans::apply(&self.span, planned.changes.len())).await {
            report.stop(error);
        }
        report
    }

    /// Makes the changes of a plan that are not held; of an approved one, as it is stored.
    async fn make(
        &self,
        planned: &Planned,
        held: &Held,
        approved: Option<&StoredPlan>,
        report: &mut Report,
    ) -> Result<(), HostError> {
        if planned.changes.is_empty() {
            return match approved {
                Some(approved) => self.close_approved(approved).await,
                None => Ok(()),
            };
        }
        let id = self.write_down(planned, held, approved).await?;
        let journal = Journal { id, fence: self.fence, past: Past::default(), is_closed: false };
        apply::apply(self.plugin, self.tenant, planned, held, &journal, report, self.progress.as_ref()).await;
        Ok(())
    }

    /// Stores the plan, before anything of it is applied. Returns its journal's number.
    async fn write_down(
        &self,
        planned: &Planned,
        held: &Held,
        approved: Option<&StoredPlan>,
    ) -> Result<i64, HostError> {
        let json = |error: serde_json::Error| HostError::Storage(error.to_string());
        let held = serde_json::to_string(held).map_err(json)?;
        let id = match approved {
            Some(approved) => self.write_down_approved(approved, &held).await?,
            None => {
                let plan = serde_json::to_vec(planned).map_err(json)?;
                let (digest, settings) = (hex(&Sha256::digest(&plan)), self.tenant.settings_digest()?);
                let new = self.journal_of(&digest, &plan, &held, &settings, self.plugin.digest());
                self.tenant.database().begin_journal(self.fence, &new).await?
            }
        };
        Ok(*self.journal.get_or_init(|| id))
    }

    /// Records the run and gives the lock back. The plan's baseline becomes the tenant's if the run came to its end.
    ///
    /// # Errors
    /// The database failed.
    pub async fn finish(self, report: &mut Report, planned: Option<&Planned>) -> Result<(), HostError> {
        let accepted = planned.filter(|planned| report.is_accepted() && planned.count("employees") > 0);
        let database = self.tenant.database();
        self.end(report, accepted.map(|planned| planned.baseline.as_slice())).await?;
        match (report.settled, report.run) {
            (Some(approval), Some(run)) => database.note_run(approval, run).await,
            _ => Ok(()),
        }
    }

    /// Records what came of the run, with its new baseline, and gives the lock back.
    pub(crate) async fn end(
        self,
        outcome: &mut impl Outcome,
        baseline: Option<&[NamedValue]>,
    ) -> Result<(), HostError> {
        let (tenant, kind, timer, span) = (self.tenant, self.kind, self.timer, self.span.clone());
        let recorded = self.record(outcome, baseline).instrument(span.clone()).await;
        match &recorded {
            Ok(_) => tenant.metrics().run_ended(kind, timer, &outcome.codes(), outcome.exit()),
            Err(error) => tenant.metrics().job_failed(kind, timer, error),
        }
        let exit = recorded.as_ref().map_or_else(HostError::exit, |_| outcome.exit());
        Spans::run_ended(&span, recorded.as_ref().ok().copied(), exit);
        recorded.map(drop)
    }

    async fn record(self, outcome: &mut impl Outcome, baseline: Option<&[NamedValue]>) -> Result<i64, HostError> {
        let record = RunRecord {
            kind: self.kind,
            trigger: self.trigger.word(),
            started_at: self.started_at,
            finished_at: chrono::Utc::now().timestamp(),
            exit_code: outcome.exit() as u8,
            report: outcome.history()?,
            journal: self.journal.get().copied(),
        };
        let number = self.tenant.database().record_run(self.fence, &record, baseline, outcome.updates()).await?;
        outcome.numbered(number);
        self.prune().await?;
        self.lease.release().await?;
        Ok(number)
    }

    /// Removes what the tenant's file says is old.
    async fn prune(&self) -> Result<(), HostError> {
        let (retention, now) = (&self.tenant.config().retention, chrono::Utc::now().timestamp());
        let before = |days: NonZeroU32| now - i64::from(days.get()) * DAY;
        let database = self.tenant.database();
        database.prune(self.fence, before(retention.runs_days), before(retention.plans_days)).await
    }

    /// The right to write.
    pub(crate) fn fence(&self) -> Fence {
        self.fence
    }

    /// Works for as long as the lock is ours.
    pub(crate) async fn locked<T>(&self, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
        tokio::select! {
            done = work => done,
            lost = self.lease.hold() => Err(lost),
        }
    }
}

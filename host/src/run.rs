//! Running a tenant's jobs.

mod apply;
mod guard;
pub(crate) mod history;
mod journal;
mod observed;
mod plan;
mod report;
mod resume;
mod sound;

pub use guard::{Class, GuardRow, Held, Release, guard};
pub use observed::{check, plan, roster};
pub use plan::{Planned, Roster};
pub use report::{ErrorRow, Report};
pub(crate) use report::{HISTORY_ROWS_MAX, Stopped};
pub(crate) use sound::Intake;

use crate::bindings::types::NamedValue;
use crate::call::Progress;
use crate::data_dir::DataDir;
use crate::database::{Fence, Lease, NewJournal, RunRecord};
use crate::digest::hex;
use crate::error::{Exit, HostError};
use crate::person::{self, Ring};
use crate::plugin::Plugin;
use crate::queue::Trigger;
use crate::telemetry::{JobTimer, Spans};
use crate::tenant::Tenant;
use crate::workbook::UpdateRow;
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
    /// What is written is sealed with.
    ring: Ring,
    /// Of the plan that is applied.
    journal: OnceLock<i64>,
    resumed: Option<Report>,
    kind: &'static str,
    trigger: Trigger,
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
        let ring = match Self::people(data, tenant).await {
            Ok(ring) => ring,
            Err(error) => {
                lease.release().await?;
                return Err(error);
            }
        };
        let last = tenant.database().last_exit_code(kinds).await?;
        egress.reopen(last == Some(i64::from(Exit::Refused as u8)));
        let (started_at, timer) = (chrono::Utc::now().timestamp(), JobTimer::start());
        let (journal, span) = (OnceLock::new(), Spans::run(tenant.id(), kind));
        let (resumed, trigger) = (None, Trigger::Manual);
        let mut run = Self {
            tenant,
            plugin,
            progress,
            lease,
            fence,
            ring,
            journal,
            resumed,
            kind,
            trigger,
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

    /// The keys of the people, after whoever is to be forgotten was: this run's tenant may have been opened before.
    async fn people(data: &DataDir, tenant: &Tenant) -> Result<Ring, HostError> {
        person::settle(data, tenant.people()).await?;
        tenant.people().writing_ring().await
    }

    /// The same, started by this.
    #[must_use]
    pub fn by(self, trigger: Trigger) -> Self {
        Self { trigger, ..self }
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

    /// Applies a plan, but for what a guard holds. What went wrong with single changes, or ended the run, is in the
    /// report.
    pub async fn apply(&self, planned: &Planned, release: Release) -> Report {
        // A saved plan may be older than somebody's being forgotten.
        let planned = &*self.ring.forgotten().without(planned);
        let mut report = Report::planned(self.tenant.id(), planned);
        let applied = self.locked(async {
            let held = guard(self.tenant, planned, release).await?;
            report.guards.clone_from(&held.guards);
            if planned.changes.is_empty() {
                return Ok(());
            }
            let journal = Journal {
                id: self.write_down(planned, &held).await?,
                fence: self.fence,
                ring: &self.ring,
                ids: person::plan::stored_ids(planned),
                past: Past::default(),
                is_closed: false,
            };
            apply::apply(self.plugin, self.tenant, planned, &held, &journal, &mut report, self.progress.as_ref()).await;
            Ok(())
        });
        if let Err(error) = applied.instrument(Spans::apply(&self.span, planned.changes.len())).await {
            report.stop(error);
        }
        report
    }

    /// Stores the plan, before anything of it is applied. Returns its journal's number.
    async fn write_down(&self, planned: &Planned, held: &Held) -> Result<i64, HostError> {
        let plan = person::plan::seal(&self.ring, self.fence, planned).await?;
        let new = NewJournal {
            kind: self.kind,
            started_at: self.started_at,
            digest: &hex(&Sha256::digest(&plan)),
            plan: &plan,
            held: &serde_json::to_string(held).map_err(|error| HostError::Storage(error.to_string()))?,
            settings: &self.tenant.settings_digest()?,
            plugin: self.plugin.digest(),
        };
        let id = self.tenant.database().begin_journal(self.fence, &new).await?;
        Ok(*self.journal.get_or_init(|| id))
    }

    /// Records the run and gives the lock back. The plan's baseline becomes the tenant's if the run came to its end.
    ///
    /// # Errors
    /// The database failed.
    pub async fn finish(self, report: &mut Report, planned: Option<&Planned>) -> Result<(), HostError> {
        let accepted = planned.filter(|planned| report.is_accepted() && planned.count("employees") > 0);
        self.end(report, accepted.map(|planned| planned.baseline.as_slice())).await
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
        let number = self.record_run(record, baseline, outcome.updates()).await?;
        outcome.numbered(number);
        self.prune().await?;
        self.lease.release().await?;
        Ok(number)
    }

    /// Records a run in the history, with what is personal sealed. Returns its number.
    async fn record_run(
        &self,
        record: RunRecord,
        baseline: Option<&[NamedValue]>,
        updates: &[UpdateRow],
    ) -> Result<i64, HostError> {
        let report = person::rows::seal_report(&self.ring, self.fence, &record.report).await?;
        let updates = person::rows::seal_updates(&self.ring, self.fence, updates).await?;
        let record = RunRecord { report, ..record };
        self.tenant.database().record_run(self.fence, &record, baseline, &updates).await
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

    /// What is written is sealed with.
    pub(crate) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Works for as long as the lock is ours.
    pub(crate) async fn locked<T>(&self, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
        tokio::select! {
            done = work => done,
            lost = self.lease.hold() => Err(lost),
        }
    }
}

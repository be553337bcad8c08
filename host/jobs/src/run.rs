//! Running a tenant's jobs.

mod apply;
mod approval;
mod difference;
mod guard;
mod journal;
pub mod ports;
mod report;
mod resume;
pub mod rows;
pub(crate) mod run_report;

pub use approval::{Reasons, StoredPlan};
pub use difference::{DifferenceRow, Moved};
pub use guard::guard;
use hibob_base::job::{Lane, RunKind};
use hibob_contract::Planned;
use hibob_policy::guard::Held;
use hibob_policy::guard::Release;
use hibob_store::queue::Cause;
pub use report::Stopped;
pub use report::{Approved, ErrorRow, Report, Stale, WaitingPlan};
pub use run_report::{Common, RunReport};

use approval::Verdict;
use hibob_base::digest::hex;
use hibob_base::error::{Exit, HostError};
use hibob_contract::types::NamedValue;
use hibob_store::database::{Fence, NewJournal, RunRecord};
use hibob_store::privacy;
use hibob_store::privacy::Ring;
use hibob_store::privacy::plan::stored_ids;
use hibob_store::run_store::{Book, Lock, hold};
use hibob_store::update_row::UpdateRow;
use hibob_telemetry::{JobTimer, Spans};
use journal::{Journal, Past};
use ports::RunPorts;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::OnceLock;
use tracing::{Instrument, Span};

/// Seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// The baseline of a plan, where it becomes the tenant's: the run came to its end, and had read somebody.
fn accepted<'p>(report: &Report, planned: &'p Planned) -> Option<&'p [NamedValue]> {
    (report.is_accepted() && planned.count("employees") > 0).then_some(planned.baseline.as_slice())
}

/// A run of one tenant, under its lock: no other run of that tenant goes on at the same time, on any machine that shares
/// the data directory.
pub struct Running<P: RunPorts> {
    ports: P,
    lock: P::Lock,
    fence: Fence,
    /// What is written is sealed with.
    ring: Ring<P::Book>,
    /// Of the plan that is applied.
    journal: OnceLock<i64>,
    resumed: Option<Report>,
    kind: RunKind,
    cause: Cause,
    started_at: i64,
    timer: JobTimer,
    span: Span,
}

impl<P: RunPorts> Running<P> {
    /// Takes the tenant's lease, and resumes what an interrupted run has left.
    ///
    /// # Errors
    /// As [`Run::start`].
    pub async fn begin(ports: P, kind: RunKind) -> Result<Self, HostError> {
        let metrics = ports.metrics().clone();
        let begun = Box::pin(Self::locked_by(ports, kind)).await;
        begun.inspect_err(|error| metrics.not_started(kind.word(), error))
    }

    async fn locked_by(ports: P, kind: RunKind) -> Result<Self, HostError> {
        ports.require()?;
        let lock = ports.lock().await?;
        let fence = ports.book().take_fence(lock.generation()).await?;
        let ring = match ports.ring().await {
            Ok(ring) => ring,
            Err(error) => {
                lock.release().await?;
                return Err(error);
            }
        };
        let last = ports.book().last_exit_code(kind.lane()).await?;
        ports.reopen(last == Some(i64::from(Exit::Refused as u8)));
        let (started_at, timer) = (ports.now(), JobTimer::start());
        let (journal, span) = (OnceLock::new(), Spans::run(&ports.config().id, kind.word()));
        let (resumed, cause) = (None, Cause::default());
        let mut run = Self { ports, lock, fence, ring, journal, resumed, kind, cause, started_at, timer, span };
        if kind.lane() == Lane::Directory {
            match run.resume().await {
                Ok(resumed) => run.resumed = resumed,
                Err(error) => {
                    run.lock.release().await?;
                    return Err(error);
                }
            }
        }
        Ok(run)
    }

    /// The same, started by this.
    #[must_use]
    pub fn by(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }

    /// Gives the lock back without a run in the history: there was nothing to do.
    ///
    /// # Errors
    /// The database failed; the lock then lapses by itself.
    pub async fn leave(self) -> Result<(), HostError> {
        self.lock.release().await
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
        let planned = self.locked(Box::pin(self.ports.plan().instrument(Spans::plan(&self.span)))).await;
        planned.inspect_err(|error| self.ports.metrics().over_limit(error))
    }

    /// Applies a plan, but for what a guard holds. Where plans wait for a person ([`hibob_config::tenant::Approval`]), one that has
    /// to is stored, and nothing of it is applied. What went wrong with single changes, or ended the run, is in the report.
    pub async fn apply(&self, planned: &Planned, release: Release) -> Report {
        // A saved plan may be older than somebody's being forgotten.
        let planned = &*self.ring.forgotten().without(planned);
        let mut report = Report::planned(&self.ports.config().id, planned);
        let applied = self.locked(Box::pin(async {
            match self.judge(planned, release, &mut report).await? {
                Verdict::Apply(held) => {
                    report.guards.clone_from(&held.guards);
                    if planned.changes.is_empty() {
                        return Ok(());
                    }
                    let journal = self.write_down(planned, &held).await?;
                    self.make(planned, stored_ids(planned), &held, journal, &mut report).await;
                }
                Verdict::Approved(stored) => self.make_approved(&stored, &mut report).await?,
                Verdict::Wait => {}
            }
            Ok(())
        }));
        if let Err(error) = applied.instrument(Spans::apply(&self.span, planned.changes.len())).await {
            report.stop(error);
        }
        report
    }

    /// Makes the changes of a plan that are not held, and notes in its journal, where they have these ids, what came of them.
    async fn make(
        &self,
        planned: &Planned,
        ids: BTreeMap<String, String>,
        held: &Held,
        journal: i64,
        report: &mut Report,
    ) {
        let (id, fence, ring) = (*self.journal.get_or_init(|| journal), self.fence, self.ring());
        let journal = Journal { id, fence, ring, ids, past: Past::default(), is_closed: false };
        apply::apply(&self.ports, planned, held, &journal, report).await;
    }

    /// Stores the plan, before anything of it is applied. Returns its journal's number.
    async fn write_down(&self, planned: &Planned, held: &Held) -> Result<i64, HostError> {
        let plan = privacy::plan::seal(&self.ring, self.fence, planned).await?;
        let new = NewJournal {
            kind: self.kind,
            started_at: self.started_at,
            digest: &hex(&Sha256::digest(&plan)),
            plan: &plan,
            held: &serde_json::to_string(held).map_err(|error| HostError::Storage(error.to_string()))?,
            settings: &self.ports.settings_digest()?,
            plugin: self.ports.plugin_digest(),
        };
        self.ports.book().begin_journal(self.fence, &new).await
    }

    /// Records the run and gives the lock back. The plan's baseline becomes the tenant's if the run came to its end.
    ///
    /// # Errors
    /// The database failed.
    pub async fn finish(self, report: &mut Report, planned: Option<&Planned>) -> Result<(), HostError> {
        let accepted = planned.and_then(|planned| accepted(report, planned));
        let approvals = self.ports.approvals().cloned();
        self.end(report, accepted).await?;
        match (approvals, report.settled, report.run) {
            (Some(approvals), Some(approval), Some(run)) => approvals.note_run(approval, run).await,
            _ => Ok(()),
        }
    }

    /// Records what came of the run, with its new baseline, and gives the lock back.
    pub async fn end(self, outcome: &mut impl RunReport, baseline: Option<&[NamedValue]>) -> Result<(), HostError> {
        let (metrics, kind) = (self.ports.metrics().clone(), self.kind);
        let (timer, span) = (self.timer, self.span.clone());
        let recorded = self.record(outcome, baseline).instrument(span.clone()).await;
        match &recorded {
            Ok(_) => metrics.run_ended(kind.word(), timer, &outcome.codes(), outcome.exit()),
            Err(error) => metrics.job_failed(kind.word(), timer, error),
        }
        let exit = recorded.as_ref().map_or_else(HostError::exit, |_| outcome.exit());
        Spans::run_ended(&span, recorded.as_ref().ok().copied(), exit);
        recorded.map(drop)
    }

    async fn record(self, outcome: &mut impl RunReport, baseline: Option<&[NamedValue]>) -> Result<i64, HostError> {
        let record = RunRecord {
            kind: self.kind,
            trigger: self.cause.trigger.word(),
            job: self.cause.job.clone(),
            started_at: self.started_at,
            finished_at: self.ports.now(),
            exit_code: outcome.exit() as u8,
            report: outcome.history()?,
            journal: self.journal.get().copied(),
        };
        let number = self.record_run(record, baseline, outcome.updates()).await?;
        outcome.numbered(number);
        self.prune().await?;
        self.lock.release().await?;
        Ok(number)
    }

    /// Records a run in the history, with what is personal sealed. Returns its number.
    async fn record_run(
        &self,
        record: RunRecord,
        baseline: Option<&[NamedValue]>,
        updates: &[UpdateRow],
    ) -> Result<i64, HostError> {
        let report = privacy::rows::seal_report(&self.ring, self.fence, &record.report).await?;
        let updates = privacy::rows::seal_updates(&self.ring, self.fence, updates).await?;
        let record = RunRecord { report, ..record };
        self.ports.book().record_run(self.fence, &record, baseline, &updates).await
    }

    /// Removes what the tenant's file says is old.
    async fn prune(&self) -> Result<(), HostError> {
        let (retention, now) = (&self.ports.config().retention, self.ports.now());
        let before = |days: NonZeroU32| now - i64::from(days.get()) * DAY;
        let database = self.ports.book();
        database.prune(self.fence, before(retention.runs_days), before(retention.plans_days)).await
    }

    /// The ports of this run.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// The right to write.
    pub fn fence(&self) -> Fence {
        self.fence
    }

    /// What is written is sealed with.
    pub fn ring(&self) -> &Ring<P::Book> {
        &self.ring
    }

    /// Works for as long as the lock is ours. Much work is boxed by the caller: in a build without optimizations what a whole
    /// run holds is more than a thread's stack takes.
    pub async fn locked<T>(&self, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
        tokio::select! {
            biased; // the same order each time, so that a simulation can be repeated
            lost = hold(&self.lock) => Err(lost),
            done = work => done,
        }
    }
}

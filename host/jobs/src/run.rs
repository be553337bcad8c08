//! A run of a tenant: under its lease, with its journal, to its run record.
//!
//! [`Running`] is one run, of a directory sync or of the references job. Its parts: `guard.rs` asks the guards about a
//! plan, `approval.rs` decides whether a plan waits for a person, `apply.rs` makes the changes, `journal.rs`
//! keeps which of them were begun and finished, `resume.rs` finishes what an interrupted run has left, and `rows.rs`
//! and `report.rs` say what was done. Everything outside is reached through [`ports`].

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
pub use difference::{DifferenceKind, DifferenceRow};
pub use guard::guard;
use hibob_base::job::{Lane, RunKind};
use hibob_contract::Planned;
use hibob_policy::guard::Held;
use hibob_policy::guard::Release;
use hibob_store::queue::Cause;
pub use report::Stopped;
pub use report::{Approved, ErrorRow, Report, Stale, WaitingPlan};
pub use run_report::{Common, RunReport};

use approval::ApprovalVerdict;
use hibob_base::digest::hex;
use hibob_base::error::{Exit, HostError};
use hibob_contract::types::NamedValue;
use hibob_store::database::{Fence, NewJournal, RunRecord};
use hibob_store::privacy;
use hibob_store::privacy::Keyring;
use hibob_store::privacy::plan::stored_ids;
use hibob_store::run_store::{Lock, RunStore, hold};
use hibob_store::update_row::UpdateRow;
use hibob_telemetry::{JobTimer, Spans};
use journal::{Journal, JournalState};
use ports::RunPorts;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::OnceLock;
use tracing::{Instrument, Span};

/// Seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// The plan's baseline, if it becomes the tenant's: the run was accepted, and HiBob sent at least one employee.
fn accepted<'p>(report: &Report, planned: &'p Planned) -> Option<&'p [NamedValue]> {
    (report.is_accepted() && planned.count("employees") > 0).then_some(planned.baseline.as_slice())
}

/// A run of one tenant under its lease: at the same time, no other run of that tenant goes on, on any host that shares
/// the control database.
pub struct Running<P: RunPorts> {
    ports: P,
    lock: P::Lock,
    fence: Fence,
    /// Encrypts the personal values that the run stores.
    keyring: Keyring<P::RunStore>,
    /// The number of the journal of the plan that is applied.
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
    /// The tenant lacks settings that this kind of run needs, or is disabled; another run has the lease; the journal of an
    /// interrupted run cannot be read; or the database failed.
    pub async fn begin(ports: P, kind: RunKind) -> Result<Self, HostError> {
        let metrics = ports.metrics().clone();
        let begun = Box::pin(Self::locked_by(ports, kind)).await;
        begun.inspect_err(|error| metrics.not_started(kind.word(), error))
    }

    async fn locked_by(ports: P, kind: RunKind) -> Result<Self, HostError> {
        ports.require()?;
        let lock = ports.lock().await?;
        let fence = ports.run_store().take_fence(lock.generation()).await?;
        let keyring = match ports.keyring().await {
            Ok(keyring) => keyring,
            Err(error) => {
                lock.release().await?;
                return Err(error);
            }
        };
        let last = ports.run_store().last_exit_code(kind.lane()).await?;
        ports.reopen(last == Some(i64::from(Exit::Refused as u8)));
        let (started_at, timer) = (ports.now(), JobTimer::start());
        let (journal, span) = (OnceLock::new(), Spans::run(&ports.config().id, kind.word()));
        let (resumed, cause) = (None, Cause::default());
        let mut run = Self { ports, lock, fence, keyring, journal, resumed, kind, cause, started_at, timer, span };
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

    /// Sets what started the run. Without this it is a run that a person started.
    #[must_use]
    pub fn by(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }

    /// Releases the lease without a run record, because there was nothing to do.
    ///
    /// # Errors
    /// The database failed. The lease then lapses by itself.
    pub async fn leave(self) -> Result<(), HostError> {
        self.lock.release().await
    }

    /// The report of the interrupted run that this run has resumed, if there was one. It has a run record of its own.
    pub fn resumed(&self) -> Option<&Report> {
        self.resumed.as_ref()
    }

    /// Has the plugin make a plan. Nothing is written.
    ///
    /// # Errors
    /// The plugin or the host failed, or the lease was lost.
    pub async fn plan(&self) -> Result<Planned, HostError> {
        let planned = self.locked(Box::pin(self.ports.plan().instrument(Spans::plan(&self.span)))).await;
        planned.inspect_err(|error| self.ports.metrics().over_limit(error))
    }

    /// Applies a plan, except for the changes that a guard holds. If the plan has to wait for approval
    /// ([`hibob_config::tenant::Approval`]), it is stored, and no part of it is applied. The report says which changes
    /// failed, and what ended the run early.
    pub async fn apply(&self, planned: &Planned, release: Release) -> Report {
        // A saved plan may be older than somebody's erasure.
        let planned = &*self.keyring.erased_people().without(planned);
        let mut report = Report::planned(&self.ports.config().id, planned);
        let applied = self.locked(Box::pin(async {
            match self.judge(planned, release, &mut report).await? {
                ApprovalVerdict::Apply(held) => {
                    report.guards.clone_from(&held.guards);
                    if planned.changes.is_empty() {
                        return Ok(());
                    }
                    let journal = self.write_down(planned, &held).await?;
                    self.make(planned, stored_ids(planned), &held, journal, &mut report).await;
                }
                ApprovalVerdict::Approved(stored) => self.make_approved(&stored, &mut report).await?,
                ApprovalVerdict::Wait => {}
            }
            Ok(())
        }));
        if let Err(error) = applied.instrument(Spans::apply(&self.span, planned.changes.len())).await {
            report.stop(error);
        }
        report
    }

    /// Makes the changes of a plan that are not held, and records the outcomes in its journal. `ids` are the changes'
    /// ids in the journal, by their ids in the plan.
    async fn make(
        &self,
        planned: &Planned,
        ids: BTreeMap<String, String>,
        held: &Held,
        journal: i64,
        report: &mut Report,
    ) {
        let (id, fence, keyring) = (*self.journal.get_or_init(|| journal), self.fence, self.keyring());
        let journal = Journal { id, fence, keyring, ids, past: JournalState::default(), is_closed: false };
        apply::apply(&self.ports, planned, held, &journal, report).await;
    }

    /// Stores the plan and opens its journal, before any part of it is applied. Returns the journal's number.
    async fn write_down(&self, planned: &Planned, held: &Held) -> Result<i64, HostError> {
        let plan = privacy::plan::encrypt(&self.keyring, self.fence, planned).await?;
        let new = NewJournal {
            kind: self.kind,
            started_at: self.started_at,
            digest: &hex(&Sha256::digest(&plan)),
            plan: &plan,
            held: &serde_json::to_string(held).map_err(|error| HostError::Storage(error.to_string()))?,
            settings: &self.ports.settings_digest()?,
            plugin: self.ports.plugin_digest(),
        };
        self.ports.run_store().begin_journal(self.fence, &new).await
    }

    /// Writes the run record and releases the lease. The plan's baseline becomes the tenant's if the run was accepted.
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

    /// Writes the run record, with a new baseline if there is one, and releases the lease.
    ///
    /// # Errors
    /// The database failed.
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

    /// Writes a run record, with its personal values encrypted. Returns its number in the history.
    async fn record_run(
        &self,
        record: RunRecord,
        baseline: Option<&[NamedValue]>,
        updates: &[UpdateRow],
    ) -> Result<i64, HostError> {
        let report = privacy::rows::encrypt_report(&self.keyring, self.fence, &record.report).await?;
        let updates = privacy::rows::encrypt_rows(&self.keyring, self.fence, updates).await?;
        let record = RunRecord { report, ..record };
        self.ports.run_store().record_run(self.fence, &record, baseline, &updates).await
    }

    /// Removes runs and plans that are older than the tenant's retention.
    async fn prune(&self) -> Result<(), HostError> {
        let (retention, now) = (&self.ports.config().retention, self.ports.now());
        let before = |days: NonZeroU32| now - i64::from(days.get()) * DAY;
        let database = self.ports.run_store();
        database.prune(self.fence, before(retention.runs_days), before(retention.plans_days)).await
    }

    /// The ports of this run.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// The fencing token under which the run writes.
    pub fn fence(&self) -> Fence {
        self.fence
    }

    /// The keyring that encrypts the personal values which the run stores.
    pub fn keyring(&self) -> &Keyring<P::RunStore> {
        &self.keyring
    }

    /// Carries out `work` while the lease is renewed, and ends it with an error when the lease is lost.
    ///
    /// Callers box long work: in a build without optimizations, the futures of a whole run do not fit on a thread's
    /// stack.
    ///
    /// # Errors
    /// The error of `work`, or that the lease was lost.
    pub async fn locked<T>(&self, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
        tokio::select! {
            biased; // the same order each time, so that a simulation can be repeated
            lost = hold(&self.lock) => Err(lost),
            done = work => done,
        }
    }
}

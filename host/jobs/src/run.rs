//! A run of a tenant: under its lease, with its journal, to its run record.
//!
//! [`Running`] is one run, of a directory sync or of the references job. Its parts: `guard.rs` asks the guards about a
//! plan, `approval.rs` decides whether a plan waits for a person, `first.rs` has the first sync confirmed, `apply.rs` makes
//! the changes, `journal.rs` keeps which of them were begun and finished, `resume.rs` takes up what an interrupted run has
//! left, `look.rs` looks what became of a change that was begun, and `rows.rs` and `report.rs` say what was done. Everything outside is reached through [`ports`].

mod apply;
mod approval;
mod cases;
mod created;
mod difference;
mod first;
mod guard;
mod journal;
mod look;
pub mod ports;
mod report;
mod resume;
pub mod rows;
pub(crate) mod run_report;
mod saved;
mod schedule;

pub use approval::{Offer, Reasons, StoredPlan};
pub use difference::{DifferenceKind, DifferenceRow};
pub use first::{FirstSync, Yes, first_sync};
pub use guard::guard;
use hibob_base::job::{Lane, RunKind, Trigger, WayOn};
use hibob_contract::Planned;
use hibob_policy::guard::Held;
use hibob_policy::guard::Release;
use hibob_store::queue::Cause;
pub use report::Stopped;
pub use report::{Approved, EXCLUDED, ErrorRow, HeldRow, Report, Stale, WaitingPlan};
pub use resume::unless_interrupted;
pub use run_report::{Common, RunReport};
pub use saved::Taken;

use apply::Progress;
use approval::{ApprovalVerdict, Judged};
use hibob_base::digest::hex;
use hibob_base::error::{ENABLED_BY_INACTIVE, Exit, HostError};
use hibob_contract::types::NamedValue;
use hibob_store::database::{Fence, NewJournal, RunRecord};
use hibob_store::privacy;
use hibob_store::privacy::Keyring;
use hibob_store::privacy::plan::stored_ids;
use hibob_store::run_store::{Lock, RunStore, hold};
use hibob_store::update_row::UpdateRow;
use hibob_telemetry::{JobTimer, Spans};
use journal::{Journal, JournalState, kept_by};
use ports::RunPorts;
use resume::{interrupted, interrupted_early};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing::{Instrument, Span};

/// Seconds in a day.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// The plan's baseline, if it becomes the tenant's: the run was accepted, and HiBob sent at least one employee.
fn accepted<'p>(report: &Report, planned: &'p Planned, is_first: bool) -> Option<&'p [NamedValue]> {
    (report.is_accepted(is_first) && planned.count("employees") > 0).then_some(planned.baseline.as_slice())
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
    /// What the report says about the interrupted run that this run has abandoned.
    warnings: Vec<ErrorRow>,
    /// Why a new plan cannot be made, which an interrupted plan needs too.
    cannot_plan: Mutex<Option<HostError>>,
    /// The seal of the saved plan that is applied.
    saved: Option<String>,
    /// What a person has said yes to.
    yes: Yes,
    /// Whether the run makes no plan, and only goes on with an interrupted one.
    goes_on: bool,
    /// What has interrupted the run before its plan was applied to its end.
    interrupted_by: OnceLock<String>,
    kind: RunKind,
    cause: Cause,
    started_at: i64,
    timer: JobTimer,
    span: Span,
}

impl<P: RunPorts> Running<P> {
    /// Takes the tenant's lease for a run that a person has started, and resumes what a crashed run has left.
    ///
    /// # Errors
    /// As [`Self::begin_by`].
    pub async fn begin(ports: P, kind: RunKind) -> Result<Self, HostError> {
        Self::begin_by(ports, kind, Cause::default()).await
    }

    /// Takes the tenant's lease for a run with this cause, and resumes or abandons what an interrupted run has left, by
    /// the rules of `resume.rs`.
    ///
    /// # Errors
    /// Another run has the lease; the tenant is disabled, or lacks settings that this kind of run needs; a person has
    /// interrupted an earlier run, or this one; or the database failed. The lease is then free again.
    pub async fn begin_by(ports: P, kind: RunKind, cause: Cause) -> Result<Self, HostError> {
        let metrics = ports.metrics().clone();
        let begun = Box::pin(async {
            let mut run = Self::locked_by(ports, kind, cause).await?;
            let is_scheduled = run.cause.trigger == Trigger::Schedule;
            let taken_up = match (run.go_ahead(), kind.lane()) {
                (Ok(()), Lane::Directory) => Box::pin(run.take_up(is_scheduled)).await,
                (gone_ahead, _) => gone_ahead,
            };
            if let Err(error) = taken_up {
                run.lock.release().await?;
                return Err(error);
            }
            Ok(run)
        });
        begun.await.inspect_err(|error| metrics.not_started(kind.word(), error))
    }

    /// Finishes or abandons the plan of an interrupted run, as a person has decided. Returns that run's report. No new
    /// plan is made.
    ///
    /// # Errors
    /// No plan is open, or as [`Self::begin_by`].
    pub async fn go_on(ports: P, way: WayOn, cause: Cause) -> Result<Report, HostError> {
        let (metrics, kind) = (ports.metrics().clone(), RunKind::Sync);
        let gone_on = Box::pin(async {
            let mut run = Self::locked_by(ports, kind, cause).await?;
            run.goes_on = true;
            let report = match run.go_ahead() {
                Ok(()) => run.decided(way).await,
                Err(error) => Err(error),
            };
            run.lock.release().await?;
            report
        });
        gone_on.await.inspect_err(|error| metrics.not_started(kind.word(), error))
    }

    async fn locked_by(ports: P, kind: RunKind, cause: Cause) -> Result<Self, HostError> {
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
        Ok(Self {
            ports,
            lock,
            fence,
            keyring,
            journal,
            resumed: None,
            warnings: Vec::new(),
            cannot_plan: Mutex::new(None),
            saved: None,
            yes: Yes::default(),
            goes_on: false,
            interrupted_by: OnceLock::new(),
            kind,
            cause,
            started_at,
            timer,
            span,
        })
    }

    /// Releases the lease without a run record, because there was nothing to do.
    ///
    /// # Errors
    /// The database failed. The lease then lapses by itself.
    pub async fn leave(self) -> Result<(), HostError> {
        self.lock.release().await
    }

    /// The report of the interrupted run that this run has resumed or abandoned, if there was one. It has a run record of
    /// its own.
    pub fn resumed(&self) -> Option<&Report> {
        self.resumed.as_ref()
    }

    /// Has the plugin make a plan. Nothing is written.
    ///
    /// # Errors
    /// The plugin or the host failed, the lease was lost, or a person interrupted the run.
    pub async fn plan(&self) -> Result<Planned, HostError> {
        if let Some(error) = self.cannot_plan.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        let planned = self.locked(Box::pin(self.ports.plan().instrument(Spans::plan(&self.span))));
        let planned = unless_interrupted(self.ports.interrupt(), planned).await;
        planned.inspect_err(|error| self.ports.metrics().over_limit(error))
    }

    /// Applies a plan, except for the changes that a guard holds. If the plan has to wait for approval
    /// ([`hibob_config::tenant::Approval`]), it is stored, and no part of it is applied. The report says which changes
    /// failed, and what ended the run early.
    pub async fn apply(&self, planned: &Planned, release: Release) -> Report {
        // A saved plan may be older than somebody's erasure, or than a hold.
        let planned = &*self.keyring.erased_people().without(planned);
        let on_hold = self.ports.run_store().on_hold(self.ports.now()).await;
        let planned = &*on_hold.as_ref().map_or(Cow::Borrowed(planned), |on_hold| on_hold.without(planned));
        let mut report = Report::planned(&self.ports.config().id, planned);
        report.errors.retain(|row| row.code != ENABLED_BY_INACTIVE); // it ends the run
        let applied = self.locked(Box::pin(async {
            report.starts_source_anew = release.changed_source;
            on_hold?;
            let judged = self.judge(planned, release, &mut report).await;
            let held = match &judged {
                Ok(Judged { verdict: ApprovalVerdict::Apply(held), .. }) => Some(held),
                _ => None,
            };
            self.age_cases(planned, held, &mut report).await?;
            let Judged { leavers, are_terminations, verdict } =
                judged.inspect_err(|_| report.name_leavers(planned, None))?;
            match (verdict, leavers) {
                (ApprovalVerdict::Apply(held), _) => {
                    report.guards.clone_from(&held.guards);
                    self.say_that_it_is_applied_once(&mut report);
                    if planned.changes.is_empty() {
                        return Ok(());
                    }
                    self.go_ahead_now().await?;
                    let journal = self.write_down(planned, &held).await?;
                    if release.archiving > 0 && self.is_above_archiving_limits(planned).await? {
                        self.ports.run_store().note_released(self.fence, journal).await?;
                    }
                    self.make(planned, stored_ids(planned), &held, journal, &mut report).await;
                }
                (ApprovalVerdict::Approved(stored), leavers) => {
                    if let Some(leavers) = leavers
                        && !Box::pin(self.make_leavers(&leavers, are_terminations, &mut report)).await?
                    {
                        return Ok(());
                    }
                    self.make_approved(&stored, &mut report).await?;
                }
                (ApprovalVerdict::Wait, Some(leavers)) => {
                    self.make_these(&leavers, are_terminations, &mut report).await?;
                }
                (ApprovalVerdict::Wait, None) => {}
                (ApprovalVerdict::Refuse(error), leavers) => {
                    if let Some(leavers) = &leavers {
                        self.make_these(leavers, are_terminations, &mut report).await?;
                    }
                    report.name_leavers(planned, leavers.as_ref());
                    if !report.is_stopped() {
                        return Err(error);
                    }
                }
            }
            Ok(())
        }));
        if let Err(error) = applied.instrument(Spans::apply(&self.span, planned.changes.len())).await {
            report.stop(error);
        }
        report
    }

    /// Makes archivings while the rest of their plan is not applied, under the journal of this run.
    ///
    /// # Errors
    /// A person has stopped the run, it has lost its lease, or the database failed.
    async fn make_these(
        &self,
        leavers: &Planned,
        are_terminations: bool,
        report: &mut Report,
    ) -> Result<(), HostError> {
        self.go_ahead_now().await?;
        let journal = self.write_down(leavers, &Held::default()).await?;
        if are_terminations {
            self.ports.run_store().note_terminations(self.fence, journal).await?;
        }
        self.make(leavers, stored_ids(leavers), &Held::default(), journal, report).await;
        Ok(())
    }

    /// Makes archivings before an approved plan, whose journal is its own. They have a run record of their own, and count
    /// in `report` too. False if something has ended the run, so that the approved plan is not applied.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed.
    async fn make_leavers(
        &self,
        leavers: &Planned,
        are_terminations: bool,
        report: &mut Report,
    ) -> Result<bool, HostError> {
        self.go_ahead_now().await?;
        let id = self.write_down(leavers, &Held::default()).await?;
        if are_terminations {
            self.ports.run_store().note_terminations(self.fence, id).await?;
        }
        let nothing = Planned { findings: Vec::new(), ..leavers.clone() };
        let mut own = Report::planned(&self.ports.config().id, &nothing);
        let interrupted_by = self.carry_out(leavers, stored_ids(leavers), &Held::default(), id, &mut own).await;
        let record = RunRecord {
            kind: self.kind,
            trigger: self.cause.trigger.word(),
            job: None,
            started_at: self.started_at,
            finished_at: self.ports.now(),
            exit_code: own.exit() as u8,
            report: own.history()?,
            journal: Some(id),
            interrupted_by,
            saved: None,
        };
        self.record_run(record, None, &own.updates).await?;
        report.archived += own.archived;
        report.active_accounts = std::mem::take(&mut own.active_accounts);
        report.failed += own.failed;
        report.errors.append(&mut own.errors);
        report.error = own.error.take();
        Ok(report.error.is_none())
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
        let id = *self.journal.get_or_init(|| journal);
        if let Some(by) = self.carry_out(planned, ids, held, id, report).await {
            let _ = self.interrupted_by.set(by);
        }
    }

    /// Makes what is not held of a plan whose journal `id` was just opened. Returns who has interrupted that, if a person
    /// did before the plan's end; the report says so too.
    async fn carry_out(
        &self,
        planned: &Planned,
        ids: BTreeMap<String, String>,
        held: &Held,
        id: i64,
        report: &mut Report,
    ) -> Option<String> {
        let (fence, keyring, past) = (self.fence, self.keyring(), JournalState::default());
        let (job, kept) = (self.cause.job.as_deref(), kept_by(planned));
        let journal = Journal { id, fence, keyring, ids, past, closed: None, told_generation: 0, kept, job };
        let applying = apply::apply(&self.ports, planned, held, &journal, report);
        let progress = self.interruptibly(id, Box::pin(applying)).await;
        let (Progress::Interrupted { ended, unknown }, Some(by)) = (progress, self.ports.interrupt().by()) else {
            return None;
        };
        report.stop(interrupted(&self.ports.config().id, &by, planned.changes.len(), (ended, unknown)));
        Some(by.to_string())
    }

    /// Checks that nobody has interrupted the run, before its plan is stored.
    fn go_ahead(&self) -> Result<(), HostError> {
        self.ports.interrupt().by().map_or(Ok(()), |by| Err(interrupted_early(&by)))
    }

    /// Whether a person has stopped the run, also by what the databases say now.
    pub async fn is_stopped(&self) -> bool {
        apply::is_stopped(&self.ports, self.cause.job.as_deref()).await
    }

    /// As [`Self::go_ahead`], also by what the databases say now.
    async fn go_ahead_now(&self) -> Result<(), HostError> {
        self.is_stopped().await;
        self.go_ahead()
    }

    /// Carries out `work`, which applies the plan of an open journal. When a person interrupts the run, the journal is
    /// marked at once, so that also a crash from then on does not hide it.
    async fn interruptibly<T>(&self, journal: i64, work: impl Future<Output = T>) -> T {
        let marking = async {
            let by = self.ports.interrupt().requested().await;
            let marked = self.ports.run_store().mark_interrupted(self.fence, journal, &by, self.ports.now()).await;
            if let Err(error) = marked {
                tracing::warn!("the interruption is noted with the run record only: {error}");
            }
            std::future::pending::<std::convert::Infallible>().await
        };
        tokio::select! {
            biased;
            done = work => done,
            never = marking => match never {},
        }
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
            changes: i64::try_from(planned.changes.len()).unwrap_or(i64::MAX),
            job: self.cause.job.as_deref(),
            // Where everything is held, the plan can be applied later with a release.
            saved: self.saved.as_deref().filter(|_| held.changes.len() < planned.changes.len()),
        };
        self.ports.run_store().begin_journal(self.fence, &new).await
    }

    /// Writes the run record and releases the lease. The plan's baseline becomes the tenant's if the run was accepted.
    ///
    /// # Errors
    /// The database failed.
    pub async fn finish(self, report: &mut Report, planned: Option<&Planned>) -> Result<(), HostError> {
        let is_first = self.ports.run_store().baseline().await?.is_empty();
        let accepted = planned.and_then(|planned| accepted(report, planned, is_first));
        if let Some(baseline) = accepted {
            self.note_source(baseline, report.starts_source_anew).await?;
        }
        // The plan of an interrupted run is not applied yet: whoever closes its journal is its run.
        let approvals = self.ports.approvals().filter(|_| self.interrupted_by.get().is_none()).cloned();
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
            Ok(_) => {
                let warnings: Vec<&str> = outcome.warnings().iter().map(|row| row.code.as_str()).collect();
                metrics.run_ended(kind.word(), timer, &outcome.codes(), &warnings, outcome.exit());
            }
            Err(error) => metrics.job_failed(kind.word(), timer, error),
        }
        let exit = recorded.as_ref().map_or_else(HostError::exit, |_| outcome.exit());
        Spans::run_ended(&span, recorded.as_ref().ok().copied(), exit);
        recorded.map(drop)
    }

    async fn record(self, outcome: &mut impl RunReport, baseline: Option<&[NamedValue]>) -> Result<i64, HostError> {
        outcome.common().warnings.extend(self.warnings.iter().cloned());
        let is_applied = outcome.stopped().is_none() && outcome.held_back().is_none();
        let record = RunRecord {
            kind: self.kind,
            trigger: self.cause.trigger.word(),
            job: self.cause.job.clone(),
            started_at: self.started_at,
            finished_at: self.ports.now(),
            exit_code: outcome.exit() as u8,
            report: outcome.history()?,
            journal: self.journal.get().copied(),
            interrupted_by: self.interrupted_by.get().cloned(),
            saved: self.saved.clone().filter(|_| is_applied && self.journal.get().is_none()),
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

    /// Records the state of the source, against which later ones are held. Where a person has released it, earlier
    /// states are dropped.
    async fn note_source(&self, baseline: &[NamedValue], starts_anew: bool) -> Result<(), HostError> {
        let config = self.ports.config();
        let window = i64::from(config.safety.leak_days) * DAY;
        let since = if starts_anew { self.started_at } else { self.started_at - window };
        let (selection, state) = (guard::selection(config), guard::state(baseline));
        self.ports.run_store().note_source(self.fence, self.started_at, &selection, &state, since).await
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

//! Resuming: finishing the plan of a run that was interrupted.
//!
//! Every directory run begins with this, before it makes a plan of its own.
//!
//! 1. An open journal is the sign of an interrupted run. It has the stored plan, what guards held of it, the digests of
//!    settings and plugin, and the events of its changes.
//! 2. The stored plan must have the digest that the journal has, and its events must follow from each other. If not,
//!    the journal is closed with an error, nothing is applied in this run, and the next run makes a new plan.
//! 3. Finished changes are counted and not made again. Of begun changes the plugin looks first whether they were made.
//!    The others are made (`apply.rs`).
//! 4. Nothing more is made of a plan that is older than `sync.plan_age_hours_max`, that was made with other settings or
//!    another plugin, or from which an erased person is missing. Its begun changes are reported as interrupted, its
//!    others as not tried.
//! 5. The age of an approved plan counts from when its journal began, because it was compared with a new plan then.
//! 6. The interrupted run gets its own run record, with the trigger "resumed". Its baseline is accepted by the same
//!    rule as any other.
//! 7. A plan whose run a person interrupted, or whose job a person cancelled, is not resumed unless a person says so
//!    (`hibob runs resume`). Until then a run that a person starts is held. A scheduled run abandons the plan: the
//!    plugin looks what became of the changes that were begun, and cannot write; the others are reported as not tried.
//!    The run record of that has the trigger "abandoned". `hibob runs abandon` does the same.
//! 8. After a restore the rest of a plan is abandoned in the same way, since some of it may have been made since the
//!    backup.
//! 9. The run records of one plan together have each of its changes once. That of an interrupted run has those that had
//!    ended.

use crate::interrupt::Interrupt;
use crate::interrupted::cancelled_by_key;
use crate::run::apply;
use crate::run::apply::Progress;
use crate::run::journal::{ChangeResult, Closed, Journal, JournalState, kept_by};
use crate::run::ports::RunPorts;
use crate::run::report::Report;
use crate::run::{RunReport, Running, accepted};
use hibob_base::clock::minute;
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_base::job::WayOn;
use hibob_policy::guard::Held;
use hibob_store::database::{EventRow, OpenJournal, RunRecord, restored_because};
use hibob_store::privacy;
use hibob_store::privacy::DecryptedPlan;
use hibob_store::run_store::RunStore;
use hibob_telemetry::Spans;
use sha2::{Digest, Sha256};
use tracing::Instrument;

/// Seconds in an hour.
const HOUR: u64 = 60 * 60;

/// What is done with the plan of an interrupted run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Settling {
    /// The rest of it is applied.
    Resume,
    /// The rest of it is not applied, for this reason.
    Abandon(String),
}

impl Settling {
    /// The trigger of the run record.
    fn trigger(&self) -> &'static str {
        match self {
            Self::Resume => "resumed",
            Self::Abandon(_) => "abandoned",
        }
    }
}

/// The error of a run that a person interrupted. `ended` of its plan's `changes` have ended, and of `unknown` others it
/// is not known whether they were made.
pub(super) fn interrupted(tenant: &str, by: &str, changes: usize, progress: (usize, usize)) -> HostError {
    let (ended, unknown) = progress;
    let in_flight = match unknown {
        0 => String::new(),
        _ => format!(", {unknown} were begun and may have been made"),
    };
    HostError::Interrupted {
        message: format!(
            "{by} has interrupted the run: {ended} of {changes} changes are done with{in_flight}, and the rest was not begun"
        ),
        remedy: ways_on(tenant),
    }
}

/// The error of a run that a person interrupted before it applied anything.
pub(super) fn interrupted_early(by: &str) -> HostError {
    HostError::Interrupted {
        message: format!("{by} has interrupted the run before anything was applied"),
        remedy: "nothing; there is nothing to resume, and the next run begins anew".to_owned(),
    }
}

/// What a person can do about a plan that was interrupted.
fn ways_on(tenant: &str) -> String {
    format!("apply the rest: hibob runs resume {tenant}; or leave it undone: hibob runs abandon {tenant}")
}

/// Ends `work`, which only reads, as soon as a person interrupts the run.
///
/// # Errors
/// The run was interrupted, or the error of `work`.
pub async fn unless_interrupted<T>(
    interrupt: &Interrupt,
    work: impl Future<Output = Result<T, HostError>>,
) -> Result<T, HostError> {
    tokio::select! {
        biased;
        by = interrupt.requested() => Err(interrupted_early(&by)),
        done = work => done,
    }
}

impl<P: RunPorts> Running<P> {
    /// What has interrupted the run of an open journal on purpose; none if it was a crash.
    pub(super) async fn interrupted_by(&self, open: &OpenJournal) -> Result<Option<String>, HostError> {
        if let Some(by) = &open.interrupted_by {
            return Ok(Some(by.clone()));
        }
        let Some(job) = &open.job else { return Ok(None) };
        if !self.ports.is_cancelled(job).await? {
            return Ok(None);
        }
        // Its host crashed before it noticed.
        let by = cancelled_by_key(job);
        self.ports.run_store().mark_interrupted(self.fence, open.id, &by, self.ports.now()).await?;
        Ok(Some(by))
    }

    /// Decides what a run that was started by itself or by a person does with an interrupted plan (rules 7 and 8), and
    /// does it. The report is that of the interrupted run; none if there was none.
    ///
    /// # Errors
    /// A person interrupted the plan's run, and this run is not scheduled; or as [`Self::settle`].
    pub(super) async fn take_up(&mut self, is_scheduled: bool) -> Result<(), HostError> {
        let Some(open) = self.ports.run_store().open_journal().await? else { return Ok(()) };
        let started = minute(open.started_at);
        let settling = match self.interrupted_by(&open).await? {
            None => Settling::Resume,
            Some(by) => match restored_because(&by) {
                Some(why) => Settling::Abandon(why.to_owned()),
                None if is_scheduled => Settling::Abandon(format!("{by} had interrupted it")),
                None => {
                    let message =
                        format!("{by} has interrupted the run of {started}, and its plan is not applied to its end");
                    return Err(HostError::held(message, ways_on(&self.ports.config().id)));
                }
            },
        };
        let report = Box::pin(self.settle(&open, &settling)).await?;
        if let (Settling::Abandon(why), Some(run)) = (&settling, report.run) {
            self.warnings.push(crate::run::ErrorRow {
                employee_id: None,
                code: "PLAN_ABANDONED".to_owned(),
                message: format!(
                    "the rest of the plan of {started} was not applied, because {why}: {} changes; run {run} of the history has them",
                    report.skipped
                ),
                remedy: "nothing; this run has made a new plan of what is there now".to_owned(),
            });
        }
        self.resumed = Some(report);
        Ok(())
    }

    /// Resumes or abandons the plan that is open, as a person has decided.
    ///
    /// # Errors
    /// No plan is open, or as [`Self::settle`].
    pub(super) async fn decided(&self, way: WayOn) -> Result<Report, HostError> {
        let tenant = &self.ports.config().id;
        let Some(open) = self.ports.run_store().open_journal().await? else {
            let message = format!("tenant {tenant}: no run is interrupted, so there is nothing to go on with");
            return Err(HostError::configuration(message, format!("look at what there was: hibob history {tenant}")));
        };
        let by = self.interrupted_by(&open).await?;
        let restored = by.as_deref().and_then(restored_because);
        let settling = match (way, restored) {
            (_, Some(why)) => Settling::Abandon(why.to_owned()),
            (WayOn::Abandon, None) => Settling::Abandon("a person has abandoned it".to_owned()),
            (WayOn::Resume, None) => {
                self.ports.run_store().unmark_interrupted(self.fence, open.id).await?;
                Settling::Resume
            }
        };
        Box::pin(self.settle(&open, &settling)).await
    }

    /// Finishes or abandons the plan of an interrupted run, and writes that run's record. Returns its report. The rules
    /// are at the head of this file.
    ///
    /// # Errors
    /// The journal cannot be read, a person interrupted it again, the lease was lost, or the database failed.
    pub(super) async fn settle(&self, open: &OpenJournal, settling: &Settling) -> Result<Report, HostError> {
        let Opened { plan, held, past } = match self.read(open).await? {
            Ok(read) => read,
            Err(why) => return Err(self.close(open, &why).await?),
        };
        let planned = &plan.planned;
        let mut report = Report::planned(&self.ports.config().id, planned);
        report.guards.clone_from(&held.guards);
        let out_of_date = self.out_of_date(open, &plan).await?;
        let is_same = plan.is_whole
            && open.settings == self.ports.settings_digest()?
            && open.plugin == self.ports.plugin_digest();
        let closed = match settling {
            Settling::Abandon(_) if is_same => Some(Closed::Looks),
            Settling::Abandon(_) => Some(Closed::AsItIs),
            Settling::Resume => out_of_date.is_some().then_some(Closed::AsItIs),
        };
        let (id, fence, keyring, told_generation) = (open.id, self.fence, self.keyring(), open.told_generation);
        let (job, kept) = (self.cause.job.as_deref(), kept_by(planned));
        let journal = Journal { id, fence, keyring, ids: plan.ids(), past, closed, told_generation, kept, job };
        let changes = planned.changes.len();
        let applied = self.locked(async {
            Ok(self.interruptibly(id, Box::pin(apply::apply(&self.ports, planned, &held, &journal, &mut report))).await)
        });
        let progress = applied.instrument(Spans::apply(&self.span, changes)).await?;
        let started = minute(open.started_at);
        if let (Progress::Interrupted { ended, unknown }, Some(by)) = (progress, self.ports.interrupt().by()) {
            let error = || interrupted(&self.ports.config().id, &by, changes, (ended, unknown));
            report.stop(error());
            let record = RunRecord { interrupted_by: Some(by.to_string()), ..self.record_of(open, settling, &report)? };
            self.record_run(record, None, &report.updates).await?;
            return Err(error());
        }
        match (settling, out_of_date) {
            (Settling::Abandon(why), _) => report.stop(HostError::Interrupted {
                message: format!("the rest of the plan of {started} is not applied: {why}"),
                remedy: "nothing; the next plan starts from what is there now".to_owned(),
            }),
            (Settling::Resume, Some(why)) => report.stop(HostError::held(
                format!("a run of {started} was interrupted, and the rest of its plan is not applied: {why}"),
                "nothing; the next plan starts from what is there now",
            )),
            (Settling::Resume, None) => {}
        }
        let record = self.record_of(open, settling, &report)?;
        let is_first = self.ports.run_store().baseline().await?.is_empty();
        let number = self.record_run(record, accepted(&report, planned, is_first), &report.updates).await?;
        report.numbered(number);
        Ok(report)
    }

    /// Closes a journal that cannot be read, and returns the error that says so. This run then applies nothing, so that
    /// a person looks at it; the next run makes a new plan.
    async fn close(&self, open: &OpenJournal, why: &str) -> Result<HostError, HostError> {
        let tenant = &self.ports.config().id;
        let message =
            format!("the journal of the interrupted run of {} cannot be read: {why}", minute(open.started_at));
        let error = |remedy: String| HostError::Journal { message: message.clone(), remedy };
        let closed =
            Report::stopped(tenant, error("sync again; the next plan starts from what is there now".to_owned()));
        let record = self.record_of(open, &Settling::Resume, &closed)?;
        let number = self.record_run(record, None, &[]).await?;
        Ok(error(format!(
            "nothing was applied, and that run is closed as run {number} of the history; if nobody has changed the database, \
             report this to the host's developers; then start again: the next plan starts from what is there now"
        )))
    }

    fn record_of(&self, open: &OpenJournal, settling: &Settling, report: &Report) -> Result<RunRecord, HostError> {
        Ok(RunRecord {
            kind: open.kind,
            trigger: settling.trigger(),
            // The job that goes on with it, if it does nothing else.
            job: self.cause.job.clone().filter(|_| self.goes_on),
            started_at: open.started_at,
            finished_at: self.ports.now(),
            exit_code: report.exit() as u8,
            report: report.history()?,
            journal: Some(open.id),
            interrupted_by: None,
            saved: None,
        })
    }

    /// Decrypts and checks a journal. The inner error says what is wrong with it.
    async fn read(&self, open: &OpenJournal) -> Result<Result<Opened, String>, HostError> {
        if hex(&Sha256::digest(&open.plan)) != open.digest {
            return Ok(Err(format!("the stored plan {} was changed", open.digest)));
        }
        let plan = match privacy::plan::decrypt(self.keyring(), &open.plan).await? {
            Ok(plan) => plan,
            Err(error) => return Ok(Err(format!("its plan: {error}"))),
        };
        let events = self.opened_events(open).await?;
        let ids = plan.ids();
        let known =
            plan.planned.changes.iter().map(|change| ids.get(&change.id).unwrap_or(&change.id).clone()).collect();
        let held = serde_json::from_str(&open.held).map_err(|error| format!("what it holds: {error}"));
        Ok(held.and_then(|held| Ok(Opened { held, past: JournalState::fold(&known, &events)?, plan })))
    }

    /// The journal's events, with the outcomes decrypted.
    async fn opened_events(&self, open: &OpenJournal) -> Result<Vec<EventRow>, HostError> {
        let stored = open.events.iter().map(|event| event.made.clone()).collect();
        let opened = privacy::rows::decrypt_results(self.keyring(), stored).await?;
        let event = |(event, made): (&EventRow, Option<String>)| {
            // The person was erased: an outcome that says so, in the journal's own form, so that the events can still
            // be read.
            let gone = || serde_json::to_string(&ChangeResult::forgotten()).unwrap_or_default();
            EventRow { made: made.unwrap_or_else(gone), ..event.clone() }
        };
        Ok(open.events.iter().zip(opened).map(event).collect())
    }

    /// Why the rest of a plan must not be applied; none if it may be (rules 4 and 5).
    async fn out_of_date(&self, open: &OpenJournal, plan: &DecryptedPlan) -> Result<Option<&'static str>, HostError> {
        let hours = u64::from(self.ports.config().sync.plan_age_hours_max);
        let is_approved = match self.ports.approvals() {
            Some(approvals) => approvals.is_of_approval(open.id).await?,
            None => false,
        };
        let started_at = u64::try_from(open.started_at).unwrap_or_default();
        let since = if is_approved { started_at } else { plan.planned.created_at };
        let now = u64::try_from(self.ports.now()).unwrap_or_default();
        Ok(if !plan.is_whole {
            Some(privacy::SOMEBODY_FORGOTTEN)
        } else if now.saturating_sub(since) > hours.saturating_mul(HOUR) {
            Some("it is older than sync.plan_age_hours_max")
        } else if open.settings != self.ports.settings_digest()? {
            Some("the tenant's settings have changed since it was made")
        } else if open.plugin != self.ports.plugin_digest() {
            Some("the plugin has changed since it was made")
        } else {
            None
        })
    }
}

/// A journal that was read: the plan, the changes that guards held, and how far each change had come.
struct Opened {
    plan: DecryptedPlan,
    held: Held,
    past: JournalState,
}

//! Taking up a plan whose run did not come to its end, with the truth of today.
//!
//! Every directory run begins with this, before it makes a plan of its own.
//!
//! 1. An open journal is the sign of an interrupted run: it crashed, its host was drained, or a person interrupted it. It
//!    has the stored plan, what guards held of it, the digests of settings and plugin, and the events of its changes.
//! 2. The stored plan must have the digest that the journal has, and its events must follow from each other. If not,
//!    the journal is closed with an error, nothing is applied in this run, and the next run makes a new plan.
//! 3. Finished changes are counted and not made again. What became of the begun ones is looked up in a call whose egress
//!    lets no write out, whatever plugin and settings there are by now; the host judges by the target's answers
//!    (`apply.rs`).
//! 4. The rest of a plan that nobody has seen is closed: each of its changes is in the history as not tried. This run then
//!    makes a new plan, so that what HiBob says today is what counts.
//! 5. A saved or approved plan keeps its yes, and so does any plan that a person has resumed (`hibob runs resume`). This
//!    run makes a new plan only to compare it: of what is left, the changes that the new plan makes as well are made, and
//!    each of the others is named and not made. The second write of an account whose first one was made goes on if the new
//!    plan would write the same values. If no new plan can be made, because HiBob cannot be read, nothing is made, and the
//!    journal stays open.
//! 6. Nothing is left of a yes to a plan that is older than `sync.plan_age_hours_max`, that was made with other settings
//!    or another plugin, or from which an erased person is missing. The age of an approved plan counts from when its
//!    journal began, because it was compared with a new plan then.
//! 7. The interrupted run gets its own run record, with the trigger "resumed" (rule 5) or "abandoned" (rule 4). It never
//!    sets the baseline: the new plan may.
//! 8. What a person interrupted, or whose job a person cancelled, is not begun again by itself. Until a person decides, a
//!    run that a person starts is held. A scheduled run closes the plan by rule 4, whoever had said yes to it;
//!    `hibob runs abandon` does the same and makes no new plan.
//! 9. After a restore the rest of a plan is closed in the same way, since some of it may have been made since the
//!    backup.
//! 10. The run records of one plan together have each of its changes once. That of an interrupted run has those that had
//!     ended.

use crate::interrupt::Interrupt;
use crate::interrupted::{begun, cancelled_by_key};
use crate::run::apply;
use crate::run::apply::Progress;
use crate::run::difference::{does_the_same, writes_the_same};
use crate::run::journal::{ChangeResult, Closed, Journal, JournalState, Moved, kept_by};
use crate::run::ports::RunPorts;
use crate::run::report::Report;
use crate::run::{RunReport, Running};
use hibob_base::clock::minute;
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_base::job::{RunKind, WayOn};
use hibob_contract::Planned;
use hibob_contract::directory_sync::Change;
use hibob_policy::guard::Held;
use hibob_store::database::{EventRow, OpenJournal, RunRecord, restored_because};
use hibob_store::privacy;
use hibob_store::privacy::DecryptedPlan;
use hibob_store::run_store::RunStore;
use hibob_telemetry::Spans;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tracing::Instrument;

/// Seconds in an hour.
const HOUR: u64 = 60 * 60;

/// The trigger of the run record of a plan that was gone on with, and of one that was closed.
const RESUMED: &str = "resumed";
const ABANDONED: &str = "abandoned";

/// Why the rest of a plan is closed after a crash.
const NOT_AT_ITS_END: &str = "its run did not come to its end";

/// The error of a run that a person interrupted. `ended` of its plan's `changes` have ended, and of `unknown` others it
/// is not known whether they were made.
pub(super) fn interrupted(tenant: &str, by: &str, changes: usize, progress: (usize, usize)) -> HostError {
    let (ended, unknown) = progress;
    let in_flight = begun(i64::try_from(unknown).unwrap_or(i64::MAX));
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

    /// Decides what a run that was started by itself or by a person does with an interrupted plan, and does it. The report
    /// is that of the interrupted run; none if there was none.
    ///
    /// # Errors
    /// A person interrupted the plan's run, and this run is not scheduled; no new plan can be made, and this run has a
    /// plan that was made before; or as [`Self::abandon`].
    pub(super) async fn take_up(&mut self, is_scheduled: bool) -> Result<(), HostError> {
        let Some(open) = self.ports.run_store().open_journal().await? else { return Ok(()) };
        let started = minute(open.started_at);
        let why = match self.interrupted_by(&open).await? {
            None if self.keeps_its_yes(&open).await? => None,
            None => Some(NOT_AT_ITS_END.to_owned()),
            Some(by) => match restored_because(&by) {
                Some(why) => Some(why.to_owned()),
                None if is_scheduled => Some(format!("{by} had interrupted it")),
                None => {
                    let message =
                        format!("{by} has interrupted the run of {started}, and its plan is not applied to its end");
                    return Err(HostError::held(message, ways_on(&self.ports.config().id)));
                }
            },
        };
        let report = match &why {
            Some(why) => Box::pin(self.abandon(&open, why)).await?,
            None => match Box::pin(self.go_on_with(open)).await? {
                Ok(report) => report,
                // The history has the run that could not make a plan, as it has any other.
                Err(error) if self.kind == RunKind::Sync && self.ports.interrupt().by().is_none() => {
                    self.cannot_plan = Mutex::new(Some(error));
                    return Ok(());
                }
                Err(error) => return Err(error),
            },
        };
        if let (Some(why), Some(run)) = (&why, report.run) {
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

    /// Goes on with the plan that is open, or closes it, as a person has decided.
    ///
    /// # Errors
    /// No plan is open, no new plan can be made, or as [`Self::abandon`].
    pub(super) async fn decided(&self, way: WayOn) -> Result<Report, HostError> {
        let tenant = &self.ports.config().id;
        let Some(open) = self.ports.run_store().open_journal().await? else {
            let message = format!("tenant {tenant}: no run is interrupted, so there is nothing to go on with");
            return Err(HostError::configuration(message, format!("look at what there was: hibob history {tenant}")));
        };
        let by = self.interrupted_by(&open).await?;
        let restored = by.as_deref().and_then(restored_because);
        match (way, restored) {
            (_, Some(why)) => Box::pin(self.abandon(&open, why)).await,
            (WayOn::Abandon, None) => Box::pin(self.abandon(&open, "a person has abandoned it")).await,
            (WayOn::Resume, None) => Box::pin(self.go_on_with(open)).await?,
        }
    }

    /// Whether a person has seen the plan and said yes to it.
    async fn keeps_its_yes(&self, open: &OpenJournal) -> Result<bool, HostError> {
        let is_approved = match self.ports.approvals() {
            Some(approvals) => approvals.is_of_approval(open.id).await?,
            None => false,
        };
        Ok(open.is_saved || is_approved)
    }

    /// Looks up what was in flight, closes the plan of an interrupted run, and writes that run's record (rule 4). Returns
    /// its report.
    ///
    /// # Errors
    /// The journal cannot be read, a person interrupted it again, the lease was lost, or the database failed.
    async fn abandon(&self, open: &OpenJournal, why: &str) -> Result<Report, HostError> {
        let opened = match self.read(open).await? {
            Ok(opened) => opened,
            Err(why) => return Err(self.close(open, &why).await?),
        };
        let mut report = self.carry_on(open, &opened, Closed::Looks, ABANDONED).await?;
        report.stop(HostError::Interrupted {
            message: format!("the rest of the plan of {} is not applied: {why}", minute(open.started_at)),
            remedy: "nothing; the next plan starts from what is there now".to_owned(),
        });
        self.record_end(open, ABANDONED, report).await
    }

    /// Goes on with a plan to which a person has said yes (rules 5 and 6), and writes its run's record. Returns its
    /// report. The inner error says why no new plan could be made; the journal is open then.
    ///
    /// # Errors
    /// As [`Self::abandon`].
    async fn go_on_with(&self, open: OpenJournal) -> Result<Result<Report, HostError>, HostError> {
        let opened = match self.read(&open).await? {
            Ok(opened) => opened,
            Err(why) => return Err(self.close(&open, &why).await?),
        };
        if let Some(why) = self.out_of_date(&open, &opened.plan).await? {
            let mut report = self.carry_on(&open, &opened, Closed::Looks, RESUMED).await?;
            let started = minute(open.started_at);
            report.stop(HostError::held(
                format!("a run of {started} was interrupted, and the rest of its plan is not applied: {why}"),
                "nothing; the next plan starts from what is there now",
            ));
            return self.record_end(&open, RESUMED, report).await.map(Ok);
        }
        self.carry_on(&open, &opened, Closed::Settles, RESUMED).await?;
        let new = match self.plan().await {
            Ok(new) => new,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(error) = HostError::of_left_admin(&new.findings) {
            return Ok(Err(error));
        }
        let new = self.keyring().erased_people().without(&new).into_owned();
        if open.interrupted_by.is_some() || open.job.is_some() {
            self.ports.run_store().unmark_interrupted(self.fence, open.id).await?;
        }
        // With what has just been looked up.
        let Some(open) = self.ports.run_store().open_journal().await? else {
            return Err(HostError::Storage("the journal of the interrupted run is gone".to_owned()));
        };
        let opened = match self.read(&open).await? {
            Ok(opened) => opened,
            Err(why) => return Err(self.close(&open, &why).await?),
        };
        let moved = self.moved(&open, &opened, &new);
        let report = self.carry_on(&open, &opened, Closed::Except(moved), RESUMED).await?;
        self.record_end(&open, RESUMED, report).await.map(Ok)
    }

    /// What is left of a plan and is not made as it was by a new one, each with the reason.
    fn moved(&self, open: &OpenJournal, opened: &Opened, new: &Planned) -> BTreeMap<String, Moved> {
        let planned = opened.held.without_held_fields(&opened.plan.planned);
        let journal = self.journal_of(open, opened, None);
        let is_made = |id: &String| {
            let first = planned.iter().find(|change| change.id == *id);
            first.and_then(|first| journal.ended(first)).is_some_and(|ended| ended.is_made())
        };
        let is_own = |id: &String, employee: &Option<String>| {
            planned.iter().any(|first| first.id == *id && first.employee_id == *employee)
        };
        let is_second_half = |change: &Change| {
            let mut firsts = change.depends_on.iter().chain(&change.after);
            change.employee_id.is_some() && firsts.any(|id| is_own(id, &change.employee_id) && is_made(id))
        };
        let why = |change: &Change| {
            let mut own = new.changes.iter().filter(|other| other.employee_id == change.employee_id);
            match new.changes.iter().find(|other| other.id == change.id) {
                Some(other) if does_the_same(change, other) => None,
                _ if is_second_half(change) && own.any(|other| writes_the_same(change, other)) => None,
                Some(_) => Some(Moved::Different),
                None => Some(Moved::NothingToDo),
            }
        };
        let left = planned.iter().filter(|change| journal.is_left(change));
        left.filter_map(|change| Some((change.id.clone(), why(change)?))).collect()
    }

    /// Carries out what is to be done with an open journal. Returns the report of its run.
    ///
    /// # Errors
    /// A person interrupted it again, which is then recorded; the lease was lost, or the database failed.
    async fn carry_on(
        &self,
        open: &OpenJournal,
        opened: &Opened,
        closed: Closed,
        trigger: &'static str,
    ) -> Result<Report, HostError> {
        let planned = &opened.plan.planned;
        let mut report = Report::planned(&self.ports.config().id, planned);
        report.guards.clone_from(&opened.held.guards);
        let journal = self.journal_of(open, opened, Some(closed));
        let changes = planned.changes.len();
        let applied = self.locked(async {
            let applying = apply::apply(&self.ports, planned, &opened.held, &journal, &mut report);
            Ok(self.interruptibly(open.id, Box::pin(applying)).await)
        });
        let progress = applied.instrument(Spans::apply(&self.span, changes)).await?;
        if let (Progress::Interrupted { ended, unknown }, Some(by)) = (progress, self.ports.interrupt().by()) {
            let error = || interrupted(&self.ports.config().id, &by, changes, (ended, unknown));
            report.stop(error());
            let record = RunRecord { interrupted_by: Some(by.to_string()), ..self.record_of(open, trigger, &report)? };
            self.record_run(record, None, &report.updates).await?;
            return Err(error());
        }
        Ok(report)
    }

    fn journal_of<'j>(
        &'j self,
        open: &OpenJournal,
        opened: &Opened,
        closed: Option<Closed>,
    ) -> Journal<'j, P::RunStore> {
        Journal {
            id: open.id,
            fence: self.fence,
            keyring: self.keyring(),
            ids: opened.plan.ids(),
            past: opened.past.clone(),
            closed,
            told_generation: open.told_generation,
            kept: kept_by(&opened.plan.planned),
            job: self.cause.job.as_deref(),
        }
    }

    /// Writes the record of the interrupted run, which never sets the baseline, and closes its journal.
    async fn record_end(
        &self,
        open: &OpenJournal,
        trigger: &'static str,
        mut report: Report,
    ) -> Result<Report, HostError> {
        let record = self.record_of(open, trigger, &report)?;
        let number = self.record_run(record, None, &report.updates).await?;
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
        let record = self.record_of(open, RESUMED, &closed)?;
        let number = self.record_run(record, None, &[]).await?;
        Ok(error(format!(
            "nothing was applied, and that run is closed as run {number} of the history; if nobody has changed the database, \
             report this to the host's developers; then start again: the next plan starts from what is there now"
        )))
    }

    fn record_of(&self, open: &OpenJournal, trigger: &'static str, report: &Report) -> Result<RunRecord, HostError> {
        Ok(RunRecord {
            kind: open.kind,
            trigger,
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

    /// Why nothing is left of the yes to a plan; none if it still counts (rule 6).
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

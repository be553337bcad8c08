//! Resuming: finishing the plan of a run that was interrupted, because its process or its machine died.
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

use crate::run::apply;
use crate::run::journal::{ChangeResult, Journal, JournalState};
use crate::run::ports::RunPorts;
use crate::run::report::Report;
use crate::run::{RunReport, Running, accepted};
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_policy::guard::Held;
use hibob_store::database::{EventRow, OpenJournal, RunRecord};
use hibob_store::privacy;
use hibob_store::privacy::DecryptedPlan;
use hibob_store::run_store::RunStore;
use hibob_telemetry::Spans;
use sha2::{Digest, Sha256};
use tracing::Instrument;

/// Seconds in an hour.
const HOUR: u64 = 60 * 60;

impl<P: RunPorts> Running<P> {
    /// Finishes the plan of an interrupted run, and writes that run's record. Returns its report; none if no run was
    /// interrupted. The rules are at the head of this file.
    ///
    /// # Errors
    /// The journal cannot be read, the lease was lost, or the database failed.
    pub(super) async fn resume(&self) -> Result<Option<Report>, HostError> {
        let Some(open) = self.ports.run_store().open_journal().await? else { return Ok(None) };
        let Opened { plan, held, past } = match self.read(&open).await? {
            Ok(read) => read,
            Err(why) => return Err(self.close(&open, &why).await?),
        };
        let planned = &plan.planned;
        let mut report = Report::planned(&self.ports.config().id, planned);
        report.guards.clone_from(&held.guards);
        let out_of_date = self.out_of_date(&open, &plan).await?;
        let (id, fence, keyring, is_closed) = (open.id, self.fence, self.keyring(), out_of_date.is_some());
        let journal = Journal { id, fence, keyring, ids: plan.ids(), past, is_closed };
        let changes = planned.changes.len();
        let resumed = self.locked(async {
            apply::apply(&self.ports, planned, &held, &journal, &mut report).await;
            Ok(())
        });
        resumed.instrument(Spans::apply(&self.span, changes)).await?;
        if let Some(why) = out_of_date {
            let started = time(open.started_at);
            report.stop(HostError::held(
                format!("a run of {started} was interrupted, and the rest of its plan is not applied: {why}"),
                "nothing; the next plan starts from what is there now",
            ));
        }
        let record = self.record_of(&open, &report)?;
        let number = self.record_run(record, accepted(&report, planned), &report.updates).await?;
        report.numbered(number);
        Ok(Some(report))
    }

    /// Closes a journal that cannot be read, and returns the error that says so. This run then applies nothing, so that
    /// a person looks at it; the next run makes a new plan.
    async fn close(&self, open: &OpenJournal, why: &str) -> Result<HostError, HostError> {
        let tenant = &self.ports.config().id;
        let message = format!("the journal of the interrupted run of {} cannot be read: {why}", time(open.started_at));
        let error = |remedy: String| HostError::Journal { message: message.clone(), remedy };
        let closed =
            Report::stopped(tenant, error("sync again; the next plan starts from what is there now".to_owned()));
        let record = self.record_of(open, &closed)?;
        let number = self.record_run(record, None, &[]).await?;
        Ok(error(format!(
            "nothing was applied, and that run is closed as run {number} of the history; if nobody has changed the database, \
             report this to the host's developers; then start again: the next plan starts from what is there now"
        )))
    }

    fn record_of(&self, open: &OpenJournal, report: &Report) -> Result<RunRecord, HostError> {
        Ok(RunRecord {
            kind: open.kind,
            trigger: "resumed",
            job: None,
            started_at: open.started_at,
            finished_at: self.ports.now(),
            exit_code: report.exit() as u8,
            report: report.history()?,
            journal: Some(open.id),
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

fn time(unix_seconds: i64) -> String {
    chrono::DateTime::from_timestamp(unix_seconds, 0).unwrap_or_default().format("%Y-%m-%d %H:%M UTC").to_string()
}

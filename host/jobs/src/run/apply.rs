//! Applying a plan.
//!
//! 1. Changes that do not depend on each other are made at the same time, at most `sync.parallel_changes` of them, each
//!    in a fresh instance. A change starts when everything that it depends on (`depends_on`) is done, and everything
//!    that it comes after (`after`) is done or has failed.
//! 2. A change that a guard holds is not made, nor is anything that depends on it. Of a change of which a guard holds
//!    single fields, the others are made; what needs a user name that is held is not.
//! 3. A change that the journal has as finished is not made again: its outcome is counted. One that was begun and not
//!    finished has an unknown outcome, and the plugin looks at the target first.
//! 4. The journal records that a change begins before its first request leaves. Its outcome is recorded in one
//!    transaction with what the plugin wrote to its storage and with the ledger.
//! 5. If the plugin answers that the outcome is unknown, it is called again after a pause, which doubles each time, at
//!    most `LOOKS_MAX` times. It then looks at the target before it writes.
//! 6. A change counts as made only as far as the target's own answers show it, field by field. If they show nothing of
//!    it, the plugin's writes are dropped; if they show some of its fields, it is partly made, and the outcome names the
//!    others. Whether an account is active counts only by a read that began after the last accepted write. Where none
//!    shows it as planned, rule 5 applies, whatever the plugin says. After the last look the outcome is unknown: the change
//!    counts as failed, the ledger does not have it, and the next plan starts from what is there by then.
//! 7. If a change fails, everything that depends on it is skipped. What only comes after it goes on.
//! 8. Refused credentials, a lost lease and a failed database stop the run: no further change begins, and those that
//!    were not begun are reported as not tried.
//! 9. Before each change the databases are asked whether a person has cancelled the run's job or disabled its tenant;
//!    that interrupts the run. If a person interrupts it, no further change begins and no attempt is repeated; the attempts that are in
//!    flight come to their end. The report then has the changes that have ended, and no others: what became of those
//!    is reported by the run that resumes or abandons the plan.
//! 10. A change that names an account which its plan creates gets that account's id from the host (`created.rs`). Fields
//!     that name one that was not created are left out.
//! 11. Of changes of an interrupted plan that were begun and are not to be made any more, the plugin looks what became of
//!     them, and cannot write (`look.rs`).

use crate::run::created::{CreatedAccounts, Resolved};
use crate::run::journal::{ChangeResult, Journal};
use crate::run::look::look;
use crate::run::ports::RunPorts;
use crate::run::report::Report;
use crate::run::rows::RowResult;
use crate::run::schedule::Schedule;
use futures::stream::{FuturesUnordered, StreamExt};
use hibob_base::error::{HostError, LOCK_LOST, STORAGE_FAILED};
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Attempt, Change, ChangeKind, Failure, Mismatch, NextStep, Outcome, Written};
use hibob_contract::types::Value;
use hibob_policy::guard::Held;
use hibob_policy::shown::{Shown, as_shown, state_unseen};
use hibob_store::database::LedgerEntry;
use hibob_store::run_store::RunStore;
use hibob_telemetry::{ChangeOutcome, Spans};
use std::collections::BTreeMap;
use std::time::Duration;
use tracing::Instrument;

/// The built-in plugin's code for a request that the host does not let out.
pub(super) const NOT_ALLOWED: &str = "NOT_ALLOWED";

/// How often a change of unknown outcome is looked up and, if it was not made, made again.
pub(super) const LOOKS_MAX: u32 = 4;

/// How far a plan was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// To its end: every change has ended, or is not made.
    Ended,
    /// A person interrupted it before that.
    Interrupted {
        /// How many changes have ended, or are held.
        ended: usize,
        /// How many were begun, and whether they were made is not known.
        unknown: usize,
    },
}

/// Applies a plan except for what is in `held`, and counts each change's outcome in `report`. The rules are at the
/// head of this file.
pub(super) async fn apply(
    ports: &impl RunPorts,
    planned: &Planned,
    held: &Held,
    journal: &Journal<'_, impl RunStore>,
    report: &mut Report,
) -> Progress {
    let interrupt = ports.interrupt();
    let (before, mut ended, mut unknown) = (report.clone(), BTreeMap::new(), Vec::new());
    let made = held.without_held_fields(planned);
    let mut schedule = Schedule::new(&made);
    hold(ports, planned, held, &mut schedule, report);
    let mut created = CreatedAccounts::of(planned);
    let parallel = ports.config().sync.parallel_changes.get() as usize;
    let mut running = FuturesUnordered::new();
    let total = planned.changes.len() as u64;
    let mut done = 0;
    loop {
        while running.len() < parallel && !report.is_stopped() && !interrupt.is_requested() {
            if journal.makes_changes() && is_stopped(ports, journal.job).await {
                break;
            }
            let Some(position) = schedule.next() else { break };
            let Some(change) = made.get(position) else {
                continue;
            };
            let resolved = created.resolve(change);
            running.push(async move {
                if let Some(made) = journal.settled(change) {
                    return (position, change, made);
                }
                if journal.only_looks(change) {
                    return (position, change, look(ports, &resolved, journal).await);
                }
                let span = Spans::change(change.kind);
                let made = make(ports, &resolved, journal).instrument(span.clone()).await;
                observe(ports, change, &made, &span);
                (position, change, made)
            });
        }
        let Some((position, change, made)) = running.next().await else {
            break;
        };
        // If the journal is closed, the changes that depend on this one were not tried either, and no fault is to
        // blame.
        let is_closed = matches!(made, ChangeResult::NotTried | ChangeResult::Moved(_));
        if made == ChangeResult::Unknown {
            unknown.push(change);
            continue; // and with it everything that depends on it
        }
        if !is_closed {
            ended.insert(position, made.clone());
            created.ended(change, &made);
        }
        let went_on = match made {
            ChangeResult::Outcome(Outcome::Failed(failure)) if is_cut_off(ports, &failure) => {
                not_tried(change, report);
                false
            }
            // The history has it already.
            made if journal.is_told(change) => record(change, false, made, &mut Report::default()),
            made => record(change, schedule.is_second(position), made, report),
        };
        let skipped = if went_on {
            schedule.done(position);
            Vec::new()
        } else {
            schedule.failed(position)
        };
        for &skipped in &skipped {
            if let Some(skipped) = planned.changes.get(skipped) {
                if is_closed {
                    not_tried(skipped, report);
                } else {
                    skip(skipped, change, report);
                }
                ports.metrics().change(skipped.kind, ChangeOutcome::Skipped);
            }
        }
        done += 1 + skipped.len() as u64;
        ports.progress().report("changes", done, Some(total));
    }
    let left = schedule.left().count();
    if interrupt.is_requested() && !report.is_stopped() && left + unknown.len() > 0 {
        *report = before;
        for (position, change) in planned.changes.iter().enumerate() {
            let made = ended.remove(&position).or_else(|| journal.ended(change)).filter(|_| !journal.is_told(change));
            if let Some(made) = made {
                record(change, schedule.is_second(position), made, report);
            }
        }
        let unknown = unknown.len();
        return Progress::Interrupted { ended: planned.changes.len() - left - unknown, unknown };
    }
    for change in unknown {
        record(change, false, ChangeResult::interrupted(), report);
    }
    for left in schedule.left().filter_map(|position| planned.changes.get(position)) {
        not_tried(left, report);
        ports.metrics().change(left.kind, ChangeOutcome::Skipped);
    }
    Progress::Ended
}

/// Whether a person has stopped the run by what the databases say: then it is interrupted. That they cannot be asked
/// stops nothing, since the lease and the fencing token say whether the run may go on.
pub(super) async fn is_stopped(ports: &impl RunPorts, job: Option<&str>) -> bool {
    match ports.stopped_by(job).await {
        Ok(Some(by)) => ports.interrupt().find(&by),
        Ok(None) => {}
        Err(error) => tracing::warn!("whether the run was stopped cannot be read: {error}"),
    }
    ports.interrupt().is_requested()
}

/// Takes what the guards hold out of the schedule, and notes it in the report with what waits for it (rule 2).
fn hold(ports: &impl RunPorts, planned: &Planned, held: &Held, schedule: &mut Schedule, report: &mut Report) {
    let skip_all = |because: &Change, positions: Vec<usize>, report: &mut Report| {
        // A dependent change that is held itself is reported as held, in its own turn.
        for position in positions.into_iter().filter(|position| !held.changes.contains_key(position)) {
            if let Some(skipped) = planned.changes.get(position) {
                skip(skipped, because, report);
                ports.metrics().change(skipped.kind, ChangeOutcome::Skipped);
            }
        }
    };
    for (&position, fields) in &held.fields {
        if let Some(change) = planned.changes.get(position) {
            report.hold_fields(change, fields);
        }
    }
    for (position, because) in held.lacks_user_name(planned) {
        let Some(because) = planned.changes.get(because) else { continue };
        if schedule.close(position) {
            let also = schedule.failed(position);
            skip_all(because, std::iter::once(position).chain(also).collect(), report);
        }
    }
    for (&position, &class) in &held.changes {
        let Some(change) = planned.changes.get(position) else { continue };
        ports.metrics().change(change.kind, ChangeOutcome::Held);
        schedule.close(position);
        if held.fields.contains_key(&position) {
            // Every field is held, and reported above. What needs none of them goes on.
            schedule.done(position);
            continue;
        }
        report.hold(change, class);
        report.name_former_id(change);
        let skipped = schedule.failed(position);
        skip_all(change, skipped, report);
    }
}

/// Whether a change failed only because the egress let no more requests out, after the credentials were refused.
fn is_cut_off(ports: &impl RunPorts, failure: &Failure) -> bool {
    failure.code == NOT_ALLOWED && ports.is_refused()
}

/// Reports the outcome of a change that was tried to the telemetry.
fn observe(ports: &impl RunPorts, change: &Change, made: &ChangeResult, span: &tracing::Span) {
    let ChangeResult::Outcome(made) = made else {
        ports.metrics().change(change.kind, ChangeOutcome::Failed);
        return Spans::change_ended(span, ChangeOutcome::Failed);
    };
    let outcome = match made {
        Outcome::Done(_) => ChangeOutcome::Done,
        Outcome::Partly(written) if !is_state_refused(written) => ChangeOutcome::Partly,
        Outcome::Drifted(_) => ChangeOutcome::Drifted,
        Outcome::Refused(_) => ChangeOutcome::Skipped,
        Outcome::Failed(failure) if is_cut_off(ports, failure) => ChangeOutcome::Skipped,
        Outcome::Partly(_) | Outcome::Failed(_) => ChangeOutcome::Failed,
    };
    ports.metrics().change(change.kind, outcome);
    Spans::change_ended(span, outcome);
}

/// Makes one change, and records in the journal how it ended (rules 4 and 5).
async fn make(ports: &impl RunPorts, resolved: &Resolved, journal: &Journal<'_, impl RunStore>) -> ChangeResult {
    let change = &resolved.change;
    let made = attempts(ports, resolved, journal).await;
    let error = match made {
        Ok(Some(outcome)) => return ChangeResult::Outcome(outcome),
        Ok(None) => return ChangeResult::Unknown,
        Err(error) => error,
    };
    ports.metrics().over_limit(&error);
    let fault = ChangeResult::fault(&error);
    if error.is_forgetful() {
        return fault; // the outcome cannot be stored, so the next run looks it up
    }
    match journal.finish(ports.run_store(), change, &fault, ports.now()).await {
        Ok(()) => fault,
        Err(error) => ChangeResult::fault(&error),
    }
}

/// Makes a change, with as many attempts as it needs. None if its outcome is unknown and the run was interrupted.
async fn attempts(
    ports: &impl RunPorts,
    resolved: &Resolved,
    journal: &Journal<'_, impl RunStore>,
) -> Result<Option<Outcome>, HostError> {
    let change = &resolved.change;
    let is_unknown = journal.is_unknown(change);
    let mut attempt = if is_unknown { Attempt::AfterUnknownOutcome } else { Attempt::First };
    let mut pause = Duration::from_millis(ports.config().limits.retry_pause_milliseconds);
    journal.start(ports.run_store(), change, ports.now()).await?;
    if ports.interrupt().is_requested() {
        return Ok(None); // nothing has left yet
    }
    for looks in 0..=LOOKS_MAX {
        let is_last = looks == LOOKS_MAX;
        let outcome = call(ports, resolved, attempt, journal, is_last).await?;
        if is_last || !matches!(outcome, Outcome::Failed(Failure { next: NextStep::Look, .. })) {
            return Ok(Some(outcome));
        }
        tokio::select! {
            biased;
            _ = ports.interrupt().requested() => return Ok(None),
            () = tokio::time::sleep(pause) => {}
        }
        pause = pause.saturating_mul(2);
        attempt = Attempt::AfterUnknownOutcome;
    }
    // The loop above has no other end.
    let looks = LOOKS_MAX + 1;
    Err(HostError::Plugin(format!("did not know after {looks} looks whether TravelPerk has made the change")))
}

/// One attempt. Its writes to the plugin's storage are kept. Its outcome is recorded with them if it is final: if this
/// `is_last`, or if there is nothing left to look up.
async fn call(
    ports: &impl RunPorts,
    resolved: &Resolved,
    attempt: Attempt,
    journal: &Journal<'_, impl RunStore>,
    is_last: bool,
) -> Result<Outcome, HostError> {
    let change = &resolved.change;
    if let Some(outcome) = resolved.nothing_left() {
        let made = ChangeResult::Outcome(outcome.clone());
        journal.finish(ports.run_store(), change, &made, ports.now()).await?;
        return Ok(outcome);
    }
    let attempted = ports.attempt(change, attempt, journal.fence).await?;
    let (outcome, refusals, mut entries) = (attempted.outcome, attempted.refusals, attempted.entries);
    let outcome = match as_shown(change, outcome, &attempted.made) {
        Shown::Outcome(outcome) => outcome,
        Shown::StateUnseen if !is_last => return Ok(Outcome::Failed(state_unseen())), // its writes are dropped
        Shown::StateUnseen => {
            entries.clear();
            Outcome::Failed(state_unseen())
        }
        Shown::Nothing => {
            let what = "says that it has made the change, and no answer of TravelPerk shows that";
            return Err(HostError::Plugin(what.to_owned())); // its writes to the storage are dropped
        }
    };
    let outcome = resolved.as_planned(outcome);
    let ledger = ledger(ports, change, &outcome);
    let outcome = match ports.redactor()?.outcome(outcome) {
        Outcome::Failed(failure) if !refusals.is_empty() => {
            Outcome::Failed(Failure { message: format!("{} ({})", failure.message, refusals.join("; ")), ..failure })
        }
        outcome => outcome,
    };
    let is_open = match &outcome {
        Outcome::Failed(failure) => (failure.next == NextStep::Look && !is_last) || is_cut_off(ports, failure),
        _ => false,
    };
    let made = (!is_open).then(|| ChangeResult::Outcome(outcome.clone()));
    let record = journal.record(change, ledger, made.as_ref()).await?;
    if !entries.is_empty() || !record.is_empty() {
        ports.run_store().record_change(journal.fence, &entries, &record, ports.now()).await?;
    }
    Ok(outcome)
}

/// What the ledger gets of a change with this outcome.
pub(super) fn ledger(ports: &impl RunPorts, change: &Change, outcome: &Outcome) -> Option<LedgerEntry> {
    match outcome {
        Outcome::Partly(written) if is_state_refused(written) => None,
        Outcome::Done(written) | Outcome::Partly(written) => change.employee_id.as_ref().map(|employee| LedgerEntry {
            account_id: written.target_id.clone(),
            employee_id: employee.clone(),
            archived_at: (change.kind == ChangeKind::Archive).then(|| ports.now()),
        }),
        Outcome::Drifted(_) | Outcome::Failed(_) | Outcome::Refused(_) => None,
    }
}

/// Counts an outcome in the report. True if the changes that depend on this one can go on.
fn record(change: &Change, second: bool, made: ChangeResult, report: &mut Report) -> bool {
    // A second write for an account counts with its first.
    let count = |report: &mut Report| {
        if !second {
            report.count(change)
        }
    };
    match made {
        ChangeResult::Outcome(Outcome::Done(_)) => {
            report.tell(change, RowResult::Done, &[]);
            count(report);
            true
        }
        ChangeResult::Outcome(Outcome::Partly(written)) if is_state_refused(&written) => {
            report.tell(change, RowResult::Failed, &written.not_taken);
            report.failed += 1;
            let message = "TravelPerk has taken the change, but the account's state is as before";
            report.row(change, "WRITE_NOT_APPLIED", message, "find out in TravelPerk what keeps the account as it is");
            false
        }
        ChangeResult::Outcome(Outcome::Partly(written)) => {
            report.tell(change, RowResult::Done, &written.not_taken);
            if is_untaken(change, &written) {
                report.not_taken += u64::from(!second);
            } else {
                count(report);
            }
            let fields = names(&written.not_taken);
            let remedy = "correct the value in HiBob, or find out in TravelPerk what keeps the field as it is";
            let message = format!("TravelPerk has taken the change, but not: {fields}");
            report.row(change, "WRITE_NOT_APPLIED", &message, remedy);
            true
        }
        ChangeResult::Outcome(Outcome::Drifted(drift)) => {
            report.tell(change, RowResult::LeftAlone, &[]);
            report.drifted += 1;
            report.failed += 1;
            let message = format!("the account has changed in TravelPerk since the plan was made: {}", names(&drift));
            report.row(change, "DRIFTED", &message, "make a new plan; it starts from what is there now");
            false
        }
        ChangeResult::Outcome(Outcome::Failed(failure)) => {
            report.tell(change, RowResult::Failed, &[]);
            report.failed += 1;
            report.row(change, &failure.code, &failure.message, &failure.remedy);
            false
        }
        ChangeResult::Outcome(Outcome::Refused(error)) => {
            not_tried(change, report);
            report.stop(HostError::Credentials(error));
            false
        }
        ChangeResult::NotTried | ChangeResult::Unknown => {
            not_tried(change, report);
            false
        }
        ChangeResult::Moved(why) => {
            report.tell(change, RowResult::LeftAlone, &[]);
            report.drifted += 1;
            report.failed += 1;
            let message = format!("not made: its run was interrupted before, and a new plan {}", why.text());
            let remedy = "nothing, if that is right; the next sync makes what is to be done now: hibob plan TENANT";
            report.row(change, "DRIFTED", &message, remedy);
            false
        }
        ChangeResult::Fault { code, message, remedy } => {
            report.tell(change, RowResult::Failed, &[]);
            report.failed += 1;
            report.row(change, &code, &message, &remedy);
            if code == STORAGE_FAILED || code == LOCK_LOST {
                report.stop_with(&code, message, remedy); // no further outcome could be recorded
            }
            false
        }
    }
}

/// Whether the target has taken nothing of an update.
fn is_untaken(change: &Change, written: &Written) -> bool {
    let is_taken = |field: &str| written.not_taken.iter().all(|mismatch| mismatch.field != field);
    change.kind == ChangeKind::Update && !change.fields.iter().any(|field| is_taken(&field.field))
}

/// Whether the target did not make an account active or inactive as requested.
fn is_state_refused(written: &Written) -> bool {
    written.not_taken.iter().any(|mismatch| mismatch.field == "active")
}

fn not_tried(change: &Change, report: &mut Report) {
    report.tell(change, RowResult::NotTried, &[]);
    report.skipped += 1;
}

fn skip(change: &Change, because: &Change, report: &mut Report) {
    not_tried(change, report);
    if report.is_stopped() {
        return; // the run was stopped, so the other change is not to blame
    }
    report.failed += 1;
    // A row is about one person, and does not name another one.
    let other = match because.employee_id {
        Some(_) => "another account",
        None => &because.display_name,
    };
    let message = format!("not tried, because it depends on a change of {other}, which was not done");
    report.row(change, "DEPENDENCY_FAILED", &message, "mend that one first, then sync again");
}

/// The names of the fields that differ; of a missing account its id. Values may be personal, so they are not repeated.
fn names(mismatches: &[Mismatch]) -> String {
    let name = |mismatch: &Mismatch| match (&mismatch.expected, mismatch.field.as_str()) {
        (Some(Value::Text(id)), "account") => format!("account {id} is gone"),
        (None, "version") => "its version, by TravelPerk's answer (status 412)".to_owned(),
        _ => mismatch.field.clone(),
    };
    mismatches.iter().map(name).collect::<Vec<_>>().join(", ")
}

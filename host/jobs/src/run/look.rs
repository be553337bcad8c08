//! Looking what became of a change that was begun and is not to be made any more. No write leaves.
//!
//! The host judges by the target's answers in that call: the change was made if they show all of it, whatever the plugin
//! says; it was not made if the target was read, and the change was then stopped at its write; and in every other case
//! nobody knows.

use crate::run::apply::{LOOKS_MAX, NOT_ALLOWED, ledger};
use crate::run::created::Resolved;
use crate::run::journal::{ChangeResult, Journal};
use crate::run::ports::{Attempted, RunPorts};
use hibob_base::error::HostError;
use hibob_contract::directory_sync::{Outcome, Written};
use hibob_policy::change_scope::Made;
use hibob_policy::shown::{Shown, as_shown};
use hibob_store::run_store::RunStore;
use std::collections::BTreeMap;
use std::time::Duration;

/// Looks what became of a change that was begun, without writing anything but what the plugin stores about it, and
/// records how it ended. It is looked up several times as long as nobody knows.
pub(super) async fn look(
    ports: &impl RunPorts,
    resolved: &Resolved,
    journal: &Journal<'_, impl RunStore>,
) -> ChangeResult {
    let change = &resolved.change;
    let looked = async {
        if !journal.leaves_open() {
            journal.start(ports.run_store(), change, ports.now()).await?;
        }
        let (made, attempted) = look_up(ports, resolved, journal).await?;
        let is_made = matches!(made, ChangeResult::Outcome(_));
        if journal.leaves_open() {
            if !is_made {
                return Ok(ChangeResult::NotTried);
            }
            journal.start(ports.run_store(), change, ports.now()).await?;
        }
        let (ledger, entries) = match &made {
            ChangeResult::Outcome(outcome) => (ledger(ports, change, outcome), attempted.entries),
            _ => (None, BTreeMap::new()),
        };
        let record = journal.record(change, ledger, Some(&made)).await?;
        ports.run_store().record_change(journal.fence, &entries, &record, ports.now()).await?;
        Ok::<_, HostError>(made)
    };
    match looked.await {
        Ok(made) => made,
        Err(error) if error.is_forgetful() => ChangeResult::fault(&error),
        Err(_) if journal.leaves_open() => ChangeResult::NotTried,
        Err(_) => ChangeResult::interrupted(), // the call failed, so nobody knows
    }
}

/// Asks the target what became of a change, as often as it takes to know it, but not without end.
async fn look_up(
    ports: &impl RunPorts,
    resolved: &Resolved,
    journal: &Journal<'_, impl RunStore>,
) -> Result<(ChangeResult, Attempted), HostError> {
    let mut pause = Duration::from_millis(ports.config().limits.retry_pause_milliseconds);
    let mut looks = 0;
    loop {
        let mut attempted = ports.look(&resolved.change, journal.fence).await?;
        attempted.outcome = ports.redactor()?.outcome(attempted.outcome);
        let made = seen(ports, resolved, &attempted);
        looks += 1;
        if made != ChangeResult::interrupted() || looks > LOOKS_MAX || ports.is_refused() {
            return Ok((made, attempted));
        }
        tokio::select! {
            biased;
            _ = ports.interrupt().requested() => return Ok((made, attempted)),
            () = tokio::time::sleep(pause) => pause = pause.saturating_mul(2),
        }
    }
}

/// What the target's answers show of a change that was looked up.
fn seen(ports: &impl RunPorts, resolved: &Resolved, attempted: &Attempted) -> ChangeResult {
    let change = &resolved.change;
    match as_shown(change, attempted.outcome.clone(), &attempted.made) {
        Shown::Outcome(made @ (Outcome::Done(_) | Outcome::Partly(_))) => {
            ChangeResult::Outcome(resolved.as_planned(made))
        }
        Shown::StateUnseen => ChangeResult::interrupted(),
        _ if !attempted.is_answered || ports.is_refused() => ChangeResult::interrupted(),
        shown @ (Shown::Outcome(_) | Shown::Nothing) => match (&attempted.made, &attempted.account, shown) {
            (Made::ApartFrom(rest), Some(account), _) if rest.is_empty() => {
                let written = Written { target_id: account.clone(), not_taken: Vec::new() };
                ChangeResult::Outcome(resolved.as_planned(Outcome::Done(written)))
            }
            // Something else than the write has failed, so nobody knows.
            (_, _, Shown::Outcome(Outcome::Failed(failure)))
                if failure.code != NOT_ALLOWED && attempted.refusals.is_empty() =>
            {
                ChangeResult::interrupted()
            }
            (_, _, Shown::Outcome(Outcome::Refused(_))) => ChangeResult::interrupted(),
            _ => ChangeResult::seen_not_made(),
        },
    }
}

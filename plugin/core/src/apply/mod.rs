//! Makes one change of a plan.
//!
//! Rules for writing:
//! 1. Before every write, except a first create, the account is read. If a field is not as it was when the plan was
//!    made, or the external id is another employee's, the change is drifted and nothing is written. TravelPerk has no
//!    ETags, so nothing else protects what somebody wrote since the plan.
//! 2. A write is never repeated here. If its outcome is unknown, the host calls again with
//!    [`Attempt::AfterUnknownOutcome`], and the account is read before anything is written: if the earlier attempt was
//!    carried out, the change is done.
//! 3. If TravelPerk refuses the fields of a change together (400), an update writes each field on its own, and a create
//!    is sent once more with only the fields that an account needs. What was not accepted is reported as `not_taken`,
//!    and a later sync tries it again.
//! 4. If the line manager's account was not created, the other fields are written, and the line manager is reported as
//!    `not_taken`.
//! 5. A change counts as made only if TravelPerk shows it. If an answer has no account, the account is read again. A change
//!    of whether the account is active is always read again, as an answer to a write may say what was asked for.
//! 6. Once something may have been written, a failure means that the account has to be looked at before the change is
//!    repeated.
//! 7. The link is stored with the change. For an account that existed before, it records each field that was written (see
//!    `link.rs`).

mod account;
mod compare;
mod cost_center;
mod doubt;
mod stop;
mod wire;

use crate::change::{Attempt, Change, ChangeKind, Failure, NextStep, Outcome};
use crate::settings::Settings;
use crate::world::World;
use std::collections::BTreeSet;
use stop::{Stop, failure};
use wire::Wire;

/// Makes one change. `now_unix_seconds` is recorded as the time of the writes.
pub fn apply(
    world: &mut dyn World,
    settings: &Settings,
    change: &Change,
    attempt: Attempt,
    now_unix_seconds: u64,
) -> Outcome {
    // Rule 6.
    let mut wire = Wire { world, in_doubt: attempt == Attempt::AfterUnknownOutcome };
    let result = match (change.kind, change.employee_id.as_deref()) {
        (ChangeKind::CreateCostCenter, _) => {
            cost_center::Applying { wire: &mut wire, settings, change, now_unix_seconds }.create(attempt)
        }
        (ChangeKind::RestoreCostCenter, _) => {
            cost_center::Applying { wire: &mut wire, settings, change, now_unix_seconds }.restore()
        }
        (kind, Some(employee)) => {
            let mut applying = account::Applying {
                wire: &mut wire,
                settings,
                change,
                employee,
                now_unix_seconds,
                accepted: BTreeSet::new(),
            };
            if kind == ChangeKind::Create { applying.create(attempt) } else { applying.change(attempt) }
        }
        (_, None) => Err(without_employee().into()),
    };
    match result.unwrap_or_else(|stop: Stop| stop.0) {
        Outcome::Failed(failure) if wire.in_doubt && failure.next == NextStep::Later => {
            Outcome::Failed(Failure { next: NextStep::Look, ..failure })
        }
        outcome => outcome,
    }
}

/// The failure for a change of an account that names no employee. The plans of this plugin have no such change.
fn without_employee() -> Failure {
    failure("CHANGE_UNCLEAR", "the change of an account names no employee", "make a new plan", NextStep::Fix)
}

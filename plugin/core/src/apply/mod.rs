//! Making one change of a plan.
//!
//! Every write but a first create is preceded by a look at the account (TravelPerk has no ETags, so nothing else
//! protects what somebody wrote since the plan). A write is never repeated here: after an unknown outcome the caller
//! comes again and says so.

mod account;
mod compare;
mod cost_center;
mod stop;
mod wire;

use crate::change::{Attempt, Change, ChangeKind, Failure, NextStep, Outcome};
use crate::settings::Settings;
use crate::world::World;
use stop::{Stop, failure};
use wire::Wire;

/// Makes one change, at this moment in Unix seconds.
pub fn apply(
    world: &mut dyn World,
    settings: &Settings,
    change: &Change,
    attempt: Attempt,
    now_unix_seconds: u64,
) -> Outcome {
    // Once something may have been written, nothing but a look can tell whether it was.
    let mut wire = Wire { world, in_doubt: attempt == Attempt::AfterUnknownOutcome };
    let result = match (change.kind, change.employee_id.as_deref()) {
        (ChangeKind::CreateCostCenter, _) => {
            cost_center::Applying { wire: &mut wire, settings, change }.create(attempt)
        }
        (ChangeKind::RestoreCostCenter, _) => cost_center::Applying { wire: &mut wire, settings, change }.restore(),
        (kind, Some(employee)) => {
            let mut applying = account::Applying { wire: &mut wire, settings, change, employee, now_unix_seconds };
            if kind == ChangeKind::Create { applying.create(attempt) } else { applying.change(attempt) }
        }
        (_, None) => Err(nobodys().into()),
    };
    match result.unwrap_or_else(|stop: Stop| stop.0) {
        Outcome::Failed(failure) if wire.in_doubt && failure.next == NextStep::Later => {
            Outcome::Failed(Failure { next: NextStep::Look, ..failure })
        }
        outcome => outcome,
    }
}

/// A plan of this plugin has no such change.
fn nobodys() -> Failure {
    failure("CHANGE_UNCLEAR", "the change of an account names no employee", "make a new plan", NextStep::Fix)
}

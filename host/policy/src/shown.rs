//! What the target's answers leave of an outcome that a plugin reports: a change counts as made only as far as they show it.

use crate::change_scope::Made;
use hibob_contract::directory_sync::{Change, Failure, Mismatch, NextStep, Outcome, Written};

/// What the target's answers leave of an outcome that a plugin has reported.
#[derive(Debug)]
pub enum Shown {
    /// The outcome, with the fields that were not written named as not taken.
    Outcome(Outcome),
    /// The change was made by the plugin's word, and no read after it shows the account as active, or archived, as planned.
    StateUnseen,
    /// The change was made by the plugin's word, and no answer shows anything of it.
    Nothing,
}

/// Holds a reported outcome against what the target's answers show.
pub fn as_shown(change: &Change, outcome: Outcome, made: &Made) -> Shown {
    match (outcome, made) {
        (Outcome::Done(_) | Outcome::Partly(_), Made::StateUnseen) => Shown::StateUnseen,
        (Outcome::Done(_) | Outcome::Partly(_), Made::Nothing) => Shown::Nothing,
        (Outcome::Done(written), Made::ApartFrom(rest)) if rest.is_empty() => Shown::Outcome(Outcome::Done(written)),
        (Outcome::Done(written) | Outcome::Partly(written), Made::ApartFrom(rest)) => {
            Shown::Outcome(Outcome::Partly(without(change, written, rest)))
        }
        (outcome @ (Outcome::Drifted(_) | Outcome::Failed(_) | Outcome::Refused(_)), _) => Shown::Outcome(outcome),
    }
}

/// What the plugin reports as written, with the fields in `rest` named as not taken too.
fn without(change: &Change, mut written: Written, rest: &[String]) -> Written {
    for field in rest {
        if written.not_taken.iter().all(|mismatch| mismatch.field != *field) {
            let planned = change.fields.iter().find(|planned| planned.field == *field);
            let expected = planned.and_then(|planned| planned.after.clone());
            written.not_taken.push(Mismatch { field: field.clone(), expected, found: None });
        }
    }
    written
}

/// The failure that has the plugin look at the account again.
pub fn state_unseen() -> Failure {
    Failure {
        code: "WRITE_NOT_APPLIED".to_owned(),
        message:
            "TravelPerk accepted the change, but does not show that the account is active, or archived, as it should be"
                .to_owned(),
        remedy: "the next run looks again; if it stays so, find out in TravelPerk what keeps the account as it is"
            .to_owned(),
        next: NextStep::Look,
    }
}

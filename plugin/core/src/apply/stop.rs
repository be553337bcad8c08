//! Outcomes that end a change early.

use crate::change::{Failure, NextStep, Outcome};
use crate::world::StorageError;

/// An outcome that ends the change early.
pub(super) struct Stop(pub(super) Outcome);

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self(Outcome::Failed(failure))
    }
}

impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        let message = format!("the storage failed: {}", error.0);
        let remedy = "check the host's disk and database, then sync again; where the plugin asked for too much, raise \
                      the limit that is named, or show this to the plugin's developers";
        failure("STORAGE_FAILED", message, remedy, NextStep::Look).into()
    }
}

pub(super) fn failure(code: &'static str, message: impl Into<String>, remedy: &str, next: NextStep) -> Failure {
    Failure { code, message: message.into(), remedy: remedy.to_owned(), next }
}

pub(super) fn unclear(message: &str) -> Stop {
    failure("ANSWER_UNCLEAR", message, "sync again; if it stays so, tell TravelPerk's support", NextStep::Look).into()
}

//! Untrue outcomes of changes.

use crate::bindings::exports::hibob::connector::directory_sync::{Failure, Mismatch, NextStep, Outcome, Written};
use crate::bindings::hibob::connector::types::{Side, SideError, Value};

/// An untrue outcome, if the first word asks for one.
pub(crate) fn outcome(words: &[String], target_id: &str) -> Option<Outcome> {
    let number = || words.get(1).and_then(|word| word.parse().ok()).unwrap_or_default();
    match words.first()?.as_str() {
        "say-done" => Some(done(words.get(1).map_or(target_id, String::as_str).to_owned())),
        "say-at-length" => {
            let long = "x".repeat(number());
            Some(match words.get(2)?.as_str() {
                "failed" => Outcome::Failed(Failure { code: long.clone(), remedy: long.clone(), ..failure(&long) }),
                "drifted" => Outcome::Drifted(vec![mismatch(&long); 100]),
                _ => Outcome::Refused(SideError {
                    side: Side::Target,
                    request: long.clone(),
                    status: Some(401),
                    message: long.clone(),
                    remedy: long,
                }),
            })
        }
        _ => None,
    }
}

/// The outcome of a change that succeeded.
pub(crate) fn done(target_id: String) -> Outcome {
    Outcome::Done(Written { target_id, not_taken: Vec::new() })
}

/// The outcome of a change that failed, with this code.
pub(crate) fn failed(code: &str, message: &str) -> Outcome {
    Outcome::Failed(Failure { code: code.to_owned(), ..failure(message) })
}

fn failure(message: &str) -> Failure {
    Failure { code: "SAW".to_owned(), message: message.to_owned(), remedy: String::new(), next: NextStep::Fix }
}

fn mismatch(text: &str) -> Mismatch {
    Mismatch { field: text.to_owned(), expected: Some(Value::Text(text.to_owned())), found: None }
}

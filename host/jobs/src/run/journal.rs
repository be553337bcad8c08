//! What the journal says of a plan: which changes were made, which were begun, and which not.
//!
//! State is what comes of folding the events in their order; an event that cannot follow the ones before is an error.

use hibob_base::error::HostError;
use hibob_contract::directory_sync::{Change, Outcome};
use hibob_store::database::{ChangeRecord, EventRow, Fence, LedgerEntry};
use hibob_store::privacy;
use hibob_store::privacy::Keyring;
use hibob_store::run_store::RunStore;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Made {
    /// The plugin told.
    Outcome(Outcome),
    /// The plugin, or the host, failed.
    Fault { code: String, message: String, remedy: String },
    /// It was never begun.
    NotTried,
}

impl Made {
    /// Nobody can read any more what came of it.
    pub(super) fn forgotten() -> Self {
        Self::Fault {
            code: "FORGOTTEN".to_owned(),
            message: "this person was forgotten, and what came of their change with them".to_owned(),
            remedy: "nothing".to_owned(),
        }
    }

    pub(super) fn fault(error: &HostError) -> Self {
        Self::Fault { code: error.code().to_owned(), message: error.to_string(), remedy: error.remedy() }
    }
}

/// What is known of a change from before.
#[derive(Clone, Debug, PartialEq)]
enum State {
    /// Begun by the run of this generation; what came of it is not known.
    Started(i64),
    Finished(Made),
}

/// What the events of a plan's changes come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Past(BTreeMap<String, State>);

impl Past {
    /// Folds events. `known` is what the plan's changes are called in them.
    ///
    /// # Errors
    /// An event is of no change of the plan, or cannot follow the ones before.
    pub(super) fn fold(known: &BTreeSet<String>, events: &[EventRow]) -> Result<Self, String> {
        let mut past = Self::default();
        for event in events {
            let wrong = |what: &str| Err(format!("the change {} {what}", event.change));
            if !known.contains(&event.change) {
                return wrong("is not in the plan");
            }
            let next = match (past.0.get(&event.change), event.is_finished) {
                (None, false) => State::Started(event.generation),
                // Again only by a run that has taken over.
                (Some(State::Started(before)), false) if *before < event.generation => State::Started(event.generation),
                (Some(State::Started(before)), true) if *before == event.generation => {
                    match serde_json::from_str(&event.made) {
                        Ok(made) => State::Finished(made),
                        Err(error) => return wrong(&format!("has an outcome that is none: {error}")),
                    }
                }
                (None, true) => return wrong("was finished before it began"),
                (Some(State::Started(_)), false) => return wrong("began twice in one run"),
                (Some(State::Started(_)), true) => return wrong("was finished by a run that had not begun it"),
                (Some(State::Finished(_)), _) => return wrong("goes on after it was finished"),
            };
            past.0.insert(event.change.clone(), next);
        }
        Ok(past)
    }

    /// Whether a change was begun, and nobody knows what came of it.
    fn is_unknown(&self, change: &str) -> bool {
        matches!(self.0.get(change), Some(State::Started(_)))
    }
}

/// The journal of a plan while it is applied.
pub(super) struct Journal<'r, S: RunStore> {
    pub(super) id: i64,
    pub(super) fence: Fence,
    /// What came of changes is sealed with.
    pub(super) keyring: &'r Keyring<S>,
    /// What the plan's changes are called in it.
    pub(super) ids: BTreeMap<String, String>,
    pub(super) past: Past,
    /// Nothing more is made: the plan is too old.
    pub(super) is_closed: bool,
}

impl<S: RunStore> Journal<'_, S> {
    /// What came of a change, where it is not to be made: it was made, or nothing is made any more.
    pub(super) fn settled(&self, change: &Change) -> Option<Made> {
        match self.past.0.get(self.stored_id(change)) {
            Some(State::Finished(made)) => Some(made.clone()),
            _ if !self.is_closed => None,
            Some(State::Started(_)) => Some(Made::Fault {
                code: "INTERRUPTED".to_owned(),
                message: "the run was interrupted while it made this change, and whether it was made is not known"
                    .to_owned(),
                remedy: "nothing; the next plan starts from what is there now".to_owned(),
            }),
            None => Some(Made::NotTried),
        }
    }

    /// Whether a change was begun, and nobody knows what came of it.
    pub(super) fn is_unknown(&self, change: &Change) -> bool {
        self.past.is_unknown(self.stored_id(change))
    }

    /// Records that a change begins.
    pub(super) async fn start(&self, run_store: &impl RunStore, change: &Change, now: i64) -> Result<(), HostError> {
        run_store.record_started(self.fence, self.id, self.stored_id(change), now).await
    }

    fn stored_id<'c>(&'c self, change: &'c Change) -> &'c str {
        self.ids.get(&change.id).unwrap_or(&change.id)
    }

    /// What a call is to keep: what was done to an account and, if that is the end of it, what came of the change.
    pub(super) async fn record(
        &self,
        change: &Change,
        ledger: Option<LedgerEntry>,
        made: Option<&Made>,
    ) -> Result<ChangeRecord, HostError> {
        let Some(made) = made else { return Ok(ChangeRecord { ledger, finished: None }) };
        let made = serde_json::to_value(made).map_err(|error| HostError::Storage(error.to_string()))?;
        let employee = change.employee_id.as_deref();
        let json = privacy::rows::encrypt_result(self.keyring, self.fence, employee, made).await?;
        Ok(ChangeRecord { ledger, finished: Some((self.id, self.stored_id(change).to_owned(), json)) })
    }

    /// Records what came of a change whose call kept nothing.
    pub(super) async fn finish(
        &self,
        run_store: &impl RunStore,
        change: &Change,
        made: &Made,
        now: i64,
    ) -> Result<(), HostError> {
        let record = self.record(change, None, Some(made)).await?;
        run_store.record_change(self.fence, &BTreeMap::new(), &record, now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    fn event(change: &str, generation: i64, made: Option<&Made>) -> EventRow {
        let json = made.map(|made| serde_json::to_string(made).unwrap()).unwrap_or_default();
        EventRow { change: change.to_owned(), is_finished: made.is_some(), made: json, generation }
    }

    fn fault() -> Made {
        Made::fault(&HostError::Busy("too many".to_owned()))
    }

    fn finished<'p>(past: &'p Past, change: &str) -> Option<&'p Made> {
        match past.0.get(change)? {
            State::Finished(made) => Some(made),
            State::Started(_) => None,
        }
    }

    #[test]
    fn what_was_begun_and_not_finished_is_unknown() {
        let changes = known(&["a", "b", "c"]);
        let events = [event("a", 1, None), event("b", 1, None), event("a", 1, Some(&fault()))];
        let past = Past::fold(&changes, &events).unwrap();
        assert_eq!((finished(&past, "a"), past.is_unknown("a")), (Some(&fault()), false));
        assert_eq!((finished(&past, "b"), past.is_unknown("b")), (None, true));
        assert_eq!((finished(&past, "c"), past.is_unknown("c")), (None, false));
        // Taken over twice, and finished by the last one.
        let more = [event("b", 4, None), event("b", 7, None), event("b", 7, Some(&fault()))];
        let past = Past::fold(&changes, &[events.as_slice(), &more].concat()).unwrap();
        assert_eq!(finished(&past, "b"), Some(&fault()));
    }

    #[test]
    fn an_event_that_cannot_follow_is_an_error() {
        let changes = known(&["a"]);
        let (started, finished) = (event("a", 1, None), event("a", 1, Some(&fault())));
        for (events, words) in [
            (vec![finished.clone()], "finished before it began"),
            (vec![started.clone(), started.clone()], "began twice in one run"),
            (vec![event("a", 2, None), started.clone()], "began twice"),
            (vec![started.clone(), event("a", 2, Some(&fault()))], "by a run that had not begun it"),
            (vec![started.clone(), finished.clone(), event("a", 2, None)], "after it was finished"),
            (vec![started.clone(), finished.clone(), finished], "after it was finished"),
            (vec![event("x", 1, None)], "is not in the plan"),
            (vec![started, EventRow { made: "{".to_owned(), ..event("a", 1, Some(&fault())) }], "outcome that is none"),
        ] {
            let error = Past::fold(&changes, &events).unwrap_err();
            assert!(error.contains(words), "{words} is not in {error}");
        }
    }
}

//! The journal of a plan that is being applied: which changes were begun, and how they ended.
//!
//! The state is worked out from the journal's events in their order. An event that cannot follow the ones before it is
//! an error, and is never ignored.

use hibob_base::error::HostError;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange, Outcome};
use hibob_policy::adopted::stays;
use hibob_store::database::{ChangeRecord, EventRow, Fence, KeptFields, LedgerEntry};
use hibob_store::privacy;
use hibob_store::privacy::Keyring;
use hibob_store::run_store::RunStore;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The code of a change that an interruption has left in the middle.
const INTERRUPTED: &str = "INTERRUPTED";

/// The remedy for it.
const START_ANEW: &str = "nothing; the next plan starts from what is there now";

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChangeResult {
    /// The plugin reported this outcome.
    Outcome(Outcome),
    /// The plugin or the host failed.
    Fault { code: String, message: String, remedy: String },
    /// It was not begun.
    NotTried,
    /// It was begun, and the run was interrupted before its outcome was known. Never stored.
    #[serde(skip)]
    Unknown,
    /// It was not made, because a new plan does not make it as it was, for this reason. Never stored.
    #[serde(skip)]
    Moved(Moved),
}

/// Why a change of a plan that keeps its yes is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// A new plan has no such change.
    NothingToDo,
    /// A new plan has the change, with other values or for another account.
    Different,
}

impl Moved {
    /// As the end of a sentence about a new plan.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::NothingToDo => "does not make it any more",
            Self::Different => "makes something else",
        }
    }
}

impl ChangeResult {
    /// The result of a change whose person was erased: nobody can read it any more.
    pub(super) fn forgotten() -> Self {
        Self::Fault {
            code: "FORGOTTEN".to_owned(),
            message: "this person was erased, so the outcome of their change cannot be read any more".to_owned(),
            remedy: "nothing".to_owned(),
        }
    }

    /// The result of a change that was begun, and of which nobody knows what became of it.
    pub(super) fn interrupted() -> Self {
        Self::Fault {
            code: INTERRUPTED.to_owned(),
            message: "the run was interrupted while it made this change, and whether it was made is not known"
                .to_owned(),
            remedy: START_ANEW.to_owned(),
        }
    }

    /// The result of a change that was begun, and that TravelPerk does not show as made.
    pub(super) fn seen_not_made() -> Self {
        Self::Fault {
            code: INTERRUPTED.to_owned(),
            message: "the run was interrupted while it made this change, and TravelPerk does not show it as made"
                .to_owned(),
            remedy: START_ANEW.to_owned(),
        }
    }

    /// Whether the change was made, at least in part.
    pub(super) fn is_made(&self) -> bool {
        matches!(self, Self::Outcome(Outcome::Done(_) | Outcome::Partly(_)))
    }

    pub(super) fn fault(error: &HostError) -> Self {
        Self::Fault { code: error.code().to_owned(), message: error.to_string(), remedy: error.remedy() }
    }
}

/// How far a change had come.
#[derive(Clone, Debug, PartialEq)]
enum ChangeProgress {
    /// Begun by the run with this generation; its outcome is unknown.
    Started(i64),
    /// Ended in the run with this generation.
    Finished(ChangeResult, i64),
}

/// How far each change of a plan has come; a change without an entry was not begun.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct JournalState(BTreeMap<String, ChangeProgress>);

impl JournalState {
    /// Works out the state from the journal's events. `known` are the ids of the plan's changes in the journal.
    ///
    /// # Errors
    /// An event belongs to no change of the plan, or cannot follow the events before it.
    pub(super) fn fold(known: &BTreeSet<String>, events: &[EventRow]) -> Result<Self, String> {
        let mut past = Self::default();
        for event in events {
            let wrong = |what: &str| Err(format!("the change {} {what}", event.change));
            if !known.contains(&event.change) {
                return wrong("is not in the plan");
            }
            let next = match (past.0.get(&event.change), event.is_finished) {
                (None, false) => ChangeProgress::Started(event.generation),
                // A change may begin again only in a later run, which has taken over.
                (Some(ChangeProgress::Started(before)), false) if *before < event.generation => {
                    ChangeProgress::Started(event.generation)
                }
                (Some(ChangeProgress::Started(before)), true) if *before == event.generation => {
                    match serde_json::from_str(&event.made) {
                        Ok(made) => ChangeProgress::Finished(made, event.generation),
                        Err(error) => return wrong(&format!("has an outcome that cannot be read: {error}")),
                    }
                }
                (None, true) => return wrong("was finished before it began"),
                (Some(ChangeProgress::Started(_)), false) => return wrong("began twice in one run"),
                (Some(ChangeProgress::Started(_)), true) => {
                    return wrong("was finished by a run that had not begun it");
                }
                (Some(ChangeProgress::Finished(..)), _) => return wrong("goes on after it was finished"),
            };
            past.0.insert(event.change.clone(), next);
        }
        Ok(past)
    }

    /// Whether a change was begun and its outcome is unknown.
    fn is_unknown(&self, change: &str) -> bool {
        matches!(self.0.get(change), Some(ChangeProgress::Started(_)))
    }
}

/// The journal of a plan while it is applied.
pub(super) struct Journal<'r, S: RunStore> {
    pub(super) id: i64,
    pub(super) fence: Fence,
    /// Encrypts the outcomes.
    pub(super) keyring: &'r Keyring<S>,
    /// The ids of the plan's changes in the journal, by their ids in the plan.
    pub(super) ids: BTreeMap<String, String>,
    pub(super) past: JournalState,
    /// What is done instead of making everything that is left of the plan.
    pub(super) closed: Option<Closed>,
    /// The history has the changes that ended up to this generation.
    pub(super) told_generation: i64,
    /// The key of the job that applies the plan; none if it is applied without the queue.
    pub(super) job: Option<&'r str>,
    /// The fields whose values stay as they are, by the change that takes the account over.
    pub(super) kept: BTreeMap<String, Vec<String>>,
}

/// What is done with a plan of which not everything that is left is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// The plugin looks what became of the changes that were begun, and records it. No other change is made.
    Looks,
    /// As [`Self::Looks`], but only what was made is recorded, since the others may be made later.
    Settles,
    /// The changes with these ids are not made, each for this reason; of those that were begun the plugin looks what
    /// became of them. All others are made.
    Except(BTreeMap<String, Moved>),
}

impl<B: RunStore> Journal<'_, B> {
    /// The result of a change that is not to be made, because it is finished or because the journal is closed; none if
    /// it is to be made.
    pub(super) fn settled(&self, change: &Change) -> Option<ChangeResult> {
        match self.past.0.get(self.stored_id(change)) {
            Some(ChangeProgress::Finished(made, _)) => Some(made.clone()),
            progress => match (progress, self.closed.as_ref()?) {
                (None, Closed::Looks | Closed::Settles) => Some(ChangeResult::NotTried),
                (None, Closed::Except(moved)) => moved.get(&change.id).copied().map(ChangeResult::Moved),
                (Some(_), _) => None,
            },
        }
    }

    /// Whether the plugin only looks what became of a change that was begun.
    pub(super) fn only_looks(&self, change: &Change) -> bool {
        match &self.closed {
            None => false,
            Some(Closed::Looks | Closed::Settles) => true,
            Some(Closed::Except(moved)) => moved.contains_key(&change.id),
        }
    }

    /// Whether a change that was looked up and not made stays as it is, because it may be made later.
    pub(super) fn leaves_open(&self) -> bool {
        self.closed == Some(Closed::Settles)
    }

    /// Whether changes are made that were not begun yet.
    pub(super) fn makes_changes(&self) -> bool {
        matches!(self.closed, None | Some(Closed::Except(_)))
    }

    /// Whether a change has not ended.
    pub(super) fn is_left(&self, change: &Change) -> bool {
        self.ended(change).is_none()
    }

    /// The result of a change that had ended before this run.
    pub(super) fn ended(&self, change: &Change) -> Option<ChangeResult> {
        match self.past.0.get(self.stored_id(change)) {
            Some(ChangeProgress::Finished(made, _)) => Some(made.clone()),
            _ => None,
        }
    }

    /// Whether the history has already how a change ended.
    pub(super) fn is_told(&self, change: &Change) -> bool {
        let past = self.past.0.get(self.stored_id(change));
        matches!(past, Some(ChangeProgress::Finished(_, generation)) if *generation <= self.told_generation)
    }

    /// Whether a change was begun and its outcome is unknown.
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

    /// The record that a call stores: the ledger's entry and, if the change has ended, its result, encrypted.
    pub(super) async fn record(
        &self,
        change: &Change,
        ledger: Option<LedgerEntry>,
        made: Option<&ChangeResult>,
    ) -> Result<ChangeRecord, HostError> {
        let kept = ledger.as_ref().and_then(|entry| self.kept_fields(change, entry, made));
        let Some(made) = made else { return Ok(ChangeRecord { ledger, finished: None, kept }) };
        let made = serde_json::to_value(made).map_err(|error| HostError::Storage(error.to_string()))?;
        let employee = change.employee_id.as_deref();
        let json = privacy::rows::encrypt_result(self.keyring, self.fence, employee, made).await?;
        Ok(ChangeRecord { ledger, finished: Some((self.id, self.stored_id(change).to_owned(), json)), kept })
    }

    /// What a change that was made has done to the fields that its account keeps; none if nothing.
    fn kept_fields(&self, change: &Change, entry: &LedgerEntry, made: Option<&ChangeResult>) -> Option<KeptFields> {
        let not_taken = match made {
            Some(ChangeResult::Outcome(Outcome::Partly(written))) => written.not_taken.as_slice(),
            _ => &[],
        };
        // An account that this change creates has kept nothing before.
        let is_written = |field: &&FieldChange| {
            change.kind != ChangeKind::Create && not_taken.iter().all(|mismatch| mismatch.field != field.field)
        };
        let written = change.fields.iter().filter(is_written).map(|field| field.field.clone()).collect::<Vec<_>>();
        let kept = self.kept.get(&change.id).cloned().unwrap_or_default();
        let account_id = entry.account_id.clone();
        (!written.is_empty() || !kept.is_empty()).then_some(KeptFields { account_id, kept, written })
    }

    /// Records the result of a change whose call stored nothing else.
    pub(super) async fn finish(
        &self,
        run_store: &impl RunStore,
        change: &Change,
        made: &ChangeResult,
        now: i64,
    ) -> Result<(), HostError> {
        let record = self.record(change, None, Some(made)).await?;
        run_store.record_change(self.fence, &BTreeMap::new(), &record, now).await
    }
}

/// The fields whose values stay as they are, by the change that takes the account over.
pub(super) fn kept_by(planned: &Planned) -> BTreeMap<String, Vec<String>> {
    let kept = |change: &Change| {
        let fields = change.fields.iter().filter(|field| stays(change, field));
        let fields: Vec<String> = fields.map(|field| field.field.clone()).collect();
        (!fields.is_empty()).then(|| (change.id.clone(), fields))
    };
    planned.changes.iter().filter_map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    fn event(change: &str, generation: i64, made: Option<&ChangeResult>) -> EventRow {
        let json = made.map(|made| serde_json::to_string(made).unwrap()).unwrap_or_default();
        EventRow { change: change.to_owned(), is_finished: made.is_some(), made: json, generation }
    }

    fn fault() -> ChangeResult {
        ChangeResult::fault(&HostError::Busy("too many".to_owned()))
    }

    fn finished<'p>(past: &'p JournalState, change: &str) -> Option<&'p ChangeResult> {
        match past.0.get(change)? {
            ChangeProgress::Finished(made, _) => Some(made),
            ChangeProgress::Started(_) => None,
        }
    }

    #[test]
    fn what_was_begun_and_not_finished_is_unknown() {
        let changes = known(&["a", "b", "c"]);
        let events = [event("a", 1, None), event("b", 1, None), event("a", 1, Some(&fault()))];
        let past = JournalState::fold(&changes, &events).unwrap();
        assert_eq!((finished(&past, "a"), past.is_unknown("a")), (Some(&fault()), false));
        assert_eq!((finished(&past, "b"), past.is_unknown("b")), (None, true));
        assert_eq!((finished(&past, "c"), past.is_unknown("c")), (None, false));
        // Taken over twice, and finished by the last one.
        let more = [event("b", 4, None), event("b", 7, None), event("b", 7, Some(&fault()))];
        let past = JournalState::fold(&changes, &[events.as_slice(), &more].concat()).unwrap();
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
            (
                vec![started, EventRow { made: "{".to_owned(), ..event("a", 1, Some(&fault())) }],
                "outcome that cannot be read",
            ),
        ] {
            let error = JournalState::fold(&changes, &events).unwrap_err();
            assert!(error.contains(words), "{words} is not in {error}");
        }
    }
}

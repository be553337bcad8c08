//! The content of the simulated databases.

use super::keys::number_at;
use hibob_base::error::HostError;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_contract::types::NamedValue;
use hibob_policy::on_hold::OnHold;
use hibob_store::database::{EventRow, Fence, LedgerLine, OpenJournal, PersonRow, RunRecord, host_facts};
use hibob_store::privacy::KeyedHash;
use std::collections::{BTreeMap, BTreeSet};

/// The content of the databases.
#[derive(Default)]
pub(crate) struct Pages {
    pub(super) lease_generation: i64,
    pub(super) lease_expires_at: i64,
    pub(crate) fence: i64,
    /// The plugin's storage.
    pub(crate) entries: BTreeMap<String, Vec<u8>>,
    /// The ledger: the employee of each account, and whether it is active.
    pub(crate) accounts: BTreeMap<String, (String, bool)>,
    pub(super) archivings: Vec<(String, i64)>,
    /// The journals of plans that have terminations only, and the archivings by these.
    pub(super) terminations: BTreeSet<i64>,
    pub(super) terminated: Vec<(String, i64)>,
    /// Since when each warning that may become an error is there.
    pub(super) cases: BTreeMap<(String, String), i64>,
    pub(crate) baseline: Vec<NamedValue>,
    /// The states of the source: the time of the run, a digest of the selection, and the numbers.
    pub(super) source_states: Vec<(i64, String, Vec<NamedValue>)>,
    /// Persons' keys in stored form. The first has the number 1.
    pub(super) people: Vec<(KeyedHash, Vec<u8>)>,
    pub(crate) journals: Vec<Journal>,
    /// The changes that were begun, and that TravelPerk did not show as made when the next run looked.
    pub(super) not_shown: Vec<Change>,
    pub(crate) runs: Vec<RunRecord>,
    /// The keys of cancelled jobs.
    pub(crate) cancelled: BTreeSet<String>,
}

/// A plan that is or was applied.
pub(crate) struct Journal {
    pub(crate) row: OpenJournal,
    pub(crate) changes: Vec<Change>,
    pub(crate) run: Option<i64>,
}

impl Journal {
    /// A change by its name in the events, which is its position.
    pub(super) fn change(&self, called: &str) -> &Change {
        &self.changes[called.parse::<usize>().unwrap()]
    }

    /// Removes the events of changes that were begun and not finished.
    pub(super) fn forget_beginnings(&mut self) {
        let events = &mut self.row.events;
        let ended: BTreeSet<String> =
            events.iter().filter(|event| event.is_finished).map(|event| event.change.clone()).collect();
        events.retain(|event| ended.contains(&event.change));
    }

    /// The changes that were begun and never finished.
    fn without_end(&self) -> impl Iterator<Item = &Change> {
        let has_no_end = |position: &usize| {
            let mut events = self.row.events.iter().filter(|event| event.change == position.to_string()).peekable();
            events.peek().is_some() && events.all(|event| !event.is_finished)
        };
        (0..self.changes.len()).filter(has_no_end).map(|position| &self.changes[position])
    }

    /// The changes that the run of this generation has begun and not finished.
    pub(crate) fn under_way(&self, generation: i64) -> impl Iterator<Item = &Change> {
        let is_under_way = move |position: &usize| {
            let last = self.row.events.iter().rfind(|event| event.change == position.to_string());
            last.is_some_and(|event| !event.is_finished && event.generation == generation)
        };
        (0..self.changes.len()).filter(is_under_way).map(|position| &self.changes[position])
    }
}

impl Pages {
    /// The keys of the persons for whom the condition is true.
    pub(super) fn people_where(&self, is_meant: impl Fn(&PersonRow) -> bool) -> Vec<PersonRow> {
        let row = |(position, (tag, wrapped)): (usize, &(KeyedHash, Vec<u8>))| PersonRow {
            number: number_at(position),
            tag: *tag,
            wrapped: wrapped.clone(),
        };
        self.people.iter().enumerate().map(row).filter(is_meant).collect()
    }

    /// The accounts that a plan began to archive or reactivate, and whose outcome stayed unknown, because TravelPerk did
    /// not answer when the next run looked, or the request arrived after that. The ledger has their state from before.
    pub(crate) fn never_known(&self) -> BTreeSet<&str> {
        let closed = self.journals.iter().filter(|journal| journal.run.is_some());
        let unknown = closed.flat_map(Journal::without_end);
        let is_about_state =
            |change: &&Change| matches!(change.kind, ChangeKind::Archive | ChangeKind::Reactivate | ChangeKind::Adopt);
        unknown.chain(&self.not_shown).filter(is_about_state).filter_map(|change| change.target_id.as_deref()).collect()
    }

    /// The plan that is being applied.
    pub(crate) fn open(&self) -> Option<&Journal> {
        self.journals.last().filter(|journal| journal.run.is_none())
    }

    /// The row of the plan that is being applied.
    pub(super) fn open_row(&mut self) -> Option<&mut OpenJournal> {
        self.journals.last_mut().filter(|journal| journal.run.is_none()).map(|journal| &mut journal.row)
    }

    /// Whether a person has interrupted the plan that is being applied.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.open().is_some_and(|journal| {
            journal.row.interrupted_by.is_some()
                || journal.row.job.as_ref().is_some_and(|job| self.cancelled.contains(job))
        })
    }

    /// How many accounts were archived since then and are not active again.
    pub(super) fn archived_since(&self, since: i64) -> usize {
        let is_inactive = |account: &String| self.accounts.get(account).is_some_and(|(_, is_active)| !is_active);
        let lately = self.archivings.iter().filter(|(account, at)| *at >= since && is_inactive(account));
        lately.map(|(account, _)| account).collect::<BTreeSet<_>>().len()
    }

    /// How many accounts were archived since then by plans that have terminations only, and are not active again.
    pub(super) fn terminated_since(&self, since: i64) -> usize {
        let is_inactive = |account: &String| self.accounts.get(account).is_some_and(|(_, is_active)| !is_active);
        let lately = self.terminated.iter().filter(|(account, at)| *at >= since && is_inactive(account));
        lately.map(|(account, _)| account).collect::<BTreeSet<_>>().len()
    }

    /// Those of these accounts that are archived, with the time of the last archiving.
    pub(super) fn archived_of(&self, accounts: &[String]) -> BTreeMap<String, i64> {
        let inactive = accounts.iter().filter(|account| self.accounts.get(*account).is_some_and(|(_, active)| !active));
        let last = |account: &String| {
            let of_account = self.archivings.iter().filter(|(other, _)| other == account);
            of_account.map(|(_, at)| *at).max().unwrap_or_default()
        };
        inactive.map(|account| (account.clone(), last(account))).collect()
    }

    /// The ledger in the form in which a plan gets it.
    pub(crate) fn host_facts(&self) -> Vec<NamedValue> {
        let lines = self.accounts.iter().map(|(account, (employee, is_active))| LedgerLine {
            employee_id: employee.clone(),
            account_id: account.clone(),
            archived_at: (!is_active).then(|| {
                let archivings = self.archivings.iter().filter(|(archived, _)| archived == account);
                archivings.map(|(_, at)| *at).max().unwrap_or_default()
            }),
        });
        host_facts(&lines.collect::<Vec<_>>(), Vec::new(), Vec::new(), &OnHold::default())
    }

    pub(crate) fn active(&self) -> usize {
        self.accounts.values().filter(|(_, is_active)| *is_active).count()
    }

    /// A plan that is or was applied, by its journal's number.
    pub(super) fn journal(&self, number: i64) -> &Journal {
        &self.journals[usize::try_from(number - 1).unwrap()]
    }

    /// Adds an event to a journal.
    pub(super) fn put_event(
        &mut self,
        fence: Fence,
        journal: i64,
        change: &str,
        made: Option<&str>,
    ) -> Result<(), HostError> {
        let events = &mut self.journals[usize::try_from(journal - 1).unwrap()].row.events;
        if made.is_some() && events.iter().any(|event| event.is_finished && event.change == change) {
            return Err(HostError::Storage("the change was finished before".to_owned()));
        }
        events.push(EventRow {
            change: change.to_owned(),
            is_finished: made.is_some(),
            made: made.unwrap_or_default().to_owned(),
            generation: fence.generation(),
        });
        Ok(())
    }
}

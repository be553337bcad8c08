//! The roster: all employees with their states.

use super::Plan;
use crate::scim::Account;
use crate::value::Id;

/// The state of an employee in the sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the cases are documented in the WIT package")]
pub enum EmployeeState {
    Synced,
    Pending,
    Waiting,
    OutOfSelection,
    Archived,
    Left,
    Failed,
    Vanished,
}

/// An employee with their state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterEntry {
    /// HiBob's id of the employee.
    pub employee_id: String,
    /// A name to show.
    pub display_name: String,
    /// The state.
    pub state: EmployeeState,
    /// TravelPerk's id of their account, if they have one.
    pub account_id: Option<String>,
}

/// A roster entry in compact form.
#[derive(Clone, Copy, Debug)]
pub(super) struct CompactEntry {
    pub(super) state: EmployeeState,
    /// The position of the account.
    pub(super) account: Option<u32>,
}

/// The id of an employee whom HiBob no longer sends, and the position of their account.
pub(super) type Vanished = (Id, u32);

impl Plan {
    /// The roster from position `start` on: the employees whom HiBob sent, by id, then those who vanished.
    pub fn roster(&self, start: usize) -> impl Iterator<Item = RosterEntry> + '_ {
        let account = |position: Option<u32>| self.accounts.get(position? as usize);
        let id = |account: &Account| account.id.to_string();
        let here = self.people.iter().zip(&self.roster).skip(start).map(move |(person, entry)| {
            let account = account(entry.account);
            let unnamed = person.display_name();
            let name = account.filter(|_| unnamed.ends_with(&*person.id)).map_or(unnamed, Account::display_name);
            RosterEntry {
                employee_id: person.id.to_string(),
                display_name: name,
                state: entry.state,
                account_id: account.map(id),
            }
        });
        let vanished = self.vanished.iter().skip(start.saturating_sub(self.people.len()));
        here.chain(vanished.filter_map(move |(employee, position)| {
            let account = account(Some(*position))?;
            Some(RosterEntry {
                employee_id: employee.to_string(),
                display_name: account.display_name(),
                state: EmployeeState::Vanished,
                account_id: Some(id(account)),
            })
        }))
    }
}

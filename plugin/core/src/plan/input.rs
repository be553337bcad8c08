//! The input of matching and deciding.

use super::rehire::Rules;
use super::remember::AdminAccounts;
use super::unreadable::Unreadable;
use crate::approvers::Approvals;
use crate::catalogue::CostCenters;
use crate::field::{TextField, fold};
use crate::host_facts::HostFacts;
use crate::index::IdIndex;
use crate::lifecycle::AccountStatus;
use crate::link::Links;
use crate::mapping::DesiredAccount;
use crate::scim::Account;
use crate::value::Id;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// Employees, accounts and settings from which a plan is decided. `people` (the employees' desired accounts) and
/// `accounts` are sorted by id, each id once.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) people: &'a [DesiredAccount],
    pub(super) accounts: &'a [Account],
    pub(super) people_by_id: &'a IdIndex,
    pub(super) accounts_by_id: &'a IdIndex,
    pub(super) links: &'a Links,
    pub(super) facts: &'a HostFacts,
    /// For each employee the position of the account of their link, as far as that was looked up before; may be empty.
    pub(super) linked: &'a [Option<u32>],
    pub(super) admins: &'a BTreeSet<String>,
    /// Accounts that have a listed name, or had it when an earlier plan was made.
    pub(super) admin_accounts: &'a AdminAccounts,
    /// Whether accounts of those who left before the first sync are adopted.
    pub(super) links_leavers: bool,
    pub(super) approvals: Option<&'a Approvals>,
    pub(super) swap_address: Option<&'a str>,
    pub(super) now_unix_seconds: u64,
    /// What is known of accounts that could not be read.
    pub(super) unreadable: &'a Unreadable,
    /// Employees of whom a finding about their site speaks already.
    pub(super) told: &'a BTreeSet<Id>,
    /// The employees who work here, by work email. Built when it is first needed.
    pub(super) workers: &'a OnceCell<BTreeMap<String, usize>>,
    /// When somebody who came back under a new id gets the old account.
    pub(super) rehires: Rules,
    /// Whether the account of somebody who starts later is archived after some time.
    pub(super) archives_waiting: bool,
    pub(super) cost_centers: Option<&'a CostCenters>,
}

impl Input<'_> {
    /// The position of an employee.
    pub(super) fn person(&self, id: &str) -> Option<usize> {
        self.people_by_id.get(id, |at| self.people.get(at).map(|person| &*person.id).unwrap_or_default())
    }

    /// Whether an id is an employee's whom HiBob sends, or whom a link or the host's ledger knows.
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.person(id).is_some() || self.links.get(id).is_some() || self.facts.knows(id)
    }

    /// The employee who works here and whose work email is the account's user name.
    pub(super) fn works_with(&self, account: &Account) -> Option<usize> {
        let name = fold(account.text(TextField::UserName)?);
        let workers = self.workers.get_or_init(|| {
            let here = self.people.iter().enumerate().filter(|(_, person)| person.status == AccountStatus::Active);
            here.map(|(at, person)| (fold(person.user_name()), at)).collect()
        });
        workers.get(&name).copied()
    }

    /// Whether a user name is on the operator's list of admins.
    pub(super) fn is_admin(&self, user_name: &str) -> bool {
        !self.admins.is_empty() && self.admins.contains(&fold(user_name))
    }

    /// Whether an employee's cost center is archived and not restored any more, so that nobody is assigned to it.
    pub(super) fn lacks_cost_center(&self, person: &DesiredAccount) -> bool {
        let name = person.desired(TextField::CostCenter).text();
        self.cost_centers.zip(name).is_some_and(|(known, name)| known.is_given_up(name))
    }

    /// The position of an account.
    pub(super) fn account(&self, id: &str) -> Option<usize> {
        self.accounts_by_id.get(id, |at| self.accounts.get(at).map(|account| &*account.id).unwrap_or_default())
    }
}

//! The input of matching and deciding.

use super::remember::AdminAccounts;
use super::unreadable::Unreadable;
use crate::approvers::Approvals;
use crate::field::fold;
use crate::host_facts::HostFacts;
use crate::index::IdIndex;
use crate::link::Links;
use crate::mapping::DesiredAccount;
use crate::scim::Account;
use std::collections::BTreeSet;

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

    /// Whether a user name is on the operator's list of admins.
    pub(super) fn is_admin(&self, user_name: &str) -> bool {
        !self.admins.is_empty() && self.admins.contains(&fold(user_name))
    }

    /// The position of an account.
    pub(super) fn account(&self, id: &str) -> Option<usize> {
        self.accounts_by_id.get(id, |at| self.accounts.get(at).map(|account| &*account.id).unwrap_or_default())
    }
}

//! The plan: the changes by which TravelPerk's accounts become as HiBob's employees require.
//!
//! [`Planner`] collects employees and accounts one by one; [`Planner::finish`] matches, decides and orders. The plan
//! keeps desired and existing accounts in compact form and makes each [`Change`] only when it is asked for, so that
//! 100,000 changes need not be in memory at once.

mod company;
mod cost_center;
mod decide;
mod domains;
mod draft;
mod input;
mod lasting;
mod leavers;
mod managers;
mod matching;
pub(crate) mod names;
mod order;
mod orders;
mod planner;
mod reconcile;
mod rehire;
mod remember;
mod roster;
mod sites;
mod unreadable;

pub use planner::{OTHERS_MAX, Planner, Unlisted};
pub use roster::{EmployeeState, RosterEntry};

use crate::change::Change;
use crate::field::{TextField, fold};
use crate::finding::{Finding, Severity};
use crate::host_facts::HostFacts;
use crate::lifecycle::{AccountStatus, Because};
use crate::link::Links;
use crate::mapping::DesiredAccount;
use crate::scim::{Account, State};
use crate::value::{Count, NamedValue, Value};
use cost_center::CostCenterDrafts;
use draft::Draft;
pub(crate) use draft::approvers_value;
use roster::{CompactEntry, Vanished};
use std::collections::BTreeSet;

/// A finished plan. Its changes are in an order in which they can be applied.
#[derive(Debug)]
pub struct Plan {
    people: Vec<DesiredAccount>,
    accounts: Vec<Account>,
    links: Links,
    facts: HostFacts,
    swap_address: Option<String>,
    cost_centers: CostCenterDrafts,
    drafts: Vec<Draft>,
    findings: Vec<Finding>,
    counts: Vec<Count>,
    baseline: Vec<Count>,
    remember: Vec<NamedValue>,
    roster: Vec<CompactEntry>,
    vanished: Vec<Vanished>,
    reconciliation: Vec<reconcile::Row>,
}

impl Plan {
    /// The plan's counts; `directory-sync.plan-summary` in the WIT package lists their names.
    pub fn counts(&self) -> &[Count] {
        &self.counts
    }

    /// One of the counts; 0 for an unknown name.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.iter().find(|count| count.name == name).map_or(0, |count| count.number)
    }

    /// The baseline that the host stores once a run of this plan is accepted, and gives to the next plan.
    pub fn baseline(&self) -> Vec<NamedValue> {
        let value = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let counts =
            self.baseline.iter().map(|count| NamedValue { name: count.name.clone(), value: value(count.number) });
        counts.chain(self.remember.iter().cloned()).collect()
    }

    /// The findings, sorted by employee id.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many changes there are.
    pub fn len(&self) -> usize {
        self.cost_centers.len() + self.drafts.len()
    }

    /// Whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The changes from position `start` on. Each is made when the iterator reaches it.
    pub fn changes(&self, start: usize) -> impl Iterator<Item = Change> + '_ {
        let cost_centers = self.cost_centers.iter().skip(start);
        let cost_centers = cost_centers.map(|(name, archived)| cost_center::change(name, archived.as_deref()));
        let drafts = self.drafts.iter().skip(start.saturating_sub(self.cost_centers.len()));
        cost_centers.chain(drafts.filter_map(|draft| draft.change(self)))
    }

    /// The accounts that were read, sorted by id.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Ids of the employees who have left.
    pub fn leavers(&self) -> BTreeSet<&str> {
        let left = |person: &&DesiredAccount| person.status == AccountStatus::Gone(Because::Terminated);
        self.people.iter().filter(left).map(|person| &*person.id).collect()
    }

    /// An error if the admin with this work email (folded to lower case) has left, or has an account that is archived.
    /// None if no employee and no account has this work email.
    pub(crate) fn has_left(&self, email: &str) -> Option<Finding> {
        let named = |name: &str| fold(name) == email;
        let left = self
            .people
            .iter()
            .any(|person| matches!(person.status, AccountStatus::Gone(_)) && named(person.user_name()));
        let here = self.people.iter().any(|person| person.status == AccountStatus::Active && named(person.user_name()));
        let accounts = || self.accounts.iter().filter(|account| account.text(TextField::UserName).is_some_and(named));
        let archived = accounts().any(|account| account.state == State::Archived);
        ((left && !here) || archived).then(|| {
            Finding::new(
                Severity::Error,
                "ENABLED_BY_INACTIVE",
                "the admin who enabled this sync has left or is no longer active",
                "another admin enables it again: hibob tenant enable TENANT --by EMAIL",
            )
            .field("enabled-by")
        })
    }

    /// Adds a finding about the plan as a whole, if there is one.
    pub(crate) fn note(&mut self, finding: Option<Finding>) {
        self.findings.extend(finding);
    }

    /// Whether HiBob sent this employee.
    pub(crate) fn has_employee(&self, id: &str) -> bool {
        self.people.binary_search_by(|person| id_order(&person.id, id)).is_ok()
    }

    /// The host's facts that the plan was made with.
    pub fn host_facts(&self) -> &HostFacts {
        &self.facts
    }

    /// The links that the plan was made with.
    pub fn links(&self) -> &Links {
        &self.links
    }
}

/// The order of ids: first by length, then by their characters. So ids that are numbers are in the order of the
/// numbers.
pub(crate) fn id_order(a: &str, b: &str) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// How many employees have a finding that keeps them from being synced: conflicts, or all others.
fn failed_employees(findings: &[Finding], conflict: bool) -> usize {
    let concerned =
        findings.iter().filter(|finding| finding.severity == Severity::Error && is_conflict(finding.code) == conflict);
    let without_id = concerned.clone().filter(|finding| finding.employee_id.is_none()).count();
    let ids: BTreeSet<&str> = concerned.filter_map(|finding| finding.employee_id.as_deref()).collect();
    ids.len() + without_id
}

/// Whether a finding of this code is a conflict between employees or accounts, rather than a broken record.
fn is_conflict(code: &str) -> bool {
    matches!(
        code,
        "USER_NAME_TAKEN"
            | "USER_NAME_SWAP"
            | "DUPLICATE_EMAIL"
            | "LINKED_ACCOUNT_TAKEN"
            | "AMBIGUOUS_EXTERNAL_ID"
            | "AMBIGUOUS_USER_NAME"
            | "ACCOUNT_UNREADABLE"
            | "SAME_PERSON_UNCLEAR"
    )
}

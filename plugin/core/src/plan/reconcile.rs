//! Reconciliation: which accounts are active in TravelPerk without anybody who is employed in HiBob, managed or not.
//! That is what an auditor asks.
//!
//! An account is somebody's who is employed if matching has given it to them, if it carries their employee id, or if it
//! has their work email. Whoever works at a site that is not synced is employed; whoever starts later is not yet.
//! Somebody whose record cannot be used is an error of their own, and is not listed.

use super::input::Input;
use super::matching::Match;
use super::{Plan, leavers};
use crate::field::{TextField, fold};
use crate::lifecycle::{AccountStatus, Because};
use crate::mapping::DesiredAccount;
use crate::scim::{Account, State};
use crate::value::{NamedValue, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The name of the value of a plan that has the rows. The host takes it out of the baseline.
const REPORT: &str = "report:active-accounts";

/// Most rows that are handed over.
const ROWS_MAX: usize = 10_000;

/// An active account of nobody who is employed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    account: u32,
    employee: Option<Box<str>>,
    is_managed: bool,
    why: &'static str,
}

/// Finds the accounts.
pub(super) fn look(input: Input<'_>, matches: &[Match]) -> Vec<Row> {
    let mut owners: BTreeMap<usize, usize> = BTreeMap::new();
    for (person, found) in matches.iter().enumerate() {
        if let Some((account, _)) = found.account {
            owners.insert(account, person);
        }
    }
    let linked: BTreeMap<&str, &str> = input.links.iter().map(|(employee, link)| (&*link.account, employee)).collect();
    let mut by_email: Option<BTreeMap<String, usize>> = None;
    let mut rows = Vec::new();
    for (at, account) in input.accounts.iter().enumerate().filter(|(_, account)| account.state == State::Active) {
        let carrier = || account.text(TextField::ExternalId).and_then(|id| input.person(id));
        let linked = linked.get(&*account.id).copied();
        let in_ledger = input.facts.owner_of(&account.id).map(|row| row.employee);
        let known = linked.or(in_ledger);
        let owner = owners.get(&at).copied().or_else(carrier).or_else(|| {
            let emails = by_email.get_or_insert_with(|| emails(input.people));
            account.text(TextField::UserName).and_then(|name| emails.get(&fold(name))).copied()
        });
        let owner = owner.or_else(|| known.and_then(|id| input.person(id)));
        let why = match owner.and_then(|owner| input.people.get(owner)).map(|person| person.status) {
            Some(AccountStatus::Active | AccountStatus::Outside | AccountStatus::Broken) => continue,
            Some(AccountStatus::Gone(Because::OutOfSelection)) => continue,
            Some(AccountStatus::Gone(Because::Terminated)) => "has left",
            Some(AccountStatus::Gone(Because::GardenLeave)) => "is on garden leave",
            Some(AccountStatus::Gone(Because::Vanished)) => VANISHED,
            Some(AccountStatus::Waiting(_)) => "has not started yet",
            Some(AccountStatus::Excluded) => "is left out of the sync by a setting",
            None if known.is_some() => VANISHED,
            None => "nobody in HiBob",
        };
        let employee = owner.and_then(|owner| input.people.get(owner)).map(|person| &*person.id).or(known);
        rows.push(Row {
            account: super::decide::small(at),
            employee: employee.map(Into::into),
            is_managed: known.is_some(),
            why,
        });
    }
    rows
}

const VANISHED: &str = "HiBob does not send this employee any more";

/// The employees by work email; of several, one who works here, and else one who has not left.
fn emails(people: &[DesiredAccount]) -> BTreeMap<String, usize> {
    let rank = |person: &DesiredAccount| match person.status {
        AccountStatus::Active | AccountStatus::Outside | AccountStatus::Excluded => 0,
        _ if leavers::has_left(person) => 2,
        _ => 1,
    };
    let mut order: Vec<usize> = (0..people.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(people.get(at).map(rank)));
    let named = order.into_iter().filter_map(|at| Some((people.get(at)?, at)));
    named
        .filter(|(person, _)| !person.user_name().is_empty())
        .map(|(person, at)| (fold(person.user_name()), at))
        .collect()
}

impl Plan {
    /// What a plan reports to the host beside its changes, findings and numbers: `report:active-accounts`, a text with one
    /// line for each active account of nobody who is employed in HiBob: account id, employee id or `-`, `managed` or
    /// `unmanaged`, why, user name and name, separated by tabs. At most 10,000 lines, and then one with `+` and how many
    /// more there are.
    pub fn reports(&self) -> Vec<NamedValue> {
        if self.reconciliation.is_empty() {
            return Vec::new();
        }
        let clean = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let mut text = String::new();
        for row in self.reconciliation.iter().take(ROWS_MAX) {
            let Some(account) = self.accounts.get(row.account as usize) else { continue };
            let fields = [
                &*account.id,
                row.employee.as_deref().unwrap_or("-"),
                if row.is_managed { "managed" } else { "unmanaged" },
                row.why,
                account.text(TextField::UserName).unwrap_or_default(),
                &Account::display_name(account),
            ];
            let _ = writeln!(text, "{}", fields.map(clean).join("\t"));
        }
        let more = self.reconciliation.len().saturating_sub(ROWS_MAX);
        if more > 0 {
            let _ = writeln!(text, "+\t{more}");
        }
        vec![NamedValue { name: REPORT.to_owned(), value: Value::Text(text) }]
    }
}

//! Reconciliation: which accounts are active in TravelPerk without anybody who is employed in HiBob, managed or not.
//! That is what an auditor asks.
//!
//! An account is somebody's who is employed if matching has given it to them, if it carries their employee id, or if it
//! has their work email. Whoever works at a site that is not synced is employed; whoever starts later is not yet.
//! Somebody whose record cannot be used is an error of their own, and is not listed.

use super::input::Input;
use super::matching::{Match, owners};
use super::{Plan, leavers};
use crate::field::{TextField, fold};
use crate::lifecycle::{AccountStatus, Because};
use crate::mapping::DesiredAccount;
use crate::scim::{Account, State};
use crate::value::{NamedValue, Value};
use std::cell::LazyCell;
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
    let owners = owners(matches, input.accounts.len());
    // Nearly every account is that of somebody who is employed, and needs neither.
    let linked = LazyCell::new(|| {
        let pairs = input.links.iter().map(|(employee, link)| (&*link.account, employee));
        pairs.collect::<BTreeMap<&str, &str>>()
    });
    let by_email = LazyCell::new(|| emails(input.people));
    let status = |owner: Option<usize>| owner.and_then(|owner| input.people.get(owner)).map(|person| person.status);
    let mut rows = Vec::new();
    for (at, account) in input.accounts.iter().enumerate().filter(|(_, account)| account.state == State::Active) {
        let matched = owners.get(at).copied().flatten();
        if status(matched).is_some_and(|status| unemployed(status).is_none()) {
            continue;
        }
        let carrier = || account.text(TextField::ExternalId).and_then(|id| input.person(id));
        let linked = linked.get(&*account.id).copied();
        let in_ledger = input.facts.owner_of(&account.id).map(|row| row.employee);
        let known = linked.or(in_ledger);
        let owner = matched
            .or_else(carrier)
            .or_else(|| account.text(TextField::UserName).and_then(|name| by_email.get(&fold(name))).copied());
        let owner = owner.or_else(|| known.and_then(|id| input.person(id)));
        let why = match status(owner).map(unemployed) {
            Some(Some(why)) => why,
            Some(None) => continue,
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

/// Why the account of somebody of this status is listed; none if they are employed, or have a record that cannot be used.
fn unemployed(status: AccountStatus) -> Option<&'static str> {
    match status {
        AccountStatus::Active | AccountStatus::Outside | AccountStatus::Broken => None,
        AccountStatus::Gone(Because::OutOfSelection) => None,
        AccountStatus::Gone(Because::Terminated) => Some("has left"),
        AccountStatus::Gone(Because::GardenLeave) => Some("is on garden leave"),
        AccountStatus::Gone(Because::Vanished) => Some(VANISHED),
        AccountStatus::Waiting(_) => Some("has not started yet"),
        AccountStatus::Excluded => Some("is left out of the sync by a setting"),
    }
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

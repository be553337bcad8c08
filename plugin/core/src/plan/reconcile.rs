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
use std::collections::{BTreeMap, BTreeSet};
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
    let status = |owner: Option<usize>| owner.and_then(|owner| input.people.get(owner)).map(|person| person.status);
    let active = input.accounts.iter().enumerate().filter(|(_, account)| account.state == State::Active);
    let matched = active.map(|(at, account)| (at, account, owners.get(at).copied().flatten()));
    let open = |matched: Option<usize>| status(matched).is_none_or(|status| unemployed(status).is_some());
    let open: Vec<_> = matched.filter(|(.., matched)| open(*matched)).collect();
    let by_email = LazyCell::new(|| {
        let unmatched = open.iter().filter(|(.., matched)| matched.is_none());
        emails(
            input.people,
            &unmatched.filter_map(|(_, account, _)| account.text(TextField::UserName)).map(fold).collect(),
        )
    });
    let mut rows = Vec::new();
    for &(at, account, matched) in &open {
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
        AccountStatus::OnHold => Some("is on hold"),
    }
}

const VANISHED: &str = "HiBob does not send this employee any more";

/// The employees with these work emails; of several with one, one who works here, and else one who has not left.
fn emails(people: &[DesiredAccount], emails: &BTreeSet<String>) -> BTreeMap<String, usize> {
    let rank = |person: &DesiredAccount| match person.status {
        AccountStatus::Active | AccountStatus::Outside | AccountStatus::Excluded | AccountStatus::OnHold => 0,
        _ if leavers::has_left(person) => 2,
        _ => 1,
    };
    let named = people.iter().enumerate().map(|(at, person)| (fold(person.user_name()), rank(person), at));
    let mut named: Vec<_> = named.filter(|(email, ..)| !email.is_empty() && emails.contains(email)).collect();
    named.sort_by_key(|(_, rank, _)| std::cmp::Reverse(*rank));
    named.into_iter().map(|(email, _, at)| (email, at)).collect()
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

//! For how many accepted runs in a row HiBob has not sent somebody, or somebody has had an account before they start.
//!
//! The numbers are kept in the baseline, which only an accepted run replaces. So a run that is held, or ends early, does
//! not count, and whoever is there again begins anew. Employees are remembered by a digest of their ids.
//!
//! 1. From the first run on, each of them is a warning, and after [`RUNS`] accepted runs an error.
//! 2. Where the setting says so, the account is archived after [`RUNS`] accepted runs instead. That counts among the
//!    archivings of the host's guard like any other.

use super::input::Input;
use crate::field::TextField;
use crate::host_facts::HostFacts;
use crate::link::Links;
use crate::lookup::fnv1a;
use crate::scim::{Account, State};
use crate::value::{Id, NamedValue, Value};
use std::collections::BTreeMap;

/// After how many accepted runs in a row a warning becomes an error, or an account is archived.
pub(super) const RUNS: u32 = 14;

/// The entry of the baseline with the numbers.
const LASTING: &str = "lasting";

/// What lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// HiBob does not send the employee any more, and the account is active.
    Vanished,
    /// The employee starts later, and the account is active.
    Waiting,
}

/// The numbers of accepted runs, by case and employee.
#[derive(Clone, Debug, Default)]
pub(super) struct Lasting {
    before: BTreeMap<String, u32>,
    now: BTreeMap<String, u32>,
}

impl Lasting {
    /// Takes over the numbers of the last accepted run.
    pub(super) fn remembering(baseline: &[NamedValue]) -> Self {
        let pairs = baseline.iter().find(|value| value.name == LASTING).map(|value| &value.value);
        let before = match pairs {
            Some(Value::Pairs(pairs)) => {
                pairs.iter().filter_map(|(key, runs)| Some((key.clone(), runs.parse().ok()?))).collect()
            }
            _ => BTreeMap::new(),
        };
        Self { before, now: BTreeMap::new() }
    }

    /// Whether it has been so in [`RUNS`] accepted runs before this one.
    pub(super) fn is_over(&self, case: Case, employee: &str) -> bool {
        self.before.get(&key(case, employee)).is_some_and(|runs| *runs >= RUNS)
    }

    /// Notes that it is so in this run. Returns in how many accepted runs in a row it was so before.
    pub(super) fn see(&mut self, case: Case, employee: &str) -> u32 {
        let key = key(case, employee);
        let before = self.before.get(&key).copied().unwrap_or_default();
        self.now.insert(key, before.saturating_add(1));
        before
    }

    /// The entry for the next baseline; none if nothing lasts.
    pub(super) fn to_remember(&self) -> Option<NamedValue> {
        let pairs: Vec<_> = self.now.iter().map(|(key, runs)| (key.clone(), runs.to_string())).collect();
        (!pairs.is_empty()).then(|| NamedValue { name: LASTING.to_owned(), value: Value::Pairs(pairs) })
    }
}

fn key(case: Case, employee: &str) -> String {
    let case = match case {
        Case::Vanished => "vanished",
        Case::Waiting => "waiting",
    };
    format!("{case}/{:016x}", fnv1a(employee.bytes()))
}

/// Whether the account of a link is active and still the employee's.
pub(super) fn is_theirs(account: &Account, employee: &str, facts: &HostFacts) -> bool {
    // With another external id, the account has passed to another employee id.
    account.state == State::Active
        && !facts.is_unlinked(&account.id)
        && facts.hold_of(employee).is_none()
        && account.text(TextField::ExternalId).is_none_or(|carried| carried == employee)
}

/// Employees with an active account whom HiBob does not send any more: id and position of the account.
pub(super) fn vanished(input: Input<'_>) -> Vec<(Id, usize)> {
    let of_link = |(employee, account): (&str, &str)| {
        let at = input.account(account)?;
        let is_theirs = input.accounts.get(at).is_some_and(|account| is_theirs(account, employee, input.facts));
        (is_theirs && input.person(employee).is_none()).then(|| (employee.into(), at))
    };
    links(input.links).filter_map(of_link).collect()
}

fn links(links: &Links) -> impl Iterator<Item = (&str, &str)> {
    links.iter().map(|(employee, link)| (employee, &*link.account))
}

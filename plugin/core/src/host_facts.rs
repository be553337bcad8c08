//! What the host adds to the baseline: its own facts about accounts, which a plan respects.
//!
//! | name | value | what it says |
//! |---|---|---|
//! | `host:accounts` | a text with one line for each account: employee id, account id, and since when it is archived (Unix seconds) or `-`, separated by tabs | the host's ledger: whose account it is, and whether the sync has archived it |
//! | `host:links` | pairs of employee id and account id | which accounts a person has ordered to be adopted (`hibob link`) |
//! | `host:unlinked` | pairs of account id and employee id | which accounts a person has given up (`hibob unlink`) |
//! | `host:on-hold` | pairs of employee id and date | whose account a person has put on hold until that day (`hibob hold`) |
//!
//! A host of an earlier version adds none of them. Then only links are known.

use crate::lookup::Lookup;
use crate::plan::id_order;
use crate::value::{NamedValue, Value};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// The entry with the ledger.
const ACCOUNTS: &str = "host:accounts";
/// The entry with the accounts that are to be adopted.
const LINKS: &str = "host:links";
/// The entry with the accounts that were given up.
const UNLINKED: &str = "host:unlinked";
/// The entry with the employees on hold.
const ON_HOLD: &str = "host:on-hold";

/// An account of the host's ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerAccount<'a> {
    /// The employee to whom it belongs.
    pub employee: &'a str,
    /// TravelPerk's id.
    pub account: &'a str,
    /// Since when it is archived, in Unix seconds; none if it is active.
    pub archived_at: Option<u64>,
}

/// The host's facts. Empty if the host has added none.
#[derive(Debug, Default)]
pub struct HostFacts {
    /// The text of the ledger's entry.
    text: String,
    /// Where each line of `text` begins and ends, ordered by employee, then as they came.
    lines: Vec<(u32, u32)>,
    /// The employee of each account, as positions in `lines`. Built when it is first needed.
    owners: OnceCell<Lookup<u64, Vec<u32>>>,
    /// The accounts that are to be adopted: employee and account.
    orders: Vec<(String, String)>,
    /// The accounts that were given up, with their employees.
    unlinked: BTreeMap<String, String>,
    /// The employees on hold, each with the last day of the hold.
    on_hold: BTreeMap<String, String>,
    /// Whether the baseline has nothing else: no run was accepted before.
    is_first: bool,
}

impl HostFacts {
    /// Those in a baseline. Lines that cannot be read are left out.
    pub fn of(baseline: &[NamedValue]) -> Self {
        let value = |name: &str| baseline.iter().find(|value| value.name == name).map(|value| &value.value);
        let pairs = |name: &str| match value(name) {
            Some(Value::Pairs(pairs)) => pairs.clone(),
            _ => Vec::new(),
        };
        let text = match value(ACCOUNTS) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let is_first = baseline.iter().all(|value| value.name.starts_with("host:"));
        let map = |name| pairs(name).into_iter().collect();
        let (unlinked, on_hold) = (map(UNLINKED), map(ON_HOLD));
        let mut facts = Self { is_first, orders: pairs(LINKS), unlinked, on_hold, ..Self::default() };
        let mut start = 0;
        for line in text.split('\n') {
            let end = start + line.len();
            if parse(line).is_some()
                && let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end))
            {
                facts.lines.push((start, end));
            }
            start = end + 1;
        }
        facts.text = text;
        let mut lines = std::mem::take(&mut facts.lines);
        lines.sort_by(|a, b| match (facts.line(*a), facts.line(*b)) {
            (Some(a), Some(b)) => id_order(a.employee, b.employee),
            _ => std::cmp::Ordering::Equal,
        });
        facts.lines = lines;
        facts
    }

    fn line(&self, (start, end): (u32, u32)) -> Option<LedgerAccount<'_>> {
        parse(self.text.get(start as usize..end as usize)?)
    }

    /// Whether no run was accepted before.
    pub fn is_first(&self) -> bool {
        self.is_first
    }

    /// Whether the host has a ledger of accounts. Without it, nobody knows which accounts were archived.
    pub fn has_ledger(&self) -> bool {
        !self.lines.is_empty()
    }

    /// All accounts of the ledger, ordered by employee.
    pub fn accounts(&self) -> impl Iterator<Item = LedgerAccount<'_>> {
        self.lines.iter().filter_map(|&line| self.line(line))
    }

    /// Whether the ledger has an account of this employee.
    pub fn knows(&self, employee: &str) -> bool {
        let found = self.lines.binary_search_by(|&line| {
            self.line(line).map_or(std::cmp::Ordering::Less, |row| id_order(row.employee, employee))
        });
        found.is_ok()
    }

    /// The employee to whom this account belongs by the ledger.
    pub fn owner_of(&self, account: &str) -> Option<LedgerAccount<'_>> {
        let owners = self.owners.get_or_init(|| {
            let mut owners: Lookup<u64, Vec<u32>> = Lookup::with_capacity(self.lines.len());
            for (position, row) in self.lines.iter().enumerate() {
                let Some(row) = self.line(*row) else { continue };
                let (hash, position) = (hash(row.account), u32::try_from(position).unwrap_or(u32::MAX));
                match owners.get_mut(&hash) {
                    Some(positions) => positions.push(position),
                    None => drop(owners.insert(hash, vec![position])),
                }
            }
            owners
        });
        let positions = owners.get(&hash(account))?.iter();
        let mut rows = positions.filter_map(|&position| self.line(*self.lines.get(position as usize)?));
        rows.find(|row| row.account == account)
    }

    /// Whether this account is archived by the ledger.
    pub fn is_archived(&self, account: &str) -> bool {
        self.owner_of(account).is_some_and(|row| row.archived_at.is_some())
    }

    /// The accounts that a person has ordered to be adopted: employee and account.
    pub fn orders(&self) -> impl Iterator<Item = (&str, &str)> {
        self.orders.iter().map(|(employee, account)| (employee.as_str(), account.as_str()))
    }

    /// Whether a person has ordered this account to be adopted for this employee.
    pub fn is_ordered(&self, employee: &str, account: &str) -> bool {
        self.orders().any(|order| order == (employee, account))
    }

    /// Whether a person has given this account up.
    pub fn is_unlinked(&self, account: &str) -> bool {
        self.unlinked.contains_key(account)
    }

    /// The accounts that were given up, each with its employee.
    pub fn unlinked(&self) -> impl Iterator<Item = (&str, &str)> {
        self.unlinked.iter().map(|(account, employee)| (account.as_str(), employee.as_str()))
    }

    /// The last day on which a person leaves this employee's account alone; none if it is not on hold.
    pub fn hold_of(&self, employee: &str) -> Option<&str> {
        self.on_hold.get(employee).map(String::as_str)
    }
}

fn hash(id: &str) -> u64 {
    crate::lookup::fnv1a(id.bytes())
}

fn parse(line: &str) -> Option<LedgerAccount<'_>> {
    let mut parts = line.split('\t');
    let (employee, account, archived) = (parts.next()?, parts.next()?, parts.next()?);
    let archived_at = match archived {
        "-" => None,
        seconds => Some(seconds.parse().ok()?),
    };
    let is_whole = parts.next().is_none() && !employee.is_empty() && !account.is_empty();
    is_whole.then_some(LedgerAccount { employee, account, archived_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> HostFacts {
        HostFacts::of(&[NamedValue { name: ACCOUNTS.to_owned(), value: Value::Text(text.to_owned()) }])
    }

    #[test]
    fn the_ledger_is_read_line_by_line_and_found_by_employee_and_account() {
        let facts = facts("10\ta\t-\n9\tb\t77\n9\tc\t-\n\nbroken\n8\td\tsoon\n");
        let rows: Vec<_> = facts.accounts().map(|row| (row.employee, row.account, row.archived_at)).collect();
        assert_eq!(rows, [("9", "b", Some(77)), ("9", "c", None), ("10", "a", None)]);
        assert!(facts.has_ledger() && facts.knows("9") && facts.knows("10") && !facts.knows("8"));
        assert_eq!(facts.owner_of("c").map(|row| row.employee), Some("9"));
        assert_eq!(facts.owner_of("d"), None);
        assert!(!HostFacts::of(&[]).has_ledger());
    }

    #[test]
    fn orders_and_accounts_that_were_given_up_are_read() {
        let pairs = |name: &str, a: &str, b: &str| NamedValue {
            name: name.to_owned(),
            value: Value::Pairs(vec![(a.to_owned(), b.to_owned())]),
        };
        let facts =
            HostFacts::of(&[pairs(LINKS, "1", "a"), pairs(UNLINKED, "b", "2"), pairs(ON_HOLD, "3", "2026-03-31")]);
        assert_eq!((facts.hold_of("3"), facts.hold_of("1")), (Some("2026-03-31"), None));
        assert!(facts.is_ordered("1", "a") && !facts.is_ordered("2", "b"));
        assert!(facts.is_unlinked("b") && !facts.is_unlinked("a"));
        assert_eq!(facts.unlinked().collect::<Vec<_>>(), [("b", "2")]);
    }
}

//! How many accounts belong to the company by their email addresses: what a person is told before the first sync.

use crate::field::{TextField, fold};
use crate::mapping::DesiredAccount;
use crate::scim::Account;
use std::collections::{BTreeMap, BTreeSet};

/// The number of accounts whose user name has the domain of an employee's work email.
pub(super) fn same_domain(people: &[DesiredAccount], accounts: &[Account]) -> usize {
    // As they are written, there are few: each is brought into the form in which it is compared once.
    let written: BTreeSet<&str> = people.iter().filter_map(|person| domain(person.user_name())).collect();
    let domains: BTreeSet<String> = written.iter().map(|domain| fold(domain)).filter(|key| !key.is_empty()).collect();
    let names = accounts.iter().filter_map(|account| domain(account.text(TextField::UserName)?));
    let mut known: BTreeMap<&str, bool> = BTreeMap::new();
    names.filter(|domain| *known.entry(domain).or_insert_with(|| domains.contains(&fold(domain)))).count()
}

fn domain(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

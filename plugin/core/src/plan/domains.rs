//! How many accounts belong to the company by their email addresses: what a person is told before the first sync.

use crate::field::{TextField, fold};
use crate::mapping::DesiredAccount;
use crate::scim::Account;
use std::collections::BTreeSet;

/// The number of accounts whose user name has the domain of an employee's work email.
pub(super) fn same_domain(people: &[DesiredAccount], accounts: &[Account]) -> usize {
    let domains: BTreeSet<String> = people.iter().filter_map(|person| domain(person.user_name())).collect();
    let names = accounts.iter().filter_map(|account| account.text(TextField::UserName));
    names.filter_map(domain).filter(|domain| domains.contains(domain)).count()
}

fn domain(address: &str) -> Option<String> {
    address.rsplit_once('@').map(|(_, domain)| fold(domain)).filter(|domain| !domain.is_empty())
}

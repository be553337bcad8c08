//! What a plan hands to the next one, and to the host's guards, beside the numbers of the source: how many accounts have
//! a value of each field, how many people each cost center has, and which accounts belong to the listed admins.
//!
//! An admin is listed by user name (`safety.admins`). Which account had that name is remembered, so that the account is
//! spared whatever it is renamed to. The name itself is not stored, only a digest of it.

use crate::field::{MANAGER, TEXT_FIELDS, TextField, fold};
use crate::lifecycle::AccountStatus;
use crate::lookup::fnv1a;
use crate::mapping::DesiredAccount;
use crate::scim::{Account, Manager, State};
use crate::value::{Count, NamedValue, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The entry of the baseline with the accounts of the listed admins, as pairs of a digest of the name and an account.
const ADMINS: &str = "admins";

/// Most cost centers whose people are counted.
const COST_CENTERS_MAX: usize = 10_000;

/// How many of the accounts of active employees have a value of each field, and how many are in each cost center.
/// `account_of` are the accounts by employee, as positions.
pub(super) fn values(people: &[DesiredAccount], account_of: &[Option<u32>], accounts: &[Account]) -> Vec<Count> {
    let mut fields: BTreeMap<&str, usize> = BTreeMap::new();
    let mut cost_centers: BTreeMap<&str, usize> = BTreeMap::new();
    let active = people.iter().zip(account_of).filter(|(person, _)| person.status == AccountStatus::Active);
    for account in
        active.filter_map(|(_, at)| accounts.get((*at)? as usize)).filter(|account| account.state != State::Archived)
    {
        for field in TEXT_FIELDS.into_iter().filter(|field| account.text(*field).is_some()) {
            *fields.entry(field.name()).or_default() += 1;
        }
        if account.manager != Manager::Nobody {
            *fields.entry(MANAGER).or_default() += 1;
        }
        if let Some(name) = account.text(TextField::CostCenter) {
            *cost_centers.entry(name).or_default() += 1;
        }
    }
    let fields = fields.into_iter().map(|(field, number)| Count::new(format!("values:{field}"), number));
    let cost_centers = cost_centers.into_iter().take(COST_CENTERS_MAX);
    fields.chain(cost_centers.map(|(name, number)| Count::new(format!("cost-center:{name}"), number))).collect()
}

/// The accounts of the listed admins.
#[derive(Clone, Debug, Default)]
pub(super) struct AdminAccounts(BTreeSet<(String, String)>);

impl AdminAccounts {
    /// Those that the baseline has, of names that are still on the list.
    pub(super) fn remembering(baseline: &[NamedValue], admins: &BTreeSet<String>) -> Self {
        let pairs = baseline.iter().find(|value| value.name == ADMINS).map(|value| &value.value);
        let listed: BTreeSet<String> = admins.iter().map(|name| digest(name)).collect();
        match pairs {
            Some(Value::Pairs(pairs)) => {
                let of_list = pairs.iter().filter_map(|(key, account)| {
                    let name = key.split('/').next().filter(|name| listed.contains(*name))?;
                    Some((name.to_owned(), account.clone()))
                });
                Self(of_list.collect())
            }
            _ => Self::default(),
        }
    }

    /// Adds the accounts that have a listed name now.
    pub(super) fn see(&mut self, accounts: &[Account], admins: &BTreeSet<String>) {
        for account in accounts.iter().filter(|_| !admins.is_empty()) {
            let name = account.text(TextField::UserName).map(fold).filter(|name| admins.contains(name));
            self.0.extend(name.map(|name| (digest(&name), account.id.to_string())));
        }
    }

    /// Whether an account is, or was, a listed admin's.
    pub(super) fn has(&self, account: &Account) -> bool {
        self.0.iter().any(|(_, id)| *id == *account.id)
    }

    /// The entry for the next baseline; none if there is nothing to remember. The keys of its pairs are unique.
    pub(super) fn to_remember(&self) -> Option<NamedValue> {
        let pairs: Vec<(String, String)> =
            self.0.iter().map(|(name, account)| (format!("{name}/{account}"), account.clone())).collect();
        (!pairs.is_empty()).then(|| NamedValue { name: ADMINS.to_owned(), value: Value::Pairs(pairs) })
    }
}

/// A digest that distinguishes names. It need not be secure: the names are in the settings.
fn digest(name: &str) -> String {
    format!("{:016x}", fnv1a(fold(name).bytes()))
}

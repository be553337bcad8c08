//! Persons' keys: kept in the databases, and looked through for the watch.

use super::{SimBook, lost};
use crate::ports::{PEOPLE_KEY, TENANT};
use crate::sim::Sim;
use hibob_base::error::HostError;
use hibob_contract::Planned;
use hibob_store::database::{Fence, PersonRow};
use hibob_store::privacy::{KeyRows, Ring, Tag, open_made, open_plan};
use std::collections::BTreeMap;

impl SimBook {
    /// The keys of the tenant's people, for a run.
    pub(crate) fn ring(&self) -> Ring<Self> {
        Ring::of(self.clone(), &TENANT.0.id, &PEOPLE_KEY)
    }

    /// A stored plan, as the watch looks at it: all of it can be opened.
    pub(super) async fn opened_plan(&self, stored: &[u8]) -> Planned {
        let opened = open_plan(&self.watching(), stored).await.unwrap().unwrap();
        assert!(opened.is_whole && !opened.is_plain, "a stored plan is sealed, and nobody was forgotten");
        opened.planned
    }

    /// What came of a change, as the watch looks at it.
    pub(super) async fn opened_made(&self, stored: &str) -> String {
        let opened = open_made(&self.watching(), vec![stored.to_owned()]).await.unwrap();
        opened.into_iter().next().unwrap().unwrap()
    }

    fn watching(&self) -> Ring<Shown> {
        Ring::of(Shown(self.sim.clone()), &TENANT.0.id, &PEOPLE_KEY)
    }
}

/// Keys are looked for and kept at the moment of the write that they are for. A host that ends between the two leaves keys
/// that nothing is sealed with, which is as if it had ended before.
impl KeyRows for SimBook {
    async fn people_by_tag(&self, tags: &[Tag]) -> Result<Vec<PersonRow>, HostError> {
        Ok(self.sim.lock().pages.people_where(|row| tags.contains(&row.tag)))
    }

    async fn people_by_number(&self, numbers: &[i64]) -> Result<Vec<PersonRow>, HostError> {
        Ok(self.sim.lock().pages.people_where(|row| numbers.contains(&row.number)))
    }

    async fn add_people(&self, fence: Fence, keys: &[(Tag, Vec<u8>)]) -> Result<Vec<i64>, HostError> {
        let pages = &mut self.sim.lock().pages;
        if !keys.is_empty() && !self.lets_write(pages, fence) {
            return Err(lost());
        }
        if !pages.people_where(|row| keys.iter().any(|(tag, _)| *tag == row.tag)).is_empty() {
            return Err(HostError::Storage("somebody has a key already".to_owned()));
        }
        let before = pages.people.len();
        pages.people.extend(keys.iter().cloned());
        Ok((before..pages.people.len()).map(number_at).collect())
    }

    async fn owners_of(&self, accounts: &[String]) -> Result<BTreeMap<String, String>, HostError> {
        let pages = &self.sim.lock().pages;
        let known = accounts.iter().filter_map(|account| pages.accounts.get_key_value(account));
        Ok(known.map(|(account, (employee, _))| (account.clone(), employee.clone())).collect())
    }
}

/// The same without time, for those who only watch: they open, and seal nothing.
struct Shown(Sim);

impl KeyRows for Shown {
    async fn people_by_tag(&self, _tags: &[Tag]) -> Result<Vec<PersonRow>, HostError> {
        Err(watches())
    }

    async fn people_by_number(&self, numbers: &[i64]) -> Result<Vec<PersonRow>, HostError> {
        Ok(self.0.lock().pages.people_where(|row| numbers.contains(&row.number)))
    }

    async fn add_people(&self, _fence: Fence, _keys: &[(Tag, Vec<u8>)]) -> Result<Vec<i64>, HostError> {
        Err(watches())
    }

    async fn owners_of(&self, _accounts: &[String]) -> Result<BTreeMap<String, String>, HostError> {
        Err(watches())
    }
}

fn watches() -> HostError {
    HostError::Storage("who watches seals nothing".to_owned())
}

/// The number of the key at a position.
pub(super) fn number_at(position: usize) -> i64 {
    i64::try_from(position).unwrap() + 1
}

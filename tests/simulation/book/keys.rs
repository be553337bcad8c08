//! Persons' keys: kept in the databases, and looked through for the watch.

use super::SimBook;
use crate::outside::{PEOPLE_KEY, TENANT};
use crate::sim::Sim;
use hibob_host::database::{Fence, PersonRow};
use hibob_host::error::HostError;
use hibob_host::person::{KeyRows, Ring, Tag, open_made, open_plan};
use hibob_host::run::Planned;
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

impl KeyRows for SimBook {
    async fn people_by_tag(&self, tags: &[Tag]) -> Result<Vec<PersonRow>, HostError> {
        self.with(|state| Ok(state.pages.people_where(|row| tags.contains(&row.tag)))).await
    }

    async fn people_by_number(&self, numbers: &[i64]) -> Result<Vec<PersonRow>, HostError> {
        self.with(|state| Ok(state.pages.people_where(|row| numbers.contains(&row.number)))).await
    }

    async fn add_people(&self, fence: Fence, keys: &[(Tag, Vec<u8>)]) -> Result<Vec<i64>, HostError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let added = self.fenced(fence, |state| {
            if !state.pages.people_where(|row| keys.iter().any(|(tag, _)| *tag == row.tag)).is_empty() {
                return Err(HostError::Storage("somebody has two keys".to_owned()));
            }
            let before = state.pages.people.len();
            state.pages.people.extend(keys.iter().cloned());
            Ok((before..state.pages.people.len()).map(number_at).collect())
        });
        added.await
    }

    async fn owners_of(&self, accounts: &[String]) -> Result<BTreeMap<String, String>, HostError> {
        let owners = self.with(|state| {
            let known = accounts.iter().filter_map(|account| state.pages.accounts.get_key_value(account));
            Ok(known.map(|(account, (employee, _))| (account.clone(), employee.clone())).collect())
        });
        owners.await
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

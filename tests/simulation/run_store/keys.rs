//! Persons' keys in the simulated databases, and decrypting with them for the checks.

use super::{SimRunStore, lost};
use crate::ports::{PEOPLE_KEY, TENANT};
use crate::sim::Sim;
use hibob_base::error::HostError;
use hibob_contract::Planned;
use hibob_store::database::{Fence, PersonRow};
use hibob_store::privacy::{KeyRows, KeyedHash, Keyring, decrypt_plan, decrypt_results};
use std::collections::BTreeMap;

impl SimRunStore {
    /// The keyring of the tenant, for a run.
    pub(crate) fn keyring(&self) -> Keyring<Self> {
        Keyring::of(self.clone(), &TENANT.0.id, &PEOPLE_KEY)
    }

    /// A stored plan, decrypted for the checks. All of it must be decryptable.
    pub(super) async fn opened_plan(&self, stored: &[u8]) -> Planned {
        let opened = decrypt_plan(&self.watching(), stored).await.unwrap().unwrap();
        assert!(opened.is_whole && !opened.is_plaintext, "a stored plan is sealed, and nobody was forgotten");
        opened.planned
    }

    /// The recorded result of a change, decrypted for the checks.
    pub(super) async fn opened_made(&self, stored: &str) -> String {
        let opened = decrypt_results(&self.watching(), vec![stored.to_owned()]).await.unwrap();
        opened.into_iter().next().unwrap().unwrap()
    }

    fn watching(&self) -> Keyring<Shown> {
        Keyring::of(Shown(self.sim.clone()), &TENANT.0.id, &PEOPLE_KEY)
    }
}

/// Keys are read and stored at the moment of the write for which they are needed. A host that ends between the two
/// leaves keys with which nothing is encrypted, which is harmless.
impl KeyRows for SimRunStore {
    async fn people_by_tag(&self, tags: &[KeyedHash]) -> Result<Vec<PersonRow>, HostError> {
        Ok(self.sim.lock().pages.people_where(|row| tags.contains(&row.tag)))
    }

    async fn people_by_number(&self, numbers: &[i64]) -> Result<Vec<PersonRow>, HostError> {
        Ok(self.sim.lock().pages.people_where(|row| numbers.contains(&row.number)))
    }

    async fn add_people(&self, fence: Fence, keys: &[(KeyedHash, Vec<u8>)]) -> Result<Vec<i64>, HostError> {
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

/// Access to the keys without simulated time, for the checks, which only decrypt.
struct Shown(Sim);

impl KeyRows for Shown {
    async fn people_by_tag(&self, _tags: &[KeyedHash]) -> Result<Vec<PersonRow>, HostError> {
        Err(watches())
    }

    async fn people_by_number(&self, numbers: &[i64]) -> Result<Vec<PersonRow>, HostError> {
        Ok(self.0.lock().pages.people_where(|row| numbers.contains(&row.number)))
    }

    async fn add_people(&self, _fence: Fence, _keys: &[(KeyedHash, Vec<u8>)]) -> Result<Vec<i64>, HostError> {
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

//! Personal data: it is stored encrypted under a key of each person's own, and erased by destroying that key.
//!
//! ```text
//! run ▸ Keyring: names, values, findings, rows ▸ encrypted under the key of the person ▸ database: texts
//!             └─ person's key ◂ encrypted ─ tenant's key ◂ encrypted ─ the secret store's key (secrets.key)
//! erase ▸ erasure list (keyed hash, on the disk first) ▸ one transaction: the key, and the rows under the id
//! ```

mod erase;
mod erased;
mod erasure_list;
mod key;
mod keyring;
mod legacy_plaintext;
mod open;
pub mod plan;
mod records;
pub mod rows;
mod stored;
#[cfg(test)]
mod tests;

pub use crate::database::{KeyedHash, TitleDigests};
pub use crate::run_store::KeyRows;
pub use erase::{ErasureReport, forget_everybody, forget_person, lift};
pub use erase::{key_removed, require_known, restored, settle};
pub use erased::ErasedPeople;
pub use erased::LEFT_OUT;
pub use erasure_list::{FILE as LIST_FILE, text_of as list_text};
pub use keyring::{Keyring, Purpose};
pub use plan::{DecryptedPlan, decrypt as decrypt_plan};
pub use records::Records;
pub use records::decrypt_references;
pub use rows::decrypt_results;
pub use stored::{FORGOTTEN, SOMEBODY_FORGOTTEN};

use crate::database::TenantDatabase;
use crate::secrets::SecretStore;
use hibob_base::error::HostError;
use key::TenantKey;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The people of one tenant about whom something is stored.
#[derive(Clone, Debug)]
pub struct People {
    store: SecretStore,
    tenant: String,
    database: TenantDatabase,
}

impl People {
    /// The people of this tenant, whose keys are in this database.
    pub fn new(store: SecretStore, tenant: &str, database: TenantDatabase) -> Self {
        Self { store, tenant: tenant.to_owned(), database }
    }

    /// The tenant's database.
    pub fn database(&self) -> &TenantDatabase {
        &self.database
    }

    /// The erased people who may not come back.
    ///
    /// # Errors
    /// The tenant's key is not available, or the database failed.
    pub async fn erased_people(&self) -> Result<ErasedPeople, HostError> {
        let rows = self.database.erasures().await?;
        let employees: BTreeSet<KeyedHash> = rows.into_iter().filter(|row| !row.is_lifted).map(|row| row.tag).collect();
        if employees.is_empty() {
            return Ok(ErasedPeople::default());
        }
        // Without the key nobody can tell who they are.
        let key = self.key().await?.ok_or_else(|| self.key_is_missing())?;
        Ok(ErasedPeople::new(key, employees, self.database.erased_accounts().await?.into_iter().collect()))
    }

    /// A keyring for decrypting records.
    ///
    /// # Errors
    /// The tenant's key is not available, or the database failed.
    pub async fn keyring(&self) -> Result<Keyring, HostError> {
        Ok(Keyring::new(self.database.clone(), self.key().await?, self.erased_people().await?))
    }

    /// A keyring for writing records; the tenant's key is made if there is none. The caller holds the tenant's lease.
    ///
    /// # Errors
    /// As [`Self::keyring`].
    pub async fn writing_keyring(&self) -> Result<Keyring, HostError> {
        self.key_or_made().await?;
        self.keyring().await
    }

    /// The tenant's records, for reading them decrypted.
    ///
    /// # Errors
    /// As [`Self::keyring`].
    pub async fn records(&self) -> Result<Records, HostError> {
        Ok(Records::new(self.database.clone(), self.keyring().await?))
    }

    /// Keyed hashes of employees' job titles, without those of erased people; none while the tenant has no key.
    ///
    /// # Errors
    /// As [`Self::keyring`].
    pub async fn title_digests(
        &self,
        titles: impl Iterator<Item = (String, String)>,
    ) -> Result<TitleDigests, HostError> {
        let (key, erased) = (self.key().await?, self.erased_people().await?);
        let Some(key) = key else { return Ok(TitleDigests::new()) };
        let kept = titles.filter(|(employee, _)| !erased.has_employee(employee));
        Ok(kept
            .map(|(employee, title)| {
                let digest = key.title(&employee, &title);
                (employee, digest)
            })
            .collect())
    }

    async fn key(&self) -> Result<Option<Arc<TenantKey>>, HostError> {
        let key = self.store.people_key(&self.tenant).await?;
        Ok(key.map(|key| Arc::new(TenantKey::new(&self.tenant, &key))))
    }

    async fn key_or_made(&self) -> Result<Arc<TenantKey>, HostError> {
        let key = self.store.people_key_or_made(&self.tenant).await?;
        Ok(Arc::new(TenantKey::new(&self.tenant, &key)))
    }

    fn key_is_missing(&self) -> HostError {
        HostError::configuration(
            format!("tenant {}: the key by which erased people are recognized is not in the secret store", self.tenant),
            "restore the control database and the tenant's database from the same backup",
        )
    }
}

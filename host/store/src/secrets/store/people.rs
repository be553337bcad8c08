//! The key of a tenant under which the keys of its people are: sealed like every other secret, so that it is rotated,
//! backed up and forgotten with them.

use crate::secrets::aead::{KEY_BYTES, random};
use crate::secrets::store::{Place, SecretStore, Unusable};
use hibob_base::digest::{hex, unhex};
use hibob_base::error::HostError;
use hibob_base::secret::Secret;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// The secret's name. It is none of a tenant's settings, so nobody can enter it or have it sent anywhere.
pub const NAME: &str = "people.key";

/// What to do where the store's key is lost.
fn lost(tenant: &str, error: &HostError) -> String {
    format!(
        "{}; names and other personal values of the past go with it: hibob secret remove {tenant} {NAME} --yes",
        error.remedy()
    )
}

impl SecretStore {
    /// The key of a tenant's people; none if nothing of anybody was kept yet.
    ///
    /// # Errors
    /// The store's key is not at hand, or what is stored was changed.
    pub async fn people_key(&self, tenant: &str) -> Result<Option<Zeroizing<[u8; KEY_BYTES]>>, HostError> {
        let broken = || {
            HostError::configuration(
                format!("tenant {tenant}: the key that names and other personal values are kept under was changed"),
                format!(
                    "restore the control database from a backup; or give all of them up: hibob secret remove {tenant} {NAME} --yes"
                ),
            )
        };
        match self.decrypt_for(tenant, NAME, &BTreeSet::new()).await {
            Ok(secret) => {
                let bytes = Zeroizing::new(unhex(secret.reveal()).ok_or_else(broken)?);
                Ok(Some(Zeroizing::new(bytes.as_slice().try_into().map_err(|_| broken())?)))
            }
            Err(Unusable::Missing) => Ok(None),
            Err(Unusable::OtherKey(error)) => Err(HostError::configuration(error.to_string(), lost(tenant, &error))),
            Err(Unusable::Failed(error)) => Err(error),
            Err(Unusable::Broken | Unusable::OtherOrigin { .. }) => Err(broken()),
        }
    }

    /// Removes it; what is kept under it can be read by nobody any more. False if there is none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn remove_people_key(&self, tenant: &str) -> Result<bool, HostError> {
        self.control.remove_secret(tenant, NAME).await
    }

    /// The key of a tenant's people, made if there is none. The caller holds the tenant's lease: a second key would go over the first.
    ///
    /// # Errors
    /// As [`Self::people_key`]; or the database failed.
    pub async fn people_key_or_made(&self, tenant: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, HostError> {
        if let Some(key) = self.people_key(tenant).await? {
            return Ok(key);
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        random(key.as_mut_slice())?;
        let place = Place { tenant, name: NAME, origins: &BTreeSet::new() };
        self.put(&place, &Secret::new(hex(key.as_slice()))).await?;
        Ok(key)
    }
}

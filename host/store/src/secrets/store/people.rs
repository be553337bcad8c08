//! The tenant's key for personal data, with which the persons' keys are encrypted. It is a secret of the store, so it
//! is rotated, backed up and removed with the others.

use crate::secrets::aead::{KEY_BYTES, random};
use crate::secrets::store::{Place, SecretStore, Unusable};
use hibob_base::digest::{hex, unhex};
use hibob_base::error::HostError;
use hibob_base::secret::Secret;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// The secret's name. No setting has this name, so nobody can enter the secret or have it sent anywhere.
pub const NAME: &str = "people.key";

/// What to do if the store's key is lost.
fn lost(tenant: &str, error: &HostError) -> String {
    format!(
        "{}; names and other personal values of the past go with it: hibob secret remove {tenant} {NAME} --yes",
        error.remedy()
    )
}

impl SecretStore {
    /// The tenant's key for personal data; none if it was never needed.
    ///
    /// # Errors
    /// The store's key is not available, or the row was changed.
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

    /// Removes the tenant's key for personal data. What was encrypted with it can be read by nobody any more. False if
    /// there is none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn remove_people_key(&self, tenant: &str) -> Result<bool, HostError> {
        self.control.remove_secret(tenant, NAME).await
    }

    /// The tenant's key for personal data, made if there is none. The caller holds the tenant's lease: otherwise two
    /// runs could make a key, and the second would replace the first.
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

//! The secret halves of the keys that sign references. Each is a secret of the store, bound to the tenant, the key's
//! selector and the issuer's domain.

use crate::secrets::store::{Place, SecretStore, Unusable};
use hibob_base::digest::{hex, unhex};
use hibob_base::error::HostError;
use hibob_base::secret::{Origin, Secret};
use hibob_reference_format::domain::Domain;
use hibob_reference_format::keys::{SecretKey, Selector};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

impl SecretStore {
    /// Stores the secret half of an issuer's key.
    ///
    /// # Errors
    /// The domain is wrong, the store's key is not available, or the database failed.
    pub async fn put_signing_key(
        &self,
        tenant: &str,
        domain: &Domain,
        selector: &Selector,
        key: &SecretKey,
    ) -> Result<(), HostError> {
        let origins = origins(domain)?;
        let place = Place { tenant, name: &name(selector), origins: &origins };
        self.put(&place, &Secret::new(hex(key.seed().as_slice()))).await?;
        Ok(())
    }

    /// The secret half of an issuer's key.
    ///
    /// # Errors
    /// The key is missing, was made for another domain, or was changed; or the store's key is not available.
    pub async fn signing_key(
        &self,
        tenant: &str,
        domain: &Domain,
        selector: &Selector,
    ) -> Result<SecretKey, HostError> {
        let broken = |what: &str| {
            HostError::configuration(
                format!("tenant {tenant}: the key {selector}, which signs references of {domain}, {what}"),
                format!(
                    "restore the control database from a backup, or make a new key: hibob references key rotate {tenant}"
                ),
            )
        };
        let secret =
            self.decrypt_for(tenant, &name(selector), &origins(domain)?).await.map_err(|unusable| match unusable {
                Unusable::Missing => broken("is not in the store"),
                Unusable::OtherOrigin { entered, .. } => broken(&format!("was made for {entered}")),
                Unusable::Broken => broken("was changed, or was encrypted for something else"),
                Unusable::OtherKey(error) | Unusable::Failed(error) => error,
            })?;
        let seed: Option<Zeroizing<[u8; 32]>> = unhex(secret.reveal())
            .map(Zeroizing::new)
            .and_then(|bytes| Some(Zeroizing::new(bytes.as_slice().try_into().ok()?)));
        seed.map(|seed| SecretKey::from_seed(&seed)).ok_or_else(|| broken("is no key"))
    }
}

/// The secret's name. No setting has such a name, so nobody can enter the secret or have it sent anywhere.
fn name(selector: &Selector) -> String {
    format!("references.key.{selector}")
}

fn origins(domain: &Domain) -> Result<BTreeSet<Origin>, HostError> {
    let origin = Origin::of(&format!("https://{domain}"));
    let origin = origin
        .map_err(|what| HostError::configuration(format!("references.domain: {what}"), "correct the tenant's file"))?;
    Ok(BTreeSet::from([origin]))
}

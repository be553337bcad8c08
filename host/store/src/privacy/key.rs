//! The keys: one of the tenant's people, and under it one for each person.

use crate::database::KeyedHash;
use crate::secrets::aead;
use crate::secrets::aead::{KEY_BYTES, NONCE_BYTES};
use hibob_base::error::HostError;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The key of a tenant's people: what keys of persons are wrapped with, and ids are hashed with.
pub(super) struct TenantKey {
    tenant: String,
    wrapping: Zeroizing<[u8; KEY_BYTES]>,
    hashing: Zeroizing<[u8; KEY_BYTES]>,
}

/// One person's key. Never printed, overwritten when it is dropped.
pub(super) struct PersonKey(Zeroizing<[u8; KEY_BYTES]>);

impl TenantKey {
    /// Two keys of the stored one, as one key has one use.
    pub(super) fn new(tenant: &str, stored: &[u8; KEY_BYTES]) -> Self {
        let derived = |purpose: &str| Zeroizing::new(hmac(stored, &[purpose.as_bytes()]));
        Self {
            tenant: tenant.to_owned(),
            wrapping: derived("hibob-people-wrapping/1"),
            hashing: derived("hibob-people-hashing/1"),
        }
    }

    /// The keyed hash of an employee's id.
    pub(super) fn employee(&self, id: &str) -> KeyedHash {
        KeyedHash(hmac(&self.hashing, &[b"employee\0", id.as_bytes()]))
    }

    /// The keyed hash of an account's id.
    pub(super) fn account(&self, id: &str) -> KeyedHash {
        KeyedHash(hmac(&self.hashing, &[b"account\0", id.as_bytes()]))
    }

    /// A new key for a person, and the same as it is stored: for this tenant and this person only.
    pub(super) fn generate(&self, tag: KeyedHash) -> Result<(PersonKey, Vec<u8>), HostError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        aead::random(bytes.as_mut_slice())?;
        let (nonce, ciphertext) = aead::seal(&self.wrapping, &self.place(tag), bytes.as_slice())?;
        Ok((PersonKey(bytes), [nonce.as_slice(), &ciphertext].concat()))
    }

    /// The key of a person; none if it was wrapped for another one, or was changed.
    pub(super) fn unwrap(&self, tag: KeyedHash, wrapped: &[u8]) -> Option<PersonKey> {
        let (nonce, ciphertext) = wrapped.split_at_checked(NONCE_BYTES)?;
        let bytes = aead::open(&self.wrapping, &self.place(tag), nonce, ciphertext)?;
        Some(PersonKey(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    fn place(&self, tag: KeyedHash) -> Vec<u8> {
        aead::associated_data(["hibob-person-key/1", &self.tenant, &tag.to_string()])
    }
}

impl PersonKey {
    /// Seals bytes: a nonce, and the ciphertext. `purpose` says what they are, so that they count as nothing else.
    pub(super) fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, HostError> {
        let (nonce, ciphertext) = aead::seal(&self.0, &Self::place(purpose), plain)?;
        Ok([nonce.as_slice(), &ciphertext].concat())
    }

    /// Opens what was sealed; none if it is another person's, of another purpose, or was changed.
    pub(super) fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
        aead::open(&self.0, &Self::place(purpose), nonce, ciphertext)
    }

    fn place(purpose: &str) -> Vec<u8> {
        aead::associated_data(["hibob-personal/1", purpose])
    }
}

fn hmac(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    // As long as SHA-256 takes at once: RFC 2104 fills a shorter key up with zeros.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_base::digest::hex;

    fn tenant(id: &str, byte: u8) -> TenantKey {
        TenantKey::new(id, &[byte; KEY_BYTES])
    }

    #[test]
    fn a_persons_key_opens_for_that_tenant_and_person_only() {
        let acme = tenant("acme", 1);
        let (ana, bo) = (acme.employee("1"), acme.employee("2"));
        let (key, wrapped) = acme.generate(ana).unwrap();
        let sealed = key.seal("plan", b"Ana").unwrap();
        assert_eq!(acme.unwrap(ana, &wrapped).unwrap().open("plan", &sealed).unwrap().as_slice(), b"Ana");
        assert!(acme.unwrap(bo, &wrapped).is_none());
        assert!(tenant("beta", 1).unwrap(ana, &wrapped).is_none());
        assert!(tenant("acme", 2).unwrap(ana, &wrapped).is_none());
        for position in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[position] ^= 1;
            assert!(acme.unwrap(ana, &changed).is_none());
        }
        for length in 0..wrapped.len() {
            assert!(acme.unwrap(ana, &wrapped[..length]).is_none());
        }
    }

    #[test]
    fn what_is_sealed_opens_under_its_own_key_and_for_its_own_purpose_only() {
        let acme = tenant("acme", 1);
        let (ana, _) = acme.generate(acme.employee("1")).unwrap();
        let (bo, _) = acme.generate(acme.employee("2")).unwrap();
        let sealed = ana.seal("plan", b"Ana").unwrap();
        assert!(bo.open("plan", &sealed).is_none() && ana.open("report", &sealed).is_none());
        assert_ne!(sealed, ana.seal("plan", b"Ana").unwrap());
        assert!((0..sealed.len()).all(|length| ana.open("plan", &sealed[..length]).is_none()));
    }

    /// Hashes of earlier versions have to be found again: these were made when the format was fixed.
    #[test]
    fn the_hashes_are_frozen() {
        let acme = tenant("acme", 7);
        let (employee, account) = (acme.employee("1"), acme.account("1"));
        assert_eq!(hex(&employee.0[..8]), "c150ffdc7e16b1ab");
        assert_eq!(hex(&account.0[..8]), "73e6c2cb274232b2");
        assert_ne!(tenant("acme", 8).employee("1"), employee);
    }
}

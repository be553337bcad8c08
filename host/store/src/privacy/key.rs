//! The keys: one key for each tenant, and under it one key for each person.

use crate::database::KeyedHash;
use crate::secrets::aead;
use crate::secrets::aead::{KEY_BYTES, NONCE_BYTES};
use hibob_base::error::HostError;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A tenant's key: it encrypts ("wraps") the persons' keys, and makes keyed hashes of ids.
pub(super) struct TenantKey {
    tenant: String,
    wrapping: Zeroizing<[u8; KEY_BYTES]>,
    hashing: Zeroizing<[u8; KEY_BYTES]>,
}

/// One person's key. It is never printed, and is overwritten in memory when it is dropped.
pub(super) struct PersonKey(Zeroizing<[u8; KEY_BYTES]>);

impl TenantKey {
    /// Derives two keys from the stored one, since one key should have one use.
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

    /// The keyed hash of an employee's job title.
    pub(super) fn title(&self, employee: &str, title: &str) -> KeyedHash {
        KeyedHash(hmac(&self.hashing, &[b"title\0", employee.as_bytes(), b"\0", title.as_bytes()]))
    }

    /// Makes a key for a person. Returns it, and its encrypted form, which decrypts for this tenant and this person
    /// only.
    pub(super) fn generate(&self, tag: KeyedHash) -> Result<(PersonKey, Vec<u8>), HostError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        aead::random(bytes.as_mut_slice())?;
        let (nonce, ciphertext) = aead::encrypt(&self.wrapping, &self.place(tag), bytes.as_slice())?;
        Ok((PersonKey(bytes), [nonce.as_slice(), &ciphertext].concat()))
    }

    /// Decrypts a person's key; none if it was wrapped for another person, under another key, or was changed.
    pub(super) fn unwrap(&self, tag: KeyedHash, wrapped: &[u8]) -> Option<PersonKey> {
        let (nonce, ciphertext) = wrapped.split_at_checked(NONCE_BYTES)?;
        let bytes = aead::decrypt(&self.wrapping, &self.place(tag), nonce, ciphertext)?;
        Some(PersonKey(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    fn place(&self, tag: KeyedHash) -> Vec<u8> {
        aead::associated_data(["hibob-person-key/1", &self.tenant, &tag.to_string()])
    }
}

impl PersonKey {
    /// Encrypts bytes, and returns a nonce and the ciphertext. `purpose` is bound into the encryption.
    pub(super) fn encrypt(&self, purpose: &str, plaintext: &[u8]) -> Result<Vec<u8>, HostError> {
        let (nonce, ciphertext) = aead::encrypt(&self.0, &Self::place(purpose), plaintext)?;
        Ok([nonce.as_slice(), &ciphertext].concat())
    }

    /// Decrypts bytes; none if they belong to another person, have another purpose, or were changed.
    pub(super) fn decrypt(&self, purpose: &str, encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = encrypted.split_at_checked(NONCE_BYTES)?;
        aead::decrypt(&self.0, &Self::place(purpose), nonce, ciphertext)
    }

    fn place(purpose: &str) -> Vec<u8> {
        aead::associated_data(["hibob-personal/1", purpose])
    }
}

fn hmac(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    // The block length of SHA-256: RFC 2104 pads a shorter key with zeros.
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
        let encrypted = key.encrypt("plan", b"Ana").unwrap();
        assert_eq!(acme.unwrap(ana, &wrapped).unwrap().decrypt("plan", &encrypted).unwrap().as_slice(), b"Ana");
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
        let encrypted = ana.encrypt("plan", b"Ana").unwrap();
        assert!(bo.decrypt("plan", &encrypted).is_none() && ana.decrypt("report", &encrypted).is_none());
        assert_ne!(encrypted, ana.encrypt("plan", b"Ana").unwrap());
        assert!((0..encrypted.len()).all(|length| ana.decrypt("plan", &encrypted[..length]).is_none()));
    }

    /// Hashes of earlier versions have to be found again: these were made when the format was fixed.
    #[test]
    fn the_hashes_are_frozen() {
        let acme = tenant("acme", 7);
        let (employee, account, title) = (acme.employee("1"), acme.account("1"), acme.title("1", "267900001"));
        assert_eq!(hex(&employee.0[..8]), "c150ffdc7e16b1ab");
        assert_eq!(hex(&account.0[..8]), "73e6c2cb274232b2");
        assert_eq!(hex(&title.0[..8]), "2e4fed2362ee8c8e");
        assert_ne!(tenant("acme", 8).employee("1"), employee);
    }
}

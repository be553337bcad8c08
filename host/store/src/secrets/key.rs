//! A key of the secret store, and encrypting secrets with it.
//!
//! The associated data are the tenant, the name and the origins, so a row that was moved cannot be decrypted.

use crate::secrets::aead;
use crate::secrets::aead::{KEY_BYTES, random};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hibob_base::digest::{hex, unhex};
use hibob_base::error::HostError;
use hibob_base::secret::{Origin, Secret};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Length of a key's id, in bytes: the beginning of the key's digest.
const ID_BYTES: usize = 8;

/// What a secret is bound to: it can be decrypted for this tenant, name and origins only.
pub(super) struct Place<'p> {
    pub(super) tenant: &'p str,
    pub(super) name: &'p str,
    pub(super) origins: &'p BTreeSet<Origin>,
}

impl Place<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let parts = ["hibob-secret/1", self.tenant, self.name].into_iter();
        aead::associated_data(parts.chain(self.origins.iter().map(Origin::as_str)))
    }
}

/// An encrypted secret.
#[derive(Clone, Debug)]
pub(super) struct Encrypted {
    pub(super) nonce: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
}

/// A key of the secret store. It is never printed, and is overwritten in memory when it is dropped.
pub(super) struct SecretKey {
    id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl SecretKey {
    fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let digest = Sha256::new().chain_update(b"hibob-secrets-key-id/1").chain_update(bytes.as_slice()).finalize();
        Self { id: digest.iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect(), bytes }
    }

    /// Makes a key from the operating system's source of randomness.
    pub(super) fn generate() -> Result<Self, HostError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        random(bytes.as_mut_slice())?;
        Ok(Self::new(bytes))
    }

    /// Reads a key of 32 bytes in hexadecimal digits or base64; none if the text is neither.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = Zeroizing::new(if text.len() == KEY_BYTES * 2 {
            unhex(text)?
        } else {
            let text = text.trim_end_matches('=');
            STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?
        });
        Some(Self::new(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// The key as text, for its file.
    pub(super) fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex(self.bytes.as_slice()))
    }

    /// The key's id, which reveals nothing about the key.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Encrypts a secret for this place.
    pub(super) fn encrypt(&self, place: &Place<'_>, secret: &Secret) -> Result<Encrypted, HostError> {
        let (nonce, ciphertext) = aead::encrypt(&self.bytes, &place.associated_data(), secret.reveal().as_bytes())?;
        Ok(Encrypted { nonce: nonce.to_vec(), ciphertext })
    }

    /// Decrypts a secret; none if it was encrypted with another key or for another place, or if a bit of it was
    /// changed.
    pub(super) fn decrypt(&self, place: &Place<'_>, encrypted: &Encrypted) -> Option<Secret> {
        let plaintext = aead::decrypt(&self.bytes, &place.associated_data(), &encrypted.nonce, &encrypted.ciphertext)?;
        Some(Secret::new(std::str::from_utf8(&plaintext).ok()?.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SecretKey {
        SecretKey::new(Zeroizing::new([byte; KEY_BYTES]))
    }

    fn origins(urls: &[&str]) -> BTreeSet<Origin> {
        urls.iter().map(|url| Origin::of(url).unwrap()).collect()
    }

    #[test]
    fn a_sealed_secret_opens_in_its_own_place_only() {
        let (here, elsewhere) = (origins(&["https://a", "https://b"]), origins(&["https://a"]));
        let place = |tenant, name, origins| Place { tenant, name, origins };
        let own = place("acme", "hibob.token", &here);
        let encrypted = key(1).encrypt(&own, &Secret::new("tok-en".to_owned())).unwrap();
        assert_eq!(key(1).decrypt(&own, &encrypted).unwrap().reveal(), "tok-en");
        assert!(key(2).decrypt(&own, &encrypted).is_none());
        for other in [
            place("beta", "hibob.token", &here),
            place("acme", "travelperk.key", &here),
            place("acme", "hibob.token", &elsewhere),
        ] {
            assert!(key(1).decrypt(&other, &encrypted).is_none());
        }
        for bit in 0..encrypted.ciphertext.len() * 8 {
            let mut changed = encrypted.clone();
            changed.ciphertext[bit / 8] ^= 1 << (bit % 8);
            assert!(key(1).decrypt(&own, &changed).is_none());
        }
        let again = key(1).encrypt(&own, &Secret::new("tok-en".to_owned())).unwrap();
        assert!(again.nonce != encrypted.nonce && again.ciphertext != encrypted.ciphertext);
        let cut = Encrypted { nonce: vec![], ciphertext: vec![] };
        assert!(key(1).decrypt(&own, &cut).is_none());
    }

    /// Rows of earlier versions must stay readable: these bytes were encrypted when the format was fixed.
    #[test]
    fn the_format_is_frozen() {
        let origins = origins(&["https://api.hibob.com"]);
        let place = Place { tenant: "acme", name: "hibob.token", origins: &origins };
        let data = place.associated_data();
        assert_eq!(hex(&Sha256::digest(&data))[..16], *"1d79471846c80637");
        let ciphertext = unhex("ca1d89a719c4955c7fac3d299c0608c8776344824d5d").unwrap();
        let encrypted = Encrypted { nonce: vec![9; aead::NONCE_BYTES], ciphertext };
        assert_eq!(key(7).decrypt(&place, &encrypted).unwrap().reveal(), "tok-en");
        assert_eq!(key(7).id(), "898ed9d37fa11867");
    }

    #[test]
    fn a_key_is_hex_or_base64_of_32_bytes() {
        let want = key(0xfb);
        let encoded = base64::engine::general_purpose::STANDARD.encode([0xfb; KEY_BYTES]);
        for text in [hex(&[0xfb; 32]), format!(" {}\n", hex(&[0xfb; 32]).to_uppercase()), encoded.clone()] {
            assert_eq!(SecretKey::parse(&text).unwrap().id(), want.id());
        }
        assert_eq!(SecretKey::parse(&URL_SAFE_NO_PAD.encode([0xfb; KEY_BYTES])).unwrap().id(), want.id());
        for text in ["", "abc", &hex(&[1; 31]), &hex(&[1; 33]), &encoded[4..], "zz".repeat(32).as_str()] {
            assert!(SecretKey::parse(text).is_none(), "{text}");
        }
    }
}

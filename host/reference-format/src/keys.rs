//! The issuer's Ed25519 keys (RFC 8032). Each is named by a selector, and published in DNS ([`dns`]) and in the
//! issuer's key file ([`mod@file`]).

pub mod dns;
pub mod file;

use crate::domain::Domain;
use crate::random::{self, RandomError};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use std::fmt;
use zeroize::Zeroizing;

/// The multicodec prefix that precedes the 32 bytes of an Ed25519 public key (Controlled Identifiers 1.0 section 2.2.2,
/// Multikey).
const MULTIKEY_ED25519: [u8; 2] = [0xed, 0x01];

/// The most characters of a selector (RefPassport 1.0).
pub const SELECTOR_CHARACTERS_MAX: usize = 63;

const DID_KEY: &str = "did:key:";

/// Why a text is not a key, or not the name of a key. Each error contains the beginning of the text.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// Not a selector.
    #[error("{0:?} is not a selector; use 1 to {SELECTOR_CHARACTERS_MAX} letters and digits, such as k2026")]
    Selector(String),
    /// Not an Ed25519 public key.
    #[error("{0:?} is not an Ed25519 public key; copy it whole from the issuer's record or key file")]
    PublicKey(String),
    /// Not a `verificationMethod` of a known form.
    #[error("{0:?} names no key; a reference names did:web:DOMAIN#SELECTOR")]
    Method(String),
}

/// The first characters of a text from outside, to be shown in an error.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

/// The name of one of an issuer's keys. It is part of the DNS name and of the proof. Upper and lower case are the same;
/// it is kept in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector(String);

impl Selector {
    /// Reads a selector in upper or lower case.
    ///
    /// # Errors
    /// The text is empty, too long, or has other characters than ASCII letters and digits.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let fits = (1..=SELECTOR_CHARACTERS_MAX).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(KeyError::Selector(shortened(text)))
        }
    }

    /// The selector in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An Ed25519 public key. Points of small order are refused as keys, because a signature can be made under them that
/// fits any message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the 32 bytes of RFC 8032 section 5.1.5.
    ///
    /// # Errors
    /// The bytes are not a point of the curve, or a point of small order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let wrong = || KeyError::PublicKey(format!("{} bytes", bytes.len()));
        let bytes = bytes.try_into().map_err(|_| wrong())?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| wrong())?;
        if key.is_weak() { Err(wrong()) } else { Ok(Self(key)) }
    }

    /// The 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Reads a key in the form of a Multikey, `z6Mk…`.
    ///
    /// # Errors
    /// The text is another kind of key, or not the canonical spelling of one.
    pub fn from_multikey(text: &str) -> Result<Self, KeyError> {
        let wrong = || KeyError::PublicKey(shortened(text));
        let bytes = from_base58_multibase(text, MULTIKEY_ED25519.len() + 32).ok_or_else(wrong)?;
        let key = bytes.strip_prefix(&MULTIKEY_ED25519).ok_or_else(wrong)?;
        Self::from_bytes(key).map_err(|_| wrong())
    }

    /// The key as a Multikey.
    pub fn multikey(&self) -> String {
        to_base58_multibase(&[&MULTIKEY_ED25519[..], &self.to_bytes()].concat())
    }

    /// Whether the signature is by this key over this message. The check is the strict one (`verify_strict` of
    /// `ed25519-dalek`): `S` has to be canonical, and no point of small order.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.multikey())
    }
}

/// An Ed25519 secret key. Its memory is overwritten when it is dropped, and `Debug` does not show it.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Makes a new key from the operating system's randomness.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn generate() -> Result<Self, RandomError> {
        let mut seed = Zeroizing::new([0; 32]);
        random::fill(seed.as_mut_slice())?;
        Ok(Self::from_seed(&seed))
    }

    /// The key that belongs to a seed of 32 bytes (RFC 8032 section 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed. The caller has to encrypt it before storing it.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public().multikey())
    }
}

/// The `verificationMethod` of a proof: it says where the public key is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyReference {
    /// `did:web:DOMAIN#SELECTOR`: the issuer publishes the key.
    Published {
        /// The issuer.
        domain: Domain,
        /// The name of the key.
        selector: Selector,
    },
    /// `did:key:KEY#KEY`: the key is in the document itself, so the signature says nothing about who signed.
    InDocument(PublicKey),
}

impl KeyReference {
    /// Reads a `verificationMethod` in its canonical spelling.
    ///
    /// # Errors
    /// The text is of another kind or spelling.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let wrong = || KeyError::Method(shortened(text));
        let (did, name) = text.split_once('#').ok_or_else(wrong)?;
        let reference = match did.strip_prefix(DID_KEY) {
            Some(key) => Self::InDocument(PublicKey::from_multikey(key)?),
            None => {
                let domain = Domain::from_did_web(did).map_err(|_| wrong())?;
                Self::Published { domain, selector: Selector::parse(name)? }
            }
        };
        if reference.to_string() == text { Ok(reference) } else { Err(wrong()) }
    }
}

impl fmt::Display for KeyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published { domain, selector } => write!(f, "{}#{selector}", domain.did_web()),
            Self::InDocument(key) => write!(f, "{DID_KEY}{key}#{key}", key = key.multikey()),
        }
    }
}

/// Writes bytes as multibase base58btc: `z`, then digits of Bitcoin's alphabet (Controlled Identifiers 1.0 section
/// 2.4).
pub(crate) fn to_base58_multibase(bytes: &[u8]) -> String {
    format!("z{}", bs58::encode(bytes).into_string())
}

/// The bytes of a multibase base58btc text; `None` if it is not one, or not of exactly `length` bytes. Any bytes have
/// only one spelling in base58.
pub(crate) fn from_base58_multibase(text: &str, length: usize) -> Option<Vec<u8>> {
    // A byte takes about 1.37 characters in base58. Decoding takes quadratic time, so a text that is too long is
    // refused before it is decoded.
    let digits = text.strip_prefix('z').filter(|digits| digits.len() <= length * 3 / 2)?;
    let bytes = bs58::decode(digits).into_vec().ok()?;
    (bytes.len() == length).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_one_spelling() {
        let key = SecretKey::generate().unwrap();
        assert_ne!(*key.seed(), *SecretKey::generate().unwrap().seed());
        let multikey = key.public().multikey();
        assert!(multikey.starts_with("z6Mk"), "{multikey}");
        assert_eq!(PublicKey::from_multikey(&multikey).unwrap(), key.public());
        for bad in [&multikey[1..], &format!("{multikey}1"), &multikey[..40], "z", "", &format!("z1{}", &multikey[1..])]
        {
            assert!(PublicKey::from_multikey(bad).is_err(), "{bad}");
        }
        assert!(!format!("{key:?}").contains(&format!("{:?}", key.seed())));
        // The neutral element: as a key, it makes lax programs accept a signature of anything.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert!(PublicKey::from_bytes(&neutral).is_err());
        assert!(PublicKey::from_bytes(&[0; 31]).is_err());
    }

    #[test]
    fn a_key_is_named_in_one_way() {
        let key = SecretKey::from_seed(&[7; 32]).public().multikey();
        let in_document = format!("did:key:{key}#{key}");
        for good in ["did:web:acme.example#k2026", &in_document] {
            assert_eq!(KeyReference::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "did:web:acme.example",
            "did:web:acme.example#",
            "did:web:acme.example#K1",
            "did:web:acme.example#k1#k2",
            "did:web:acme.example:path#k1",
            "https://acme.example#k1",
            &format!("did:key:{key}#k1"),
            "did:key:z6Mk#z6Mk",
        ] {
            assert!(KeyReference::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Selector::parse("K1").unwrap(), Selector::parse("k1").unwrap());
        assert!(Selector::parse(&"k".repeat(63)).is_ok());
        for bad in ["", "a-b", "a.b", "é", &"k".repeat(64)] {
            assert!(Selector::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn signatures_are_checked_strictly() {
        let key = SecretKey::from_seed(&[7; 32]);
        let signature = key.sign(b"text");
        assert!(key.public().verifies(b"text", &signature));
        assert!(!key.public().verifies(b"test", &signature));
        // Lax programs take S + L for the same number as S: L in little-endian order is added to the second half.
        let order: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut other = signature;
        let mut carry = 0;
        for (byte, add) in other[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
        }
        assert_ne!(other, signature);
        assert!(!key.public().verifies(b"text", &other));
        // R is the neutral element and S = k·a: the equation holds, so only `verify_strict` refuses the signature.
        let mut weak = [0; 64];
        weak[0] = 1;
        weak[32..].copy_from_slice(&[
            0x38, 0x76, 0x42, 0x64, 0x9d, 0xae, 0xd0, 0x8e, 0xef, 0x18, 0xb3, 0xe9, 0x5c, 0x46, 0xaa, 0xfb, 0xd5, 0x42,
            0xaf, 0xac, 0x07, 0x33, 0x4d, 0xbc, 0x6a, 0x1b, 0x4f, 0x81, 0xe4, 0x94, 0xbd, 0x05,
        ]);
        let lax =
            ed25519_dalek::Verifier::verify(&key.public().0, b"text", &ed25519_dalek::Signature::from_bytes(&weak));
        assert!(lax.is_ok() && !key.public().verifies(b"text", &weak));
    }
}

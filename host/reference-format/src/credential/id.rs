//! The id of a reference.

use crate::random::{self, RandomError};
use std::fmt;

const URN_UUID: &str = "urn:uuid:";

/// A reference's id, `urn:uuid:…`. It is a random UUID (version 4 of RFC 9562), so that it says nothing about the
/// person or about other references.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialId([u8; 16]);

impl CredentialId {
    /// A new id from the operating system's randomness.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn random() -> Result<Self, RandomError> {
        let mut bytes = [0; 16];
        random::fill(&mut bytes)?;
        Ok(Self::from_random(bytes))
    }

    /// Makes an id from random bytes by setting the version and the variant.
    fn from_random(mut bytes: [u8; 16]) -> Self {
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
        *version = *version & 0x0f | 0x40;
        *variant = *variant & 0x3f | 0x80;
        Self(bytes)
    }

    /// The id with these bytes; `None` if they are not a UUID of version 4.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        (Self::from_random(bytes).0 == bytes).then_some(Self(bytes))
    }

    /// The 16 bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads an id in lower case, with or without `urn:uuid:` before it; `None` if the text is not such an id.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix(URN_UUID).unwrap_or(text);
        let bytes = u128::from_str_radix(&text.replace('-', ""), 16).ok()?.to_be_bytes();
        Self::from_bytes(bytes).filter(|id| id.uuid() == text)
    }

    /// The id without `urn:uuid:`.
    pub fn uuid(self) -> String {
        let number = u128::from_be_bytes(self.0);
        let group = |shift: u32, digits: u32| number >> shift & ((1 << (4 * digits)) - 1);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            group(96, 8),
            group(80, 4),
            group(64, 4),
            group(48, 4),
            group(0, 12)
        )
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{URN_UUID}{}", self.uuid())
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

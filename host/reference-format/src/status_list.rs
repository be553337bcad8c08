//! Whether a reference still holds: Bitstring Status Lists (W3C Recommendation, 2025).
//!
//! An issuer has pairs of lists: one says what is revoked, the other what a newer reference replaces ("superseded",
//! with the purpose `message`). A reference has the same index in both, drawn at random, so that neighbours tell
//! nothing.

mod allocator;
mod bitstring;

pub use allocator::IndexAllocator;
pub use bitstring::{Bitstring, BitstringError};

use crate::credential::VC_CONTEXT;
use crate::domain::Domain;
use crate::jcs::{self, JcsError};
use crate::json::{JsonError, Object, difference, parse_object};
use crate::keys::{KeyReference, SecretKey, Selector};
use crate::proof::{self, Proof, ProofError};
use crate::time;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Entries of a list: the least that the Recommendation allows (section 6.1, group privacy).
pub const ENTRIES: u32 = 131_072;

/// Largest signed list that is read, in bytes. The bits of one that cannot be compressed have 22 KB in base64.
pub const BYTES_MAX: usize = 256 * 1024;

/// What a list says of the references in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The reference should not have been given.
    Revocation,
    /// A newer reference replaces it.
    Supersession,
}

impl Purpose {
    /// Both, in the order of a reference's entries.
    pub const ALL: [Self; 2] = [Self::Revocation, Self::Supersession];

    /// The `statusPurpose`.
    fn name(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Supersession => "message",
        }
    }

    /// The name of a list's file.
    fn file(self) -> &'static str {
        match self {
            Self::Revocation => "revoked",
            Self::Supersession => "superseded",
        }
    }
}

/// A list that cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum StatusListError {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Its proof has the wrong form.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Its bits cannot be read.
    #[error(transparent)]
    Bits(#[from] BitstringError),
    /// It cannot be written.
    #[error(transparent)]
    Jcs(#[from] JcsError),
    /// Another list than was asked for, or none.
    #[error("the status list is not the one that the reference names at {0:?}; the issuer has to publish it anew")]
    Shape(String),
}

/// The place of a reference in the issuer's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusPosition {
    /// Which pair of lists, from 1.
    pub list: u32,
    /// Which entry, below [`ENTRIES`].
    pub index: u32,
}

impl StatusPosition {
    /// The entry in a reference's `credentialStatus` (section 2.1).
    pub(crate) fn entry(self, domain: &Domain, purpose: Purpose) -> Value {
        let url = list_url(domain, self.list, purpose);
        let mut entry = json!({
            "id": format!("{url}#{}", self.index), "type": "BitstringStatusListEntry", "statusPurpose": purpose.name(),
            "statusListIndex": self.index.to_string(), "statusListCredential": url,
        });
        if let (Purpose::Supersession, Some(entry)) = (purpose, entry.as_object_mut()) {
            entry.insert("statusSize".to_owned(), json!(1));
            let messages = json!([{"status": "0x0", "message": "current"}, {"status": "0x1", "message": "superseded"}]);
            entry.insert("statusMessage".to_owned(), messages);
        }
        entry
    }

    /// Takes the place out of the first entry. The caller compares both entries with what they should be.
    pub(crate) fn read(entry: Option<&Value>, domain: &Domain) -> Option<Self> {
        let index = entry?.get("statusListIndex")?.as_str()?.parse().ok().filter(|index| *index < ENTRIES)?;
        let url = entry?.get("statusListCredential")?.as_str()?;
        let (before, after) = (domain.url(DIRECTORY), format!("/{}.json", Purpose::Revocation.file()));
        let list = url.strip_prefix(&before)?.strip_prefix('/')?.strip_suffix(&after)?.parse().ok()?;
        Some(Self { list, index })
    }
}

const DIRECTORY: &str = "references/status";

/// The path of a list below the issuer's public folder.
pub fn list_path(list: u32, purpose: Purpose) -> String {
    format!("{DIRECTORY}/{list}/{}.json", purpose.file())
}

/// The URL of a list.
pub fn list_url(domain: &Domain, list: u32, purpose: Purpose) -> String {
    domain.url(&list_path(list, purpose))
}

/// A list with the time of its signature.
#[derive(Clone, Debug)]
pub struct StatusList {
    /// Whose.
    pub domain: Domain,
    /// Which pair.
    pub list: u32,
    /// What it says.
    pub purpose: Purpose,
    /// When it was signed, in whole seconds.
    pub issued: DateTime<Utc>,
    /// The entries.
    pub bits: Bitstring,
}

impl StatusList {
    /// The list as a credential without its proof (section 2.2).
    fn to_object(&self, encoded: String) -> Object {
        let url = list_url(&self.domain, self.list, self.purpose);
        let mut subject = json!({
            "id": format!("{url}#list"), "type": "BitstringStatusList", "statusPurpose": self.purpose.name(),
            "encodedList": encoded,
        });
        if let (Purpose::Supersession, Some(subject)) = (self.purpose, subject.as_object_mut()) {
            subject.insert("statusSize".to_owned(), json!(1));
        }
        let members = [
            ("@context", json!([VC_CONTEXT])),
            ("id", url.into()),
            ("type", json!(["VerifiableCredential", "BitstringStatusListCredential"])),
            ("issuer", self.domain.did_web().into()),
            ("validFrom", time::format(self.issued).into()),
            ("credentialSubject", subject),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The signed list, as it is published.
    ///
    /// # Errors
    /// None that can be foreseen.
    pub fn sign(&self, key: &SecretKey, selector: &Selector) -> Result<Vec<u8>, StatusListError> {
        let reference = KeyReference::Published { domain: self.domain.clone(), selector: selector.clone() };
        let signed = proof::sign(self.to_object(self.bits.encode()?), key, &reference, self.issued)?;
        Ok(jcs::canonical(&Value::Object(signed))?)
    }

    /// Reads the signed list that is expected at `list_url(domain, list, purpose)`, with its proof, which is not
    /// checked.
    ///
    /// # Errors
    /// It is another list, or not in exactly this shape.
    pub fn parse(bytes: &[u8], domain: &Domain, list: u32, purpose: Purpose) -> Result<(Self, Proof), StatusListError> {
        let mut object = parse_object(bytes, BYTES_MAX)?;
        let proof = Proof::read(&object)?;
        object.remove("proof");
        let root = Value::Object(object);
        let encoded = root.pointer("/credentialSubject/encodedList").and_then(Value::as_str).unwrap_or_default();
        let bits = Bitstring::decode(encoded)?;
        let this = Self { domain: domain.clone(), list, purpose, issued: proof.created(), bits };
        if let Some(path) = difference(&Value::Object(this.to_object(encoded.to_owned())), &root) {
            return Err(StatusListError::Shape(path.chars().take(100).collect()));
        }
        match proof.key() {
            KeyReference::Published { domain: of, .. } if of == domain => Ok((this, proof)),
            _ => Err(StatusListError::Shape("proof.verificationMethod".to_owned())),
        }
    }
}

#[cfg(test)]
#[path = "status_list_tests.rs"]
mod tests;

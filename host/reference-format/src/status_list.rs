//! Status lists: whether a reference is still valid (Bitstring Status List, W3C Recommendation, 2025).
//!
//! An issuer has pairs of lists. One list of a pair says which references are revoked, the other which are superseded
//! by a newer reference (purpose `message`). A reference has the same index in both. The index is drawn at random, so
//! it says nothing about other references.

mod allocator;
mod bitstring;

pub use allocator::IndexAllocator;
pub use bitstring::{Bitstring, BitstringError};

use crate::context;
use crate::data_model::VC_CONTEXT;
use crate::domain::Domain;
use crate::jcs::{self, JcsError};
use crate::json::{JsonError, Object, difference, parse_object};
use crate::keys::{KeyReference, SecretKey, Selector};
use crate::proof::{self, Proof, ProofError};
use crate::time;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// How long a list counts after it was signed. An issuer signs its lists anew before that.
pub const VALID_FOR: TimeDelta = TimeDelta::days(7);

/// How long caches may keep a list (`ttl`, Bitstring Status List section 2.2). So a list may be older by this than what
/// is read beside it.
pub const TTL: TimeDelta = TimeDelta::hours(1);

/// The number of entries of a list: the fewest that the Recommendation allows (section 6.1, group privacy).
pub const ENTRIES: u32 = 131_072;

/// The size of the largest signed list that is read, in bytes. Bits that cannot be compressed take 22 KB in base64.
pub const BYTES_MAX: usize = 256 * 1024;

/// The purpose of a list: what a set bit says of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The reference is revoked: it should not have been given.
    Revocation,
    /// The reference is superseded: a newer one replaces it.
    Supersession,
}

impl Purpose {
    /// Both purposes, in the order of the entries in a reference's `credentialStatus`.
    pub const ALL: [Self; 2] = [Self::Revocation, Self::Supersession];

    /// The value of `statusPurpose`.
    fn name(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Supersession => "message",
        }
    }

    /// The name of a list's file, without its extension.
    fn file(self) -> &'static str {
        match self {
            Self::Revocation => "revoked",
            Self::Supersession => "superseded",
        }
    }
}

/// Why a status list cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StatusListError {
    /// The list is not a JSON object.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The proof of the list has the wrong form.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The bits of the list cannot be read.
    #[error(transparent)]
    Bits(#[from] BitstringError),
    /// The list has no canonical form, so it cannot be signed.
    #[error(transparent)]
    Jcs(#[from] JcsError),
    /// The document is not the list that is expected at this URL.
    #[error("the status list is not the one that the reference names at {0:?}; the issuer has to publish it anew")]
    Shape(String),
}

/// The position of a reference in the issuer's status lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusPosition {
    /// The number of the pair of lists, from 1.
    pub list: u32,
    /// The index of the entry in both lists, below [`ENTRIES`].
    pub index: u32,
}

impl StatusPosition {
    /// The member of a reference's `credentialStatus` for one of the two lists (section 2.1).
    pub(crate) fn entry(self, domain: &Domain, purpose: Purpose) -> Value {
        let url = list_url(domain, self.list, purpose);
        let mut entry = json!({
            "id": format!("{url}#{}", self.index), "type": "BitstringStatusListEntry", "statusPurpose": purpose.name(),
            "statusListIndex": self.index.to_string(), "statusListCredential": url,
        });
        if let (Purpose::Supersession, Some(entry)) = (purpose, entry.as_object_mut()) {
            entry.insert("statusSize".to_owned(), json!(1));
            entry.insert("statusMessage".to_owned(), messages());
        }
        entry
    }

    /// Reads the position from the first entry of `credentialStatus`; `None` if it cannot be read. The rest of both
    /// entries is not checked here: the caller compares the whole with [`StatusPosition::entry`].
    pub(crate) fn read(entry: Option<&Value>, domain: &Domain) -> Option<Self> {
        let index = entry?.get("statusListIndex")?.as_str()?.parse().ok().filter(|index| *index < ENTRIES)?;
        let url = entry?.get("statusListCredential")?.as_str()?;
        let (before, after) = (domain.url(DIRECTORY), format!("/{}.json", Purpose::Revocation.file()));
        let list = url.strip_prefix(&before)?.strip_prefix('/')?.strip_suffix(&after)?.parse().ok()?;
        Some(Self { list, index })
    }
}

/// What the values of the purpose `message` mean.
fn messages() -> Value {
    json!([{"status": "0x0", "message": "current"}, {"status": "0x1", "message": "superseded"}])
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

/// A status list with the time at which it is signed.
#[derive(Clone, Debug)]
pub struct StatusList {
    /// The issuer's domain.
    pub domain: Domain,
    /// The number of the pair of lists, from 1.
    pub list: u32,
    /// The purpose of the list.
    pub purpose: Purpose,
    /// The time of signing, in whole seconds.
    pub issued: DateTime<Utc>,
    /// Until when the list counts, in whole seconds; usually [`VALID_FOR`] after it was signed. `None` is the form that
    /// versions before 0.3 published: such a list does not say until when it counts.
    pub valid_until: Option<DateTime<Utc>>,
    /// The entries, one bit each.
    pub bits: Bitstring,
}

impl StatusList {
    /// A list that is signed now, and counts for [`VALID_FOR`].
    pub fn new(domain: Domain, list: u32, purpose: Purpose, now: DateTime<Utc>, bits: Bitstring) -> Self {
        let issued = time::whole_seconds(now);
        Self { domain, list, purpose, issued, valid_until: Some(issued + VALID_FOR), bits }
    }

    /// The list as a credential without its proof (section 2.2).
    fn to_object(&self, encoded: String) -> Object {
        let url = list_url(&self.domain, self.list, self.purpose);
        let mut subject = json!({
            "id": format!("{url}#list"), "type": "BitstringStatusList", "statusPurpose": self.purpose.name(),
            "encodedList": encoded,
        });
        let mut contexts = vec![VC_CONTEXT.to_owned()];
        if let Some(subject) = subject.as_object_mut() {
            if self.valid_until.is_some() {
                subject.insert("ttl".to_owned(), json!(TTL.num_milliseconds()));
            }
            if self.purpose == Purpose::Supersession {
                subject.insert("statusSize".to_owned(), json!(1));
            }
            if let (Purpose::Supersession, Some(_)) = (self.purpose, self.valid_until) {
                // The context of VC 2.0 does not define these two, which the Recommendation asks for.
                contexts.push(context::url(&self.domain));
                subject.insert("statusMessages".to_owned(), messages());
            }
        }
        let mut object = Object::new();
        let members = [
            ("@context", json!(contexts)),
            ("id", url.into()),
            ("type", json!(["VerifiableCredential", "BitstringStatusListCredential"])),
            ("issuer", self.domain.did_web().into()),
            ("validFrom", time::format(self.issued).into()),
            ("credentialSubject", subject),
        ];
        object.extend(members.map(|(name, value)| (name.to_owned(), value)));
        object.extend(self.valid_until.map(|end| ("validUntil".to_owned(), time::format(end).into())));
        object
    }

    /// Signs the list, and returns the bytes to publish.
    ///
    /// # Errors
    /// Not in practice: every list has a canonical form, and it is compressed in memory.
    pub fn sign(&self, key: &SecretKey, selector: &Selector) -> Result<Vec<u8>, StatusListError> {
        let reference = KeyReference::Published { domain: self.domain.clone(), selector: selector.clone() };
        let signed = proof::sign(self.to_object(self.bits.encode()?), key, &reference, self.issued)?;
        Ok(jcs::canonical(&Value::Object(signed))?)
    }

    /// Reads the signed list that is expected at `list_url(domain, list, purpose)`. The signature of the returned proof
    /// is not checked.
    ///
    /// # Errors
    /// The bytes are another list, or do not have exactly the shape of one.
    pub fn parse(bytes: &[u8], domain: &Domain, list: u32, purpose: Purpose) -> Result<(Self, Proof), StatusListError> {
        let mut object = parse_object(bytes, BYTES_MAX)?;
        let proof = Proof::read(&object)?;
        object.remove("proof");
        let root = Value::Object(object);
        let encoded = root.pointer("/credentialSubject/encodedList").and_then(Value::as_str).unwrap_or_default();
        let bits = Bitstring::decode(encoded)?;
        let end = root.get("validUntil").map(|end| {
            end.as_str().and_then(time::parse).ok_or_else(|| StatusListError::Shape("validUntil".to_owned()))
        });
        let (issued, valid_until) = (proof.created(), end.transpose()?);
        let this = Self { domain: domain.clone(), list, purpose, issued, valid_until, bits };
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

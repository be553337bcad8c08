//! The key file: the issuer's DID document, `/.well-known/did.json` (did:web method, Controlled Identifiers 1.0). It
//! has the current and all former keys, so that references stay valid when the key changes.

use super::{KeyReference, PublicKey, Selector};
use crate::context;
use crate::domain::{Domain, DomainError};
use crate::json::{JsonError, parse_object};
use crate::time;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

/// The path of the file on the issuer's domain.
pub const PATH: &str = ".well-known/did.json";

/// The size of the largest key file that is read, in bytes.
pub const BYTES_MAX: usize = 256 * 1024;

/// A key with the period in which it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedKey {
    /// The key's name.
    pub selector: Selector,
    /// The public key.
    pub key: PublicKey,
    /// The time from which it signs.
    pub created: DateTime<Utc>,
    /// The time until which it signs. References that were signed before stay valid.
    pub retired: Option<DateTime<Utc>>,
    /// The time since which the key counts as stolen. From then on every signature by it is invalid, also one that was
    /// made earlier.
    pub revoked: Option<DateTime<Utc>>,
}

impl PublishedKey {
    /// Whether the key was in use at `time`.
    pub fn signs_at(&self, time: DateTime<Utc>) -> bool {
        self.created <= time && self.retired.is_none_or(|retired| time <= retired)
    }

    /// Whether the key counts as stolen at `now`, so that all its signatures are invalid.
    pub fn is_revoked_at(&self, now: DateTime<Utc>) -> bool {
        self.revoked.is_some_and(|revoked| revoked <= now)
    }
}

/// The content of a key file: the keys of one issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    /// The issuer's domain.
    pub domain: Domain,
    /// The current and the former keys.
    pub keys: Vec<PublishedKey>,
}

/// Why bytes are not a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Not a JSON object.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The members are not those of a DID document.
    #[error("the key file is not a DID document ({0}); the issuer has to publish it anew")]
    Shape(#[from] serde_json::Error),
    /// The document's id does not name a domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// An entry for a key cannot be read, or its selector occurs twice.
    #[error("the entry {0:?} of the key file cannot be read, or is there twice; the issuer has to publish it anew")]
    Entry(String),
}

/// The members of a DID document that are read. Other members belong to other programs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DidDocument {
    id: String,
    #[serde(default)]
    verification_method: Vec<Value>,
    #[serde(default)]
    assertion_method: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Method {
    id: String,
    controller: String,
    public_key_multibase: String,
    created: Option<String>,
    retired: Option<String>,
    revoked: Option<String>,
}

impl KeyFile {
    /// The text of the file, as indented JSON.
    pub fn render(&self) -> String {
        let did = self.domain.did_web();
        let id = |key: &PublishedKey| {
            let (domain, selector) = (self.domain.clone(), key.selector.clone());
            KeyReference::Published { domain, selector }.to_string()
        };
        let method = |key: &PublishedKey| {
            let mut method = json!({
                "id": id(key), "type": "Multikey", "controller": did, "publicKeyMultibase": key.key.multikey(),
                "created": time::format(key.created),
            });
            let ends = [("retired", key.retired), ("revoked", key.revoked)];
            for (name, end) in ends.into_iter().filter_map(|(name, end)| Some((name, end?))) {
                if let Some(method) = method.as_object_mut() {
                    method.insert(name.to_owned(), time::format(end).into());
                }
            }
            method
        };
        let document = json!({
            "@context": [
                "https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1", context::terms_of_a_key_file(),
            ],
            "id": did,
            "verificationMethod": self.keys.iter().map(method).collect::<Vec<_>>(),
            "assertionMethod": self.keys.iter().map(id).collect::<Vec<_>>(),
        });
        format!("{document:#}\n")
    }

    /// Reads a key file. Entries of other kinds, and those that are not for signing claims (`assertionMethod`), belong
    /// to other programs and are skipped.
    ///
    /// # Errors
    /// The bytes are not a DID document of a domain, or the entry of an Ed25519 key is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let document: DidDocument = serde_json::from_value(Value::Object(parse_object(bytes, BYTES_MAX)?))?;
        let domain = Domain::from_did_web(&document.id)?;
        let mut keys: Vec<PublishedKey> = Vec::new();
        for method in document.verification_method {
            let id = method.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let asserts = document.assertion_method.iter().any(|listed| listed.as_str() == Some(&id));
            let is_multikey = method.get("type").and_then(Value::as_str) == Some("Multikey");
            let is_ed25519 =
                method.get("publicKeyMultibase").and_then(Value::as_str).is_some_and(|key| key.starts_with("z6Mk"));
            if !(asserts && is_multikey && is_ed25519) {
                continue;
            }
            let wrong = || KeyFileError::Entry(super::shortened(&id));
            let key = published(&domain, method).ok_or_else(wrong)?;
            if keys.iter().any(|other| other.selector == key.selector) {
                return Err(wrong());
            }
            keys.push(key);
        }
        Ok(Self { domain, keys })
    }

    /// The key with this name; `None` if the file has none.
    pub fn get(&self, selector: &Selector) -> Option<&PublishedKey> {
        self.keys.iter().find(|key| key.selector == *selector)
    }
}

fn published(domain: &Domain, method: Value) -> Option<PublishedKey> {
    let method: Method = serde_json::from_value(method).ok()?;
    let KeyReference::Published { domain: of, selector } = KeyReference::parse(&method.id).ok()? else { return None };
    if of != *domain || method.controller != domain.did_web() {
        return None;
    }
    let end = |text: Option<String>| text.map(|text| time::parse(&text).ok_or(())).transpose();
    Some(PublishedKey {
        selector,
        key: PublicKey::from_multikey(&method.public_key_multibase).ok()?,
        // A file that another program wrote may lack this time; the key then counts as valid for any time.
        created: end(method.created).ok()?.unwrap_or(DateTime::UNIX_EPOCH),
        retired: end(method.retired).ok()?,
        revoked: end(method.revoked).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKey;

    fn at(text: &str) -> DateTime<Utc> {
        time::parse(text).unwrap()
    }

    fn file() -> KeyFile {
        let key = |name: &str, seed, created, retired: Option<&str>| PublishedKey {
            selector: Selector::parse(name).unwrap(),
            key: SecretKey::from_seed(&[seed; 32]).public(),
            created: at(created),
            retired: retired.map(at),
            revoked: None,
        };
        let old = key("k2025", 1, "2025-01-01T00:00:00Z", Some("2026-01-01T00:00:00Z"));
        let keys = vec![old, key("k2026", 2, "2026-01-01T00:00:00Z", None)];
        KeyFile { domain: Domain::parse("acme.example").unwrap(), keys }
    }

    #[test]
    fn a_file_is_read_as_it_is_written() {
        let file = file();
        assert_eq!(KeyFile::parse(file.render().as_bytes()).unwrap(), file);
        let old = file.get(&Selector::parse("K2025").unwrap()).unwrap();
        assert!(old.signs_at(at("2025-06-01T00:00:00Z")));
        assert!(!old.signs_at(at("2024-12-31T23:59:59Z")) && !old.signs_at(at("2026-01-01T00:00:01Z")));
        let mut stolen = old.clone();
        stolen.revoked = Some(at("2026-02-01T00:00:00Z"));
        assert!(!stolen.is_revoked_at(at("2026-01-31T00:00:00Z")) && stolen.is_revoked_at(at("2026-02-01T00:00:00Z")));
    }

    #[test]
    fn other_programs_entries_are_passed_over() {
        let mut document: Value = serde_json::from_str(&file().render()).unwrap();
        let methods = document["verificationMethod"].as_array_mut().unwrap();
        methods.push(json!({"id": "did:web:acme.example#x", "type": "JsonWebKey", "publicKeyJwk": {}}));
        document["service"] = json!([]);
        document["assertionMethod"].as_array_mut().unwrap().remove(0);
        let read = KeyFile::parse(document.to_string().as_bytes()).unwrap();
        assert_eq!(read.keys, file().keys[1..]);
    }

    #[test]
    fn a_wrong_entry_makes_the_file_wrong() {
        let edits: [fn(&mut Value); 7] = [
            |document| document["id"] = json!("did:key:z6Mk"),
            |document| document["verificationMethod"][0]["controller"] = json!("did:web:other.example"),
            |document| document["verificationMethod"][0]["created"] = json!("2025-01-01"),
            |document| document["verificationMethod"][0]["publicKeyMultibase"] = json!("z6Mkabc"),
            |document| document["verificationMethod"][1] = document["verificationMethod"][0].clone(),
            |document| document["verificationMethod"] = json!({}),
            |document| document["id"] = json!("did:web:other.example"),
        ];
        for (number, edit) in edits.into_iter().enumerate() {
            let mut document: Value = serde_json::from_str(&file().render()).unwrap();
            edit(&mut document);
            assert!(KeyFile::parse(document.to_string().as_bytes()).is_err(), "{number}");
        }
    }
}

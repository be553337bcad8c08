//! Data Integrity proofs of the cryptosuite `eddsa-jcs-2022` (W3C Data Integrity EdDSA Cryptosuites 1.0, section 3.3).
//!
//! The signed bytes are SHA-256 of the canonical proof options (the proof without its `proofValue`, with the document's
//! `@context`) followed by SHA-256 of the canonical document without its proof.

use crate::jcs::{JcsError, canonical};
use crate::json::Object;
use crate::keys::{KeyError, KeyReference, PublicKey, SecretKey, from_base58_multibase, to_base58_multibase};
use crate::time;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const PROOF: &str = "proof";
const CONTEXT: &str = "@context";
const PROOF_VALUE: &str = "proofValue";

/// Why a proof cannot be read, made or verified.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The document has no proof.
    #[error("the document has no proof; it is not signed")]
    Missing,
    /// The document to be signed has a proof already.
    #[error("the document has a proof already; sign it without")]
    Present,
    /// A member is missing, or has another value than the cryptosuite requires.
    #[error(
        "the proof's {0:?} is missing or not what eddsa-jcs-2022 asks for; the document was changed, or is no reference"
    )]
    Member(&'static str),
    /// The proof has a member that the cryptosuite does not define.
    #[error("the proof has the unknown member {0:?}; the document was changed, or is no reference")]
    Unknown(String),
    /// The name of the key has another form than is supported.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The document has no canonical form, so there are no bytes to sign.
    #[error(transparent)]
    Jcs(#[from] JcsError),
    /// The signature is over other bytes, or by another key.
    #[error("the signature does not fit the document and the key; the document was changed, or another key signed it")]
    Signature,
}

/// A proof of the right form. The signature is unchecked until [`Proof::verify`] is called.
#[derive(Clone, Debug)]
pub struct Proof {
    key: KeyReference,
    created: DateTime<Utc>,
    signature: [u8; 64],
    signed: [u8; 64],
}

impl Proof {
    /// The reference to the key that signed.
    pub fn key(&self) -> &KeyReference {
        &self.key
    }

    /// The time of signing that the proof states.
    pub fn created(&self) -> DateTime<Utc> {
        self.created
    }

    /// The signature.
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// Reads the proof of a document.
    ///
    /// # Errors
    /// The document has no proof, or the proof's form is not exactly that of the cryptosuite.
    pub fn read(document: &Object) -> Result<Self, ProofError> {
        let mut unsigned = document.clone();
        let Some(Value::Object(proof)) = unsigned.remove(PROOF) else { return Err(ProofError::Missing) };
        let text = |name: &'static str| proof.get(name).and_then(Value::as_str).ok_or(ProofError::Member(name));
        let key = KeyReference::parse(text("verificationMethod")?)?;
        let created = time::parse(text("created")?).ok_or(ProofError::Member("created"))?;
        let value = from_base58_multibase(text(PROOF_VALUE)?, 64);
        let signature = value.and_then(|value| value.try_into().ok()).ok_or(ProofError::Member(PROOF_VALUE))?;

        let expected = options(&unsigned, &key, created);
        let mut actual = proof.clone();
        actual.remove(PROOF_VALUE);
        const MEMBERS: [&str; 6] = [CONTEXT, "type", "cryptosuite", "created", "verificationMethod", "proofPurpose"];
        if let Some(name) = MEMBERS.into_iter().find(|name| expected.get(*name) != actual.get(*name)) {
            return Err(ProofError::Member(name));
        }
        if let Some(name) = actual.keys().find(|name| !expected.contains_key(*name)) {
            return Err(ProofError::Unknown(name.chars().take(100).collect()));
        }
        Ok(Self { key, created, signature, signed: signed_bytes(expected, unsigned)? })
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// The signature does not fit the document and the key.
    pub fn verify(&self, key: &PublicKey) -> Result<(), ProofError> {
        if key.verifies(&self.signed, &self.signature) { Ok(()) } else { Err(ProofError::Signature) }
    }
}

/// Signs a document by adding a proof to it.
///
/// # Errors
/// The document has a proof already, or a number without a canonical form.
pub fn sign(
    document: Object,
    key: &SecretKey,
    reference: &KeyReference,
    created: DateTime<Utc>,
) -> Result<Object, ProofError> {
    if document.contains_key(PROOF) {
        return Err(ProofError::Present);
    }
    let options = options(&document, reference, time::whole_seconds(created));
    let signature = key.sign(&signed_bytes(options.clone(), document.clone())?);
    with_signature(document, options, &signature)
}

/// Adds a proof with an existing signature to a document. The signature is not checked.
pub(crate) fn restore(
    document: Object,
    reference: &KeyReference,
    created: DateTime<Utc>,
    signature: &[u8; 64],
) -> Result<Object, ProofError> {
    let options = options(&document, reference, created);
    with_signature(document, options, signature)
}

fn with_signature(mut document: Object, mut options: Object, signature: &[u8; 64]) -> Result<Object, ProofError> {
    options.insert(PROOF_VALUE.to_owned(), to_base58_multibase(signature).into());
    document.insert(PROOF.to_owned(), Value::Object(options));
    Ok(document)
}

/// The proof options: the proof without its value. They repeat the document's `@context`, so that it is signed as well
/// (section 3.3.1, step 2). A proof with a shorter `@context` is refused, although the specification's verification
/// allows it.
fn options(document: &Object, reference: &KeyReference, created: DateTime<Utc>) -> Object {
    let mut options = Object::new();
    if let Some(context) = document.get(CONTEXT) {
        options.insert(CONTEXT.to_owned(), context.clone());
    }
    let members = [
        ("type", json!("DataIntegrityProof")),
        ("cryptosuite", json!("eddsa-jcs-2022")),
        ("created", time::format(created).into()),
        ("verificationMethod", reference.to_string().into()),
        ("proofPurpose", json!("assertionMethod")),
    ];
    options.extend(members.map(|(name, value)| (name.to_owned(), value)));
    options
}

/// The hash data of section 3.3.4: the hash of the proof options, then the hash of the document.
fn signed_bytes(options: Object, document: Object) -> Result<[u8; 64], ProofError> {
    let mut bytes = [0; 64];
    let (first, second) = bytes.split_at_mut(32);
    first.copy_from_slice(&Sha256::digest(canonical(&Value::Object(options))?));
    second.copy_from_slice(&Sha256::digest(canonical(&Value::Object(document))?));
    Ok(bytes)
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;

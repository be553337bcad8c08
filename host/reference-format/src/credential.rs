//! The document: a W3C Verifiable Credential 2.0 in exactly one shape.
//!
//! To read a document, the code takes its values out, builds a document from these values, and compares the two. So
//! anything that is missing, added or written in another way is found, without a list of possible errors.

mod id;

pub use id::CredentialId;

use crate::claims::{ClaimText, Claims, ClaimsError, Employment, Issuer};
use crate::context::{CREDENTIAL_TYPE, Terms};
use crate::domain::{Domain, DomainError};
use crate::json::{JsonError, Object, difference, parse_object};
use crate::keys::{KeyReference, PublicKey, SecretKey, Selector};
use crate::proof::{self, Proof, ProofError};
use crate::random::RandomError;
use crate::status_list::{Purpose, StatusPosition};
use crate::{jcs, time};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The size in bytes of the largest signed credential that is read. A typical one has about 2,500.
pub const BYTES_MAX: usize = 64 * 1024;

/// Why a document is not a reference.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The document is not a JSON object.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A member is missing or cannot be read.
    #[error("the reference's {0} is missing or cannot be read; it was changed, or comes from another program")]
    Member(&'static str),
    /// The shape is not that of a reference.
    #[error("the reference is not as its schema says at {0:?}; it was changed, or comes from another program")]
    Shape(String),
    /// A claim is not within its limits.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// The issuer is not a domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The proof is missing, has the wrong form, or its signature does not fit.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The proof names another issuer's key, or another time than the reference.
    #[error("the proof's {0} is not the reference's own; it was changed, or taken from another reference")]
    ForeignProof(&'static str),
}

/// An unsigned reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The id of this reference.
    pub id: CredentialId,
    /// The time of issue, in whole seconds.
    pub issued: DateTime<Utc>,
    /// The claims.
    pub claims: Claims,
    /// The position of its entry in the issuer's status lists.
    pub status: StatusPosition,
    /// Where the document has the definitions of its terms.
    pub terms: Terms,
}

impl Credential {
    /// A new reference with a random id, in the present form.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn new(claims: Claims, status: StatusPosition, issued: DateTime<Utc>) -> Result<Self, RandomError> {
        Ok(Self {
            id: CredentialId::random()?,
            issued: time::whole_seconds(issued),
            claims,
            status,
            terms: Terms::Linked,
        })
    }

    /// The document without its proof.
    pub fn to_object(&self) -> Object {
        let claims = &self.claims;
        let Employment { name, job_title, department, start, end } = claims.employment();
        let domain = &claims.issuer().domain;
        let mut subject = Object::new();
        let members = [
            ("name", Some(name.to_string())),
            ("jobTitle", job_title.as_ref().map(ClaimText::to_string)),
            ("department", department.as_ref().map(ClaimText::to_string)),
            ("employmentStartDate", Some(time::format_date(*start))),
            ("employmentEndDate", Some(time::format_date(*end))),
        ];
        subject.extend(members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?)))));
        let mut object = Object::new();
        let members = [
            ("@context", self.terms.context(domain)),
            ("id", self.id.to_string().into()),
            ("type", json!(["VerifiableCredential", CREDENTIAL_TYPE])),
            ("issuer", json!({"id": domain.did_web(), "name": claims.issuer().name.as_str()})),
            ("validFrom", time::format(self.issued).into()),
            ("credentialStatus", Purpose::ALL.map(|purpose| self.status.entry(domain, purpose)).to_vec().into()),
            ("credentialSubject", Value::Object(subject)),
        ];
        object.extend(members.map(|(name, value)| (name.to_owned(), value)));
        object
    }

    /// Reads a document without its proof.
    ///
    /// # Errors
    /// The document differs in any member from what [`Credential::to_object`] makes of the same values.
    pub fn from_object(object: &Object) -> Result<Self, CredentialError> {
        let root = Value::Object(object.clone());
        let text = |pointer: &str, name: &'static str| {
            root.pointer(pointer).and_then(Value::as_str).ok_or(CredentialError::Member(name))
        };
        let subject = |name: &'static str| root.pointer(&format!("/credentialSubject/{name}"));
        let claim = |name: &'static str| match subject(name) {
            None => Ok(None),
            Some(value) => {
                let value = value.as_str().ok_or(CredentialError::Member(name))?;
                Ok::<_, CredentialError>(Some(ClaimText::parse(name, value)?))
            }
        };
        let date = |name: &'static str| -> Result<NaiveDate, CredentialError> {
            subject(name).and_then(Value::as_str).and_then(time::parse_date).ok_or(CredentialError::Member(name))
        };
        let domain = Domain::from_did_web(text("/issuer/id", "issuer")?)?;
        let issuer = Issuer { name: ClaimText::parse("issuer name", text("/issuer/name", "issuer name")?)?, domain };
        let employment = Employment {
            name: claim("name")?.ok_or(CredentialError::Member("name"))?,
            job_title: claim("jobTitle")?,
            department: claim("department")?,
            start: date("employmentStartDate")?,
            end: date("employmentEndDate")?,
        };
        let status = StatusPosition::read(root.pointer("/credentialStatus/0"), &issuer.domain);
        let credential = Self {
            id: CredentialId::parse(text("/id", "id")?).ok_or(CredentialError::Member("id"))?,
            issued: time::parse(text("/validFrom", "validFrom")?).ok_or(CredentialError::Member("validFrom"))?,
            status: status.ok_or(CredentialError::Member("credentialStatus"))?,
            claims: Claims::new(issuer, employment)?,
            terms: Terms::of(object.get("@context")),
        };
        match difference(&Value::Object(credential.to_object()), &root) {
            None => Ok(credential),
            Some(path) => Err(CredentialError::Shape(path.chars().take(100).collect())),
        }
    }
}

/// A reference with a proof of the right form. The signature is unchecked until [`SignedCredential::verify`] is called.
#[derive(Clone, Debug)]
pub struct SignedCredential {
    credential: Credential,
    proof: Proof,
    canonical: Vec<u8>,
}

impl SignedCredential {
    /// Signs a reference. The proof's time is the reference's time of issue.
    ///
    /// # Errors
    /// Not in practice: only if the document had no canonical form, and every credential has one.
    pub fn sign(credential: Credential, key: &SecretKey, selector: &Selector) -> Result<Self, CredentialError> {
        let domain = credential.claims.issuer().domain.clone();
        let reference = KeyReference::Published { domain, selector: selector.clone() };
        let signed = proof::sign(credential.to_object(), key, &reference, credential.issued)?;
        Self::from_parts(credential, signed)
    }

    /// Combines a credential with an existing signature, as it is read from a QR code. The signature is not checked.
    pub(crate) fn restore(
        credential: Credential,
        selector: &Selector,
        signature: &[u8; 64],
    ) -> Result<Self, CredentialError> {
        let domain = credential.claims.issuer().domain.clone();
        let reference = KeyReference::Published { domain, selector: selector.clone() };
        let signed = proof::restore(credential.to_object(), &reference, credential.issued, signature)?;
        Self::from_parts(credential, signed)
    }

    /// Reads a signed reference. White space between the JSON values does not matter.
    ///
    /// # Errors
    /// The bytes are not a JSON object that has exactly the shape of a signed reference.
    pub fn parse(bytes: &[u8]) -> Result<Self, CredentialError> {
        let signed = parse_object(bytes, BYTES_MAX)?;
        let mut unsigned = signed.clone();
        unsigned.remove("proof").ok_or(ProofError::Missing)?;
        Self::from_parts(Credential::from_object(&unsigned)?, signed)
    }

    fn from_parts(credential: Credential, signed: Object) -> Result<Self, CredentialError> {
        let proof = Proof::read(&signed)?;
        if matches!(proof.key(), KeyReference::Published { domain, .. } if *domain != credential.claims.issuer().domain)
        {
            return Err(CredentialError::ForeignProof("key"));
        }
        if proof.created() != credential.issued {
            return Err(CredentialError::ForeignProof("time"));
        }
        let canonical = jcs::canonical(&Value::Object(signed)).map_err(ProofError::from)?;
        Ok(Self { credential, proof, canonical })
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// The signature does not fit the document and the key.
    pub fn verify(&self, key: &PublicKey) -> Result<(), ProofError> {
        self.proof.verify(key)
    }

    /// The reference without its proof.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The proof.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// The canonical JSON without white space: the bytes of the file that is delivered.
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// SHA-256 of the canonical JSON. This is the reference's entry in the log.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.canonical).into()
    }
}

#[cfg(test)]
#[path = "credential_tests.rs"]
mod tests;

//! An issuer whose keys are known here, with one reference and all that it publishes: seeds are made of it, and no
//! target may ever take anything else for its work.

use chrono::{DateTime, Utc};
use hibob_reference_format::claims::{ClaimText, Claims, Employment, Issuer};
use hibob_reference_format::context::Terms;
use hibob_reference_format::credential::{Credential, CredentialId, SignedCredential};
use hibob_reference_format::domain::Domain;
use hibob_reference_format::keys::file::{KeyFile, PublishedKey};
use hibob_reference_format::keys::{SecretKey, Selector, dns};
use hibob_reference_format::log::note::{NoteKey, SignatureType};
use hibob_reference_format::log::proof::LogProof;
use hibob_reference_format::log::tree::TreeReader;
use hibob_reference_format::log::witness::{Witness, cosign};
use hibob_reference_format::log::{self, Hash};
use hibob_reference_format::pdf;
use hibob_reference_format::status_list::{Bitstring, Purpose, StatusList, StatusPosition};
use hibob_reference_format::verify::{Answer, Sources};

/// Entries of the log; the reference is one of them.
const LOG_SIZE: u8 = 20;

/// The reference's place in the log.
pub const LOG_INDEX: u64 = 17;

/// The name of the witness.
pub const WITNESS: &str = "w1.example";

/// A moment.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The issuer's domain.
pub fn domain() -> Domain {
    Domain::parse("acme.example").unwrap()
}

/// The issuer's key.
pub fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

/// The name of the key.
pub fn selector() -> Selector {
    Selector::parse("k2026").unwrap()
}

/// The one reference of the issuer.
pub fn signed() -> SignedCredential {
    let text = |text: &str| ClaimText::parse("text", text).unwrap();
    let employment = Employment {
        name: text("Zoë Łukasz-O'Neil"),
        job_title: Some(text("Senior Engineer")),
        department: Some(text("Platform & Tools")),
        start: "2019-03-01".parse().unwrap(),
        end: "2026-10-31".parse().unwrap(),
    };
    let credential = Credential {
        id: CredentialId::parse("7f3c9a52-0d1e-4c5b-9a7e-2f5d1b6c4e90").unwrap(),
        issued: at("2026-11-22T09:30:00Z"),
        claims: Claims::new(Issuer { domain: domain(), name: text("ACME GmbH") }, employment).unwrap(),
        status: StatusPosition { list: 1, index: 94_567 },
        // The form of version 0.1.0, in which the files of the corpus are.
        terms: Terms::Inline,
    };
    SignedCredential::sign(credential, &key(), &selector()).unwrap()
}

/// The proof that the reference is in the log.
pub fn log_proof() -> LogProof {
    let mut entries: Vec<Hash> = (0..LOG_SIZE).map(|number| [number; 32]).collect();
    entries[LOG_INDEX as usize] = signed().digest();
    let (tiles, checkpoint) = log::head(&domain(), &entries).unwrap();
    let hashes = TreeReader::new(&tiles, u64::from(LOG_SIZE)).inclusion_proof(LOG_INDEX).unwrap();
    LogProof { index: LOG_INDEX, hashes, checkpoint: checkpoint.sign(&key()) }
}

/// The witness's key.
pub fn witness_key() -> SecretKey {
    SecretKey::from_seed(&[3; 32])
}

/// The witness's verifier key.
pub fn witness_text() -> String {
    NoteKey::new(WITNESS, SignatureType::Cosignature, witness_key().public()).to_string()
}

/// The witness.
pub fn witness() -> Witness {
    Witness::parse(&witness_text()).unwrap()
}

/// The witness's line under the log's checkpoint.
pub fn witness_line() -> String {
    cosign(WITNESS, &witness_key(), &log_proof().checkpoint, at("2026-11-22T09:31:00Z")).to_string()
}

/// The page with the reference, sealed.
pub fn page() -> Vec<u8> {
    pdf::render(&signed(), &log_proof(), &key(), &pdf::Fonts::bundled()).unwrap()
}

/// The issuer's key file.
pub fn key_file() -> KeyFile {
    let (created, key) = (at("2026-01-01T00:00:00Z"), key().public());
    let today = PublishedKey { selector: selector(), key, created, retired: None, revoked: None };
    let before = PublishedKey {
        selector: Selector::parse("k2025").unwrap(),
        key: SecretKey::from_seed(&[6; 32]).public(),
        created: at("2025-01-01T00:00:00Z"),
        retired: Some(created),
        revoked: Some(at("2026-02-01T00:00:00Z")),
    };
    KeyFile { domain: domain(), keys: vec![today, before] }
}

/// A signed status list, which says nothing of the reference.
pub fn status_list(purpose: Purpose) -> Vec<u8> {
    let bits = Bitstring::with([1, 94_568]);
    let list = StatusList::new(domain(), 1, purpose, at("2026-11-23T00:00:00Z"), bits);
    list.sign(&key(), &selector()).unwrap()
}

/// What the issuer publishes, at a time when the reference is good.
pub fn sources() -> Sources {
    Sources {
        now: at("2026-11-24T00:00:00Z"),
        dns: dns::Label::ALL.map(|label| Answer::Found(vec![dns::record_value(label, &key().public())])),
        key_file: Answer::Found(key_file().render().into_bytes()),
        revoked: Answer::Found(status_list(Purpose::Revocation)),
        superseded: Answer::Found(status_list(Purpose::Supersession)),
        head: Answer::Found(log_proof().checkpoint.to_string().into_bytes()),
        ..Sources::default()
    }
}

//! Values that the tests of several modules use: a domain, a key, claims, a signed reference, and everything that its
//! issuer publishes.

use crate::claims::{ClaimText, Claims, Employment, Issuer};
use crate::context::Terms;
use crate::credential::{Credential, CredentialId, SignedCredential};
use crate::domain::Domain;
use crate::keys::file::{KeyFile, PublishedKey};
use crate::keys::{SecretKey, Selector, dns};
use crate::log::proof::LogProof;
use crate::log::tree::TreeReader;
use crate::log::{self, Hash};
use crate::status_list::{Bitstring, Purpose, StatusList, StatusPosition};
use crate::time;
use crate::verify::{Answer, Sources};

pub(crate) fn domain() -> Domain {
    Domain::parse("acme.example").unwrap()
}

pub(crate) fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

pub(crate) fn selector() -> Selector {
    Selector::parse("k2026").unwrap()
}

pub(crate) fn claims_of(name: &str, job_title: Option<&str>, department: Option<&str>, company: &str) -> Claims {
    let text = |text: &str| ClaimText::parse("text", text).unwrap();
    let employment = Employment {
        name: text(name),
        job_title: job_title.map(text),
        department: department.map(text),
        start: time::parse_date("2019-03-01").unwrap(),
        end: time::parse_date("2026-10-31").unwrap(),
    };
    Claims::new(Issuer { domain: domain(), name: text(company) }, employment).unwrap()
}

pub(crate) fn credential_of(claims: Claims) -> Credential {
    Credential {
        id: CredentialId::parse("7f3c9a52-0d1e-4c5b-9a7e-2f5d1b6c4e90").unwrap(),
        issued: time::parse("2026-11-22T09:30:00Z").unwrap(),
        claims,
        status: StatusPosition { list: 1, index: 94_567 },
        terms: Terms::Linked,
    }
}

pub(crate) fn credential() -> Credential {
    credential_of(claims_of("Zoë Łukasz-O'Neil", Some("Senior Engineer"), Some("Platform & Tools"), "ACME GmbH"))
}

pub(crate) fn signed() -> SignedCredential {
    SignedCredential::sign(credential(), &key(), &selector()).unwrap()
}

/// The proof of a reference that is entry 17 of a log of 300 entries.
pub(crate) fn log_proof(signed: &SignedCredential) -> LogProof {
    let mut entries: Vec<Hash> = (0..300_u16).map(|number| [number.to_le_bytes()[0]; 32]).collect();
    entries[17] = signed.digest();
    let (tiles, checkpoint) = log::head(&domain(), &entries).unwrap();
    let reader = TreeReader::new(&tiles, 300);
    LogProof { index: 17, hashes: reader.inclusion_proof(17).unwrap(), checkpoint: checkpoint.sign(&key()) }
}

pub(crate) fn key_file(keys: &[(&str, &SecretKey)]) -> KeyFile {
    let published = |(name, key): &(&str, &SecretKey)| PublishedKey {
        selector: Selector::parse(name).unwrap(),
        key: key.public(),
        created: time::parse("2026-01-01T00:00:00Z").unwrap(),
        retired: None,
        revoked: None,
    };
    KeyFile { domain: domain(), keys: keys.iter().map(published).collect() }
}

pub(crate) fn status_list(purpose: Purpose, set: &[u32], key: &SecretKey) -> Vec<u8> {
    let issued = time::parse("2026-11-23T00:00:00Z").unwrap();
    let bits = Bitstring::with(set.iter().copied());
    StatusList::new(domain(), 1, purpose, issued, bits).sign(key, &selector()).unwrap()
}

/// The head of the log of [`log_proof`], as the issuer publishes it at `time`.
pub(crate) fn head(time: &str) -> Vec<u8> {
    let mut head = log_proof(&signed()).checkpoint;
    log::published::date(&mut head, &key(), time::parse(time).unwrap()).unwrap();
    head.to_string().into_bytes()
}

/// The answers from an honest issuer.
pub(crate) fn sources() -> Sources {
    Sources {
        now: time::parse("2026-11-24T00:00:00Z").unwrap(),
        dns: dns::Label::ALL
            .map(|label| Answer::Found(vec!["v=spf1 -all".to_owned(), dns::record_value(label, &key().public())])),
        key_file: Answer::Found(key_file(&[("k2026", &key())]).render().into_bytes()),
        revoked: Answer::Found(status_list(Purpose::Revocation, &[1, 94_568], &key())),
        superseded: Answer::Found(status_list(Purpose::Supersession, &[2], &key())),
        head: Answer::Found(head("2026-11-23T00:00:00Z")),
        ..Sources::default()
    }
}

/// The sealed page of [`signed`].
pub(crate) fn page() -> Vec<u8> {
    crate::pdf::render(&signed(), &log_proof(&signed()), &key(), &crate::pdf::Fonts::bundled()).unwrap()
}

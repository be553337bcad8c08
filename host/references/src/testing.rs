//! What several modules' tests start from.

use crate::claims::{ClaimText, Claims, Employment, Issuer};
use crate::credential::{Credential, CredentialId, SignedCredential};
use crate::domain::Domain;
use crate::keys::{SecretKey, Selector};
use crate::status_list::StatusPosition;
use crate::time;

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
    }
}

pub(crate) fn credential() -> Credential {
    credential_of(claims_of("Zoë Łukasz-O'Neil", Some("Senior Engineer"), Some("Platform & Tools"), "ACME GmbH"))
}

pub(crate) fn signed() -> SignedCredential {
    SignedCredential::sign(credential(), &key(), &selector()).unwrap()
}

//! References as strangers hand them in, and what an issuer publishes beside them.

use crate::{Reading, issuer, parts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hibob_reference_format::claims::{ClaimText, Claims, Employment, Issuer, TEXT_CHARACTERS_MAX};
use hibob_reference_format::credential::{Credential, CredentialId, SignedCredential};
use hibob_reference_format::domain::Domain;
use hibob_reference_format::keys::file::KeyFile;
use hibob_reference_format::keys::{KeyReference, PublicKey, Selector, dns};
use hibob_reference_format::log::witness::Witness;
use hibob_reference_format::status_list::{Bitstring, Purpose, StatusList};
use hibob_reference_format::verify::{Answer, Sources, open};
use hibob_reference_format::{pdf, qr};
use std::sync::LazyLock;

static SIGNED: LazyLock<SignedCredential> = LazyLock::new(issuer::signed);
static PAGE: LazyLock<Vec<u8>> = LazyLock::new(issuer::page);
static SOURCES: LazyLock<Sources> = LazyLock::new(issuer::sources);

/// A text as HiBob has it. What is taken is within limits and taken again as it is; a page either shows it or says why
/// not.
pub(crate) fn claim_text(bytes: &[u8]) -> Reading {
    let Ok(text) = std::str::from_utf8(bytes) else { return Reading::Refused };
    let claim = ClaimText::from_source("name", text);
    if let Ok(claim) = &claim {
        assert!((1..=TEXT_CHARACTERS_MAX).contains(&claim.as_str().chars().count()));
        assert_eq!(ClaimText::parse("name", claim.as_str()).as_ref(), Ok(claim));
        assert_eq!(ClaimText::from_source("name", claim.as_str()).as_ref(), Ok(claim));
        let known = SIGNED.credential();
        let (issuer, start, end) = (known.claims.issuer(), known.claims.start(), known.claims.end());
        let (job_title, department) = (Some(claim.clone()), None);
        let employment = Employment { name: claim.clone(), job_title, department, start, end };
        let issuer = Issuer { domain: issuer.domain.clone(), name: claim.clone() };
        let credential = Credential { claims: Claims::new(issuer, employment).unwrap(), ..known.clone() };
        assert_eq!(Credential::from_object(&credential.to_object()).unwrap(), credential);
        drop(pdf::check(&credential, &pdf::Fonts::bundled()));
    } else {
        assert!(ClaimText::parse("name", text).is_err());
    }
    Reading::of(&claim)
}

/// A signed reference. Its file is read again as the same reference, and its QR code leads to it.
pub(crate) fn credential(bytes: &[u8]) -> Reading {
    let signed = SignedCredential::parse(bytes);
    if let Ok(signed) = &signed {
        let again = SignedCredential::parse(signed.canonical()).unwrap();
        assert_eq!(again.canonical(), signed.canonical());
        assert_eq!((again.credential(), again.digest()), (signed.credential(), signed.digest()));
        assert_eq!(Credential::from_object(&signed.credential().to_object()).unwrap(), *signed.credential());
        if matches!(signed.proof().key(), KeyReference::Published { .. }) {
            let content = qr::parse(&qr::url(signed, 17)).unwrap();
            assert_eq!((content.id, content.digest), (signed.credential().id, signed.digest()));
            assert!(content.reference.is_none_or(|(read, index)| read.digest() == signed.digest() && index == 17));
        }
        if signed.verify(&issuer::key().public()).is_ok() {
            assert_eq!(signed.digest(), SIGNED.digest(), "the issuer never signed this");
        }
    }
    Reading::of(&signed)
}

/// The link of a QR code. What is read of it is written as a link that says the same.
pub(crate) fn qr_link(bytes: &[u8]) -> Reading {
    let Ok(text) = std::str::from_utf8(bytes) else { return Reading::Refused };
    let content = qr::parse(text);
    if let Ok(content) = &content {
        assert!(text.len() <= qr::URL_BYTES_MAX);
        assert!(text.starts_with(&content.domain.url(qr::VERIFY_PATH)));
        if let Some((signed, index)) = &content.reference {
            assert_eq!((signed.digest(), signed.credential().id), (content.digest, content.id));
            assert_eq!(signed.credential().claims.issuer().domain, content.domain);
            let again = qr::parse(&qr::url(signed, *index)).unwrap();
            assert_eq!((again.digest, again.id), (content.digest, content.id));
        }
    }
    Reading::of(&content)
}

/// A signed status list, or its bits alone. Bits are written and read as the same bits, and a list is never another
/// than that which was asked for.
pub(crate) fn status_list(bytes: &[u8]) -> Reading {
    let domain = issuer::domain();
    let mut is_read = false;
    for purpose in Purpose::ALL {
        if let Ok((list, proof)) = StatusList::parse(bytes, &domain, 1, purpose) {
            is_read = true;
            assert_eq!((&list.domain, list.list, list.purpose), (&domain, 1, purpose));
            assert_eq!(proof.created(), list.issued);
            let signed = list.sign(&issuer::key(), &issuer::selector()).unwrap();
            let (again, proof) = StatusList::parse(&signed, &domain, 1, purpose).unwrap();
            assert!(again.bits == list.bits && again.issued == list.issued);
            assert!(proof.verify(&issuer::key().public()).is_ok());
        }
    }
    if let Ok(bits) = std::str::from_utf8(bytes).map_err(drop).and_then(|text| Bitstring::decode(text).map_err(drop)) {
        is_read = true;
        assert!(Bitstring::decode(&bits.encode().unwrap()).unwrap() == bits);
    }
    Reading::accepted_if(is_read)
}

/// An issuer's key file. What is read is written as a file that says the same.
pub(crate) fn key_file(bytes: &[u8]) -> Reading {
    let file = KeyFile::parse(bytes);
    if let Ok(file) = &file {
        assert_eq!(KeyFile::parse(file.render().as_bytes()).as_ref().ok(), Some(file));
        for key in &file.keys {
            assert_eq!(file.get(&key.selector), Some(key));
        }
    }
    Reading::of(&file)
}

/// Everything short: a TXT record, a key, the name of a key, a domain, a reference's id. Each but the record has one
/// spelling (a selector in small letters): what is read is written the same.
pub(crate) fn key_names(bytes: &[u8]) -> Reading {
    let raw = PublicKey::from_bytes(bytes);
    if let Ok(key) = &raw {
        assert_eq!(PublicKey::from_multikey(&key.multikey()).as_ref(), Ok(key));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Reading::of(&raw) };
    let record = dns::parse_record(text);
    if let Ok(Some(dns::Record::Key(key))) = &record {
        for label in dns::Label::ALL {
            assert_eq!(dns::parse_record(&dns::record_value(label, key)), Ok(Some(dns::Record::Key(*key))));
        }
        assert!(text.contains(&STANDARD.encode(key.to_bytes())));
    }
    let key = PublicKey::from_multikey(text);
    if let Ok(key) = &key {
        assert_eq!(key.multikey(), text);
    }
    let reference = KeyReference::parse(text);
    if let Ok(reference) = &reference {
        assert_eq!(reference.to_string(), text);
    }
    let domain = Domain::parse(text);
    if let Ok(domain) = &domain {
        assert_eq!(domain.as_str(), text);
        assert_eq!(Domain::from_did_web(&domain.did_web()).as_ref(), Ok(domain));
    }
    let selector = Selector::parse(text);
    if let Ok(selector) = &selector {
        assert_eq!(selector.as_str(), text.to_ascii_lowercase());
        assert_eq!(Selector::parse(selector.as_str()).as_ref(), Ok(selector));
    }
    let id = CredentialId::parse(text);
    if let Some(id) = id {
        assert_eq!(id.to_string().trim_start_matches("urn:uuid:"), text.trim_start_matches("urn:uuid:"));
        assert_eq!(CredentialId::from_bytes(id.to_bytes()), Some(id));
    }
    let is_read = [raw.is_ok(), matches!(record, Ok(Some(_))), key.is_ok(), reference.is_ok(), domain.is_ok()];
    Reading::accepted_if(is_read.contains(&true) || selector.is_ok() || id.is_some())
}

/// A document with, where there is more than one part, its log proof, the text of a DNS record, the key file, the two
/// status lists, and a witness's verifier key.
///
/// With the sources of an honest issuer nothing is accepted but what that issuer signed; with foreign sources it comes
/// to some verdict.
pub(crate) fn verify_document(bytes: &[u8]) -> Reading {
    // A page has bytes of any kind: it is taken whole.
    let parts: Vec<&[u8]> = if bytes.starts_with(b"%PDF-") { vec![bytes] } else { parts(bytes).collect() };
    let part = |place: usize| parts.get(place).copied();
    let document = part(0).unwrap_or_default();
    let opened = open(document, part(1));
    let report = opened.verify(&SOURCES);
    assert!(!report.checks.is_empty());
    assert!(report.to_json().is_object());
    if report.verdict.is_accepted() {
        assert_eq!(report.credential.as_ref(), Some(SIGNED.credential()), "the issuer never signed this");
        assert!(!document.starts_with(b"%PDF-") || document == *PAGE, "the issuer never sealed this");
    }
    if let Some(lookups) = opened.lookups() {
        assert_eq!(Some(&lookups.domain), report.domain());
        let below = format!("https://{}/", lookups.domain);
        assert!(
            lookups
                .status_list_urls
                .iter()
                .chain([&lookups.key_file_url, &lookups.head_url])
                .all(|url| url.starts_with(&below))
        );
    }
    let found = |place: usize| part(place).map_or(Answer::Absent, |bytes| Answer::Found(bytes.to_vec()));
    let text = |place: usize| part(place).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    let sources = Sources {
        dns: [text(2).map_or(Answer::Absent, |text| Answer::Found(vec![text])), Answer::Absent],
        key_file: found(3),
        revoked: found(4),
        superseded: found(5),
        witnesses: text(6).and_then(|text| Witness::parse(&text).ok()).into_iter().collect(),
        ..SOURCES.clone()
    };
    let foreign = opened.verify(&sources);
    assert_eq!(foreign.credential, report.credential);
    Reading::accepted_if(report.verdict.is_accepted())
}

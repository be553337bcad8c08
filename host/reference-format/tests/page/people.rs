//! An issuer with a log, and the references that it has issued.

use chrono::{DateTime, Utc};
use hibob_reference_format::VERIFY_PAGE;
use hibob_reference_format::claims::{ClaimText, Claims, Employment, Issuer};
use hibob_reference_format::context::Terms;
use hibob_reference_format::credential::{Credential, CredentialId, SignedCredential};
use hibob_reference_format::domain::Domain;
use hibob_reference_format::keys::file::{KeyFile, PublishedKey};
use hibob_reference_format::keys::{SecretKey, Selector};
use hibob_reference_format::log::note::{NoteKey, SignatureType, SignedNote};
use hibob_reference_format::log::proof::LogProof;
use hibob_reference_format::log::tree::TreeReader;
use hibob_reference_format::log::witness::{Witness, add_cosignatures, cosign};
use hibob_reference_format::log::{self, Hash};
use hibob_reference_format::publish::{self, Publication};
use hibob_reference_format::status_list::{Bitstring, Purpose, StatusList, StatusPosition};
use hibob_reference_format::{pdf, qr};
use std::path::Path;

pub(crate) const SELECTOR: &str = "k2025";

/// When the issuer published, and when the tests of the modules look.
pub(crate) const PUBLISHED: &str = "2025-06-01T00:00:00Z";

/// The index of the first reference in the log.
const FIRST_ENTRY: usize = 253;

/// The number of entries of the log: more than one tile.
const LOG_SIZE: usize = 700;

/// The indices that are set in the status lists: one reference is revoked, one superseded.
pub(crate) const REVOKED: u32 = 7;
pub(crate) const SUPERSEDED: u32 = 70_001;

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn domain() -> Domain {
    Domain::parse("acme.example").unwrap()
}

pub(crate) fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

pub(crate) fn selector() -> Selector {
    Selector::parse(SELECTOR).unwrap()
}

pub(crate) fn issued() -> DateTime<Utc> {
    at("2025-01-31T09:30:00Z")
}

/// A reference whose status index is `index`. Its id ends with this number.
pub(crate) fn credential(index: u32, name: &str, title: Option<&str>, department: Option<&str>) -> Credential {
    let text = |text: &str| ClaimText::parse("text", text).unwrap();
    let employment = Employment {
        name: text(name),
        job_title: title.map(text),
        department: department.map(text),
        start: "2019-03-01".parse().unwrap(),
        end: "2025-01-31".parse().unwrap(),
    };
    let issuer = Issuer { domain: domain(), name: text("ACME GmbH & Söhne") };
    Credential {
        id: CredentialId::parse(&format!("7f3c9a52-0d1e-4c5b-9a7e-2f5d{index:08x}")).unwrap(),
        issued: issued(),
        claims: Claims::new(issuer, employment).unwrap(),
        status: StatusPosition { list: 1, index },
        terms: Terms::Linked,
    }
}

pub(crate) fn sign(credential: Credential) -> SignedCredential {
    SignedCredential::sign(credential, &key(), &selector()).unwrap()
}

pub(crate) fn zoe() -> SignedCredential {
    sign(credential(94_567, "Zoë Łukasz-O'Neil", Some("Senior Engineer"), Some("Platform & Tools")))
}

/// A reference in the form of version 0.1.0.
pub(crate) fn old_form() -> SignedCredential {
    let credential = credential(9, "Freja Cohen", Some("Driver"), None);
    sign(Credential { terms: Terms::Inline, ..credential })
}

/// All references, each with a name for its files.
pub(crate) fn everybody() -> Vec<(&'static str, SignedCredential)> {
    let reference = |index, name: &str, title, department| sign(credential(index, name, title, department));
    vec![
        ("zoe", zoe()),
        ("revoked", reference(REVOKED, "Max Mustermann", Some("Buyer"), None)),
        ("superseded", reference(SUPERSEDED, "Юлия Иванова", Some("Designer"), Some("Brand"))),
        ("hebrew", reference(3, "שרה כהן", Some("מהנדסת תוכנה"), None)),
        ("arabic", reference(4, "محمد عبد الرحمن", None, Some("المبيعات"))),
        ("persian", reference(5, "می\u{200c}خواهم", None, None)),
        ("markup", reference(6, "<img src=x onerror=alert(1)>", Some("</script><b>"), Some("&lt;i&gt;"))),
        ("chinese", reference(131_071, "陳大文", Some("工程師"), None)),
        ("old", old_form()),
        ("long", reference(8, &"山".repeat(120), Some(&"W".repeat(120)), Some(&"é".repeat(120)))),
        ("hyphen", reference(9, "שרה כהן-לוי", Some("Manager"), None)),
        ("lam-alef", reference(10, "علاء سلامة", None, None)),
    ]
}

fn entries() -> Vec<Hash> {
    let mut entries: Vec<Hash> = (0..LOG_SIZE).map(|number| [number.to_le_bytes()[0]; 32]).collect();
    for (place, (_, signed)) in everybody().iter().enumerate() {
        entries[FIRST_ENTRY + place] = signed.digest();
    }
    entries
}

pub(crate) fn log_index(signed: &SignedCredential) -> u64 {
    entries().iter().position(|entry| *entry == signed.digest()).unwrap() as u64
}

pub(crate) fn log_proof(signed: &SignedCredential) -> LogProof {
    let (tiles, checkpoint) = log::head(&domain(), &entries()).unwrap();
    let index = log_index(signed);
    let hashes = TreeReader::new(&tiles, LOG_SIZE as u64).inclusion_proof(index).unwrap();
    LogProof { index, hashes, checkpoint: checkpoint.sign(&key()) }
}

/// The verifier key of a witness, and Zoë's log proof with that witness's signature line.
pub(crate) fn witnessed(time: &str, key: &SecretKey) -> (String, LogProof) {
    const NAME: &str = "w1.example";
    let verifier_key = NoteKey::new(NAME, SignatureType::Cosignature, key.public()).to_string();
    let mut proof = log_proof(&zoe());
    let line = cosign(NAME, key, &proof.checkpoint, at(time)).to_string();
    add_cosignatures(&mut proof.checkpoint, &Witness::parse(&verifier_key).unwrap(), &line).unwrap();
    (verifier_key, proof)
}

pub(crate) fn pdf(signed: &SignedCredential) -> Vec<u8> {
    pdf::render(signed, &log_proof(signed), &key(), &pdf::Fonts::bundled()).unwrap()
}

pub(crate) fn published(selector: &str, key: &SecretKey) -> PublishedKey {
    let (selector, key) = (Selector::parse(selector).unwrap(), key.public());
    PublishedKey { selector, key, created: at("2025-01-01T00:00:00Z"), retired: None, revoked: None }
}

pub(crate) fn key_file() -> KeyFile {
    let mut old = published("k2024", &SecretKey::from_seed(&[6; 32]));
    (old.created, old.retired) = (at("2024-01-01T00:00:00Z"), Some(at("2025-01-01T00:00:00Z")));
    KeyFile { domain: domain(), keys: vec![old, published(SELECTOR, &key())] }
}

/// A list of this time, with or without an end, signed by the issuer.
pub(crate) fn list_of(purpose: Purpose, set: &[u32], time: DateTime<Utc>, has_end: bool) -> Vec<u8> {
    let mut list = StatusList::new(domain(), 1, purpose, time, Bitstring::with(set.iter().copied()));
    list.valid_until = list.valid_until.filter(|_| has_end);
    list.sign(&key(), &selector()).unwrap()
}

fn signed_head(key: &SecretKey) -> SignedNote {
    log::head(&domain(), &entries()).unwrap().1.sign(key)
}

/// The head of the log as version 0.1.0 published it.
pub(crate) fn undated_head() -> Vec<u8> {
    signed_head(&key()).to_string().into_bytes()
}

/// The head of the log as somebody with this key publishes it.
pub(crate) fn head_by(key: &SecretKey, time: DateTime<Utc>) -> Vec<u8> {
    let mut head = signed_head(key);
    log::published::date(&mut head, key, time).unwrap();
    head.to_string().into_bytes()
}

/// The head of the log as the issuer publishes it.
pub(crate) fn head(time: DateTime<Utc>) -> Vec<u8> {
    head_by(&key(), time)
}

pub(crate) fn status_list(purpose: Purpose, set: &[u32], key: &SecretKey) -> Vec<u8> {
    let bits = Bitstring::with(set.iter().copied());
    let list = StatusList::new(domain(), 1, purpose, at(PUBLISHED), bits);
    list.sign(key, &selector()).unwrap()
}

pub(crate) fn revoked_list() -> Vec<u8> {
    status_list(Purpose::Revocation, &[1, REVOKED], &key())
}

pub(crate) fn superseded_list() -> Vec<u8> {
    status_list(Purpose::Supersession, &[2, SUPERSEDED], &key())
}

/// Writes the issuer's public folder to `site`, and the files and links that people received to `files`.
pub(crate) fn write_site(folder: &Path) {
    // The page in the browser has the clock of this machine.
    let now = DateTime::from(std::time::SystemTime::now());
    let checkpoint = SignedNote::parse(&String::from_utf8(head(now)).unwrap()).unwrap();
    let lists = [(Purpose::Revocation, REVOKED), (Purpose::Supersession, SUPERSEDED)]
        .map(|(purpose, index)| (1, purpose, list_of(purpose, &[1, index], now, true)));
    let publication = Publication {
        key_file: &key_file(),
        entries: &entries(),
        checkpoint: &checkpoint,
        status_lists: &lists,
        verify_page: VERIFY_PAGE.as_bytes(),
    };
    for (path, bytes) in publish::files(&publication).unwrap() {
        write(folder, &format!("site/{path}"), &bytes);
    }
    let (witness, proof) = witnessed("2025-01-31T09:31:00Z", &SecretKey::from_seed(&[3; 32]));
    write(folder, "files/witness.key", witness.as_bytes());
    write(folder, "files/witnessed.tlog-proof", proof.to_string().as_bytes());
    for (name, signed) in everybody() {
        write(folder, &format!("files/{name}.json"), signed.canonical());
        write(folder, &format!("files/{name}.tlog-proof"), log_proof(&signed).to_string().as_bytes());
        write(folder, &format!("files/{name}.url"), qr::url(&signed, log_index(&signed)).as_bytes());
        if let Ok(page) = pdf::render(&signed, &log_proof(&signed), &key(), &pdf::Fonts::bundled()) {
            write(folder, &format!("files/{name}.pdf"), &page);
        }
    }
}

pub(crate) fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

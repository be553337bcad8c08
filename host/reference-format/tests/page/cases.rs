//! Test cases for the verify page: documents, an issuer's published files, and the program's report on each, which the
//! page's report has to equal.

use crate::people::{
    PUBLISHED, SELECTOR, at, domain, everybody, head, head_by, issued, key, key_file, list_of, log_index, log_proof,
    old_form, pdf, published, revoked_list, selector, status_list, superseded_list, undated_head, witnessed, write,
    zoe,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use hibob_reference_format::credential::SignedCredential;
use hibob_reference_format::domain::Domain;
use hibob_reference_format::json::Object;
use hibob_reference_format::keys::file::KeyFile;
use hibob_reference_format::keys::{KeyReference, SecretKey, Selector};
use hibob_reference_format::log::checkpoint::Checkpoint;
use hibob_reference_format::log::proof::LogProof;
use hibob_reference_format::log::tree::leaf_hash;
use hibob_reference_format::log::witness::Witness;
use hibob_reference_format::status_list::{ENTRIES, Purpose};
use hibob_reference_format::verify::{Answer, Sources, open};
use hibob_reference_format::{proof, qr};
use hibob_test_depth::deep;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

/// The files of a case, by name: `document`, `logProof`, `keyFile`, `givenKeyFile`, `revoked`, `superseded`, `head`.
type Parts = BTreeMap<&'static str, Vec<u8>>;

/// A position in a file, and the byte that replaces the one there.
type Change = (usize, u8);

/// A verification, with the files that it needs.
struct Case {
    name: String,
    parts: Parts,
    now: &'static str,
    witnesses: Vec<String>,
    required: usize,
}

/// An hour after the issuer published.
const NOW: &str = "2025-06-01T01:00:00Z";

impl Case {
    fn new(name: impl Into<String>, parts: Parts) -> Self {
        Self { name: name.into(), parts, now: NOW, witnesses: Vec::new(), required: 0 }
    }

    /// The program's report.
    fn expected(&self, parts: &Parts) -> Value {
        let found = |name| parts.get(name).cloned().map_or(Answer::Absent, Answer::Found);
        let sources = Sources {
            now: at(self.now),
            dns: [Answer::NotAsked, Answer::NotAsked],
            list_keys: Vec::new(),
            key_file: found("keyFile"),
            given_key_file: parts.get("givenKeyFile").cloned(),
            revoked: found("revoked"),
            superseded: found("superseded"),
            head: found("head"),
            witnesses: self.witnesses.iter().map(|text| Witness::parse(text).unwrap()).collect(),
            witnesses_required: self.required,
        };
        let log_proof = parts.get("logProof").map(Vec::as_slice);
        let report = open(&parts["document"], log_proof).verify(&sources);
        let checks: Vec<Value> =
            report.checks.iter().map(|check| json!([check.subject.code(), check.outcome.code()])).collect();
        json!({"verdict": report.verdict.to_string(), "checks": checks, "isWitnessed": report.is_witnessed})
    }
}

/// A reference with everything that its issuer publishes.
fn honest(document: Vec<u8>, log_proof: Option<Vec<u8>>) -> Parts {
    let always = [
        ("document", document),
        ("keyFile", key_file().render().into_bytes()),
        ("revoked", revoked_list()),
        ("superseded", superseded_list()),
        ("head", head(at(PUBLISHED))),
    ];
    always.into_iter().chain(log_proof.map(|proof| ("logProof", proof))).collect()
}

fn json_of(signed: &SignedCredential) -> Parts {
    honest(signed.canonical().to_vec(), Some(log_proof(signed).to_string().into_bytes()))
}

fn with(part: &'static str, bytes: impl Into<Vec<u8>>) -> Parts {
    let mut parts = json_of(&zoe());
    parts.insert(part, bytes.into());
    parts
}

fn without(names: &[&str]) -> Parts {
    let mut parts = json_of(&zoe());
    parts.retain(|name, _| !names.contains(name));
    parts
}

fn other_domain() -> Domain {
    Domain::parse("other.example").unwrap()
}

/// Zoë's document with a change that was made before the issuer's key signed it.
fn signed_anew(edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(zoe().canonical()).unwrap();
    document.as_object_mut().unwrap().remove("proof");
    edit(&mut document);
    let object: Object = document.as_object().unwrap().clone();
    let reference = KeyReference::Published { domain: domain(), selector: selector() };
    Value::Object(proof::sign(object, &key(), &reference, issued()).unwrap()).to_string().into_bytes()
}

fn edited(edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(zoe().canonical()).unwrap();
    edit(&mut document);
    document.to_string().into_bytes()
}

fn forms() -> Vec<Case> {
    let text = String::from_utf8(zoe().canonical().to_vec()).unwrap();
    let deep = format!("{}1{}", r#"{"a":"#.repeat(5_000), "}".repeat(5_000));
    let documents: Vec<(&str, Vec<u8>)> = vec![
        ("pretty", serde_json::to_vec_pretty(&serde_json::from_str::<Value>(&text).unwrap()).unwrap()),
        ("escaped", text.replace("Zoë", "Zo\\u00EB").replace("/", "\\/").into_bytes()),
        ("a name twice", text.replacen('{', r#"{"id":"x","#, 1).into_bytes()),
        ("a fraction for an integer", text.replace("\"statusSize\":1", "\"statusSize\":1.0").into_bytes()),
        ("an exponent", text.replace("\"statusSize\":1", "\"statusSize\":1e0").into_bytes()),
        ("a byte order mark", format!("\u{feff}{text}").into_bytes()),
        ("something behind", format!("{text} x").into_bytes()),
        ("white space behind", format!("{text}\r\n\t ").into_bytes()),
        ("empty", Vec::new()),
        ("blank", b" \r\n".to_vec()),
        ("a picture", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("a web page", b"<!doctype html>".to_vec()),
        ("a log proof", log_proof(&zoe()).to_string().into_bytes()),
        ("null", b"null".to_vec()),
        ("no object", b"[]".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("a PDF without anything", b"%PDF-1.7".to_vec()),
        ("no text", vec![0xff, 0xfe, 0x00]),
        ("deep", deep.into_bytes()),
        ("long", format!("{text}{}", " ".repeat(64 * 1024)).into_bytes()),
        ("proof removed", edited(|d| drop(d.as_object_mut().unwrap().remove("proof")))),
        ("proof is a list", edited(|d| d["proof"] = json!([d["proof"].clone()]))),
        ("proof without context", edited(|d| drop(d["proof"].as_object_mut().unwrap().remove("@context")))),
        ("proof with another member", edited(|d| d["proof"]["domain"] = json!("acme.example"))),
        ("proof with a constructor", edited(|d| d["proof"]["constructor"] = json!({}))),
        ("a member named __proto__", edited(|d| d["__proto__"] = json!({}))),
        ("proof of another time", edited(|d| d["proof"]["created"] = json!("2025-01-31T09:30:01Z"))),
        (
            "proof with a key in capitals",
            edited(|d| d["proof"]["verificationMethod"] = json!("did:web:acme.example#K2025")),
        ),
        ("a value with a leading zero", text.replace("\"proofValue\":\"z", "\"proofValue\":\"z1").into_bytes()),
        ("another title", edited(|d| d["credentialSubject"]["jobTitle"] = json!("Chief Engineer"))),
    ];
    documents
        .into_iter()
        .map(|(name, document)| Case::new(format!("form: {name}"), with("document", document)))
        .collect()
}

/// Documents that the issuer's key signed, but whose content is at or beyond a limit of references.
fn limits() -> Vec<Case> {
    let subject = |name: &'static str, value: Value| signed_anew(move |d| d["credentialSubject"][name] = value);
    let texts = [
        "",
        " a",
        "a  b",
        "a ",
        "Zoe\u{308}",
        "a\u{202e}b",
        "a\u{200b}b",
        "a\u{a0}b",
        "a\tb",
        "a\u{fe0f}",
        "a\u{3164}",
        "a\u{e001}",
        "a\u{ffff}",
        "a\u{1fffe}",
        "a\u{e0041}",
        "a\u{85}",
        "a\u{2028}",
        "a\u{3000}b",
    ];
    let fine = ["می\u{200c}خواهم", "Юлия", "김철수", "😀", "a-b_c"];
    let mut documents: Vec<(String, Vec<u8>)> =
        texts.into_iter().chain(fine).map(|text| (format!("name {text:?}"), subject("name", json!(text)))).collect();
    let others = [
        ("121 characters", subject("name", json!("é".repeat(121)))),
        ("120 characters beyond 16 bits", subject("name", json!("😀".repeat(120)))),
        ("name is a number", subject("name", json!(1))),
        ("title is null", subject("jobTitle", Value::Null)),
        ("a rating", subject("rating", json!("good"))),
        ("no name", signed_anew(|d| drop(d["credentialSubject"].as_object_mut().unwrap().remove("name")))),
        ("no title", signed_anew(|d| drop(d["credentialSubject"].as_object_mut().unwrap().remove("jobTitle")))),
        ("end before start", subject("employmentEndDate", json!("2019-02-28"))),
        ("no such day", subject("employmentEndDate", json!("2023-02-29"))),
        ("a leap day", subject("employmentEndDate", json!("2024-02-29"))),
        ("year 1899", subject("employmentStartDate", json!("1899-12-31"))),
        ("year 2201", subject("employmentEndDate", json!("2201-01-01"))),
        ("year 2200", subject("employmentEndDate", json!("2200-12-31"))),
        ("another id", signed_anew(|d| d["id"] = json!("urn:uuid:7f3c9a52-0d1e-1c5b-9a7e-2f5d1b6c4e90"))),
        ("id in capitals", signed_anew(|d| d["id"] = json!("urn:uuid:7F3C9A52-0d1e-4c5b-9a7e-2f5d1b6c4e90"))),
        ("another type", signed_anew(|d| d["type"] = json!(["VerifiableCredential"]))),
        ("company is long", signed_anew(|d| d["issuer"]["name"] = json!("x".repeat(121)))),
        ("index beyond the list", signed_anew(|d| d["credentialStatus"][0]["statusListIndex"] = json!("131072"))),
        ("two indices", signed_anew(|d| d["credentialStatus"][0]["statusListIndex"] = json!("5"))),
        ("one status", signed_anew(|d| drop(d["credentialStatus"].as_array_mut().unwrap().pop()))),
        ("issuer is a text", signed_anew(|d| d["issuer"] = json!("did:web:acme.example"))),
        ("issuer with a port", signed_anew(|d| d["issuer"]["id"] = json!("did:web:acme.example%3A8443"))),
        ("unchanged", signed_anew(|_| ())),
    ];
    documents.extend(others.map(|(name, document)| (name.to_owned(), document)));
    documents
        .into_iter()
        .map(|(name, document)| Case::new(format!("limit: {name}"), with("document", document)))
        .collect()
}

fn keys() -> Vec<Case> {
    let forger = SecretKey::from_seed(&[66; 32]);
    let forged = |selector: &str| {
        SignedCredential::sign(zoe().credential().clone(), &forger, &Selector::parse(selector).unwrap()).unwrap()
    };
    let in_document = KeyReference::InDocument(forger.public());
    let own = proof::sign(zoe().credential().to_object(), &forger, &in_document, issued()).unwrap();
    let own = Value::Object(own).to_string();
    let changed = own.replace("Senior", "Junior");
    let file = |edit: &dyn Fn(&mut KeyFile)| {
        let mut file = key_file();
        edit(&mut file);
        file.render().into_bytes()
    };
    let foreign = file(&|file| file.domain = other_domain());
    let other_key = file(&|file| file.keys[1] = published(SELECTOR, &forger));
    let with_given = |given: Vec<u8>, published: Option<Vec<u8>>| {
        let mut parts = with("givenKeyFile", given);
        parts.remove("keyFile");
        parts.extend(published.map(|file| ("keyFile", file)));
        parts
    };
    let twice = key_file().render().replace("k2024", SELECTOR);
    let weak =
        key_file().render().replace(&key().public().multikey(), "z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP");
    let others = key_file().render().replace(
        "\"verificationMethod\": [",
        "\"service\": [1.5, {\"a\": -0}], \"verificationMethod\": [1, {\"type\": \"JsonWebKey\", \"id\": \"x\"},",
    );
    let timeless = key_file().render().replace("\"created\": \"2025-01-01T00:00:00Z\"", "\"created\": null");
    vec![
        Case::new("key: forged under the issuer's name for it", with("document", forged(SELECTOR).canonical())),
        Case::new("key: forged under another name", with("document", forged("k9").canonical())),
        Case::new("key: only in the document", with("document", own)),
        Case::new("key: only in the document, changed", with("document", changed)),
        Case::new("key: no file", without(&["keyFile"])),
        Case::new("key: a web page for a file", with("keyFile", b"<!doctype html>".as_slice())),
        Case::new("key: another domain's file", with("keyFile", foreign.clone())),
        Case::new("key: another key", with("keyFile", other_key.clone())),
        Case::new("key: there twice", with("keyFile", twice)),
        Case::new("key: weak", with("keyFile", weak)),
        Case::new("key: beside other programs' members", with("keyFile", others)),
        Case::new("key: without a beginning", with("keyFile", timeless)),
        Case::new("key: given", with_given(key_file().render().into_bytes(), None)),
        Case::new("key: given, of another domain", with_given(foreign, Some(key_file().render().into_bytes()))),
        Case::new(
            "key: given another than published",
            with_given(other_key.clone(), Some(key_file().render().into_bytes())),
        ),
        Case::new("key: published another than given", with_given(key_file().render().into_bytes(), Some(other_key))),
        Case::new(
            "key: retired later",
            with("keyFile", file(&|f| f.keys[1].retired = Some(at("2025-02-01T00:00:00Z")))),
        ),
        Case::new(
            "key: retired before",
            with("keyFile", file(&|f| f.keys[1].retired = Some(at("2025-01-30T00:00:00Z")))),
        ),
        Case::new("key: made later", with("keyFile", file(&|f| f.keys[1].created = at("2025-02-01T00:00:00Z")))),
        Case::new("key: stolen", with("keyFile", file(&|f| f.keys[1].revoked = Some(at("2025-03-01T00:00:00Z"))))),
        Case::new(
            "key: stolen later",
            with("keyFile", file(&|f| f.keys[1].revoked = Some(at("2025-07-01T00:00:00Z")))),
        ),
        Case { now: "2025-01-30T09:29:59Z", ..Case::new("key: a date in the future", json_of(&zoe())) },
        Case { now: "2025-01-30T09:30:00Z", ..Case::new("key: a date of tomorrow", json_of(&zoe())) },
    ]
}

/// The revocation list with other bits, or signed under another domain.
fn list_anew(bytes: &[u8], signed_as: Domain) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    let mut list: Object = serde_json::from_slice(&revoked_list()).unwrap();
    list.remove("proof");
    list["credentialSubject"]["encodedList"] = format!("u{}", URL_SAFE_NO_PAD.encode(gzip.finish().unwrap())).into();
    let (reference, at) = (KeyReference::Published { domain: signed_as, selector: selector() }, at(PUBLISHED));
    Value::Object(proof::sign(list, &key(), &reference, at).unwrap()).to_string().into_bytes()
}

/// Zoë's reference with lists and a head of this time.
fn lists_of(time: &str, has_end: bool) -> Parts {
    let mut parts = with("head", head(at(time)));
    for (part, purpose) in [("revoked", Purpose::Revocation), ("superseded", Purpose::Supersession)] {
        parts.insert(part, list_of(purpose, &[1], at(time), has_end));
    }
    parts
}

fn lists_and_log() -> Vec<Case> {
    const BYTES: usize = ENTRIES as usize / 8;
    let of_other_log = {
        let origin = "acme.example/log".to_owned();
        let root = leaf_hash(&zoe().digest());
        let checkpoint = Checkpoint { origin, size: 1, root }.sign(&key());
        LogProof { index: 0, hashes: Vec::new(), checkpoint }.to_string()
    };
    let of_other_log_head = {
        let checkpoint = Checkpoint { origin: "acme.example/log".to_owned(), size: 1, root: [0; 32] };
        checkpoint.sign(&key()).to_string()
    };
    let other = SecretKey::from_seed(&[8; 32]);
    let mut longer = key_file();
    longer.keys.push(published("k2026", &other));
    let mut later = with("revoked", status_list(Purpose::Revocation, &[94_567], &other));
    later.insert("keyFile", longer.render().into_bytes());
    let mut both = with("revoked", status_list(Purpose::Revocation, &[94_567], &key()));
    both.insert("superseded", status_list(Purpose::Supersession, &[94_567], &key()));
    let other_proof = log_proof(&everybody()[1].1).to_string();
    vec![
        Case::new("status: neither list", without(&["revoked", "superseded"])),
        Case::new("status: no head", without(&["head"])),
        Case::new("status: a head without a time", with("head", undated_head())),
        Case::new("status: a head of another log", with("head", of_other_log_head)),
        Case::new("status: a head by a stranger", with("head", head_by(&other, at(PUBLISHED)))),
        Case::new("status: a web page for a head", with("head", b"<!doctype html>".as_slice())),
        Case::new("status: a newer head within the hour", with("head", head(at("2025-06-01T01:00:00Z")))),
        Case::new("status: a newer head", with("head", head(at("2025-06-01T01:00:01Z")))),
        Case::new("status: a list of before the reference", lists_of("2025-01-31T08:29:59Z", true)),
        Case::new("status: a list of the reference's hour", lists_of("2025-01-31T08:30:00Z", true)),
        Case::new("status: lists on their last day", lists_of("2025-05-25T01:00:00Z", true)),
        Case::new("status: lists that have ended", lists_of("2025-05-25T00:59:59Z", true)),
        Case::new("status: lists without an end", lists_of("2025-05-25T01:00:00Z", false)),
        Case::new("status: old lists without an end", lists_of("2025-05-25T00:59:59Z", false)),
        Case::new("status: lists of tomorrow", lists_of("2025-06-02T01:00:00Z", true)),
        Case::new("status: lists of the day after", lists_of("2025-06-02T01:00:01Z", true)),
        Case::new("status: an old form of reference", json_of(&old_form())),
        Case::new("status: an old form of reference, as a page", honest(pdf(&old_form()), None)),
        Case::new("status: both lists say yes", both),
        Case::new("status: by a stranger", with("revoked", status_list(Purpose::Revocation, &[94_567], &other))),
        Case::new("status: by a later key", later),
        Case::new("status: the other list", with("revoked", superseded_list())),
        Case::new("status: no list", with("revoked", b"{}".as_slice())),
        Case::new("status: all set", with("revoked", list_anew(&[0xff; BYTES], domain()))),
        Case::new("status: too few entries", with("revoked", list_anew(&[0xff; BYTES - 1], domain()))),
        Case::new("status: too many entries", with("revoked", list_anew(&[0xff; BYTES + 1], domain()))),
        Case::new("status: far too many entries", with("revoked", list_anew(&vec![0; 50_000_000], domain()))),
        Case::new("status: signed in another name", with("revoked", list_anew(&[0xff; BYTES], other_domain()))),
        Case::new("log: another log of the issuer", with("logProof", of_other_log)),
        Case::new("log: line ends of Windows", with("logProof", log_proof(&zoe()).to_string().replace('\n', "\r\n"))),
        Case::new("log: a byte order mark", with("logProof", format!("\u{feff}{}", log_proof(&zoe())))),
        Case::new("log: no proof", without(&["logProof"])),
        Case::new("log: an empty proof", with("logProof", b"".as_slice())),
        Case::new("log: another's proof", with("logProof", other_proof)),
        Case::new("log: a proof and no key", without(&["logProof", "keyFile"])),
    ]
}

fn witnesses() -> Vec<Case> {
    let (known, stranger) = (SecretKey::from_seed(&[3; 32]), SecretKey::from_seed(&[4; 32]));
    let confirmed = |time: &str, key: &SecretKey| with("logProof", witnessed(time, key).1.to_string());
    let (verifier_key, _) = witnessed("2025-01-31T09:31:00Z", &known);
    let trusting = |name: &str, parts, required| Case {
        witnesses: vec![verifier_key.clone()],
        required,
        ..Case::new(format!("witness: {name}"), parts)
    };
    let on_time = || confirmed("2025-01-31T09:31:00Z", &known);
    vec![
        trusting("confirmed", on_time(), 1),
        trusting("none needed", json_of(&zoe()), 0),
        trusting("one needed", json_of(&zoe()), 1),
        trusting("two needed", on_time(), 2),
        trusting("a stranger", confirmed("2025-01-31T09:31:00Z", &stranger), 0),
        trusting("late", confirmed("2025-02-07T09:30:01Z", &known), 0),
        trusting("on the last day", confirmed("2025-02-07T09:30:00Z", &known), 0),
        Case::new("witness: nobody is trusted", on_time()),
    ]
}

/// A PDF with these streams, compressed, as another program may write it.
fn saved_anew(streams: &[&[u8]]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    for stream in streams {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(stream).unwrap();
        let data = zlib.finish().unwrap();
        file.extend([b"1 0 obj<<>>stream\r\n", data.as_slice(), b"\nendstream endobj\n"].concat());
    }
    file
}

fn pages() -> Vec<Case> {
    let (page, other) = (pdf(&zoe()), everybody().swap_remove(1).1);
    let cut = |length| honest(page[..length].to_vec(), None);
    let replaced = |from: &[u8], to: &[u8]| {
        let place = page.windows(from.len()).position(|window| window == from).unwrap();
        honest([&page[..place], to, &page[place + from.len()..]].concat(), None)
    };
    let proof = |signed: &SignedCredential| log_proof(signed).to_string().into_bytes();
    let mut cases = vec![
        Case::new("page: longer", honest([page.as_slice(), b"\n%%EOF\n"].concat(), None)),
        Case::new("page: another's credential", replaced(zoe().canonical(), other.canonical())),
        Case::new("page: another's proof", replaced(&proof(&zoe()), &proof(&other))),
        Case::new("page: saved anew", honest(saved_anew(&[zoe().canonical(), &proof(&zoe())]), None)),
        Case::new("page: saved anew without its proof", honest(saved_anew(&[zoe().canonical()]), None)),
        Case::new("page: saved anew without attachments", honest(saved_anew(&[b"BT (Zoe) Tj ET"]), None)),
        Case::new("page: two references", honest(saved_anew(&[zoe().canonical(), other.canonical()]), None)),
        Case::new("page: twice", honest([page.as_slice(), page.as_slice()].concat(), None)),
        Case::new("page: too long", honest([page.as_slice(), &vec![b' '; 4 * 1024 * 1024]].concat(), None)),
        Case::new("page: a proof beside it", {
            let mut parts = honest(page.clone(), None);
            parts.insert("logProof", b"not looked at".to_vec());
            parts
        }),
    ];
    cases.extend((0..20).map(|part| Case::new(format!("page: cut {part}"), cut(part * page.len() / 20))));
    cases
}

fn people() -> Vec<Case> {
    let json = everybody().into_iter().map(|(name, signed)| Case::new(format!("json: {name}"), json_of(&signed)));
    let pages = ["zoe", "revoked", "superseded", "hebrew", "chinese"];
    let pages = everybody().into_iter().filter(|(name, _)| pages.contains(name));
    json.chain(pages.map(|(name, signed)| Case::new(format!("pdf: {name}"), honest(pdf(&signed), None)))).collect()
}

/// Cases in which one byte is changed, in two ways at each position.
fn tampered() -> Vec<(Case, &'static str, Vec<Change>)> {
    let changes = |bytes: &[u8]| -> Vec<Change> {
        let count = deep(40, 200);
        let places = (0..count).map(|number| number * bytes.len() / count);
        places
            .flat_map(|place| [(place, bytes[place] ^ 1), (place, b' ')])
            .filter(|(place, byte)| bytes[*place] != *byte)
            .collect()
    };
    let (_, revoked) = everybody().swap_remove(1);
    [
        ("document", Case::new("tampered json", json_of(&zoe()))),
        ("document", Case::new("tampered pdf", honest(pdf(&zoe()), None))),
        ("logProof", Case::new("tampered proof", json_of(&zoe()))),
        ("keyFile", Case::new("tampered key file", json_of(&zoe()))),
        ("revoked", Case::new("tampered revoked list", json_of(&revoked))),
        ("superseded", Case::new("tampered superseded list", json_of(&zoe()))),
    ]
    .map(|(part, case)| {
        let changes = changes(&case.parts[part]);
        (case, part, changes)
    })
    .into()
}

/// A link that has only id and hash, after an edit of the id's bytes. `parts` are the pieces of the link between dots,
/// so the domain may take several.
fn short_with(parts: &[&str], edit: impl FnOnce(&mut [u8])) -> String {
    let place = parts.len() - 4;
    let mut id = URL_SAFE_NO_PAD.decode(parts[place]).unwrap();
    edit(&mut id);
    [&parts[..place], &[&URL_SAFE_NO_PAD.encode(id), parts[place + 1]]].concat().join(".")
}

/// Links of QR codes with the content that the program reads from them, or null where it refuses them.
fn links() -> Vec<Value> {
    let read = |url: &str| {
        let content = qr::parse(url).ok();
        let reference = content.as_ref().and_then(|content| content.reference.as_ref());
        json!({
            "url": url,
            "id": content.as_ref().map(|content| content.id.to_string()),
            "logIndex": reference.map(|(_, index)| index.to_string()),
        })
    };
    let urls = everybody().into_iter().map(|(_, signed)| qr::url(&signed, log_index(&signed)));
    let url = qr::url(&zoe(), log_index(&zoe()));
    let start = url.find('#').unwrap() + 1;
    let changed = (start..url.len())
        .flat_map(|place| ["A", "B", ".", "", "-"].map(|text| format!("{}{text}{}", &url[..place], &url[place + 1..])));
    let parts: Vec<&str> = url.split('.').collect();
    // Spaces between the values do not matter; an id of another UUID version is refused.
    let spaced = [10, 400].map(|spaces| {
        let values = URL_SAFE_NO_PAD.decode(parts[parts.len() - 1]).unwrap();
        let values = URL_SAFE_NO_PAD.encode([&b" ".repeat(spaces), values.as_slice()].concat());
        [&parts[..parts.len() - 1], &[values.as_str()]].concat().join(".")
    });
    let other_version = short_with(&parts, |id| id[6] = 0x1f);
    let other_variant = short_with(&parts, |id| id[8] = 0xff);
    let short = (1..=parts.len()).map(|length| parts[..length].join("."));
    let long = format!("{url}{}", "A".repeat(qr::URL_BYTES_MAX));
    urls.chain(changed)
        .chain(short)
        .chain(spaced)
        .chain([long, other_version, other_variant])
        .map(|url| read(&url))
        .collect()
}

/// Writes `cases.json` and the files that it names.
pub(crate) fn write_files(folder: &Path) {
    let mut written = Vec::new();
    let mut put = |case: &Case, expected: Vec<Value>| {
        let number = written.len();
        let names: BTreeMap<&str, String> = case.parts.keys().map(|part| (*part, format!("{number}.{part}"))).collect();
        for (part, bytes) in &case.parts {
            write(folder, &names[part], bytes);
        }
        let witnesses = json!({"keys": case.witnesses, "required": case.required});
        written.push(json!({
            "name": case.name, "parts": names, "now": case.now, "witnesses": witnesses, "expected": expected,
        }));
    };
    let single = [people(), forms(), limits(), keys(), lists_and_log(), witnesses(), pages()];
    for case in single.into_iter().flatten() {
        put(&case, vec![json!({"change": null, "report": case.expected(&case.parts)})]);
    }
    for (case, part, changes) in tampered() {
        let report = |(place, byte): Change| {
            let mut parts = case.parts.clone();
            parts.get_mut(part).unwrap()[place] = byte;
            json!({"change": {"part": part, "place": place, "byte": byte}, "report": case.expected(&parts)})
        };
        let expected = changes.into_iter().map(report).collect();
        put(&case, expected);
    }
    let all = json!({"cases": written, "links": links()});
    write(folder, "cases.json", all.to_string().as_bytes());
}

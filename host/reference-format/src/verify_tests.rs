use super::*;
use crate::credential::{Credential, SignedCredential};
use crate::domain::Domain;
use crate::keys::{KeyReference, SecretKey, Selector, dns, file::KeyFile};
use crate::log::note::{NoteKey, SignatureType};
use crate::log::proof::LogProof;
use crate::log::witness::cosign;
use crate::status_list::Purpose;
use crate::testing::{credential, domain, key, key_file, log_proof, selector, signed, sources, status_list};
use crate::{proof, time};
use serde_json::{Value, json};

/// Verifies a JSON file with its log proof.
fn report(document: &[u8], log_proof: &LogProof, sources: &Sources) -> Report {
    open(document, Some(log_proof.to_string().as_bytes())).verify(sources)
}

fn verdict(signed: &SignedCredential, sources: &Sources) -> Verdict {
    report(signed.canonical(), &log_proof(signed), sources).verdict
}

fn outcome(report: &Report, subject: Subject) -> Outcome {
    report.checks.iter().find(|check| check.subject == subject).unwrap().outcome
}

fn unreachable<T>() -> Answer<T> {
    Answer::Unreachable("no network".to_owned())
}

/// The signed reference as a file, after an edit of its JSON.
fn edited(edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(signed().canonical()).unwrap();
    edit(&mut document);
    document.to_string().into_bytes()
}

#[test]
fn gold_needs_the_dns_record() {
    let report = report(signed().canonical(), &log_proof(&signed()), &sources());
    assert_eq!(report.verdict, Verdict::Gold, "{:#?}", report.checks);
    assert_eq!(report.domain(), Some(&domain()));
    for subject in [Subject::Signature, Subject::DnsRecord, Subject::Log, Subject::Revocation, Subject::Supersession] {
        assert_eq!(outcome(&report, subject), Outcome::Good, "{subject:?}");
    }
    assert_eq!((outcome(&report, Subject::Witnesses), report.is_witnessed), (Outcome::NotChecked, false));
    let json = report.to_json();
    assert_eq!(
        (&json["verdict"], &json["accepted"], &json["reference"]["issuer"]["domain"]),
        (&json!("gold"), &json!(true), &json!("acme.example"))
    );

    let dns_only = Sources { key_file: Answer::Absent, ..sources() };
    assert_eq!(verdict(&signed(), &dns_only), Verdict::Gold);
}

#[test]
fn silver_is_a_key_file_without_a_record() {
    let found = sources().key_file;
    let Answer::Found(file) = found.clone() else { panic!("no key file") };
    let other_text = Answer::Found(vec!["v=spf1 -all".to_owned()]);
    for dns in [Answer::Absent, unreachable(), Answer::NotAsked, other_text] {
        let sources = Sources { dns, ..sources() };
        assert_eq!(verdict(&signed(), &sources), Verdict::Silver, "{:?}", sources.dns);
    }
    // Offline, with a key file that the user has. The report says which lookups could not be made.
    let offline = Sources {
        dns: unreachable(),
        key_file: unreachable(),
        given_key_file: Some(file),
        revoked: unreachable(),
        superseded: Answer::NotAsked,
        ..sources()
    };
    let report = report(signed().canonical(), &log_proof(&signed()), &offline);
    assert_eq!(report.verdict, Verdict::Silver);
    for subject in [Subject::DnsRecord, Subject::Revocation, Subject::Supersession] {
        assert_eq!(outcome(&report, subject), Outcome::NotChecked, "{subject:?}");
    }
}

#[test]
fn a_self_made_key_with_a_famous_name_is_nothing() {
    let forger = SecretKey::from_seed(&[66; 32]);
    // With the name of the issuer's key, the published key decides.
    let forged = SignedCredential::sign(credential(), &forger, &selector()).unwrap();
    assert_eq!(verdict(&forged, &sources()), Verdict::Invalid);
    assert_eq!(verdict(&forged, &Sources { dns: Answer::Absent, ..sources() }), Verdict::Invalid);
    // With another name, only the document itself names the key.
    let elsewhere = SignedCredential::sign(credential(), &forger, &Selector::parse("k9").unwrap()).unwrap();
    let nowhere = Sources { dns: Answer::Absent, ..sources() };
    assert_eq!(verdict(&elsewhere, &nowhere), Verdict::UnknownKey);
    let offline = Sources { dns: unreachable(), key_file: unreachable(), ..sources() };
    assert_eq!(verdict(&signed(), &offline), Verdict::UnknownKey);
    // The key is in the document, as did:key.
    let reference = KeyReference::InDocument(forger.public());
    let own = proof::sign(credential().to_object(), &forger, &reference, credential().issued).unwrap();
    let own = SignedCredential::parse(Value::Object(own).to_string().as_bytes()).unwrap();
    let report = report(own.canonical(), &log_proof(&own), &sources());
    assert_eq!((report.verdict, report.domain()), (Verdict::UnknownKey, Some(&domain())));
    assert_eq!(open(own.canonical(), None).lookups(), None);
    // With a domain that belongs to the forger, the report shows the famous name beside that domain.
    let mut claims = serde_json::to_value(credential().to_object()).unwrap();
    for text in [
        "/issuer/id",
        "/credentialStatus/0/id",
        "/credentialStatus/0/statusListCredential",
        "/credentialStatus/1/id",
        "/credentialStatus/1/statusListCredential",
    ] {
        let value = claims.pointer_mut(text).unwrap();
        *value = value.as_str().unwrap().replace("acme.example", "acme-careers.example").into();
    }
    let theirs = Credential::from_object(claims.as_object().unwrap()).unwrap();
    let theirs = SignedCredential::sign(theirs, &forger, &selector()).unwrap();
    let lookups = open(theirs.canonical(), None).lookups().unwrap();
    assert_eq!(lookups.dns_name, "k2026._refpassport.acme-careers.example");
}

#[test]
fn another_issuers_key_or_key_file_is_no_help() {
    let other = SecretKey::from_seed(&[8; 32]);
    let wrong_dns = Sources { dns: Answer::Found(vec![dns::record_value(&other.public())]), ..sources() };
    // DNS decides, even where the key file has the right key.
    assert_eq!(verdict(&signed(), &wrong_dns), Verdict::Invalid);
    let mut file = key_file(&[("k2026", &key())]);
    file.domain = Domain::parse("other.example").unwrap();
    let foreign_file = Some(file.render().into_bytes());
    let sources = Sources { dns: Answer::Absent, key_file: Answer::Absent, given_key_file: foreign_file, ..sources() };
    assert_eq!(verdict(&signed(), &sources), Verdict::UnknownKey);
    let unreadable = Sources { given_key_file: None, key_file: Answer::Found(b"<html>".to_vec()), ..sources };
    assert_eq!(verdict(&signed(), &unreadable), Verdict::UnknownKey);
}

#[test]
fn references_outlive_a_rotation_but_not_a_theft() {
    let change = |edit: fn(&mut KeyFile)| {
        let mut file = key_file(&[("k2026", &key()), ("k2027", &SecretKey::from_seed(&[9; 32]))]);
        edit(&mut file);
        Sources { key_file: Answer::Found(file.render().into_bytes()), ..sources() }
    };
    let retired = change(|file| file.keys[0].retired = time::parse("2026-11-23T00:00:00Z"));
    assert_eq!(verdict(&signed(), &retired), Verdict::Gold);
    let retired_before = change(|file| file.keys[0].retired = time::parse("2026-11-21T00:00:00Z"));
    assert_eq!(verdict(&signed(), &retired_before), Verdict::Invalid);
    let made_after = change(|file| file.keys[0].created = time::parse("2026-11-23T00:00:00Z").unwrap());
    assert_eq!(verdict(&signed(), &made_after), Verdict::Invalid);
    let stolen = change(|file| file.keys[0].revoked = time::parse("2026-11-23T00:00:00Z"));
    assert_eq!(verdict(&signed(), &stolen), Verdict::Invalid);
    // A date in the future is invalid.
    let before = Sources { now: time::parse("2026-11-20T00:00:00Z").unwrap(), ..sources() };
    assert_eq!(verdict(&signed(), &before), Verdict::Invalid);
}

#[test]
fn revoked_and_superseded_are_told() {
    let list = |purpose, key: &SecretKey| Answer::Found(status_list(purpose, &[94_567], key));
    let revoked = Sources { revoked: list(Purpose::Revocation, &key()), ..sources() };
    assert_eq!(verdict(&signed(), &revoked), Verdict::Revoked);
    let superseded = Sources { superseded: list(Purpose::Supersession, &key()), ..sources() };
    assert_eq!(verdict(&signed(), &superseded), Verdict::Superseded);
    let both = Sources { superseded: list(Purpose::Supersession, &key()), ..revoked.clone() };
    assert_eq!(verdict(&signed(), &both), Verdict::Revoked);
    // A list by another signer, a list with another purpose, or no list leaves the verdict, and is reported as not
    // checked.
    let other = SecretKey::from_seed(&[8; 32]);
    let lists = [
        list(Purpose::Revocation, &other),
        list(Purpose::Supersession, &key()),
        Answer::Found(b"{}".to_vec()),
        Answer::Absent,
    ];
    for list in lists {
        let report = report(signed().canonical(), &log_proof(&signed()), &Sources { revoked: list, ..sources() });
        assert_eq!((report.verdict, outcome(&report, Subject::Revocation)), (Verdict::Gold, Outcome::NotChecked));
    }
    // A list that a later key of the issuer signed is valid.
    let newer = key_file(&[("k2026", &key()), ("k2027", &other)]).render().into_bytes();
    let rotated = Sources { key_file: Answer::Found(newer), revoked: list(Purpose::Revocation, &other), ..sources() };
    assert_eq!(verdict(&signed(), &rotated), Verdict::Revoked);
}

#[test]
fn what_is_not_in_the_log_is_not_accepted() {
    assert_eq!(open(signed().canonical(), None).verify(&sources()).verdict, Verdict::NotInLog);
    assert_eq!(open(signed().canonical(), Some(b"")).verify(&sources()).verdict, Verdict::NotInLog);
    let mut later = credential();
    later.claims = crate::testing::claims_of("Somebody Else", None, None, "ACME GmbH");
    let other = SignedCredential::sign(later, &key(), &selector()).unwrap();
    assert_eq!(report(signed().canonical(), &log_proof(&other), &sources()).verdict, Verdict::NotInLog);
}

#[test]
fn witnesses_confirm_the_order() {
    let (known, other) = (SecretKey::from_seed(&[3; 32]), SecretKey::from_seed(&[4; 32]));
    let vkey = NoteKey::new("w1.example", SignatureType::Cosignature, known.public()).to_string();
    let trusting = |required| Sources {
        witnesses: vec![Witness::parse(&vkey).unwrap()],
        witnesses_required: required,
        ..sources()
    };
    let seen = |at: &str, key: &SecretKey| {
        let mut proof = log_proof(&signed());
        let line = cosign("w1.example", key, &proof.checkpoint, time::parse(at).unwrap());
        proof.checkpoint.add([line]);
        proof
    };
    let good = report(signed().canonical(), &seen("2026-11-22T09:31:00Z", &known), &trusting(1));
    assert_eq!((good.verdict, good.is_witnessed), (Verdict::Gold, true));
    let none = report(signed().canonical(), &log_proof(&signed()), &trusting(0));
    assert_eq!((none.verdict, none.is_witnessed), (Verdict::Gold, false));
    assert_eq!(report(signed().canonical(), &log_proof(&signed()), &trusting(1)).verdict, Verdict::NotInLog);
    // A line of an unknown witness does not count. A confirmation years after the reference's date shows back-dating.
    let unknown = report(signed().canonical(), &seen("2026-11-22T09:31:00Z", &other), &trusting(0));
    assert_eq!((unknown.verdict, unknown.is_witnessed), (Verdict::Gold, false));
    let late = report(signed().canonical(), &seen("2029-01-01T00:00:00Z", &known), &trusting(0));
    assert_eq!(late.verdict, Verdict::NotInLog);
}

#[test]
fn a_changed_field_is_found() {
    let proof = log_proof(&signed());
    let check = |document: Vec<u8>| report(&document, &proof, &sources()).verdict;
    assert_eq!(check(edited(|_| ())), Verdict::Gold);
    assert_eq!(check(edited(|d| d["credentialSubject"]["jobTitle"] = json!("Chief Engineer"))), Verdict::Invalid);
    assert_eq!(check(edited(|d| d["credentialSubject"]["rating"] = json!("excellent"))), Verdict::Invalid);
    assert_eq!(
        check(edited(|d| drop(d["credentialSubject"].as_object_mut().unwrap().remove("jobTitle")))),
        Verdict::Invalid
    );
    assert_eq!(check(edited(|d| d["issuer"]["name"] = json!("ACME Holding"))), Verdict::Invalid);
    assert_eq!(check(edited(|d| drop(d.as_object_mut().unwrap().remove("proof")))), Verdict::Invalid);
    // The proof of another reference by this issuer, with an equal time.
    let mut other = credential();
    other.claims = crate::testing::claims_of("Somebody Else", None, None, "ACME GmbH");
    let other = SignedCredential::sign(other, &key(), &selector()).unwrap();
    let other: Value = serde_json::from_slice(other.canonical()).unwrap();
    assert_eq!(check(edited(|d| d["proof"] = other["proof"].clone())), Verdict::Invalid);
    for bad in [&b""[..], b"{}", b"[]", b"%PDF-1.7", b"\xff\xfe", b"null"] {
        assert_eq!(check(bad.to_vec()), Verdict::Invalid);
    }
}

/// `count` positions, spread evenly over a file of `length` bytes.
fn sampled(length: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |number| number * length / count)
}

#[test]
fn no_single_byte_of_the_json_or_its_proof_can_be_changed() {
    let signed = signed();
    // Sources without the status lists, which take time to check and have their own tests.
    let sources = Sources { revoked: Answer::NotAsked, superseded: Answer::NotAsked, ..sources() };
    let proof = log_proof(&signed).to_string().into_bytes();
    assert_eq!(open(signed.canonical(), Some(&proof)).verify(&sources).verdict, Verdict::Gold);
    let changes = |bytes: &[u8], place: usize| {
        let byte = bytes[place];
        let others = [byte ^ 1, b' '];
        let with = |other| {
            let mut bytes = bytes.to_vec();
            bytes[place] = other;
            bytes
        };
        others.into_iter().filter(move |other| *other != byte).map(with).collect::<Vec<_>>()
    };
    for place in sampled(signed.canonical().len(), 200) {
        for changed in changes(signed.canonical(), place) {
            let verdict = open(&changed, Some(&proof)).verify(&sources).verdict;
            assert!(!verdict.is_accepted(), "{place}: {verdict}");
        }
    }
    for place in sampled(proof.len(), 200) {
        for changed in changes(&proof, place) {
            let verdict = open(signed.canonical(), Some(&changed)).verify(&sources).verdict;
            assert!(!verdict.is_accepted(), "{place}: {verdict}");
        }
    }
    for length in sampled(signed.canonical().len(), 100) {
        assert!(!open(&signed.canonical()[..length], Some(&proof)).verify(&sources).verdict.is_accepted(), "{length}");
    }
}

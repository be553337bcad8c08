use super::*;
use crate::credential::{Credential, SignedCredential};
use crate::domain::Domain;
use crate::keys::{KeyReference, SecretKey, Selector, dns, file::KeyFile};
use crate::log::note::{NoteKey, SignatureType};
use crate::log::proof::LogProof;
use crate::log::witness::cosign;
use crate::status_list::{Bitstring, Purpose, StatusList};
use crate::testing::{credential, domain, head, key, key_file, log_proof, selector, signed, sources, status_list};
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

/// The same answer for both names in DNS.
fn both(answer: Answer<Vec<String>>) -> [Answer<Vec<String>>; 2] {
    [answer.clone(), answer]
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
        let sources = Sources { dns: both(dns), ..sources() };
        assert_eq!(verdict(&signed(), &sources), Verdict::Silver, "{:?}", sources.dns);
    }
    // Offline, with a key file that the user has. The report says which lookups could not be made.
    let offline = Sources {
        dns: both(unreachable()),
        key_file: unreachable(),
        given_key_file: Some(file),
        revoked: Answer::NotAsked,
        superseded: Answer::NotAsked,
        head: Answer::NotAsked,
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
    assert_eq!(verdict(&forged, &Sources { dns: both(Answer::Absent), ..sources() }), Verdict::Invalid);
    // With another name, only the document itself names the key.
    let elsewhere = SignedCredential::sign(credential(), &forger, &Selector::parse("k9").unwrap()).unwrap();
    let nowhere = Sources { dns: both(Answer::Absent), ..sources() };
    assert_eq!(verdict(&elsewhere, &nowhere), Verdict::UnknownKey);
    let offline = Sources { dns: both(unreachable()), key_file: unreachable(), ..sources() };
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
    assert_eq!(
        lookups.dns_names,
        ["k2026._workreferences.acme-careers.example", "k2026._refpassport.acme-careers.example"]
    );
}

#[test]
fn another_issuers_key_or_key_file_is_no_help() {
    let other = SecretKey::from_seed(&[8; 32]);
    let wrong_dns = Sources { dns: both(Answer::Found(vec![record(&other)])), ..sources() };
    // DNS decides, even where the key file has the right key.
    assert_eq!(verdict(&signed(), &wrong_dns), Verdict::Invalid);
    let mut file = key_file(&[("k2026", &key())]);
    file.domain = Domain::parse("other.example").unwrap();
    let foreign_file = Some(file.render().into_bytes());
    let sources =
        Sources { dns: both(Answer::Absent), key_file: Answer::Absent, given_key_file: foreign_file, ..sources() };
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
    let list = |purpose, key: &SecretKey| list(purpose, &[94_567], key);
    let revoked = Sources { revoked: list(Purpose::Revocation, &key()), ..sources() };
    assert_eq!(verdict(&signed(), &revoked), Verdict::Revoked);
    let superseded = Sources { superseded: list(Purpose::Supersession, &key()), ..sources() };
    assert_eq!(verdict(&signed(), &superseded), Verdict::Superseded);
    let both = Sources { superseded: list(Purpose::Supersession, &key()), ..revoked.clone() };
    assert_eq!(verdict(&signed(), &both), Verdict::Revoked);
    // With a list by another signer, a list with another purpose, or no list, nothing is known.
    let other = SecretKey::from_seed(&[8; 32]);
    let lists = [
        (list(Purpose::Revocation, &other), Outcome::Bad),
        (list(Purpose::Supersession, &key()), Outcome::Bad),
        (Answer::Found(b"{}".to_vec()), Outcome::Bad),
        (Answer::Absent, Outcome::NotChecked),
        (unreachable(), Outcome::NotChecked),
    ];
    for (list, expected) in lists {
        let report = report(signed().canonical(), &log_proof(&signed()), &Sources { revoked: list, ..sources() });
        assert_eq!((report.verdict, outcome(&report, Subject::Revocation)), (Verdict::StatusUnknown, expected));
    }
    let missing = Sources { superseded: Answer::Absent, ..sources() };
    assert_eq!(verdict(&signed(), &missing), Verdict::StatusUnknown);
    // A list that a later key of the issuer signed is valid.
    let newer = key_file(&[("k2026", &key()), ("k2027", &other)]).render().into_bytes();
    let rotated = Sources { key_file: Answer::Found(newer), revoked: list(Purpose::Revocation, &other), ..sources() };
    assert_eq!(verdict(&signed(), &rotated), Verdict::Revoked);
}

fn list(purpose: Purpose, set: &[u32], key: &SecretKey) -> Answer<Vec<u8>> {
    Answer::Found(status_list(purpose, set, key))
}

fn record(key: &SecretKey) -> String {
    dns::record_value(dns::Label::WorkReferences, &key.public())
}

/// The lists of a day, with or without an end.
fn lists_of(day: &str, has_end: bool, set: &[u32]) -> [Answer<Vec<u8>>; 2] {
    Purpose::ALL.map(|purpose| {
        let bits = Bitstring::with(set.iter().copied());
        let mut list = StatusList::new(domain(), 1, purpose, time::parse(day).unwrap(), bits);
        list.valid_until = list.valid_until.filter(|_| has_end);
        Answer::Found(list.sign(&key(), &selector()).unwrap())
    })
}

/// The reference is of 22 November, 09:30.
#[test]
fn a_list_counts_for_a_week_and_beside_a_head_that_is_not_newer() {
    let undated = || log_proof(&signed()).checkpoint.to_string().into_bytes();
    let head = |day: Option<&str>| Answer::Found(day.map_or_else(undated, head));
    let decide = |[revoked, superseded]: [Answer<Vec<u8>>; 2], head: Answer<Vec<u8>>, now: &str| {
        let sources = Sources { now: time::parse(now).unwrap(), revoked, superseded, head, ..sources() };
        let report = report(signed().canonical(), &log_proof(&signed()), &sources);
        let text = report.checks.iter().find(|check| check.subject == Subject::Revocation).unwrap().text.clone();
        (report.verdict, text)
    };
    let (gold, unknown) = (Verdict::Gold, Verdict::StatusUnknown);
    let (day, later) = ("2026-11-23T00:00:00Z", "2026-11-25T00:00:00Z");
    for (has_end, head, now, expected, text) in [
        (true, head(Some(day)), "2026-11-30T00:00:00Z", gold, "not revoked, by the list of 2026-11-23T00:00:00Z"),
        (true, head(Some(day)), "2026-11-30T00:00:01Z", unknown, "counted until 2026-11-30T00:00:00Z"),
        (true, head(None), "2026-11-30T00:00:00Z", gold, "not revoked"),
        (true, head(None), "2026-11-30T00:00:01Z", unknown, "counted until"),
        (false, head(Some(day)), "2026-11-30T00:00:00Z", gold, "not revoked"),
        (false, head(Some(day)), "2026-11-30T00:00:01Z", unknown, "counted until 2026-11-30T00:00:00Z"),
        // The head may be newer by the hour for which caches may keep a list.
        (false, head(Some("2026-11-23T01:00:00Z")), "2026-11-30T01:00:00Z", gold, "not revoked"),
        (false, head(Some("2026-11-23T01:00:00Z")), "2026-11-30T01:00:01Z", unknown, "counted until"),
        (true, head(Some("2026-11-23T01:00:01Z")), "2026-11-24T00:00:00Z", unknown, "this is a replay"),
        (true, head(Some(later)), later, unknown, "older than the head of the log beside it, of 2026-11-25T00:00:00Z"),
        (false, head(Some(later)), later, unknown, "this is a replay"),
        (false, head(None), "2026-11-30T00:00:00Z", gold, "not revoked"),
        (false, head(None), "2026-11-30T00:00:01Z", unknown, "counted until"),
        (true, Answer::Absent, later, unknown, "the head of the log, beside which the list counts, cannot be had"),
        (true, unreachable(), later, unknown, "no network"),
        (true, Answer::Found(b"<!doctype html>".to_vec()), later, unknown, "it is no signed head of a log"),
        (true, head(Some(day)), "2026-11-22T00:00:00Z", gold, "not revoked"),
    ] {
        let (verdict, said) = decide(lists_of(day, has_end, &[7]), head.clone(), now);
        assert!(verdict == expected && said.contains(text), "{has_end} {now}: {verdict} {said}");
        // An entry that is set counts, however old the list is.
        let (verdict, _) = decide(lists_of(day, has_end, &[7, 94_567]), head, now);
        assert_eq!(verdict, Verdict::Revoked, "{has_end} {now}");
    }
    let of_future = decide(lists_of("2026-12-03T00:00:01Z", true, &[7]), head(None), "2026-12-02T00:00:00Z");
    assert!(of_future.0 == unknown && of_future.1.contains("from the future"), "{}", of_future.1);
    let before = decide(lists_of("2026-11-22T08:29:59Z", true, &[7]), head(None), "2026-11-23T00:00:00Z");
    assert!(before.0 == unknown && before.1.contains("older than the reference"), "{}", before.1);
    assert_eq!(decide(lists_of("2026-11-22T08:30:00Z", true, &[7]), head(None), "2026-11-23T00:00:00Z").0, gold);
}

/// Whoever answers in place of the site can put a key of their own into the key file. Where the key of the reference is
/// in DNS, a list says that nothing was taken back only if the key that signed it is there, too.
#[test]
fn a_list_by_a_key_of_the_site_alone_acquits_nobody() {
    let other = SecretKey::from_seed(&[8; 32]);
    let file = key_file(&[("k2026", &key()), ("k2027", &other)]).render().into_bytes();
    let later = Selector::parse("k2027").unwrap();
    let list = |purpose| {
        let bits = Bitstring::with([7]);
        let list = StatusList::new(domain(), 1, purpose, time::parse("2026-11-23T00:00:00Z").unwrap(), bits);
        list.sign(&other, &later).unwrap()
    };
    assert_eq!(list_signer(&list(Purpose::Revocation)), Some(later.clone()));
    assert_eq!(list_signer(b"<!doctype html>"), None);
    let by_other = Sources {
        key_file: Answer::Found(file.clone()),
        revoked: Answer::Found(list(Purpose::Revocation)),
        superseded: Answer::Found(list(Purpose::Supersession)),
        ..sources()
    };
    assert_eq!(verdict(&signed(), &by_other), Verdict::StatusUnknown);
    let with = |answer: Answer<Vec<String>>| {
        let list_keys = vec![(later.clone(), [Answer::Absent, answer])];
        verdict(&signed(), &Sources { list_keys, ..by_other.clone() })
    };
    assert_eq!(with(Answer::Found(vec![record(&other)])), Verdict::Gold);
    assert_eq!(with(Answer::Found(vec![record(&key())])), Verdict::StatusUnknown);
    assert_eq!(with(Answer::Found(vec![record(&other), "v=workreferences1; p=".to_owned()])), Verdict::StatusUnknown);
    assert_eq!(with(unreachable()), Verdict::StatusUnknown);
    // The user vouches for a file, and without DNS the key of the reference is of the site as well.
    assert_eq!(verdict(&signed(), &Sources { given_key_file: Some(file), ..by_other.clone() }), Verdict::Gold);
    assert_eq!(verdict(&signed(), &Sources { dns: both(Answer::Absent), ..by_other }), Verdict::Silver);
}

/// Neither an unreadable record nor a revoked key leads to the key in the file.
#[test]
fn what_dns_says_is_never_silver() {
    let found = |texts: &[&str]| Answer::Found(texts.iter().map(|text| (*text).to_owned()).collect());
    let good = record(&key());
    let quoted = format!("\"{good}\"");
    let blank = good.replace("p=", "p=A ");
    let revoked = "v=refpassport1; k=ed25519; p=";
    let (gold, invalid, unknown) = (Verdict::Gold, Verdict::Invalid, Verdict::UnknownKey);
    for (texts, other, expected) in [
        (vec![good.as_str()], Answer::Absent, gold),
        (vec![good.as_str()], unreachable(), gold),
        (vec![good.as_str()], found(&["v=spf1 -all"]), gold),
        (vec![revoked], Answer::Absent, invalid),
        (vec![revoked], unreachable(), invalid),
        (vec![revoked], found(&[&good]), invalid),
        (vec![&good, revoked], Answer::Absent, invalid),
        (vec![&quoted], Answer::Absent, unknown),
        (vec![&quoted], unreachable(), unknown),
        (vec![&blank], Answer::Absent, unknown),
        (vec!["v=workreferences1; k=ed25519; p=AAAA"], Answer::Absent, unknown),
        (vec!["k=ed25519; p=AAAA"], Answer::Absent, unknown),
        (vec![&quoted], found(&[&good]), gold),
        (vec![&quoted], found(&[revoked]), invalid),
    ] {
        let texts = found(&texts);
        for dns in [[texts.clone(), other.clone()], [other, texts]] {
            let sources = Sources { dns, ..sources() };
            let report = report(signed().canonical(), &log_proof(&signed()), &sources);
            assert_eq!(report.verdict, expected, "{:?} {:#?}", sources.dns, report.checks);
            let told = |word: &str| report.checks.iter().any(|check| check.text.contains(word));
            assert!(expected != unknown || (told("is there, and cannot be read: ")));
            assert!(expected != invalid || told("says that the key was revoked"));
        }
    }
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

//! Verification of PDF files: after any change since it was sealed no file is accepted.

use super::*;
use crate::credential::SignedCredential;
use crate::keys::SecretKey;
use crate::pdf::seal;
use crate::testing::{claims_of, credential_of, key, log_proof, page, selector, signed, sources};
use hibob_test_depth::deep;
use proptest::prelude::*;

/// Sources without the status lists, which take time to check and have their own tests.
fn quick() -> Sources {
    Sources { revoked: Answer::NotAsked, superseded: Answer::NotAsked, ..sources() }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let place = bytes.windows(from.len()).position(|window| window == from).unwrap();
    [&bytes[..place], to, &bytes[place + from.len()..]].concat()
}

#[test]
fn a_page_as_it_was_sealed_is_gold() {
    let page = page();
    let report = open(&page, None).verify(&sources());
    assert_eq!(report.verdict, Verdict::Gold, "{:#?}", report.checks);
    let check = report.checks.iter().find(|check| check.subject == Subject::Page).unwrap();
    assert_eq!(check.outcome, Outcome::Good);
    assert_eq!(open(&page, Some(b"not looked at")).verify(&sources()).verdict, Verdict::Gold);
}

/// A changed file is refused even if all its attachments are genuine.
#[test]
fn a_changed_page_with_genuine_attachments_is_not_accepted() {
    let page = page();
    let title = b"Employment reference: Zo";
    let place = page.windows(title.len()).position(|window| window == title);
    let mut changed = page.clone();
    // One byte of the page's drawing, of the metadata, of the header, or of the end.
    for place in [place.unwrap_or(2_000), page.len() - 2, 12, page.len() / 2] {
        changed[place] ^= 1;
        let report = open(&changed, None).verify(&sources());
        assert_eq!(report.verdict, Verdict::SavedAnew, "{place}");
        changed[place] ^= 1;
    }
    assert_eq!(open(&changed, None).verify(&sources()).verdict, Verdict::Gold);
    // An incremental update after the end of the file, as editors append it.
    let updated = [page.as_slice(), b"\n1 0 obj\n<<>>\nendobj\n%%EOF\n"].concat();
    let report = open(&updated, None).verify(&sources());
    assert_eq!(report.verdict, Verdict::SavedAnew);
    let of = |subject| report.checks.iter().find(|check| check.subject == subject).unwrap().outcome;
    assert_eq!((of(Subject::Signature), of(Subject::Page)), (Outcome::Good, Outcome::Bad));
}

/// Two references of one issuer: a page with the other reference's credential, log proof or seal is refused.
#[test]
fn parts_of_another_reference_do_not_fit() {
    let other =
        credential_of(claims_of("Zoë Łukasz-O'Niel", Some("Senior Engineer"), Some("Platform & Tools"), "ACME GmbH"));
    let other = SignedCredential::sign(other, &key(), &selector()).unwrap();
    let other_page = crate::pdf::render(&other, &log_proof(&other), &key(), &crate::pdf::Fonts::bundled()).unwrap();
    let (page, signed) = (page(), signed());
    let swapped = replace(&page, signed.canonical(), other.canonical());
    // The other reference is genuine, but not in the log by this proof.
    assert_eq!(open(&swapped, None).verify(&sources()).verdict, Verdict::NotInLog);
    let proof = |signed: &SignedCredential| log_proof(signed).to_string().into_bytes();
    let swapped = replace(&page, &proof(&signed), &proof(&other));
    assert!(!open(&swapped, None).verify(&sources()).verdict.is_accepted());
    let seal_of = |page: &[u8]| {
        let label = b"employment-reference-seal/v1 ";
        let place = page.windows(label.len()).position(|window| window == label).unwrap();
        page[place..place + label.len() + 88].to_vec()
    };
    let swapped = replace(&page, &seal_of(&page), &seal_of(&other_page));
    assert_eq!(open(&swapped, None).verify(&sources()).verdict, Verdict::SavedAnew);
    assert_eq!(open(&other_page, None).verify(&sources()).verdict, Verdict::Gold);
}

#[test]
fn a_page_sealed_by_a_forger_is_nothing() {
    let forger = SecretKey::from_seed(&[66; 32]);
    let credential = signed().credential().clone();
    let forged = SignedCredential::sign(credential, &forger, &selector()).unwrap();
    // The forger makes a log and a seal with the forger's key, under the famous name.
    let (_, checkpoint) = crate::log::head(&crate::testing::domain(), &[forged.digest()]).unwrap();
    let proof = crate::log::proof::LogProof { index: 0, hashes: Vec::new(), checkpoint: checkpoint.sign(&forger) };
    let page = crate::pdf::render(&forged, &proof, &forger, &crate::pdf::Fonts::bundled()).unwrap();
    assert!(seal::open(&page).unwrap().is_sealed_by(&forger.public()));
    assert_eq!(open(&page, None).verify(&sources()).verdict, Verdict::Invalid);
    let nobody = Sources { dns: [Answer::Absent, Answer::Absent], key_file: Answer::Absent, ..sources() };
    assert_eq!(open(&page, None).verify(&nobody).verdict, Verdict::UnknownKey);
}

/// Changes single bytes at positions over the whole file, and at regular steps in the attachments.
#[test]
fn no_single_byte_of_the_file_can_be_changed() {
    let (page, sources) = (page(), quick());
    let opened = seal::open(&page).unwrap();
    let place = |part: &[u8]| part.as_ptr() as usize - page.as_ptr() as usize;
    let parts = [opened.credential, opened.log_proof].map(|part| place(part)..place(part) + part.len());
    let (count, step) = (deep(60, 300), deep(30, 6));
    let everywhere = (0..count).map(|number| number * page.len() / count);
    let attached = parts.into_iter().flat_map(|range| range.step_by(step));
    let places: Vec<usize> = everywhere.chain(attached).collect();
    assert!(places.len() > 2 * count, "{}", places.len());
    for place in places {
        let mut changed = page.clone();
        changed[place] ^= 1;
        let verdict = open(&changed, None).verify(&sources).verdict;
        assert!(!verdict.is_accepted(), "{place}: {verdict}");
    }
}

#[test]
fn a_truncated_page_is_not_accepted() {
    let (page, sources) = (page(), quick());
    for length in (0..100).map(|number| number * page.len() / 100).chain([page.len() - 1]) {
        // What is left may have the whole credential.
        let verdict = open(&page[..length], None).verify(&sources).verdict;
        assert!([Verdict::Invalid, Verdict::NotInLog, Verdict::SavedAnew].contains(&verdict), "{length}: {verdict}");
    }
}

/// As a viewer, a mail gateway or an office suite may write them: compressed, in another order, without a seal.
#[test]
fn the_attachments_of_a_page_that_was_saved_anew_are_checked() {
    let signed = signed();
    let proof = log_proof(&signed).to_string().into_bytes();
    let deflated = |bytes: &[u8]| {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut zlib, bytes).unwrap();
        zlib.finish().unwrap()
    };
    let file = |streams: &[Vec<u8>]| {
        let mut file = b"%PDF-1.4\n".to_vec();
        for stream in streams {
            file.extend([b"1 0 obj<<>>stream\r\n", stream.as_slice(), b"\r\nendstream endobj\n"].concat());
        }
        file
    };
    let whole = file(&[deflated(&proof), deflated(signed.canonical())]);
    let report = open(&whole, None).verify(&sources());
    assert_eq!(report.verdict, Verdict::SavedAnew, "{:#?}", report.checks);
    assert_eq!(report.credential.as_ref(), Some(signed.credential()));
    assert!(!report.verdict.is_accepted());
    let without = open(&file(&[deflated(signed.canonical())]), None).verify(&sources());
    assert_eq!(without.verdict, Verdict::NotInLog);
    assert!(without.checks.iter().any(|check| check.text.contains("scan the code")), "{:#?}", without.checks);
    let nothing = open(&file(&[deflated(b"x")]), None).verify(&sources());
    assert_eq!(nothing.verdict, Verdict::Invalid);
    assert!(nothing.checks[0].text.contains("scan the code"), "{:#?}", nothing.checks);
    // What was taken back stays so.
    let revoked = Sources { revoked: Answer::Found(revoked_list()), ..sources() };
    assert_eq!(open(&whole, None).verify(&revoked).verdict, Verdict::Revoked);
}

fn revoked_list() -> Vec<u8> {
    crate::testing::status_list(crate::status_list::Purpose::Revocation, &[94_567], &key())
}

#[test]
fn other_files_are_told_as_what_they_are() {
    let of = |bytes: &[u8]| {
        let report = open(bytes, None).verify(&sources());
        assert_eq!(report.verdict, Verdict::Invalid);
        report.checks[0].text.clone()
    };
    for (bytes, word) in [
        (&b""[..], "is empty"),
        (b" \r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"\xff\xd8\xff\xe0", "is a picture"),
        (b"\0\0\0\x18ftypheic", "is a picture"),
        (b"PK\x03\x04", "an office document"),
        (b"\xff\xfe{\0", "UTF-16"),
        (b"<!doctype html>", "a web page"),
        (b"c2sp.org/tlog-proof@v1\n", "is the log proof"),
    ] {
        assert!(of(bytes).contains(word), "{}", of(bytes));
    }
}

/// Mail programs and editors change line ends, and put a mark before a text.
#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    let signed = signed();
    let proof = log_proof(&signed).to_string();
    let marked = [b"\xef\xbb\xbf", signed.canonical()].concat();
    for proof in [proof.clone(), proof.replace('\n', "\r\n"), format!("\u{feff}{proof}")] {
        for document in [signed.canonical(), &marked] {
            assert_eq!(open(document, Some(proof.as_bytes())).verify(&sources()).verdict, Verdict::Gold);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever a hostile file contains, verification ends with a verdict that does not accept it.
    #[test]
    fn hostile_files_are_refused(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
        noise in prop::collection::vec(any::<u8>(), 0..300),
        is_pdf in any::<bool>(),
    ) {
        let page = page_once();
        let mut bytes = if is_pdf { b"%PDF-1.7\n".to_vec() } else { Vec::new() };
        for (start, length) in &cuts {
            let start = start.index(page.len());
            let length = length.index(page.len() - start + 1);
            bytes.extend(&page[start..start + length]);
            bytes.extend(&noise);
        }
        prop_assume!(bytes != *page);
        prop_assert!(!open(&bytes, Some(&noise)).verify(&quick()).verdict.is_accepted());
    }

    #[test]
    fn hostile_json_is_refused(text in "[{\\[\"@a-z:,\\]}0-9 ]{0,200}") {
        prop_assert_eq!(open(text.as_bytes(), None).verify(&quick()).verdict, Verdict::Invalid);
    }
}

fn page_once() -> &'static Vec<u8> {
    static PAGE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    PAGE.get_or_init(page)
}

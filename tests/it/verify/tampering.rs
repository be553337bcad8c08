//! Tests with changed bytes. Many changes are tried with the library's verdicts, and a few with the program's exit
//! codes.

use super::issuer::{Issuer, key, log_proof, sources};
use hibob_reference_format::credential::SignedCredential;
use hibob_reference_format::log::proof::LogProof;
use hibob_reference_format::pdf;
use hibob_reference_format::verify::{Verdict, open};
use std::ops::Range;

const SAMPLES: usize = 200;

/// Positions spread over a range, including the first and the last one.
fn sampled(range: Range<usize>) -> impl Iterator<Item = usize> {
    let count = SAMPLES.min(range.len());
    (0..count).map(move |number| range.start + number * (range.len() - 1) / (count - 1))
}

fn reference() -> (SignedCredential, LogProof) {
    let signed = SignedCredential::sign(super::credential(), &key(), &super::issuer::selector()).unwrap();
    let proof = log_proof(&signed);
    (signed, proof)
}

/// The file with one byte changed in two ways.
fn changed(bytes: &[u8], place: usize) -> [Vec<u8>; 2] {
    [0x01, 0x80].map(|bit| {
        let mut other = bytes.to_vec();
        other[place] ^= bit;
        other
    })
}

#[test]
fn no_changed_byte_of_the_json_or_its_log_proof_is_accepted() {
    let (signed, proof) = reference();
    let (json, proof, sources) = (signed.canonical(), proof.to_string().into_bytes(), sources());
    assert_eq!(open(json, Some(&proof)).verify(&sources).verdict, Verdict::Gold);
    for place in sampled(0..json.len()) {
        for other in changed(json, place) {
            let verdict = open(&other, Some(&proof)).verify(&sources).verdict;
            assert!(!verdict.is_accepted(), "byte {place} of the JSON: {verdict}");
        }
    }
    for place in sampled(0..proof.len()) {
        for other in changed(&proof, place) {
            let verdict = open(json, Some(&other)).verify(&sources).verdict;
            assert_eq!(verdict, Verdict::NotInLog, "byte {place} of the log proof");
        }
    }
}

#[test]
fn no_changed_byte_of_the_attachments_is_accepted() {
    let (signed, proof) = reference();
    let file = pdf::render(&signed, &proof, &key(), &pdf::Fonts::bundled()).unwrap();
    let sources = sources();
    assert_eq!(open(&file, None).verify(&sources).verdict, Verdict::Gold);
    for attachment in [signed.canonical(), proof.to_string().as_bytes()] {
        let start = file.windows(attachment.len()).position(|window| window == attachment).unwrap();
        for place in sampled(start..start + attachment.len()) {
            for other in changed(&file, place) {
                let verdict = open(&other, None).verify(&sources).verdict;
                assert!(!verdict.is_accepted(), "byte {place}: {verdict}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_accepts_no_changed_file() {
    let issuer = Issuer::start().await;
    let offline = ["--offline", "--key-file", "did.json"];
    for name in ["reference.pdf", "reference.json", "reference.tlog-proof"] {
        let bytes = std::fs::read(issuer.path(name)).unwrap();
        let file = if name == "reference.pdf" { name } else { "reference.json" };
        for place in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 2] {
            for other in changed(&bytes, place) {
                issuer.write(name, other);
                let outcome = issuer.run(&[&[file], &offline[..]].concat()).await;
                // Where the attachments of a page are whole, it is one that another program may have saved.
                let is_refused = outcome.exit == 1 || (name == "reference.pdf" && outcome.exit == 11);
                assert!(is_refused && outcome.stderr.is_empty(), "byte {place} of {name}: {}", outcome.stdout);
            }
        }
        issuer.write(name, bytes);
        assert_eq!(issuer.run(&[&[file], &offline[..]].concat()).await.verdict(), (0, "Silver"));
    }
}

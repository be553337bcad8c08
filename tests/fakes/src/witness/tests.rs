use hibob_reference_format::{
    domain::Domain,
    log::{
        self,
        checkpoint::Checkpoint,
        note::SignedNote,
        tree::{MemoryTiles, TreeReader},
        witness::{Witness as Trusted, add_checkpoint_body, add_cosignatures},
    },
};

use super::*;
use crate::fault::FaultKind;

const ORIGIN: &str = "acme.example/references/log";

fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

fn log_key(key: &SecretKey) -> String {
    NoteKey::new(ORIGIN, SignatureType::Ed25519, key.public()).to_string()
}

fn witness() -> Witness {
    let mut witness = Witness::new("witness.example/w1", 3);
    witness.watch(&log_key(&key()));
    witness
}

/// A log of `size` entries. The first byte of each is `first`.
fn log(first: u8, size: u8) -> (MemoryTiles, Checkpoint) {
    let entries: Vec<Hash> = (0..size).map(|number| [first.wrapping_add(number); 32]).collect();
    log::head(&Domain::parse("acme.example").unwrap(), &entries).unwrap()
}

fn post(witness: &mut Witness, body: String) -> (u16, String) {
    let request = Request { body: body.into_bytes(), ..Request::new("POST", "/add-checkpoint") };
    let response = witness.handle(&request, DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    if response.status == 409 {
        assert_eq!(response.header("content-type"), Some("text/x.tlog.size"));
    }
    (response.status, String::from_utf8(response.body).unwrap())
}

/// Asks the witness to confirm a log's head, with the proof from the size `old` if there is one.
fn ask(witness: &mut Witness, old: u64, (tiles, checkpoint): &(MemoryTiles, Checkpoint)) -> (u16, String) {
    let proof = TreeReader::new(tiles, checkpoint.size).consistency_proof(old).unwrap_or_default();
    post(witness, add_checkpoint_body(old, &proof, &checkpoint.sign(&key())))
}

#[test]
fn a_log_that_grows_is_confirmed() {
    let mut witness = witness();
    for (old, size) in [(0, 1), (1, 5), (5, 5), (5, 200)] {
        let log = log(1, size);
        let (status, lines) = ask(&mut witness, old, &log);
        let mut note = log.1.sign(&key());
        let trusted = Trusted::parse(&witness.verifier_key()).unwrap();
        assert_eq!((status, add_cosignatures(&mut note, &trusted, &lines)), (200, Ok(())), "{old} to {size}");
        assert_eq!(trusted.confirmed(&note).unwrap().unwrap().timestamp(), 1_800_000_000);
        assert_eq!(witness.confirmed_size(ORIGIN), Some(u64::from(size)));
    }
    let last = Asked { old: Some(5), size: Some(200), status: 200 };
    assert_eq!((witness.log().len(), witness.log().last()), (4, Some(&last)));
}

#[test]
fn each_refusal_is_that_of_the_specification() {
    let mut witness = witness();
    assert_eq!(ask(&mut witness, 3, &log(1, 5)), (409, "0\n".to_owned()));
    assert_eq!(ask(&mut witness, 0, &log(1, 5)).0, 200);
    for (old, log, expected) in [
        // The old size is not the one that the witness knows. It answers with the one that it knows, also if the log is
        // smaller.
        (0, log(1, 6), (409, "5\n")),
        (4, log(1, 4), (409, "5\n")),
        // The old size is right, but the log is another one.
        (5, log(2, 5), (409, "5\n")),
        (5, log(2, 6), (422, "the proof does not show that the log continues the one that was confirmed")),
        (6, log(1, 5), (400, "the old size is above that of the checkpoint")),
    ] {
        assert_eq!(ask(&mut witness, old, &log), (expected.0, expected.1.to_owned()), "{old} to {}", log.1.size);
    }
    let (tiles, checkpoint) = log(1, 6);
    let proof = TreeReader::new(&tiles, 6).consistency_proof(5).unwrap();
    let of = |key: &SecretKey| checkpoint.sign(key);
    let other = SecretKey::from_seed(&[8; 32]);
    assert_eq!(post(&mut witness, add_checkpoint_body(5, &proof, &of(&other))).0, 403);
    assert_eq!(post(&mut witness, add_checkpoint_body(5, &proof[1..], &of(&key()))).0, 422);
    let elsewhere = Checkpoint { origin: "other.example/references/log".to_owned(), ..checkpoint.clone() };
    assert_eq!(post(&mut witness, add_checkpoint_body(5, &proof, &elsewhere.sign(&key()))).0, 404);
    // The refused requests have changed nothing. A second key of the log is as valid as the first.
    witness.watch(&log_key(&other));
    assert_eq!(post(&mut witness, add_checkpoint_body(5, &proof, &of(&other))).0, 200);
}

#[test]
fn what_cannot_be_read_is_refused() {
    let mut witness = witness();
    let note = log(1, 5).1.sign(&key()).to_string();
    let lines = |number: usize| "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".repeat(number);
    for body in [
        String::new(),
        note.clone(),
        format!("old 0\n{note}"),
        format!("old 00\n\n{note}"),
        format!("old -1\n\n{note}"),
        format!("old 0\nAAAA\n\n{note}"),
        format!("old 0\n{}\n{note}", lines(64)),
        format!("old 0\n\n{}", note.trim_end()),
    ] {
        assert_eq!(post(&mut witness, body.clone()).0, 400, "{body:?}");
    }
    // A proof with the most lines that are allowed is read, but is wrong.
    assert_eq!(post(&mut witness, format!("old 0\n{}\n{note}", lines(63))).0, 422);
    assert_eq!(witness.handle(&Request::new("GET", "/add-checkpoint"), Utc::now()).status, 405);
    assert_eq!(witness.handle(&Request::new("POST", "/"), Utc::now()).status, 404);
}

#[test]
fn switches_spoil_answers() {
    let trusted = Trusted::parse(&witness().verifier_key()).unwrap();
    for (lines, is_good) in [
        (Lines::Right, true),
        (Lines::WithAnother, true),
        (Lines::OfAnother, false),
        (Lines::OverAnotherText, false),
        (Lines::Garbage, false),
    ] {
        let mut witness = witness();
        witness.lines = lines;
        let log = log(1, 5);
        let (status, lines) = ask(&mut witness, 0, &log);
        let mut note: SignedNote = log.1.sign(&key());
        assert_eq!((status, add_cosignatures(&mut note, &trusted, &lines).is_ok()), (200, is_good), "{lines}");
    }
    let mut witness = witness();
    witness.faults.push(Fault::once("/add-checkpoint", FaultKind::status(500)));
    assert_eq!(ask(&mut witness, 0, &log(1, 5)).0, 500);
    assert_eq!((witness.confirmed_size(ORIGIN), ask(&mut witness, 0, &log(1, 5)).0), (None, 200));
}

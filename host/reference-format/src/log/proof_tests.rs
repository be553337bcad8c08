use super::*;
use crate::keys::SecretKey;
use crate::log::tree::TreeReader;
use crate::log::witness::cosign;
use crate::testing::{domain, key};

const ENTRIES: u64 = 300;

fn entry(number: u64) -> Hash {
    let mut entry = [0; 32];
    entry[..8].copy_from_slice(&number.to_be_bytes());
    entry
}

fn proof(index: u64) -> LogProof {
    let (tiles, checkpoint) = crate::log::head(&domain(), &(0..ENTRIES).map(entry).collect::<Vec<_>>()).unwrap();
    let reader = TreeReader::new(&tiles, ENTRIES);
    LogProof { index, hashes: reader.inclusion_proof(index).unwrap(), checkpoint: checkpoint.sign(&key()) }
}

#[test]
fn a_proof_is_read_as_it_is_written_and_shows_the_entry() {
    for index in [0, 17, 256, 299] {
        let written = proof(index).to_string();
        assert!(written.starts_with(&format!("c2sp.org/tlog-proof@v1\nindex {index}\n")), "{written}");
        let read = LogProof::parse(written.as_bytes()).unwrap();
        let evidence = read.verify(&entry(index), &domain(), &[key().public()], &[]).unwrap();
        assert_eq!(evidence, LogEvidence { index, size: ENTRIES, witnesses: Vec::new() });
    }
}

#[test]
fn a_proof_shows_nothing_else() {
    let verify = |proof: &LogProof, entry: &[u8], domain: &Domain, key: &SecretKey| {
        proof.verify(entry, domain, &[key.public()], &[]).unwrap_err()
    };
    let good = proof(17);
    assert_eq!(verify(&good, &entry(18), &domain(), &key()), LogProofError::NotIncluded);
    assert_eq!(verify(&good, &entry(17), &domain(), &SecretKey::from_seed(&[9; 32])), LogProofError::Unsigned);
    let other = Domain::parse("other.example").unwrap();
    assert!(matches!(verify(&good, &entry(17), &other, &key()), LogProofError::Origin(_)));
    let mut elsewhere = good.clone();
    elsewhere.index = 18;
    assert_eq!(verify(&elsewhere, &entry(17), &domain(), &key()), LogProofError::NotIncluded);
    assert_eq!(good.verify(&entry(17), &domain(), &[], &[]).unwrap_err(), LogProofError::Unsigned);
}

#[test]
fn witnesses_are_told() {
    let (known, unknown) = (SecretKey::from_seed(&[3; 32]), SecretKey::from_seed(&[4; 32]));
    let time = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let mut proof = proof(17);
    let lines = [("w1.example", &known), ("w2.example", &unknown)];
    let lines = lines.map(|(name, key)| cosign(name, key, &proof.checkpoint, time));
    proof.checkpoint.add(lines);
    let vkey = NoteKey::new("w1.example", SignatureType::Cosignature, known.public()).to_string();
    let witness = Witness::parse(&vkey).unwrap();
    let read = LogProof::parse(proof.to_string().as_bytes()).unwrap();
    let evidence = read.verify(&entry(17), &domain(), &[key().public()], &[witness]).unwrap();
    assert_eq!(evidence.witnesses, [("w1.example".to_owned(), time)]);
}

/// In a proof without cosignatures, a change of any byte is found.
#[test]
fn any_changed_byte_is_found() {
    let text = proof(17).to_string().into_bytes();
    for place in 0..text.len() {
        for changed in [text[place] ^ 1, b'A'] {
            if changed == text[place] {
                continue;
            }
            let mut bytes = text.clone();
            bytes[place] = changed;
            let read = LogProof::parse(&bytes);
            let shown = read.and_then(|read| read.verify(&entry(17), &domain(), &[key().public()], &[]));
            assert!(shown.is_err(), "{place}: {changed}");
        }
    }
    assert!((0..text.len()).all(|length| LogProof::parse(&text[..length]).is_err()));
}

//! The transparency log: notes, checkpoints, proofs, tiles, and what witnesses answer.

use crate::{Reading, issuer, parts};
use hibob_reference_format::log::Hash;
use hibob_reference_format::log::checkpoint::Checkpoint;
use hibob_reference_format::log::note::{NoteKey, SignatureType, SignedNote};
use hibob_reference_format::log::proof::LogProof;
use hibob_reference_format::log::tree::{
    MemoryTiles, Tile, TreeReader, append, entry_bundle, leaf_hash, node_hash, verify_consistency, verify_inclusion,
};
use hibob_reference_format::log::witness::{Witness, add_cosignatures, parse_size};
use std::sync::LazyLock;

static PROOF: LazyLock<LogProof> = LazyLock::new(issuer::log_proof);
/// The entries of the largest log that the target makes, and their leaves.
static ENTRIES: LazyLock<Vec<Hash>> =
    LazyLock::new(|| (0..=u16::from(u8::MAX) * 4).map(|number| [number.to_le_bytes()[0]; 32]).collect());
static LEAVES: LazyLock<Vec<Hash>> = LazyLock::new(|| ENTRIES.iter().map(|entry| leaf_hash(entry)).collect());

static DIGEST: LazyLock<Hash> = LazyLock::new(|| issuer::signed().digest());

/// A proof, a checkpoint note, its text, or a verifier key. Each has one spelling: what is read is written the same; a
/// proof may be a file that an editor has saved anew, with a byte order mark and CRLF. A proof of the issuer's reference
/// is the issuer's own.
pub(crate) fn log_proof(bytes: &[u8]) -> Reading {
    let Ok(text) = std::str::from_utf8(bytes) else { return Reading::Refused };
    let proof = LogProof::parse(bytes);
    if let Ok(proof) = &proof {
        assert_eq!(proof.to_string(), text.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
        let shown = proof.verify(&*DIGEST, &issuer::domain(), &[issuer::key().public()], &[issuer::witness()]);
        if let Ok(evidence) = shown {
            assert_eq!((proof.index, &proof.hashes), (PROOF.index, &PROOF.hashes));
            assert_eq!(proof.checkpoint.text(), PROOF.checkpoint.text());
            assert_eq!(evidence.index, issuer::LOG_INDEX);
        }
    }
    let note = SignedNote::parse(text);
    if let Ok(note) = &note {
        assert_eq!(note.to_string(), text);
    }
    let checkpoint = Checkpoint::parse(text);
    if let Ok(checkpoint) = &checkpoint {
        assert_eq!(checkpoint.to_string(), text);
    }
    let key = NoteKey::parse(text);
    if let Ok(key) = &key {
        assert_eq!(key.to_string(), text);
        assert_eq!(Witness::parse(text).is_ok(), key.kind() == SignatureType::Cosignature);
    }
    Reading::accepted_if(proof.is_ok() || note.is_ok() || checkpoint.is_ok() || key.is_ok())
}

/// What a witness answers to the issuer's checkpoint: its line, or a size. A line that does not hold changes nothing;
/// one that does is the witness's own.
pub(crate) fn witness_answer(bytes: &[u8]) -> Reading {
    let Ok(text) = std::str::from_utf8(bytes) else { return Reading::Refused };
    if let Some(size) = parse_size(text) {
        assert_eq!(format!("{size}\n"), text);
    }
    let (witness, mut checkpoint) = (issuer::witness(), PROOF.checkpoint.clone());
    let added = add_cosignatures(&mut checkpoint, &witness, text);
    match &added {
        Ok(()) => {
            let again = SignedNote::parse(&checkpoint.to_string()).unwrap();
            assert!(matches!(witness.confirmed(&again), Ok(Some(_))));
        }
        Err(_) => assert_eq!(checkpoint, PROOF.checkpoint),
    }
    Reading::of(&added)
}

/// The root over these leaves as RFC 6962 section 2.1 defines it; there is at least one.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let middle = leaves.len().next_power_of_two() / 2;
            node_hash(&naive_root(&leaves[..middle]), &naive_root(&leaves[middle..]))
        }
    }
}

/// The first part says how many entries, in which steps they are appended, which entry is asked for, and how large the
/// older log is, in a byte each (times four, so that several tiles are there); the second is a proof to try, the third
/// a tile that replaces one.
///
/// The tree's roots are those of the definition, its own proofs hold, any other proof does not, and tiles of any
/// content give an error or a hash.
pub(crate) fn log_tree(bytes: &[u8]) -> Reading {
    let mut parts = parts(bytes);
    let (numbers, path, tile) = (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Some([size, step, index, old, ..]) = numbers else { return Reading::Refused };
    let (size, step) = (usize::from(*size) * 4 + 1, usize::from(*step) * 4 + 1);
    let (entries, leaves) = (&ENTRIES[..size], &LEAVES[..size]);
    let mut tiles = MemoryTiles::default();
    for (number, entries) in entries.chunks(step).enumerate() {
        let appended = append(&tiles, (number * step) as u64, entries).unwrap();
        tiles.put(appended);
    }
    let (index, old) = (usize::from(*index) * 4 % size, usize::from(*old) * 4 % size + 1);
    let (root, old_root) = (naive_root(leaves), naive_root(&leaves[..old]));
    let (size_u64, index_u64, old_u64) = (size as u64, index as u64, old as u64);
    let reader = TreeReader::new(&tiles, size_u64);
    assert_eq!(reader.root().unwrap(), root);
    let inclusion = reader.inclusion_proof(index_u64).unwrap();
    assert!(verify_inclusion(leaves[index], index_u64, size_u64, &inclusion, &root));
    let consistency = reader.consistency_proof(old_u64).unwrap();
    assert!(verify_consistency(old_u64, &old_root, size_u64, &root, &consistency));

    let given: Vec<Hash> = path.as_chunks::<32>().0.to_vec();
    let holds = verify_inclusion(leaves[index], index_u64, size_u64, &given, &root);
    assert_eq!(holds, given == inclusion);
    let holds = verify_consistency(old_u64, &old_root, size_u64, &root, &given);
    assert_eq!(holds, given == consistency);

    if let [level, index, bytes @ ..] = tile {
        tiles.put([Tile { level: level % 4, index: u64::from(*index), bytes: bytes.to_vec() }]);
        let reader = TreeReader::new(&tiles, size_u64);
        drop((reader.root(), reader.inclusion_proof(index_u64), reader.consistency_proof(old_u64)));
        drop(append(&tiles, size_u64, &entries[..1]));
    }
    assert_eq!(entry_bundle(&entries[..1]).len(), 34);
    Reading::accepted_if(!given.is_empty())
}

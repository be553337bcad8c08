//! Works out the content of a published folder again from the references and the specifications alone. It does not use
//! the log tree or the status lists of the crate that wrote the folder.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::read::GzDecoder;
use hibob_store::database::{ReferenceRow, ReferenceState};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

type Hash = [u8; 32];

/// Hashes of a full tile (c2sp.org/tlog-tiles).
const TILE_WIDTH: usize = 256;

/// Entries of a status list (Bitstring Status List, section 6.1).
const LIST_ENTRIES: u32 = 131_072;

/// The Merkle Tree Hash of a list of entries (RFC 6962, section 2.1).
pub fn merkle_tree_hash(entries: &[Hash]) -> Hash {
    let sha256 = |parts: &[&[u8]]| Sha256::digest(parts.concat()).into();
    match entries {
        [] => sha256(&[]),
        [one] => sha256(&[&[0x00], one]),
        more => {
            // The largest power of two that is smaller than the number of entries.
            let mut k = 1;
            while k * 2 < more.len() {
                k *= 2;
            }
            let (left, right) = more.split_at(k);
            sha256(&[&[0x01], &merkle_tree_hash(left), &merkle_tree_hash(right)])
        }
    }
}

/// The log's entries: the hash of each recorded document.
pub fn entries(references: &[ReferenceRow]) -> Vec<Hash> {
    references.iter().map(|row| Sha256::digest(&row.document).into()).collect()
}

/// Asserts that the folder has the log of exactly these references, and status lists with their states.
pub fn assert_is_of(folder: &Path, domain: &str, references: &[ReferenceRow]) {
    assert_log(folder, domain, &entries(references));
    assert_status_lists(folder, references);
}

fn assert_log(folder: &Path, domain: &str, entries: &[Hash]) {
    let log = folder.join("references/log");
    let checkpoint = std::fs::read_to_string(log.join("checkpoint")).unwrap();
    let head = format!("{domain}/references/log\n{}\n{}\n", entries.len(), STANDARD.encode(merkle_tree_hash(entries)));
    assert!(checkpoint.starts_with(&format!("{head}\n")), "{checkpoint} does not begin with {head}");

    let bundles =
        entries.chunks(TILE_WIDTH).map(|bundle| bundle.iter().flat_map(|entry| [&[0, 32], &entry[..]].concat()));
    assert_tiles(&log, "entries", TILE_WIDTH * 34, &bundles.flatten().collect::<Vec<u8>>());
    // Each hash of a level is that of a full tile of the level below.
    let (mut level, mut below) = (0, 1);
    while entries.len() >= below {
        let full = entries.chunks_exact(below);
        assert_tiles(&log, &level.to_string(), TILE_WIDTH * 32, &full.flat_map(merkle_tree_hash).collect::<Vec<u8>>());
        (level, below) = (level + 1, below * TILE_WIDTH);
    }
    assert!(!log.join(format!("tile/{level}")).exists(), "a level that this log does not have");
}

/// Asserts that the files of a level, one after the other, have these bytes.
fn assert_tiles(log: &Path, level: &str, full: usize, expected: &[u8]) {
    for (index, bytes) in expected.chunks(full).enumerate() {
        assert!(index < 1_000, "larger logs than the tests make have longer paths");
        let width = bytes.len() * TILE_WIDTH / full;
        let partial = if width == TILE_WIDTH { String::new() } else { format!(".p/{width}") };
        let path = log.join(format!("tile/{level}/{index:03}{partial}"));
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{}", path.display());
    }
}

fn assert_status_lists(folder: &Path, references: &[ReferenceRow]) {
    let places: BTreeSet<(u32, u32)> = references.iter().map(|row| (row.status_list, row.status_index)).collect();
    assert_eq!(places.len(), references.len(), "each reference has its own place");
    let lists: BTreeSet<u32> = places.iter().map(|(list, _)| *list).collect();
    for list in lists {
        for (file, state) in [("revoked", ReferenceState::Revoked), ("superseded", ReferenceState::Superseded)] {
            let is_set = |row: &&ReferenceRow| row.status_list == list && row.state == state;
            let expected: BTreeSet<u32> = references.iter().filter(is_set).map(|row| row.status_index).collect();
            let path = folder.join(format!("references/status/{list}/{file}.json"));
            assert_eq!(set_bits(&std::fs::read(&path).unwrap()), expected, "{}", path.display());
        }
    }
}

/// The indices that are set in a list (Bitstring Status List, sections 2.2 and 3.2: the first is the left-most bit).
fn set_bits(list: &[u8]) -> BTreeSet<u32> {
    let list: Value = serde_json::from_slice(list).unwrap();
    let encoded = list.pointer("/credentialSubject/encodedList").and_then(Value::as_str).unwrap();
    let gzip = URL_SAFE_NO_PAD.decode(encoded.strip_prefix('u').unwrap()).unwrap();
    let mut bits = Vec::new();
    GzDecoder::new(gzip.as_slice()).read_to_end(&mut bits).unwrap();
    assert_eq!(bits.len() * 8, LIST_ENTRIES as usize);
    let indices = (0..LIST_ENTRIES).zip(bits.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0)));
    indices.filter(|(_, set)| *set).map(|(index, _)| index).collect()
}

//! Compares the tree with a naive implementation of the definitions in RFC 6962 section 2.1.

use super::*;
use proptest::prelude::*;

fn naive_root(entries: &[Vec<u8>]) -> Hash {
    match entries {
        [] => Sha256::digest([]).into(),
        [entry] => Sha256::digest([&[0], entry.as_slice()].concat()).into(),
        _ => {
            let mut middle = 1;
            while middle * 2 < entries.len() {
                middle *= 2;
            }
            let (left, right) = (naive_root(&entries[..middle]), naive_root(&entries[middle..]));
            Sha256::digest([&[1], left.as_slice(), &right].concat()).into()
        }
    }
}

fn naive_path(index: usize, entries: &[Vec<u8>]) -> Vec<Hash> {
    if entries.len() == 1 {
        return Vec::new();
    }
    let mut middle = 1;
    while middle * 2 < entries.len() {
        middle *= 2;
    }
    let (left, right) = entries.split_at(middle);
    let (mut path, other) = if index < middle {
        (naive_path(index, left), naive_root(right))
    } else {
        (naive_path(index - middle, right), naive_root(left))
    };
    path.push(other);
    path
}

fn entries(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| Sha256::digest(number.to_be_bytes()).to_vec()).collect()
}

/// Appends entries in batches, and returns the tiles that are stored afterwards.
fn stored(entries: &[Vec<u8>], batches: impl IntoIterator<Item = usize>) -> MemoryTiles {
    let (mut tiles, mut size, mut rest) = (MemoryTiles::default(), 0, entries);
    for batch in batches.into_iter().chain([usize::MAX]) {
        let (batch, after) = rest.split_at(batch.min(rest.len()));
        tiles.put(append(&tiles, size, batch).unwrap());
        size += batch.len() as u64;
        rest = after;
    }
    tiles
}

/// RFC 6962 has no test vectors; these eight entries are from the reference tests of certificate-transparency.
#[test]
fn the_known_tree_of_eight() {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let hex = |hash: Hash| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut tiles = MemoryTiles::default();
    tiles.put(append(&tiles, 0, &leaves).unwrap());
    assert_eq!(
        hex(TreeReader::new(&tiles, 0).root().unwrap()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(
        hex(TreeReader::new(&tiles, 1).root().unwrap()),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    assert_eq!(
        hex(TreeReader::new(&tiles, 8).root().unwrap()),
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    );
}

#[test]
fn ten_thousand_entries_agree_with_the_recomputation() {
    let entries = entries(10_000);
    // The first 300 are appended one by one, as when references are issued, the rest in batches, as in a back-fill.
    let tiles = stored(&entries, std::iter::repeat_n(1, 300).chain([1, 255, 256, 257, 5_000]));
    let reader = TreeReader::new(&tiles, 10_000);
    let root = reader.root().unwrap();
    assert_eq!(root, naive_root(&entries));
    for index in [0, 1, 255, 256, 257, 4_095, 8_191, 8_192, 9_983, 9_984, 9_999] {
        assert_eq!(reader.inclusion_proof(index).unwrap(), naive_path(index as usize, &entries), "{index}");
    }
    for (index, entry) in entries.iter().enumerate() {
        let index = index as u64;
        let path = reader.inclusion_proof(index).unwrap();
        assert!(verify_inclusion(leaf_hash(entry), index, 10_000, &path, &root), "{index}");
    }
    for old in [1, 2, 255, 256, 300, 4_096, 8_192, 9_999] {
        let old_root = naive_root(&entries[..old as usize]);
        assert_eq!(TreeReader::new(&tiles, old).root().unwrap(), old_root);
        assert!(verify_consistency(old, &old_root, 10_000, &root, &reader.consistency_proof(old).unwrap()), "{old}");
    }
    // 39 full tiles and one of 16 entries; above them 39 hashes.
    let shape: Vec<_> = tiles.iter().map(|tile| (tile.level, tile.bytes.len() / 32)).collect();
    assert_eq!((shape.len(), shape[38], shape[39], shape[40]), (41, (0, 256), (0, 16), (1, 39)));
}

/// The tiles of 70,000 entries, which is the specification's example.
#[test]
fn tiles_have_the_specifications_layout() {
    let tiles = stored(&vec![vec![0]; 70_000], [65_536]);
    let mut counts = std::collections::BTreeMap::new();
    for tile in tiles.iter() {
        *counts.entry((tile.level, tile.bytes.len() / 32)).or_insert(0) += 1;
    }
    let expected = [((0, 112), 1), ((0, 256), 273), ((1, 17), 1), ((1, 256), 1), ((2, 1), 1)];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(tile_path(Some(0), 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(tile_path(Some(1), 0, 17), "tile/1/000.p/17");
    assert_eq!(tile_path(None, 273, 112), "tile/entries/273.p/112");
    assert_eq!(entry_bundle(&[[7; 32], [8; 32]]).len(), 2 * 34);
    assert_eq!(entry_bundle(&[[7; 32]])[..3], [0, 32, 7]);
}

#[test]
fn nothing_is_in_an_empty_tree() {
    let leaf = leaf_hash(b"");
    assert!(!verify_inclusion(leaf, 0, 0, &[], &leaf) && !verify_inclusion(leaf, 0, 0, &[], &empty_hash()));
    assert!(verify_inclusion(leaf, 0, 1, &[], &leaf));
    assert!(verify_consistency(0, &empty_hash(), 0, &empty_hash(), &[]));
    assert!(
        verify_consistency(0, &empty_hash(), 1, &leaf, &[]) && !verify_consistency(0, &empty_hash(), 1, &leaf, &[leaf])
    );
    assert!(!verify_consistency(2, &leaf, 1, &leaf, &[]));
}

#[test]
fn tiles_that_do_not_fit_are_found() {
    let mut tiles = stored(&entries(300), []);
    assert!(matches!(append(&tiles, 299, &[[0; 32]]), Err(TreeError::Tile { level: 0, index: 1, size: 299 })));
    assert!(matches!(TreeReader::new(&tiles, 301).root(), Err(TreeError::Tile { level: 0, index: 1, .. })));
    assert!(matches!(
        TreeReader::new(&tiles, 300).inclusion_proof(300),
        Err(TreeError::Index { index: 300, size: 300 })
    ));
    assert!(TreeReader::new(&tiles, 300).consistency_proof(301).is_err());
    tiles.put([Tile { level: 0, index: 1, bytes: vec![0; 5] }]);
    assert!(append(&tiles, 300, &[[0; 32]]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_tree_agrees_with_the_recomputation(
        count in 1_usize..800,
        batches in prop::collection::vec(1_usize..300, 0..5),
        pick in any::<prop::sample::Index>(),
        old in any::<prop::sample::Index>(),
        flip in any::<prop::sample::Index>(),
    ) {
        let entries = entries(count);
        let tiles = stored(&entries, batches);
        let reader = TreeReader::new(&tiles, count as u64);
        let (index, old) = (pick.index(count), old.index(count) + 1);
        let (root, old_root) = (naive_root(&entries), naive_root(&entries[..old]));
        let path = reader.inclusion_proof(index as u64).unwrap();
        prop_assert_eq!(reader.root().unwrap(), root);
        prop_assert_eq!(&path, &naive_path(index, &entries));
        let leaf = leaf_hash(&entries[index]);
        let (index, size, old) = (index as u64, count as u64, old as u64);
        prop_assert!(verify_inclusion(leaf, index, size, &path, &root));
        let consistency = reader.consistency_proof(old).unwrap();
        prop_assert!(verify_consistency(old, &old_root, size, &root, &consistency));
        // With another entry, index or path, the proof is refused.
        prop_assert!(!verify_inclusion([0; 32], index, size, &path, &root));
        prop_assert!(!verify_inclusion(leaf, index + 1, size, &path, &root));
        prop_assert!(!verify_inclusion(leaf, size, size, &path, &root));
        if !path.is_empty() {
            let mut wrong = path.clone();
            let place = flip.index(wrong.len() * 32);
            wrong[place / 32][place % 32] ^= 1;
            prop_assert!(!verify_inclusion(leaf, index, size, &wrong, &root));
            prop_assert!(!verify_inclusion(leaf, index, size, &path[1..], &root));
        }
        let longer = [path, vec![[0; 32]]].concat();
        prop_assert!(!verify_inclusion(leaf, index, size, &longer, &root));
        if old < size {
            prop_assert!(!verify_consistency(old, &[0; 32], size, &root, &consistency));
            prop_assert!(!verify_consistency(old, &old_root, size, &[0; 32], &consistency));
        }
    }
}

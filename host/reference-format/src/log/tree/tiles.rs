//! Tiles: the form in which the hashes of a tree are stored and published (c2sp.org/tlog-tiles).

use super::{HASH_BYTES, TILE_WIDTH, TreeError, leaf_hash, node_hash};
use crate::log::Hash;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// A store of a log's tiles. The right-most tile of each level grows until it has 256 hashes.
pub trait TileStore {
    /// The error of a store that cannot be read.
    type Error: std::fmt::Display;

    /// The hashes of a tile at present, one after the other; empty if the store does not have the tile.
    ///
    /// # Errors
    /// The store cannot be read.
    fn tile(&self, level: u8, index: u64) -> Result<Vec<u8>, Self::Error>;
}

/// A new version of a tile: it replaces the one with the same level and index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// The level: 0 for the entries' hashes, 1 for the hashes of full tiles of level 0, and so on.
    pub level: u8,
    /// The tile's number in its level, from 0.
    pub index: u64,
    /// 1 to 256 hashes of 32 bytes each.
    pub bytes: Vec<u8>,
}

/// Tiles in memory. A full tile has 8 KiB.
#[derive(Clone, Debug, Default)]
pub struct MemoryTiles(BTreeMap<(u8, u64), Vec<u8>>);

impl MemoryTiles {
    /// Adds tiles, or replaces those with the same level and index.
    pub fn put(&mut self, tiles: impl IntoIterator<Item = Tile>) {
        self.0.extend(tiles.into_iter().map(|tile| ((tile.level, tile.index), tile.bytes)));
    }

    /// All tiles.
    pub fn iter(&self) -> impl Iterator<Item = Tile> {
        self.0.iter().map(|((level, index), bytes)| Tile { level: *level, index: *index, bytes: bytes.clone() })
    }
}

impl TileStore for MemoryTiles {
    type Error = Infallible;

    fn tile(&self, level: u8, index: u64) -> Result<Vec<u8>, Infallible> {
        Ok(self.0.get(&(level, index)).cloned().unwrap_or_default())
    }
}

/// Appends entries to a log of `size` entries, and returns the tiles that are new or have grown, for the caller to
/// store. It reads only the right-most tile of each level that changes.
///
/// # Errors
/// The store cannot be read, or its tiles do not fit the size.
pub fn append<S: TileStore>(store: &S, size: u64, entries: &[impl AsRef<[u8]>]) -> Result<Vec<Tile>, TreeError> {
    let mut written = Vec::new();
    let mut hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry.as_ref())).collect();
    let mut before = size;
    for level in 0..=u8::MAX {
        if hashes.is_empty() {
            break;
        }
        let (mut index, width) = (before / TILE_WIDTH, (before % TILE_WIDTH) as usize);
        let mut bytes = match width {
            0 => Vec::new(),
            _ => store.tile(level, index).map_err(|error| TreeError::Storage(error.to_string()))?,
        };
        if bytes.len() != width * HASH_BYTES {
            return Err(TreeError::Tile { level, index, size });
        }
        let mut above = Vec::new();
        for hash in hashes {
            bytes.extend(hash);
            if bytes.len() == TILE_WIDTH as usize * HASH_BYTES {
                above.push(full_tile_hash(&bytes));
                written.push(Tile { level, index, bytes: std::mem::take(&mut bytes) });
                index += 1;
            }
        }
        if !bytes.is_empty() {
            written.push(Tile { level, index, bytes });
        }
        hashes = above;
        before /= TILE_WIDTH;
    }
    Ok(written)
}

/// The root hash of a full tile.
fn full_tile_hash(bytes: &[u8]) -> Hash {
    let mut hashes: Vec<Hash> = bytes.as_chunks::<HASH_BYTES>().0.to_vec();
    while hashes.len() > 1 {
        hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    hashes.first().copied().unwrap_or_default()
}

/// The path of a tile below the log's folder, such as `tile/0/x001/234.p/7`. `width` is the number of its hashes.
/// `level` is `None` for a bundle of entries.
pub fn tile_path(level: Option<u8>, index: u64, width: usize) -> String {
    let mut groups = vec![format!("{:03}", index % 1_000)];
    let mut rest = index / 1_000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1_000));
        rest /= 1_000;
    }
    groups.reverse();
    let level = level.map_or_else(|| "entries".to_owned(), |level| level.to_string());
    let partial = if width as u64 == TILE_WIDTH { String::new() } else { format!(".p/{width}") };
    format!("tile/{level}/{}{partial}", groups.join("/"))
}

/// A bundle of up to 256 entries, each preceded by its length in two bytes.
pub fn entry_bundle(entries: &[Hash]) -> Vec<u8> {
    entries.iter().flat_map(|entry| (HASH_BYTES as u16).to_be_bytes().into_iter().chain(*entry)).collect()
}

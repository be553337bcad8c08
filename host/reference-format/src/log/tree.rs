//! The Merkle tree of RFC 6962 section 2.1, kept in tiles of 256 hashes (c2sp.org/tlog-tiles).

mod proofs;
mod tiles;

pub use proofs::{TreeReader, verify_consistency, verify_inclusion};
pub use tiles::{MemoryTiles, Tile, TileStore, append, entry_bundle, tile_path};

use super::Hash;
use sha2::{Digest as _, Sha256};

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;

/// The levels of the tree that one tile covers.
const TILE_HEIGHT: u32 = 8;

const HASH_BYTES: usize = 32;

/// Why the tree cannot be read, or has no answer to a question.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The storage failed.
    #[error("the log's tiles cannot be read ({0}); nothing was appended")]
    Storage(String),
    /// A tile is missing, or has too few hashes for the log's size.
    #[error("tile {level}/{index} of the log is missing or too short for {size} entries; restore it from a backup")]
    Tile {
        /// The tile's level.
        level: u8,
        /// The tile's index.
        index: u64,
        /// The size of the log that the caller gave.
        size: u64,
    },
    /// A proof was requested for an entry that the log does not have.
    #[error("there is no entry {index} in a log of {size}")]
    Index {
        /// The requested index.
        index: u64,
        /// The number of entries.
        size: u64,
    },
}

/// The hash of an entry, `MTH({d})`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of a node from the hashes of its two subtrees.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root hash of a log without entries, `MTH({})`.
pub fn empty_hash() -> Hash {
    Sha256::digest([]).into()
}

/// The largest power of two below `number`, which is at least 2.
fn split_point(number: u64) -> u64 {
    1 << (u64::BITS - 1 - number.saturating_sub(1).max(1).leading_zeros())
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;

//! The issuer's transparency log: an append-only list of all signed references, in the formats of the C2SP.
//!
//! An entry is the SHA-256 of a signed reference, so the log shows nothing about a person. The log is a Merkle tree
//! (RFC 6962), stored in tiles ([`tree`], c2sp.org/tlog-tiles). Its head is a signed note ([`note`], [`checkpoint`]).
//! Each reference is delivered with a proof of its entry ([`proof`], c2sp.org/tlog-proof). Witnesses confirm that
//! entries were only ever appended ([`witness`], c2sp.org/tlog-cosignature).
//!
//! The crates `tlog_tiles` and `signed_note` are not used: version 0.2 of both needs other versions of `ed25519-dalek`,
//! `sha2` and `rand_core` than this workspace, and the first also needs `url`. What they would replace is about 300
//! lines.

pub mod checkpoint;
pub mod note;
pub mod proof;
pub mod published;
pub mod tree;
pub mod witness;

use crate::domain::Domain;
use checkpoint::Checkpoint;
use tree::{MemoryTiles, TreeError, TreeReader, append};

/// The path of the log below the issuer's public folder.
pub const DIRECTORY: &str = "references/log";

/// A SHA-256 hash in the tree.
pub type Hash = [u8; 32];

/// The log's name in its checkpoints: its URL without the scheme (c2sp.org/tlog-tiles, "Parameters").
pub fn origin(domain: &Domain) -> String {
    format!("{domain}/{DIRECTORY}")
}

/// Builds the whole log of a domain from its entries: the tiles, from which proofs are made, and the head, which the
/// caller signs.
///
/// # Errors
/// Not in practice: the tiles are in memory, and they fit the size by construction.
pub fn head(domain: &Domain, entries: &[Hash]) -> Result<(MemoryTiles, Checkpoint), TreeError> {
    let mut tiles = MemoryTiles::default();
    tiles.put(append(&tiles, 0, entries)?);
    let size = entries.len() as u64;
    let root = TreeReader::new(&tiles, size).root()?;
    Ok((tiles, Checkpoint { origin: origin(domain), size, root }))
}

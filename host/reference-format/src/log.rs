//! The issuer's transparency log: an append-only list of what was signed, in the formats of the C2SP.
//!
//! An entry is the SHA-256 of a signed reference, so the log tells nothing of a person. The tree is that of RFC 6962,
//! kept in tiles ([`tree`], c2sp.org/tlog-tiles); its head is a signed note ([`note`], [`checkpoint`]); a proof travels
//! with each reference ([`proof`], c2sp.org/tlog-proof); witnesses confirm the order ([`witness`],
//! c2sp.org/tlog-cosignature).
//!
//! The crates `tlog_tiles` and `signed_note` were looked at: version 0.2 of both brings a second line of
//! `ed25519-dalek`, `sha2` and `rand_core`, and the first also `url`, for about 300 lines that are here.

pub mod checkpoint;
pub mod note;
pub mod proof;
pub mod tree;
pub mod witness;

use crate::domain::Domain;
use checkpoint::Checkpoint;
use tree::{MemoryTiles, TreeError, TreeReader, append};

/// Where the log is below the issuer's public folder.
pub const DIRECTORY: &str = "references/log";

/// A SHA-256 hash in the tree.
pub type Hash = [u8; 32];

/// The log's name in its checkpoints: its URL without the scheme (c2sp.org/tlog-tiles, "Parameters").
pub fn origin(domain: &Domain) -> String {
    format!("{domain}/{DIRECTORY}")
}

/// The whole log of a domain from its entries: its tiles, for proofs, and its head, to be signed.
///
/// # Errors
/// None that can be foreseen: nothing is read from elsewhere.
pub fn head(domain: &Domain, entries: &[Hash]) -> Result<(MemoryTiles, Checkpoint), TreeError> {
    let mut tiles = MemoryTiles::default();
    tiles.put(append(&tiles, 0, entries)?);
    let size = entries.len() as u64;
    let root = TreeReader::new(&tiles, size).root()?;
    Ok((tiles, Checkpoint { origin: origin(domain), size, root }))
}

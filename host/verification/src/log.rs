//! The proof of an entry in an issuer's published log (c2sp.org/tlog-tiles), for a reference that came without one.

use crate::site::Site;
use hibob_reference_format::domain::Domain;
use hibob_reference_format::log::checkpoint::Checkpoint;
use hibob_reference_format::log::note::SignedNote;
use hibob_reference_format::log::proof::LogProof;
use hibob_reference_format::log::tree::{MemoryTiles, TILE_WIDTH, Tile, TreeError, TreeReader, tile_path};
use hibob_reference_format::log::{DIRECTORY, published};
use hibob_reference_format::verify::Answer;

/// The bits of an index that one level of tiles stands for.
const TILE_HEIGHT: u32 = 8;

/// The bytes of a full tile.
const TILE_BYTES_MAX: usize = 32 * TILE_WIDTH as usize;

/// The most tiles of one proof: two for each level of a log with 64-bit indices.
const TILES_MAX: usize = 16;

/// The text of the proof. Nothing of it is verified here.
///
/// # Errors
/// Why it cannot be had.
pub(super) async fn proof(site: &Site, domain: &Domain, index: u64) -> Result<Vec<u8>, String> {
    let file = async |path: &str, bytes_max| match site.get(&domain.url(path), bytes_max).await {
        Answer::Found(bytes) => Ok(bytes),
        Answer::Absent => Err(format!("the issuer does not publish {path}")),
        Answer::Unreachable(why) => Err(why),
        Answer::NotAsked => Err("it was not asked for".to_owned()),
    };
    let head = file(published::PATH, published::BYTES_MAX).await?;
    let head = String::from_utf8(head).map_err(|_| "the head of the log is no text".to_owned())?;
    let checkpoint = SignedNote::parse(&head).map_err(|error| error.to_string())?;
    let size = Checkpoint::parse(checkpoint.text()).map_err(|error| error.to_string())?.size;
    let mut tiles = MemoryTiles::default();
    for _ in 0..=TILES_MAX {
        let missing = match TreeReader::new(&tiles, size).inclusion_proof(index) {
            Ok(hashes) => return Ok(LogProof { index, hashes, checkpoint }.to_string().into_bytes()),
            Err(TreeError::Tile { level, index, .. }) => (level, index),
            Err(error) => return Err(error.to_string()),
        };
        let (level, number) = missing;
        let hashes = size.checked_shr(TILE_HEIGHT * u32::from(level)).unwrap_or_default();
        let width = hashes.saturating_sub(number.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH) as usize;
        let path = format!("{DIRECTORY}/{}", tile_path(Some(level), number, width));
        let bytes = file(&path, TILE_BYTES_MAX).await?;
        if width == 0 || bytes.len() != width * 32 {
            return Err(format!("{path} does not have the length of its tile"));
        }
        tiles.put([Tile { level, index: number, bytes }]);
    }
    Err("the log's tiles do not fit each other".to_owned())
}

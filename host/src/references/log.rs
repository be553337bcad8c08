//! The head of the issuer's log, which only ever grows.

use crate::database::{LogHead, TenantDatabase};
use crate::error::HostError;
use hibob_references::domain::Domain;
use hibob_references::keys::SecretKey;
use hibob_references::log::checkpoint::Checkpoint;
use hibob_references::log::note::SignedNote;
use hibob_references::log::proof::LogProof;
use hibob_references::log::tree::{MemoryTiles, TreeError, TreeReader, append};
use hibob_references::log::{self, Hash};

/// The log as it stands.
pub(super) struct Log {
    pub(super) entries: Vec<Hash>,
    tiles: MemoryTiles,
    checkpoint: Checkpoint,
}

impl Log {
    /// The log with all recorded references. Its head is recorded before anything is signed with it: what was signed
    /// once is never forked.
    ///
    /// # Errors
    /// The recorded references do not continue the last head, or the database failed.
    pub(super) async fn extended(database: &TenantDatabase, domain: &Domain) -> Result<Self, HostError> {
        let entries = database.log_entries().await?;
        let (tiles, checkpoint) = log::head(domain, &entries).map_err(broken)?;
        if let Some(last) = database.log_head().await?
            && root_at(&entries, last.size)? != Some(last.root)
        {
            return Err(HostError::Storage(format!(
                "the recorded references do not continue the log of {} entries that was signed; nothing is signed until \
                 the tenant's database is restored from a backup that has them",
                last.size
            )));
        }
        let log = Self { entries, tiles, checkpoint };
        database.put_log_head(&log.head()).await?;
        Ok(log)
    }

    fn head(&self) -> LogHead {
        LogHead { size: self.checkpoint.size, root: self.checkpoint.root, cosignatures: String::new() }
    }

    /// The head, signed.
    pub(super) fn signed(&self, key: &SecretKey) -> SignedNote {
        self.checkpoint.sign(key)
    }

    /// Whether a head that was published is one of this log's past.
    ///
    /// # Errors
    /// It is of another log, of a larger one, or of other entries; what is wrong.
    pub(super) fn require_continues(&self, before: &Checkpoint) -> Result<(), String> {
        if before.origin != self.checkpoint.origin {
            return Err(format!("it has the log {}, not {}", before.origin, self.checkpoint.origin));
        }
        match root_at(&self.entries, before.size).map_err(|error| error.to_string())? {
            None => Err(format!("its log has {} entries, and this one only {}", before.size, self.checkpoint.size)),
            Some(root) if root != before.root => Err("its log has other entries than this one".to_owned()),
            Some(_) => Ok(()),
        }
    }

    /// Where these entries are in the log.
    ///
    /// # Errors
    /// One is not in it.
    pub(super) fn paths(&self, indices: impl IntoIterator<Item = u64>) -> Result<Vec<Path>, HostError> {
        let reader = TreeReader::new(&self.tiles, self.checkpoint.size);
        let path = |index| Ok(Path { index, hashes: reader.inclusion_proof(index).map_err(broken)? });
        indices.into_iter().map(path).collect()
    }
}

/// The root hash over the first `size` entries; none if there are fewer.
fn root_at(entries: &[Hash], size: u64) -> Result<Option<Hash>, HostError> {
    let Some(begins) = usize::try_from(size).ok().and_then(|size| entries.get(..size)) else { return Ok(None) };
    let mut tiles = MemoryTiles::default();
    tiles.put(append(&tiles, 0, begins).map_err(broken)?);
    TreeReader::new(&tiles, size).root().map(Some).map_err(broken)
}

/// Where an entry is in the log.
pub(super) struct Path {
    index: u64,
    hashes: Vec<Hash>,
}

impl Path {
    /// The proof of it under a signed head.
    pub(super) fn under(self, checkpoint: SignedNote) -> LogProof {
        LogProof { index: self.index, hashes: self.hashes, checkpoint }
    }
}

fn broken(error: TreeError) -> HostError {
    HostError::Storage(format!("the log of references: {error}"))
}

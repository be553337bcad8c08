//! Log proofs: each reference is delivered with a proof that the log has it (c2sp.org/tlog-proof).

use super::checkpoint::{Checkpoint, parse_decimal};
use super::note::{NoteError, NoteKey, SignatureType, SignedNote};
use super::tree::{leaf_hash, verify_inclusion};
use super::witness::Witness;
use super::{Hash, origin};
use crate::domain::Domain;
use crate::keys::PublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use std::fmt;

/// The first line of a proof.
pub const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The size of the largest proof that is read, in bytes. A typical one has about 1,000.
pub const BYTES_MAX: usize = 64 * 1024;

/// The most hashes of a proof: a tree with 64-bit indices has no more levels.
const HASHES_MAX: usize = 64;

/// Why a log proof does not show that the log has the entry.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LogProofError {
    /// The text does not have the form of a log proof.
    #[error("the log proof cannot be read; ask for it anew")]
    Malformed,
    /// The proof's checkpoint cannot be read, or a signature does not fit.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The checkpoint is of another log.
    #[error("the log proof is of the log {0:?}, not of the issuer's; ask for it anew")]
    Origin(String),
    /// None of the issuer's keys signed the checkpoint.
    #[error("the checkpoint of the log proof is not signed by a known key of the issuer")]
    Unsigned,
    /// The hashes do not prove that the entry is in the log.
    #[error("the log proof is of another reference, or was changed")]
    NotIncluded,
}

/// The index of an entry, and the proof that it is in the log with this checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// The entry's index.
    pub index: u64,
    /// The inclusion proof: the hashes from the entry's sibling up to the root's child.
    pub hashes: Vec<Hash>,
    /// The signed and cosigned checkpoint.
    pub checkpoint: SignedNote,
}

/// The facts that a verified proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvidence {
    /// The entry's index.
    pub index: u64,
    /// The size of the log at the checkpoint.
    pub size: u64,
    /// The names of the witnesses that confirmed the checkpoint, with the times. Without any, only the issuer says that
    /// its log was not rebuilt.
    pub witnesses: Vec<(String, DateTime<Utc>)>,
}

impl LogProof {
    /// Reads a proof. A proof with `extra` data is refused, because the proofs of this program have none. Line ends of
    /// Windows and a byte order mark are read as if they were not there: mail programs and editors make them.
    ///
    /// # Errors
    /// The bytes are too many or have another form.
    pub fn parse(bytes: &[u8]) -> Result<Self, LogProofError> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= BYTES_MAX);
        let text = text.map(|text| text.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
        let (head, checkpoint) =
            text.as_deref().and_then(|text| text.split_once("\n\n")).ok_or(LogProofError::Malformed)?;
        let mut lines = head.split('\n');
        let (header, index) = (lines.next(), lines.next().and_then(|line| line.strip_prefix("index ")));
        let index = index.and_then(parse_decimal).filter(|_| header == Some(HEADER)).ok_or(LogProofError::Malformed)?;
        let hash = |line| STANDARD.decode(line).ok().and_then(|hash| hash.try_into().ok());
        let hashes: Option<Vec<Hash>> = lines.map(hash).collect();
        let hashes = hashes.filter(|hashes| hashes.len() <= HASHES_MAX).ok_or(LogProofError::Malformed)?;
        Ok(Self { index, hashes, checkpoint: SignedNote::parse(checkpoint)? })
    }

    /// Checks that the entry is in the log of the domain, by a checkpoint that one of the keys signed.
    ///
    /// # Errors
    /// The checkpoint is of another log or signed by none of the keys, the entry is not in it, or the signature of one
    /// of the witnesses does not fit.
    pub fn verify(
        &self,
        entry: &[u8],
        domain: &Domain,
        keys: &[PublicKey],
        witnesses: &[Witness],
    ) -> Result<LogEvidence, LogProofError> {
        let checkpoint = Checkpoint::parse(self.checkpoint.text())?;
        let origin = origin(domain);
        if checkpoint.origin != origin {
            return Err(LogProofError::Origin(checkpoint.origin.chars().take(100).collect()));
        }
        let named = |key: &PublicKey| NoteKey::new(origin.clone(), SignatureType::Ed25519, *key);
        if !self.checkpoint.is_signed_by(&keys.iter().map(named).collect::<Vec<_>>())? {
            return Err(LogProofError::Unsigned);
        }
        let Checkpoint { size, root, .. } = checkpoint;
        if !verify_inclusion(leaf_hash(entry), self.index, size, &self.hashes, &root) {
            return Err(LogProofError::NotIncluded);
        }
        let mut confirmed = Vec::new();
        for witness in witnesses {
            if let Some(time) = witness.confirmed(&self.checkpoint)? {
                confirmed.push((witness.name().to_owned(), time));
            }
        }
        Ok(LogEvidence { index: self.index, size, witnesses: confirmed })
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nindex {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;

//! The issuer's log of references, which only grows: its recorded heads, the witnesses' confirmations, and proofs.

use chrono::{DateTime, Utc};
use hibob_base::error::HostError;
use hibob_config::references::ReferencesConfig;
use hibob_config::witnesses::WitnessConfig;
use hibob_reference_format::keys::SecretKey;
use hibob_reference_format::log::checkpoint::Checkpoint;
use hibob_reference_format::log::note::SignedNote;
use hibob_reference_format::log::proof::LogProof;
use hibob_reference_format::log::tree::{MemoryTiles, TreeError, TreeReader};
use hibob_reference_format::log::witness::{Witness, add_cosignatures};
use hibob_reference_format::log::{self, Hash};
use hibob_reference_format::verify::LOG_DELAY_MAX;
use hibob_store::database::{LogHead, TenantDatabase};

/// The log with all references recorded until now.
pub(super) struct Log {
    pub(super) entries: Vec<Hash>,
    tiles: MemoryTiles,
    checkpoint: Checkpoint,
    /// The recorded heads, from the smallest to the current one.
    heads: Vec<LogHead>,
    /// The witnesses that the tenant's file names. Confirmations of others are not published.
    witnesses: Vec<Witness>,
}

/// A reference whose place in the log is to be proved.
pub(super) struct Entry<'e> {
    pub(super) index: u64,
    pub(super) issued: DateTime<Utc>,
    pub(super) key: &'e SecretKey,
}

impl Log {
    /// Opens the log with all recorded references. Its head is recorded before anything is signed with it, so no two
    /// signed heads ever contradict each other.
    ///
    /// # Errors
    /// The recorded references do not continue every head that was signed, or the database failed.
    pub(super) async fn extended(database: &TenantDatabase, config: &ReferencesConfig) -> Result<Self, HostError> {
        let witnesses = config.witnesses.iter().map(WitnessConfig::witness).collect::<Result<_, _>>()?;
        let entries = database.log_entries().await?;
        let (tiles, checkpoint) = log::head(&config.issuer()?.domain, &entries).map_err(broken)?;
        for head in database.log_heads().await? {
            if root_at(&tiles, checkpoint.size, head.size)? != Some(head.root) {
                return Err(HostError::Storage(format!(
                    "the recorded references do not continue the log of {} entries that was signed; nothing is signed \
                     until the tenant's database is restored from a backup that has them",
                    head.size
                )));
            }
        }
        database.put_log_head(checkpoint.size, &checkpoint.root).await?;
        let heads = database.log_heads().await?;
        Ok(Self { entries, tiles, checkpoint, heads, witnesses })
    }

    /// The head.
    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The head, signed by the issuer, with the witnesses' signatures.
    ///
    /// # Errors
    /// A recorded signature cannot be read.
    pub(super) fn signed(&self, key: &SecretKey) -> Result<SignedNote, HostError> {
        self.heads.last().map_or_else(|| Ok(self.checkpoint.sign(key)), |head| self.cosigned(head, key, None))
    }

    /// The witnesses, each with the time at which it confirmed the head.
    pub(super) fn confirmed(&self) -> impl Iterator<Item = (&Witness, Option<DateTime<Utc>>)> {
        let head = self.heads.last();
        self.witnesses.iter().map(move |witness| (witness, head.and_then(|head| self.confirmed_at(head, witness))))
    }

    /// The size of the largest head that the witness is known to have confirmed; 0 without one.
    pub(super) fn size_known_to(&self, witness: &Witness) -> u64 {
        let known = self.heads.iter().rev().find(|head| self.confirmed_at(head, witness).is_some());
        known.map_or(0, |head| head.size)
    }

    /// The proof that this log continues that of its first `size` entries.
    ///
    /// # Errors
    /// It has fewer.
    pub(super) fn consistency_proof(&self, size: u64) -> Result<Vec<Hash>, HostError> {
        TreeReader::new(&self.tiles, self.checkpoint.size).consistency_proof(size).map_err(broken)
    }

    /// Records signature lines of witnesses, which were verified, with the head.
    ///
    /// # Errors
    /// The database failed.
    pub(super) async fn add_cosignatures(&mut self, database: &TenantDatabase, lines: &str) -> Result<(), HostError> {
        database.add_cosignatures(self.checkpoint.size, lines).await?;
        if let Some(head) = self.heads.last_mut() {
            head.cosignatures.push_str(lines);
        }
        Ok(())
    }

    fn checkpoint_of(&self, head: &LogHead) -> Checkpoint {
        Checkpoint { origin: self.checkpoint.origin.clone(), size: head.size, root: head.root }
    }

    fn confirmed_at(&self, head: &LogHead, witness: &Witness) -> Option<DateTime<Utc>> {
        let note = SignedNote::parse(&format!("{}\n{}", self.checkpoint_of(head), head.cosignatures));
        witness.confirmed(&note.ok()?).ok()?
    }

    /// A head, signed with `key`, with the witnesses' signatures that were made no later than `until`. Witnesses
    /// confirm the head alone, so it does not matter with which key of the issuer it was signed when they saw it.
    fn cosigned(&self, head: &LogHead, key: &SecretKey, until: Option<DateTime<Utc>>) -> Result<SignedNote, HostError> {
        let mut note = self.checkpoint_of(head).sign(key);
        for witness in &self.witnesses {
            let at = self.confirmed_at(head, witness);
            if at.is_some_and(|at| until.is_none_or(|until| at <= until)) {
                add_cosignatures(&mut note, witness, &head.cosignatures)
                    .map_err(|error| HostError::Storage(format!("the head of the log of references: {error}")))?;
            }
        }
        Ok(note)
    }

    /// Checks that this log continues a head that was published before.
    ///
    /// # Errors
    /// The head is of another log, of a larger one, or of other entries. The text says which.
    pub(super) fn require_continues(&self, before: &Checkpoint) -> Result<(), String> {
        if before.origin != self.checkpoint.origin {
            return Err(format!("it has the log {}, not {}", before.origin, self.checkpoint.origin));
        }
        match root_at(&self.tiles, self.checkpoint.size, before.size).map_err(|error| error.to_string())? {
            None => Err(format!("its log has {} entries, and this one only {}", before.size, self.checkpoint.size)),
            Some(root) if root != before.root => Err("its log has other entries than this one".to_owned()),
            Some(_) => Ok(()),
        }
    }

    /// What makes the proofs of entries, of which `least` is the first.
    ///
    /// Each proof is under the earliest of the heads that the most witnesses confirmed within `LOG_DELAY_MAX` of the
    /// issue. Later confirmations are left out, since they would make the reference look back-dated. If no head was
    /// confirmed in time, the proof is under the current one.
    pub(super) fn prover(&self, least: u64) -> Prover<'_> {
        let heads = self.heads.iter().filter(|head| head.size > least);
        Prover { log: self, readers: heads.map(|head| Reader::new(self, head)).collect() }
    }
}

/// Makes the proofs of entries, one at a time: those of a whole back-fill would take megabytes.
pub(super) struct Prover<'l> {
    log: &'l Log,
    readers: Vec<Reader<'l>>,
}

impl Prover<'_> {
    /// The proof of an entry.
    ///
    /// # Errors
    /// It is not in the log.
    pub(super) fn proof(&self, entry: &Entry<'_>) -> Result<LogProof, HostError> {
        let (index, until) = (entry.index, entry.issued + LOG_DELAY_MAX);
        let has_it = self.readers.iter().filter(|reader| reader.head.size > index);
        // `max_by_key` returns the last of several maxima; in reverse order that is the smallest head.
        let best = has_it.filter(|reader| reader.timely(until) > 0).rev().max_by_key(|reader| reader.timely(until));
        let Some(Reader { head, tree, .. }) = best.or_else(|| self.readers.last()) else {
            return Err(broken(TreeError::Index { index, size: self.log.checkpoint.size }));
        };
        let hashes = tree.inclusion_proof(index).map_err(broken)?;
        Ok(LogProof { index, hashes, checkpoint: self.log.cosigned(head, entry.key, Some(until))? })
    }
}

/// The tree under a head, and when the witnesses confirmed it.
struct Reader<'l> {
    head: &'l LogHead,
    tree: TreeReader<'l, MemoryTiles>,
    confirmed: Vec<DateTime<Utc>>,
}

impl<'l> Reader<'l> {
    fn new(log: &'l Log, head: &'l LogHead) -> Self {
        let confirmed = log.witnesses.iter().filter_map(|witness| log.confirmed_at(head, witness)).collect();
        Self { head, tree: TreeReader::new(&log.tiles, head.size), confirmed }
    }

    /// How many witnesses confirmed the head no later than `until`.
    fn timely(&self, until: DateTime<Utc>) -> usize {
        self.confirmed.iter().filter(|at| **at <= until).count()
    }
}

/// The root hash over the first `size` of a log's entries; none if it has fewer.
fn root_at(tiles: &MemoryTiles, entries: u64, size: u64) -> Result<Option<Hash>, HostError> {
    if size > entries { Ok(None) } else { TreeReader::new(tiles, size).root().map(Some).map_err(broken) }
}

fn broken(error: TreeError) -> HostError {
    HostError::Storage(format!("the log of references: {error}"))
}

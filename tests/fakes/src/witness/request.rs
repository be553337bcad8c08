//! The body of a request to `add-checkpoint`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hibob_reference_format::{
    keys::SecretKey,
    log::{Hash, checkpoint::Checkpoint, note::SignedNote},
};

/// The most lines of a proof (c2sp.org/tlog-witness, "add-checkpoint").
const PROOF_LINES_MAX: usize = 63;

/// The content of a request.
#[derive(Debug)]
pub(super) struct AddCheckpoint {
    pub(super) old: u64,
    pub(super) proof: Vec<Hash>,
    pub(super) note: SignedNote,
    pub(super) checkpoint: Checkpoint,
}

impl AddCheckpoint {
    /// Reads `old N`, the lines of the proof, an empty line and the checkpoint; `None` if the body has another form.
    pub(super) fn read(body: &str) -> Option<Self> {
        let (head, note) = body.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old = lines.next()?.strip_prefix("old ")?;
        let hash = |line: &str| STANDARD.decode(line).ok()?.try_into().ok();
        let proof: Vec<Hash> = lines.map(hash).collect::<Option<_>>()?;
        let note = SignedNote::parse(note).ok()?;
        let checkpoint = Checkpoint::parse(note.text()).ok()?;
        let read = Self { old: old.parse().ok()?, proof, note, checkpoint };
        (read.old.to_string() == old && read.proof.len() <= PROOF_LINES_MAX).then_some(read)
    }

    /// Another checkpoint than the one in the request.
    pub(super) fn other_text(&self) -> SignedNote {
        let other = Checkpoint { size: self.checkpoint.size + 1, ..self.checkpoint.clone() };
        other.sign(&SecretKey::from_seed(&[0xdd; 32]))
    }
}

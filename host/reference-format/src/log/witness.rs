//! Witnesses: servers that confirm that entries were only ever appended to a log (c2sp.org/tlog-witness,
//! c2sp.org/tlog-cosignature).
//!
//! Only the Ed25519 form, `cosignature/v1`, is supported. Lines of other forms are ignored.

use super::Hash;
use super::note::{NoteError, NoteKey, NoteSignature, SignatureType, SignedNote};
use crate::keys::{PublicKey, SecretKey, shortened};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

/// The most hashes of a consistency proof in a request.
pub const PROOF_HASHES_MAX: usize = 63;

/// The size of the largest answer of a witness that is read, in bytes.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A witness that the user trusts, named by its verifier key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness(NoteKey);

impl Witness {
    /// Reads a witness's verifier key, `NAME+HEX+BASE64` with signature type 4.
    ///
    /// # Errors
    /// The text is not such a key.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let key = NoteKey::parse(text)?;
        match key.kind() {
            SignatureType::Cosignature => Ok(Self(key)),
            SignatureType::Ed25519 => Err(NoteError::VerifierKey(shortened(text))),
        }
    }

    /// The issuer itself, as it dates its published heads.
    pub(super) fn of_log(origin: &str, key: PublicKey) -> Self {
        Self(NoteKey::new(origin, SignatureType::Cosignature, key))
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The time at which the witness confirmed the checkpoint; `None` if it did not.
    ///
    /// # Errors
    /// The witness's signature in the checkpoint does not fit.
    pub fn confirmed(&self, checkpoint: &SignedNote) -> Result<Option<DateTime<Utc>>, NoteError> {
        let wrong = || NoteError::Signature(self.name().to_owned());
        let mut confirmed = None;
        for line in self.0.lines(checkpoint) {
            let (time, signature) = line.bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
            let time = i64::try_from(u64::from_be_bytes(*time)).map_err(|_| wrong())?;
            let signature = signature.try_into().map_err(|_| wrong())?;
            if !self.0.key().verifies(cosigned_message(time, checkpoint.text()).as_bytes(), signature) {
                return Err(wrong());
            }
            confirmed = confirmed.max(Some(DateTime::from_timestamp(time, 0).ok_or_else(wrong)?));
        }
        Ok(confirmed)
    }
}

fn cosigned_message(time: i64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// Makes the signature line of a witness for a checkpoint. The product makes one for its own published heads only;
/// stand-ins of witnesses make them for others.
pub fn cosign(name: &str, key: &SecretKey, checkpoint: &SignedNote, time: DateTime<Utc>) -> NoteSignature {
    let time = time.timestamp();
    let signature = key.sign(cosigned_message(time, checkpoint.text()).as_bytes());
    let key_id = NoteKey::new(name, SignatureType::Cosignature, key.public()).id();
    NoteSignature { name: name.to_owned(), key_id, bytes: [&time.to_be_bytes()[..], &signature].concat() }
}

/// The body of a request to `add-checkpoint`: the size of the log that the witness knows, the consistency proof from
/// that size, and the checkpoint.
pub fn add_checkpoint_body(old_size: u64, consistency_proof: &[Hash], checkpoint: &SignedNote) -> String {
    let proof: String = consistency_proof.iter().map(|hash| format!("{}\n", STANDARD.encode(hash))).collect();
    format!("old {old_size}\n{proof}\n{checkpoint}")
}

/// Reads the size of the log that a witness knows from its answer 409 (`text/x.tlog.size`).
pub fn parse_size(answer: &str) -> Option<u64> {
    super::checkpoint::parse_decimal(answer.strip_suffix('\n')?)
}

/// Checks the signature lines in a witness's answer and adds them to the checkpoint. Lines of other keys are ignored.
///
/// # Errors
/// The answer has another form, has no line of this witness, or its signature does not fit.
pub fn add_cosignatures(checkpoint: &mut SignedNote, witness: &Witness, answer: &str) -> Result<(), NoteError> {
    let lines: Option<Vec<NoteSignature>> = answer
        .strip_suffix('\n')
        .filter(|lines| lines.len() <= ANSWER_BYTES_MAX)
        .and_then(|lines| lines.split('\n').map(NoteSignature::parse).collect());
    let mut cosigned = checkpoint.clone();
    cosigned.add(
        lines
            .ok_or(NoteError::Malformed)?
            .into_iter()
            .filter(|line| line.name == witness.name() && line.key_id == witness.0.id()),
    );
    match witness.confirmed(&cosigned)? {
        Some(_) => *checkpoint = cosigned,
        None => return Err(NoteError::Signature(witness.name().to_owned())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::checkpoint::Checkpoint;

    const NAME: &str = "witness.example/w1";

    fn witness(key: &SecretKey) -> Witness {
        Witness::parse(&NoteKey::new(NAME, SignatureType::Cosignature, key.public()).to_string()).unwrap()
    }

    #[test]
    fn a_cosignature_is_checked_and_added() {
        let (log, key) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
        let mut note = Checkpoint { origin: "acme.example/log".to_owned(), size: 1, root: [3; 32] }.sign(&log);
        let time = DateTime::from_timestamp(1_679_315_147, 0).unwrap();
        let line = cosign(NAME, &key, &note, time);
        assert_eq!(witness(&key).confirmed(&note), Ok(None));
        // An answer may have lines of other keys as well.
        let other = cosign("other.example", &key, &note, time);
        add_cosignatures(&mut note, &witness(&key), &format!("{other}{line}")).unwrap();
        assert_eq!((witness(&key).confirmed(&note), note.signatures().len()), (Ok(Some(time)), 2));
        let again = SignedNote::parse(&note.to_string()).unwrap();
        assert_eq!(witness(&key).confirmed(&again), Ok(Some(time)));

        let mut uncosigned = Checkpoint { origin: "acme.example/log".to_owned(), size: 2, root: [3; 32] }.sign(&log);
        for bad in ["", "\n", "x\n", &other.to_string(), &line.to_string()] {
            assert!(add_cosignatures(&mut uncosigned, &witness(&key), bad).is_err(), "{bad:?}");
        }
        assert_eq!(uncosigned.signatures().len(), 1);
        assert!(Witness::parse(&NoteKey::new(NAME, SignatureType::Ed25519, key.public()).to_string()).is_err());
    }

    /// The signed message has the form of c2sp.org/tlog-cosignature, and the request that of c2sp.org/tlog-witness.
    #[test]
    fn texts_are_those_of_the_specifications() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let message = cosigned_message(1_679_315_147, text);
        assert_eq!(message, format!("cosignature/v1\ntime 1679315147\n{text}"));
        let note = Checkpoint::parse(text).unwrap().sign(&SecretKey::from_seed(&[1; 32]));
        let body = add_checkpoint_body(20_852_014, &[[0; 32], [1; 32]], &note);
        let (zeros, ones) = (STANDARD.encode([0; 32]), STANDARD.encode([1; 32]));
        assert_eq!(body, format!("old 20852014\n{zeros}\n{ones}\n\n{note}"));
        assert!(add_checkpoint_body(0, &[], &note).starts_with("old 0\n\nexample.com/"));
        assert_eq!((parse_size("17\n"), parse_size("17"), parse_size("017\n")), (Some(17), None, None));
    }
}

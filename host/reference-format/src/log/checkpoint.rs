//! Checkpoints: the log's size and root hash at a moment, signed by the issuer (c2sp.org/tlog-checkpoint).

use super::Hash;
use super::note::{NoteError, SignedNote};
use crate::keys::SecretKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// The head of a log before it is signed.
///
/// The keys that sign references sign checkpoints too. None of these messages can be taken for another: for a reference
/// it is 64 bytes of hashes, for a PDF page it begins with a fixed label, and for a checkpoint it begins with the log's
/// origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The root hash.
    pub root: Hash,
}

impl Checkpoint {
    /// Signs the checkpoint, with the origin as the key's name. The caller has to make sure that a log never signs two
    /// checkpoints of which neither continues the other.
    pub fn sign(&self, key: &SecretKey) -> SignedNote {
        SignedNote::sign(self.to_string(), &self.origin, key)
    }

    /// Reads the text of a checkpoint. Extension lines are refused, because the logs of this program have none.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), Some(""), None) =
            (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(NoteError::Malformed);
        };
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(NoteError::Malformed)?;
        let size = parse_decimal(size).ok_or(NoteError::Malformed)?;
        if origin.is_empty() { Err(NoteError::Malformed) } else { Ok(Self { origin: origin.to_owned(), size, root }) }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root))
    }
}

/// Reads a number in ASCII digits; `None` if it has a sign or leading zeros, or does not fit.
pub(super) fn parse_decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::note::{NoteKey, SignatureType};

    #[test]
    fn the_specifications_example_is_read() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint = Checkpoint::parse(text).unwrap();
        assert_eq!((checkpoint.size, checkpoint.to_string().as_str()), (20_852_163, text));
        for bad in [
            &text[..text.len() - 1],
            &format!("{text}extension\n"),
            &format!("{text}\n"),
            &text.replace("2085", "02085"),
            &text.replace("2085", "+2085"),
            &text.replace("2I=", "2J="),
            &text.replace("q2I=", ""),
            &text.replace("example.com/behind-the-sofa", ""),
        ] {
            assert!(Checkpoint::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_signed_one_verifies() {
        let key = SecretKey::from_seed(&[7; 32]);
        let note = Checkpoint { origin: "acme.example/references/log".to_owned(), size: 0, root: [0; 32] }.sign(&key);
        let note = SignedNote::parse(&note.to_string()).unwrap();
        let of = |key: &SecretKey| NoteKey::new("acme.example/references/log", SignatureType::Ed25519, key.public());
        assert_eq!(note.is_signed_by(&[of(&key)]), Ok(true));
        assert_eq!(note.is_signed_by(&[of(&SecretKey::from_seed(&[8; 32]))]), Ok(false));
    }
}

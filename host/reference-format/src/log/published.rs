//! The head of the log as the issuer publishes it, with the time of the publication.
//!
//! A checkpoint has no time of its own. The published one has a line more: a cosignature (c2sp.org/tlog-cosignature) by
//! the issuer's own key, in the log's name, which says when the issuer had no larger log than this. A status list that
//! is older than that is an old one that somebody shows again. Programs that do not know the line ignore it, as the
//! format of notes asks.

use super::checkpoint::Checkpoint;
use super::note::{NoteError, NoteKey, SignatureType, SignedNote};
use super::origin;
use super::witness::{Witness, cosign};
use crate::domain::Domain;
use crate::keys::{PublicKey, SecretKey};
use chrono::{DateTime, Utc};

/// The path of the published head below the issuer's public folder.
pub const PATH: &str = "references/log/checkpoint";

/// The size of the largest head that is read, in bytes.
pub const BYTES_MAX: usize = super::note::BYTES_MAX;

/// Why bytes are not the head of an issuer's log.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HeadError {
    /// Not a signed checkpoint.
    #[error("it is no signed head of a log")]
    Malformed,
    /// The head of another log.
    #[error("it is the head of another log, {0:?}")]
    Origin(String),
    /// No known key of the issuer signed it, or a signature does not fit.
    #[error("no known key of the issuer signed it")]
    Unsigned,
}

/// Adds the time of the publication, in whole seconds, to a head that the issuer has signed.
///
/// # Errors
/// The note is not a checkpoint.
pub fn date(head: &mut SignedNote, key: &SecretKey, time: DateTime<Utc>) -> Result<(), NoteError> {
    let name = Checkpoint::parse(head.text())?.origin;
    let line = cosign(&name, key, head, time);
    head.add([line]);
    Ok(())
}

/// The time of the publication of a head that one of these keys signed: the latest that one of them states. `None` if it
/// states none, as those that version 0.1.0 published.
///
/// # Errors
/// The bytes are not the head of the domain's log, or none of the keys signed it.
pub fn published_at(bytes: &[u8], domain: &Domain, keys: &[PublicKey]) -> Result<Option<DateTime<Utc>>, HeadError> {
    let text = std::str::from_utf8(bytes).map_err(|_| HeadError::Malformed)?;
    let note = SignedNote::parse(text).map_err(|_| HeadError::Malformed)?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|_| HeadError::Malformed)?;
    let origin = origin(domain);
    if checkpoint.origin != origin {
        return Err(HeadError::Origin(checkpoint.origin.chars().take(100).collect()));
    }
    let named = |kind| keys.iter().map(move |key| (kind, *key));
    let signers: Vec<NoteKey> =
        named(SignatureType::Ed25519).map(|(kind, key)| NoteKey::new(origin.clone(), kind, key)).collect();
    if note.is_signed_by(&signers) != Ok(true) {
        return Err(HeadError::Unsigned);
    }
    let mut latest = None;
    for key in keys {
        let time = Witness::of_log(&origin, *key).confirmed(&note).map_err(|_| HeadError::Unsigned)?;
        latest = latest.max(time);
    }
    Ok(latest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{domain, key, log_proof, signed};
    use crate::time;

    fn at(text: &str) -> DateTime<Utc> {
        time::parse(text).unwrap()
    }

    #[test]
    fn the_time_of_a_head_is_the_issuers_and_cannot_be_changed() {
        let (published, keys) = (at("2026-11-23T00:00:00Z"), [key().public()]);
        let undated = log_proof(&signed()).checkpoint;
        assert_eq!(published_at(undated.to_string().as_bytes(), &domain(), &keys), Ok(None));
        let mut head = undated.clone();
        date(&mut head, &key(), published).unwrap();
        let bytes = head.to_string().into_bytes();
        assert_eq!(published_at(&bytes, &domain(), &keys), Ok(Some(published)));
        // A time that somebody else adds is not the issuer's.
        let mut foreign = head.clone();
        date(&mut foreign, &SecretKey::from_seed(&[8; 32]), at("2030-01-01T00:00:00Z")).unwrap();
        assert_eq!(published_at(foreign.to_string().as_bytes(), &domain(), &keys), Ok(Some(published)));
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            // A line whose name or key id was changed is a stranger's.
            let read = published_at(&changed, &domain(), &keys);
            assert!(read != Ok(Some(published)) || changed == bytes, "{place}");
        }
        let other = Domain::parse("other.example").unwrap();
        assert!(matches!(published_at(&bytes, &other, &keys), Err(HeadError::Origin(_))));
        assert_eq!(published_at(&bytes, &domain(), &[]), Err(HeadError::Unsigned));
        assert_eq!(published_at(b"<!doctype html>", &domain(), &keys), Err(HeadError::Malformed));
    }
}

//! The seal of a page: the issuer's signature over every byte of the PDF file.
//!
//! A credential's signature covers the attached JSON, not the page that people read. Therefore the whole file is signed
//! as well. A third attachment contains this signature; the signed message covers the file with zeros in the
//! signature's place (PDF's own signatures work in a similar way, ISO 32000-1 section 12.8). A file with a wrong seal
//! is not the issuer's page, even if its attachments are genuine.
//!
//! The attachments are stored uncompressed, so that a verifier finds them without a PDF parser, which would be a lot of
//! code to run on strangers' files. Each attachment has to occur exactly once, or the file is refused.

use crate::keys::{PublicKey, SecretKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::ops::Range;

/// The size of the largest PDF file that is read, in bytes. A typical one has about 60,000.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The label before the signature in the file, and before the hash in the signed message.
const LABEL: &str = "employment-reference-seal/v1 ";

const SIGNATURE_CHARACTERS: usize = 88;

/// Why a PDF file is not a sealed reference.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealError {
    /// The file is too large.
    #[error("the PDF has more than {BYTES_MAX} bytes; it is not a reference")]
    TooLong,
    /// The seal or an attachment is missing, or occurs more than once.
    #[error(
        "the PDF has not exactly one {0}; it is cut short, was saved anew by another program, or is not a reference: \
         ask for the file as it was sent, or check its attachment credential.json"
    )]
    Parts(&'static str),
}

/// The content of the seal's attachment before the signature is known.
pub(super) fn placeholder() -> String {
    format!("{LABEL}{}\n", STANDARD.encode([0; 64]))
}

/// The parts of a PDF file with a seal. The seal is unchecked until [`SealedPdf::is_sealed_by`] is called.
#[derive(Clone, Debug)]
pub struct SealedPdf<'a> {
    /// The attached credential.
    pub credential: &'a [u8],
    /// The attached log proof.
    pub log_proof: &'a [u8],
    signature: Option<[u8; 64]>,
    message: Vec<u8>,
}

impl SealedPdf<'_> {
    /// Whether the key sealed the file, and no byte of it has changed since.
    pub fn is_sealed_by(&self, key: &PublicKey) -> bool {
        self.signature.is_some_and(|signature| key.verifies(&self.message, &signature))
    }
}

/// Whether the bytes begin like a PDF file.
pub fn is_pdf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-")
}

/// Finds credential, log proof and seal in a PDF file.
///
/// # Errors
/// One of them is missing or occurs more than once, or the file is too large.
pub fn open(bytes: &[u8]) -> Result<SealedPdf<'_>, SealError> {
    if bytes.len() > BYTES_MAX {
        return Err(SealError::TooLong);
    }
    let credential = stream(bytes, b"{\"@context\":[").ok_or(SealError::Parts("attached credential"))?;
    let log_proof = stream(bytes, b"c2sp.org/tlog-proof@").ok_or(SealError::Parts("attached log proof"))?;
    let place = signature_place(bytes).ok_or(SealError::Parts("seal"))?;
    let signature = bytes.get(place.clone()).and_then(|text| STANDARD.decode(text).ok()?.try_into().ok());
    Ok(SealedPdf { credential, log_proof, signature, message: message(bytes, &place) })
}

/// Writes the signature into the seal of a rendered file.
pub(super) fn seal(mut bytes: Vec<u8>, key: &SecretKey) -> Result<Vec<u8>, SealError> {
    let place = signature_place(&bytes).ok_or(SealError::Parts("seal"))?;
    let signature = STANDARD.encode(key.sign(&message(&bytes, &place)));
    if let Some(place) = bytes.get_mut(place) {
        place.copy_from_slice(signature.as_bytes());
    }
    Ok(bytes)
}

/// The signed message: the label, and SHA-256 of the file with zeros in the signature's place.
fn message(bytes: &[u8], place: &Range<usize>) -> Vec<u8> {
    let (before, after) = (bytes.get(..place.start), bytes.get(place.end..));
    let hash = Sha256::new()
        .chain_update(before.unwrap_or_default())
        .chain_update(STANDARD.encode([0; 64]))
        .chain_update(after.unwrap_or_default())
        .finalize();
    [LABEL.as_bytes(), &hash].concat()
}

fn signature_place(bytes: &[u8]) -> Option<Range<usize>> {
    let start = find_once(bytes, LABEL.as_bytes())? + LABEL.len();
    let place = start..start + SIGNATURE_CHARACTERS;
    (bytes.get(place.end) == Some(&b'\n')).then_some(place)
}

/// The content of the only stream that has this beginning; `None` if there is none, or more than one.
fn stream<'a>(bytes: &'a [u8], beginning: &[u8]) -> Option<&'a [u8]> {
    const START: &[u8] = b"stream\n";
    let start = find_once(bytes, &[START, beginning].concat())? + START.len();
    let rest = bytes.get(start..)?;
    rest.get(..find(rest, b"\nendstream")?)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn find_once(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let first = find(bytes, what)?;
    find(bytes.get(first + 1..)?, what).is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(credential: &str, log_proof: &str) -> Vec<u8> {
        let parts = [credential, log_proof, &placeholder()].map(|part| format!("<<>>\nstream\n{part}\nendstream\n"));
        format!("%PDF-1.7\n{}%%EOF", parts.concat()).into_bytes()
    }

    #[test]
    fn a_seal_covers_every_byte() {
        let key = SecretKey::from_seed(&[7; 32]);
        let file = file("{\"@context\":[1]}", "c2sp.org/tlog-proof@v1\nindex 0\n");
        assert!(!open(&file).unwrap().is_sealed_by(&key.public()));
        let sealed = seal(file.clone(), &key).unwrap();
        assert_eq!(sealed.len(), file.len());
        let opened = open(&sealed).unwrap();
        assert_eq!(
            (opened.credential, opened.log_proof),
            (&b"{\"@context\":[1]}"[..], &b"c2sp.org/tlog-proof@v1\nindex 0\n"[..])
        );
        assert!(opened.is_sealed_by(&key.public()));
        assert!(!opened.is_sealed_by(&SecretKey::from_seed(&[8; 32]).public()));
        for place in 0..sealed.len() {
            for bit in [1, 0x20, 0x80] {
                let mut changed = sealed.clone();
                changed[place] ^= bit;
                assert!(!open(&changed).is_ok_and(|opened| opened.is_sealed_by(&key.public())), "{place} {bit}");
            }
        }
        for length in 0..sealed.len() {
            assert!(!open(&sealed[..length]).is_ok_and(|opened| opened.is_sealed_by(&key.public())), "{length}");
        }
        let longer = [sealed.as_slice(), b" "].concat();
        assert!(!open(&longer).unwrap().is_sealed_by(&key.public()));
    }

    #[test]
    fn a_part_that_is_there_twice_is_refused() {
        let twice =
            |part: &str| [file("{\"@context\":[1]}", "c2sp.org/tlog-proof@v1\n"), part.as_bytes().to_vec()].concat();
        for (part, name) in [
            ("stream\n{\"@context\":[2]}\nendstream", "attached credential"),
            ("stream\nc2sp.org/tlog-proof@v1\nendstream", "attached log proof"),
            (&placeholder(), "seal"),
        ] {
            assert_eq!(open(&twice(part)).err(), Some(SealError::Parts(name)));
        }
        assert!(open(&twice("")).is_ok());
        assert_eq!(open(&vec![b' '; BYTES_MAX + 1]).err(), Some(SealError::TooLong));
    }
}

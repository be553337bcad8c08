//! Signed notes: a text followed by signatures of named keys (c2sp.org/signed-note).

use crate::keys::{KeyError, PublicKey, SecretKey, shortened};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The size of the largest note that is read, in bytes.
pub const BYTES_MAX: usize = 64 * 1024;

/// The most signatures that a note may have to be read. The specification requires at least 16.
const SIGNATURES_MAX: usize = 64;

const EM_DASH_SPACE: &str = "\u{2014} ";

/// Why a text is not a signed note, a signature does not fit, or a text is not a verifier key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoteError {
    /// The text does not have the form of a note.
    #[error("the log's checkpoint is not a signed note; ask for the proof anew")]
    Malformed,
    /// The signature of a known key does not fit the text.
    #[error("the signature of {0:?} does not fit the log's checkpoint; the proof was changed")]
    Signature(String),
    /// The text of a verifier key is wrong.
    #[error("{0:?} is not a verifier key; it has the form NAME+HEX+BASE64")]
    VerifierKey(String),
}

/// The kind of signature that a key makes (c2sp.org/signed-note, "Signature types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureType {
    /// A signature over the note's text.
    Ed25519 = 0x01,
    /// A witness's cosignature, which has a time.
    Cosignature = 0x04,
}

/// A signature line of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The key's id: the first four bytes of a hash over name and key.
    pub key_id: [u8; 4],
    /// The signature.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    /// Reads a line that is given without its newline.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (name, base64) = line.strip_prefix(EM_DASH_SPACE)?.split_once(' ')?;
        let bytes = STANDARD.decode(base64).ok()?;
        let (key_id, bytes) = bytes.split_first_chunk::<4>()?;
        let signature = Self { name: name.to_owned(), key_id: *key_id, bytes: bytes.to_vec() };
        (is_name(name) && !bytes.is_empty()).then_some(signature)
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id[..], &self.bytes].concat();
        writeln!(f, "{EM_DASH_SPACE}{} {}", self.name, STANDARD.encode(bytes))
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|character: char| character.is_whitespace() || character == '+')
}

/// A public key with the name under which it signs notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    kind: SignatureType,
    key: PublicKey,
}

impl NoteKey {
    /// Combines a key with a name and the kind of its signatures.
    pub fn new(name: impl Into<String>, kind: SignatureType, key: PublicKey) -> Self {
        Self { name: name.into(), kind, key }
    }

    /// Reads a verifier key, `NAME+HEX+BASE64`.
    ///
    /// # Errors
    /// The text has another form, the key is of another kind, or the key id does not fit.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let wrong = || NoteError::VerifierKey(shortened(text));
        let (name, rest) = text.split_once('+').filter(|(name, _)| is_name(name)).ok_or_else(wrong)?;
        let (_, base64) = rest.split_once('+').ok_or_else(wrong)?;
        let bytes = STANDARD.decode(base64).map_err(|_| wrong())?;
        let (kind, bytes) = bytes.split_first().ok_or_else(wrong)?;
        let kinds = [SignatureType::Ed25519, SignatureType::Cosignature];
        let kind = kinds.into_iter().find(|known| *known as u8 == *kind).ok_or_else(wrong)?;
        let key = PublicKey::from_bytes(bytes).map_err(|_: KeyError| wrong())?;
        let this = Self::new(name, kind, key);
        if this.to_string() == text { Ok(this) } else { Err(wrong()) }
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of signature that the key makes.
    pub fn kind(&self) -> SignatureType {
        self.kind
    }

    /// The public key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The key id: the first four bytes of SHA-256 over name, newline, type and key.
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.kind as u8])
            .chain_update(self.key.to_bytes())
            .finalize();
        let [first, second, third, fourth, ..]: [u8; 32] = hash.into();
        [first, second, third, fourth]
    }

    /// The signature lines of this key in a note.
    pub(crate) fn lines<'a>(&'a self, note: &'a SignedNote) -> impl Iterator<Item = &'a NoteSignature> {
        let id = self.id();
        note.signatures.iter().filter(move |line| line.name == self.name && line.key_id == id)
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind as u8][..], &self.key.to_bytes()].concat();
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), STANDARD.encode(bytes))
    }
}

/// A text with its signature lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// Signs a text, which has to end with a newline.
    pub(crate) fn sign(text: String, name: &str, key: &SecretKey) -> Self {
        let bytes = key.sign(text.as_bytes()).to_vec();
        let key_id = NoteKey::new(name, SignatureType::Ed25519, key.public()).id();
        Self { text, signatures: vec![NoteSignature { name: name.to_owned(), key_id, bytes }] }
    }

    /// Reads a note.
    ///
    /// # Errors
    /// The text does not have the form of a note, or is too large.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let has_control = |text: &str| text.bytes().any(|byte| byte < 0x20 && byte != b'\n');
        if text.len() > BYTES_MAX || has_control(text) {
            return Err(NoteError::Malformed);
        }
        let (before, signatures) = text.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
        let signatures: Option<Vec<NoteSignature>> =
            signatures.strip_suffix('\n').and_then(|lines| lines.split('\n').map(NoteSignature::parse).collect());
        match signatures {
            Some(signatures) if signatures.len() <= SIGNATURES_MAX => {
                Ok(Self { text: format!("{before}\n"), signatures })
            }
            _ => Err(NoteError::Malformed),
        }
    }

    /// The signed text, with the newline at its end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds the signature lines that the note does not have yet.
    pub(crate) fn add(&mut self, lines: impl IntoIterator<Item = NoteSignature>) {
        for line in lines {
            if !self.signatures.contains(&line) {
                self.signatures.push(line);
            }
        }
    }

    /// Whether one of the keys signed the note. Lines of other keys are ignored.
    ///
    /// # Errors
    /// The signature in a line of one of the keys does not fit the text.
    pub fn is_signed_by(&self, keys: &[NoteKey]) -> Result<bool, NoteError> {
        let mut is_signed = false;
        for key in keys.iter().filter(|key| key.kind == SignatureType::Ed25519) {
            for line in key.lines(self) {
                let signature = line.bytes.as_slice().try_into().ok();
                if !signature.is_some_and(|signature| key.key.verifies(self.text.as_bytes(), signature)) {
                    return Err(NoteError::Signature(key.name.clone()));
                }
                is_signed = true;
            }
        }
        Ok(is_signed)
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| line.fmt(f))
    }
}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;

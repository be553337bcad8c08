//! The bits of a list, and their form as text: the first index is the left-most bit; the bytes are compressed with GZIP
//! (RFC 1952) and written as multibase base64url without padding.

use super::ENTRIES;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{Read as _, Write as _};

const BYTES: usize = ENTRIES as usize / 8;

/// Why the bits of a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BitstringError {
    /// Not multibase base64url.
    #[error("the status list is not in base64url with a leading u; the issuer has to publish it anew")]
    Multibase,
    /// Not GZIP, or cut short.
    #[error("the status list cannot be decompressed ({0}); the issuer has to publish it anew")]
    Gzip(#[from] std::io::Error),
    /// The list has more or fewer than [`ENTRIES`] entries.
    #[error("the status list has not {ENTRIES} entries; the issuer has to publish it anew")]
    Length,
}

/// [`ENTRIES`] bits.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitstring(Vec<u8>);

impl Default for Bitstring {
    fn default() -> Self {
        Self(vec![0; BYTES])
    }
}

impl Bitstring {
    /// A bit string in which the bits with these indices are set. Indices beyond the end are ignored.
    pub fn with(indices: impl IntoIterator<Item = u32>) -> Self {
        let mut bits = Self::default();
        indices.into_iter().for_each(|index| bits.set(index));
        bits
    }

    /// Sets a bit. An index beyond the end is ignored.
    pub fn set(&mut self, index: u32) {
        if let Some(byte) = self.0.get_mut(index as usize / 8) {
            *byte |= 0x80 >> (index % 8);
        }
    }

    /// Whether a bit is set; `None` if the index is beyond the end.
    pub fn get(&self, index: u32) -> Option<bool> {
        self.0.get(index as usize / 8).map(|byte| byte & (0x80 >> (index % 8)) != 0)
    }

    /// The number of bits that are set.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|byte| byte.count_ones()).sum()
    }

    /// The bits as the text of `encodedList`.
    ///
    /// # Errors
    /// Not in practice: the bits are compressed in memory.
    pub fn encode(&self) -> Result<String, BitstringError> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&self.0)?;
        Ok(format!("u{}", URL_SAFE_NO_PAD.encode(gzip.finish()?)))
    }

    /// Reads the text of an `encodedList`. Decompression stops one byte after the size of a list.
    ///
    /// # Errors
    /// The text has another form, or another number of entries.
    pub fn decode(text: &str) -> Result<Self, BitstringError> {
        let base64 = text.strip_prefix('u').ok_or(BitstringError::Multibase)?;
        let gzip = URL_SAFE_NO_PAD.decode(base64).map_err(|_| BitstringError::Multibase)?;
        let mut bytes = Vec::new();
        GzDecoder::new(gzip.as_slice()).take(BYTES as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() == BYTES { Ok(Self(bytes)) } else { Err(BitstringError::Length) }
    }
}

impl std::fmt::Debug for Bitstring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bitstring({} of {ENTRIES} set)", self.count())
    }
}

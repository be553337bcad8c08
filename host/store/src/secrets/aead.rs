//! The one cipher of the host: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce of 24 bytes, which
//! needs no counting.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use hibob_base::error::HostError;
use rand::TryRng;
use zeroize::Zeroizing;

/// Length of a key, in bytes.
pub const KEY_BYTES: usize = 32;

/// Length of a nonce, in bytes.
pub const NONCE_BYTES: usize = 24;

/// Seals bytes under a key, bound to `data`. Returns a new nonce and the ciphertext.
///
/// # Errors
/// There is no randomness, or too much to encrypt at once.
pub fn encrypt(
    key: &[u8; KEY_BYTES],
    data: &[u8],
    plaintext: &[u8],
) -> Result<([u8; NONCE_BYTES], Vec<u8>), HostError> {
    let mut nonce = [0; NONCE_BYTES];
    random(&mut nonce)?;
    let payload = Payload { msg: plaintext, aad: data };
    let ciphertext = XChaCha20Poly1305::new(<&Key>::from(key)).encrypt(<&XNonce>::from(&nonce), payload);
    let ciphertext = ciphertext.map_err(|_| HostError::Storage("something is too long to be sealed".to_owned()))?;
    Ok((nonce, ciphertext))
}

/// Opens what was encrypted; none if that was under another key or bound to other data, or a bit of it was changed.
pub fn decrypt(key: &[u8; KEY_BYTES], data: &[u8], nonce: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let payload = Payload { msg: ciphertext, aad: data };
    XChaCha20Poly1305::new(<&Key>::from(key)).decrypt(<&XNonce>::from(&nonce), payload).ok().map(Zeroizing::new)
}

/// Every part with its length before it, so that no two lists of parts give the same bytes. Frozen: stored rows need it.
pub fn associated_data<'p>(parts: impl IntoIterator<Item = &'p str>) -> Vec<u8> {
    let mut data = Vec::new();
    for part in parts {
        data.extend((part.len() as u64).to_be_bytes());
        data.extend(part.as_bytes());
    }
    data
}

/// Bytes from the operating system's source of randomness.
///
/// # Errors
/// It gives none.
pub fn random(bytes: &mut [u8]) -> Result<(), HostError> {
    let filled = rand::rngs::SysRng.try_fill_bytes(bytes);
    filled.map_err(|error| HostError::Engine(format!("the system gives no random numbers: {error}")))
}

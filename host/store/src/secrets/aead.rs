//! Authenticated encryption: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), the only cipher of the host. Its nonce of
//! 24 bytes is random; it is long enough that no counter is needed.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use hibob_base::error::HostError;
use rand::TryRng;
use zeroize::Zeroizing;

/// Length of a key, in bytes.
pub const KEY_BYTES: usize = 32;

/// Length of a nonce, in bytes.
pub const NONCE_BYTES: usize = 24;

/// Encrypts bytes under a key, bound to `data`. Returns a new nonce and the ciphertext.
///
/// # Errors
/// The system gives no random numbers, or the bytes are too many for one message.
pub fn encrypt(
    key: &[u8; KEY_BYTES],
    data: &[u8],
    plaintext: &[u8],
) -> Result<([u8; NONCE_BYTES], Vec<u8>), HostError> {
    let mut nonce = [0; NONCE_BYTES];
    random(&mut nonce)?;
    let payload = Payload { msg: plaintext, aad: data };
    let ciphertext = XChaCha20Poly1305::new(<&Key>::from(key)).encrypt(<&XNonce>::from(&nonce), payload);
    let ciphertext = ciphertext.map_err(|_| HostError::Storage("a value is too long to be encrypted".to_owned()))?;
    Ok((nonce, ciphertext))
}

/// Decrypts a ciphertext; none if it was made under another key or bound to other data, or if a bit of it was changed.
pub fn decrypt(key: &[u8; KEY_BYTES], data: &[u8], nonce: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let payload = Payload { msg: ciphertext, aad: data };
    XChaCha20Poly1305::new(<&Key>::from(key)).decrypt(<&XNonce>::from(&nonce), payload).ok().map(Zeroizing::new)
}

/// Associated data: every part with its length before it, so that no two lists of parts give the same bytes. The format
/// is never changed, because stored rows need it.
pub fn associated_data<'p>(parts: impl IntoIterator<Item = &'p str>) -> Vec<u8> {
    let mut data = Vec::new();
    for part in parts {
        data.extend((part.len() as u64).to_be_bytes());
        data.extend(part.as_bytes());
    }
    data
}

/// Fills a buffer from the operating system's source of randomness.
///
/// # Errors
/// The source gives no random numbers.
pub fn random(bytes: &mut [u8]) -> Result<(), HostError> {
    let filled = rand::rngs::SysRng.try_fill_bytes(bytes);
    filled.map_err(|error| HostError::Engine(format!("the system gives no random numbers: {error}")))
}

//! Headers that carry a secret.

use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderValue;
use zeroize::Zeroizing;

/// How the header of HTTP Basic authentication begins.
const BASIC: &str = "Basic ";

/// The bytes of a header are overwritten when its last copy is dropped. They are made at their full length, so that growing
/// leaves no copy behind.
impl Secret {
    /// The header of HTTP Basic authentication (RFC 7617) with this password; none if it cannot be one.
    pub fn basic_header(&self, user: &str) -> Option<HeaderValue> {
        let pair = joined(&[user, ":", self.reveal()]);
        let mut bytes = Zeroizing::new(vec![0; BASIC.len() + base64::encoded_len(pair.len(), true)?]);
        let (scheme, encoded) = bytes.split_at_mut_checked(BASIC.len())?;
        scheme.copy_from_slice(BASIC.as_bytes());
        STANDARD.encode_slice(&*pair, encoded).ok()?;
        sensitive(bytes)
    }

    /// The header with this secret behind the name of a scheme; none if it cannot be one.
    pub fn header(&self, scheme: &str) -> Option<HeaderValue> {
        sensitive(joined(&[scheme, " ", self.reveal()]))
    }
}

/// These texts, one behind the other.
fn joined(parts: &[&str]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| bytes.extend_from_slice(part.as_bytes()));
    bytes
}

fn sensitive(bytes: Zeroizing<Vec<u8>>) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(bytes)).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(all(test, target_os = "linux"))]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at what is not as it should be, also in its helpers"
)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, SeekFrom};

    /// How much of the memory is looked at in one piece, in bytes.
    const PIECE_BYTES: usize = 1024 * 1024;

    /// How much of it is passed over if it does not have the first byte, in bytes.
    const PAGE_BYTES: usize = 4096;

    /// The bytes in another form, so that looking for them does not find these.
    fn inverted(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().map(|byte| !byte).collect()
    }

    /// How often the bytes, which are given inverted, are in the memory of this process that can be written to.
    fn copies(wanted: &[u8]) -> usize {
        let mut memory = std::fs::File::open("/proc/self/mem").unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mut piece = vec![0; PIECE_BYTES];
        let mut found = 0;
        for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|mode| mode.starts_with("rw"))) {
            let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let (mut at, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
            while at < to {
                let count = usize::try_from(to - at).unwrap().min(PIECE_BYTES);
                memory.seek(SeekFrom::Start(at)).unwrap();
                if let Ok(read) = memory.read(&mut piece[..count]) {
                    found += piece[..read]
                        .chunks(PAGE_BYTES)
                        .enumerate()
                        .map(|(index, page)| {
                            // Most pages have nothing but zeros, and are passed over quickly.
                            let from = index * PAGE_BYTES;
                            let to = read.min(from + page.len() + wanted.len() - 1);
                            let is_it =
                                |part: &&[u8]| part[0] == !wanted[0] && part.iter().zip(wanted).all(|(a, b)| *a == !b);
                            if page.contains(&!wanted[0]) {
                                piece[from..to].windows(wanted.len()).filter(is_it).count()
                            } else {
                                0
                            }
                        })
                        .sum::<usize>();
                    piece.fill(0);
                }
                at += count as u64;
            }
        }
        found
    }

    #[test]
    fn nothing_of_a_credential_is_left_in_memory() {
        let mut random = [0_u8; 48];
        std::fs::File::open("/dev/urandom").unwrap().read_exact(&mut random).unwrap();
        // Letters only; of what is freed the first bytes are overwritten anyway, so the middle is looked for.
        random.iter_mut().for_each(|byte| *byte = b'a' + *byte % 26);
        let wanted = inverted(&random[16..40]);
        let mut text = String::with_capacity(random.len());
        random.iter().for_each(|byte| text.push(char::from(*byte)));
        random.fill(0);
        let password = Secret::new(text);
        let (pair, header) = (password.basic_header("SERVICE-1").unwrap(), password.header("ApiKey").unwrap());
        let encoded = inverted(&pair.as_bytes()[24..48]);
        assert!(
            pair.as_bytes().starts_with(b"Basic ") && header.as_bytes().starts_with(b"ApiKey ") && pair.is_sensitive()
        );
        assert!(copies(&wanted) >= 2 && copies(&encoded) >= 1, "while it is in use");
        drop((password, pair, header));
        assert_eq!((copies(&wanted), copies(&encoded)), (0, 0));
    }
}

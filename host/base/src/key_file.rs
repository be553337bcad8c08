//! The keys that a data directory generates for itself, with which saved plans and compiled code are sealed.

use crate::digest::hex;
use crate::error::HostError;
use crate::files::warn_if_open;
use crate::secret::Secret;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Length of a key, in bytes: the output of SHA-256, as RFC 2104 recommends.
const KEY_BYTES: usize = 32;

/// Reads the key in a file that only its owner can read. The first use generates it; if several processes do so at the
/// same time, all get the same key. `lost` completes the error for a damaged file: it says what removing the file leads
/// to.
///
/// # Errors
/// The key cannot be read or generated, or the file is damaged.
pub fn key(path: &Path, lost: &str) -> Result<Secret, HostError> {
    let failed = |error: std::io::Error| HostError::Storage(format!("{}: {error}", path.display()));
    match read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => make(path).map_err(failed)?,
        Ok(_) | Err(_) => {}
    }
    let key = read(path).map_err(failed)?;
    warn_if_open(path);
    if key.reveal().len() == KEY_BYTES * 2 {
        return Ok(key);
    }
    Err(HostError::Storage(format!("{} does not hold a key; remove it, and {lost}", path.display())))
}

fn read(path: &Path) -> std::io::Result<Secret> {
    std::fs::read_to_string(path).map(Secret::new)
}

/// Generates a key. It writes another file beside `path` and links that into place, so that other processes see a whole
/// key or none, and the first key stays.
fn make(path: &Path) -> std::io::Result<()> {
    let key = Secret::new(hex(&rand::random::<[u8; KEY_BYTES]>()));
    let beside = path.with_extension(format!("{:08x}", rand::random::<u32>()));
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| file.write_all(key.reveal().as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::hard_link(&beside, path));
    let _ = std::fs::remove_file(&beside);
    match created {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        created => created,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.key");
        let makers: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || key(&path, "").unwrap().reveal().to_owned())
            })
            .collect();
        let keys: Vec<String> = makers.into_iter().map(|maker| maker.join().unwrap()).collect();
        assert!(keys.iter().all(|other| *other == keys[0] && other.len() == 64));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        std::fs::write(&path, "short").unwrap();
        assert!(key(&path, "make plans again").unwrap_err().to_string().contains("make plans again"));
    }
}

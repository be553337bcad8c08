//! The keys that a data directory generates for itself, with which saved plans and compiled code are sealed.

use crate::digest::hex;
use crate::error::HostError;
use crate::private_folder::{Others, PrivateFolder};
use crate::secret::Secret;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use zeroize::Zeroizing;

/// Length of a key, in bytes: the output of SHA-256, as RFC 2104 recommends.
const KEY_BYTES: usize = 32;

/// The most bytes that are read of a key file; a key has 64 digits.
const FILE_BYTES_MAX: u64 = 1_024;

/// Reads the key `name` of a folder, which must be this user's alone. The first use generates it; if several processes do
/// so at the same time, all get the same key. `lost` completes the remedy for a damaged or open file: it says what
/// removing the file leads to.
///
/// # Errors
/// The key cannot be read or generated, is open to others or a link, or the file is damaged.
pub fn key(folder: &PrivateFolder, name: &str, lost: &str) -> Result<Secret, HostError> {
    let path = folder.path().join(name);
    let advice = format!("if others may have read it, remove it, and {lost}");
    let failed = |error: std::io::Error| HostError::Storage(format!("{}: {error}", path.display()));
    let read = || -> Result<Option<Secret>, HostError> {
        let Some(file) = folder.open(name, Others::Nothing, &advice)? else { return Ok(None) };
        let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX as usize));
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        Ok(Some(Secret::new(text.as_str().to_owned())))
    };
    let key = match read()? {
        Some(key) => Some(key),
        None => {
            make(&path).map_err(failed)?;
            read()?
        }
    };
    match key {
        Some(key) if key.reveal().len() == KEY_BYTES * 2 => Ok(key),
        _ => Err(HostError::Storage(format!("{} does not hold a key; remove it, and {lost}", path.display()))),
    }
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
        let dir = PrivateFolder::from(folder.path());
        let makers: Vec<_> = (0..8)
            .map(|_| {
                let dir = dir.clone();
                std::thread::spawn(move || key(&dir, "x.key", "").unwrap().reveal().to_owned())
            })
            .collect();
        let keys: Vec<String> = makers.into_iter().map(|maker| maker.join().unwrap()).collect();
        assert!(keys.iter().all(|other| *other == keys[0] && other.len() == 64));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        std::fs::write(&path, "short").unwrap();
        let again = || key(&dir, "x.key", "make plans again").unwrap_err();
        assert!(again().to_string().contains("make plans again"));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        assert!(again().to_string().contains("mode 640") && again().remedy().contains("make plans again"));
    }
}

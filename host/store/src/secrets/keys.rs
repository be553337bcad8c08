//! The keys of the secret store: in the environment, or in a file of the data directory.

use crate::secrets::key::SecretKey;
use hibob_base::error::HostError;
use hibob_base::private_folder::{Others, PrivateFolder};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The environment variable with the store's key.
pub(super) const KEY_VARIABLE: &str = "HIBOB_SECRETS_KEY";

/// The environment variable with the key from before a rotation.
pub(super) const OLD_KEY_VARIABLE: &str = "HIBOB_SECRETS_KEY_OLD";

/// The key file in the data directory.
const FILE: &str = "secrets.key";

/// The file with the new key of a rotation that is not finished.
const NEXT_FILE: &str = "secrets.key.next";

/// The most bytes that are read of a key file; a key has 64 digits.
const KEY_FILE_BYTES_MAX: u64 = 1_024;

/// The available keys: from the environment if [`KEY_VARIABLE`] is set, otherwise from the key files.
pub(super) struct Keys {
    dir: PrivateFolder,
    is_environment: bool,
    current: Option<SecretKey>,
    /// The new key of a rotation: in a file of its own until every secret is encrypted with it.
    next: Option<SecretKey>,
    old: Option<SecretKey>,
}

impl Keys {
    /// Reads the available keys, and makes none. `variable` reads an environment variable.
    pub(super) fn load(
        dir: impl Into<PrivateFolder>,
        variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<Self, HostError> {
        let variable = |name: &str| {
            let Some(text) = variable(name) else { return Ok(None) };
            let text = Zeroizing::new(text.into_string().unwrap_or_default());
            let wrong = || {
                let remedy = "make one with: openssl rand -hex 32";
                HostError::configuration(format!("{name} is not a key of 32 bytes in hex or base64"), remedy)
            };
            SecretKey::parse(&text).map(Some).ok_or_else(wrong)
        };
        let (current, old) = (variable(KEY_VARIABLE)?, variable(OLD_KEY_VARIABLE)?);
        let is_environment = current.is_some();
        let mut keys = Self { dir: dir.into(), is_environment, current, next: None, old };
        if !is_environment {
            // The next key is read first: its file may be renamed to the current key's in between, and must not be
            // missed.
            keys.next = read_key(&keys.dir, NEXT_FILE)?;
            keys.current = read_key(&keys.dir, FILE)?;
        }
        Ok(keys)
    }

    /// The key with this id.
    pub(super) fn get(&self, id: &str) -> Option<&SecretKey> {
        [&self.current, &self.next, &self.old].into_iter().flatten().find(|key| key.id() == id)
    }

    /// The key for the first secret of an empty store; its file is made if there is none.
    pub(super) fn current_or_made(&mut self) -> Result<&SecretKey, HostError> {
        if self.next.is_some() {
            // An empty store does not show whether the rotation was finished.
            let message = "a rotation of the store's key is under way, or was interrupted";
            return Err(HostError::configuration(message, "wait for it, or finish it: hibob secret rotate"));
        }
        let key = match self.current.take() {
            Some(key) => key,
            None => make_key(&self.dir, FILE)?,
        };
        Ok(self.current.insert(key))
    }

    /// The new key of a rotation: the key in the environment, the new key of an interrupted rotation, or else a key
    /// that is made now.
    pub(super) fn next_or_made(&mut self) -> Result<&SecretKey, HostError> {
        let next = if self.is_environment { &mut self.current } else { &mut self.next };
        let key = match next.take() {
            Some(key) => key,
            None => make_key(&self.dir, NEXT_FILE)?,
        };
        Ok(next.insert(key))
    }

    /// Ends a rotation: the next key's file replaces the current key's.
    pub(super) fn finish_rotation(self) -> Result<(), HostError> {
        if self.is_environment {
            return Ok(());
        }
        let (path, next) = (self.path(), self.next_path());
        let renamed = std::fs::rename(&next, &path).and_then(|()| File::open(self.dir.path())?.sync_all());
        renamed.map_err(|error| HostError::Storage(format!("{}: {error}", next.display())))
    }

    /// Whether a rotation is possible: with keys from the environment, the old key has to be given as well.
    pub(super) fn can_rotate(&self) -> bool {
        !self.is_environment || self.old.is_some()
    }

    /// Says which key is available and where it comes from, for an error about a missing key.
    pub(super) fn describe(&self) -> String {
        let place = if self.is_environment { KEY_VARIABLE.to_owned() } else { self.path().display().to_string() };
        match &self.current {
            Some(key) => format!("{place} holds key {}", key.id()),
            None => format!("{place} is missing"),
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join(FILE)
    }

    fn next_path(&self) -> PathBuf {
        self.dir.path().join(NEXT_FILE)
    }
}

/// The key in a file of the data directory; none if the file is not there.
fn read_key(folder: &PrivateFolder, name: &str) -> Result<Option<SecretKey>, HostError> {
    let advice = "if somebody may have read it, make a new key: hibob secret rotate";
    let Some(file) = folder.open(name, Others::Nothing, advice)? else { return Ok(None) };
    let path = folder.path().join(name);
    let failed = |error: std::io::Error| HostError::Storage(format!("{}: {error}", path.display()));
    let mut text = Zeroizing::new(String::with_capacity(KEY_FILE_BYTES_MAX as usize));
    file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    let wrong = || {
        let message = format!("{} does not hold a key of 32 bytes in hex or base64", path.display());
        HostError::configuration(message, "replace it with a copy of the key")
    };
    SecretKey::parse(&text).map(Some).ok_or_else(wrong)
}

/// Makes a key and its file, which only its owner can read. If another process has made the file meanwhile, returns
/// that key.
fn make_key(folder: &PrivateFolder, name: &str) -> Result<SecretKey, HostError> {
    let path = folder.path().join(name);
    let failed = |error: std::io::Error| HostError::Storage(format!("{}: {error}", path.display()));
    let key = SecretKey::generate()?;
    // It is written under another name first, so that nobody ever reads an incomplete file.
    let beside = path.with_extension(format!("{:016x}", rand::random::<u64>()));
    hibob_base::files::write_private(&beside, key.to_hex().as_bytes()).map_err(failed)?;
    let linked = std::fs::hard_link(&beside, &path);
    std::fs::remove_file(&beside).map_err(failed)?;
    match linked {
        Ok(()) => {
            File::open(folder.path()).and_then(|dir| dir.sync_all()).map_err(failed)?;
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read_key(folder, name)?.ok_or_else(|| HostError::Storage(format!("{} is gone again", path.display())))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Takes the lock on rotations: one at a time on this machine. The lock ends with the returned file, or with the
/// process.
pub(super) fn lock_rotation(dir: &Path) -> Result<File, HostError> {
    let path = dir.join("secrets.key.lock");
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
    let failed = |error: std::io::Error| HostError::Storage(format!("{}: {error}", path.display()));
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(failed(error)),
        Err(TryLockError::WouldBlock) => {
            Err(HostError::configuration("another rotation of the store's key is under way", "wait for its end"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hibob_base::digest::hex;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_come_from_the_environment_or_from_a_file_that_is_its_owners_only() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let load = || Keys::load(dir, |_| None);
        let mut keys = load().unwrap();
        assert!(keys.get("").is_none() && keys.describe().ends_with("secrets.key is missing"));
        let made = keys.current_or_made().unwrap().id().to_owned();
        assert!(load().unwrap().get(&made).is_some());
        assert_eq!(std::fs::metadata(dir.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(make_key(&dir.into(), FILE).unwrap().id(), made, "what is there is kept");
        assert_eq!(std::fs::read_dir(dir).unwrap().count(), 1, "nothing is left beside it");

        std::fs::set_permissions(dir.join(FILE), PermissionsExt::from_mode(0o640)).unwrap();
        let error = load().err().unwrap();
        assert!(error.to_string().contains("mode 640") && error.remedy().contains("chmod 600"));
        std::fs::set_permissions(dir.join(FILE), PermissionsExt::from_mode(0o600)).unwrap();

        let environment = |name: &str| Some(hex(&[if name == KEY_VARIABLE { 1 } else { 2 }; 32]).into());
        let keys = Keys::load(dir, environment).unwrap();
        assert!(
            keys.get(SecretKey::parse(&hex(&[1; 32])).unwrap().id()).is_some()
                && keys.get(SecretKey::parse(&hex(&[2; 32])).unwrap().id()).is_some()
                && keys.get(&made).is_none()
        );
        let wrong = Keys::load(dir, |_| Some("hunter2".into())).err().unwrap();
        assert!(wrong.to_string().contains(KEY_VARIABLE) && !wrong.to_string().contains("hunter2"));
    }

    #[test]
    fn a_rotation_keeps_both_keys_until_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let load = || Keys::load(folder.path(), |_| None).unwrap();
        let old = load().current_or_made().unwrap().id().to_owned();
        let new = load().next_or_made().unwrap().id().to_owned();
        let mut keys = load();
        assert!(keys.get(&old).is_some() && keys.get(&new).is_some() && old != new);
        assert_eq!(keys.next_or_made().unwrap().id(), new, "an interrupted rotation is taken up again");
        assert!(keys.current_or_made().is_err());
        keys.finish_rotation().unwrap();
        assert!(load().get(&old).is_none() && load().get(&new).is_some());
        let lock = lock_rotation(folder.path()).unwrap();
        assert!(lock_rotation(folder.path()).is_err());
        drop(lock);
        assert!(lock_rotation(folder.path()).is_ok());
    }
}

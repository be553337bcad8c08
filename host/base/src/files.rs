//! Files and folders that only their owner can use.

use crate::error::HostError;
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Creates a folder that only its owner can enter, and its parents. A folder that exists stays as it is.
///
/// # Errors
/// The folder cannot be created.
pub fn private_dir(path: &Path) -> Result<(), HostError> {
    let created = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    created.map_err(|error| unwritable(path, &error))
}

/// Flushes a folder to the disk, so that files that were added or removed survive a power cut.
///
/// # Errors
/// The folder cannot be opened or flushed.
pub fn sync_folder(path: &Path) -> Result<(), HostError> {
    let synced = fs::File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(|error| unwritable(path, &error))
}

/// Warns in the log, once for each file, if others than its owner can read or write a file with a secret. A file that
/// cannot be looked at is for its reader to report.
pub fn warn_if_open(path: &Path) {
    static WARNED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let Ok(metadata) = fs::metadata(path) else { return };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 || !WARNED.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned()) {
        return;
    }
    let path = path.display();
    tracing::warn!(
        "{path} can be read or written by others (mode {mode:o}): chmod 600 {path}; if somebody may have read it, replace \
         what is in it"
    );
}

/// The error for a path that cannot be written.
pub fn unwritable(path: &Path, error: &io::Error) -> HostError {
    HostError::configuration(
        format!("cannot write {}: {error}", path.display()),
        "choose another data directory with --data DIR",
    )
}

/// Writes a file that only its owner can read. It writes another file beside it and renames that, so that readers see
/// the old content or the new one.
///
/// # Errors
/// The file cannot be written. The old content is then kept.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().map(std::ffi::OsStr::to_owned).ok_or(io::ErrorKind::InvalidInput)?;
    name.push(format!(".{:08x}", rand::random::<u32>()));
    let beside = path.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

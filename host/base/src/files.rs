//! Files and folders that only their owner can use, and what is followed and replaced on the way to them.

use crate::error::HostError;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
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
    let synced = File::open(path).and_then(|folder| folder.sync_all());
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

/// Opens a file below a folder for reading, without following links below the folder. It may be of any kind; a pipe is
/// not waited for.
///
/// # Errors
/// It cannot be opened. For a link, or a path that leads through one, the error is one that [`is_link`] knows.
pub fn open_below(folder: &Path, name: &Path) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let mut opened = rustix::fs::open(folder, flags | OFlags::DIRECTORY, Mode::empty())?;
    let mut steps = name.components().peekable();
    while let Some(step) = steps.next() {
        let kind = if steps.peek().is_some() { OFlags::DIRECTORY } else { OFlags::NONBLOCK };
        opened = rustix::fs::openat(&opened, step.as_os_str(), flags | OFlags::NOFOLLOW | kind, Mode::empty())?;
    }
    Ok(opened.into())
}

/// Whether [`open_below`] has failed because it would have had to follow a link.
pub fn is_link(error: Errno) -> bool {
    matches!(error, Errno::LOOP | Errno::MLINK | Errno::NOTDIR)
}

/// Reads a whole file, of any kind, of at most `bytes_max` bytes. None if it has more: no more than that is then read.
///
/// # Errors
/// It cannot be opened or read.
pub fn read_at_most(path: &Path, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= bytes_max))
}

/// Checks that a path names a file or nothing at all, so that nothing else is lost when it is replaced: a device, a pipe,
/// a folder, or a link, such as the one that is standard output.
///
/// # Errors
/// It names something else, or cannot be looked at.
pub fn require_replaceable(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => {
            Err(io::Error::other("it is no file but a link, a folder, a device or the like, which is not replaced"))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Writes a file that only its owner can read. It writes another file beside it and renames that, so that readers see
/// the old content or the new one. Only a file is replaced: see [`require_replaceable`].
///
/// # Errors
/// The file cannot be written. The old content is then kept.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    require_replaceable(path)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, makedev, mknodat};
    use std::os::unix::fs::{FileTypeExt, symlink};

    #[test]
    fn a_file_is_read_as_far_as_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read_at_most(&path, 5).unwrap().as_deref(), Some(&b"12345"[..]));
        assert_eq!(read_at_most(&path, 4).unwrap(), None);
        assert_eq!(read_at_most(&folder.path().join("none"), 4).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn only_a_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        write_private(&at("file"), b"old").unwrap();
        write_private(&at("file"), b"new").unwrap();
        assert_eq!(fs::read(at("file")).unwrap(), b"new");
        symlink(at("file"), at("link")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        // Only an administrator can make a device, here one as the null device.
        let device = mknodat(CWD, at("device"), FileType::CharacterDevice, Mode::RUSR, makedev(1, 3)).is_ok();
        for name in ["link", "dangling", "folder", "pipe", "device"].into_iter().take(4 + usize::from(device)) {
            let before = fs::symlink_metadata(at(name)).unwrap().file_type();
            let error = write_private(&at(name), b"new").unwrap_err();
            assert!(error.to_string().contains("not replaced"), "{name}: {error}");
            assert_eq!(fs::symlink_metadata(at(name)).unwrap().file_type(), before, "{name}");
        }
        assert!(fs::symlink_metadata(at("pipe")).unwrap().file_type().is_fifo());
        assert_eq!(fs::read(at("file")).unwrap(), b"new", "nothing was written through the link");
    }
}

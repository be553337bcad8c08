//! The counters in a file, for the textfile collector of Prometheus' node exporter: the usual way for jobs that end.

use crate::metrics::Metrics;
use hibob_base::error::HostError;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Who may read the file: everybody, as the node exporter has a user of its own, and nothing in it is about a person.
const MODE: u32 = 0o644;

/// A file that is replaced as a whole: who reads it sees the old values or the new ones.
#[derive(Clone, Debug)]
pub struct TextFile {
    path: PathBuf,
    folder: PathBuf,
}

impl TextFile {
    /// This file, which need not be there yet.
    ///
    /// # Errors
    /// Its folder cannot be written to.
    pub fn new(path: &Path) -> Result<Self, HostError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let file = Self { path: path.to_owned(), folder: folder.to_owned() };
        if path.is_dir() || path.file_name().is_none() {
            return Err(file.refused("it is a folder"));
        }
        file.beside().map_err(|error| file.refused(&error.to_string()))?;
        Ok(file)
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// It cannot be written; what was there stays.
    pub fn write(&self, metrics: &Metrics) -> Result<(), HostError> {
        let written = || {
            let mut beside = self.beside()?;
            beside.write_all(metrics.render().as_bytes())?;
            beside.as_file().set_permissions(Permissions::from_mode(MODE))?;
            beside.persist(&self.path).map(|_| ()).map_err(|error| error.error)
        };
        written().map_err(|error| self.refused(&error.to_string()))
    }

    /// A file that the node exporter does not look at: its name does not end in `.prom`.
    fn beside(&self) -> std::io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(".hibob-").suffix(".tmp").tempfile_in(&self.folder)
    }

    fn refused(&self, what: &str) -> HostError {
        HostError::configuration(
            format!("the metrics cannot be written to {}: {what}", self.path.display()),
            "name a file in a folder that this user can write to",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_as_a_whole_and_everybody_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hibob.prom");
        std::fs::write(&path, "the old values").unwrap();
        let file = TextFile::new(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "the old values");
        let metrics = Metrics::default();
        metrics.of("acme").error("MISSING_EMAIL");
        file.write(&metrics).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), metrics.render());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("no/such/folder/hibob.prom"), folder.path().to_owned()] {
            assert_eq!(TextFile::new(&path).unwrap_err().code(), "CONFIGURATION");
        }
    }
}

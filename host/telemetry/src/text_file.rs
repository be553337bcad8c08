//! Writes the counters to a file for the textfile collector of Prometheus' node exporter, which is the usual way for
//! programs that end.

use crate::metrics::Metrics;
use hibob_base::error::HostError;
use hibob_base::files::require_replaceable;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The file's mode: everybody may read it, since the node exporter runs as a user of its own, and it has no personal
/// data.
const MODE: u32 = 0o644;

/// A file that is replaced as a whole, so that a reader sees either the old values or the new ones.
#[derive(Clone, Debug)]
pub struct TextFile {
    path: PathBuf,
    folder: PathBuf,
}

impl TextFile {
    /// The file at `path`, which need not exist yet.
    ///
    /// # Errors
    /// The folder cannot be written to, or `path` is something else than a file.
    pub fn new(path: &Path) -> Result<Self, HostError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let file = Self { path: path.to_owned(), folder: folder.to_owned() };
        if path.is_dir() || path.file_name().is_none() {
            return Err(file.refused("it is a folder"));
        }
        require_replaceable(path).map_err(|error| file.refused(&error.to_string()))?;
        file.beside().map_err(|error| file.refused(&error.to_string()))?;
        Ok(file)
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// The file cannot be written. It then keeps its old content.
    pub fn write(&self, metrics: &Metrics) -> Result<(), HostError> {
        let written = || {
            require_replaceable(&self.path)?;
            let mut beside = self.beside()?;
            beside.write_all(metrics.render().as_bytes())?;
            beside.as_file().set_permissions(Permissions::from_mode(MODE))?;
            beside.persist(&self.path).map(|_| ()).map_err(|error| error.error)
        };
        written().map_err(|error| self.refused(&error.to_string()))
    }

    /// A new file in the folder. The node exporter ignores it, since its name does not end in `.prom`.
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
    fn a_path_that_cannot_be_written_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("no/such/folder/hibob.prom"), folder.path().to_owned()] {
            assert_eq!(TextFile::new(&path).unwrap_err().code(), "CONFIGURATION");
        }
    }
}

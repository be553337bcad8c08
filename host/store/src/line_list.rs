//! A list in a file that only grows: a JSON object per line, each on the disk before what it stands for is done.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A list in a file, which need not exist.
#[derive(Debug)]
pub(crate) struct LineList {
    path: PathBuf,
}

impl LineList {
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The list's text, without an incomplete last line; empty if there is no file.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn text(&self) -> io::Result<String> {
        let mut text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
            Err(error) => return Err(error),
        };
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        Ok(text)
    }

    /// The lines; none if one of them cannot be read.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn lines<L: DeserializeOwned>(&self) -> io::Result<Option<Vec<L>>> {
        let text = self.text()?;
        Ok(text.lines().map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Adds a line and syncs it to the disk. An incomplete last line is removed first.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn add(&self, line: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_string(line)?;
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        file.lock()?; // ends with the file
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        // Nothing was done yet for an incomplete line.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64)?;
        }
        file.write_all(format!("{json}\n").as_bytes())?;
        file.sync_all()?;
        File::open(self.path.parent().unwrap_or_else(|| Path::new(".")))?.sync_all()
    }
}

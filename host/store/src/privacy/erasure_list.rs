//! The list of those who were forgotten, in a file of the data directory: a restored database knows them from it.
//!
//! JSON lines, only ever added to: the tenant, a keyed hash, a time. A line is on the disk before what it says is done.

use crate::database::KeyedHash;
use hibob_base::digest::unhex;
use hibob_base::error::HostError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The file's name in the data directory.
pub const FILE: &str = "forgotten.list";

/// What is said of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event {
    Forgotten,
    /// They may come back.
    Lifted,
    /// The tenant's key is gone, as when the whole tenant was forgotten: what was said of its people before means nobody.
    KeyRemoved,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub tenant: String,
    pub event: Event,
    /// Of the employee's id; none for a whole tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Unix seconds.
    pub at: i64,
}

/// What a list says of one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Erasures {
    /// How often they were forgotten.
    pub times: i64,
    /// The last time, in Unix seconds.
    pub at: i64,
    pub is_lifted: bool,
}

/// The list in a file.
pub(super) struct ErasureList {
    path: PathBuf,
}

impl ErasureList {
    pub(super) fn of(data_dir: &Path) -> Self {
        Self::at(&data_dir.join(FILE))
    }

    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The text, without a last line that was never written to its end; empty if there is no file.
    ///
    /// # Errors
    /// It cannot be read.
    fn text(&self) -> Result<String, HostError> {
        let mut text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
            Err(error) => return Err(self.failed(&error)),
        };
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        Ok(text)
    }

    /// What the list says of a tenant's people.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn standings(&self, tenant: &str) -> Result<BTreeMap<KeyedHash, Erasures>, HostError> {
        let mut standings: BTreeMap<KeyedHash, Erasures> = BTreeMap::new();
        for line in self.lines()?.into_iter().filter(|line| line.tenant == tenant) {
            let Some(person) = &line.person else {
                standings.clear();
                continue;
            };
            let tag =
                unhex(person).and_then(|bytes| bytes.try_into().ok()).map(KeyedHash).ok_or_else(|| self.damaged())?;
            let standing = standings.entry(tag).or_default();
            standing.is_lifted = line.event == Event::Lifted;
            if line.event == Event::Forgotten {
                standing.times += 1;
                standing.at = line.at;
            }
        }
        Ok(standings)
    }

    fn lines(&self) -> Result<Vec<Line>, HostError> {
        let text = self.text()?;
        text.lines().map(|line| serde_json::from_str(line).map_err(|_| self.damaged())).collect()
    }

    /// Adds a line; it outlasts a power cut.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn add(&self, line: &Line) -> Result<(), HostError> {
        let json = serde_json::to_string(line).map_err(|error| HostError::Storage(error.to_string()))?;
        self.try_add(&format!("{json}\n")).map_err(|error| self.failed(&error))
    }

    fn try_add(&self, line: &str) -> std::io::Result<()> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        file.lock()?; // ends with the file
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        // A line that was never written to its end was never acted upon.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64)?;
        }
        file.write_all(line.as_bytes())?;
        file.sync_all()?;
        File::open(self.path.parent().unwrap_or_else(|| Path::new(".")))?.sync_all()
    }

    fn failed(&self, error: &std::io::Error) -> HostError {
        HostError::configuration(
            format!("the list of those who were forgotten, {}: {error}", self.path.display()),
            "let it be read and written by who runs the host; without it nobody can be forgotten for good",
        )
    }

    fn damaged(&self) -> HostError {
        HostError::configuration(
            format!("the list of those who were forgotten, {}, has a line that is none", self.path.display()),
            "bring a copy of it back, from a backup or from where you keep one",
        )
    }
}

/// The text of the list in a file, each line of which is one; empty if there is no file.
///
/// # Errors
/// It cannot be read.
pub fn text_of(path: &Path) -> Result<String, HostError> {
    let list = ErasureList::at(path);
    list.lines()?;
    list.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(tenant: &str, event: Event, person: Option<u8>, at: i64) -> Line {
        Line { tenant: tenant.to_owned(), event, person: person.map(|byte| KeyedHash([byte; 32]).to_string()), at }
    }

    #[test]
    fn lines_are_added_and_folded_tenant_by_tenant() {
        let folder = tempfile::tempdir().unwrap();
        let list = ErasureList::of(folder.path());
        assert!(list.standings("acme").unwrap().is_empty());
        for line in [
            line("beta", Event::Forgotten, Some(1), 1),
            line("acme", Event::KeyRemoved, None, 2),
            line("acme", Event::Forgotten, Some(1), 3),
            line("acme", Event::Forgotten, Some(2), 4),
            line("acme", Event::Lifted, Some(1), 5),
            line("acme", Event::Forgotten, Some(1), 6),
            line("acme", Event::Lifted, Some(2), 7),
            line("beta", Event::KeyRemoved, None, 8),
        ] {
            list.add(&line).unwrap();
        }
        let standings = list.standings("acme").unwrap();
        let standing = |times, at, is_lifted| Erasures { times, at, is_lifted };
        assert_eq!(
            standings,
            [(KeyedHash([1; 32]), standing(2, 6, false)), (KeyedHash([2; 32]), standing(1, 4, true))].into()
        );
        assert!(list.standings("beta").unwrap().is_empty());
    }

    #[test]
    fn a_line_that_was_not_written_to_its_end_was_never_said() {
        let folder = tempfile::tempdir().unwrap();
        let list = ErasureList::of(folder.path());
        list.add(&line("acme", Event::Forgotten, Some(1), 1)).unwrap();
        let whole = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        for length in 1..whole.len() {
            std::fs::write(folder.path().join(FILE), format!("{whole}{}", &whole[..length])).unwrap();
            assert_eq!(list.standings("acme").unwrap().values().next().map(|standing| standing.times), Some(1));
        }
        list.add(&line("acme", Event::Lifted, Some(1), 2)).unwrap();
        assert!(list.standings("acme").unwrap().values().all(|standing| standing.is_lifted));
        std::fs::write(folder.path().join(FILE), format!("x\n{whole}")).unwrap();
        assert!(list.standings("acme").unwrap_err().to_string().contains("a line that is none"));
    }
}

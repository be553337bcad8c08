//! The erasure list: a file of the data directory that tells a restored database whom to erase.
//!
//! It has a JSON object per line: the tenant, an event, a keyed hash and a time. Lines are only ever added. A line is
//! on the disk before the erasure that it stands for is carried out.

use crate::database::KeyedHash;
use crate::line_list::LineList;
use hibob_base::digest::unhex;
use hibob_base::error::HostError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The file's name in the data directory.
pub const FILE: &str = "forgotten.list";

/// The event of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event {
    /// The person was erased.
    Forgotten,
    /// The person may come back.
    Lifted,
    /// The tenant's key is destroyed, as when the tenant was removed: earlier lines of the tenant do not count any
    /// more.
    KeyRemoved,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub tenant: String,
    pub event: Event,
    /// The keyed hash of the employee's id; none if the line is about the whole tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Unix seconds.
    pub at: i64,
}

/// The erasures of one person, by the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Erasures {
    /// How often the person was erased.
    pub times: i64,
    /// When the person was erased last, in Unix seconds.
    pub at: i64,
    /// Whether the person may come back.
    pub is_lifted: bool,
}

/// The erasure list in a file.
pub(super) struct ErasureList(LineList);

impl ErasureList {
    pub(super) fn of(data_dir: &Path) -> Self {
        Self::at(&data_dir.join(FILE))
    }

    pub(super) fn at(path: &Path) -> Self {
        Self(LineList::at(path))
    }

    /// The list's text, without an incomplete last line; empty if there is no file.
    ///
    /// # Errors
    /// It cannot be read.
    fn text(&self) -> Result<String, HostError> {
        self.0.text().map_err(|error| self.failed(&error))
    }

    /// The erasures of a tenant's people, worked out from the lines.
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
        self.0.lines().map_err(|error| self.failed(&error))?.ok_or_else(|| self.damaged())
    }

    /// Adds a line and syncs it to the disk. An incomplete last line is removed first.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn add(&self, line: &Line) -> Result<(), HostError> {
        self.0.add(line).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> HostError {
        HostError::configuration(
            format!("the erasure list {}: {error}", self.0.path().display()),
            "give the user who runs the host permission to read and write it; without it nobody can be erased for good",
        )
    }

    fn damaged(&self) -> HostError {
        HostError::configuration(
            format!("the erasure list {} has a line that cannot be read", self.0.path().display()),
            "replace it with a copy of the list, such as one from a backup",
        )
    }
}

/// The text of the erasure list in a file, after a check of each line; empty if there is no file.
///
/// # Errors
/// The file cannot be read, or has a line that cannot be read.
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
        assert!(list.standings("acme").unwrap_err().to_string().contains("a line that cannot be read"));
    }
}

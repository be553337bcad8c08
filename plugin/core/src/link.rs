//! Links: entries of the tenant's storage that say which account belongs to an employee, and what was last written to
//! it.

use crate::field::ARCHIVED;
use crate::index::IdIndex;
use crate::lookup::fnv1a;
use crate::value::Id;
use crate::world::{StorageError, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The key of a link is this prefix followed by the employee id.
const PREFIX: &str = "link/";

/// The key of what was written to a cost center is this prefix followed by its id.
const RESTORED: &str = "restored/";

/// How often a field is written with the same value before it counts as contested.
const CONTESTED_WRITES: u8 = 2;

/// For how long such a write counts, in seconds: 30 days. A person who changes a field back by hand once a year should
/// not make it contested.
const CONTESTED_SECONDS: u64 = 30 * 24 * 60 * 60;

/// An account that belongs to an employee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The target's id of the account.
    pub account: Id,
    /// The last write of each field, by field name. Fields that were only written when the account was created are not
    /// in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    writes: BTreeMap<Box<str>, Write>,
}

/// The last write of a field. The value itself is not stored, only a digest of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Write {
    digest: u64,
    /// How often this value was written in a row.
    times: u8,
    /// When it was last written, in Unix seconds.
    at: u64,
}

impl Link {
    /// A link to an account, without any writes.
    pub fn new(account: &str) -> Self {
        Self { account: account.into(), writes: BTreeMap::new() }
    }

    /// Records a write of a field. The value of a line manager is the id of their account.
    pub fn wrote(&mut self, field: &str, value: Option<&str>, now_unix_seconds: u64) {
        let digest = digest(value);
        let times = match self.writes.get(field) {
            Some(write) if write.digest == digest && write.is_recent(now_unix_seconds) => write.times.saturating_add(1),
            _ => 1,
        };
        self.writes.insert(field.into(), Write { digest, times, at: now_unix_seconds });
    }

    /// Whether a field is contested: this value was written to it at least twice lately. If the account has another
    /// value again, something else keeps setting it back.
    pub fn is_contested(&self, field: &str, value: Option<&str>, now_unix_seconds: u64) -> bool {
        self.writes.get(field).is_some_and(|write| {
            write.digest == digest(value) && write.times >= CONTESTED_WRITES && write.is_recent(now_unix_seconds)
        })
    }
}

impl Write {
    fn is_recent(&self, now_unix_seconds: u64) -> bool {
        now_unix_seconds.saturating_sub(self.at) < CONTESTED_SECONDS
    }
}

/// A digest that distinguishes values of one field. It need not be secure.
fn digest(value: Option<&str>) -> u64 {
    fnv1a(value.into_iter().flat_map(|value| value.bytes().chain([1])))
}

/// All links of a tenant, in the order of the storage's keys.
#[derive(Debug, Default)]
pub struct Links {
    entries: Vec<(Id, Link)>,
    by_employee: IdIndex,
}

impl Links {
    /// No links.
    pub fn new() -> Self {
        Self::default()
    }

    /// These links, each with its employee id. Every employee must be there only once.
    pub fn of(entries: Vec<(Id, Link)>) -> Self {
        let by_employee = IdIndex::of(entries.iter().map(|(employee, _)| &**employee));
        Self { entries, by_employee }
    }

    /// The link of an employee.
    pub fn get(&self, employee_id: &str) -> Option<&Link> {
        let employee_at = |at: usize| self.entries.get(at).map(|(employee, _)| &**employee).unwrap_or_default();
        let position = self.by_employee.get(employee_id, employee_at)?;
        self.entries.get(position).map(|(_, link)| link)
    }

    /// Every link with its employee id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Link)> {
        self.entries.iter().map(|(employee, link)| (&**employee, link))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// All links of the tenant.
///
/// # Errors
/// The storage failed, or holds something under a link's key that is not a link.
pub fn all(world: &mut dyn World) -> Result<Links, StorageError> {
    let mut links: Vec<(Id, Link)> = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let entries = world.scan(PREFIX, after.as_deref())?;
        let Some((last, _)) = entries.last() else { break };
        after = Some(last.clone());
        for (key, value) in entries {
            let employee = key.strip_prefix(PREFIX).unwrap_or(&key);
            links.push((employee.into(), read(&key, &value)?));
        }
    }
    Ok(Links::of(links))
}

/// The link of one employee.
///
/// # Errors
/// As for [`all`].
pub fn get(world: &mut dyn World, employee_id: &str) -> Result<Option<Link>, StorageError> {
    let key = format!("{PREFIX}{employee_id}");
    world.get(&key)?.map(|value| read(&key, &value)).transpose()
}

/// Stores the link of an employee.
///
/// # Errors
/// The storage failed; nothing was written.
pub fn put(world: &mut dyn World, employee_id: &str, link: &Link) -> Result<(), StorageError> {
    let value = serde_json::to_vec(link).map_err(|error| StorageError(error.to_string()))?;
    world.put(&format!("{PREFIX}{employee_id}"), &value)
}

/// Removes the link of an employee.
///
/// # Errors
/// The storage failed; nothing was written.
pub fn remove(world: &mut dyn World, employee_id: &str) -> Result<(), StorageError> {
    world.remove(&format!("{PREFIX}{employee_id}"))
}

/// Records that a cost center was restored.
///
/// # Errors
/// The storage failed, or what it has under the cost center's key cannot be read.
pub(crate) fn note_restored(world: &mut dyn World, id: &str, now_unix_seconds: u64) -> Result<(), StorageError> {
    let key = format!("{RESTORED}{id}");
    let known = world.get(&key)?.map(|value| read(&key, &value)).transpose()?;
    let mut link = known.unwrap_or_else(|| Link::new(id));
    link.wrote(ARCHIVED, Some("false"), now_unix_seconds);
    let value = serde_json::to_vec(&link).map_err(|error| StorageError(error.to_string()))?;
    world.put(&key, &value)
}

/// Whether a cost center was restored at least twice lately. If it is archived, something else keeps archiving it.
///
/// # Errors
/// As for [`note_restored`].
pub(crate) fn is_restored_in_vain(world: &mut dyn World, id: &str, now: u64) -> Result<bool, StorageError> {
    let key = format!("{RESTORED}{id}");
    let link = world.get(&key)?.map(|value| read(&key, &value)).transpose()?;
    Ok(link.is_some_and(|link| link.is_contested(ARCHIVED, Some("false"), now)))
}

fn read(key: &str, value: &[u8]) -> Result<Link, StorageError> {
    serde_json::from_slice(value).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        StorageError(format!("what the sync stored about an employee's account cannot be read ({key}, {place})"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_contested_after_the_second_write_of_the_same_value_within_a_month() {
        const DAY: u64 = 24 * 60 * 60;
        let mut link = Link::new("1");
        let title = |link: &Link, now| link.is_contested("title", Some("Lead"), now);
        link.wrote("title", Some("Lead"), 100 * DAY);
        assert!(!title(&link, 101 * DAY));
        link.wrote("title", Some("Lead"), 101 * DAY);
        assert!(title(&link, 102 * DAY));
        assert!(!link.is_contested("title", Some("Head"), 102 * DAY), "another value is written");
        assert!(!title(&link, 140 * DAY), "a month later it is tried again");
        link.wrote("title", Some("Lead"), 140 * DAY);
        assert!(!title(&link, 141 * DAY));
        link.wrote("title", None, 141 * DAY);
        assert!(!link.is_contested("title", Some(""), 141 * DAY), "emptying is not setting to nothing");
    }

    #[test]
    fn a_link_survives_being_stored() {
        let mut link = Link::new("29");
        assert_eq!(serde_json::to_string(&link).unwrap(), r#"{"account":"29"}"#);
        link.wrote("title", Some("Lead"), 5);
        let stored = serde_json::to_vec(&link).unwrap();
        assert_eq!(read("k", &stored), Ok(link));
        assert!(read("k", b"{}").is_err());
    }
}

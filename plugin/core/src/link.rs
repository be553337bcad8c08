//! Links: which account belongs to which employee, as the tenant's storage remembers it.

use crate::world::{StorageError, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Keys of links are this and the employee id.
const PREFIX: &str = "link/";

#[derive(Serialize, Deserialize)]
struct Stored {
    account: String,
}

/// Account ids by employee id.
pub type Links = BTreeMap<Box<str>, Box<str>>;

/// All links of the tenant.
///
/// # Errors
/// The storage failed, or holds something under a link's key that is not a link.
pub fn all(world: &mut dyn World) -> Result<Links, StorageError> {
    let mut links = Links::new();
    let mut after: Option<String> = None;
    loop {
        let entries = world.scan(PREFIX, after.as_deref())?;
        let Some((last, _)) = entries.last() else {
            return Ok(links);
        };
        after = Some(last.clone());
        for (key, value) in entries {
            let employee = key.strip_prefix(PREFIX).unwrap_or(&key);
            links.insert(employee.into(), read(&key, &value)?.into());
        }
    }
}

/// The account linked to one employee.
///
/// # Errors
/// As for [`all`].
pub fn get(world: &mut dyn World, employee_id: &str) -> Result<Option<String>, StorageError> {
    let key = format!("{PREFIX}{employee_id}");
    world.get(&key)?.map(|value| read(&key, &value)).transpose()
}

/// Remembers that `account_id` belongs to `employee_id`.
///
/// # Errors
/// The storage failed; nothing was written.
pub fn put(world: &mut dyn World, employee_id: &str, account_id: &str) -> Result<(), StorageError> {
    let stored = Stored { account: account_id.to_owned() };
    let value = serde_json::to_vec(&stored).map_err(|error| StorageError(error.to_string()))?;
    world.put(&format!("{PREFIX}{employee_id}"), &value)
}

fn read(key: &str, value: &[u8]) -> Result<String, StorageError> {
    let stored: Stored = serde_json::from_slice(value)
        .map_err(|error| StorageError(format!("the entry {key} is not a link: {error}")))?;
    Ok(stored.account)
}

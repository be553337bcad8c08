//! Implements the core's port to the outside world with the component's imports.

use crate::bindings::hibob::connector::{log, progress, storage};
use crate::http;
use hibob_connector_core::http::{Request, Response, SendError};
use hibob_connector_core::world::{Entry, SCAN_ENTRIES_MAX, StorageError, World};

/// The host that runs this component.
pub(crate) struct Host;

impl World for Host {
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError> {
        http::send(request)
    }

    fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let values = storage::get(&[key.to_owned()]).map_err(failed)?;
        Ok(values.into_iter().next().flatten())
    }

    fn scan(&mut self, prefix: &str, after: Option<&str>) -> Result<Vec<Entry>, StorageError> {
        let entries = storage::scan(prefix, after, SCAN_ENTRIES_MAX).map_err(failed)?;
        Ok(entries.into_iter().map(|entry| (entry.key, entry.value)).collect())
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), StorageError> {
        let entry = storage::Entry { key: key.to_owned(), value: value.to_owned() };
        storage::commit(&[storage::Write::Put(entry)]).map_err(failed)
    }

    fn remove(&mut self, key: &str) -> Result<(), StorageError> {
        storage::commit(&[storage::Write::Delete(key.to_owned())]).map_err(failed)
    }

    fn log(&mut self, message: &str) {
        log::write(log::Level::Info, message);
    }

    fn progress(&mut self, phase: &str, done: usize, total: Option<usize>) {
        progress::report(phase, done as u64, total.map(|total| total as u64));
    }
}

fn failed(error: storage::StorageError) -> StorageError {
    StorageError(match error {
        storage::StorageError::ReadOnly => "this call may not write to the storage".to_owned(),
        storage::StorageError::OverLimit(limit) => {
            format!("the plugin asked its storage for more than is allowed: {limit}")
        }
        storage::StorageError::Unavailable(reason) => reason,
    })
}

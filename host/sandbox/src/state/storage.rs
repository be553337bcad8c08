//! The interface `storage`: the tenant's keys and values. What a call writes is stored when the call has ended.

use crate::bindings::storage::{Entry, Host, StorageError, Write};
use crate::state::CallState;
use hibob_base::error::HostError;
use hibob_config::limits::Limits;
use hibob_store::database::TenantDatabase;
use hibob_telemetry::RefusalReason;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 512;
/// Largest value, in bytes.
pub const VALUE_BYTES_MAX: usize = 65_536;
/// Most bytes of keys and values that one call may write. A change writes one link; this leaves room for many.
pub const CALL_STORAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most keys that one call may write or delete. They are stored in one transaction when the call has ended.
pub const CALL_STORAGE_WRITES_MAX: usize = 10_000;
/// Most keys that one call may look up and entries that it may scan, together. A plan for 500,000 employees scans a
/// link for each of them.
pub const CALL_STORAGE_READS_MAX: u64 = 1_000_000;
/// Most keys of one `get`, entries of one `scan` or writes of one `commit`.
const ITEMS_MAX: usize = 1_000;
/// Most bytes of values that one `get` returns. A `scan` with more bytes of keys and values returns fewer entries.
const READ_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The tenant's storage as one call sees it: the entries in the database, replaced by those that the call has written.
pub(crate) struct StorageView {
    database: TenantDatabase,
    writable: bool,
    /// What the call has written, by key; `None` for a deleted key.
    written: BTreeMap<String, Option<Vec<u8>>>,
    written_bytes: usize,
    reads_left: u64,
    storage_bytes_max: u64,
    storage_keys_max: u64,
}

impl StorageView {
    pub(crate) fn new(database: TenantDatabase, writable: bool, limits: &Limits) -> Self {
        Self {
            database,
            writable,
            written: BTreeMap::new(),
            written_bytes: 0,
            reads_left: CALL_STORAGE_READS_MAX,
            storage_bytes_max: limits.storage_bytes_max,
            storage_keys_max: limits.storage_keys_max,
        }
    }

    /// Takes out what the call has written.
    pub(crate) fn take(&mut self) -> BTreeMap<String, Option<Vec<u8>>> {
        std::mem::take(&mut self.written)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        match self.written.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.database.entry(key).await,
        }
    }

    /// Counts keys that are looked up or scanned.
    ///
    /// # Errors
    /// The call has used up its reads.
    fn count_reads(&mut self, keys: usize) -> Result<(), StorageError> {
        let over = || StorageError::OverLimit(format!("{CALL_STORAGE_READS_MAX} keys that one call may read"));
        self.reads_left = self.reads_left.checked_sub(keys as u64).ok_or_else(over)?;
        Ok(())
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entry>, HostError> {
        let mut after = after.map(str::to_owned);
        loop {
            let stored = self.database.entries(prefix, after.as_deref(), limit, READ_BYTES_MAX).await?;
            // The call's own entries are merged in only up to the last stored entry that was read.
            let start = match &after {
                Some(after) if after.as_str() >= prefix => Bound::Excluded(after.clone()),
                _ => Bound::Included(prefix.to_owned()),
            };
            let last = stored.entries.last().map(|(key, _)| key.clone()).filter(|_| stored.is_cut);
            let end = last.clone().map_or(Bound::Unbounded, Bound::Included);
            let written = self.written.range((start, end)).take_while(|(key, _)| key.starts_with(prefix));
            let mut merged: BTreeMap<String, Option<Vec<u8>>> =
                stored.entries.into_iter().map(|(key, value)| (key, Some(value))).collect();
            merged.extend(written.map(|(key, value)| (key.clone(), value.clone())));
            let entries = merged.into_iter().filter_map(|(key, value)| Some(Entry { key, value: value? }));
            let entries: Vec<Entry> = entries.take(limit).collect();
            if !entries.is_empty() || last.is_none() {
                return Ok(entries);
            }
            after = last; // the call has deleted all of these
        }
    }

    /// Checks that the tenant's storage has room for these writes beside those that the call has made. Keys that exist
    /// already count as new ones, which matters only near the limit.
    ///
    /// # Errors
    /// A limit of the storage would be exceeded, or the database failed.
    async fn room(&self, writes: &[Write]) -> Result<(), StorageError> {
        let usage = self.database.storage_usage().await.map_err(|error| unavailable(&error))?;
        let mut bytes = usage.bytes + self.written_bytes as u64;
        let mut keys = usage.keys + self.written.len() as u64;
        for write in writes {
            if let Write::Put(entry) = write {
                bytes += (entry.key.len() + entry.value.len()) as u64;
                keys += 1;
            }
        }
        if bytes > self.storage_bytes_max {
            return Err(StorageError::OverLimit(format!("limits.storage_bytes_max ({})", self.storage_bytes_max)));
        }
        if keys > self.storage_keys_max {
            return Err(StorageError::OverLimit(format!("limits.storage_keys_max ({})", self.storage_keys_max)));
        }
        Ok(())
    }

    fn write(&mut self, writes: Vec<Write>) -> Result<(), StorageError> {
        if !self.writable {
            return Err(StorageError::ReadOnly);
        }
        let sizes = writes.iter().map(|write| match write {
            Write::Put(entry) => (entry.key.len(), entry.value.len()),
            Write::Delete(key) => (key.len(), 0),
        });
        let mut bytes = self.written_bytes;
        for (key, value) in sizes {
            if key == 0 || key > KEY_BYTES_MAX {
                return Err(StorageError::OverLimit(format!("1 to {KEY_BYTES_MAX} bytes of a key")));
            }
            if value > VALUE_BYTES_MAX {
                return Err(StorageError::OverLimit(format!("{VALUE_BYTES_MAX} bytes of a value")));
            }
            bytes += key + value;
        }
        if self.written.len() + writes.len() > CALL_STORAGE_WRITES_MAX {
            return Err(StorageError::OverLimit(format!("{CALL_STORAGE_WRITES_MAX} keys that one call may write")));
        }
        if bytes > CALL_STORAGE_BYTES_MAX {
            return Err(StorageError::OverLimit(format!("{CALL_STORAGE_BYTES_MAX} bytes that one call may write")));
        }
        self.written_bytes = bytes;
        for write in writes {
            match write {
                Write::Put(entry) => self.written.insert(entry.key, Some(entry.value)),
                Write::Delete(key) => self.written.insert(key, None),
            };
        }
        Ok(())
    }
}

fn limited(items: usize) -> Result<(), StorageError> {
    if items > ITEMS_MAX { Err(StorageError::OverLimit(format!("{ITEMS_MAX} keys at one time"))) } else { Ok(()) }
}

/// The error that the plugin gets if the database fails. The log has the details.
fn unavailable(error: &HostError) -> StorageError {
    tracing::error!("{error}");
    StorageError::Unavailable("the host's database failed".to_owned())
}

impl Host for CallState {
    async fn get(&mut self, keys: Vec<String>) -> wasmtime::Result<Result<Vec<Option<Vec<u8>>>, StorageError>> {
        if let Err(error) = limited(keys.len()).and_then(|()| self.storage.count_reads(keys.len())) {
            return Ok(Err(error));
        }
        let mut values = Vec::with_capacity(keys.len());
        let mut bytes = 0;
        for key in keys {
            match self.storage.get(&key).await {
                Ok(value) => {
                    bytes += value.as_ref().map_or(0, Vec::len);
                    values.push(value);
                }
                Err(error) => return Ok(Err(unavailable(&error))),
            }
            if bytes > READ_BYTES_MAX {
                return Ok(Err(StorageError::OverLimit(format!("{READ_BYTES_MAX} bytes of values at one time"))));
            }
        }
        Ok(Ok(values))
    }

    async fn scan(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<Entry>, StorageError>> {
        let limit = (limit as usize).clamp(1, ITEMS_MAX);
        if let Err(error) = self.storage.count_reads(limit) {
            return Ok(Err(error));
        }
        let entries = self.storage.scan(&prefix, after.as_deref(), limit).await;
        Ok(entries.map_err(|error| unavailable(&error)))
    }

    async fn commit(&mut self, writes: Vec<Write>) -> wasmtime::Result<Result<(), StorageError>> {
        if let Err(error) = limited(writes.len()) {
            return Ok(Err(error));
        }
        let room = if self.storage.writable { self.storage.room(&writes).await } else { Ok(()) };
        let written = room.and_then(|()| self.storage.write(writes));
        if matches!(written, Err(StorageError::ReadOnly | StorageError::OverLimit(_))) {
            self.egress.metrics().refusal(RefusalReason::Storage);
        }
        Ok(written)
    }
}

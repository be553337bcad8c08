//! What a job is given to reach the outside: HTTP, the tenant's storage, a line to whoever waits.

use crate::http::{Request, Response, SendError};

/// Entries that one `scan` asks for; the storage interface allows 1,000.
pub const SCAN_ENTRIES_MAX: u32 = 1_000;

/// A key and its value.
pub type Entry = (String, Vec<u8>);

/// Storage failed; ending the job is all that is left to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageError(pub String);

/// The outside of a job.
pub trait World {
    /// Sends a request and returns the head of its answer. Never retries; the host does that.
    ///
    /// # Errors
    /// See [`SendError`]: they differ in whether the request may have been carried out.
    fn send(&mut self, request: &Request) -> Result<Response<'_>, SendError>;

    /// The value under `key`.
    ///
    /// # Errors
    /// The storage failed.
    fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, StorageError>;

    /// Up to [`SCAN_ENTRIES_MAX`] entries whose key starts with `prefix`, after the key `after`, in key order.
    ///
    /// # Errors
    /// The storage failed.
    fn scan(&mut self, prefix: &str, after: Option<&str>) -> Result<Vec<Entry>, StorageError>;

    /// Puts a value under a key.
    ///
    /// # Errors
    /// The storage failed, or refuses writes in this call; nothing was written.
    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), StorageError>;

    /// Removes a key, if it is there.
    ///
    /// # Errors
    /// As [`Self::put`].
    fn remove(&mut self, key: &str) -> Result<(), StorageError>;

    /// Notes something in the job's log; never personal data.
    fn log(&mut self, message: &str);

    /// Says how far the job is.
    fn progress(&mut self, phase: &str, done: usize, total: Option<usize>);
}

//! The port by which a job reaches the outside world: HTTP, the tenant's storage, log and progress.

use crate::http::{Request, Response, SendError};

/// Entries that one `scan` asks for; the storage interface allows 1,000.
pub const SCAN_ENTRIES_MAX: u32 = 1_000;

/// A key and its value.
pub type Entry = (String, Vec<u8>);

/// The storage failed, with the reason as text. The job can only end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageError(pub String);

/// What a job can use of the outside world.
pub trait World {
    /// Sends a request and returns the head of the answer. Never repeats a request: retrying is the host's task.
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

    /// Writes a line to the job's log. It may not have personal data.
    fn log(&mut self, message: &str);

    /// Reports how far the job is: the phase, how many things of it are done, and how many there are if that is known.
    fn progress(&mut self, phase: &str, done: usize, total: Option<usize>);
}

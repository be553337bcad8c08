//! What all crates of the host share: errors with their exit codes, private files, digests, secrets in memory, and the
//! kinds of jobs. The crate uses no database, no network and no wasmtime.

pub mod clock;
pub mod digest;
pub mod error;
pub mod files;
pub mod holder;
pub mod job;
pub mod key_file;
pub mod messages;
pub mod os_user;
pub mod person;
pub mod private_folder;
pub mod progress;
pub mod secret;
pub mod text;
mod words;

pub use error::{Exit, HostError};

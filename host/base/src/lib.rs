//! What every part of the host shares: errors with their exit codes, private files, digests, secrets in memory, and the
//! kinds of jobs. It knows neither databases, nor the network, nor the engine.

pub mod clock;
pub mod digest;
pub mod error;
pub mod files;
pub mod holder;
pub mod job;
pub mod key_file;
pub mod progress;
pub mod secret;
pub mod text;
mod words;

pub use error::{Exit, HostError};

//! The contract with plugins as plain Rust types: what `wit/`, in its newest version, calls records, variants and enums.
//!
//! Every part of the host works with these types. None of them knows wasmtime, so a crate that plans, guards or records can
//! be built and tested without an engine; the sandbox translates between them and what wasmtime generates for each version.
//! Their JSON form is stored in plans, journals and baselines, so a renamed variant or field would make those unreadable.

mod call_kind;
pub mod directory_sync;
pub mod leaver;
pub mod offboarding_references;
mod plan;
pub mod types;
mod version;

pub use call_kind::CallKind;
pub use plan::{Planned, Roster};
pub use version::WitVersion;

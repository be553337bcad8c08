//! The contract with plugins as plain Rust types: the records, variants and enums of the newest version in `wit/`.
//!
//! All crates of the host use these types. They do not depend on wasmtime, so crates that use them can be built and
//! tested without it; the sandbox translates between them and the types that wasmtime generates for each version.
//! Stored plans, journals and baselines have their JSON form, so a renamed variant or field would make stored data
//! unreadable.

mod call_kind;
pub mod directory_sync;
pub mod leaver;
pub mod offboarding_references;
mod plan;
pub mod types;
mod version;

pub use call_kind::CallKind;
pub use plan::{ActiveAccount, Planned, Roster};
pub use version::WitVersion;

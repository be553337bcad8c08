//! The sandbox: which plugins are trusted, their compiled code, and calls of plugins with all that a call may touch.
//!
//! ```text
//! identity ▸ engine, compiled ▸ plugin ──┐
//!    bindings ▸ state ───────────────────┼── call (a fresh instance) ── planning, leavers (what the host calls)
//! tenant (its egresses, its storage) ────┘
//! ```
//!
//! No two of these modules use each other.

pub mod bindings;
pub mod call;
mod compiled;
pub mod engine;
pub mod identity;
pub mod leavers;
pub mod open;
pub mod planning;
pub mod plugin;
mod state;
pub mod tenant;

pub use open::Open;
pub use plugin::Plugin;
pub use tenant::Tenant;

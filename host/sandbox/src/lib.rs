//! Plugins in their sandbox: who vouches for one, its compiled code, and calls into it with what they may touch.
//!
//! ```text
//! identity ▸ engine, compiled ▸ plugin ──┐
//!                                        ├── call (a fresh instance) ── planning, leavers: what the host asks
//! tenant (its ways out, its storage) ────┘
//! ```

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

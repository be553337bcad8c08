//! The connector for hosts without WASI: the world `json-connector` of the contract around `hibob-connector-core`.
//!
//! ```text
//! component ── the bindings of the contract, on wasm only
//! session ──── the exported functions, over the port Host
//! world ────── the core's port to the outside, over the same Host
//! forms ────── core types as JSON, and back
//! words ────── messages and remedies that fit any host
//! ```

#[cfg(target_family = "wasm")]
mod component;
mod forms;
mod session;
mod words;
mod world;

pub use session::Session;
pub use world::{Answer, Host, Piece, Sent};

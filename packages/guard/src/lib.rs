//! The guard of the packages: what `hibob-policy` decides, for hosts that are not written in Rust.
//!
//! ```text
//! component ── the bindings of wit/guard.wit, on wasm only
//! guard ────── the exported functions
//!    ├── run ─────── one run: its services, manifest and limits; requests and answers of a call
//!    ├── review ──── a plan: whether it can be applied, and what is held
//!    ├── apply ───── one change: as it is made, and what its answers show
//!    └── ledger ──── whose account it is, as the package itself has written it
//! forms ────── JSON as the contract's types, and back
//! ```
//!
//! The crate does no I/O and imports nothing. The rules are those of `hibob-policy`; `tests/equal.rs` holds words and numbers
//! to it.

mod apply;
#[cfg(target_family = "wasm")]
mod component;
mod forms;
mod guard;
mod ledger;
mod review;
mod run;

pub use guard::Guard;

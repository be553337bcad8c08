//! Secrets: where they come from, where they may go, and how they are kept from being seen.
//!
//! ```text
//! env:NAME, file:PATH ── the operator's ──┐
//!                                          ├── Secret ── Credential (egress) ── its origin, and no other
//! store: sealed with a key ── open ────────┘      └── Redactor: out of every foreign text
//! ```

pub mod aead;
mod key;
mod keys;
mod store;

pub use store::PEOPLE_KEY;
pub use store::{Entered, Listed, SecretStore, ToEnter};

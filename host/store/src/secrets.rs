//! The secret store: tenants' secrets in the control database, each encrypted for its tenant, name and origins.
//!
//! ```text
//! env:NAME, file:PATH ── set by the operator ─┐
//!                                             ├── Secret ── Credential (egress) ── sent to its origin only
//! secret store: encrypted ── decrypt ─────────┘      └── Redactor: removed from text from outside
//! ```

pub mod aead;
mod key;
mod keys;
mod store;

pub use store::PEOPLE_KEY;
pub use store::{Entered, Listed, SecretStore, ToEnter};

//! What a plugin may ask for, write and plan. Pure: no I/O, no clock, no engine, so it can be read, tested and built anywhere.
//!
//! ```text
//! request ── which requests may leave, and to which of the tenant's services
//!    ├── manifest ────── and that the plugin has declared
//!    ├── change_scope ── and, to write: only what this one change says, to the account that it is about
//!    └── person_scope ── and, about a leaver: only this person, of whom the host keeps what was answered
//! plan_limits ── whether a plan is small enough to hold, and can be applied at all
//! guard ──────── whether what it does looks like an accident
//! ```
//!
//! Nothing here trusts the plugin: every decision is over the request as it will leave, the answer as it came, and the
//! typed changes themselves.

pub mod change_scope;
pub mod grant;
pub mod guard;
mod json;
pub mod manifest;
pub mod over;
pub mod person_scope;
pub mod plan_limits;
pub mod request;

pub use change_scope::{ApplyScope, LedgerFacts, writable_attributes};
pub use grant::Grant;
pub use manifest::Manifest;
pub use over::{Over, Overrun};
pub use person_scope::{PersonRead, PersonScope, is_garden_leave};
pub use plan_limits::Intake;
pub use request::{Action, Refusal, Role, Route};

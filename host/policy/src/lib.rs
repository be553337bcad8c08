//! Decides which requests a plugin may send, what it may write, and which plans may be applied.
//!
//! The crate is pure: it does no I/O, reads no clock and does not know wasmtime, so it can be tested and built
//! anywhere.
//!
//! ```text
//! request ── the request policy: which requests may leave, and to which of the tenant's services
//!    ├── manifest ────── of these, a plugin may send only the ones that its manifest declares
//!    ├── change_scope ── a call that applies a change may write only that change, to that change's account
//!    └── person_scope ── a call about one leaver may ask about that person only
//! observed ───── what the answers show beside their content
//! plan_limits ── whether a plan is small enough to hold in memory, and can be applied at all
//! plan_digest ── by which two plans are known to do the same
//! plan_json ──── the parts of a plan as JSON
//! shown ──────── what the answers leave of an outcome that a plugin reports
//! adopted ────── what an adopted account keeps
//! on_hold ────── whose account a person has decided to leave alone
//! guard ──────── whether a plan looks like an accident
//! answer_reader ─ reads the employees of an answer as its bytes pass
//!    ├── work_emails ─── whether HiBob has shown the work emails that a plan writes
//!    └── titles ──────── which job title each employee has
//! text_form ──── the form in which names and addresses are compared
//! ```
//!
//! Nothing here trusts the plugin: each decision looks at the request as it will be sent, at the answer as the service
//! gave it, and at the typed changes themselves.

pub mod adopted;
pub mod answer_reader;
pub mod change_scope;
pub mod grant;
pub mod guard;
mod json;
pub mod manifest;
pub mod observed;
pub mod on_hold;
pub mod over;
pub mod person_scope;
pub mod plan_digest;
pub mod plan_json;
pub mod plan_limits;
pub mod request;
pub mod shown;
pub mod text_form;
pub mod titles;
mod value;
pub mod work_emails;

pub use change_scope::{ApplyScope, LedgerFacts, Made, TargetSettings, writable_attributes};
pub use grant::Grant;
pub use manifest::Manifest;
pub use over::{Over, Overrun};
pub use person_scope::{PersonRead, PersonScope, is_garden_leave};
pub use plan_limits::Intake;
pub use request::{Action, Refusal, Role, Route};

//! The connector's brain: what HiBob says, what the target should look like, and the changes in between.
//!
//! ```text
//! people/search ──▶ hibob::ArraySplitter ──▶ hibob::Record ──▶ hibob::Employee ──▶ mapping::Person ─┐
//!                                                                                                  ├─▶ plan::Plan ─▶ audit
//! GET /Users ─────▶ scim::UserPage ────────────────────────────────────────────▶ scim::Account ────┘        │
//!                                                                                          apply ◀── one Change
//! ```
//!
//! Nothing here does I/O, asks a clock or draws a random number. Time is a parameter; HTTP and storage are the
//! [`world::World`] that a job is given. Collections are ordered, so the same input gives the same plan.

pub mod apply;
pub mod approvers;
mod catalogue;
pub mod change;
pub mod check;
#[cfg(test)]
mod documented;
pub mod error;
pub mod field;
pub mod finding;
pub mod hibob;
pub mod http;
mod index;
pub mod lifecycle;
pub mod link;
mod lookup;
pub mod mapping;
pub mod plan;
pub mod plan_audit;
mod read;
pub mod references;
pub mod rest;
pub mod scim;
pub mod settings;
pub mod sync;
pub mod texts;
pub mod time_zones;
pub mod value;
pub mod world;

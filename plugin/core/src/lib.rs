//! The connector's logic: reads HiBob and TravelPerk, works out what the accounts should look like, and plans and makes
//! the changes. Also finds who has left, for offboarding references.
//!
//! ```text
//! people/search ─▶ hibob::ArraySplitter ─▶ hibob::Record ─▶ hibob::Employee ─▶ mapping::DesiredAccount ─┐
//!                                                                                                      ├▶ plan::Plan ─▶ plan_audit
//! GET /Users ────▶ scim::user_page ──────────────────────────────────────────▶ scim::Account ──────────┘        │
//!                                                                                              apply ◀── one Change
//! ```
//!
//! Nothing here does I/O, reads a clock or draws a random number. Time is a parameter; HTTP and storage are behind the
//! port [`world::World`] that each job is given. Collections are ordered, so the same input gives the same plan.

pub mod apply;
pub mod approvers;
mod catalogue;
pub mod change;
pub mod check;
#[cfg(test)]
mod documented;
pub mod error;
pub mod exclusion;
pub mod field;
pub mod finding;
pub mod hibob;
pub mod host_facts;
pub mod http;
mod index;
pub mod lifecycle;
pub mod link;
mod listing;
mod lookup;
pub mod mapping;
pub mod phone;
pub mod plan;
pub mod plan_audit;
mod read;
pub mod references;
pub mod rest;
pub mod scim;
pub mod settings;
pub mod sync;
pub mod text_form;
pub mod texts;
pub mod time_zones;
pub mod value;
pub mod world;

//! The host: loads the connector component and runs its jobs, tenant by tenant.
//!
//! ```text
//! Runtime ── Plugin ──┐
//!                     ├── Call (a fresh store) ── CallState: Egress · StorageView · Progress
//! Tenant ─────────────┘
//! ```
//!
//! An embedder makes one [`engine::Runtime`], loads a [`plugin::Plugin`], opens a [`tenant::Tenant`] for each company,
//! and calls the jobs in [`run`].

pub mod api;
pub mod approval;
pub mod audit;
pub mod backup;
pub mod bindings;
pub mod call;
pub mod cli;
mod compiled;
pub mod data_dir;
pub mod database;
pub mod deliver;
mod digest;
pub mod egress;
pub mod engine;
pub mod error;
pub mod forget;
mod history;
mod holder;
pub mod identity;
mod key_file;
pub mod limits;
pub mod manifest;
pub mod person;
pub mod plan_file;
mod plan_json;
pub mod plugin;
pub mod queue;
pub mod references;
pub mod run;
pub mod schedule;
pub mod secret;
pub mod serve;
pub mod telemetry;
pub mod tenant;
mod text;
pub mod token;
pub mod verify;
pub mod workbook;

/// The example of embedding in the documents compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/embed/README.md")]
struct Embedding;

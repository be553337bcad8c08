//! The host as embedders use it, and the program `hibob`.
//!
//! ```text
//! Runtime ── Plugin ──┐
//!                     ├── Call (a fresh store) ── CallState: Egress · StorageView · Progress
//! Tenant ─────────────┘
//! ```
//!
//! An embedder makes one [`engine::Runtime`], loads a [`plugin::Plugin`], opens a [`tenant::Tenant`] for each company,
//! and calls the jobs in [`run`]. The crates behind this one each do one thing; `ARCHITECTURE.md` has their picture.

pub mod cli;

pub use hibob_base::{error, job, progress, secret};
pub use hibob_config as config;
pub use hibob_contract as contract;
pub use hibob_delivery as delivery;
pub use hibob_egress as egress;
pub use hibob_jobs::{approval, history, workbook};
pub use hibob_net as net;
pub use hibob_policy as policy;
pub use hibob_sandbox::{Open, call, engine, identity, leavers, plugin, tenant};
pub use hibob_server::{api, serve};
pub use hibob_shares as shares;
pub use hibob_store::{api_log, backup, data_dir, database, plan_file, privacy, queue, revoked_tokens, secrets, token};
pub use hibob_telemetry as telemetry;
pub use hibob_verification as verification;

/// Running a tenant's jobs.
pub mod run {
    pub use hibob_jobs::run::*;
    pub use hibob_runner::{Jobs, Run, Sandboxed, check, check_tenant, guard, plan, roster, start};
}

/// Issuing and delivering references.
pub mod references {
    pub use hibob_jobs::references::*;
    pub use hibob_runner::references as run;
    pub use hibob_sandbox::leavers::{address, claims, departures, look_up};
}

/// The example of embedding in the documents compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/embed/README.md")]
struct Embedding;

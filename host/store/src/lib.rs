//! Everything that the host stores: the databases, the queue of jobs, secrets, personal data encrypted under each
//! person's key, saved plans, and backups.
//!
//! ```text
//! backup, plan_file, tenant removal, privacy (names and values under the person's key; erasing a person)
//!    └── data_dir ── the data directory and the tenants' configurations
//!           ├── queue ────── jobs, leases, schedules
//!           ├── secrets ──── the secret store, encrypted with the operator's key
//!           └── database ─── SQLite or PostgreSQL: statements, tables, transactions under a fencing token
//! run_store ── the ports through which the jobs write runs
//! ```
//!
//! Arrows point downwards only: no folder uses one that uses it, and `database` uses none of the others.

pub mod api_log;
pub mod backup;
pub mod data_dir;
pub mod database;
pub mod forget_tenant;
mod line_list;
pub mod plan_file;
pub mod privacy;
pub mod queue;
pub mod revoked_tokens;
pub mod run_store;
pub mod secrets;
pub mod settings;
pub mod tenant_change;
pub mod token;
pub mod update_row;

pub use data_dir::DataDir;

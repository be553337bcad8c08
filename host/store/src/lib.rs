//! Everything that is kept: databases, the queue of jobs, secrets, personal data under keys of their own, saved plans,
//! backups.
//!
//! ```text
//! data_dir ── what a data directory holds, and the configurations in it
//!    ├── privacy ── names and values under the person's key, and erasing a person
//!    ├── queue ──── jobs, leases, schedules
//!    ├── secrets ── sealed with the operator's key, for a place
//!    └── database ─ SQLite or PostgreSQL: statements, tables, transactions under a fencing token
//! ```

pub mod api_log;
pub mod backup;
pub mod data_dir;
pub mod database;
pub mod forget_tenant;
pub mod plan_file;
pub mod privacy;
pub mod queue;
pub mod run_store;
pub mod secrets;
pub mod token;
pub mod update_row;

pub use data_dir::DataDir;

//! What the jobs do: plan, guard, apply, resume, wait for approval; issue references and deliver them.
//!
//! The logic is over ports ([`run::outside`]): in earnest the sandbox and the databases fill them, in the simulation a
//! simulated world. So nothing here knows an engine.

pub mod approval;
pub mod history;
pub mod plan_json;
pub mod references;
pub mod run;
pub mod workbook;

//! What the jobs do: plan, guard, apply, resume, wait for approval; issue references and deliver them.
//!
//! The logic uses ports ([`run::ports`]). In the program they are the sandbox and the databases (`hibob-runner`); in
//! the simulation of the tests they are a simulated world. So nothing here knows a WebAssembly engine.

pub mod approval;
pub mod check_json;
pub mod history;
pub mod interrupt;
pub mod interrupted;
pub mod overview;
pub mod plan_changes;
pub mod plan_json;
pub mod references;
pub mod run;
pub mod setup;
pub mod tenant_status;
pub mod timeline;
pub mod workbook;

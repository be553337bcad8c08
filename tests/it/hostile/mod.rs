//! Attacks: one tenant's plugin misbehaves while another tenant's sync runs in the same process.
//!
//! `docs/security/attacks.md` lists them all with what stops each.

mod answers;
mod apply;
mod arena;
mod changes;
mod memory;
mod plans;
mod references;
mod requests;
mod servers;
mod shapes;
mod storage;
mod telemetry;
mod time;

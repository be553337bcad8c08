//! Offboarding references: finding leavers, issuing their references, and delivering them.
//!
//! ```text
//! ask (plugin) ▸ Confirmed ▸ issue: claims, signature ▸ one transaction: log entry, delivery, standing
//!                                       log: head ▸ witness: cosignatures ▸ outbox: page, address, channel
//! ```

mod daily;
mod dns;
mod due;
mod export;
mod fonts;
mod guard;
mod issue;
mod job;
mod keys;
mod leavers;
mod list;
mod log;
mod naming;
mod outbox;
mod publish;
mod report;
mod revoke;
mod waive;
mod witness;

pub use dns::{keys_in_dns, name_servers, require_published};
pub use export::{ExportedReference, export, prepare_delivery};
pub use fonts::fonts;
pub use guard::{Release, issuing_left};
pub use hibob_verification::NameServers;
pub use job::{ReferencesRequest, run};
pub use keys::{DnsRecord, IssuerKeys, key_state};
pub use leavers::{LeaverClaims, Leavers};
pub use list::{list_json, name_of, whole_id};
pub use outbox::Deliveries;
pub use publish::{Published, publish};
pub use report::{HeldClass, HeldGuard, HeldPerson, Report};
pub use revoke::{revoke, unknown};
pub use waive::waive;
pub use witness::{Confirmation, WitnessReport};

//! Stand-ins for HiBob (the source) and TravelPerk (the target), for tests and for the demo.
//!
//! They are strict on purpose: a stand-in that answers 200 to a duplicate `userName` hides bugs. What the
//! vendors document is imitated as documented; what they leave open is a public field (a "switch"), and the
//! doc comment of each names its source or says "unconfirmed".
//!
//! [`World`] is pure: requests in, responses out, with the time as a parameter and seeded randomness.
//! [`Server`] puts it on two ports of 127.0.0.1. Tests that need no sockets call [`World::handle`] directly.
//!
//! References need some more, each by itself and made the same way: a [`Mailbox`] behind a [`MailServer`], names that
//! a [`DnsServer`] knows ([`Dns`]), and a [`Site`] on a [`SiteServer`]. Their log has a [`Witness`] on a
//! [`WitnessServer`].

#![expect(clippy::expect_used, reason = "test support: a broken stand-in must stop the test")]

pub mod company;
mod control;
pub mod dns;
mod fault;
mod flaky;
pub mod hibob;
mod listen;
mod message;
mod record;
mod scenario;
mod server;
pub mod site;
pub mod smtp;
pub mod travelperk;
mod window;
mod wire;
pub mod witness;
mod world;

pub use company::{Company, Employee};
pub use dns::{Dns, DnsServer};
pub use fault::{Fault, FaultKind};
pub use hibob::HiBob;
pub use message::{Delivery, Request, Response, Service};
pub use record::Recorded;
pub use scenario::{DayTwo, Rehire, Scenario, UnknownScenario};
pub use server::Server;
pub use site::{Site, SiteServer};
pub use smtp::{MailServer, Mailbox};
pub use travelperk::TravelPerk;
pub use witness::{Witness, WitnessServer};
pub use world::World;

//! Stand-ins for HiBob (the source) and TravelPerk (the target), for tests and for the demo.
//!
//! They are strict on purpose: a stand-in that answers 200 to a duplicate `userName` hides bugs. They behave as the
//! vendors document it. Behaviour that the vendors do not document is set by a public field (a "switch"), whose doc
//! comment names its source or says "unconfirmed".
//!
//! [`World`] is pure: it gets requests and returns responses, with the time as a parameter and seeded randomness.
//! [`Server`] serves it on two ports of 127.0.0.1. Tests that need no sockets call [`World::handle`] directly.
//!
//! Tests of references use further stand-ins of this design: a [`Mailbox`] behind a [`MailServer`], the records of a
//! [`DnsServer`] ([`Dns`]), a [`Site`] on a [`SiteServer`], and a [`Witness`] on a [`WitnessServer`]. Tests of connections
//! put a [`ConnectProxy`] on a [`ProxyServer`] between, and a [`TlsFront`] before a server.

#![expect(clippy::expect_used, reason = "test support: a broken stand-in must stop the test")]

pub mod company;
mod control;
pub mod dns;
mod fault;
mod flaky;
pub mod hibob;
mod latency;
mod listen;
mod message;
pub mod proxy;
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
pub use proxy::{ConnectProxy, ProxyServer, TlsFront};
pub use record::Recorded;
pub use scenario::{DayTwo, Rehire, Scenario, UnknownScenario};
pub use server::Server;
pub use site::{Site, SiteServer};
pub use smtp::{MailServer, Mailbox};
pub use travelperk::TravelPerk;
pub use witness::{Witness, WitnessServer};
pub use world::World;

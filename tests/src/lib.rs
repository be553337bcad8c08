//! What the tests and benchmarks share: a company and its TravelPerk around the real host, and the same without it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test support: what fails here must stop the test")]

pub mod canned;
pub mod native;
pub mod setup;

//! What tests and benchmarks share: a company and its TravelPerk, connected to the real host or to the core alone.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support: what fails here must stop the test"
)]

pub mod canaries;
pub mod canned;
pub mod leavers;
pub mod native;
pub mod numbers;
pub mod process;
pub mod published;
pub mod setup;

pub use hibob_test_depth::deep;

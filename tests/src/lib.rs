//! What the tests and benchmarks share: a company and its TravelPerk around the real host, and the same without it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support: what fails here must stop the test"
)]

pub mod canaries;
pub mod canned;
pub mod native;
pub mod numbers;
pub mod process;
pub mod published;
pub mod setup;

/// Where it is set, tests that repeat something at random do it as often as they can afford once a day, and otherwise as
/// often as somebody waits for who has just changed a line. `.ci/run` sets it.
pub const DEEP_VARIABLE: &str = "HIBOB_DEEP";

/// How often something is repeated: `short`, or `long` where [`DEEP_VARIABLE`] is set to something else than `0`.
pub fn deep(short: usize, long: usize) -> usize {
    let is_deep = std::env::var(DEEP_VARIABLE).is_ok_and(|value| !["", "0"].contains(&value.as_str()));
    if is_deep { long } else { short }
}

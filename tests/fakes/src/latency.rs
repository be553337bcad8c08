//! Simulated latency: how long answers are delayed.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// A time below `within` that depends only on the seed and the request's place in the log.
pub(crate) fn draw(within: Duration, seed: u64, place: usize) -> Duration {
    let mut rng = StdRng::seed_from_u64(seed.rotate_left(32) ^ place as u64);
    within.mul_f64(rng.random())
}

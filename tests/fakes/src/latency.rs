//! How long answers take.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// A time below `within`: the same one for the same seed and place in the log.
pub(crate) fn draw(within: Duration, seed: u64, place: usize) -> Duration {
    let mut rng = StdRng::seed_from_u64(seed.rotate_left(32) ^ place as u64);
    within.mul_f64(rng.random())
}

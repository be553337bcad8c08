//! Random numbers: everything that is random in a simulated history is drawn from its seed.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;

/// A random number generator with a seed.
#[derive(Debug)]
pub(crate) struct Chance(StdRng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// Another generator. Numbers drawn from it do not change those drawn from this one.
    pub(crate) fn fork(&mut self) -> Self {
        Self::new(self.0.random())
    }

    /// A random number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end)
    }

    /// True in `cases` of a thousand cases.
    pub(crate) fn in_thousand(&mut self, cases: u64) -> bool {
        self.below(1_000) < cases
    }

    /// One of these, at random.
    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.0.random_range(0..of.len())].clone()
    }

    /// A random number from 0 to 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        self.0.random()
    }

    /// A random time below `end`.
    pub(crate) fn time(&mut self, end: Duration) -> Duration {
        end.mul_f64(self.fraction())
    }
}

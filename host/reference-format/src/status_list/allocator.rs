//! Which index a new reference gets.

use super::{Bitstring, ENTRIES};
use crate::random::{self, RandomError};

/// Draws free indices of a list at random.
#[derive(Clone, Debug)]
pub struct IndexAllocator {
    used: Bitstring,
    free: u32,
}

impl IndexAllocator {
    /// With the indices that references have already.
    pub fn new(used: impl IntoIterator<Item = u32>) -> Self {
        let used = Bitstring::with(used);
        Self { free: ENTRIES - used.count(), used }
    }

    /// How many are free.
    pub fn free(&self) -> u32 {
        self.free
    }

    /// Takes a free index, each as likely as any other; `None` from a full list: a new pair of lists is due.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn draw(&mut self) -> Result<Option<u32>, RandomError> {
        if self.free == 0 {
            return Ok(None);
        }
        // While half is free, two tries are enough on average; later the free ones are counted through.
        let index = if self.free > ENTRIES / 2 {
            loop {
                let index = random::below(ENTRIES)?;
                if self.used.get(index) == Some(false) {
                    break Some(index);
                }
            }
        } else {
            let number = random::below(self.free)?;
            (0..ENTRIES).filter(|index| self.used.get(*index) == Some(false)).nth(number as usize)
        };
        if let Some(index) = index {
            self.used.set(index);
            self.free -= 1;
        }
        Ok(index)
    }
}

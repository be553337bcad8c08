//! The choice of the status index for a new reference.

use super::{Bitstring, ENTRIES};
use crate::random::{self, RandomError};

/// Draws free indices of a list at random.
#[derive(Clone, Debug)]
pub struct IndexAllocator {
    used: Bitstring,
    free: u32,
}

impl IndexAllocator {
    /// An allocator for a list in which references already use the indices `used`.
    pub fn new(used: impl IntoIterator<Item = u32>) -> Self {
        let used = Bitstring::with(used);
        Self { free: ENTRIES - used.count(), used }
    }

    /// The number of free indices.
    pub fn free(&self) -> u32 {
        self.free
    }

    /// Takes a free index, all equally likely. `None` means that the list is full, so the issuer needs a new pair of
    /// lists.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn draw(&mut self) -> Result<Option<u32>, RandomError> {
        if self.free == 0 {
            return Ok(None);
        }
        // While more than half is free, two attempts are enough on average. After that, one of the free indices is
        // drawn by counting through them.
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

//! Random bytes and numbers from the operating system.

use rand::TryRng;

/// The operating system gives no randomness. The error contains its reason.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no randomness ({0}); nothing is signed until it does")]
pub struct RandomError(String);

/// Fills `bytes` from the operating system.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), RandomError> {
    rand::rngs::SysRng.try_fill_bytes(bytes).map_err(|error| RandomError(error.to_string()))
}

/// A random number below `bound`, all equally likely. `bound` must not be zero.
pub(crate) fn below(bound: u32) -> Result<u32, RandomError> {
    // Numbers from the last, incomplete multiple of `bound` are discarded, because they would make small results
    // likelier.
    let limit = u32::MAX - u32::MAX % bound.max(1);
    loop {
        let mut bytes = [0; 4];
        fill(&mut bytes)?;
        let number = u32::from_le_bytes(bytes);
        if number < limit {
            return Ok(number % bound.max(1));
        }
    }
}

//! What an attempt to create an account has left open, for the attempt that looks again.
//!
//! The host calls again with [`Attempt::AfterUnknownOutcome`](crate::change::Attempt), and says nothing else. So an attempt
//! that learned something stores it, under the employee's id, until the account is found or is created anew.

use crate::world::{StorageError, World};

/// The key is this prefix followed by the employee id.
const PREFIX: &str = "doubt/";

/// What an earlier attempt has learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// TravelPerk accepted the creation, and does not show the account yet. It must not be created again.
    Accepted,
    /// TravelPerk refused the creation as the user name is in use, and showed no account that has it.
    InUse,
    /// As [`Self::InUse`], and this sync had an account for the employee before.
    InUseByOurs,
}

const WORDS: [(Doubt, &[u8]); 3] =
    [(Doubt::Accepted, b"accepted"), (Doubt::InUse, b"in-use"), (Doubt::InUseByOurs, b"in-use-by-ours")];

/// What is open about the employee's account.
///
/// # Errors
/// The storage failed.
pub(super) fn get(world: &mut dyn World, employee_id: &str) -> Result<Option<Doubt>, StorageError> {
    let value = world.get(&key(employee_id))?;
    Ok(value.and_then(|value| WORDS.into_iter().find(|(_, word)| *word == value).map(|(doubt, _)| doubt)))
}

/// Notes what is open.
///
/// # Errors
/// The storage failed; nothing was written.
pub(super) fn put(world: &mut dyn World, employee_id: &str, doubt: Doubt) -> Result<(), StorageError> {
    let word = WORDS.into_iter().find(|(other, _)| *other == doubt).map_or(&b""[..], |(_, word)| word);
    world.put(&key(employee_id), word)
}

/// Forgets it, if there is something.
///
/// # Errors
/// The storage failed; nothing was written.
pub(super) fn settle(world: &mut dyn World, employee_id: &str) -> Result<(), StorageError> {
    match world.get(&key(employee_id))? {
        Some(_) => world.remove(&key(employee_id)),
        None => Ok(()),
    }
}

fn key(employee_id: &str) -> String {
    format!("{PREFIX}{employee_id}")
}

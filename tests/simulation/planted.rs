//! Faults that are planted in the simulated world on purpose, to see that the simulation finds them.

/// A fault of the simulated world. The product itself is never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planted {
    /// The store confirms that the beginning of a change was recorded, but does not have it when the next run takes
    /// over, like a database that was not synced to the disk.
    ForgetsBeginnings,
    /// The store accepts writes with any fencing token.
    LetsEverybodyWrite,
    /// A change with an unknown outcome is repeated as if it had not been tried.
    RepeatsWithoutLooking,
    /// The ledger loses the times at which accounts were archived.
    ForgetsArchivings,
    /// The store confirms that the change of an account was recorded, but its ledger does not have it.
    ForgetsAccounts,
    /// The store confirms that a plan was marked as interrupted by a person, and does not have the mark.
    ForgetsInterruptions,
}

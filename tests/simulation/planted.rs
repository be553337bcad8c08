//! Faults that are planted in the simulated world on purpose, to see that the simulation finds them.

/// A fault of the simulated world. The product itself is never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planted {
    /// The book says that a change's beginning was written down, and has forgotten it when the next run takes over, as a
    /// database does that was not synced to the disk.
    ForgetsBeginnings,
    /// The book lets everybody write, whoever has the fence.
    LetsEverybodyWrite,
    /// A change whose outcome is not known is made again as if it had never been tried.
    RepeatsWithoutLooking,
    /// The ledger does not remember when accounts were archived.
    ForgetsArchivings,
    /// The book says that what was done to an account was written down, and its ledger does not have it.
    ForgetsAccounts,
}

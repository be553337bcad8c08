//! The versions of the WIT package that the host runs.

use std::fmt;

/// A version of the WIT package `hibob:connector`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WitVersion {
    /// Version 0.1, which has no manifest and no interface `offboarding-references`.
    V0_1,
    /// Version 0.2, which reads the claims of one leaver in a call.
    V0_2,
    /// Version 0.3.
    V0_3,
}

impl WitVersion {
    /// The versions that this host runs, newest first.
    pub const ALL: [Self; 3] = [Self::V0_3, Self::V0_2, Self::V0_1];

    /// Major and minor number, as the names of interfaces have them: `0.2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1",
            Self::V0_2 => "0.2",
            Self::V0_3 => "0.3",
        }
    }

    /// For how many leavers the host asks for claims in one call, at most.
    pub fn leavers_max(self) -> usize {
        match self {
            Self::V0_1 | Self::V0_2 => 1,
            Self::V0_3 => 50,
        }
    }
}

impl fmt::Display for WitVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

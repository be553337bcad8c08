//! What happens to the world besides the requests.

mod accidents;
mod day_two;
mod rehires;

use std::{fmt, str::FromStr};

pub(crate) use self::{
    accidents::{insist_on_names, rename, terminate_a_third},
    day_two::Plan,
    rehires::{choose_rehires, rehire},
};
pub use self::{day_two::DayTwo, rehires::Rehire};

/// A course of events. All but [`Self::Flaky`] are one change in HiBob, at the first search after a first write to
/// TravelPerk: the first sync sees the company as it was, the second one sees the change. It happens once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Scenario {
    /// Nothing changes by itself, nothing fails.
    #[default]
    None,
    /// An ordinary day, six people change: see [`DayTwo`].
    DayTwo,
    /// About one of twelve requests to TravelPerk fails, and the first two searches in HiBob; a client that
    /// tries three times gets through.
    Flaky,
    /// A third of the employed people become terminated that day, as by a wrong import. Nobody is removed, and
    /// those who manage somebody are spared while the others suffice.
    MassLeavers,
    /// The service user's audience covers nobody any more: a 200 without employees.
    Empty,
    /// The service user loses the permission Lifecycle: a 200 without any status or termination, leavers included.
    LostPermission,
    /// Five people who left long ago are back, some of them under a new id: see [`Rehire`]. Their archived accounts
    /// are in TravelPerk from the start, so choose this one before the first request.
    Rehires,
    /// A quarter of the employed people get a work e-mail at another domain, [`GROUP_DOMAIN`].
    ///
    /// [`GROUP_DOMAIN`]: crate::company::GROUP_DOMAIN
    Renames,
    /// Ten people get a second given name in HiBob, while the identity provider puts the old names back in
    /// TravelPerk at each search.
    SsoOverwrites,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 9] = [
        Self::None,
        Self::DayTwo,
        Self::Flaky,
        Self::MassLeavers,
        Self::Empty,
        Self::LostPermission,
        Self::Rehires,
        Self::Renames,
        Self::SsoOverwrites,
    ];

    /// The names, for a command line.
    pub const NAMES: [&str; 9] = [
        Self::None.name(),
        Self::DayTwo.name(),
        Self::Flaky.name(),
        Self::MassLeavers.name(),
        Self::Empty.name(),
        Self::LostPermission.name(),
        Self::Rehires.name(),
        Self::Renames.name(),
        Self::SsoOverwrites.name(),
    ];

    /// The name of this one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::DayTwo => "day-two",
            Self::Flaky => "flaky",
            Self::MassLeavers => "mass-leavers",
            Self::Empty => "empty",
            Self::LostPermission => "lost-permission",
            Self::Rehires => "rehires",
            Self::Renames => "renames",
            Self::SsoOverwrites => "sso-overwrites",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, UnknownScenario> {
        Self::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| UnknownScenario(name.to_owned()))
    }
}

/// No scenario has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownScenario(String);

impl fmt::Display for UnknownScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no scenario `{}`; there are {}", self.0, Scenario::NAMES.join(", "))
    }
}

impl std::error::Error for UnknownScenario {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.to_string().parse(), Ok(scenario));
        }
        let error = "day-three".parse::<Scenario>().unwrap_err();
        let names = "none, day-two, flaky, mass-leavers, empty, lost-permission, rehires, renames, sso-overwrites";
        assert_eq!(error.to_string(), format!("no scenario `day-three`; there are {names}"));
        assert_eq!(Scenario::ALL.map(Scenario::name), Scenario::NAMES);
    }
}

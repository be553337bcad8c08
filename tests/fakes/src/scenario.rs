//! Scenarios: events that happen in the stand-ins while a client uses them.

mod accidents;
mod day_two;
mod rehires;

use std::{fmt, str::FromStr};

pub(crate) use self::{
    accidents::{
        archive_by_hand, become_visible, empty_phones, insist_on_names, overwrite_departments, overwrite_managers,
        overwrite_names, rename, terminate_a_third,
    },
    day_two::Plan,
    rehires::{choose_rehires, rehire},
};
pub use self::{day_two::DayTwo, rehires::Rehire};

/// A course of events. All but [`Self::Flaky`] are a change in HiBob, or in TravelPerk, that happens once: at the first search after the
/// first write to TravelPerk. So the first sync sees the company before the change, and the second one sees it after
/// the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Scenario {
    /// Nothing changes by itself, and nothing fails.
    #[default]
    None,
    /// An ordinary second day, on which six people change: see [`DayTwo`].
    DayTwo,
    /// About one of twelve requests to TravelPerk fails, and the first two searches in HiBob. A client that makes three
    /// attempts succeeds.
    Flaky,
    /// A third of the employed people are terminated on that day, as by a wrong import. Nobody is removed. People who
    /// manage others are chosen only if there are not enough others.
    MassLeavers,
    /// The service user may no longer see anybody: searches answer 200 without employees.
    Empty,
    /// The service user loses the permission Lifecycle: searches answer 200 with all people, also those who have left,
    /// but without status and termination date.
    LostPermission,
    /// Five people who left long ago are back, some of them under a new id: see [`Rehire`]. Their archived accounts
    /// are in TravelPerk from the start, so set this scenario before the first request.
    Rehires,
    /// The work e-mail of a quarter of the employed people changes to another domain, [`GROUP_DOMAIN`].
    ///
    /// [`GROUP_DOMAIN`]: crate::company::GROUP_DOMAIN
    Renames,
    /// Ten people get a second given name in HiBob, while the identity provider restores their old names in TravelPerk
    /// at each search.
    SsoOverwrites,
    /// Forty people whom the service user could not see become visible, as by a wider audience.
    Newcomers,
    /// Thirty accounts are archived in TravelPerk on purpose, while their people work on.
    ArchivedByHand,
    /// A wrong import overwrites the surname of forty employed people.
    NamesOverwritten,
    /// The telephone numbers of a fifth of the employed people are emptied.
    Nulls,
    /// A wrong import gives all employed people who have a line manager the same one.
    ManagersOverwritten,
    /// A wrong import spreads the people of all departments anew.
    DepartmentsOverwritten,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 15] = [
        Self::None,
        Self::DayTwo,
        Self::Flaky,
        Self::MassLeavers,
        Self::Empty,
        Self::LostPermission,
        Self::Rehires,
        Self::Renames,
        Self::SsoOverwrites,
        Self::Newcomers,
        Self::ArchivedByHand,
        Self::NamesOverwritten,
        Self::Nulls,
        Self::ManagersOverwritten,
        Self::DepartmentsOverwritten,
    ];

    /// The names of all scenarios, for a command line.
    pub const NAMES: [&str; 15] = [
        Self::None.name(),
        Self::DayTwo.name(),
        Self::Flaky.name(),
        Self::MassLeavers.name(),
        Self::Empty.name(),
        Self::LostPermission.name(),
        Self::Rehires.name(),
        Self::Renames.name(),
        Self::SsoOverwrites.name(),
        Self::Newcomers.name(),
        Self::ArchivedByHand.name(),
        Self::NamesOverwritten.name(),
        Self::Nulls.name(),
        Self::ManagersOverwritten.name(),
        Self::DepartmentsOverwritten.name(),
    ];

    /// The scenario's name.
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
            Self::Newcomers => "newcomers",
            Self::ArchivedByHand => "archived-by-hand",
            Self::NamesOverwritten => "names-overwritten",
            Self::Nulls => "nulls",
            Self::ManagersOverwritten => "managers-overwritten",
            Self::DepartmentsOverwritten => "departments-overwritten",
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

/// The error for a name that no scenario has.
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
        let names = "none, day-two, flaky, mass-leavers, empty, lost-permission, rehires, renames, sso-overwrites, newcomers, \
                     archived-by-hand, names-overwritten, nulls, managers-overwritten, departments-overwritten";
        assert_eq!(error.to_string(), format!("no scenario `day-three`; there are {names}"));
        assert_eq!(Scenario::ALL.map(Scenario::name), Scenario::NAMES);
    }
}

//! What HiBob's lifecycle status means for an account, and from which day on.
//!
//! Days begin at midnight in the employee's site (HiBob's help centre, "Lifecycle statuses"), so each site can have a
//! time zone.

use crate::finding::Notes;
use crate::hibob::{Employee, Status};
use crate::settings::{GardenLeave, OutOfSelection, Settings};
use chrono::{Days, NaiveDate};

/// What a status means for the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// Has, or should have, an active account.
    Active,
    /// Starts on a later day.
    Waiting(NaiveDate),
    /// Works at a site that is not synced: the account, if there is one, is left alone.
    Outside,
    /// Should have no active account any more.
    Gone(Because),
    /// The record says too little, or something contradictory: the account is left alone.
    Broken,
}

/// Why somebody should have no active account any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Has left.
    Terminated,
    /// Does not work any more, though still employed.
    GardenLeave,
    /// Has moved to a site that is not synced.
    OutOfSelection,
}

impl Because {
    /// The reason in words.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Terminated => "has left: the lifecycle status is terminated",
            Self::GardenLeave => "is on garden leave, and by setting that ends the account",
            Self::OutOfSelection => "works at a site that is not synced, and by setting that ends the account",
        }
    }
}

/// Decides what a status means at one moment.
#[derive(Debug)]
pub struct Lifecycle<'s> {
    settings: &'s Settings,
    now_unix_seconds: u64,
}

impl<'s> Lifecycle<'s> {
    /// For decisions at this moment, in Unix seconds.
    pub fn new(settings: &'s Settings, now_unix_seconds: u64) -> Self {
        Self { settings, now_unix_seconds }
    }

    /// The day that it is at a site.
    fn today(&self, site: Option<&str>) -> NaiveDate {
        self.settings.time_zones.day(self.now_unix_seconds, site)
    }

    /// The day that it is by the tenant's time zone.
    pub(crate) fn date(&self) -> NaiveDate {
        self.today(None)
    }

    /// What an employee's record means.
    pub(crate) fn account_status(&self, employee: &Employee<'_, '_>, notes: &mut Notes<'_>) -> AccountStatus {
        let status = self.by_status(employee, notes);
        if !matches!(status, AccountStatus::Active | AccountStatus::Waiting(_)) {
            return status;
        }
        let Some(sites) = &self.settings.sites else { return status };
        match employee.site().text() {
            Some(site) if sites.contains(site) => status,
            // Without a site nobody can say; a lost permission must not put everybody out.
            None => {
                notes.error(
                    "MISSING_SITE",
                    "work.site",
                    "HiBob gives no site, and only some sites are synced",
                    "fill in the site in HiBob; the account is left as it is",
                );
                AccountStatus::Broken
            }
            Some(_) => match self.settings.out_of_selection {
                OutOfSelection::Leave => AccountStatus::Outside,
                OutOfSelection::Archive => AccountStatus::Gone(Because::OutOfSelection),
            },
        }
    }

    fn by_status(&self, employee: &Employee<'_, '_>, notes: &mut Notes<'_>) -> AccountStatus {
        match employee.status() {
            Status::Terminated => AccountStatus::Gone(Because::Terminated),
            Status::GardenLeave if self.settings.garden_leave == GardenLeave::Archive => {
                AccountStatus::Gone(Because::GardenLeave)
            }
            // A termination date alone is never a departure: HiBob changes the status when the day has come.
            Status::Employed | Status::GardenLeave => AccountStatus::Active,
            Status::Hired => match employee.start_date() {
                Some(start) if self.is_early(start, employee.site().text()) => AccountStatus::Waiting(start),
                Some(_) => AccountStatus::Active,
                None => {
                    notes.missing_start_date();
                    AccountStatus::Broken
                }
            },
            Status::Unknown(word) => {
                let word: String = word.chars().filter(|c| !c.is_control()).take(40).collect();
                notes.error(
                    "UNKNOWN_LIFECYCLE_STATUS",
                    "internal.lifecycleStatus",
                    format!("HiBob gives the lifecycle status `{word}`, which this plugin does not know"),
                    "correct the status in HiBob, or ask for support of this status word; the account is left as it is",
                );
                AccountStatus::Broken
            }
            Status::Missing => {
                notes.error(
                    "MISSING_LIFECYCLE_STATUS",
                    "internal.lifecycleStatus",
                    "HiBob gives no lifecycle status",
                    "grant the service user's group the permission People, Lifecycle, View; the account is left as it is",
                );
                AccountStatus::Broken
            }
        }
    }

    /// Whether it is too early for an account: more days before the start than the setting says.
    fn is_early(&self, start: NaiveDate, site: Option<&str>) -> bool {
        let ahead = Days::new(self.settings.create_days_before_start.into());
        self.today(site).checked_add_days(ahead).is_some_and(|day| day < start)
    }
}

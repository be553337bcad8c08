//! What HiBob's lifecycle status means for an account.
//!
//! 1. Terminated: gone. A termination date alone has no effect, since HiBob changes the status when the day has come.
//! 2. Garden leave: gone if the setting `garden-leave` is `archive`, else active.
//! 3. Employed, also on any other leave: active.
//! 4. Hired: waiting until `create-days-before-start` days before the start date, then active. Without a start date,
//!    broken.
//! 5. No status, or an unknown one: broken.
//! 6. If only some sites are synced, an employee who would be active or waiting by these rules and works at another
//!    site is outside, or gone if `out-of-selection` is `archive`. Without a site, the record is broken.
//! 7. Whoever the settings exclude (`exclusion.rs`) is excluded, whatever the status.

use crate::finding::Notes;
use crate::hibob::{Employee, Status};
use crate::settings::{GardenLeave, OutOfSelection, Settings};
use chrono::{Days, NaiveDate};

/// What a lifecycle status means for the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// There should be an active account.
    Active,
    /// The employee starts on this later day, and gets an account then.
    Waiting(NaiveDate),
    /// The employee works at a site that is not synced: an account, if there is one, is left as it is.
    Outside,
    /// The settings leave the employee out of the sync: an account, if there is one, is left as it is.
    Excluded,
    /// A person has put the employee on hold: an account, if there is one, is left as it is.
    OnHold,
    /// There should be no active account any more.
    Gone(Because),
    /// The record lacks something, or contradicts itself: the account is left as it is.
    Broken,
}

/// Why there should be no active account any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The employee has left.
    Terminated,
    /// The employee is on garden leave: still employed, but not working any more.
    GardenLeave,
    /// The employee works at a site that is not synced.
    OutOfSelection,
    /// HiBob has not sent the employee for long, and by setting that ends the account.
    Vanished,
}

impl Because {
    /// The reason in words, as the rest of a sentence about the employee.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Terminated => "has left: the lifecycle status is terminated",
            Self::GardenLeave => "is on garden leave, and by setting that ends the account",
            Self::Vanished => {
                "is not sent by HiBob any more, in 14 accepted runs in a row, and by setting that ends the account"
            }
            Self::OutOfSelection => "works at a site that is not synced, and by setting that ends the account",
        }
    }
}

/// Decides at one moment what lifecycle statuses mean.
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

    /// The date at a site.
    fn today(&self, site: Option<&str>) -> NaiveDate {
        self.settings.time_zones.day(self.now_unix_seconds, site)
    }

    /// The date in the tenant's time zone.
    pub(crate) fn date(&self) -> NaiveDate {
        self.today(None)
    }

    /// What an employee's record means for the account, by the rules above.
    pub(crate) fn account_status(&self, employee: &Employee<'_, '_>, notes: &mut Notes<'_>) -> AccountStatus {
        let status = self.by_status(employee, notes);
        if !matches!(status, AccountStatus::Active | AccountStatus::Waiting(_)) {
            return status;
        }
        let Some(sites) = &self.settings.sites else { return status };
        match employee.site() {
            Some(site) if sites.contains(&*site) => status,
            // The permission to read the site may have been lost, which must not archive everybody.
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
            Status::Employed | Status::GardenLeave => AccountStatus::Active,
            Status::Hired => match employee.start_date() {
                Ok(start) if self.is_early(start, employee.site().as_deref()) => AccountStatus::Waiting(start),
                Ok(_) => AccountStatus::Active,
                Err(why) => {
                    notes.no_start_date(why);
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
                    "in HiBob, give the service user's permission group View on Lifecycle (Settings, Permission groups, People data); the account is left as it is",
                );
                AccountStatus::Broken
            }
        }
    }

    /// Whether the start date is more days ahead than the setting allows.
    fn is_early(&self, start: NaiveDate, site: Option<&str>) -> bool {
        let ahead = Days::new(self.settings.create_days_before_start.into());
        self.today(site).checked_add_days(ahead).is_some_and(|day| day < start)
    }
}

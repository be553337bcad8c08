//! The rules that decide from one record whether an employee has left, and on which day.
//!
//! **Standing.**
//! 1. A status that the settings name as a departure: the employee has left.
//! 2. Garden leave, if the settings count it as a departure: the employee has left once it has begun and their last day
//!    of work, if HiBob has one, is over. Before that they are employed.
//! 3. Any other status: employed.
//!
//! **Last day of the employment**, the first of these that applies:
//! 1. HiBob's last day of work. If it has a value that is no date, there is no departure yet, only a finding.
//! 2. The day before the first day of the garden leave, if the settings count that as a departure and the employee is
//!    on it or left from it.
//! 3. The termination date.
//!
//! By these rules the departure keeps its day when the status changes from garden leave to terminated.

use super::employee::{EmployeeRecord, Unreadable};
use super::lifecycle_table::{GardenLeave, LifecycleRows};
use super::{Departure, ReferenceSettings, Standing, settings};
use crate::hibob::Status;
use chrono::NaiveDate;

/// What HiBob lacks, so that a departure cannot be worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The start date, or every date that could be the last day; or the last day of work is no date.
    Dates,
    /// The rows of the lifecycle table that show whether and when a garden leave began.
    LifecycleRows,
}

impl From<Unreadable> for Missing {
    fn from(Unreadable: Unreadable) -> Self {
        Self::Dates
    }
}

/// Why it cannot be decided whether an employee who had left works here again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// HiBob's status is terminated, and the settings do not name that status any more.
    Terminated,
    /// They have a reference and are on garden leave, which the settings do not count as a departure any more.
    GardenLeave,
    /// They have a reference, and without a start date it is unknown whether this is a new employment.
    StartDate,
}

/// The settings and the moment by which records are judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'s> {
    pub(super) settings: &'s ReferenceSettings,
    pub(super) now_unix_seconds: u64,
}

impl Rules<'_> {
    /// Whether the record alone is not enough, so that the rows of the lifecycle table have to be read.
    pub(super) fn needs_lifecycle_rows(&self, employee: &EmployeeRecord<'_, '_>) -> bool {
        let may_have_been_released = self.settings.garden_leave == settings::GardenLeave::IsDeparture
            && self.settings.is_departure(employee.status())
            && employee.last_day_of_work() == Ok(None);
        may_have_been_released || self.settings.is_garden_leave(employee.status())
    }

    /// The standing of an employee by the rules above.
    ///
    /// # Errors
    /// They are on garden leave, and its first day or the last day of work cannot be read.
    pub(super) fn standing(
        &self,
        employee: &EmployeeRecord<'_, '_>,
        rows: Option<&LifecycleRows>,
    ) -> Result<Standing, Missing> {
        if self.settings.is_departure(employee.status()) {
            return Ok(Standing::Left);
        }
        if !self.settings.is_garden_leave(employee.status()) {
            return Ok(Standing::Employed);
        }
        let last_day = employee.last_day_of_work()?;
        match self.garden_leave(employee, rows) {
            GardenLeave::Since(_) if last_day.is_none_or(|day| day < self.today(employee)) => Ok(Standing::Left),
            GardenLeave::Since(_) | GardenLeave::Ahead => Ok(Standing::Employed),
            GardenLeave::Never | GardenLeave::Unknown => Err(Missing::LifecycleRows),
        }
    }

    /// The departure of an employee who has left, with its last day by the rules above.
    ///
    /// # Errors
    /// HiBob lacks something that it needs.
    pub(super) fn departure(
        &self,
        employee: &EmployeeRecord<'_, '_>,
        rows: Option<&LifecycleRows>,
    ) -> Result<Departure, Missing> {
        let end = match employee.last_day_of_work()? {
            Some(day) => Some(day),
            None if !self.needs_lifecycle_rows(employee) => employee.termination_date(),
            None => match self.garden_leave(employee, rows) {
                GardenLeave::Since(first) => first.pred_opt(),
                GardenLeave::Never => employee.termination_date(),
                GardenLeave::Ahead | GardenLeave::Unknown => return Err(Missing::LifecycleRows),
            },
        };
        end.and_then(|end| employee.departure(end)).ok_or(Missing::Dates)
    }

    /// Why it cannot be concluded that an employee who had left works here again; none if it can. The settings may have
    /// been different when they left.
    pub(super) fn doubt(&self, employee: &EmployeeRecord<'_, '_>, has_reference: bool) -> Option<Doubt> {
        let ignores_leave = self.settings.garden_leave == settings::GardenLeave::Ignore;
        match employee.status().map(Status::of) {
            Some(Status::Terminated) => Some(Doubt::Terminated),
            _ if !has_reference => None,
            Some(Status::GardenLeave) if ignores_leave => Some(Doubt::GardenLeave),
            _ => employee.start().is_none().then_some(Doubt::StartDate),
        }
    }

    fn garden_leave(&self, employee: &EmployeeRecord<'_, '_>, rows: Option<&LifecycleRows>) -> GardenLeave {
        rows.map_or(GardenLeave::Unknown, |rows| rows.garden_leave(employee.start(), self.today(employee)))
    }

    /// Today's date at the employee's site.
    fn today(&self, employee: &EmployeeRecord<'_, '_>) -> NaiveDate {
        self.settings.time_zones.day(self.now_unix_seconds, employee.site().as_deref())
    }
}

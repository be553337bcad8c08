//! Where an employee stands, and on which day they left.

use super::employee::{EmployeeRecord, Unreadable};
use super::lifecycle_table::{GardenLeave, LifecycleRows};
use super::{Departure, ReferenceSettings, Standing, settings};
use crate::hibob::Status;
use chrono::NaiveDate;

/// What is missing to tell a departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The first day of the employment, or any last one; or the last day of work cannot be read.
    Dates,
    /// The rows of the lifecycle table that say whether and when a garden leave began.
    LifecycleRows,
}

impl From<Unreadable> for Missing {
    fn from(Unreadable: Unreadable) -> Self {
        Self::Dates
    }
}

/// Why nobody can say whether somebody who had left works here again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// HiBob says that they have left, and the settings do not name its word for it any more.
    Terminated,
    /// They are on garden leave, which is no departure by the settings, and have a reference.
    GardenLeave,
    /// They have a reference, and nothing says whether they were hired anew.
    StartDate,
}

/// How a record is read at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'s> {
    pub(super) settings: &'s ReferenceSettings,
    pub(super) now_unix_seconds: u64,
}

impl Rules<'_> {
    /// Whether the person's record does not say by itself where they stand or when they left.
    pub(super) fn needs_lifecycle_rows(&self, employee: &EmployeeRecord<'_, '_>) -> bool {
        let may_have_been_released = self.settings.garden_leave == settings::GardenLeave::IsDeparture
            && self.settings.is_departure(employee.status())
            && employee.last_day_of_work() == Ok(None);
        may_have_been_released || self.settings.is_garden_leave(employee.status())
    }

    /// Where somebody stands. On garden leave, they have left once it has begun and their last day of work is over.
    ///
    /// # Errors
    /// They are on garden leave, and nobody can say since when or until when they worked.
    pub(super) fn standing(
        &self,
        employee: &EmployeeRecord<'_, '_>,
        history: Option<&LifecycleRows>,
    ) -> Result<Standing, Missing> {
        if self.settings.is_departure(employee.status()) {
            return Ok(Standing::Left);
        }
        if !self.settings.is_garden_leave(employee.status()) {
            return Ok(Standing::Employed);
        }
        let last_day = employee.last_day_of_work()?;
        match self.garden_leave(employee, history) {
            GardenLeave::Since(_) if last_day.is_none_or(|day| day < self.today(employee)) => Ok(Standing::Left),
            GardenLeave::Since(_) | GardenLeave::Ahead => Ok(Standing::Employed),
            GardenLeave::Never | GardenLeave::Unknown => Err(Missing::LifecycleRows),
        }
    }

    /// The departure of somebody who has left. It ends on the last day of work, else on the day before the garden leave, else
    /// on the termination date. So it is the same one on garden leave and after the termination, whatever date that has.
    ///
    /// # Errors
    /// It cannot be told.
    pub(super) fn departure(
        &self,
        employee: &EmployeeRecord<'_, '_>,
        history: Option<&LifecycleRows>,
    ) -> Result<Departure, Missing> {
        let end = match employee.last_day_of_work()? {
            Some(day) => Some(day),
            None if !self.needs_lifecycle_rows(employee) => employee.termination_date(),
            None => match self.garden_leave(employee, history) {
                GardenLeave::Since(first) => first.pred_opt(),
                GardenLeave::Never => employee.termination_date(),
                GardenLeave::Ahead | GardenLeave::Unknown => return Err(Missing::LifecycleRows),
            },
        };
        end.and_then(|end| employee.departure(end)).ok_or(Missing::Dates)
    }

    /// What keeps anybody from saying that somebody who had left works here again, whatever the settings were when they left.
    pub(super) fn doubt(&self, employee: &EmployeeRecord<'_, '_>, has_reference: bool) -> Option<Doubt> {
        let ignores_leave = self.settings.garden_leave == settings::GardenLeave::Ignore;
        match employee.status().map(Status::of) {
            Some(Status::Terminated) => Some(Doubt::Terminated),
            _ if !has_reference => None,
            Some(Status::GardenLeave) if ignores_leave => Some(Doubt::GardenLeave),
            _ => employee.start().is_none().then_some(Doubt::StartDate),
        }
    }

    fn garden_leave(&self, employee: &EmployeeRecord<'_, '_>, history: Option<&LifecycleRows>) -> GardenLeave {
        history.map_or(GardenLeave::Unknown, |history| history.garden_leave(employee.start(), self.today(employee)))
    }

    /// The day that it is where the person works.
    fn today(&self, employee: &EmployeeRecord<'_, '_>) -> NaiveDate {
        self.settings.time_zones.day(self.now_unix_seconds, employee.site())
    }
}

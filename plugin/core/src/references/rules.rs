//! Where an employee stands, and on which day they left.

use super::lifecycle_table::{GardenLeave, History};
use super::person::Person;
use super::{Departure, ReferenceSettings, Standing, settings};
use chrono::NaiveDate;

/// What is missing to tell a departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The first day of the employment, or any last one.
    Dates,
    /// The rows of the lifecycle table that say whether and when a garden leave began.
    History,
}

/// How a record is read at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'s> {
    pub(super) settings: &'s ReferenceSettings,
    pub(super) now_unix_seconds: u64,
}

impl Rules<'_> {
    /// Whether the person's record does not say by itself where they stand or when they left.
    pub(super) fn need_history(&self, person: &Person<'_, '_>) -> bool {
        let may_have_been_released = self.settings.garden_leave == settings::GardenLeave::IsDeparture
            && self.settings.is_departure(person.status())
            && person.last_day_of_work().is_none();
        may_have_been_released || self.settings.is_garden_leave(person.status())
    }

    /// Where somebody stands. On garden leave, they have left once it has begun and their last day of work is over.
    ///
    /// # Errors
    /// They are on garden leave, and nobody can say since when.
    pub(super) fn standing(&self, person: &Person<'_, '_>, history: Option<&History>) -> Result<Standing, Missing> {
        if self.settings.is_departure(person.status()) {
            return Ok(Standing::Left);
        }
        if !self.settings.is_garden_leave(person.status()) {
            return Ok(Standing::Employed);
        }
        match self.garden_leave(person, history) {
            GardenLeave::Since(_) if person.last_day_of_work().is_none_or(|day| day < self.today(person)) => {
                Ok(Standing::Left)
            }
            GardenLeave::Since(_) | GardenLeave::Ahead => Ok(Standing::Employed),
            GardenLeave::Never | GardenLeave::Unknown => Err(Missing::History),
        }
    }

    /// The departure of somebody who has left. It ends on the last day of work, else on the day before the garden leave, else
    /// on the termination date. So it is the same one on garden leave and after the termination, whatever date that has.
    ///
    /// # Errors
    /// It cannot be told.
    pub(super) fn departure(&self, person: &Person<'_, '_>, history: Option<&History>) -> Result<Departure, Missing> {
        let end = match person.last_day_of_work() {
            Some(day) => Some(day),
            None if !self.need_history(person) => person.termination_date(),
            None => match self.garden_leave(person, history) {
                GardenLeave::Since(first) => first.pred_opt(),
                GardenLeave::Never => person.termination_date(),
                GardenLeave::Ahead | GardenLeave::Unknown => return Err(Missing::History),
            },
        };
        end.and_then(|end| person.departure(end)).ok_or(Missing::Dates)
    }

    fn garden_leave(&self, person: &Person<'_, '_>, history: Option<&History>) -> GardenLeave {
        history.map_or(GardenLeave::Unknown, |history| history.garden_leave(person.start(), self.today(person)))
    }

    /// The day that it is where the person works.
    fn today(&self, person: &Person<'_, '_>) -> NaiveDate {
        self.settings.time_zones.day(self.now_unix_seconds, person.site())
    }
}

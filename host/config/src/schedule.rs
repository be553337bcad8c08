//! A schedule: a cron expression in the tenant's time zone, and the times at which it is due.

use crate::zone::{Shown, Zone};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use hibob_base::error::HostError;
use std::collections::BTreeSet;

/// Shortest time between two due times of a schedule on a clock that is never changed, in minutes. Each run reads the
/// whole directory of both sides.
pub const MINUTES_BETWEEN_MIN: i64 = 60;

/// How many due times are checked for that: those of a week, if a job is due every hour.
const OCCURRENCES_LOOKED_AT: usize = 200;

/// How far before a moment the times on the wall begin that may be due after it, in hours: no zone puts its clock back
/// by more than a day.
const HOURS_BACK: i64 = 26;

/// The times at which a job is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: Zone,
    /// Whether it is due in every hour, so that it is due in each of two equal hours.
    is_hourly: bool,
}

impl Schedule {
    /// Reads a cron expression of five fields (minute, hour, day of month, month, day of week) in this time zone, and
    /// checks how often it is due. That depends on the expression alone, and neither on today's date nor on the zone.
    ///
    /// A time that daylight saving skips in spring is due at the first minute after it. A time that occurs twice in
    /// autumn is due once, the first time, unless the hour is `*`.
    ///
    /// # Errors
    /// The expression or the time zone is wrong, or the job would be due too often or never. The error names `setting`.
    pub fn read(setting: &str, expression: &str, zone: &str) -> Result<Self, HostError> {
        let schedule = Self::parse(setting, expression, zone)?;
        let dues: Vec<NaiveDateTime> = schedule.on_the_wall(first_day()).take(OCCURRENCES_LOOKED_AT).collect();
        if dues.is_empty() {
            return Err(wrong(setting, expression, "that time never comes"));
        }
        let pairs = || dues.iter().zip(dues.iter().skip(1));
        if pairs().any(|(one, next)| (*next - *one).num_minutes() < MINUTES_BETWEEN_MIN) {
            return Err(wrong(
                setting,
                expression,
                &format!("it is due more often than every {MINUTES_BETWEEN_MIN} minutes"),
            ));
        }
        Ok(schedule)
    }

    /// Reads a cron expression that [`Self::read`] has accepted before, without checking how often it is due.
    ///
    /// # Errors
    /// The expression or the time zone is wrong. The error names `setting`.
    pub fn parse(setting: &str, expression: &str, zone: &str) -> Result<Self, HostError> {
        let zone = Zone::named(zone).ok_or_else(|| {
            HostError::configuration(
                format!("sync.time_zone is `{zone}`, which is not a time zone"),
                "give a name of the IANA database, such as Europe/Madrid",
            )
        })?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(expression).map_err(|error| wrong(setting, expression, &error.to_string()))?;
        let hour = expression.split_whitespace().nth(1);
        let is_hourly = hour == Some("*") || expression.trim().eq_ignore_ascii_case("@hourly");
        Ok(Self { cron, zone, is_hourly })
    }

    /// The time zone in which it is due.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The due times after `time`, in order.
    pub fn after(&self, time: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        let from = self.zone.local(time);
        let mut on_the_wall = self.on_the_wall(from.checked_sub_signed(TimeDelta::hours(HOURS_BACK)).unwrap_or(from));
        // Moments that were found, and before which another one may still be.
        let mut found = BTreeSet::new();
        let mut last = time;
        std::iter::from_fn(move || {
            loop {
                let Some(local) = on_the_wall.next() else { return found.pop_first() };
                let (first, second) = match self.zone.when(local) {
                    Shown::Once(at) | Shown::Skipped(at) => (at, None),
                    Shown::Twice(first, second) => (first, Some(second).filter(|_| self.is_hourly)),
                };
                // The first moment of a later time on the wall is never an earlier moment.
                found.extend([Some(first), second].into_iter().flatten().filter(|at| *at > last));
                if found.first().is_some_and(|at| *at < first) {
                    last = found.pop_first().unwrap_or(last);
                    return Some(last);
                }
            }
        })
    }

    /// The times of the expression on a clock that is never changed, from `from` on.
    fn on_the_wall(&self, from: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
        // The library is only asked in UTC, where it has no gaps and no doubled hours to deal with.
        let mut next = self.cron.find_next_occurrence(&from.and_utc(), true).ok();
        std::iter::from_fn(move || {
            let now = next?;
            next = self.cron.find_next_occurrence(&now, false).ok();
            Some(now.naive_utc())
        })
    }
}

/// A day from which on every expression that is ever due is due within eight years: those of 29 February.
fn first_day() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default().into()
}

fn wrong(setting: &str, expression: &str, what: &str) -> HostError {
    let remedy = "give five fields: minute, hour, day of month, month, day of week; `0 2 * * *` is every night at two";
    HostError::configuration(format!("{setting} is `{}`: {what}", expression.escape_debug()), remedy)
}

#[cfg(test)]
mod tests;

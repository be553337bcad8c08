//! A schedule: a cron expression in the tenant's time zone, and the times at which it is due.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use hibob_base::error::HostError;

/// The version of IANA's time zone data that this program has in it.
pub const TIME_ZONE_DATA: &str = chrono_tz::IANA_TZDB_VERSION;

/// Shortest time between two runs of a schedule, in minutes. Each run reads the whole directory of both sides.
pub const MINUTES_BETWEEN_MIN: i64 = 60;

/// How many due times are checked for that: those of a week, if a job is due every hour.
const OCCURRENCES_LOOKED_AT: usize = 200;

/// The times at which a job is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
}

impl Schedule {
    /// Reads a cron expression of five fields (minute, hour, day of month, month, day of week) in this time zone, and
    /// checks how often it is due. A time that daylight saving skips in spring is due at the next minute that exists. A
    /// time that occurs twice in autumn is due once, unless the hour is `*`.
    ///
    /// # Errors
    /// The expression or the time zone is wrong, or the job would be due too often or never. The error names `setting`.
    pub fn read(setting: &str, expression: &str, zone: &str) -> Result<Self, HostError> {
        let schedule = Self::parse(setting, expression, zone)?;
        let dues: Vec<DateTime<Utc>> = schedule.after(Utc::now()).take(OCCURRENCES_LOOKED_AT).collect();
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
        let zone: Tz = zone.parse().map_err(|_| {
            HostError::configuration(
                format!("sync.time_zone is `{zone}`, which is not a time zone"),
                "give a name of the IANA database, such as Europe/Madrid",
            )
        })?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(expression).map_err(|error| wrong(setting, expression, &error.to_string()))?;
        Ok(Self { cron, zone })
    }

    /// The due times after `time`, in order.
    pub fn after(&self, time: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        let mut at = time.with_timezone(&self.zone);
        std::iter::from_fn(move || {
            at = self.cron.find_next_occurrence(&at, false).ok()?;
            Some(at.with_timezone(&Utc))
        })
    }
}

fn wrong(setting: &str, expression: &str, what: &str) -> HostError {
    let remedy = "give five fields: minute, hour, day of month, month, day of week; `0 2 * * *` is every night at two";
    HostError::configuration(format!("{setting} is `{}`: {what}", expression.escape_debug()), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dues(expression: &str, zone: &str, from: &str, number: usize) -> Vec<String> {
        let schedule = Schedule::read("schedule.sync", expression, zone).unwrap();
        let dues = schedule.after(from.parse().unwrap()).take(number);
        dues.map(|due| due.format("%Y-%m-%dT%H:%M").to_string()).collect()
    }

    #[test]
    fn every_night_at_two_in_the_tenants_time_zone() {
        assert_eq!(
            dues("0 2 * * *", "Europe/Madrid", "2026-01-10T12:00:00Z", 2),
            ["2026-01-11T01:00", "2026-01-12T01:00"]
        );
        assert_eq!(dues("30 6 * * MON", "Asia/Tokyo", "2026-01-10T12:00:00Z", 1), ["2026-01-11T21:30"]);
    }

    /// The job is due once a night, also in the night that skips the hour and in the night that has it twice.
    #[test]
    fn daylight_saving_neither_skips_nor_repeats_a_night() {
        let spring = dues("30 2 * * *", "Europe/Madrid", "2026-03-28T12:00:00Z", 2);
        assert_eq!(spring, ["2026-03-29T01:00", "2026-03-30T00:30"]);
        let autumn = dues("30 2 * * *", "Europe/Madrid", "2026-10-24T12:00:00Z", 2);
        assert_eq!(autumn, ["2026-10-25T00:30", "2026-10-26T01:30"]);
    }

    #[test]
    fn a_wrong_schedule_is_refused_with_a_remedy() {
        for (expression, zone, words) in [
            ("daily", "UTC", "schedule.sync is `daily`"),
            ("0 0 2 * * *", "UTC", "schedule.sync is"),
            ("61 2 * * *", "UTC", "schedule.sync is"),
            ("*/5 * * * *", "UTC", "more often than every 60 minutes"),
            ("0,30 2 * * *", "UTC", "more often than every 60 minutes"),
            ("0 2 30 2 *", "UTC", "never comes"),
            ("0 2 * * *", "Europe/Atlantis", "not a time zone"),
        ] {
            let error = Schedule::read("schedule.sync", expression, zone).unwrap_err();
            assert!(error.to_string().contains(words), "{expression}: {error}");
        }
    }
}

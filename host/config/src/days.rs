//! The tenant's time: its schedules by the zone, and when its days begin and end.

use crate::schedule::Schedule;
use crate::tenant::TenantConfig;
use crate::zone::{Shown, Zone};
use chrono::{DateTime, NaiveDate, NaiveTime};
use hibob_base::error::HostError;

impl TenantConfig {
    /// The schedule of directory syncs, if there is one.
    ///
    /// # Errors
    /// What is wrong with the expression or the time zone.
    pub fn sync_schedule(&self) -> Result<Option<Schedule>, HostError> {
        self.schedule_of("schedule.sync", self.schedule.sync.as_deref())
    }

    /// The schedule of references jobs, if there is one.
    ///
    /// # Errors
    /// What is wrong with the expression or the time zone.
    pub fn references_schedule(&self) -> Result<Option<Schedule>, HostError> {
        self.schedule_of("schedule.references", self.schedule.references.as_deref())
    }

    fn schedule_of(&self, setting: &str, expression: Option<&str>) -> Result<Option<Schedule>, HostError> {
        expression.map(|expression| Schedule::read(setting, expression, self.time_zone())).transpose()
    }

    /// The name of the time zone in which the tenant's days begin (`sync.time_zone`); UTC if none is given.
    pub fn time_zone(&self) -> &str {
        self.sync.time_zone.as_deref().unwrap_or("UTC")
    }

    /// The date at a site at a moment in Unix seconds: by the site's own time zone, else by `sync.time_zone`.
    pub fn day_at(&self, site: Option<&str>, unix_seconds: u64) -> NaiveDate {
        let seconds = i64::try_from(unix_seconds).unwrap_or(i64::MAX);
        let moment = DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH);
        let own = site.and_then(|site| self.sync.site_time_zones.get(site)).map(String::as_str);
        // The zones were checked when the configuration was stored.
        let zone = Zone::named(own.unwrap_or_else(|| self.time_zone()));
        zone.map_or_else(|| moment.naive_utc(), |zone| zone.local(moment)).date()
    }

    /// The end of a day by `sync.time_zone`, in Unix seconds.
    pub fn end_of_day(&self, day: NaiveDate) -> i64 {
        let midnight = day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN);
        // The zone was checked when the configuration was stored.
        let ends =
            Zone::named(self.time_zone()).map_or_else(|| Shown::Once(midnight.and_utc()), |zone| zone.when(midnight));
        match ends {
            Shown::Once(at) | Shown::Skipped(at) | Shown::Twice(at, _) => at.timestamp(),
        }
    }
}

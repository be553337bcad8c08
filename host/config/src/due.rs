//! When jobs of a tenant are due, as the queue takes it.

use hibob_base::job::JobKind;
use std::time::Duration;

/// How far the starts of tenants are spread after their due time, unless a tenant's file says otherwise, in minutes. Else
/// thousands of tenants would start at two o'clock.
pub const JITTER_MINUTES_MAX: u16 = 30;

/// When a job of one kind is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueSchedule {
    /// What.
    pub kind: JobKind,
    /// Five fields.
    pub cron: String,
    /// A name of the IANA database.
    pub zone: String,
    /// How far starts are spread.
    pub spread: Duration,
}

//! When jobs of a tenant are due, in the form in which the queue stores it.

use hibob_base::job::JobKind;
use std::time::Duration;

/// Over how many minutes after the due time the starts of tenants are spread, unless a tenant's configuration says
/// otherwise. Without it, thousands of tenants would start at two o'clock.
pub const JITTER_MINUTES_MAX: u16 = 30;

/// When jobs of one kind are due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueSchedule {
    /// The kind of job.
    pub kind: JobKind,
    /// A cron expression of five fields.
    pub cron: String,
    /// The time zone of the expression: a name of the IANA time zone database.
    pub zone: String,
    /// Over how long after a due time the starts of tenants are spread.
    pub spread: Duration,
}

//! Claiming the next job.

use crate::database::DatabaseError;
use crate::database::query;
use crate::queue::Cause;
use crate::queue::job::{COLUMNS, JobRow};
use crate::queue::{Arguments, Job, JobId, Queue, QueueError};
use hibob_base::job::{JobKind, Trigger};
use sqlx::FromRow;
use std::time::{Duration, Instant};

/// A job that this host has claimed, under a lease.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The job's number.
    pub id: JobId,
    /// The tenant's id.
    pub tenant: String,
    /// What started it.
    pub trigger: Trigger,
    /// The job's arguments.
    pub arguments: Arguments,
    /// Who requested it.
    pub requested_by: Option<String>,
    /// How many hosts have crashed while they carried it out.
    pub crashes: i64,
    /// The job's generation, which grows with every claim, expiry and end.
    pub generation: i64,
    /// When it was queued, in Unix milliseconds by the database's clock.
    pub queued_at: i64,
    /// When the lease ends, by this host's own clock. Renewing the lease moves it, in the claim that is renewed.
    pub deadline: Instant,
}

impl Claimed {
    /// Its kind.
    pub fn kind(&self) -> JobKind {
        self.arguments.kind()
    }

    /// The job's key: its number and when it was queued. After a restore from a backup a number alone can be used
    /// again.
    pub fn key(&self) -> String {
        format!("{}@{}", self.id, self.queued_at)
    }

    /// This job as the cause of a run.
    pub fn cause(&self) -> Cause {
        Cause { trigger: self.trigger, job: Some(self.key()), requested_by: self.requested_by.clone() }
    }
}

#[derive(FromRow)]
struct ClaimedRow {
    #[sqlx(flatten)]
    job: JobRow,
    generation: i64,
}

pub(super) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Queue {
    /// Claims the next job that may start, if there is one: the most urgent job whose tenant has no running job in its
    /// lane.
    ///
    /// # Errors
    /// The database failed.
    pub async fn claim(&self, holder: &str, lease: Duration) -> Result<Option<Claimed>, QueueError> {
        let skip = self.store.db().skip_locked();
        let sql = format!(
            "UPDATE jobs SET state = 'running', holder = $1, generation = generation + 1, lease_until = {now} + $2,
                started_at = {now}
             WHERE id = (SELECT id FROM jobs j WHERE state = 'queued' AND start_at <= {now}
                AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.tenant = j.tenant AND o.lane = j.lane AND o.state = 'running')
                ORDER BY priority DESC, start_at, id LIMIT 1 {skip})
             RETURNING {COLUMNS}, generation",
            now = self.store.db().now()
        );
        let deadline = Instant::now() + lease;
        // One statement, which tells everything about the job: were it asked for afterwards, an error would leave a job that
        // says that it runs, and that nobody knows of.
        let claimed: Option<ClaimedRow> = loop {
            match query(sql.clone()).bind(holder).bind(milliseconds(lease)).fetch_optional(&self.store).await {
                // Another host has just started another job in that lane.
                Err(DatabaseError(sqlx::Error::Database(error))) if error.is_unique_violation() => {}
                claimed => break claimed?,
            }
        };
        let Some(ClaimedRow { job, generation }) = claimed else { return Ok(None) };
        let job = Job::try_from(job)?;
        Ok(Some(Claimed {
            id: job.id,
            tenant: job.tenant,
            trigger: job.trigger,
            // What the operator released may have been applied before the crash.
            arguments: if job.crashes > 0 { job.arguments.without_releases() } else { job.arguments },
            requested_by: job.requested_by,
            crashes: job.crashes,
            generation,
            queued_at: job.queued_at,
            deadline,
        }))
    }
}

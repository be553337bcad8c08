//! Taking the next job, and keeping it.

use crate::database::DatabaseError;
use crate::database::query;
use crate::queue::Cause;
use crate::queue::{Arguments, JobId, Queue, QueueError};
use hibob_base::job::{JobKind, Trigger};
use std::time::{Duration, Instant};

/// A job that this host has taken, for as long as its lease lasts.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Its number.
    pub id: JobId,
    /// For whom.
    pub tenant: String,
    /// What.
    pub kind: JobKind,
    /// Who started it.
    pub trigger: Trigger,
    /// What in particular.
    pub arguments: Arguments,
    /// Who asked for it.
    pub requested_by: Option<String>,
    /// How often it crashed its host.
    pub crashes: i64,
    /// Which claim of the job this is.
    pub generation: i64,
    /// When it was queued, in Unix milliseconds by the database's clock.
    pub queued_at: i64,
    /// By this host's own clock: until then nobody else takes it. Renewing moves it on, in the claim that is renewed.
    pub deadline: Instant,
}

impl Claimed {
    /// What names it for good: a number alone comes again after the queue was restored from a backup.
    pub fn key(&self) -> String {
        format!("{}@{}", self.id, self.queued_at)
    }

    /// As what started a run.
    pub fn cause(&self) -> Cause {
        Cause { trigger: self.trigger, job: Some(self.key()), requested_by: self.requested_by.clone() }
    }
}

pub(super) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Queue {
    /// Takes the next job, if there is one that may start: the most urgent, of a tenant that has none running in its lane.
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
             RETURNING id, generation",
            now = self.store.db().now()
        );
        let deadline = Instant::now() + lease;
        let claimed: Option<(i64, i64)> = loop {
            match query(sql.clone()).bind(holder).bind(milliseconds(lease)).fetch_optional(&self.store).await {
                // Another host has just started another job in that lane.
                Err(DatabaseError(sqlx::Error::Database(error))) if error.is_unique_violation() => {}
                claimed => break claimed?,
            }
        };
        let Some((id, generation)) = claimed else { return Ok(None) };
        let job = self.get(id).await?;
        Ok(Some(Claimed {
            id,
            tenant: job.tenant,
            kind: job.kind,
            trigger: job.trigger,
            // What a guard was to let through, it may have let through before the crash.
            arguments: if job.crashes > 0 { job.arguments.without_releases() } else { job.arguments },
            requested_by: job.requested_by,
            crashes: job.crashes,
            generation,
            queued_at: job.queued_at,
            deadline,
        }))
    }
}

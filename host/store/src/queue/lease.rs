//! The lease of a claimed job: renewing it, ending the job, and queueing again the jobs of crashed hosts.

use crate::database::query;
use crate::queue::claim::milliseconds;
use crate::queue::{Claimed, Queue, QueueError, State};
use hibob_base::job::Expired;
use std::time::{Duration, Instant};

/// How many hosts may crash while they carry out a job before the job is lost.
pub const CRASHES_MAX: i64 = 3;

/// How a host ends its claim of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The job has ended, in this state and with this result.
    Ended(State, serde_json::Value),
    /// The job is queued again, and starts after this pause at the earliest. If somebody has requested that it stop, it
    /// is cancelled instead.
    Again(Duration),
}

impl Queue {
    /// Renews the lease of a claimed job. Returns whether somebody has requested that the job stop.
    ///
    /// # Errors
    /// The lease has lapsed and the job was queued again, or the database failed.
    pub async fn renew(&self, claimed: &mut Claimed, lease: Duration) -> Result<bool, QueueError> {
        let asked = Instant::now();
        let sql = format!(
            "UPDATE jobs SET lease_until = {} + $1 WHERE id = $2 AND generation = $3 AND state = 'running'
             RETURNING cancel_requested_at",
            self.store.db().now()
        );
        let renew = query(sql).bind(milliseconds(lease)).bind(claimed.id).bind(claimed.generation);
        let renewed: Option<(Option<i64>,)> = renew.fetch_optional(&self.store).await?;
        let (cancel_requested,) = renewed.ok_or(QueueError::Lost(claimed.id))?;
        claimed.deadline = asked + lease;
        Ok(cancel_requested.is_some())
    }

    /// Ends a claim.
    ///
    /// # Errors
    /// A running job may not change to this state, the lease has lapsed and the job was queued again, or the database
    /// failed.
    pub async fn end(&self, claimed: &Claimed, end: &End) -> Result<(), QueueError> {
        let (state, result, pause) = match end {
            End::Ended(state, result) => (*state, Some(result.to_string()), Duration::ZERO),
            End::Again(pause) => (State::Queued, None, *pause),
        };
        State::Running.becomes(claimed.id, state)?;
        let sql = format!(
            "UPDATE jobs SET state = {next}, result = $2, ended_at = CASE WHEN $4 = 1 OR {next} <> $1 THEN {now} END,
                start_at = CASE WHEN $1 = 'queued' THEN {now} + $3 ELSE start_at END,
                generation = generation + 1, holder = NULL, lease_until = NULL
             WHERE id = $5 AND generation = $6 AND state = 'running'",
            now = self.store.db().now(),
            next = "CASE WHEN $1 = 'queued' AND cancel_requested_at IS NOT NULL THEN 'cancelled' ELSE $1 END"
        );
        let mut transaction = self.store.begin().await?;
        let ended = query(sql)
            .bind(state.word())
            .bind(result.as_deref())
            .bind(milliseconds(pause))
            .bind(i64::from(state.is_end()))
            .bind(claimed.id)
            .bind(claimed.generation)
            .execute(&mut transaction)
            .await?;
        // On another host a job of the tenant may have waited for this one.
        self.notify(&mut transaction).await?;
        transaction.commit().await?;
        self.wake();
        if ended == 1 { Ok(()) } else { Err(QueueError::Lost(claimed.id)) }
    }

    /// Queues again the jobs whose leases have lapsed; a job that has crashed [`CRASHES_MAX`] hosts is lost, and one
    /// that was requested to stop is cancelled.
    ///
    /// # Errors
    /// The database failed.
    pub async fn expire(&self) -> Result<Expired, QueueError> {
        let now = self.store.db().now();
        let lapsed = format!("state = 'running' AND lease_until <= {now}");
        // This is read first, because it is done at every poll, and on SQLite a write excludes all other writes.
        let any = format!("SELECT 1 FROM jobs WHERE {lapsed} LIMIT 1");
        let next = "CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' WHEN crashes + 1 >= $1 THEN 'lost' ELSE 'queued' END";
        let sql = format!(
            "UPDATE jobs SET state = {next}, ended_at = CASE {next} WHEN 'queued' THEN NULL ELSE {now} END,
                crashes = crashes + 1, generation = generation + 1, holder = NULL, lease_until = NULL
             WHERE id IN (SELECT id FROM jobs WHERE {lapsed} {skip}) RETURNING state",
            skip = self.store.db().skip_locked()
        );
        if !query(any).finds(&self.store).await? {
            return Ok(Expired::default());
        }
        let states: Vec<(String,)> = query(sql).bind(CRASHES_MAX).fetch_all(&self.store).await?;
        let number = |state: State| states.iter().filter(|(word,)| word == state.word()).count() as u64;
        Ok(Expired { again: number(State::Queued), lost: number(State::Lost), cancelled: number(State::Cancelled) })
    }
}

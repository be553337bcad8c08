//! Queueing jobs that somebody requests, listing them, and cancelling them.

use crate::database::query;
use crate::queue::claim::milliseconds;
use crate::queue::job::{COLUMNS, JobRow};
use crate::queue::{Arguments, ReferencesArguments};
use crate::queue::{Job, JobId, NewJob, Queue, QueueError, State};
use hibob_base::job::Waiting;
use hibob_base::job::{JobKind, Lane, Trigger};
use std::time::Duration;

/// A job that was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// The job's number.
    pub id: JobId,
    /// False if an equal job was queued already; the number is that job's.
    pub is_new: bool,
}

/// Which jobs to list.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'s> {
    /// The jobs of this tenant only; none stands for all tenants.
    pub tenant: Option<&'s str>,
    /// How many jobs that have ended, the latest first.
    pub ended_max: u32,
}

impl Queue {
    /// Queues a manual job, which is claimed before scheduled ones. If an equal job is queued already, no other one is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn start(&self, new: &NewJob) -> Result<Started, QueueError> {
        let insert = format!(
            "INSERT INTO jobs (tenant, kind, lane, trigger, arguments, requested_by, start_at, priority, state, queued_at)
             VALUES ($1, $2, $3, $4, $5, $6, {now}, $7, 'queued', {now})
             ON CONFLICT (tenant, kind, {same}) WHERE state = 'queued' AND due_at IS NULL AND generation = 0
             DO NOTHING RETURNING id",
            now = self.store.db().now(),
            same = self.store.db().same_arguments()
        );
        let waiting = "SELECT id FROM jobs WHERE tenant = $1 AND kind = $2 AND arguments = $3
                       AND state = 'queued' AND due_at IS NULL AND generation = 0";
        let (kind, arguments) = (new.kind().word(), new.arguments.text()?);
        loop {
            let mut transaction = self.store.begin().await?;
            let inserted: Option<(i64,)> = query(insert.clone())
                .bind(&new.tenant)
                .bind(kind)
                .bind(new.kind().lane().map(Lane::word))
                .bind(Trigger::Manual.word())
                .bind(&arguments)
                .bind(new.requested_by.as_deref())
                .bind(Trigger::Manual.priority())
                .fetch_optional(&mut transaction)
                .await?;
            self.notify(&mut transaction).await?;
            transaction.commit().await?;
            if let Some((id,)) = inserted {
                self.wake();
                return Ok(Started { id, is_new: true });
            }
            let same = query(waiting).bind(&new.tenant).bind(kind).bind(&arguments).fetch_optional(&self.store).await?;
            // None: that job was claimed in between, so a new one can be queued.
            if let Some((id,)) = same {
                return Ok(Started { id, is_new: false });
            }
        }
    }

    /// One job by its number.
    ///
    /// # Errors
    /// There is no job with this number, or the database failed.
    pub async fn get(&self, id: JobId) -> Result<Job, QueueError> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = $1");
        let row: Option<JobRow> = query(sql).bind(id).fetch_optional(&self.store).await?;
        row.ok_or(QueueError::Unknown(id))?.try_into()
    }

    /// The running and the queued jobs, in the order in which they are carried out, and then the jobs that have ended,
    /// the latest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(&self, which: Selection<'_>) -> Result<Vec<Job>, QueueError> {
        let all = "($1 IS NULL OR tenant = $1)";
        let live = format!(
            "SELECT {COLUMNS} FROM jobs WHERE ended_at IS NULL AND {all}
             ORDER BY CASE state WHEN 'running' THEN 0 ELSE 1 END, priority DESC, start_at, id"
        );
        let ended = format!(
            "SELECT {COLUMNS} FROM jobs WHERE ended_at IS NOT NULL AND {all} ORDER BY ended_at DESC, id DESC LIMIT $2"
        );
        let mut rows: Vec<JobRow> = query(live).bind(which.tenant).fetch_all(&self.store).await?;
        let ended = query(ended).bind(which.tenant).bind(i64::from(which.ended_max));
        rows.extend(ended.fetch_all(&self.store).await?);
        rows.into_iter().map(Job::try_from).collect()
    }

    /// The job of this kind that has ended last; none if none has, or it is not kept any more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_ended(&self, tenant: &str, kind: JobKind) -> Result<Option<Job>, QueueError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs WHERE ended_at IS NOT NULL AND tenant = $1 AND kind = $2
             ORDER BY ended_at DESC, id DESC LIMIT 1"
        );
        let row: Option<JobRow> = query(sql).bind(tenant).bind(kind.word()).fetch_optional(&self.store).await?;
        row.map(Job::try_from).transpose()
    }

    /// Removes an employee's id from the arguments of a tenant's jobs. Returns how many jobs were changed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn erase_employee(&self, tenant: &str, employee_id: &str) -> Result<u64, QueueError> {
        let mut found = 0;
        for job in self.list(Selection { tenant: Some(tenant), ended_max: u32::MAX >> 1 }).await? {
            let kind = job.kind();
            let mut arguments = job.arguments;
            let Arguments::References(ReferencesArguments { employees: Some(employees), .. }) = &mut arguments else {
                continue;
            };
            let number = employees.len();
            employees.retain(|id| id != employee_id);
            if employees.len() == number {
                continue;
            }
            let text = arguments.text()?;
            // If an equal job is queued already, that one is enough.
            let same = "SELECT 1 FROM jobs WHERE tenant = $1 AND kind = $2 AND arguments = $3
                        AND state = 'queued' AND due_at IS NULL AND generation = 0 AND id <> $4";
            let same = query(same).bind(tenant).bind(kind.word()).bind(&text).bind(job.id);
            let without = if same.finds(&self.store).await? {
                query("DELETE FROM jobs WHERE id = $1").bind(job.id)
            } else {
                query("UPDATE jobs SET arguments = $1 WHERE id = $2").bind(&text).bind(job.id)
            };
            found += without.execute(&self.store).await?;
        }
        Ok(found)
    }

    /// Cancels a queued job at once. A running job is requested to stop; its host sees that when it renews the job's
    /// lease. Returns the job's state after that.
    ///
    /// # Errors
    /// The job has ended already, there is no job with this number, or the database failed.
    pub async fn cancel(&self, id: JobId) -> Result<State, QueueError> {
        let now = self.store.db().now();
        let sql = format!(
            "UPDATE jobs SET
                state = CASE state WHEN 'running' THEN 'running' ELSE 'cancelled' END,
                ended_at = CASE state WHEN 'running' THEN NULL ELSE {now} END,
                cancel_requested_at = coalesce(cancel_requested_at, {now})
             WHERE id = $1 AND state IN ('queued', 'running') RETURNING state"
        );
        let state: Option<(String,)> = query(sql).bind(id).fetch_optional(&self.store).await?;
        match state.and_then(|(state,)| State::of_word(&state)) {
            Some(state) => Ok(state),
            None => Ok(self.get(id).await?.state.becomes(id, State::Cancelled)?),
        }
    }

    /// Whether somebody has cancelled the job with this key ([`crate::queue::Claimed::key`]). A job that is no longer
    /// kept was not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn is_cancelled(&self, key: &str) -> Result<bool, QueueError> {
        let Some((id, queued_at)) = key.split_once('@') else { return Ok(false) };
        let (Ok(id), Ok(queued_at)) = (id.parse::<JobId>(), queued_at.parse::<i64>()) else { return Ok(false) };
        let sql = "SELECT 1 FROM jobs WHERE id = $1 AND queued_at = $2 AND cancel_requested_at IS NOT NULL";
        Ok(query(sql).bind(id).bind(queued_at).finds(&self.store).await?)
    }

    /// For each kind of job, how many queued jobs could start now, and for how long the first of them has waited.
    ///
    /// # Errors
    /// The database failed.
    pub async fn waiting(&self) -> Result<Vec<(JobKind, Waiting)>, QueueError> {
        let sql = format!(
            "SELECT kind, count(*), {now} - min(start_at) FROM jobs WHERE state = 'queued' AND start_at <= {now} GROUP BY kind",
            now = self.store.db().now()
        );
        let rows: Vec<(String, i64, i64)> = query(sql).fetch_all(&self.store).await?;
        Ok(JobKind::ALL
            .iter()
            .copied()
            .map(|kind| {
                let row = rows.iter().find(|(word, ..)| word == kind.word());
                let (jobs, longest) = row.map_or((0, 0), |(_, jobs, longest)| (*jobs, *longest));
                let longest = Duration::from_millis(u64::try_from(longest).unwrap_or_default());
                (kind, Waiting { jobs: u64::try_from(jobs).unwrap_or_default(), longest })
            })
            .collect())
    }

    /// Removes jobs that ended longer ago than this. Returns how many.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget(&self, longer_ago: Duration) -> Result<u64, QueueError> {
        let sql = format!("DELETE FROM jobs WHERE ended_at IS NOT NULL AND ended_at < {} - $1", self.store.db().now());
        Ok(query(sql).bind(milliseconds(longer_ago)).execute(&self.store).await?)
    }
}

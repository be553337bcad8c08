//! Schedules: when jobs are queued by themselves. A schedule is a row with its next start. Every host looks for rows
//! that are due; the host that sets a row's next start queues the job in the same transaction.

use crate::database::query;
use crate::queue::claim::milliseconds;
use crate::queue::{Queue, QueueError};
use chrono::{DateTime, Utc};
use hibob_base::error::HostError;
use hibob_base::job::{JobKind, Lane, Trigger};
use hibob_config::due::DueSchedule;
use hibob_config::schedule::Schedule;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How many schedules are handled in one transaction.
const AT_ONCE: i64 = 200;

/// How long to wait until a schedule that cannot be read is tried again.
const BROKEN_PAUSE: Duration = Duration::from_hours(1);

/// A schedule that is due.
#[derive(sqlx::FromRow)]
struct Late {
    tenant: String,
    kind: String,
    cron: String,
    zone: String,
    jitter: i64,
    next_due: i64,
    next_start: i64,
    /// The time by the database's clock, in Unix milliseconds.
    now: i64,
}

/// What is done about a schedule that is due, with its next times.
#[derive(Debug, PartialEq, Eq)]
struct Next {
    /// The kind of job that is queued for the due time; none if the schedule cannot be read.
    queues: Option<JobKind>,
    due: i64,
    start: i64,
}

impl Late {
    /// Works out the next times. A schedule that cannot be read queues nothing, and does not hold up the others.
    fn step(&self) -> Next {
        let due = next_due(&self.cron, &self.zone, self.next_due.max(self.now));
        match (JobKind::of_word(&self.kind), due) {
            (Some(kind), Ok(due)) => Next { queues: Some(kind), due, start: due.saturating_add(self.jitter) },
            (kind, due) => {
                let error = due.err().map_or_else(|| "no such kind".to_owned(), |error| error.to_string());
                tracing::error!(
                    tenant = self.tenant,
                    kind = kind.map(JobKind::word),
                    "a schedule cannot be read: {error}"
                );
                Next { queues: None, due: self.next_due, start: self.now.saturating_add(milliseconds(BROKEN_PAUSE)) }
            }
        }
    }
}

/// The first due time after a time, both in Unix milliseconds.
fn next_due(cron: &str, zone: &str, after: i64) -> Result<i64, HostError> {
    let schedule = Schedule::parse("a schedule of the queue", cron, zone)?;
    let after = DateTime::<Utc>::from_timestamp_millis(after).unwrap_or_default();
    let next = schedule.after(after).next();
    let next = next
        .ok_or_else(|| HostError::configuration("the schedule is never due again", "apply the tenant's file again"))?;
    Ok(next.timestamp_millis())
}

/// How many milliseconds after its due time a tenant's job starts: equal on every host and every night.
fn jitter(tenant: &str, kind: JobKind, spread: Duration) -> i64 {
    let hash = Sha256::new().chain_update(tenant).chain_update([0]).chain_update(kind.word()).finalize();
    let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let spread = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX).max(1);
    i64::try_from(number % spread).unwrap_or_default()
}

/// A schedule as its row has it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
struct Wanted {
    kind: String,
    cron: String,
    zone: String,
    jitter: i64,
}

impl Queue {
    /// Sets a tenant's schedules. A schedule that does not change keeps its next start.
    ///
    /// # Errors
    /// A schedule cannot be read, or the database failed.
    pub async fn set_schedules(&self, tenant: &str, schedules: &[DueSchedule]) -> Result<(), HostError> {
        let wanted = schedules.iter().map(|schedule| Wanted {
            kind: schedule.kind.word().to_owned(),
            cron: schedule.cron.clone(),
            zone: schedule.zone.clone(),
            jitter: jitter(tenant, schedule.kind, schedule.spread),
        });
        let wanted: Vec<Wanted> = wanted.collect();
        let present = "SELECT kind, cron, zone, jitter FROM schedules WHERE tenant = $1";
        let (now,): (i64,) = query(format!("SELECT {}", self.store.db().now())).fetch_one(&self.store).await?;
        let present: Vec<Wanted> = query(present).bind(tenant).fetch_all(&self.store).await?;
        let gone: Vec<&Wanted> = present.iter().filter(|row| !wanted.contains(row)).collect();
        let new = wanted.iter().filter(|row| !present.contains(row));
        let new = new.map(|row| Ok((row, next_due(&row.cron, &row.zone, now)?)));
        let new = new.collect::<Result<Vec<_>, HostError>>()?;
        if gone.is_empty() && new.is_empty() {
            return Ok(());
        }
        let mut transaction = self.store.begin().await?;
        for row in gone {
            let delete = query("DELETE FROM schedules WHERE tenant = $1 AND kind = $2");
            delete.bind(tenant).bind(&row.kind).execute(&mut transaction).await?;
        }
        for (row, due) in new {
            query(
                "INSERT INTO schedules (tenant, kind, cron, zone, jitter, next_due, next_start)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant, kind) DO UPDATE SET cron = excluded.cron,
                    zone = excluded.zone, jitter = excluded.jitter, next_due = excluded.next_due,
                    next_start = excluded.next_start",
            )
            .bind(tenant)
            .bind(&row.kind)
            .bind(&row.cron)
            .bind(&row.zone)
            .bind(row.jitter)
            .bind(due)
            .bind(due.saturating_add(row.jitter))
            .execute(&mut transaction)
            .await?;
        }
        self.notify(&mut transaction).await?;
        transaction.commit().await?;
        self.wake();
        Ok(())
    }

    /// When each schedule of a tenant queues its next job, in Unix milliseconds, the earliest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn next_starts(&self, tenant: &str) -> Result<Vec<(JobKind, i64)>, HostError> {
        let rows = query("SELECT kind, next_start FROM schedules WHERE tenant = $1 ORDER BY next_start, kind");
        let rows: Vec<(String, i64)> = rows.bind(tenant).fetch_all(&self.store).await?;
        Ok(rows.into_iter().filter_map(|(kind, at)| Some((JobKind::of_word(&kind)?, at))).collect())
    }

    /// Queues a job for each schedule that is due. After an outage a schedule is due once, not once for each time that
    /// it missed. Returns how many jobs were queued.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tick(&self) -> Result<u64, QueueError> {
        let mut queued = 0;
        loop {
            let late = self.late().await?;
            if late.is_empty() {
                return Ok(queued);
            }
            queued += self.move_on(&late).await?;
        }
    }

    /// The schedules that are due. The order is equal on every host, so that two hosts do not deadlock.
    async fn late(&self) -> Result<Vec<Late>, QueueError> {
        let now = self.store.db().now();
        let sql = format!(
            "SELECT tenant, kind, cron, zone, jitter, next_due, next_start, {now} AS now FROM schedules WHERE next_start <= {now}
             ORDER BY next_start, tenant, kind LIMIT $1"
        );
        Ok(query(sql).bind(AT_ONCE).fetch_all(&self.store).await?)
    }

    async fn move_on(&self, late: &[Late]) -> Result<u64, QueueError> {
        let steps: Vec<_> = late.iter().map(|row| (row, row.step())).collect();
        let mut queued = 0;
        let mut transaction = self.store.begin().await?;
        for (row, step) in steps {
            let moved = query(
                "UPDATE schedules SET next_due = $1, next_start = $2
                 WHERE tenant = $3 AND kind = $4 AND next_due = $5 AND next_start = $6",
            )
            .bind(step.due)
            .bind(step.start)
            .bind(&row.tenant)
            .bind(&row.kind)
            .bind(row.next_due)
            .bind(row.next_start)
            .execute(&mut transaction)
            .await?;
            let Some(kind) = step.queues.filter(|_| moved == 1) else { continue };
            queued += query(
                "INSERT INTO jobs (tenant, kind, lane, trigger, arguments, due_at, start_at, priority, state, queued_at)
                 VALUES ($1, $2, $3, $4, '{}', $5, $6, $7, 'queued', $6) ON CONFLICT (tenant, kind, due_at) DO NOTHING",
            )
            .bind(&row.tenant)
            .bind(kind.word())
            .bind(kind.lane().map(Lane::word))
            .bind(Trigger::Schedule.word())
            .bind(row.next_due)
            .bind(row.now)
            .bind(Trigger::Schedule.priority())
            .execute(&mut transaction)
            .await?;
        }
        if queued > 0 {
            self.notify(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(queued)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds_of(time: &str) -> i64 {
        time.parse::<DateTime<Utc>>().unwrap().timestamp_millis()
    }

    fn late(cron: &str, due: &str, now: &str) -> Late {
        Late {
            tenant: "acme".to_owned(),
            kind: "sync".to_owned(),
            cron: cron.to_owned(),
            zone: "Europe/Madrid".to_owned(),
            jitter: 60_000,
            next_due: milliseconds_of(due),
            next_start: milliseconds_of(due) + 60_000,
            now: milliseconds_of(now),
        }
    }

    #[test]
    fn the_night_without_the_hour_and_the_one_that_has_it_twice_have_one_job_each() {
        for (due, now, next) in [
            // The clock goes from two to three: half past two is three o'clock, and the night after as ever.
            ("2026-03-28T01:30:00Z", "2026-03-28T01:31:00Z", "2026-03-29T01:00:00Z"),
            ("2026-03-29T01:00:00Z", "2026-03-29T01:01:00Z", "2026-03-30T00:30:00Z"),
            // It goes from three to two: half past two comes twice, and counts the first time.
            ("2026-10-24T00:30:00Z", "2026-10-24T00:31:00Z", "2026-10-25T00:30:00Z"),
            ("2026-10-25T00:30:00Z", "2026-10-25T00:31:00Z", "2026-10-26T01:30:00Z"),
        ] {
            let next = milliseconds_of(next);
            let expected = Next { queues: Some(JobKind::Sync), due: next, start: next + 60_000 };
            assert_eq!(late("30 2 * * *", due, now).step(), expected, "{due}");
        }
    }

    #[test]
    fn after_an_outage_a_schedule_goes_on_from_now() {
        let step = late("30 2 * * *", "2026-01-01T01:30:00Z", "2026-01-10T12:00:00Z").step();
        assert_eq!((step.queues, step.due), (Some(JobKind::Sync), milliseconds_of("2026-01-11T01:30:00Z")));
    }

    #[test]
    fn a_schedule_that_cannot_be_read_queues_nothing_and_is_looked_at_later() {
        let now = "2026-01-10T12:00:00Z";
        let step = late("whenever", "2026-01-01T01:30:00Z", now).step();
        assert_eq!(step.queues, None);
        assert_eq!((step.due, step.start), (milliseconds_of("2026-01-01T01:30:00Z"), milliseconds_of(now) + 3_600_000));
    }

    #[test]
    fn starts_are_spread_and_always_the_same() {
        let spread = Duration::from_mins(30);
        let minutes = (0..5_000).map(|number| jitter(&format!("t{number}"), JobKind::Sync, spread) / 60_000);
        let minutes: Vec<i64> = minutes.collect();
        for minute in 0..30 {
            let here = minutes.iter().filter(|other| **other == minute).count();
            assert!((100..250).contains(&here), "{here} tenants in minute {minute}");
        }
        assert_eq!(jitter("acme", JobKind::Sync, spread), jitter("acme", JobKind::Sync, spread));
        assert_ne!(jitter("acme", JobKind::Sync, spread), jitter("acme", JobKind::References, spread));
        assert_eq!(jitter("acme", JobKind::Sync, Duration::ZERO), 0);
    }
}

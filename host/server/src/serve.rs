//! A long-running host: queues what is due, takes jobs, carries them out, and keeps its leases. Any number of hosts may
//! serve the same queue.

mod carry_out;
mod phase;
#[cfg(test)]
mod tests;

pub use phase::{Phase, phases};

use carry_out::Carrier;
use hibob_base::holder::this_process;
use hibob_base::progress::Progress;
use hibob_store::queue::{Claimed, End, Queue, QueueError};
use hibob_telemetry::Metrics;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Jobs that one host carries out at the same time, unless the operator says otherwise. A job mostly waits for the services,
/// so these are many more than processors; the benchmark `night` has the figures.
pub const WORKERS: usize = 32;

/// How long a claim lasts without being renewed. A crashed host keeps its jobs for that long.
pub const LEASE: Duration = Duration::from_secs(30);

/// The longest that a host sleeps, should a wake-up be lost.
pub const SWEEP: Duration = Duration::from_secs(30);

/// How long jobs that have ended are remembered, in days.
const REMEMBERED_DAYS: u64 = 90;

/// How often older ones are forgotten.
const FORGET: Duration = Duration::from_hours(1);

/// After the database failed.
const PAUSE: Duration = Duration::from_secs(1);

/// How long jobs may take to be put back into the queue when the host is to leave at once. Longer than a connection waits
/// for another one's write; a host leaves sooner, as soon as the last of its jobs is back in the queue.
const SAVE_TIME_MAX: Duration = Duration::from_secs(15);

/// Who carries a job out.
pub trait Work: Send + Sync + 'static {
    /// Does it, and says what becomes of the job. Dropped when the job is cancelled, or its lease or the host's time is up:
    /// what counts has to be recorded as soon as it is done.
    fn carry_out(&self, job: &Claimed, progress: Arc<dyn Progress>) -> impl Future<Output = End> + Send;
}

/// How a host serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Jobs that it carries out at the same time.
    pub workers: usize,
    /// How long a claim lasts without being renewed.
    pub lease: Duration,
    /// The longest that it sleeps, should a wake-up be lost.
    pub sweep: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { workers: WORKERS, lease: LEASE, sweep: SWEEP }
    }
}

/// Serves until the phase says that it is over: takes no new jobs once it is to drain, and puts those that run back into
/// the queue once it is to save. Returns when it has no job left, at the latest `SAVE_TIME_MAX` after it is to save; a job
/// that is not back in the queue by then waits until its lease has lapsed.
pub async fn serve<W: Work>(
    queue: &Queue,
    work: Arc<W>,
    settings: Settings,
    metrics: &Metrics,
    mut phase: watch::Receiver<Phase>,
) {
    let holder = this_process();
    let free = Arc::new(Semaphore::new(settings.workers));
    let mut host = Host { queue, settings, metrics, holder, free, going: JoinSet::new(), forgotten: None };
    let (mut leaving, mut changes) = (phase.clone(), queue.changes());
    let serving = async {
        let working = async {
            while *phase.borrow() == Phase::Work {
                // An error of the database ends nothing: the loop looks again.
                let pause = host.turn(&work, &phase).await.inspect(|_| queue.record_poll()).unwrap_or_else(|error| {
                    tracing::error!("the queue cannot be used: {error}");
                    PAUSE
                });
                tokio::select! {
                    _ = changes.changed() => {}
                    () = tokio::time::sleep(pause) => {}
                    _ = phase.changed() => {}
                }
            }
        };
        tokio::select! {
            () = working => {}
            () = queue.watch() => {}
        }
        host.leave().await;
    };
    let too_late = async {
        Phase::reached(&mut leaving, Phase::Save).await;
        tokio::time::sleep(SAVE_TIME_MAX).await;
    };
    // Nothing of it is broken off before that: a claim whose answer nobody reads would leave a job that says that it runs,
    // and that no host carries out.
    tokio::select! {
        () = serving => {}
        () = too_late => tracing::error!(
            "leaving before all jobs are back in the queue: the database has not answered for {} seconds; they start again \
             when their leases have lapsed",
            SAVE_TIME_MAX.as_secs()
        ),
    }
}

struct Host<'h> {
    queue: &'h Queue,
    settings: Settings,
    metrics: &'h Metrics,
    holder: String,
    free: Arc<Semaphore>,
    going: JoinSet<()>,
    forgotten: Option<Instant>,
}

impl Host<'_> {
    /// Does what there is to do now, and returns how long there is nothing more.
    async fn turn<W: Work>(&mut self, work: &Arc<W>, phase: &watch::Receiver<Phase>) -> Result<Duration, QueueError> {
        while self.going.try_join_next().is_some() {}
        let expired = self.queue.expire().await?;
        self.metrics.jobs_expired(expired);
        if expired.again + expired.lost + expired.cancelled > 0 {
            tracing::warn!(?expired, "took back jobs of a host that no longer renews its leases");
        }
        self.queue.tick().await?;
        self.forget().await?;
        // A place first, then the job: what is claimed starts at once, so nothing urgent waits behind a batch. After the
        // first signal no more is claimed.
        let works = || *phase.borrow() == Phase::Work;
        while works()
            && let Ok(place) = self.free.clone().try_acquire_owned()
        {
            let Some(claimed) = self.queue.claim(&self.holder, self.settings.lease).await? else {
                self.metrics.jobs_waiting(&self.queue.waiting().await?);
                return self.queue.idle_for(self.settings.sweep).await;
            };
            self.metrics.job_claimed(claimed.kind(), claimed.trigger);
            let carrier = Carrier { queue: self.queue.clone(), lease: self.settings.lease, phase: phase.clone() };
            let work = work.clone();
            self.going.spawn(async move {
                carrier.carry_out(work.as_ref(), claimed).await;
                drop(place);
                carrier.queue.wake();
            });
        }
        self.metrics.jobs_waiting(&self.queue.waiting().await?);
        // All places are taken: leases and schedules are still looked after.
        Ok(self.settings.sweep.min(self.settings.lease / 3))
    }

    async fn forget(&mut self) -> Result<(), QueueError> {
        if self.forgotten.is_none_or(|at| at.elapsed() >= FORGET) {
            self.queue.forget(Duration::from_hours(24 * REMEMBERED_DAYS)).await?;
            self.forgotten = Some(Instant::now());
        }
        Ok(())
    }

    /// Waits until the jobs that run have ended, or are back in the queue.
    async fn leave(&mut self) {
        let number = self.settings.workers - self.free.available_permits();
        tracing::info!(
            jobs = number,
            "leaving when the jobs that run have ended; another signal puts them back into the queue"
        );
        while self.going.join_next().await.is_some() {}
    }
}

//! A long-running host: queues jobs that are due, claims jobs, carries them out, and renews their leases. Any number of
//! hosts may serve the same queue.

mod carry_out;
mod phase;
#[cfg(test)]
mod tests;

pub use phase::{Phase, phases};

use carry_out::Carrier;
use hibob_base::holder::this_process;
use hibob_base::progress::Progress;
use hibob_jobs::interrupt::Interrupt;
use hibob_store::queue::{Claimed, End, Queue, QueueError};
use hibob_telemetry::Metrics;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// How many jobs one host carries out at the same time by default. A job mostly waits for the services, so this is many
/// more than there are processors; the benchmark `night` has the figures.
pub const WORKERS: usize = 32;

/// How long a lease of a job lasts without being renewed. So long the jobs of a crashed host wait until another takes
/// them.
pub const LEASE: Duration = Duration::from_secs(30);

/// How long a host sleeps at most, in case a wake-up was lost.
pub const SWEEP: Duration = Duration::from_secs(30);

/// For how many days ended jobs are kept.
const REMEMBERED_DAYS: u64 = 90;

/// How often older jobs are removed.
const FORGET: Duration = Duration::from_hours(1);

/// The pause after the database failed.
const PAUSE: Duration = Duration::from_secs(1);

/// How long jobs may take to be put back into the queue when the host leaves at once. This is longer than a connection
/// waits for another one's write. The host leaves as soon as the last of its jobs is back in the queue.
const SAVE_TIME_MAX: Duration = Duration::from_secs(15);

/// The port through which a job is carried out.
pub trait Work: Send + Sync + 'static {
    /// Carries the job out, and returns how it ends. When somebody cancels the job, it is interrupted: it finishes what
    /// is in flight, and ends. The future is dropped when the job's lease is lost or the host has to leave, so every
    /// result has to be recorded at once.
    fn carry_out(
        &self,
        job: &Claimed,
        progress: Arc<dyn Progress>,
        interrupt: Interrupt,
    ) -> impl Future<Output = End> + Send;
}

/// The settings of a host that serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many jobs it carries out at the same time.
    pub workers: usize,
    /// How long a lease of a job lasts without being renewed.
    pub lease: Duration,
    /// How long it sleeps at most, in case a wake-up was lost.
    pub sweep: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { workers: WORKERS, lease: LEASE, sweep: SWEEP }
    }
}

/// Serves until the phase says to leave. In [`Phase::Drain`] it takes no new jobs; in [`Phase::Save`] it puts the
/// running ones back into the queue. Returns when it has no job left, at the latest `SAVE_TIME_MAX` after
/// [`Phase::Save`]. A job that is not back in the queue by then waits until its lease has lapsed.
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
                // An error of the database does not end the loop: it tries again.
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
    // The loop is not dropped before that: if the answer to a claim were lost, the job would be marked as running
    // although no host carries it out.
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
    /// Does what is to be done now, and returns after what time there is more to do.
    async fn turn<W: Work>(&mut self, work: &Arc<W>, phase: &watch::Receiver<Phase>) -> Result<Duration, QueueError> {
        while self.going.try_join_next().is_some() {}
        let expired = self.queue.expire().await?;
        self.metrics.jobs_expired(expired);
        if expired.again + expired.lost + expired.cancelled > 0 {
            tracing::warn!(?expired, "took back jobs of a host that no longer renews its leases");
        }
        self.queue.tick().await?;
        self.forget().await?;
        // First a free worker, then the job: a claimed job starts at once, so no urgent job waits behind a batch. After
        // the first signal no more jobs are claimed.
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
        // All workers are busy: leases and schedules are still handled.
        Ok(self.settings.sweep.min(self.settings.lease / 3))
    }

    async fn forget(&mut self) -> Result<(), QueueError> {
        if self.forgotten.is_none_or(|at| at.elapsed() >= FORGET) {
            self.queue.forget(Duration::from_hours(24 * REMEMBERED_DAYS)).await?;
            self.forgotten = Some(Instant::now());
        }
        Ok(())
    }

    /// Waits until the running jobs have ended or are back in the queue.
    async fn leave(&mut self) {
        let number = self.settings.workers - self.free.available_permits();
        tracing::info!(
            jobs = number,
            "leaving when the jobs that run have ended; another signal puts them back into the queue"
        );
        while self.going.join_next().await.is_some() {}
    }
}

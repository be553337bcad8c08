//! Carrying out one job under its lease.

use crate::serve::{Phase, Work};
use hibob_jobs::interrupt::Interrupter;
use hibob_jobs::interrupted::cancelled;
use hibob_store::queue::{Claimed, End, Queue, QueueError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// The pause between two attempts to record how a job ended.
const NOTE_PAUSE: Duration = Duration::from_millis(200);

pub(super) struct Carrier {
    pub(super) queue: Queue,
    pub(super) lease: Duration,
    pub(super) phase: watch::Receiver<Phase>,
}

/// Why a job is stopped before it has ended.
enum Stop {
    Lost,
    Cancelled,
}

impl Carrier {
    /// Carries a job out as long as its lease is held and the host does not leave. If somebody cancels the job, it is
    /// interrupted.
    pub(super) async fn carry_out(&self, work: &impl Work, claimed: Claimed) {
        let (id, kind, tenant) = (claimed.id, claimed.kind().word(), claimed.tenant.as_str());
        tracing::info!(job = id, kind, tenant, "started");
        let reporter = Arc::new(self.queue.reporter(id));
        let mut kept = claimed.clone();
        let mut phase = self.phase.clone();
        let (interrupter, interrupt) = Interrupter::new();
        let mut is_cancelled = false;
        // Boxed, so that it is dropped before its end is noted.
        let mut working = Box::pin(work.carry_out(&claimed, reporter, interrupt));
        let end = loop {
            tokio::select! {
                // Checked first, so that a job that was claimed while the signal came is put back without being begun.
                biased;
                () = Phase::reached(&mut phase, Phase::Save) => break End::Again(Duration::ZERO),
                end = &mut working => break end,
                stop = self.hold(&mut kept, is_cancelled) => match stop {
                    Stop::Cancelled => {
                        tracing::info!(job = id, kind, tenant, "somebody has cancelled it; what is in flight is finished");
                        interrupter.interrupt(&cancelled(id));
                        is_cancelled = true;
                    }
                    Stop::Lost => {
                        tracing::warn!(job = id, kind, tenant, "its lease ran out, so another host may have it");
                        return;
                    }
                },
            }
        };
        drop(working);
        let word = match &end {
            End::Ended(state, _) => state.word(),
            End::Again(_) => "queued again",
        };
        match self.note(&kept, &end).await {
            Ok(()) => tracing::info!(job = id, kind, tenant, "{word}"),
            Err(error) => {
                tracing::error!(job = id, kind, tenant, "it ended ({word}), and that cannot be noted: {error}")
            }
        }
    }

    /// Records how a job ended. It tries again while the database fails and the lease lasts, because a job whose end is
    /// not recorded is carried out a second time after its lease has lapsed.
    async fn note(&self, claimed: &Claimed, end: &End) -> Result<(), QueueError> {
        loop {
            match self.queue.end(claimed, end).await {
                Err(QueueError::Database(error)) if Instant::now() + NOTE_PAUSE < claimed.deadline.into() => {
                    tracing::warn!(job = claimed.id, "it ended, and that cannot be noted yet: {error}");
                    tokio::time::sleep(NOTE_PAUSE).await;
                }
                noted => return noted,
            }
        }
    }

    /// Renews the lease, and returns when the job has to stop; not for a cancellation that is known already. The lease counts as lost when it could not be renewed
    /// for as long as it lasts, by this host's own clock.
    async fn hold(&self, claimed: &mut Claimed, is_cancelled: bool) -> Stop {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            let deadline = Instant::from_std(claimed.deadline);
            match tokio::time::timeout_at(deadline, self.queue.renew(claimed, self.lease)).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) if is_cancelled => {}
                Ok(Ok(true)) => return Stop::Cancelled,
                Ok(Err(QueueError::Lost(_))) | Err(_) => return Stop::Lost,
                Ok(Err(_)) if Instant::now() >= deadline => return Stop::Lost,
                Ok(Err(error)) => tracing::warn!(job = claimed.id, "its lease cannot be renewed: {error}"),
            }
        }
    }
}

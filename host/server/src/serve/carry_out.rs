//! Carrying out one job under its lease.

use crate::serve::{Phase, Work};
use hibob_store::queue::{Claimed, End, Queue, QueueError, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Between two attempts to note how a job ended.
const NOTE_PAUSE: Duration = Duration::from_millis(200);

pub(super) struct Carrier {
    pub(super) queue: Queue,
    pub(super) lease: Duration,
    pub(super) phase: watch::Receiver<Phase>,
}

/// Why a job does not go on.
enum Stop {
    Lost,
    Cancelled,
}

impl Carrier {
    /// Works for as long as the job is this host's, nobody asks for its end, and the host stays.
    pub(super) async fn carry_out(&self, work: &impl Work, claimed: Claimed) {
        let (id, kind, tenant) = (claimed.id, claimed.kind().word(), claimed.tenant.as_str());
        tracing::info!(job = id, kind, tenant, "started");
        let reporter = Arc::new(self.queue.reporter(id));
        let mut kept = claimed.clone();
        let mut phase = self.phase.clone();
        let end = tokio::select! {
            // First, so that a job that was claimed while the signal came is put back without being begun.
            biased;
            () = Phase::reached(&mut phase, Phase::Save) => End::Again(Duration::ZERO),
            end = work.carry_out(&claimed, reporter) => end,
            stop = self.hold(&mut kept) => match stop {
                Stop::Cancelled => End::Ended(State::Cancelled, serde_json::json!({})),
                Stop::Lost => {
                    tracing::warn!(job = id, kind, tenant, "its lease ran out, so another host may have it");
                    return;
                }
            },
        };
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

    /// Notes how a job ended, again and again while the database fails and the lease lasts: unless it is noted, the job says
    /// that it runs until the lease has lapsed, and is then done a second time.
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

    /// Renews the lease again and again; returns when the job is to stop. It counts as lost when it could not be renewed for
    /// as long as it lasts, by this host's own clock.
    async fn hold(&self, claimed: &mut Claimed) -> Stop {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            let deadline = Instant::from_std(claimed.deadline);
            match tokio::time::timeout_at(deadline, self.queue.renew(claimed, self.lease)).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => return Stop::Cancelled,
                Ok(Err(QueueError::Lost(_))) | Err(_) => return Stop::Lost,
                Ok(Err(_)) if Instant::now() >= deadline => return Stop::Lost,
                Ok(Err(error)) => tracing::warn!(job = claimed.id, "its lease cannot be renewed: {error}"),
            }
        }
    }
}

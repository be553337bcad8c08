//! Carrying out one job under its lease.

use crate::serve::{Phase, Work};
use hibob_store::queue::{Claimed, End, Queue, QueueError, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

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
        let (id, kind, tenant) = (claimed.id, claimed.kind.word(), claimed.tenant.as_str());
        tracing::info!(job = id, kind, tenant, "started");
        let reporter = Arc::new(self.queue.reporter(id));
        let mut kept = claimed.clone();
        let mut phase = self.phase.clone();
        let end = tokio::select! {
            end = work.carry_out(&claimed, reporter) => end,
            stop = self.hold(&mut kept) => match stop {
                Stop::Cancelled => End::Ended(State::Cancelled, serde_json::json!({})),
                Stop::Lost => {
                    tracing::warn!(job = id, kind, tenant, "its lease ran out, so another host may have it");
                    return;
                }
            },
            () = Phase::reached(&mut phase, Phase::Save) => End::Again(Duration::ZERO),
        };
        let word = match &end {
            End::Ended(state, _) => state.word(),
            End::Again(_) => "queued again",
        };
        match self.queue.end(&claimed, &end).await {
            Ok(()) => tracing::info!(job = id, kind, tenant, "{word}"),
            Err(error) => {
                tracing::error!(job = id, kind, tenant, "it ended ({word}), and that cannot be noted: {error}")
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

//! The phases of a host that leaves: working, draining, saving.

use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// What a host is to do. It only moves on to the next phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Claim jobs and carry them out.
    Work,
    /// Claim no new jobs, and leave when the running ones have ended.
    Drain,
    /// Put the running jobs back into the queue, and leave.
    Save,
}

impl Phase {
    /// Returns as soon as the phase is `phase` or a later one.
    pub async fn reached(phases: &mut watch::Receiver<Self>, phase: Self) {
        if phases.wait_for(|now| *now >= phase).await.is_err() {
            // The sender is gone, so the phase never changes any more.
            std::future::pending::<()>().await;
        }
    }
}

/// The phase as signals set it: the first SIGTERM or SIGINT means [`Phase::Drain`], the second [`Phase::Save`].
///
/// # Errors
/// Signals cannot be received.
pub fn phases() -> io::Result<watch::Receiver<Phase>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (say, phase) = watch::channel(Phase::Work);
    tokio::spawn(async move {
        for next in [Phase::Drain, Phase::Save] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            say.send_replace(next);
        }
        say.closed().await;
    });
    Ok(phase)
}

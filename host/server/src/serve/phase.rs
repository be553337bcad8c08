//! How a host is told to leave.

use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// What a host is to do; it only ever goes on to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Take jobs.
    Work,
    /// Take no new ones, and leave when those that run have ended.
    Drain,
    /// Put those that run back into the queue, and leave.
    Save,
}

impl Phase {
    /// Returns once the phase is that one.
    pub async fn reached(phases: &mut watch::Receiver<Self>, phase: Self) {
        if phases.wait_for(|now| *now >= phase).await.is_err() {
            // Nobody is left who could say so.
            std::future::pending::<()>().await;
        }
    }
}

/// The phases as signals say them: the first SIGTERM or SIGINT drains, the second saves.
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

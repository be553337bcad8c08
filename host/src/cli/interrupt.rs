//! Ctrl-C and SIGTERM, for commands that carry out a run.

use super::error_view::print_error;
use hibob_base::error::{Exit, HostError};
use hibob_jobs::interrupt::{Interrupt, Interrupter};
use hibob_store::database::LEASE_SECONDS;
use std::sync::{Mutex, PoisonError};
use tokio::signal::unix::{SignalKind, signal};

/// Held from the moment at which a run is interrupted until that was said.
static SAYING: Mutex<()> = Mutex::new(());

/// Waits until the interruption was said, if there was one. A run may end at once, and the process must not end before the
/// person has read why.
pub(super) fn wait_until_said() {
    drop(SAYING.lock().unwrap_or_else(PoisonError::into_inner));
}

/// What the run of a command looks at: the first Ctrl-C or SIGTERM interrupts it, and the second ends the process at
/// once.
///
/// # Errors
/// Signals cannot be received.
pub(super) fn signals(json: bool) -> Result<Interrupt, HostError> {
    let listen = |kind| signal(kind).map_err(|error| HostError::Engine(format!("signals cannot be received: {error}")));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let (interrupter, asked) = Interrupter::new();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "Ctrl-C",
            }
        };
        let by = next().await;
        {
            let _saying = SAYING.lock().unwrap_or_else(PoisonError::into_inner);
            interrupter.interrupt(by);
            errln!("{by}: what is in flight is finished, and then the run ends; once more to leave at once");
        }
        let by = next().await;
        let error = HostError::Interrupted {
            message: format!("left at once after {by}; what was in flight may have been made, and is looked up later"),
            remedy: format!(
                "the tenant can be run again when the lease has lapsed, in {LEASE_SECONDS} seconds at most"
            ),
        };
        print_error(&error, json);
        std::process::exit(Exit::Interrupted as i32);
    });
    Ok(asked)
}

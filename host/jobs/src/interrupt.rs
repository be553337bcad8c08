//! Interrupting a run: how a person asks it to stop.

use std::sync::Arc;
use tokio::sync::watch;

/// What a run looks at to know whether a person has asked it to stop. Clones are of the same request.
///
/// A run that is asked to stop begins nothing more, finishes what is in flight, and records that it was interrupted.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Option<watch::Receiver<Option<Arc<str>>>>);

/// The other end of an [`Interrupt`]. Once it is dropped, nobody interrupts the run any more.
#[derive(Debug)]
pub struct Interrupter(watch::Sender<Option<Arc<str>>>);

impl Interrupter {
    /// One that has not been used, and what its run looks at.
    pub fn new() -> (Self, Interrupt) {
        let (ask, asked) = watch::channel(None);
        (Self(ask), Interrupt(Some(asked)))
    }

    /// Asks the run to stop. `by` says what interrupts it, such as `Ctrl-C`, for messages and the database. Only the
    /// first time counts.
    pub fn interrupt(&self, by: &str) {
        self.0.send_if_modified(|asked| {
            let is_first = asked.is_none();
            if is_first {
                *asked = Some(by.into());
            }
            is_first
        });
    }
}

impl Interrupt {
    /// What has interrupted the run; none if nothing has.
    pub fn by(&self) -> Option<Arc<str>> {
        self.0.as_ref().and_then(|asked| asked.borrow().clone())
    }

    /// Whether the run was asked to stop.
    pub fn is_requested(&self) -> bool {
        self.by().is_some()
    }

    /// Returns as soon as the run is asked to stop, with what has interrupted it.
    pub async fn requested(&self) -> Arc<str> {
        let Some(asked) = &self.0 else { return std::future::pending().await };
        let mut asked = asked.clone();
        let by = asked.wait_for(Option::is_some).await.ok().and_then(|by| by.clone());
        match by {
            Some(by) => by,
            None => std::future::pending().await, // nobody can ask any more
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_request_counts_and_is_kept() {
        let (interrupter, interrupt) = Interrupter::new();
        assert!(!interrupt.is_requested() && !Interrupt::default().is_requested());
        let waiting = interrupt.clone();
        let waits = tokio::spawn(async move { waiting.requested().await });
        interrupter.interrupt("Ctrl-C");
        interrupter.interrupt("SIGTERM");
        assert_eq!(&*waits.await.unwrap(), "Ctrl-C");
        drop(interrupter);
        assert_eq!((interrupt.by().as_deref(), &*interrupt.requested().await), (Some("Ctrl-C"), "Ctrl-C"));
    }
}

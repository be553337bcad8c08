//! Interrupting a run: how a person asks it to stop.

use std::sync::Arc;
use tokio::sync::watch;

/// What a run looks at to know whether a person has asked it to stop. Clones are of the same request.
///
/// A run that is asked to stop begins nothing more, finishes what is in flight, and records that it was interrupted.
#[derive(Clone, Debug)]
pub struct Interrupt {
    asked: Option<watch::Receiver<Option<Arc<str>>>>,
    /// What the run itself has found: that its job was cancelled, or its tenant disabled.
    found: Arc<watch::Sender<Option<Arc<str>>>>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Self { asked: None, found: Arc::new(watch::Sender::new(None)) }
    }
}

/// The other end of an [`Interrupt`]. Once it is dropped, nobody interrupts the run any more.
#[derive(Debug)]
pub struct Interrupter(watch::Sender<Option<Arc<str>>>);

impl Interrupter {
    /// One that has not been used, and what its run looks at.
    pub fn new() -> (Self, Interrupt) {
        let (ask, asked) = watch::channel(None);
        (Self(ask), Interrupt { asked: Some(asked), ..Interrupt::default() })
    }

    /// Asks the run to stop. `by` says what interrupts it, such as `Ctrl-C`, for messages and the database. Only the
    /// first time counts.
    pub fn interrupt(&self, by: &str) {
        once(&self.0, by);
    }
}

fn once(asked: &watch::Sender<Option<Arc<str>>>, by: &str) {
    asked.send_if_modified(|asked| {
        let is_first = asked.is_none();
        if is_first {
            *asked = Some(by.into());
        }
        is_first
    });
}

impl Interrupt {
    /// What has interrupted the run; none if nothing has.
    pub fn by(&self) -> Option<Arc<str>> {
        let asked = self.asked.as_ref().and_then(|asked| asked.borrow().clone());
        asked.or_else(|| self.found.borrow().clone())
    }

    /// Notes what stops the run, where the run has found that itself.
    pub fn find(&self, by: &str) {
        once(&self.found, by);
    }

    /// Whether the run was asked to stop.
    pub fn is_requested(&self) -> bool {
        self.by().is_some()
    }

    /// Returns as soon as the run is asked to stop, with what has interrupted it.
    pub async fn requested(&self) -> Arc<str> {
        let found = some(self.found.subscribe());
        match self.asked.clone() {
            None => found.await,
            Some(asked) => tokio::select! {
                biased; // the same order each time, so that a simulation can be repeated
                by = some(asked) => by,
                by = found => by,
            },
        }
    }
}

async fn some(mut asked: watch::Receiver<Option<Arc<str>>>) -> Arc<str> {
    let by = asked.wait_for(Option::is_some).await.ok().and_then(|by| by.clone());
    match by {
        Some(by) => by,
        None => std::future::pending().await, // nobody can ask any more
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

    #[tokio::test]
    async fn what_the_run_finds_itself_stops_it_as_well() {
        let (_interrupter, asked) = Interrupter::new();
        for interrupt in [Interrupt::default(), asked] {
            interrupt.clone().find("a person, by cancelling job 7,");
            interrupt.find("another");
            assert_eq!(&*interrupt.requested().await, "a person, by cancelling job 7,");
            assert!(interrupt.is_requested());
        }
    }
}

//! Counts the open spans, so that the exporters end only after the last one is closed.
//!
//! Another thread may hold a span for a moment after its work is done: sqlx passes the current span to the thread that
//! owns a connection. A span that is closed after the exporter has ended would be lost, and its children would have no
//! parent.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The number of open spans, as a layer that counts them.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenSpans(Arc<(Mutex<usize>, Condvar)>);

impl OpenSpans {
    /// Waits until all spans are closed, for at most `longest`.
    pub(super) fn wait(&self, longest: Duration) {
        let (number, closed) = &*self.0;
        drop(closed.wait_timeout_while(lock(number), longest, |open| *open > 0));
    }
}

fn lock(number: &Mutex<usize>) -> MutexGuard<'_, usize> {
    number.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: tracing::Subscriber> Layer<S> for OpenSpans {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        *lock(&self.0.0) += 1;
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        let mut open = lock(&self.0.0);
        *open = open.saturating_sub(1);
        self.0.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn a_span_that_another_thread_holds_is_waited_for() {
        let open = OpenSpans::default();
        let subscriber = tracing_subscriber::registry().with(open.clone());
        let span = tracing::subscriber::with_default(subscriber, || tracing::info_span!("open"));
        assert_eq!(*lock(&open.0.0), 1);
        let holder = std::thread::spawn(move || drop(span));
        open.wait(Duration::from_secs(60));
        assert_eq!(*lock(&open.0.0), 0);
        holder.join().unwrap();
    }
}

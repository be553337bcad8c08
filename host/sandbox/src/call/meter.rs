//! Measures a call while it runs, and ends it at its limits: processor time, wall clock, and limits that other parts of
//! the host report as exceeded.

use crate::state::CallObserver;
use hibob_policy::over::{Over, Overrun};
use hibob_shares::Waits;
use hibob_shares::turns::{Turn, Turns};
use pin_project_lite::pin_project;
use rustix::time::{ClockId, clock_gettime};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// What a call has used so far in all of its steps.
#[derive(Debug)]
pub(super) struct Used {
    /// Processor time while the component was running.
    pub(super) cpu: Duration,
    started: Instant,
    observer: Option<CallObserver>,
}

impl Used {
    pub(super) fn nothing() -> Self {
        Self { cpu: Duration::ZERO, started: Instant::now(), observer: None }
    }

    /// Reports the processor time to `observer` when the call is over.
    pub(super) fn observed(mut self, observer: CallObserver) -> Self {
        self.observer = Some(observer);
        self
    }
}

impl Drop for Used {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.cpu(self.cpu);
        }
    }
}

/// What a call may use.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    pub(super) cpu: Duration,
    pub(super) wall: Duration,
    /// The setting that `wall` is from.
    pub(super) wall_setting: &'static str,
    pub(super) waits: Waits,
    pub(super) overrun: Overrun,
    /// The turns at a processor, which all calls of the tenant share.
    pub(super) turns: Turns,
}

pin_project! {
    /// A step of a call, which ends with an error when the call exceeds a limit.
    ///
    /// A component runs only while this future is polled, on the thread that polls it, and yields every millisecond. So
    /// the thread's processor time around each poll is that of the component, with the host's work for it. While the
    /// call waits for an answer only the wall clock counts, and polite waiting is subtracted from that.
    ///
    /// The step is polled only when the call has a turn among the tenant's calls, so that a tenant uses no more
    /// processors than it may, however many of its calls are ready to run.
    pub(super) struct Metered<'u, F> {
        #[pin]
        inner: F,
        used: &'u mut Used,
        allowance: Allowance,
        timer: Pin<Box<Sleep>>,
        turn: Turn,
    }
}

impl<'u, F: Future> Metered<'u, F> {
    pub(super) fn new(inner: F, used: &'u mut Used, allowance: Allowance) -> Self {
        let left = left(used, &allowance);
        let turn = Turn::new(&allowance.turns);
        Self { inner, used, allowance, timer: Box::pin(sleep(left)), turn }
    }
}

/// The time that is left until the limit of the wall clock.
fn left(used: &Used, allowance: &Allowance) -> Duration {
    (allowance.wall + allowance.waits.waited()).saturating_sub(used.started.elapsed())
}

impl<F: Future> Future for Metered<'_, F> {
    type Output = Result<F::Output, Over>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = match this.turn.poll(context) {
            Poll::Ready(_turn) => {
                let before = thread_time();
                let polled = this.inner.poll(context);
                this.used.cpu += thread_time().saturating_sub(before);
                polled
            }
            Poll::Pending => Poll::Pending,
        };
        if let Some(over) = this.allowance.overrun.get() {
            return Poll::Ready(Err(over.clone()));
        }
        if let Poll::Ready(output) = polled {
            return Poll::Ready(Ok(output));
        }
        let limit = this.allowance.cpu;
        if this.used.cpu > limit {
            let what = format!("used more than {} ms of processor time", limit.as_millis());
            return Poll::Ready(Err(Over { setting: "cpu_milliseconds_max", what }));
        }
        while this.timer.as_mut().poll(context).is_ready() {
            let left = left(this.used, this.allowance);
            if left.is_zero() {
                let what =
                    format!("did not finish within {} seconds, without polite waiting", this.allowance.wall.as_secs());
                return Poll::Ready(Err(Over { setting: this.allowance.wall_setting, what }));
            }
            this.timer.as_mut().reset(Instant::now() + left);
        }
        Poll::Pending
    }
}

/// The processor time that this thread has used.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(cpu_ms: u64, wall_seconds: u64, waits: &Waits) -> Allowance {
        Allowance {
            cpu: Duration::from_millis(cpu_ms),
            wall: Duration::from_secs(wall_seconds),
            wall_setting: "plan_seconds_max",
            waits: waits.clone(),
            overrun: Overrun::default(),
            turns: Turns::new(1),
        }
    }

    async fn burn(milliseconds: u64) {
        let start = thread_time();
        while thread_time() - start < Duration::from_millis(milliseconds) {
            tokio::task::yield_now().await;
        }
    }

    async fn metered(allowance: Allowance, work: impl Future<Output = ()>) -> Result<(), &'static str> {
        Metered::new(work, &mut Used::nothing(), allowance).await.map_err(|over| over.setting)
    }

    /// Polite waiting counts neither as processor time nor against the wall clock.
    #[tokio::test]
    async fn polite_waiting_costs_nothing() {
        let waits = Waits::new(Duration::from_secs(600));
        let work = async {
            burn(50).await;
            waits.wait(sleep(Duration::from_millis(2_500))).await;
            burn(50).await;
        };
        assert_eq!(metered(allowance(2_000, 2, &waits), work).await, Ok(()));
    }

    #[tokio::test]
    async fn other_waiting_counts_against_the_wall_clock() {
        let waits = Waits::new(Duration::from_secs(600));
        let work = std::future::pending();
        assert_eq!(metered(allowance(2_000, 1, &waits), work).await, Err("plan_seconds_max"));
    }

    #[tokio::test]
    async fn work_counts_as_processor_time() {
        let waits = Waits::new(Duration::ZERO);
        assert_eq!(metered(allowance(100, 600, &waits), burn(10_000)).await, Err("cpu_milliseconds_max"));
        assert_eq!(metered(allowance(10_000, 600, &waits), burn(50)).await, Ok(()));
    }

    #[tokio::test]
    async fn a_limit_that_is_exceeded_elsewhere_ends_the_step() {
        let waits = Waits::new(Duration::ZERO);
        let allowance = allowance(10_000, 600, &waits);
        let overrun = allowance.overrun.clone();
        let work = async move {
            overrun.note("requests_max", "made too many requests");
            std::future::pending::<()>().await;
        };
        assert_eq!(metered(allowance, work).await, Err("requests_max"));
    }
}

//! A simulated process of a host, which may crash or be paused at any of its steps.

use hibob_base::job::Trigger;
use hibob_base::job::WayOn;
use hibob_jobs::interrupt::{Interrupt, Interrupter};
use hibob_policy::guard::Release;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// What is going to happen to a process. Its steps are before and after each request and each write to the databases.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fate {
    /// The step at which it crashes. Only its requests on the network go on.
    pub(crate) crash: Option<u32>,
    /// The step at which it is paused, and for how long.
    pub(crate) pause: Option<(u32, Duration)>,
    /// The time after which it is dropped and gives back its lease.
    pub(crate) cancel: Option<Duration>,
    /// The time after which a person interrupts it, and how.
    pub(crate) interrupt: Option<(Duration, How)>,
    /// The time after which it is gone at once, as after a second signal.
    pub(crate) leave: Option<Duration>,
}

/// How a person interrupts a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    CtrlC,
    Terminate,
    /// The job is cancelled. Its host notices it after this time.
    Cancelled(Duration),
}

impl How {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::CtrlC => "Ctrl-C",
            Self::Terminate => "SIGTERM",
            Self::Cancelled(_) => "a person, by cancelling a job,",
        }
    }
}

/// What a process is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// A sync: by a person, or by the schedule.
    Sync(Trigger),
    /// To go on with an interrupted plan, as a person has decided.
    GoOn(WayOn),
}

/// One process, which makes one run.
pub(crate) struct Host {
    pub(crate) name: String,
    /// How far its clock is ahead, in seconds.
    pub(crate) skew: i64,
    pub(crate) fate: Fate,
    /// The operator's releases for the run.
    pub(crate) release: Release,
    pub(crate) command: Command,
    interrupter: Interrupter,
    pub(crate) interrupt: Interrupt,
    steps: AtomicU32,
    generation: AtomicI64,
    is_dead: AtomicBool,
    pause: Mutex<Option<Pin<Box<Sleep>>>>,
}

impl Host {
    pub(crate) fn new(name: String, skew: i64, fate: Fate, release: Release, command: Command) -> Self {
        let (interrupter, interrupt) = Interrupter::new();
        Self {
            command,
            interrupter,
            interrupt,
            name,
            skew,
            fate,
            release,
            steps: AtomicU32::new(0),
            generation: AtomicI64::new(0),
            is_dead: AtomicBool::new(false),
            pause: Mutex::new(None),
        }
    }

    /// The generation of its lease.
    pub(crate) fn generation(&self) -> i64 {
        self.generation.load(Ordering::Relaxed)
    }

    pub(crate) fn has_lease(&self, generation: i64) {
        self.generation.store(generation, Ordering::Relaxed);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    /// The key of the job that it carries out.
    pub(crate) fn job(&self) -> String {
        format!("{}@1", self.name)
    }

    /// Interrupts it.
    pub(crate) fn interrupt(&self, by: &str) {
        self.interrupter.interrupt(by);
    }

    /// Makes a step: goes on, is paused, or crashes.
    pub(crate) async fn step(&self) {
        let step = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        if self.fate.crash == Some(step) {
            self.is_dead.store(true, Ordering::Relaxed);
            pending::<()>().await;
        }
        if let Some((at, length)) = self.fate.pause
            && at == step
        {
            *self.pause.lock().unwrap() = Some(Box::pin(tokio::time::sleep(length)));
            let mut has_stopped = false;
            poll_fn(|context| {
                if std::mem::replace(&mut has_stopped, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
    }

    /// Does its work until it ends. None if it crashed or was cancelled.
    pub(crate) async fn live<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let mut end = pin!(tokio::time::sleep(self.fate.cancel.unwrap_or(Duration::MAX)));
        let mut gone = pin!(tokio::time::sleep(self.fate.leave.unwrap_or(Duration::MAX)));
        poll_fn(|context| {
            if self.stands_still(context) {
                return Poll::Pending;
            }
            if self.fate.cancel.is_some() && end.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            if self.fate.leave.is_some() && gone.as_mut().poll(context).is_ready() {
                self.is_dead.store(true, Ordering::Relaxed);
                return Poll::Ready(None);
            }
            match work.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending if self.is_dead() => Poll::Ready(None),
                Poll::Pending => {
                    let _ = self.stands_still(context); // so that the end of a pause that has just begun wakes it
                    Poll::Pending
                }
            }
        })
        .await
    }

    fn stands_still(&self, context: &mut Context<'_>) -> bool {
        let mut pause = self.pause.lock().unwrap();
        let is_over = pause.as_mut().is_none_or(|pause| pause.as_mut().poll(context).is_ready());
        if is_over {
            *pause = None;
        }
        !is_over
    }
}

//! What all parts of a simulated history share: the services, the databases, the checks, the clock and the trace.

use crate::chance::Chance;
use crate::network::Trouble;
use crate::planted::Planted;
use crate::run_store::Pages;
use crate::watch::Watch;
use hibob_fakes::World;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::time::Instant;

/// The time at which every history begins, in Unix seconds: noon of 2026-03-01, UTC.
pub(crate) const BEGIN: u32 = 1_772_366_400;

/// The beginning of a line of the trace that reports a violation.
pub(crate) const BROKEN: &str = "!! ";

/// A simulated world. Clones share their state.
#[derive(Clone)]
pub(crate) struct Sim {
    state: Arc<Mutex<State>>,
    began: Instant,
    pub(crate) planted: Option<Planted>,
}

pub(crate) struct State {
    /// HiBob and TravelPerk.
    pub(crate) fakes: World,
    /// The databases.
    pub(crate) pages: Pages,
    /// The rules that are checked at every moment.
    pub(crate) watch: Watch,
    /// What the network does to requests.
    pub(crate) trouble: Trouble,
    /// The random numbers of the network.
    pub(crate) chance: Chance,
    /// Requests that were sent and have not ended.
    pub(crate) in_flight: usize,
    pub(crate) trace: Vec<String>,
}

impl Sim {
    /// A world with these services, beginning now.
    pub(crate) fn new(fakes: World, chance: Chance, planted: Option<Planted>) -> Self {
        let state = State {
            watch: Watch::new(&fakes),
            fakes,
            pages: Pages::default(),
            trouble: Trouble::default(),
            chance,
            in_flight: 0,
            trace: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), began: Instant::now(), planted }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The true time, in Unix seconds.
    pub(crate) fn now(&self) -> f64 {
        f64::from(BEGIN) + self.began.elapsed().as_secs_f64()
    }

    /// The true time in whole Unix seconds.
    pub(crate) fn seconds(&self) -> i64 {
        i64::from(BEGIN) + i64::try_from(self.began.elapsed().as_secs()).unwrap()
    }

    pub(crate) fn today(&self) -> chrono::NaiveDate {
        chrono::DateTime::from_timestamp(self.seconds(), 0).unwrap().date_naive()
    }

    /// Adds a line to the trace: who does what at this time.
    pub(crate) fn note(&self, who: &str, what: impl Display) {
        let line = format!("{:>12.3} {who:>5}  {what}", self.began.elapsed().as_secs_f64());
        self.lock().trace.push(line);
    }

    /// Reports a violation.
    pub(crate) fn broken(&self, who: &str, what: &str) {
        self.note(who, format!("{BROKEN}{what}"));
        self.lock().watch.broken.push(what.to_owned());
    }
}

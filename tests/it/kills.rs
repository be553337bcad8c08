//! Tests of killing the program again and again in the middle of a sync: nothing is lost, and nothing is done twice.

pub(crate) mod company;
mod interruptions;
pub(crate) mod patient;
mod verdict;

use company::{Event, happen, trouble, world};
use hibob_fakes::World;
use hibob_tests::deep;
use patient::Patient;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The environment variable with another seed.
const SEED_VARIABLE: &str = "HIBOB_SEED";

/// The number of employees of each world, and how often its sync is killed: 210 times in all. The plan of the last one
/// has 500 changes.
const WORLDS: [(usize, u64); 3] = [(140, 60), (140, 60), (540, 90)];

/// How often the first world's sync is killed, where that one alone is looked at.
const KILLS_SHORT: usize = 15;

/// Syncs in a row after which a world without kills must have nothing to do any more. Reads are behind and faults come
/// in between, so one is not always enough.
const SYNCS_MAX: usize = 6;

/// The counts of changes in a report.
const COUNTS: [&str; 9] = [
    "created",
    "adopted",
    "updated",
    "archived",
    "reactivated",
    "cost_centers_created",
    "failed",
    "drifted",
    "skipped",
];

#[test]
fn whenever_the_program_is_killed_the_target_and_the_record_come_out_as_planned() {
    let seed: u64 = std::env::var(SEED_VARIABLE).map_or(1, |seed| seed.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let kill = WORLDS.map(|_| AtomicU64::new(0));
    let worlds = WORLDS.into_iter().take(deep(1, WORLDS.len()));
    std::thread::scope(|scope| {
        let tests: Vec<_> = (seed..)
            .zip(worlds)
            .zip(&kill)
            .map(|((seed, (employees, kills)), kill)| {
                let kills = kills.min(deep(KILLS_SHORT, usize::MAX) as u64);
                let handle = runtime.handle();
                scope.spawn(move || Case { seed, employees, kills, kill, runtime: handle }.run())
            })
            .collect();
        for (test, kill) in tests.into_iter().zip(&kill) {
            let is_well = test.join().is_ok();
            let kill = kill.load(Ordering::Relaxed);
            assert!(is_well, "failed after kill {kill} of its world; again with: {SEED_VARIABLE}={seed}");
        }
    });
}

struct Case<'c> {
    seed: u64,
    employees: usize,
    kills: u64,
    /// How many kills there were so far.
    kill: &'c AtomicU64,
    runtime: &'c tokio::runtime::Handle,
}

impl Case<'_> {
    fn run(&self) {
        let before = world(self.employees, self.seed);
        let mut troubled = before.clone();
        trouble(&mut troubled, self.seed);
        let patient = Patient::new(self.runtime, troubled, "");
        let events = self.kill_and_kill_again(&patient);
        settle(&patient);
        let (exit, plan) = patient.shell.json(&["plan", "acme"]);
        assert_eq!((exit, plan["changes"].as_array().map(Vec::len)), (0, Some(0)), "{plan}");
        verdict::target(&patient.world(), &self.undisturbed(before.clone(), &events), &before);
        verdict::record(&patient, &before);
    }

    /// Kills syncs again and again. Returns the events that happened in HiBob meanwhile.
    fn kill_and_kill_again(&self, patient: &Patient) -> Vec<Event> {
        let mut rng = StdRng::seed_from_u64(self.seed);
        let mut events = Vec::new();
        let mut kills = 0;
        while kills < self.kills {
            let (requests, later) = moment(&mut rng);
            let due = patient.world().log().len() + requests;
            match patient.sync_until(|world| world.log().len() >= due, later) {
                None => {
                    kills += 1;
                    self.kill.store(kills, Ordering::Relaxed);
                    patient.lapse();
                    if rng.random_ratio(1, 10) {
                        events.push(patient.happen(self.seed, Event::Hour(events.len() as u64)));
                    }
                }
                Some(code) => {
                    assert!(code <= 1, "exit code {code}: {}", patient.report(patient::OUT));
                    settle(patient);
                    events.push(patient.happen(self.seed, Event::Day(events.len() as u64)));
                }
            }
        }
        events
    }

    /// The world after the same events, synced without faults and kills.
    fn undisturbed(&self, world: World, events: &[Event]) -> World {
        let patient = Patient::new(self.runtime, world, "");
        for &event in events {
            if matches!(event, Event::Day(_)) {
                settle(&patient);
            }
            happen(&mut patient.world(), self.seed, event);
        }
        settle(&patient);
        patient.world().clone()
    }
}

/// A random moment of a kill: the number of requests before it, and the time after them. Mostly after few requests,
/// sometimes after many, and sometimes before the first.
fn moment(rng: &mut StdRng) -> (usize, Duration) {
    let requests = match rng.random_range(0..10) {
        0 => 0,
        1..7 => rng.random_range(1..30),
        7..9 => rng.random_range(30..90),
        _ => rng.random_range(90..300),
    };
    let later = if requests == 0 { rng.random_range(0..200_000) } else { rng.random_range(0..6_000) };
    (requests, Duration::from_micros(later))
}

/// Syncs until nothing is left to do.
fn settle(patient: &Patient) {
    let mut last = None;
    for _ in 0..SYNCS_MAX {
        let (exit, report) = patient.sync();
        if exit == 0 && COUNTS.iter().all(|count| report[count] == 0) {
            return;
        }
        assert!(exit <= 1, "exit code {exit}: {report}");
        last = Some(report);
    }
    panic!("there is always something left to do: {last:?}");
}

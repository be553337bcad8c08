//! Runs the host's job logic and the plugin's core with a simulated clock, network, database and simulated crashes, in
//! thousands of histories, each drawn from a seed. `docs/develop/simulation.md` says what is real in it and what is
//! simulated.
//!
//! `HIBOB_HISTORIES=20000 cargo test --release -p hibob-tests --test simulation` runs more of them than usual,
//! `HIBOB_SEED=11` a single one, and with both variables the given number of them beginning with that seed. If a rule
//! is violated, the trace is shown.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at what is not as it should be, also in its helpers, and says how much it has done"
)]

mod adversary;
mod chance;
mod company;
mod convert;
mod history;
mod host;
mod model;
mod network;
mod ordinary;
mod planted;
mod plugin;
mod ports;
mod properties;
mod run_store;
mod sim;
mod watch;

use hibob_tests::deep;
use history::{Ended, history};
use planted::Planted;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// The environment variable with the first seed.
const SEED_VARIABLE: &str = "HIBOB_SEED";
/// The environment variable with the number of histories.
const HISTORIES_VARIABLE: &str = "HIBOB_HISTORIES";
/// The number of histories without that variable: a few seconds in the debug profile.
const HISTORIES: usize = 150;
/// The number of histories if the tests run at length.
const HISTORIES_DEEP: usize = 1_000;
/// The number of adversarial histories without that variable, and their length in nights.
const ADVERSARIAL: usize = 30;
/// The number at length.
const ADVERSARIAL_DEEP: usize = 60;
const ADVERSARIAL_NIGHTS: usize = 15;
/// The number of ordinary years.
const ORDINARY_YEARS: usize = 24;
const ORDINARY_YEARS_DEEP: usize = 1_000;
/// A planted fault must be found within so many histories.
const FOUND_WITHIN: u64 = 800;
/// Most histories of a thousand that may end with a second account of an employee; see [`watch::Watch::twice`].
const TWICE_PER_THOUSAND_MAX: usize = 10;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Runs the histories of these seeds in order, on all processors. No more begin once one of them is `enough`.
fn each(seeds: RangeInclusive<u64>, planted: Option<Planted>, enough: fn(&Ended) -> bool) -> BTreeMap<u64, Ended> {
    all_until(seeds, |seed| history(seed, planted), enough)
}

/// Runs `live` for these seeds in order, on all processors, and returns what each came to. No more begin once one of them
/// is `enough`.
fn all_until<T: Send>(
    seeds: RangeInclusive<u64>,
    live: impl Fn(u64) -> T + Sync,
    enough: fn(&T) -> bool,
) -> BTreeMap<u64, T> {
    let (next, ended) = (AtomicU64::new(*seeds.start()), Mutex::new(BTreeMap::new()));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if !seeds.contains(&seed) {
                        break;
                    }
                    let lived = live(seed);
                    is_over.fetch_or(enough(&lived), Ordering::SeqCst);
                    ended.lock().unwrap().insert(seed, lived);
                }
            });
        }
    });
    ended.into_inner().unwrap()
}

fn is_bad(ended: &Ended) -> bool {
    !ended.broken.is_empty()
}

#[test]
fn whatever_happens_travelperk_ends_as_hibob_says() {
    let one = variable(SEED_VARIABLE);
    let first = one.unwrap_or(1);
    let count = variable(HISTORIES_VARIABLE)
        .unwrap_or_else(|| if one.is_some() { 1 } else { deep(HISTORIES, HISTORIES_DEEP) as u64 });
    let begun = Instant::now();
    let ended = each(first..=first + count - 1, None, is_bad);
    let sum = |number: fn(&Ended) -> usize| ended.values().map(number).sum::<usize>();
    let (runs, resumed, twice) = (sum(|ended| ended.runs), sum(|ended| ended.resumed), sum(|ended| ended.twice));
    let (closed, interrupted) = (sum(|ended| ended.closed), sum(|ended| ended.interrupted));
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!(
        "{} histories in {seconds:.1} s: {runs} runs, {resumed} of them resumed and {closed} closed an interrupted plan, {interrupted} interrupted by a person, {twice} second accounts",
        ended.len()
    );
    if let Some((seed, bad)) = ended.iter().find(|(_, ended)| is_bad(ended)) {
        let again = format!("{SEED_VARIABLE}={seed} cargo test -p hibob-tests --test simulation whatever");
        panic!("{}\n\n{}\n\nagain with: {again}", bad.told(), bad.broken.join("\n"));
    }
    if count >= HISTORIES as u64 {
        // Only a plan with a person's yes is resumed, and few histories have one.
        assert!(closed > 0 && (resumed > 0 || count < HISTORIES_DEEP as u64), "{closed}, {resumed}");
        assert!(twice * 1_000 <= TWICE_PER_THOUSAND_MAX * ended.len(), "{twice}");
        assert!(interrupted > 0, "nobody has interrupted a run");
    }
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let digests = || each(1..=10, None, |_| false).into_values().map(|ended| ended.digest()).collect::<Vec<_>>();
    assert_eq!(digests(), digests());
}

/// As [`all_until`], without an end before the last seed.
fn all<T: Send>(seeds: RangeInclusive<u64>, live: impl Fn(u64) -> T + Sync) -> BTreeMap<u64, T> {
    all_until(seeds, live, |_| false)
}

/// Seeds of adversarial histories in which an invariant was violated once. They are run every time.
const BREACHES: [u64; 14] = [8, 11, 23, 31, 70, 153, 217, 410, 499, 582, 1125, 2185, 4860, 7533];

#[test]
fn whatever_people_and_other_systems_do_three_invariants_hold_every_night() {
    let one = variable(SEED_VARIABLE);
    let first = one.unwrap_or(1);
    let count = variable(HISTORIES_VARIABLE)
        .unwrap_or_else(|| if one.is_some() { 1 } else { deep(ADVERSARIAL, ADVERSARIAL_DEEP) as u64 });
    let begun = Instant::now();
    let mut lived = all(first..=first + count - 1, |seed| adversary::live(seed, ADVERSARIAL_NIGHTS));
    for seed in BREACHES.iter().copied().filter(|_| one.is_none()) {
        lived.entry(seed).or_insert_with(|| adversary::live(seed, ADVERSARIAL_NIGHTS));
    }
    let nights: usize = lived.values().map(|history| history.nights).sum();
    let held = lived.values().filter(|history| history.held > 0).count();
    let mut rates: BTreeMap<&str, usize> = BTreeMap::new();
    for (what, number) in lived.values().flat_map(|history| &history.rates) {
        *rates.entry(what).or_default() += number;
    }
    eprintln!(
        "{} adversarial histories in {:.1} s: {nights} nights, {held} histories in which something was held",
        lived.len(),
        begun.elapsed().as_secs_f64()
    );
    rates.iter().for_each(|(what, number)| eprintln!("  {number:>6} times: {what}"));
    let broken: Vec<(&u64, &adversary::Lived)> = lived.iter().filter(|(_, it)| !it.broken.is_empty()).collect();
    if let Some((seed, bad)) = broken.first() {
        let seeds: Vec<u64> = broken.iter().map(|(seed, _)| **seed).collect();
        let again = format!("{SEED_VARIABLE}={seed} cargo test -p hibob-tests --test simulation three_invariants");
        panic!("{}\n\n{}\n\nbroken in {seeds:?}; again with: {again}", bad.trace.join("\n"), bad.broken.join("\n"));
    }
    if one.is_none() {
        assert!(held * 100 >= lived.len() * 30, "of {} histories only {held} trip a guard", lived.len());
    }
}

#[test]
fn an_ordinary_year_is_held_on_three_nights_at_most() {
    let years = deep(ORDINARY_YEARS, ORDINARY_YEARS_DEEP) as u64;
    let lived = all(1..=years, ordinary::year);
    let mut nights: BTreeMap<usize, usize> = BTreeMap::new();
    lived.values().for_each(|year| *nights.entry(year.held.len()).or_default() += 1);
    eprintln!("{years} ordinary years by the number of nights in which something was held: {nights:?}");
    let bad: Vec<String> = lived
        .iter()
        .filter(|(_, year)| year.held.len() > 3)
        .map(|(seed, year)| format!("year {seed}, {} people:\n  {}", year.size, year.held.join("\n  ")))
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Searches for a planted fault, prints the first history in which it is found, and compares the violation there with
/// `wrong`.
#[track_caller]
fn find(planted: Planted, wrong: &str) {
    let ended = each(1..=FOUND_WITHIN, Some(planted), is_bad);
    let Some((seed, bad)) = ended.into_iter().find(|(_, ended)| is_bad(ended)) else {
        panic!("{planted:?} is not found in {FOUND_WITHIN} histories");
    };
    eprintln!("{}\n\n{planted:?} is found in history {seed}: {}", bad.told(), bad.broken[0]);
    assert!(bad.broken[0].contains(wrong), "{}", bad.broken[0]);
}

/// Found in history 328: a host loses its lease while a change is in flight, and the next one does not look what became of
/// it. Its new plan meets an account that is archived already, and nobody tells the ledger.
///
/// ```text
///  2688.869 host4  begins archive:2128438000000000010
///  2689.107 host4      PATCH /Users/108 lands
///  2689.261 host5  has the lease, generation 8
///  2689.266 host5  records run 4 (abandoned), exit code 8
///  2689.816 host5  begins archive:2128438000000000010
///  2689.911 host5  finishes archive:2128438000000000010: drifted
/// 10063.011        !! account 108 is ("2128438000000000010", false), and the ledger says Some(("2128438000000000010", true))
/// ```
#[test]
fn a_book_that_forgets_beginnings_in_a_crash_is_found() {
    find(Planted::ForgetsBeginnings, "and the ledger says");
}

/// Found in history 15: a host whose clock is an hour ahead takes the lease of one that is still at work, and finishes
/// its plan. The other host notices it ten seconds later, when it cannot renew its lease, and records the same plan
/// once more.
///
/// ```text
///    0.637 host1  writes down plan 1: 29 changes, of which 0 are held
///   31.042 host2  has the lease, generation 2
///   31.393 host2  records run 1 (resumed), exit code 0
///   40.633 host1  stops: the storage failed: tenant acme: this run has lost its lease to another one
///   40.633 host1  records run 2 (manual), exit code 5
///   40.633 host1  !! the plan of run 1 is closed again, as run 2
/// ```
#[test]
fn a_fence_that_is_not_checked_is_found() {
    find(Planted::LetsEverybodyWrite, "is closed again");
}

/// Found in history 1: an answer is lost, and the host calls again with `first` instead of `after-unknown-outcome`.
///
/// ```text
///    1.363 host1  begins create:2128438000000000000
///    1.364 host1  --> POST /Users for employee 2128438000000000000
///    1.369 host1      POST /Users for employee 2128438000000000000 lands
///    1.411 host1  <-- POST /Users for employee 2128438000000000000: reset
///    1.916 host1  --> POST /Users for employee 2128438000000000000
///    1.916 host1  !! a write to employee 2128438000000000000 is repeated, and nobody has looked what came of the first
/// ```
#[test]
fn a_change_that_is_repeated_without_a_look_is_found() {
    find(Planted::RepeatsWithoutLooking, "is repeated, and nobody has looked");
}

/// Found in history 23: some employees leave in one week and some in the next, each time no more than a single run may
/// archive.
///
/// ```text
///  98200.577 host5  writes down plan 2: 5 changes, of which 0 are held
/// 106180.847 host6  writes down plan 3: 4 changes, of which 0 are held
/// 106180.847 host6  !! 4 accounts are archived within 30 days
/// ```
#[test]
fn a_ledger_that_forgets_archivings_is_found() {
    find(Planted::ForgetsArchivings, "are archived within 30 days");
}

/// Found in history 1, at its end.
///
/// ```text
///  593.402 host2  finishes adopt:2128438000000000003: {"outcome":{"Done":{"target_id":"103","not_taken":[]}}}
/// 99776.567        !! account 103 is ("2128438000000000003", true), and the ledger says None
/// ```
#[test]
fn a_ledger_that_forgets_accounts_is_found() {
    find(Planted::ForgetsAccounts, "the ledger says None");
}

/// Found in history 32: a plan that a person has interrupted is taken up by the next run, as if its host had crashed.
///
/// ```text
///    1.390 host2  writes down plan 1: 18 changes, of which 16 are held
///    2.184 host2  is interrupted: Ctrl-C
///    2.186 host2  marks plan 1 as interrupted
/// 1707.990 host3  has the fence 4
/// 1708.130 host3  records run 2 (abandoned), exit code 8
/// 1708.130 host3  !! plan 1, which a person has interrupted, is closed by a run that nobody has told to
/// ```
#[test]
fn a_store_that_forgets_interruptions_is_found() {
    find(Planted::ForgetsInterruptions, "is closed by a run that nobody has told to");
}

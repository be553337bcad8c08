//! One simulated history: a company, hosts that sync it, and events that are drawn from a seed.

use crate::chance::Chance;
use crate::company::{be_honest, close_a_team, company, differences, happen, lie, pass};
use crate::host::{Command, Fate, Host, How};
use crate::network::Trouble;
use crate::planted::Planted;
use crate::ports::Simulated;
use crate::sim::{BROKEN, Sim};
use hibob_base::error::Exit;
use hibob_base::job::{RunKind, Trigger, WayOn};
use hibob_jobs::run::{Report, Running};
use hibob_policy::guard::{Class, Release};
use hibob_store::database::RunRecord;
use hibob_store::queue::Cause;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinSet, LocalSet};

/// Time before those runs. It is long enough for every request to arrive and every lease to lapse, whatever a host's
/// clock shows.
const QUIET: Duration = Duration::from_secs(2 * 60 * 60);

/// Most runs without faults after which nothing may be left to do.
const QUIET_RUNS_MAX: usize = 8;

/// Runs that are made while TravelPerk lies, in the histories in which it does.
const LYING_RUNS: usize = 3;

/// What an operator releases who lets all guards pass.
pub(crate) fn everything() -> Release {
    let mut release = Release { changed_source: true, ..Release::default() };
    Class::ALL.iter().for_each(|class| release.set(*class, 1_000));
    release
}

/// How a history ended.
pub(crate) struct Ended {
    /// The rules that were violated; empty if none was.
    pub(crate) broken: Vec<String>,
    pub(crate) trace: Vec<String>,
    pub(crate) runs: usize,
    /// How many of the runs resumed an interrupted one.
    pub(crate) resumed: usize,
    /// How many of the runs closed the plan of an interrupted one.
    pub(crate) closed: usize,
    /// How many of the runs a person interrupted while they applied a plan.
    pub(crate) interrupted: usize,
    /// Employees with a second account, from a request that arrived after it was given up.
    pub(crate) twice: usize,
}

impl Ended {
    pub(crate) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.trace.hash(&mut hasher);
        hasher.finish()
    }

    /// The trace up to the first violation, without the requests and changes that have nothing to do with it.
    pub(crate) fn told(&self) -> String {
        let end = self.trace.iter().position(|line| line.contains(BROKEN)).map_or(self.trace.len(), |last| last + 1);
        let trace = &self.trace[..end];
        let numbers = |text: &str| -> BTreeSet<String> {
            text.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() > 2).map(str::to_owned).collect()
        };
        let mut concerned: BTreeSet<String> = self.broken.iter().take(1).flat_map(|what| numbers(what)).collect();
        // Outcomes name employee and account, so they show which account is concerned.
        let outcomes = trace.iter().filter_map(|line| line.split_once(" finishes "));
        for outcome in outcomes.map(|(_, outcome)| numbers(outcome)) {
            if !outcome.is_disjoint(&concerned) {
                concerned.extend(outcome);
            }
        }
        let is_detail =
            |line: &&String| ["-->", "<--", "lands", " begins ", " finishes "].iter().any(|word| line.contains(word));
        let is_concerned = |line: &&String| {
            let (_, what) = line.split_at(20);
            !is_detail(line) || concerned.iter().any(|number| what.contains(number.as_str()))
        };
        trace.iter().filter(is_concerned).cloned().collect::<Vec<_>>().join("\n")
    }
}

/// Runs the history of a seed. Every run of one seed gives an identical history.
pub(crate) fn history(seed: u64, planted: Option<Planted>) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let mut chance = Chance::new(seed);
        let fakes = company(&mut chance);
        let sim = Sim::new(fakes, chance.fork(), planted);
        // Drawn apart, so that the other histories are the same as without persons who interrupt.
        let is_theirs = planted.is_none_or(|planted| planted == Planted::ForgetsInterruptions);
        let persons = (is_theirs && seed % 8 < 6 && seed.is_multiple_of(2)).then(|| Chance::new(!seed));
        let lies = (planted.is_none() && seed % 4 == 1).then(|| Chance::new(seed.rotate_left(32)));
        let mut history = History { sim: sim.clone(), chance, persons, lies, hosts: 0, running: JoinSet::new() };
        history.happen().await;
        history.be_quiet().await;
        let mut state = sim.lock();
        let count = |is: fn(&RunRecord) -> bool| state.pages.runs.iter().filter(|run| is(run)).count();
        let resumed = count(|run| run.trigger == "resumed");
        let closed = count(|run| run.trigger == "abandoned");
        let interrupted = count(|run| run.interrupted_by.is_some());
        let (broken, trace) = (std::mem::take(&mut state.watch.broken), std::mem::take(&mut state.trace));
        let twice = state.watch.twice.len();
        Ended { broken, trace, runs: state.pages.runs.len(), resumed, closed, interrupted, twice }
    })
}

struct History {
    sim: Sim,
    chance: Chance,
    /// What persons do who interrupt runs; none if nobody does in this history.
    persons: Option<Chance>,
    /// How TravelPerk lies; none if it does not in this history.
    lies: Option<Chance>,
    /// How many processes were started.
    hosts: usize,
    running: JoinSet<()>,
}

impl History {
    /// Simulates a few days with random faults.
    async fn happen(&mut self) {
        let faults = self.chance.pick(&[0, 20, 100]);
        let slow = self.chance.pick(&[0, 5, 30]);
        self.sim.lock().trouble = Trouble { faults, slow };
        for _ in 0..2 + self.chance.below(3) {
            for _ in 0..self.chance.below(6) {
                self.something_happens();
            }
            if let Some(lies) = &mut self.lies {
                let state = &mut *self.sim.lock();
                be_honest(&mut state.fakes.travelperk);
                if lies.in_thousand(500) {
                    lie(&mut state.fakes.travelperk, lies);
                }
            }
            for _ in 0..1 + self.chance.below(2) {
                self.start_host();
                let pause = self.chance.pick(&[1, 10, 60]);
                tokio::time::sleep(self.chance.time(Duration::from_secs(pause))).await;
            }
            if self.chance.in_thousand(300) {
                self.something_happens();
            }
            let minutes = self.chance.pick(&[1, 5, 60, 30 * 60]);
            tokio::time::sleep(self.chance.time(Duration::from_secs(minutes * 60))).await;
        }
    }

    fn something_happens(&mut self) {
        let today = self.sim.today();
        let what = {
            let state = &mut *self.sim.lock();
            pass(&mut state.fakes.hibob, today);
            if self.chance.in_thousand(40) {
                close_a_team(&mut state.fakes.hibob, today, &mut self.chance);
                "a team is closed".to_owned()
            } else {
                happen(&mut state.fakes.hibob, today, &mut self.chance)
            }
        };
        self.sim.note("HiBob", what);
    }

    fn start_host(&mut self) {
        let chance = &mut self.chance;
        let step = |chance: &mut Chance| 1 + u32::try_from(chance.below(250)).unwrap();
        let mut fate = Fate::default();
        match chance.below(10) {
            0..=2 => fate.crash = Some(step(chance)),
            3 | 4 => fate.pause = Some((step(chance), chance.time(Duration::from_secs(120)))),
            5 => fate.cancel = Some(chance.time(Duration::from_secs(20))),
            _ => {}
        }
        let skew = if chance.in_thousand(100) { chance.pick(&[-3_600, -40, 40, 3_600]) } else { 0 };
        let release = if chance.in_thousand(150) {
            Release { archiving: chance.below(8) as usize, ..Release::default() }
        } else {
            Release::default()
        };
        let mut command = Command::Sync(Trigger::Manual);
        let is_interrupted = self.sim.lock().pages.is_interrupted();
        if let Some(persons) = &mut self.persons {
            if persons.in_thousand(400) {
                command = Command::Sync(Trigger::Schedule);
            } else if is_interrupted && persons.in_thousand(700) {
                command = Command::GoOn(persons.pick(&[WayOn::Resume, WayOn::Abandon]));
            }
            if persons.in_thousand(500) {
                let notices = persons.time(Duration::from_secs(10));
                let how = persons.pick(&[How::CtrlC, How::Terminate, How::Cancelled(notices)]);
                let seconds = persons.pick(&[1, 3, 20]);
                let at = persons.time(Duration::from_secs(seconds));
                fate.interrupt = Some((at, how));
                fate.leave = persons.in_thousand(300).then(|| at + persons.time(Duration::from_secs(12)));
            }
        }
        let host = self.host(skew, fate, release, command);
        if let Some((at, how)) = fate.interrupt {
            tokio::task::spawn_local(interrupt(self.sim.clone(), host.clone(), at, how));
        }
        self.running.spawn_local(sync_to_the_end(self.sim.clone(), host));
    }

    fn host(&mut self, skew: i64, fate: Fate, release: Release, command: Command) -> Arc<Host> {
        self.hosts += 1;
        Arc::new(Host::new(format!("host{}", self.hosts), skew, fate, release, command))
    }

    /// Syncs without faults until nothing is left to do. Then TravelPerk must be as HiBob requires.
    async fn be_quiet(&mut self) {
        self.sim.lock().trouble = Trouble::default();
        while let Some(ended) = self.running.join_next().await {
            ended.unwrap();
        }
        tokio::time::sleep(QUIET).await;
        assert_eq!(self.sim.lock().in_flight, 0, "a request has not ended");
        self.sim.note("", "from here on nothing goes wrong");
        let today = self.sim.today();
        pass(&mut self.sim.lock().fakes.hibob, today);
        self.be_lied_to().await;
        let (mut release, mut last) = (Release::default(), String::new());
        for _ in 0..QUIET_RUNS_MAX {
            // Somebody decides about a plan that was interrupted.
            let is_interrupted = self.sim.lock().pages.is_interrupted();
            let command = match &mut self.persons {
                Some(persons) if is_interrupted => Command::GoOn(persons.pick(&[WayOn::Resume, WayOn::Abandon])),
                _ => Command::Sync(Trigger::Manual),
            };
            let host = self.host(0, Fate::default(), release, command);
            let report = sync(&self.sim, &host).await;
            match report {
                Some(report) if command == Command::Sync(Trigger::Manual) && is_done(&report) => {
                    return self.look_at_the_end();
                }
                // The operator has looked at it, and releases it.
                Some(report)
                    if command == Command::Sync(Trigger::Manual)
                        && (!report.held.is_empty() || report.error.is_some()) =>
                {
                    release = everything();
                    last = format!("{:?}", report.error);
                }
                Some(report) => last = format!("{:?}", report.errors),
                None => {}
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        self.sim.broken("", &format!("{QUIET_RUNS_MAX} runs without any fault have not come to an end: {last}"));
    }

    /// Syncs while TravelPerk lies and nothing else goes wrong: a run that ends with "Done" has a right target. Then
    /// TravelPerk is honest again.
    async fn be_lied_to(&mut self) {
        let release = everything();
        for _ in 0..LYING_RUNS {
            let Some(lies) = &mut self.lies else { break };
            let what = {
                let state = &mut *self.sim.lock();
                be_honest(&mut state.fakes.travelperk);
                lie(&mut state.fakes.travelperk, lies)
            };
            self.sim.note("perk", what);
            if self.sim.lock().pages.is_interrupted() {
                break; // a person decides first, below
            }
            let host = self.host(0, Fate::default(), release, Command::Sync(Trigger::Manual));
            let report = sync(&self.sim, &host).await;
            if report.is_some_and(|report| report.exit() == Exit::Done) {
                let wrong = {
                    let state = self.sim.lock();
                    differences(&state.fakes, &state.watch.twice)
                };
                wrong.iter().for_each(|what| self.sim.broken("", &format!("told as done, and {what}")));
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        be_honest(&mut self.sim.lock().fakes.travelperk);
    }

    fn look_at_the_end(&self) {
        let mut found = Vec::new();
        {
            let state = self.sim.lock();
            let twice = &state.watch.twice;
            found.extend(differences(&state.fakes, twice));
            if state.pages.open().is_some() {
                found.push("a plan is still open".to_owned());
            }
            let known = &state.fakes.hibob.employees;
            let users = state.fakes.travelperk.users.iter();
            let managed = users.filter_map(|user| {
                let employee = user.external_id.clone().filter(|id| known.contains_key(id) && !twice.contains(id))?;
                Some((user.id.to_string(), (employee, user.active)))
            });
            let managed: BTreeMap<_, _> = managed.collect();
            let never_known = state.pages.never_known();
            for (account, held) in &managed {
                let told = state.pages.accounts.get(account);
                let is_late = told.is_some_and(|told| told.0 == held.0) && never_known.contains(account.as_str());
                if told != Some(held) && !is_late {
                    found.push(format!("account {account} is {held:?}, and the ledger says {told:?}"));
                }
            }
            let gone = |(account, (employee, _)): &(&String, &(String, bool))| {
                !managed.contains_key(*account) && !twice.contains(employee)
            };
            let gone = state.pages.accounts.iter().filter(gone);
            found.extend(gone.map(|(account, _)| format!("the ledger has account {account}, which is not there")));
        }
        found.iter().for_each(|what| self.sim.broken("", what));
    }
}

/// Whether a run found nothing to do.
fn is_done(report: &Report) -> bool {
    let changed = report.created + report.adopted + report.updated + report.archived + report.reactivated;
    let nothing_is_held = !report.is_stopped() && report.held.is_empty() && report.waiting.is_none();
    nothing_is_held && report.errors.is_empty() && changed + report.drifted + report.skipped == 0
}

async fn sync_to_the_end(sim: Sim, host: Arc<Host>) {
    sync(&sim, &host).await;
}

/// Interrupts a process after some time, as a person does.
async fn interrupt(sim: Sim, host: Arc<Host>, at: Duration, how: How) {
    tokio::time::sleep(at).await;
    if let How::Cancelled(notices) = how {
        sim.note(&host.name, "its job is cancelled");
        sim.lock().pages.cancelled.insert(host.job());
        tokio::time::sleep(notices).await;
    }
    if !host.is_dead() {
        sim.note(&host.name, format!("is interrupted: {}", how.word()));
        sim.lock().watch.person_interrupts(host.generation());
        host.interrupt(how.word());
    }
}

/// Runs a sync in one process. None if the process ended before it had a report.
pub(crate) async fn sync(sim: &Sim, host: &Arc<Host>) -> Option<Report> {
    let note = |what: &str| sim.note(&host.name, what);
    note(&format!("starts: {:?}, clock {:+} s, lets {} be archived", host.fate, host.skew, host.release.archiving));
    let work = async {
        let ports = Simulated::new(sim, host.clone());
        let trigger = match host.command {
            Command::Sync(trigger) => trigger,
            Command::GoOn(way) => {
                let gone_on = Running::go_on(ports, way, Cause::default()).await;
                return gone_on.inspect_err(|error| note(&format!("does not go on: {error}"))).ok();
            }
        };
        let cause = Cause { trigger, job: Some(host.job()), requested_by: None };
        let run = match Running::begin_by(ports, RunKind::Sync, cause).await {
            Ok(run) => run,
            Err(error) => {
                note(&format!("does not start: {error}"));
                return None;
            }
        };
        let (mut report, planned) = match run.plan().await {
            Ok(planned) => (run.apply(&planned, host.release).await, Some(planned)),
            Err(error) => (Report::stopped("acme", error), None),
        };
        if let Some(error) = &report.error {
            note(&format!("stops: {}", error.message));
        }
        match run.finish(&mut report, planned.as_ref()).await {
            Ok(()) => Some(report),
            Err(error) => {
                note(&format!("cannot be recorded: {error}"));
                None
            }
        }
    };
    let done = host.live(work).await;
    note(if done.is_some() { "ends" } else { "is gone" });
    done.flatten()
}

//! Histories in which people, HR and other systems make mistakes, and three invariants that hold every night all the same,
//! by the target's real state:
//!
//! 1. Nobody who is employed loses access by the sync, except where the HiBob record of that person says so that night.
//! 2. No leaver is active without an error, or a held archiving, that names them.
//! 3. Nothing is applied above the guards' table, as `hibob_fuzz::guard_table` states it.
//!
//! Nothing goes wrong on the network here: what the services and the people do is enough.

mod changes;

use self::changes::{Terminations, difference};
use crate::chance::Chance;
use crate::company::{company, happen, pass};
use crate::history::{everything, sync};
use crate::host::{Command, Fate, Host};
use crate::model::values::plain;
use crate::sim::Sim;
use chrono::Days;
use hibob_base::job::Trigger;
use hibob_contract::directory_sync::{Change, ChangeKind};
use hibob_fakes::Employee;
use hibob_fakes::travelperk::User;
use hibob_fuzz::guard_table::{self, Facts};
use hibob_jobs::run::Report;
use hibob_policy::guard::{Class, Release};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::LocalSet;

/// Seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// What one history came to.
#[derive(Default)]
pub(crate) struct Lived {
    /// The invariants that were violated, each with the night.
    pub(crate) broken: Vec<String>,
    /// What happened, a line each.
    pub(crate) trace: Vec<String>,
    /// How many nights there were.
    pub(crate) nights: usize,
    /// In how many of them something was held.
    pub(crate) held: usize,
    /// How often each kind of mistake was made.
    pub(crate) rates: BTreeMap<&'static str, usize>,
}

/// A mistake: who makes it and what it is, and how many of a thousand nights have it.
type Mistake = (&'static str, u64, fn(&mut World<'_>) -> bool);

const MISTAKES: [Mistake; 19] = [
    ("HR terminates a part of the company by mistake", 25, |world| {
        world.hr_to_some(|_, it, today| it.terminate(today))
    }),
    ("HR overwrites work emails by an import", 25, |world| {
        world
            .hr_to_some(|chance, it, _| it.email = Some(format!("i{}.{}@acme.example", chance.below(1_000_000), it.id)))
    }),
    ("HR overwrites surnames by an import", 25, |world| world.hr_to_some(|_, it, _| it.surname.push_str(" (import)"))),
    ("HR gives many people another manager", 25, |world| {
        let boss = world.somebody();
        world.hr_to_some(move |_, it, _| it.manager = Some(boss.clone()).filter(|boss| *boss != it.id))
    }),
    ("HR empties titles", 25, |world| world.hr_to_some(|_, it, _| it.title.clear())),
    ("HR moves many people to another department", 25, |world| {
        world.hr_to_some(|chance, it, _| it.department = chance.pick(&["Sales", "Product", "Finance"]).to_owned())
    }),
    ("HR corrects its mistakes", 250, |world| world.hr_corrects()),
    ("HiBob shows only a part of the company", 40, |world| world.hide_some()),
    ("HiBob shows everybody again", 300, |world| world.show_all()),
    ("a leaver's address goes to somebody new", 60, |world| world.address_goes_on()),
    ("a leaver comes back under a new id", 60, |world| world.comes_back()),
    ("an external id is emptied", 120, |world| world.edit_one(|_, user| user.external_id = None)),
    ("an external id is overwritten", 120, |world| {
        world.edit_one(|chance, user| user.external_id = Some(format!("okta-{}", chance.below(1_000_000))))
    }),
    ("two external ids are exchanged", 60, |world| world.exchange_ids()),
    ("an account is archived by hand", 80, |world| world.edit_one(|_, user| user.active = false)),
    ("accounts are made active by hand", 60, |world| world.edit_some(|user| user.active = true)),
    ("an account is deleted", 80, |world| world.delete()),
    ("another system makes a second account with the same id", 60, |world| world.second_account()),
    ("other systems archive a part of the accounts", 20, |world| world.edit_some(|user| user.active = false)),
];

/// What a mistake can be made in.
struct World<'w> {
    sim: &'w Sim,
    chance: &'w mut Chance,
    /// HR's records as they were before a mistake, until they are corrected.
    right: &'w mut Option<BTreeMap<String, Employee>>,
    /// The people whom HiBob does not show.
    hidden: &'w mut BTreeMap<String, Employee>,
}

impl World<'_> {
    fn somebody(&mut self) -> String {
        let ids: Vec<String> = self.sim.lock().fakes.hibob.employees.keys().cloned().collect();
        self.chance.pick(&ids)
    }

    /// HR changes a part of the records, which are kept as they were.
    fn hr_to_some(&mut self, edit: impl Fn(&mut Chance, &mut Employee, chrono::NaiveDate)) -> bool {
        let today = self.sim.today();
        let share = self.chance.pick(&[60, 150, 350, 800]);
        let state = &mut *self.sim.lock();
        let employees = &mut state.fakes.hibob.employees;
        self.right.get_or_insert_with(|| employees.clone());
        for employee in employees.values_mut().filter(|employee| employee.lifecycle_status == "employed") {
            if self.chance.in_thousand(share) {
                edit(self.chance, employee, today);
            }
        }
        true
    }

    fn hr_corrects(&mut self) -> bool {
        let Some(right) = self.right.take() else { return false };
        for (id, record) in right {
            if let Some(now) = self.sim.lock().fakes.hibob.employees.get_mut(&id) {
                *now = record;
            }
        }
        true
    }

    fn hide_some(&mut self) -> bool {
        let share = self.chance.pick(&[50, 150, 400, 1_000]);
        let employees = &mut self.sim.lock().fakes.hibob.employees;
        let hidden: Vec<String> = employees.keys().filter(|_| self.chance.in_thousand(share)).cloned().collect();
        self.hidden.extend(hidden.into_iter().filter_map(|id| employees.remove_entry(&id)));
        true
    }

    fn show_all(&mut self) -> bool {
        let some = !self.hidden.is_empty();
        self.sim.lock().fakes.hibob.employees.append(self.hidden);
        some
    }

    /// A leaver, at random.
    fn leaver(&mut self) -> Option<Employee> {
        let employees = self.sim.lock().fakes.hibob.employees.clone();
        let left: Vec<Employee> = employees.into_values().filter(|it| it.lifecycle_status == "terminated").collect();
        (!left.is_empty()).then(|| self.chance.pick(&left))
    }

    fn begins(&mut self, employee: Employee) {
        let id = format!("{}", 2_128_439_000_000_000_000_u64 + self.chance.below(1_000_000_000));
        let today = self.sim.today();
        let begins = Employee {
            id,
            lifecycle_status: "employed".to_owned(),
            start_date: today,
            termination_date: None,
            last_day_of_work: None,
            ..employee
        };
        self.sim.lock().fakes.hibob.insert(begins);
    }

    fn address_goes_on(&mut self) -> bool {
        let Some(leaver) = self.leaver() else { return false };
        self.begins(Employee { first_name: "Zoe".to_owned(), ..leaver });
        true
    }

    fn comes_back(&mut self) -> bool {
        let Some(leaver) = self.leaver() else { return false };
        self.begins(leaver);
        true
    }

    fn accounts(&self) -> Vec<u64> {
        self.sim.lock().fakes.travelperk.users.iter().map(|user| user.id).collect()
    }

    fn edit(&mut self, account: u64, edit: impl FnOnce(&mut Chance, &mut User)) {
        if let Some(user) = self.sim.lock().fakes.travelperk.users.get_mut(account) {
            edit(self.chance, user);
        }
    }

    fn edit_one(&mut self, edit: impl FnOnce(&mut Chance, &mut User)) -> bool {
        let accounts = self.accounts();
        let account = self.chance.pick(&accounts);
        self.edit(account, edit);
        true
    }

    fn edit_some(&mut self, edit: impl Fn(&mut User)) -> bool {
        let share = self.chance.pick(&[60, 200, 500]);
        for account in self.accounts() {
            if self.chance.in_thousand(share) {
                self.edit(account, |_, user| edit(user));
            }
        }
        true
    }

    fn exchange_ids(&mut self) -> bool {
        let accounts = self.accounts();
        let (one, other) = (self.chance.pick(&accounts), self.chance.pick(&accounts));
        let id_of =
            |account| self.sim.lock().fakes.travelperk.users.get(account).and_then(|user| user.external_id.clone());
        let (ones, others) = (id_of(one), id_of(other));
        self.edit(one, |_, user| user.external_id = others);
        self.edit(other, |_, user| user.external_id = ones);
        true
    }

    fn delete(&mut self) -> bool {
        let accounts = self.accounts();
        let account = self.chance.pick(&accounts);
        self.sim.lock().fakes.travelperk.users.erase(account);
        true
    }

    fn second_account(&mut self) -> bool {
        let id = self.somebody();
        let name = format!("sso{}@acme.example", self.chance.below(1_000_000));
        let second = User { external_id: Some(id), ..User::new(&name, "Sso", "Account") };
        self.sim.lock().fakes.travelperk.insert_user(second);
        true
    }
}

/// The state before a night.
struct Before {
    users: BTreeMap<u64, User>,
    /// The host's ledger: the employee of each account, and whether it is active.
    ledger: BTreeMap<String, (String, bool)>,
    /// The ids that the ledger and the storage know.
    known: BTreeSet<String>,
}

impl Before {
    fn of(sim: &Sim) -> Self {
        let state = sim.lock();
        let links = state.pages.entries.keys().filter_map(|key| key.strip_prefix("link/")).map(str::to_owned);
        let owners = state.pages.accounts.values().map(|(employee, _)| employee.clone());
        Self {
            users: state.fakes.travelperk.users.iter().map(|user| (user.id, user.clone())).collect(),
            known: links.chain(owners).chain(state.fakes.hibob.employees.keys().cloned()).collect(),
            ledger: state.pages.accounts.clone(),
        }
    }
}

/// Lives through the history of a seed.
pub(crate) fn live(seed: u64, nights: usize) -> Lived {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let mut chance = Chance::new(seed);
        let mut fakes = company(&mut chance);
        let size = chance.pick(&[3, 8, 15, 40]);
        let kept: BTreeSet<String> = fakes.hibob.employees.keys().take(size).cloned().collect();
        fakes.hibob.employees.retain(|id, _| kept.contains(id));
        fakes.travelperk.switches.reads_by_id_behind = false;
        fakes.travelperk.switches.listing_behind_seconds = 0.0;
        let sim = Sim::new(fakes, chance.fork(), None);
        let mut lived = Lived::default();
        let (mut right, mut hidden) = (None, BTreeMap::new());
        // When the sync archived each account.
        let (mut archived, mut lone) = (BTreeMap::new(), Terminations::default());
        let mut release = everything();
        for night in 0..=nights {
            if night > 0 {
                let mut world = World { sim: &sim, chance: &mut chance, right: &mut right, hidden: &mut hidden };
                for line in events(&mut world, &mut lived.rates) {
                    lived.trace.push(format!("night {night}: {line}"));
                }
            }
            let before = Before::of(&sim);
            let fate = Fate::default();
            let host = Arc::new(Host::new(format!("night{night}"), 0, fate, release, Command::Sync(Trigger::Manual)));
            let report = sync(&sim, &host).await;
            let is_released = release != Release::default();
            release = Release::default();
            lived.nights += 1;
            let Some(report) = report else {
                lived.broken.push(format!("night {night}: there is no report"));
                break;
            };
            let what = (report.exit(), report.held.len(), report.error.as_ref().map(|error| error.message.clone()));
            lived.trace.push(format!("night {night}: {what:?}"));
            let rows = report.errors.iter().chain(&report.warnings);
            lived
                .trace
                .extend(rows.map(|row| format!("night {night}:   {} {:?} {}", row.code, row.employee_id, row.message)));
            let is_held = !report.held.is_empty() || report.error.as_ref().is_some_and(|error| error.code == "HELD");
            lived.held += usize::from(is_held);
            let mut looked = Looked { sim: &sim, before: &before, report: &report, found: Vec::new() };
            looked.nobody_loses_access();
            looked.no_leaver_is_active_unnamed();
            looked.nothing_is_above_the_table(&mut archived, &mut lone, is_released);
            lived.broken.extend(looked.found.into_iter().map(|what| format!("night {night}: {what}")));
            if !lived.broken.is_empty() {
                break;
            }
            // Whoever operates it looks at what was held, and sometimes releases it.
            if is_held && chance.in_thousand(250) {
                release = everything();
            }
            tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
        }
        lived
    })
}

/// What happens on one day. Returns a line for each event.
fn events(world: &mut World<'_>, rates: &mut BTreeMap<&'static str, usize>) -> Vec<String> {
    let today = world.sim.today();
    let mut lines = Vec::new();
    for _ in 0..world.chance.below(3) {
        let state = &mut *world.sim.lock();
        if state.fakes.hibob.employees.len() > 5 {
            lines.push(happen(&mut state.fakes.hibob, today, world.chance));
        }
    }
    pass(&mut world.sim.lock().fakes.hibob, today);
    for (what, cases, make) in MISTAKES {
        let has_people = !world.sim.lock().fakes.hibob.employees.is_empty();
        if world.chance.in_thousand(cases) && (has_people || what.starts_with("HiBob shows everybody")) && make(world) {
            *rates.entry(what).or_default() += 1;
            lines.push(what.to_owned());
        }
    }
    // Half of those who come back begin some days later.
    if world.chance.in_thousand(100) {
        let id = world.leaver().map(|leaver| leaver.id);
        let state = &mut *world.sim.lock();
        if let Some(employee) = id.and_then(|id| state.fakes.hibob.employees.get_mut(&id)) {
            employee.employ(today + Days::new(0));
            lines.push(format!("the termination of employee {} is taken back", employee.id));
        }
    }
    lines
}

/// One night, with the state before and after it.
struct Looked<'n> {
    sim: &'n Sim,
    before: &'n Before,
    report: &'n Report,
    found: Vec<String>,
}

fn folded(name: &str) -> String {
    plain(name).to_lowercase()
}

/// Whether an account has this employee's work email as its user name.
fn is_address_of(employee: &Employee, user: &User) -> bool {
    employee.email.as_ref().is_some_and(|email| folded(email) == folded(&user.user_name))
}

impl Looked<'_> {
    fn users(&self) -> BTreeMap<u64, User> {
        self.sim.lock().fakes.travelperk.users.iter().map(|user| (user.id, user.clone())).collect()
    }

    fn employees(&self) -> BTreeMap<String, Employee> {
        self.sim.lock().fakes.hibob.employees.clone()
    }

    fn owner(&self, account: u64) -> Option<&str> {
        self.before.ledger.get(&account.to_string()).map(|(owner, _)| owner.as_str())
    }

    fn nobody_loses_access(&mut self) {
        let (after, employees) = (self.users(), self.employees());
        let status = |id: &str| employees.get(id).map(|employee| employee.lifecycle_status.as_str());
        for (id, was) in self.before.users.iter().filter(|(_, was)| was.active) {
            let Some(now) = after.get(id) else {
                self.found.push(format!("account {id} was deleted"));
                continue;
            };
            let owner = self.owner(*id).map(str::to_owned);
            let carried = was.external_id.clone();
            let employed = [&owner, &carried].into_iter().flatten().find(|id| status(id) == Some("employed")).cloned();
            let has_address = |it: &&Employee| {
                it.lifecycle_status == "employed"
                    && it.email.as_ref().is_some_and(|email| folded(email) == folded(&was.user_name))
            };
            let by_address = employees.values().find(has_address).map(|employee| employee.id.clone());
            if !now.active {
                let left = [&owner, &carried].into_iter().flatten().any(|id| status(id) == Some("terminated"));
                if let Some(employed) = employed.or(by_address) {
                    self.found.push(format!("account {id} of employee {employed}, who is employed, was archived"));
                } else if !left {
                    self.found.push(format!("account {id} was archived, and HiBob does not say that anybody has left"));
                }
            } else if let (Some(before), Some(after)) = (&carried, &now.external_id)
                && before != after
                && status(before) == Some("employed")
                && owner.as_ref() == Some(before)
            {
                self.found.push(format!("account {id} of employee {before}, who is employed, was given to {after}"));
            } else if folded(&was.user_name) != folded(&now.user_name)
                && let Some(employed) = employed
            {
                let email = employees.get(&employed).and_then(|employee| employee.email.clone()).unwrap_or_default();
                if now.external_id.as_ref() == Some(&employed) && folded(&email) != folded(&now.user_name) {
                    self.found.push(format!("account {id} of employee {employed} got an address that is not theirs"));
                }
            }
        }
    }

    fn no_leaver_is_active_unnamed(&mut self) {
        let (after, employees) = (self.users(), self.employees());
        let errors = self.report.errors.iter().filter_map(|row| row.employee_id.clone());
        let held = self.report.held.iter().filter_map(|row| row.employee_id.clone());
        let named: BTreeSet<String> = errors.chain(held).collect();
        if self.report.error.as_ref().is_some_and(|error| error.code != "HELD") {
            return; // nothing was read
        }
        let employed = |id: &str| employees.get(id).is_some_and(|it| it.lifecycle_status == "employed");
        let ledger = self.sim.lock().pages.accounts.clone();
        for leaver in employees.values().filter(|employee| employee.lifecycle_status == "terminated") {
            for user in after.values().filter(|user| user.active) {
                let carried = user.external_id.as_deref().filter(|id| !id.is_empty());
                let owner = ledger.get(&user.id.to_string()).map(|(owner, _)| owner.as_str());
                if owner.is_some_and(employed) || carried.is_some_and(employed) {
                    continue; // the account of somebody who works here
                }
                let goes_on = |it: &&Employee| {
                    let is_same = |field: fn(&Employee) -> &String| folded(field(it)) == folded(field(leaver));
                    it.lifecycle_status == "employed" && is_same(|it| &it.first_name) && is_same(|it| &it.surname)
                };
                if employees.values().filter(goes_on).any(|it| is_address_of(it, user)) {
                    continue; // they work here under another id, with the account's address
                }
                let is_address = |it: &Employee| is_address_of(it, user);
                let is_unknown = carried.is_none_or(|id| !self.before.known.contains(id));
                let carries = carried == Some(leaver.id.as_str());
                let by_ledger = owner == Some(leaver.id.as_str()) && is_unknown;
                let by_address = is_address(leaver)
                    && is_unknown
                    && !employees.values().any(|it| it.lifecycle_status != "terminated" && is_address(it));
                // Of several leavers with one address, one is named.
                let is_named = named.contains(&leaver.id)
                    || (!carries
                        && !by_ledger
                        && employees.values().any(|it| is_address(it) && named.contains(&it.id)));
                if (carries || by_ledger || by_address) && !is_named {
                    self.found.push(format!(
                        "employee {} has left, and account {} is active and nobody is told",
                        leaver.id, user.id
                    ));
                }
            }
        }
    }

    /// Whether nothing but terminations went out, since the source's guard holds everything else.
    fn has_terminations_only(&self) -> bool {
        let error = self.report.error.as_ref().filter(|error| error.code == "HELD");
        error.is_some_and(|error| error.message.contains("nothing was applied but the archiving of"))
    }

    fn nothing_is_above_the_table(
        &mut self,
        archived: &mut BTreeMap<String, i64>,
        lone: &mut Terminations,
        is_released: bool,
    ) {
        let (after, employees) = (self.users(), self.employees());
        let (now, ledger) = (self.sim.seconds(), self.sim.lock().pages.accounts.clone());
        let changes: Vec<Change> =
            after.values().filter_map(|user| difference(self.before.users.get(&user.id), user, &ledger)).collect();
        let since = now - 30 * DAY;
        // Whatever made an account active again, it is not among those that were archived any more.
        let is_active_there = |account: &String| {
            account.parse().ok().and_then(|id: u64| self.before.users.get(&id)).is_some_and(|user| user.active)
        };
        archived.retain(|account, _| !is_active_there(account));
        lone.retain(|account| !is_active_there(account));
        let lately = archived.values().filter(|at| **at >= since).count();
        let own: Vec<&User> = self
            .before
            .ledger
            .iter()
            .filter(|(_, (_, is_active))| *is_active)
            .filter_map(|(id, _)| self.before.users.get(&id.parse().ok()?))
            .collect();
        let active = self.before.ledger.values().filter(|(_, is_active)| *is_active).count();
        // Before the archivings of the last days, those were active too that somebody has made active by hand since.
        let active_or_by_hand =
            self.before.ledger.iter().filter(|(id, (_, is_active))| *is_active || is_active_there(id)).count();
        let has_left = |user: &User| {
            let owner = self.owner(user.id);
            owner.and_then(|id| employees.get(id)).is_none_or(|it| it.lifecycle_status == "terminated")
        };
        let goes = |account: &str| {
            let user = account.parse().ok().and_then(|id: u64| self.before.users.get(&id));
            user.is_none_or(|user| {
                let employee = self.owner(user.id).and_then(|id| employees.get(id));
                has_left(user) || employee.is_some_and(|it| user.cost_center.as_ref() != Some(&it.department))
            })
        };
        let owners = self.before.ledger.iter().map(|(account, (owner, _))| (account.clone(), owner.clone())).collect();
        let facts = Facts {
            n: active,
            active: active_or_by_hand,
            archived: lately,
            inactive: archived,
            since,
            owners: &owners,
            is_first: false,
            // The numbers that this tenant's operator has set.
            set: &|class| match class {
                Class::Archiving => Some(2),
                Class::Renaming => Some(3),
                _ => None,
            },
            released: &|_| 0,
            values: &|field| match field {
                "title" => Some(own.iter().filter(|user| user.title.is_some()).count()),
                "cost-center" => Some(own.iter().filter(|user| user.cost_center.is_some()).count()),
                "manager" => Some(own.iter().filter(|user| user.manager.is_some()).count()),
                _ => None,
            },
            people_of: &|name| {
                // An account that carries another id than its employee's is not theirs for now, and is not moved.
                let is_theirs = |user: &User| {
                    let carried = user.external_id.as_deref().filter(|id| !id.is_empty());
                    carried.is_none_or(|id| self.owner(user.id) == Some(id))
                };
                let is_there =
                    |user: &&&User| user.active && user.cost_center.as_deref() == Some(name) && is_theirs(user);
                let there = own.iter().filter(is_there).filter(|user| !has_left(user));
                Some(there.count())
            },
            goes: &goes,
        };
        if self.has_terminations_only() {
            self.found.extend(lone.count(&changes, active, now));
            let gone = changes.iter().filter(|change| change.kind == ChangeKind::Archive);
            archived.extend(gone.filter_map(|change| Some((change.target_id.clone()?, now))));
            return;
        }
        let counted = guard_table::count(&changes, &facts);
        let above = counted.iter().filter(|(_, counted)| counted.is_too_much && !is_released);
        let told: Vec<String> = above
            .map(|((class, field), counted)| {
                format!("{class:?} {field:?}: {} of {active}, {} may be", counted.number, counted.most)
            })
            .collect();
        self.found.extend(told);
        for change in &changes {
            let Some(account) = change.target_id.clone() else { continue };
            match change.kind {
                ChangeKind::Archive => drop(archived.insert(account, now)),
                ChangeKind::Reactivate => drop(archived.remove(&account)),
                _ => {}
            }
        }
    }
}

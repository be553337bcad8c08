//! Rules that must hold at every moment of a history. They are checked by the requests that leave hosts and arrive at
//! services, and by what is recorded in the databases.

use crate::host::Command;
use crate::model::values::plain;
use crate::ports::TENANT;
use crate::run_store::Pages;
use hibob_base::job::Trigger;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange, NextStep, Outcome};
use hibob_contract::types::Value;
use hibob_fakes::travelperk::User;
use hibob_fakes::{Request, World};
use hibob_policy::guard::{Held, Release};
use std::collections::{BTreeMap, BTreeSet};

/// Seconds in an hour.
const HOUR: f64 = 60.0 * 60.0;

/// What was observed so far.
pub(crate) struct Watch {
    pub(crate) broken: Vec<String>,
    /// The number of the latest observation.
    moment: usize,
    /// When the run of each generation raised the fencing token.
    fences: BTreeMap<i64, usize>,
    /// How many writes each generation was allowed to send and has not sent yet.
    let_through: BTreeMap<i64, usize>,
    /// Writes with an unknown outcome, by the account or employee that they are about.
    doubts: BTreeMap<String, Doubt>,
    /// When each change of each plan was started first.
    begun: BTreeMap<(i64, String), usize>,
    /// When the run of each generation started each change.
    begun_by: BTreeMap<(i64, String), usize>,
    /// When a person interrupted the run of each generation.
    interrupted: BTreeMap<i64, usize>,
    /// The plan that a person has interrupted, and nobody has resumed.
    stopped: Option<i64>,
    /// The versions of each account, with the time from which each holds.
    versions: BTreeMap<u64, Vec<(usize, User)>>,
    /// The archivings so far, with their times.
    archived: Vec<(u64, f64)>,
    strangers: BTreeSet<u64>,
    /// Employees whose account was created by a request that arrived after its host had given it up.
    made_late: BTreeSet<String>,
    /// Those of them who have two accounts since then. A service without idempotency keys leaves this single
    /// inexactness.
    pub(crate) twice: BTreeSet<String>,
}

struct Doubt {
    generation: i64,
    since: usize,
    /// For a new account: the user name by which it is searched.
    user_name: Option<String>,
}

impl Watch {
    pub(crate) fn new(fakes: &World) -> Self {
        let users = || fakes.travelperk.users.iter();
        let is_known = |user: &&User| fakes.hibob.employees.values().any(|person| is_address_of(person, user));
        Self {
            broken: Vec::new(),
            moment: 0,
            fences: BTreeMap::new(),
            let_through: BTreeMap::new(),
            doubts: BTreeMap::new(),
            begun: BTreeMap::new(),
            begun_by: BTreeMap::new(),
            interrupted: BTreeMap::new(),
            stopped: None,
            versions: users().map(|user| (user.id, vec![(0, user.clone())])).collect(),
            archived: Vec::new(),
            made_late: BTreeSet::new(),
            twice: BTreeSet::new(),
            strangers: users().filter(|user| !is_known(user)).map(|user| user.id).collect(),
        }
    }

    fn next(&mut self) -> usize {
        self.moment += 1;
        self.moment
    }

    pub(crate) fn fence_taken(&mut self, generation: i64) {
        let now = self.next();
        self.fences.insert(generation, now);
    }

    /// The run whose fencing token is current was allowed to write.
    pub(crate) fn may_write(&mut self, generation: i64) {
        *self.let_through.entry(generation).or_default() += 1;
    }

    /// A request leaves a host. Returns the violations.
    pub(crate) fn request_leaves(&mut self, generation: i64, asked: &Request, pages: &Pages) -> Vec<String> {
        let now = self.next();
        let Some(about) = about(asked) else {
            self.looked(asked);
            return Vec::new();
        };
        let mut found = Vec::new();
        match self.let_through.get_mut(&generation) {
            Some(left) if *left > 0 => *left -= 1,
            _ => found.push(format!("a write to {about} leaves, and the run does not hold the fence")),
        }
        let owner = |change: &&Change| match asked.method.as_str() {
            "POST" => change.employee_id.as_deref() == about.strip_prefix("employee "),
            _ => {
                let account = about.strip_prefix("account ");
                let employee = account.and_then(|account| pages.accounts.get(account)).map(|(employee, _)| employee);
                change.target_id.as_deref() == account
                    || change.target_id.is_none() && change.employee_id.as_ref() == employee
            }
        };
        let open = pages.open().into_iter();
        match open.flat_map(|journal| journal.under_way(generation)).find(owner) {
            None => found.push(format!("a write to {about} leaves, and the journal has no beginning of it")),
            Some(change) => {
                let begun = self.begun_by.get(&(generation, change.id.clone()));
                match (self.interrupted.get(&generation), self.stopped) {
                    (Some(interrupted), _) if begun > Some(interrupted) => {
                        found.push(format!("a write to {about} leaves, begun after a person has interrupted the run"));
                    }
                    (None, Some(stopped)) if pages.open().is_some_and(|open| open.row.id == stopped) => {
                        found.push(format!("a write to {about} leaves, of a plan that a person has interrupted"));
                    }
                    _ => {}
                }
            }
        }
        let taken = self.fences.get(&generation).copied().unwrap_or_default();
        if let Some(doubt) = self.doubts.get(&about)
            && (doubt.generation == generation || doubt.since < taken)
        {
            found.push(format!("a write to {about} is repeated, and nobody has looked what came of the first"));
        }
        let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
        let user_name = body["userName"].as_str().map(str::to_owned);
        self.doubts.insert(about, Doubt { generation, since: now, user_name });
        found
    }

    /// A host reads, which settles the unknown outcomes that the read is about.
    fn looked(&mut self, asked: &Request) {
        let filter = asked.parameter("filter");
        let account = asked.path.rsplit_once("/Users/").map(|(_, id)| format!("account {id}"));
        let is_list = asked.path.ends_with("/Users");
        self.doubts.retain(|about, doubt| {
            let is_seen = match (&filter, &account) {
                (Some(filter), _) => doubt.user_name.as_ref().is_some_and(|name| filter.contains(name.as_str())),
                (None, Some(account)) => about == account,
                (None, None) => is_list,
            };
            !is_seen
        });
    }

    /// A host's request has ended. With `is_clear` false it is unknown whether it was carried out.
    pub(crate) fn request_ended(&mut self, generation: i64, asked: &Request, is_clear: bool) {
        let Some(about) = about(asked).filter(|_| is_clear) else { return };
        if self.doubts.get(&about).is_some_and(|doubt| doubt.generation == generation) {
            self.doubts.remove(&about);
        }
    }

    /// A write has arrived at TravelPerk, which may have changed. `is_late`: nobody waits for its answer any more.
    /// Returns the violations.
    pub(crate) fn write_landed(&mut self, asked: &Request, is_late: bool, fakes: &World, now: f64) -> Vec<String> {
        let moment = self.next();
        if is_late && let Some(employee) = about(asked).as_deref().and_then(|about| about.strip_prefix("employee ")) {
            self.made_late.insert(employee.to_owned());
        }
        let mut found = Vec::new();
        let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for user in fakes.travelperk.users.iter() {
            let versions = self.versions.entry(user.id).or_default();
            let before = versions.last().map(|(_, before)| before);
            if before != Some(user) {
                if before.is_some_and(|before| before.active) && !user.active {
                    self.archived.push((user.id, now));
                }
                if self.strangers.contains(&user.id) {
                    found.push(format!("account {}, which is nobody's of HiBob, was written to", user.id));
                }
                versions.push((moment, user.clone()));
            }
            if !names.insert(plain(&user.user_name).to_lowercase()) {
                found.push(format!("{} has two accounts", user.user_name));
            }
            if let Some(id) = user.external_id.as_ref().filter(|id| !ids.insert((*id).clone())) {
                if self.made_late.contains(id) {
                    self.twice.insert(id.clone());
                } else {
                    found.push(format!("employee {id} has two accounts"));
                }
            }
        }
        found
    }

    /// A person interrupts the run of this generation.
    pub(crate) fn person_interrupts(&mut self, generation: i64) {
        let now = self.next();
        self.interrupted.entry(generation).or_insert(now);
    }

    /// The databases have that a person has interrupted the run of this plan.
    pub(crate) fn person_stops(&mut self, journal: i64) {
        self.stopped = Some(journal);
    }

    /// A run takes an interrupted plan up and closes it. Returns whether a person had interrupted it, and nobody has
    /// decided since.
    pub(crate) fn closes(&self, journal: i64, command: Command) -> Option<String> {
        let is_told = command != Command::Sync(Trigger::Manual);
        (self.stopped == Some(journal) && !is_told).then(|| {
            format!("plan {journal}, which a person has interrupted, is closed by a run that nobody has told to")
        })
    }

    /// A person has the plan resumed, or it is closed.
    pub(crate) fn person_goes_on(&mut self) {
        self.stopped = None;
    }

    pub(crate) fn change_begins(&mut self, generation: i64, journal: i64, change: &str) {
        let now = self.next();
        self.begun_by.insert((generation, change.to_owned()), now);
        self.begun.entry((journal, change.to_owned())).or_insert(now);
    }

    /// A change was recorded with this result. Returns what of it is not true.
    pub(crate) fn change_ends(&mut self, journal: i64, change: &Change, made: &str) -> Vec<String> {
        let begun = self.begun.get(&(journal, change.id.clone())).copied().unwrap_or_default();
        let made: serde_json::Value = serde_json::from_str(made).unwrap();
        let Ok(outcome) = serde_json::from_value::<Outcome>(made["outcome"].clone()) else { return Vec::new() };
        let id = &change.id;
        match outcome {
            Outcome::Done(written) => {
                let versions = written.target_id.parse().ok().and_then(|id| self.versions.get(&id));
                let mut since = versions.into_iter().flat_map(|versions| {
                    let first = versions.iter().rposition(|(from, _)| *from <= begun).unwrap_or_default();
                    &versions[first..]
                });
                let is_true = since.any(|(_, user)| change.fields.iter().all(|field| has(user, field)));
                (!is_true)
                    .then(|| format!("{id} is told as done, and the target never had it so"))
                    .into_iter()
                    .collect()
            }
            Outcome::Failed(failure) if change.kind == ChangeKind::Create && failure.next != NextStep::Look => {
                let is_new = |versions: &&Vec<(usize, User)>| {
                    versions[0].0 > begun && versions.iter().any(|(_, user)| user.external_id == change.employee_id)
                };
                let is_late = change.employee_id.as_ref().is_some_and(|employee| self.made_late.contains(employee));
                let made = self.versions.values().find(is_new).filter(|_| !is_late);
                made.map(|_| format!("{id} is told as not made ({}), and was", failure.code)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// A plan is about to be applied. Returns the limits of the guards that it exceeds, counted by TravelPerk's true
    /// state.
    pub(crate) fn plan_begins(
        &self,
        planned: &Planned,
        held: &Held,
        release: Release,
        pages: &Pages,
        fakes: &World,
        now: f64,
    ) -> Vec<String> {
        let safety = &TENANT.0.safety;
        let is_open = |(position, change): (usize, &Change)| {
            (change.kind == ChangeKind::Archive && !held.changes.contains_key(&position)).then_some(())
        };
        let number = planned.changes.iter().enumerate().filter_map(is_open).count();
        let least = safety.archive_limit_min.unwrap() as usize;
        let share = |least: usize, percent: u32, of: usize| least.max(of * percent as usize / 100);
        let since = now - f64::from(safety.leak_days) * 24.0 * HOUR + HOUR;
        let is_archived = |id: &u64| fakes.travelperk.users.get(*id).is_some_and(|user| !user.active);
        let lately: BTreeSet<u64> =
            self.archived.iter().filter(|(id, at)| *at >= since && is_archived(id)).map(|(id, _)| *id).collect();
        let mut found = Vec::new();
        if number > share(least, safety.archive_limit_percent, pages.active()).max(release.archiving) {
            found.push(format!("{number} accounts are archived in one run"));
        }
        let within = lately.len() + number;
        // Accounts with an unknown state count for both, as they do for the guard.
        if number > release.archiving && within > share(least + 1, safety.leak_percent, pages.active() + lately.len()) {
            found.push(format!("{within} accounts are archived within {} days", safety.leak_days));
        }
        found
    }
}

/// Whether the account's name is somebody's work email.
fn is_address_of(person: &hibob_fakes::Employee, user: &User) -> bool {
    let name = |text: &str| plain(text).to_lowercase();
    person.email.as_ref().is_some_and(|email| name(email) == name(&user.user_name))
}

/// The account or employee that a write is about; none for a read.
pub(crate) fn about(asked: &Request) -> Option<String> {
    let (_, path) = asked.path.split_once("/scim")?;
    match asked.method.as_str() {
        "POST" => {
            let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
            Some(format!("employee {}", body["externalId"].as_str().unwrap_or_default()))
        }
        "PATCH" => Some(format!("account {}", path.trim_start_matches("/Users/"))),
        _ => None,
    }
}

/// Whether an account has the new value of a field's change.
fn has(user: &User, field: &FieldChange) -> bool {
    let text = match &field.after {
        Some(Value::Text(text)) => Some(text.as_str()),
        Some(Value::Flag(flag)) => return field.field != "active" || user.active == *flag,
        Some(Value::Person(person)) => match &person.account_id {
            Some(id) => Some(id.as_str()),
            None => return user.manager.is_some(), // an employee whose account the same plan creates
        },
        _ => None,
    };
    let manager = user.manager.map(|id| id.to_string());
    let found = match field.field.as_str() {
        "user-name" => return text.is_some_and(|text| text.eq_ignore_ascii_case(&user.user_name)),
        "given-name" => Some(user.given_name.as_str()),
        "family-name" => Some(user.family_name.as_str()),
        "external-id" => user.external_id.as_deref(),
        "title" => user.title.as_deref(),
        "cost-center" => user.cost_center.as_deref(),
        "manager" => manager.as_deref(),
        _ => return true,
    };
    found == text
}

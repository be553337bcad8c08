//! Random events in a company, its settings and TravelPerk.

use super::rules::{CUSTOM_TITLE, Rules, rules};
use super::trouble::{Trouble, trouble};
use super::values::{POOLS, dress, plain, say};
use super::{ADMINS, History};
use chrono::{Days, NaiveDate};
use hibob_fakes::Employee;
use proptest::prelude::*;
use proptest::sample::select;

/// The value that a field gets: one of its pool, empty, or not sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Said {
    Value(usize),
    Empty,
    NotSent,
}

/// One event. Numbers select one of the present employees.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A new employee, who starts in so many days, with a position in the pool of each field.
    Hire {
        days: u64,
        facts: [usize; 14],
    },
    /// The end of the employment, now or on a later day.
    Terminate {
        who: usize,
        days: u64,
        garden_leave: bool,
    },
    /// A record that has left is employed again: a cancelled termination, or a rehire.
    Employ {
        who: usize,
    },
    /// A leaver comes back under a new employee id, or another person gets their address.
    ComeBack {
        who: usize,
        other: bool,
    },
    Rename {
        who: usize,
        first: &'static str,
    },
    /// HiBob's name or address of somebody gets something that nobody sees.
    Dress {
        who: usize,
        field: Dressed,
        how: usize,
    },
    /// The same for the first name of an account in TravelPerk. It is no other name, and stays.
    DressAccount {
        account: usize,
        how: usize,
    },
    /// A new work email, or the present one in capitals.
    ChangeEmail {
        who: usize,
        capitals: bool,
    },
    /// An employee takes the address of another one, who gets a new address, the first one's address, or keeps theirs.
    TakeEmail {
        who: usize,
        from: usize,
        then: Then,
    },
    Set {
        who: usize,
        field: usize,
        said: Said,
    },
    /// The beginning or end of a kind of leave.
    Status {
        who: usize,
        status: &'static str,
    },
    Manager {
        who: usize,
        manager: usize,
        said: Said,
    },
    /// A mandatory field is lost, until an event restores all of them.
    Break {
        who: usize,
        field: &'static str,
        value: Option<&'static str>,
    },
    Mend,
    /// An employee is missing in HiBob's answer, until an event brings all of them back.
    Vanish {
        who: usize,
    },
    Return,
    Days(u64),
    Settings(Box<Rules>),
    /// An account is changed in TravelPerk by hand.
    Tamper {
        account: usize,
        field: Tampered,
    },
    Sync(Trouble),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    New,
    Swap,
    Keep,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Dressed {
    FirstName,
    Surname,
    Email,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tampered {
    Title,
    GivenName,
    Manager,
    Active,
    /// The account is removed.
    Gone,
}

pub(crate) fn tampered() -> impl Strategy<Value = Tampered> {
    use Tampered::{Active, GivenName, Gone, Manager, Title};
    select(&[Title, Title, GivenName, GivenName, Manager, Active, Active, Gone][..])
}

pub(crate) fn hire(days: impl Strategy<Value = u64>) -> impl Strategy<Value = Event> {
    // Mostly valid values, so that most employees can be synced.
    let fact = || prop_oneof![49 => 0..2_usize, 1 => 2..4_usize];
    (days, prop::array::uniform14(fact())).prop_map(|(days, facts)| Event::Hire { days, facts })
}

/// One event.
pub(crate) fn event() -> impl Strategy<Value = Event> {
    let who = 0..12_usize;
    let said =
        || prop_oneof![6 => (0..3_usize).prop_map(Said::Value), 2 => Just(Said::Empty), 1 => Just(Said::NotSent)];
    let broken = &[
        ("root.firstName", None),
        ("root.surname", None),
        ("root.email", Some("not an address")),
        ("work.startDate", None),
        ("work.site", None),
        ("internal.lifecycleStatus", None),
        ("internal.lifecycleStatus", Some("sabbatical")),
    ][..];
    let then = select(&[Then::New, Then::New, Then::Swap, Then::Keep][..]);
    prop_oneof![
        4 => hire(prop_oneof![2 => Just(0_u64), 1 => 1..9_u64]),
        3 => (who.clone(), prop_oneof![2 => Just(0_u64), 1 => 1..5_u64], any::<bool>())
            .prop_map(|(who, days, garden_leave)| Event::Terminate { who, days, garden_leave }),
        4 => who.clone().prop_map(|who| Event::Employ { who }),
        3 => (who.clone(), prop::bool::weighted(0.3)).prop_map(|(who, other)| Event::ComeBack { who, other }),
        2 => (who.clone(), select(&["Ana", "Ben", "Zoë", "José Ángel"][..])).prop_map(|(who, first)| Event::Rename { who, first }),
        3 => (who.clone(), select(&[Dressed::FirstName, Dressed::Surname, Dressed::Email][..]), 0..5_usize)
            .prop_map(|(who, field, how)| Event::Dress { who, field, how }),
        2 => (0..20_usize, 0..5_usize).prop_map(|(account, how)| Event::DressAccount { account, how }),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, capitals)| Event::ChangeEmail { who, capitals }),
        2 => (who.clone(), who.clone(), then).prop_map(|(who, from, then)| Event::TakeEmail { who, from, then }),
        6 => (who.clone(), 0..POOLS.len(), said()).prop_map(|(who, field, said)| Event::Set { who, field, said }),
        2 => (who.clone(), select(&["employed", "leave", "parental leave", "sabbatical"][..]))
            .prop_map(|(who, status)| Event::Status { who, status }),
        4 => (who.clone(), who.clone(), said()).prop_map(|(who, manager, said)| Event::Manager { who, manager, said }),
        1 => (who.clone(), select(broken)).prop_map(|(who, (field, value))| Event::Break { who, field, value }),
        2 => Just(Event::Mend),
        1 => who.clone().prop_map(|who| Event::Vanish { who }),
        1 => Just(Event::Return),
        2 => select(&[1, 3, 40][..]).prop_map(Event::Days),
        1 => rules(&ADMINS).prop_map(|rules| Event::Settings(Box::new(rules))),
        2 => (0..20_usize, tampered()).prop_map(|(account, field)| Event::Tamper { account, field }),
        5 => Just(Event::Sync(Trouble::default())),
        3 => trouble().prop_map(Event::Sync),
    ]
}

impl History {
    fn today(&self) -> NaiveDate {
        chrono::DateTime::from_timestamp(self.world.now as i64, 0).unwrap().date_naive()
    }

    fn id(&self, who: usize) -> Option<String> {
        let ids: Vec<&String> = self.world.fakes.hibob.employees.keys().collect();
        (!ids.is_empty()).then(|| ids[who % ids.len()].clone())
    }

    /// An employee who has left or is about to leave.
    fn leaver(&self, who: usize) -> Option<String> {
        let left = |person: &&Employee| ["terminated", "garden leave"].contains(&person.lifecycle_status.as_str());
        let leavers: Vec<&Employee> = self.world.fakes.hibob.employees.values().filter(left).collect();
        (!leavers.is_empty()).then(|| leavers[who % leavers.len()].id.clone())
    }

    fn new_id(&mut self) -> String {
        self.hired += 1;
        format!("2128438000000000{:03}", self.hired)
    }

    fn new_email(&mut self) -> String {
        self.addresses += 1;
        format!("p{}@x.example", self.addresses)
    }

    fn email(&self, id: &str) -> Option<String> {
        self.world.fakes.hibob.employees[id].email.clone()
    }

    fn change(&mut self, who: usize, change: impl FnOnce(&mut Employee)) {
        if let Some(id) = self.id(who) {
            change(self.world.fakes.hibob.employee_mut(&id));
        }
    }

    /// Makes an event happen, except changed settings and syncs.
    pub(crate) fn happen(&mut self, event: &Event) {
        let today = self.today();
        match *event {
            Event::Hire { days, facts } => self.hire(today + Days::new(days), facts),
            Event::Terminate { who, days, garden_leave } => self.change(who, |person| {
                if garden_leave {
                    person.lifecycle_status = "garden leave".to_owned();
                    person.termination_date = Some(today + Days::new(days));
                } else if days > 0 {
                    person.termination_date = Some(today + Days::new(days));
                } else {
                    person.terminate(today);
                }
            }),
            Event::Employ { who } => {
                if let Some(id) = self.leaver(who) {
                    let person = self.world.fakes.hibob.employee_mut(&id);
                    person.employ(person.start_date);
                }
            }
            Event::ComeBack { who, other } => {
                if let Some(id) = self.leaver(who) {
                    let leaver = self.world.fakes.hibob.employees[&id].clone();
                    let mut person = Employee { id: self.new_id(), ..leaver };
                    person.employ(today);
                    if other {
                        person.surname = "Other".to_owned();
                    }
                    self.world.fakes.hibob.insert(person);
                }
            }
            Event::Rename { who, first } => self.change(who, |person| person.first_name = first.to_owned()),
            Event::Dress { who, field, how } => self.change(who, |person| match field {
                Dressed::FirstName => person.first_name = dress(&plain(&person.first_name), how),
                Dressed::Surname => person.surname = dress(&plain(&person.surname), how),
                Dressed::Email => person.email = person.email.as_ref().map(|email| dress(&plain(email), how)),
            }),
            Event::DressAccount { account, how } => {
                let users = &mut self.world.fakes.travelperk.users;
                let ids: Vec<u64> = users.iter().map(|user| user.id).collect();
                if let Some(user) = (!ids.is_empty()).then(|| users.get_mut(ids[account % ids.len()])).flatten() {
                    user.given_name = dress(&plain(&user.given_name), how);
                }
            }
            Event::ChangeEmail { who, capitals: true } => {
                self.change(who, |person| person.email = person.email.as_ref().map(|email| email.to_uppercase()));
            }
            Event::ChangeEmail { who, .. } => {
                let email = self.new_email();
                self.change(who, |person| person.email = Some(email));
            }
            Event::TakeEmail { who, from, then } => {
                if let Some((who, from)) = self.id(who).zip(self.id(from)) {
                    let (own, taken, new) = (self.email(&who), self.email(&from), self.new_email());
                    let left = match then {
                        Then::New => Some(new),
                        Then::Swap => own,
                        Then::Keep => taken.clone(),
                    };
                    self.world.fakes.hibob.employee_mut(&from).email = left;
                    self.world.fakes.hibob.employee_mut(&who).email = taken;
                }
            }
            Event::Set { who, field, said } => {
                let (field, pool) = POOLS[field];
                self.change(who, |person| match said {
                    Said::Value(value) => say(person, field, Some(Some(pool[value % pool.len()]))),
                    _ if field == "work.site" => {}
                    Said::Empty => say(person, field, Some(None)),
                    Said::NotSent => say(person, field, None),
                });
            }
            Event::Status { who, status } => self.change(who, |person| {
                // Leavers come back by `Employ`, and future hires start when their day comes.
                if !["terminated", "garden leave", "hired"].contains(&person.lifecycle_status.as_str()) {
                    person.lifecycle_status = status.to_owned();
                }
            }),
            Event::Manager { who, manager, said } => {
                let manager = self.id(manager);
                self.change(who, |person| match said {
                    Said::Value(_) => say(person, "work.manager", Some(manager.as_deref())),
                    Said::Empty => say(person, "work.manager", Some(None)),
                    Said::NotSent => say(person, "work.manager", None),
                });
            }
            Event::Break { who, field, value } => self.change(who, |person| match value {
                Some(value) => drop(person.overrides.insert(field.to_owned(), value.into())),
                None => drop(person.removed.insert(field.to_owned())),
            }),
            Event::Mend => {
                let mandatory = |field: &String| field.starts_with("root.") || field.starts_with("internal.");
                for person in self.world.fakes.hibob.employees.values_mut() {
                    person.overrides.retain(|field, _| !mandatory(field));
                    person
                        .removed
                        .retain(|field| !mandatory(field) && field != "work.startDate" && field != "work.site");
                }
            }
            Event::Vanish { who } => {
                let person = self.id(who).and_then(|id| self.world.fakes.hibob.employees.remove(&id));
                self.vanished.extend(person);
            }
            Event::Return => self.world.fakes.hibob.employees.extend(self.vanished.pop().map(|p| (p.id.clone(), p))),
            Event::Days(days) => {
                self.world.now += days * 24 * 60 * 60;
                let today = self.today();
                self.world.fakes.hibob.employees.values_mut().for_each(|person| person.let_time_pass(today));
            }
            Event::Tamper { account, field } => self.tamper(account, field),
            Event::Settings(_) | Event::Sync(_) => {}
        }
    }

    fn hire(&mut self, start: NaiveDate, facts: [usize; 14]) {
        let (id, email) = (self.new_id(), self.new_email());
        let first = ["Ana", "Ben"][facts[0] % 2];
        let mut person = Employee::new(&id, first, "Ruiz", &email);
        for ((field, pool), fact) in POOLS.into_iter().zip(facts) {
            let said = match (field, fact) {
                // Fields with a second source are often empty or not sent.
                (CUSTOM_TITLE | "work.workMobile", 1) => None,
                (CUSTOM_TITLE, 0) => Some(None),
                _ => Some(pool.get(fact).copied()),
            };
            say(&mut person, field, said);
        }
        if person.site.is_empty() {
            person.site = "Madrid".to_owned();
        }
        person.manager = self.id(facts[1] + facts[2] * 3);
        if start > self.today() {
            (person.start_date, person.lifecycle_status) = (start, "hired".to_owned());
        }
        self.world.fakes.hibob.insert(person);
    }

    pub(crate) fn tamper(&mut self, account: usize, field: Tampered) {
        let travelperk = &mut self.world.fakes.travelperk;
        let ids: Vec<u64> = travelperk.users.iter().map(|user| user.id).collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[account % ids.len()];
        if field == Tampered::Gone {
            return travelperk.users.erase(id);
        }
        let user = travelperk.users.get_mut(id).unwrap();
        match field {
            Tampered::Gone => {}
            Tampered::Title => user.title = Some("Tampered".to_owned()),
            Tampered::GivenName => user.given_name = "Tampered".to_owned(),
            Tampered::Manager => user.manager = None,
            Tampered::Active => user.active = !user.active,
        }
        *self.tampered.entry((id.to_string(), field)).or_default() += 1;
    }
}

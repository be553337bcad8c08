//! Both services, the log of requests, and the scenario.

mod events;

use std::{collections::BTreeSet, time::Duration};

use chrono::{NaiveDate, NaiveTime};

use crate::{
    company::{Company, DOMAIN, Employee, ListItem, days_from},
    control,
    fault::next_fault,
    flaky::Flaky,
    hibob::HiBob,
    latency,
    message::{Delivery, Request, Response, Service},
    record::Recorded,
    scenario::{Plan, Rehire, Scenario},
    travelperk::{Phone, TravelPerk, User},
};

/// The state of both services. A test changes it between requests, and reads it afterwards.
#[derive(Debug, Clone)]
pub struct World {
    /// The stand-in for HiBob.
    pub hibob: HiBob,
    /// The stand-in for TravelPerk.
    pub travelperk: TravelPerk,
    /// The course of events. Set it before the first request, or with [`World::set_scenario`].
    pub scenario: Scenario,
    /// The upper limit of the answers' delays. The delay of an answer depends on the seed and the request's place in
    /// the log.
    pub answers_within: Duration,
    log: Vec<Recorded>,
    flaky: Flaky,
    seed: u64,
    day_two: Option<Plan>,
    /// The people of the scenario `rehires`, chosen when they are first needed.
    rehires: Option<Vec<Rehire>>,
    /// The scenarios whose change has happened. No change happens twice.
    happened: BTreeSet<Scenario>,
}

impl World {
    /// A world with this company in HiBob, and in TravelPerk its entities as invoice profiles, but no users.
    #[must_use]
    pub fn new(company: Company, seed: u64) -> Self {
        let entities = company.entities.clone();
        let hibob = HiBob::new(company);
        Self {
            day_two: Plan::choose(&hibob, seed),
            hibob,
            travelperk: TravelPerk::new(entities),
            scenario: Scenario::None,
            answers_within: Duration::ZERO,
            log: Vec::new(),
            flaky: Flaky::new(seed),
            seed,
            rehires: None,
            happened: BTreeSet::new(),
        }
    }

    /// A world with a generated company, and with a TravelPerk that was in use before. It has two administrators and a
    /// contractor who are not in HiBob, the archived account of a terminated employee (who is rehired on day two), and
    /// cost centres for most departments.
    #[must_use]
    pub fn realistic(employees: usize, seed: u64, today: NaiveDate) -> Self {
        let mut world = Self::new(Company::generate(employees, seed, today), seed);
        let mut insert = |user: User| world.travelperk.insert_user(long_known(user, today));
        insert(User::new(&format!("travel@{DOMAIN}"), "Travel", "Desk"));
        insert(User::new(&format!("perk-admin@{DOMAIN}"), "Perk", "Admin"));
        insert(User::new("sam.reed@contractor.example", "Sam", "Reed"));
        let departments = world.hibob.lists.get("department").cloned().unwrap_or_default();
        let departments: Vec<&ListItem> = departments.iter().filter(|department| !department.archived).collect();
        // The last two do not exist yet, so that a sync has to create them.
        let existing = departments.len().saturating_sub(2);
        for department in departments.iter().take(existing) {
            world.travelperk.insert_cost_center(&department.name);
        }
        let rehired = world.day_two.as_ref().map(|plan| &plan.people.rehired);
        if let Some(leaver) = rehired.and_then(|id| world.hibob.employees.get(id)) {
            world.travelperk.insert_user(long_known(archived(leaver), today));
        }
        world
    }

    /// Answers one request and logs it. Requests with paths below `/_stand-in/` are about the stand-in itself, and not
    /// logged.
    pub fn handle(&mut self, service: Service, request: &Request, now: f64) -> Response {
        self.prepare(now);
        if let Some(question) = request.path.strip_prefix("/_stand-in/") {
            return control::answer(self, service, question);
        }
        self.let_things_happen(service, request, now);
        let faults = match service {
            Service::HiBob => &mut self.hibob.faults,
            Service::TravelPerk => &mut self.travelperk.faults,
        };
        let fault = next_fault(faults, request).or_else(|| match self.scenario {
            Scenario::Flaky => self.flaky.fault(service, request, now),
            _ => None,
        });
        let mut process = || match service {
            Service::HiBob => self.hibob.handle(request, now),
            Service::TravelPerk => self.travelperk.handle(request, now),
        };
        let mut response = match fault {
            Some(kind) => kind.spoil(process),
            None => process(),
        };
        response.delay = latency::draw(self.answers_within, self.seed, self.log.len());
        let status = match response.delivery {
            Delivery::Reset | Delivery::Hang => 0,
            Delivery::Whole | Delivery::Truncated(_) | Delivery::Chunked => response.status,
        };
        self.log.push(Recorded::new(service, request, status, now));
        response
    }

    /// All requests so far, in order.
    #[must_use]
    pub fn log(&self) -> &[Recorded] {
        &self.log
    }

    /// Empties the log. A scenario that has not happened yet then waits for another write to TravelPerk.
    pub fn clear_log(&mut self) {
        self.log.clear();
    }

    /// The number of requests to TravelPerk that could change something.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.log.iter().filter(|entry| entry.service == Service::TravelPerk && entry.is_write()).count()
    }

    /// The requests to a service with this method and this beginning of the path.
    #[must_use]
    pub fn requests(&self, service: Service, method: &str, path_prefix: &str) -> Vec<&Recorded> {
        self.log
            .iter()
            .filter(|entry| entry.service == service && entry.method == method)
            .filter(|entry| entry.path.starts_with(path_prefix))
            .collect()
    }
}

fn archived(leaver: &Employee) -> User {
    let name = leaver.email.clone().unwrap_or_default();
    let phone = |value: &String| Phone { value: value.clone(), kind: "work".to_owned() };
    User {
        external_id: Some(leaver.id.clone()),
        active: false,
        title: Some(leaver.title.clone()),
        phones: leaver.work_phone.iter().map(phone).collect(),
        cost_center: Some(leaver.department.clone()),
        preferred_language: Some("en".to_owned()),
        locale: Some("en".to_owned()),
        ..User::new(&name, &leaver.first_name, &leaver.surname)
    }
}

/// Sets the user's dates to more than a year ago.
fn long_known(user: User, today: NaiveDate) -> User {
    let before = midnight(days_from(today, -400));
    User { created: before, last_modified: before, ..user }
}

#[expect(clippy::cast_precision_loss, reason = "Unix seconds fit")]
fn midnight(date: NaiveDate) -> f64 {
    date.and_time(NaiveTime::MIN).and_utc().timestamp() as f64
}

#[cfg(test)]
mod tests;

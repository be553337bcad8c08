//! Generates an invented company from a seed.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::json;

use super::{
    Company, DOMAIN, ENTITY_FIELD, Employee, ListItem, days_from,
    names::{FIRST, LAST, mailbox},
};

/// The number of people who report to one manager, below the heads of department.
const SPAN: usize = 7;

/// Departments, each with the title of its managers and the titles of all others.
const DEPARTMENTS: &[(&str, &str, [&str; 2])] = &[
    ("Engineering", "Engineering Manager", ["Software Engineer", "Senior Software Engineer"]),
    ("Product", "Group Product Manager", ["Product Manager", "Product Designer"]),
    ("Sales", "Sales Manager", ["Account Executive", "Sales Development Representative"]),
    ("Customer Care", "Care Team Lead", ["Care Agent", "Senior Care Agent"]),
    ("Marketing", "Marketing Manager", ["Content Specialist", "Growth Analyst"]),
    ("Finance", "Finance Manager", ["Accountant", "Accounts Receivable Specialist"]),
    ("People & Culture", "People Partner", ["Recruiter", "People Operations Specialist"]),
    ("Legal", "Legal Counsel", ["Paralegal", "Compliance Officer"]),
    ("Data", "Data Science Lead", ["Data Analyst", "Data Engineer"]),
    ("IT & Security", "IT Manager", ["IT Support Specialist", "Security Engineer"]),
];
const CHIEF: &str = "Chief Executive Officer";
const HEAD: &str = "Vice President";

struct Site {
    name: &'static str,
    country: &'static str,
    entity: &'static str,
    minutes_east: i32,
    /// The beginning of a phone number, and the number of digits that follow.
    phone: (&'static str, u32),
}

const SITES: &[Site] = &[
    Site { name: "London", country: "United Kingdom", entity: "Acme UK Ltd", minutes_east: 0, phone: ("+44 7", 9) },
    Site { name: "Barcelona", country: "Spain", entity: "Acme Iberia S.L.", minutes_east: 60, phone: ("+34 6", 8) },
    Site {
        name: "Berlin",
        country: "Germany",
        entity: "Acme Deutschland GmbH",
        minutes_east: 60,
        phone: ("+49 151 ", 8),
    },
    Site { name: "Tel Aviv", country: "Israel", entity: "Acme Israel Ltd", minutes_east: 120, phone: ("+972 5", 8) },
    Site { name: "New York", country: "United States", entity: "Acme Inc.", minutes_east: -300, phone: ("+1 212-", 7) },
    Site {
        name: "Singapore",
        country: "Singapore",
        entity: "Acme Asia Pte. Ltd.",
        minutes_east: 480,
        phone: ("+65 9", 7),
    },
];

pub(super) fn generate(count: usize, seed: u64, today: NaiveDate) -> Company {
    let mut people = People {
        rng: StdRng::seed_from_u64(seed),
        today,
        id: 2_128_438_031_986_721_630,
        taken: HashSet::with_capacity(count),
    };
    let mut employees: Vec<Employee> = Vec::with_capacity(count);
    let mut departments: Vec<usize> = Vec::with_capacity(count);
    for place in 0..count {
        let manager = manager_of(place);
        let department = match manager {
            None => 0,
            Some(0) => place - 1,
            Some(manager) => departments.get(manager).copied().unwrap_or_default(),
        };
        departments.push(department);
        let mut employee = people.next(department);
        employee.manager = manager.and_then(|m| employees.get(m)).map(|m| m.id.clone());
        if manager.is_none() {
            CHIEF.clone_into(&mut employee.title);
        } else if manager == Some(0) {
            HEAD.clone_into(&mut employee.title);
        } else if first_report_of(place) < count {
            department_of(department).1.clone_into(&mut employee.title);
        }
        employees.push(employee);
    }
    people.spread_statuses(&mut employees);
    Company {
        employees,
        lists: lists(),
        site_offsets: SITES.iter().map(|site| (site.name.to_owned(), site.minutes_east)).collect(),
        entities: SITES.iter().map(|site| site.entity.to_owned()).collect(),
    }
}

/// List items with ascending ids.
pub(super) fn items<'a>(names: impl Iterator<Item = &'a str>, first_id: u64) -> Vec<ListItem> {
    (first_id..)
        .step_by(17)
        .zip(names)
        .map(|(id, name)| ListItem { id: id.to_string(), name: name.to_owned(), archived: false })
        .collect()
}

fn lists() -> BTreeMap<String, Vec<ListItem>> {
    let titles = DEPARTMENTS.iter().flat_map(|(_, lead, others)| [*lead].into_iter().chain(*others));
    let mut departments = items(DEPARTMENTS.iter().map(|(name, ..)| *name), 209_192_163);
    departments.push(ListItem { id: "209192001".to_owned(), name: "Skunk Works".to_owned(), archived: true });
    BTreeMap::from([
        ("department".to_owned(), departments),
        ("title".to_owned(), items([CHIEF, HEAD].into_iter().chain(titles), 255_490_048)),
        ("site".to_owned(), items(SITES.iter().map(|site| site.name), 2_154_020)),
    ])
}

/// The manager of the person at a place. Place 0 manages the heads of department; below them the tree is filled evenly.
fn manager_of(place: usize) -> Option<usize> {
    match place {
        0 => None,
        _ if place <= DEPARTMENTS.len() => Some(0),
        _ => Some((place - DEPARTMENTS.len() - 1) / SPAN + 1),
    }
}

fn first_report_of(place: usize) -> usize {
    if place == 0 { 1 } else { (place - 1) * SPAN + DEPARTMENTS.len() + 1 }
}

fn department_of(index: usize) -> &'static (&'static str, &'static str, [&'static str; 2]) {
    DEPARTMENTS.get(index % DEPARTMENTS.len()).expect("in range")
}

struct People {
    rng: StdRng,
    today: NaiveDate,
    id: u64,
    taken: HashSet<String>,
}

impl People {
    fn next(&mut self, department: usize) -> Employee {
        self.id += self.rng.random_range(1_000..1_000_000_000);
        let (first, gender) = FIRST.get(self.rng.random_range(0..FIRST.len())).expect("in range");
        let last = LAST.get(self.rng.random_range(0..LAST.len())).expect("in range");
        let site = SITES.get(self.rng.random_range(0..SITES.len())).expect("in range");
        let (department, _, titles) = department_of(department);
        let start_date = days_from(self.today, -self.rng.random_range(30..12 * 365));
        Employee {
            id: self.id.to_string(),
            first_name: (*first).to_owned(),
            surname: (*last).to_owned(),
            email: Some(self.email(first, last)),
            title: titles.get(self.rng.random_range(0..titles.len())).copied().unwrap_or_default().to_owned(),
            department: (*department).to_owned(),
            site: site.name.to_owned(),
            work_phone: self.phone(site, 0.7),
            work_mobile: self.phone(site, 0.4),
            mobile_phone: self.phone(site, 0.8),
            start_date,
            lifecycle_status: "employed".to_owned(),
            status: "Active".to_owned(),
            birth_date: Some(days_from(self.today, -self.rng.random_range(22 * 365..64 * 365))),
            gender: Some(if *gender == 'F' { "Female" } else { "Male" }.to_owned()),
            country: Some(site.country.to_owned()),
            custom: BTreeMap::from([(ENTITY_FIELD.to_owned(), json!(site.entity))]),
            ..Employee::default()
        }
    }

    fn email(&mut self, first: &str, last: &str) -> String {
        let mailbox = mailbox(first, last);
        let mut email = format!("{mailbox}@{DOMAIN}");
        for number in 2.. {
            if self.taken.insert(email.clone()) {
                break;
            }
            email = format!("{mailbox}{number}@{DOMAIN}");
        }
        email
    }

    fn phone(&mut self, site: &Site, share: f64) -> Option<String> {
        let (start, digits) = site.phone;
        let number = self.rng.random_range(0..10_u64.pow(digits));
        let width = usize::try_from(digits).expect("small");
        self.rng.random_bool(share).then(|| format!("{start}{number:0width$}"))
    }

    /// Gives another status than `employed` to a few percent of the people who manage nobody.
    fn spread_statuses(&mut self, employees: &mut [Employee]) {
        let count = employees.len();
        let first_leaf = (0..count).find(|place| first_report_of(*place) >= count).unwrap_or(count).max(1);
        let mut leaves: Vec<usize> = (first_leaf..count).collect();
        leaves.shuffle(&mut self.rng);
        // At most half of them, so that even in a company of a dozen people somebody is at work.
        leaves.truncate(leaves.len() / 2);
        let share = |per_mille: usize| (count * per_mille / 1000).max(1);
        let statuses = [
            ("terminated", share(40)),
            ("hired", share(20)),
            ("parental leave", share(16)),
            ("garden leave", share(8)),
        ];
        let statuses = statuses.iter().flat_map(|(status, times)| std::iter::repeat_n(*status, *times));
        for (place, status) in leaves.into_iter().zip(statuses) {
            let random = self.rng.random_range(3..180);
            let Some(employee) = employees.get_mut(place) else {
                continue;
            };
            status.clone_into(&mut employee.lifecycle_status);
            match status {
                "terminated" => {
                    let last_day = days_from(self.today, -random);
                    employee.start_date = employee.start_date.min(days_from(last_day, -90));
                    employee.terminate(last_day);
                }
                "hired" => {
                    employee.start_date = days_from(self.today, random);
                    "Inactive".clone_into(&mut employee.status);
                }
                "garden leave" => {
                    employee.last_day_of_work = Some(days_from(self.today, -2));
                    employee.termination_date = Some(days_from(self.today, random));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 8, 20).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_company() {
        let one = generate(250, 1, today());
        assert_eq!(one.employees, generate(250, 1, today()).employees);
        assert_ne!(one.employees, generate(250, 2, today()).employees);
        assert_eq!(one.employees.len(), 250);
    }

    #[test]
    fn ids_and_emails_are_unique_and_the_tree_has_one_top() {
        for count in [1, 12, 250, 5000] {
            let company = generate(count, 3, today());
            let ids: HashSet<&str> = company.employees.iter().map(|e| e.id.as_str()).collect();
            let emails: HashSet<&str> = company.employees.iter().filter_map(|e| e.email.as_deref()).collect();
            assert_eq!((ids.len(), emails.len()), (count, count));
            assert!(ids.iter().all(|id| id.len() == 19));
            let tops = company.employees.iter().filter(|e| e.manager.is_none()).count();
            assert_eq!(tops, 1);
            let managers: HashSet<&str> = company.employees.iter().filter_map(|e| e.manager.as_deref()).collect();
            assert!(managers.is_subset(&ids));
            assert!(
                company
                    .employees
                    .iter()
                    .filter(|e| e.lifecycle_status != "employed")
                    .all(|e| !managers.contains(e.id.as_str()))
            );
        }
    }

    #[test]
    fn a_few_percent_are_not_at_work() {
        let company = generate(250, 1, today());
        let count = |status: &str| company.employees.iter().filter(|e| e.lifecycle_status == status).count();
        let counts = [count("terminated"), count("hired"), count("parental leave"), count("garden leave")];
        assert_eq!(counts, [10, 5, 4, 2]);
        assert_eq!(count("employed"), 229);
    }

    #[test]
    fn a_department_is_shared_with_the_manager() {
        let company = generate(250, 1, today());
        let by_id: BTreeMap<&str, &Employee> = company.employees.iter().map(|e| (e.id.as_str(), e)).collect();
        for employee in company.employees.iter().skip(DEPARTMENTS.len() + 1) {
            let manager = by_id[employee.manager.as_deref().unwrap()];
            assert_eq!(employee.department, manager.department);
        }
    }
}

//! Ordinary years of a company, night by night, against the host's guards: people leave and begin, marry, get another line
//! manager and other titles, and once a year a department becomes a part of another one. Nothing of it is a mistake, so
//! that hardly anything may be held.

use crate::chance::Chance;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{NamedValue, Person, Value};
use hibob_policy::guard::{Class, GuardFacts, GuardLimits, LedgerSums, Release, Released, classes, maybe_archived};
use std::collections::{BTreeMap, BTreeSet};

/// Nights of a year.
const NIGHTS: i64 = 365;

/// Seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// Departments at the beginning of the year.
const DEPARTMENTS: usize = 8;

/// Sizes of companies, from the smallest to the largest.
const SIZES: [usize; 8] = [3, 5, 8, 15, 40, 120, 600, 3_000];

/// What one year came to.
pub(crate) struct Year {
    pub(crate) size: usize,
    /// What was held, a line for each night in which anything was.
    pub(crate) held: Vec<String>,
}

struct Employee {
    department: usize,
    /// The number of the line manager; none for the head of the company.
    manager: Option<usize>,
}

/// How often something happens whose mean is `mean` (Poisson distribution, by Knuth's method).
fn events(chance: &mut Chance, mean: f64) -> usize {
    let (limit, mut product, mut number) = ((-mean).exp(), chance.fraction(), 0);
    while product > limit {
        product *= chance.fraction();
        number += 1;
    }
    number
}

fn text(text: impl Into<String>) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn person(number: usize) -> Option<Value> {
    Some(Value::Person(Person {
        employee_id: Some(number.to_string()),
        account_id: Some(number.to_string()),
        display_name: String::new(),
    }))
}

fn department(number: usize) -> String {
    format!("department {number}")
}

/// The changes of one night, by employee.
#[derive(Default)]
struct Night {
    archived: BTreeSet<usize>,
    created: BTreeSet<usize>,
    fields: BTreeMap<usize, Vec<FieldChange>>,
}

impl Night {
    fn put(&mut self, number: usize, field: &str, before: Option<Value>, after: Option<Value>) {
        self.fields.entry(number).or_default().push(FieldChange { field: field.to_owned(), before, after });
    }

    fn planned(self, people: &BTreeMap<usize, Employee>, now: i64) -> Planned {
        let change = |number: usize, kind: ChangeKind, fields: Vec<FieldChange>| Change {
            id: format!("{kind:?}:{number}"),
            kind,
            employee_id: Some(number.to_string()),
            target_id: (kind != ChangeKind::Create).then(|| number.to_string()),
            display_name: String::new(),
            depends_on: Vec::new(),
            after: Vec::new(),
            fields,
            reason: String::new(),
        };
        let leaves = FieldChange {
            field: "active".to_owned(),
            before: Some(Value::Flag(true)),
            after: Some(Value::Flag(false)),
        };
        let archived = self.archived.iter().map(|number| change(*number, ChangeKind::Archive, vec![leaves.clone()]));
        let created = self.created.iter().map(|number| change(*number, ChangeKind::Create, Vec::new()));
        let gone = |number: &usize| self.archived.contains(number) || self.created.contains(number);
        let updated = self.fields.iter().filter(|(number, _)| !gone(number));
        let updated = updated.map(|(number, fields)| change(*number, ChangeKind::Update, fields.clone()));
        let changes = archived.chain(created).chain(updated).collect();
        let mut sizes: BTreeMap<usize, i64> = BTreeMap::new();
        for (_, employee) in people.iter().filter(|(number, _)| !self.created.contains(number)) {
            *sizes.entry(employee.department).or_default() += 1;
        }
        let value = |(number, people)| NamedValue {
            name: format!("cost-center:{}", department(number)),
            value: Value::Integer(people),
        };
        let baseline = sizes.into_iter().map(value);
        Planned {
            created_at: u64::try_from(now).unwrap(),
            counts: BTreeMap::new(),
            findings: Vec::new(),
            baseline: baseline.collect(),
            changes,
            active_accounts: Vec::new(),
            has_left: BTreeSet::new(),
        }
    }
}

/// An ordinary year of a company, drawn from a seed.
pub(crate) fn year(seed: u64) -> Year {
    let mut chance = Chance::new(seed);
    let size = chance.pick(&SIZES);
    let monthly = 0.02 + 0.06 * chance.fraction();
    let mut people: BTreeMap<usize, Employee> = BTreeMap::new();
    for number in 0..size {
        // One head for each department, under the head of the company.
        let heads = DEPARTMENTS.min(size);
        let manager = (number > 0).then(|| if number < heads { 0 } else { number % heads });
        people.insert(number, Employee { department: number % DEPARTMENTS, manager });
    }
    let mut next = size;
    let (reorganised, titles) = (chance.below(NIGHTS as u64) as i64, chance.below(NIGHTS as u64) as i64);
    let mut archivings: Vec<(usize, i64)> = Vec::new();
    let (mut held, mut released) = (Vec::new(), false);
    let mut waiting: Option<Planned> = None;
    for night in 0..NIGHTS {
        let now = night * DAY + 400 * DAY;
        let mut changes = Night::default();
        // Those who leave, and whose people get another line manager.
        for _ in 0..events(&mut chance, people.len() as f64 * monthly / 30.0) {
            let numbers: Vec<usize> = people.keys().skip(1).copied().collect();
            if numbers.len() < 2 {
                break; // a company that ends is not an ordinary year
            }
            let leaver = chance.pick(&numbers);
            let gone = people.remove(&leaver).unwrap();
            changes.archived.insert(leaver);
            let successor =
                people.iter().find(|(_, it)| it.department == gone.department).map_or(0, |(number, _)| *number);
            for (number, employee) in people.iter_mut().filter(|(_, it)| it.manager == Some(leaver)) {
                let new = if *number == successor { 0 } else { successor };
                changes.put(*number, "manager", person(leaver), person(new));
                employee.manager = Some(new);
            }
        }
        // Those who begin: as many as leave, on the average, and the company does not fall much below its size.
        let mean = size as f64 * monthly / 30.0 + if people.len() < size { 0.2 } else { 0.0 };
        for _ in 0..events(&mut chance, mean) {
            changes.created.insert(next);
            people.insert(next, Employee { department: next % DEPARTMENTS, manager: Some(0) });
            next += 1;
        }
        let numbers: Vec<usize> = people.keys().copied().collect();
        for _ in 0..events(&mut chance, people.len() as f64 * 0.03 / 365.0) {
            let marries = chance.pick(&numbers);
            changes.put(marries, "family-name", text("before"), text("after"));
            changes.put(marries, "user-name", text("before@x.example"), text("after@x.example"));
        }
        for _ in 0..events(&mut chance, people.len() as f64 * 0.15 / 365.0) {
            let (moves, boss) = (chance.pick(&numbers), chance.pick(&numbers));
            changes.put(moves, "manager", person(0), person(boss));
        }
        if night == titles {
            for number in numbers.iter().filter(|number| *number % 3 == 0) {
                changes.put(*number, "title", text("Engineer"), text("Senior engineer"));
            }
        }
        let mut moved = None;
        if night == reorganised {
            // A department becomes a part of another one, with its head, and gets another head.
            let (from, to) = (chance.below(DEPARTMENTS as u64) as usize, DEPARTMENTS);
            moved = Some(from);
            let theirs: Vec<usize> =
                people.iter().filter(|(_, it)| it.department == from).map(|(number, _)| *number).collect();
            for number in &theirs {
                let former = people[number].manager;
                changes.put(*number, "cost-center", text(department(from)), text(department(to)));
                if let Some(former) = former.filter(|former| theirs.contains(former)) {
                    changes.put(*number, "manager", person(former), person(0));
                }
            }
        }
        let mut planned = changes.planned(&people, now);
        people.values_mut().filter(|it| moved == Some(it.department)).for_each(|it| it.department = DEPARTMENTS);
        if let Some(earlier) = waiting.take() {
            let new: BTreeSet<String> = planned.changes.iter().map(|change| change.id.clone()).collect();
            planned.changes.extend(earlier.changes.into_iter().filter(|change| !new.contains(&change.id)));
        }
        let since = now - 30 * DAY;
        let lately = archivings.iter().filter(|(_, at)| *at >= since).count();
        let here = people.len() + planned.changes.iter().filter(|it| it.kind == ChangeKind::Archive).count();
        let active = here - planned.changes.iter().filter(|it| it.kind == ChangeKind::Create).count();
        let known: BTreeMap<String, i64> = archivings.iter().map(|(number, at)| (number.to_string(), *at)).collect();
        let asked = maybe_archived(&planned);
        let facts = GuardFacts {
            sums: LedgerSums { active, archived: lately },
            owners: BTreeMap::new(),
            archived: asked.into_iter().filter_map(|id| Some((id.clone(), *known.get(&id)?))).collect(),
            since,
            is_first: false,
        };
        let mut release = Release::default();
        if released {
            Class::ALL.iter().for_each(|class| release.set(*class, 10_000));
        }
        let judged = classes(&planned, &facts, &GuardLimits::DEFAULT, &Released::from(release));
        let is_held = !judged.guards.is_empty();
        // In the morning somebody looks at what was held, and releases it.
        released = is_held;
        if is_held {
            let why: Vec<String> = judged.guards.iter().map(|row| row.message.clone()).collect();
            held.push(format!("night {night}: {}", why.join("; ")));
            waiting = Some(planned);
            continue;
        }
        let left = planned.changes.iter().filter(|change| change.kind == ChangeKind::Archive);
        // What a person has released does not count.
        let counts = release == Release::default();
        archivings.extend(
            left.filter(|_| counts).filter_map(|change| Some((change.employee_id.as_ref()?.parse().ok()?, now))),
        );
    }
    Year { size, held }
}

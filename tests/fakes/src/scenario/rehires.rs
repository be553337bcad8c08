//! The scenario `rehires`: people who left long ago are employed again.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::{
    company::{Employee, days_from},
    hibob::HiBob,
};

/// The number of people who come back, and how many of them keep their old id.
const PEOPLE: usize = 5;
const SAME_ID: usize = 2;

/// A person who comes back. Whether HiBob keeps the id of a rehired person is unconfirmed, so both cases occur. With a
/// new id there are two records with the same names and work e-mail, of which the old one stays terminated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehire {
    /// The id of the terminated record. It is the `externalId` of the archived account.
    pub left: String,
    /// The id of the employed record. For the first two people it equals `left`.
    pub back: String,
}

/// Chooses the five people who left first; nobody if the company is too small. If fewer have left and `make` is set,
/// more people who manage nobody are changed to have left last year.
pub(crate) fn choose_rehires(hibob: &mut HiBob, make: bool, today: NaiveDate) -> Vec<Rehire> {
    let mut gone: Vec<&Employee> =
        hibob.employees.values().filter(|e| e.lifecycle_status == "terminated" && e.email.is_some()).collect();
    gone.sort_by_key(|e| e.termination_date);
    let mut gone: Vec<String> = gone.into_iter().take(PEOPLE).map(|e| e.id.clone()).collect();
    let missing = PEOPLE - gone.len();
    if missing > 0 && make {
        let managers: BTreeSet<&str> = hibob.employees.values().filter_map(|e| e.manager.as_deref()).collect();
        let leaves = |e: &&Employee| e.lifecycle_status == "employed" && !managers.contains(e.id.as_str());
        let more = hibob.employees.values().filter(leaves).filter(|e| e.email.is_some()).take(missing);
        gone.extend(more.map(|e| e.id.clone()).collect::<Vec<_>>());
    }
    if gone.len() < PEOPLE {
        return Vec::new();
    }
    let last_day = days_from(today, -300);
    for id in gone.iter().skip(PEOPLE - missing) {
        let employee = hibob.employee_mut(id);
        employee.start_date = employee.start_date.min(days_from(last_day, -90));
        employee.terminate(last_day);
    }
    // Above the id that the scenario `day-two` gives to its new employee.
    let last = hibob.employees.keys().filter_map(|id| id.parse::<u64>().ok()).max().unwrap_or_default() + 2_000_003;
    let back = |(place, left): (usize, String)| {
        let back = if place < SAME_ID { left.clone() } else { format!("{}", last + place as u64) };
        Rehire { left, back }
    };
    gone.into_iter().enumerate().map(back).collect()
}

/// Employs the people again whose record still exists. Returns whether anybody changed.
pub(crate) fn rehire(hibob: &mut HiBob, rehires: &[Rehire], today: NaiveDate) -> bool {
    let before = |rehire: &Rehire| {
        let employee = hibob.employees.get(&rehire.left)?;
        Some(Employee { id: rehire.back.clone(), ..employee.clone() })
    };
    let people: Vec<Employee> = rehires.iter().filter_map(before).collect();
    let anybody = !people.is_empty();
    for mut employee in people {
        employee.employ(today);
        hibob.insert(employee);
    }
    anybody
}

//! The scenario `day-two`: the changes of an ordinary day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::{
    company::{DOMAIN, Employee, days_from},
    hibob::HiBob,
};

/// The ids of the six people who change on the second day. They are all different, and none of them manages anybody. A
/// sync of all employed people then has one account to create, one to archive, two to update, one to reactivate, and
/// one broken record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayTwo {
    /// A new employee, who starts today.
    pub hire: String,
    /// An employee who is terminated today: the last day was yesterday.
    pub leaver: String,
    /// An employee who changes to another department.
    pub moved: String,
    /// An employee who gets another manager.
    pub remanaged: String,
    /// A terminated person who is employed again.
    pub rehired: String,
    /// An employee whose record loses the work e-mail.
    pub broken: String,
}

/// The changes of the second day, chosen in advance.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) people: DayTwo,
    hire: Employee,
    department: String,
    manager: String,
}

impl Plan {
    /// Chooses the six people; `None` if the company is too small.
    pub(crate) fn choose(hibob: &HiBob, seed: u64) -> Option<Self> {
        let employees = &hibob.employees;
        let managers: BTreeSet<&str> = employees.values().filter_map(|e| e.manager.as_deref()).collect();
        let employed = |e: &Employee| e.lifecycle_status == "employed" && e.email.is_some();
        let managed = |e: &&Employee| {
            let manager = e.manager.as_ref().and_then(|id| employees.get(id));
            !managers.contains(e.id.as_str()) && e.email.is_some() && manager.is_some_and(employed)
        };
        // It has its own random stream, so that it does not influence other random choices.
        let mut rng = StdRng::seed_from_u64(seed ^ 0x00da_7200);
        let mut at_work: Vec<&Employee> = employees.values().filter(managed).filter(|e| employed(e)).collect();
        at_work.shuffle(&mut rng);
        let [leaver, moved, remanaged, broken, ..] = at_work.as_slice() else {
            return None;
        };
        let mut gone: Vec<&Employee> =
            employees.values().filter(managed).filter(|e| e.lifecycle_status == "terminated").collect();
        gone.shuffle(&mut rng);
        let departments: BTreeMap<&str, &str> = employees
            .values()
            .filter(|e| e.department != moved.department && !e.department.is_empty())
            .map(|e| (e.department.as_str(), e.id.as_str()))
            .collect();
        let mut leads: Vec<&Employee> = employees.values().filter(|e| employed(e)).collect();
        leads.retain(|e| managers.contains(e.id.as_str()) && remanaged.manager.as_ref() != Some(&e.id));
        leads.shuffle(&mut rng);
        let id = employees.keys().filter_map(|id| id.parse::<u64>().ok()).max().unwrap_or_default() + 1_000_003;
        let hire = Employee {
            id: id.to_string(),
            first_name: "Maeve".to_owned(),
            surname: "Quinn".to_owned(),
            email: Some(format!("maeve.quinn@{DOMAIN}")),
            gender: Some("Female".to_owned()),
            birth_date: NaiveDate::from_ymd_opt(1996, 4, 23),
            work_phone: Some("+44 20 7946 0123".to_owned()),
            work_mobile: None,
            mobile_phone: None,
            ..(*remanaged).clone()
        };
        Some(Self {
            people: DayTwo {
                hire: hire.id.clone(),
                leaver: leaver.id.clone(),
                moved: moved.id.clone(),
                remanaged: remanaged.id.clone(),
                rehired: gone.first()?.id.clone(),
                broken: broken.id.clone(),
            },
            hire,
            department: (*departments.keys().next()?).to_owned(),
            manager: leads.first()?.id.clone(),
        })
    }

    /// Makes the changes.
    pub(crate) fn apply(&self, hibob: &mut HiBob, today: NaiveDate) {
        hibob.insert(Employee { start_date: today, ..self.hire.clone() });
        let mut change = |id: &str, how: &dyn Fn(&mut Employee)| {
            if let Some(employee) = hibob.employees.get_mut(id) {
                how(employee);
            }
        };
        change(&self.people.leaver, &|e| e.terminate(days_from(today, -1)));
        change(&self.people.moved, &|e| e.department.clone_from(&self.department));
        change(&self.people.remanaged, &|e| e.manager = Some(self.manager.clone()));
        change(&self.people.rehired, &|e| e.employ(today));
        change(&self.people.broken, &|e| e.email = None);
    }
}

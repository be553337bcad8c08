//! Scenarios that change many people at once.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::{
    company::{Employee, GROUP_DOMAIN},
    hibob::HiBob,
    travelperk::TravelPerk,
};

/// The number of people whose names the identity provider restores.
const INSISTED: usize = 10;

/// The number of people who become visible, and whose names are overwritten.
const MANY: usize = 40;

/// The number of accounts that are archived by hand.
const ARCHIVED: usize = 30;

/// A name that nobody in the lists of names has.
const SECOND_NAME: &str = "Robin";

/// The ids of the employed people, in an order that depends only on the seed.
fn employed(hibob: &HiBob, seed: u64) -> Vec<String> {
    let mut ids: Vec<String> =
        hibob.employees.values().filter(|e| e.lifecycle_status == "employed").map(|e| e.id.clone()).collect();
    // It has its own random stream, so that it does not influence other random choices.
    ids.shuffle(&mut StdRng::seed_from_u64(seed ^ 0x00ac_c1de));
    ids
}

/// Carries out `mass-leavers`. Like the other functions, it returns whether anybody changed.
pub(crate) fn terminate_a_third(hibob: &mut HiBob, seed: u64, today: NaiveDate) -> bool {
    let mut people = employed(hibob, seed);
    let managers: BTreeSet<&str> = hibob.employees.values().filter_map(|e| e.manager.as_deref()).collect();
    people.sort_by_key(|id| managers.contains(id.as_str()));
    people.truncate(people.len() / 3);
    for id in &people {
        hibob.employee_mut(id).terminate(today);
    }
    !people.is_empty()
}

/// Carries out `renames`. Nobody gets an address that somebody else has already.
pub(crate) fn rename(hibob: &mut HiBob, seed: u64) -> bool {
    let people = employed(hibob, seed);
    let mut taken: BTreeSet<String> =
        hibob.employees.values().filter_map(|e| e.email.as_ref()).map(|email| email.to_lowercase()).collect();
    let quarter = people.len() / 4;
    let mut renamed = 0;
    for id in people {
        if renamed == quarter {
            break;
        }
        let employee = hibob.employee_mut(&id);
        let mailbox = employee.email.as_ref().and_then(|email| email.split_once('@')).map(|(mailbox, _)| mailbox);
        if let Some(email) = mailbox.map(|mailbox| format!("{mailbox}@{GROUP_DOMAIN}"))
            && taken.insert(email.to_lowercase())
        {
            employee.email = Some(email);
            renamed += 1;
        }
    }
    renamed > 0
}

/// Carries out `sso-overwrites`.
pub(crate) fn insist_on_names(hibob: &mut HiBob, travelperk: &mut TravelPerk, seed: u64) -> bool {
    let people = employed(hibob, seed);
    let people = people.iter().filter_map(|id| hibob.employees.get(id)).filter(|e| e.email.is_some()).take(INSISTED);
    let people: Vec<Employee> = people.cloned().collect();
    for Employee { id, email, first_name, surname, .. } in &people {
        let email = email.as_deref().unwrap_or_default().to_lowercase();
        travelperk.sso_overwrites.insert(email, (first_name.clone(), surname.clone()));
        hibob.employee_mut(id).first_name = format!("{first_name} {SECOND_NAME}");
    }
    !people.is_empty()
}

/// Carries out `newcomers`. They work at places and under managers of people who are there.
pub(crate) fn become_visible(hibob: &mut HiBob, seed: u64) -> bool {
    let people = employed(hibob, seed);
    let like: Vec<Employee> = people.iter().filter_map(|id| hibob.employees.get(id)).take(MANY).cloned().collect();
    for (number, one) in like.iter().enumerate() {
        let id = format!("30{number:017}");
        let email = Some(format!("newcomer{number}@{GROUP_DOMAIN}"));
        let surname = format!("{SECOND_NAME}s");
        hibob.insert(Employee { id, email, surname, work_phone: None, work_mobile: None, ..one.clone() });
    }
    !like.is_empty()
}

/// Carries out `archived-by-hand`.
pub(crate) fn archive_by_hand(hibob: &HiBob, travelperk: &mut TravelPerk, seed: u64) -> bool {
    let accounts: Vec<u64> = employed(hibob, seed)
        .iter()
        .filter_map(|id| travelperk.user_by_external_id(id).filter(|user| user.active))
        .map(|user| user.id)
        .take(ARCHIVED)
        .collect();
    for id in &accounts {
        if let Some(user) = travelperk.users.get_mut(*id) {
            user.active = false;
        }
    }
    !accounts.is_empty()
}

/// Carries out `names-overwritten`.
pub(crate) fn overwrite_names(hibob: &mut HiBob, seed: u64) -> bool {
    let people = employed(hibob, seed);
    for id in people.iter().take(MANY) {
        hibob.employee_mut(id).surname = format!("{SECOND_NAME}s");
    }
    !people.is_empty()
}

/// Carries out `nulls`.
pub(crate) fn empty_phones(hibob: &mut HiBob, seed: u64) -> bool {
    let mut people = employed(hibob, seed);
    people
        .retain(|id| hibob.employees.get(id).is_some_and(|one| one.work_phone.is_some() || one.work_mobile.is_some()));
    people.truncate(people.len() / 5);
    for id in &people {
        let employee = hibob.employee_mut(id);
        (employee.work_phone, employee.work_mobile) = (None, None);
    }
    !people.is_empty()
}

/// Carries out `managers-overwritten`. The line manager is somebody who has none, and whoever has none keeps it so.
pub(crate) fn overwrite_managers(hibob: &mut HiBob, seed: u64) -> bool {
    let people = employed(hibob, seed);
    let is_managed = |id: &String| hibob.employees.get(id).is_some_and(|one| one.manager.is_some());
    let (others, heads): (Vec<String>, Vec<String>) = people.into_iter().partition(is_managed);
    let Some(boss) = heads.first() else { return false };
    for id in &others {
        hibob.employee_mut(id).manager = Some(boss.clone());
    }
    !others.is_empty()
}

/// Carries out `departments-overwritten`: everybody is in the department of the next one.
pub(crate) fn overwrite_departments(hibob: &mut HiBob, seed: u64) -> bool {
    let people = employed(hibob, seed);
    let departments: Vec<String> =
        people.iter().filter_map(|id| hibob.employees.get(id)).map(|one| one.department.clone()).collect();
    for (id, department) in people.iter().zip(departments.iter().cycle().skip(1)) {
        hibob.employee_mut(id).department.clone_from(department);
    }
    people.len() > 1
}

//! Changes of many people at once.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::{
    company::{Employee, GROUP_DOMAIN},
    hibob::HiBob,
    travelperk::TravelPerk,
};

/// How many people the identity provider insists on.
const INSISTED: usize = 10;

/// Nobody in the lists of names is called so.
const SECOND_NAME: &str = "Robin";

/// The ids of the employed, in an order that depends on the seed alone.
fn employed(hibob: &HiBob, seed: u64) -> Vec<String> {
    let mut ids: Vec<String> =
        hibob.employees.values().filter(|e| e.lifecycle_status == "employed").map(|e| e.id.clone()).collect();
    // A stream of its own: what else is random does not move with it.
    ids.shuffle(&mut StdRng::seed_from_u64(seed ^ 0x00ac_c1de));
    ids
}

/// `mass-leavers`. Returns whether anybody changed, as the others do.
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

/// `renames`. An address that somebody has already is given to nobody else.
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

/// `sso-overwrites`.
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

//! A small company, random events in it, and an independent statement of what TravelPerk should look like, without use
//! of the core.

use crate::chance::Chance;
use crate::model::values::plain;
use chrono::{Days, NaiveDate};
use hibob_fakes::company::{Company, Employee};
use hibob_fakes::travelperk::{Paging, TravelPerk, User};
use hibob_fakes::{HiBob, World};
use std::collections::BTreeSet;

// Some have characters that nobody sees, letters apart from their marks, and odd white space.
const FIRST_NAMES: [&str; 5] = ["Ana", "Ben", "Chloe\u{301}", "Dai\u{200b}", "Eva"];
const SURNAMES: [&str; 5] = ["Ruiz", "Weiß\u{feff}", "O'Neill", "Nakamura", "dos\u{a0} Santos"];
const TITLES: [&str; 4] = ["Engineer", "Designer", "Accountant", "Director"];
const DEPARTMENTS: [&str; 3] = ["Sales", "Product", "Finance"];

/// User names of accounts that do not come from HiBob.
const STRANGERS: [&str; 3] = ["travel@acme.example", "guest@contractor.example", "p2.old@acme.example"];

fn id(number: usize) -> String {
    format!("{}", 2_128_438_000_000_000_000_u64 + number as u64)
}

fn person(number: usize, chance: &mut Chance) -> Employee {
    let email = format!("p{number}@acme.example");
    let mut person = Employee::new(&id(number), FIRST_NAMES[number % 5], SURNAMES[number / 5 % 5], &email);
    // The first employees have all titles and departments, so that HiBob's lists have them.
    person.title = TITLES[number % TITLES.len()].to_owned();
    person.department = DEPARTMENTS[number % DEPARTMENTS.len()].to_owned();
    person.site = "Madrid".to_owned();
    person.manager = (number > 0).then(|| id(chance.below(number.min(5) as u64) as usize));
    person
}

/// A company of 10 to 40 employees, and a TravelPerk that was in use before.
pub(crate) fn company(chance: &mut Chance) -> World {
    let people = 10 + chance.below(31) as usize;
    let people = (0..people).map(|number| person(number, chance)).collect();
    let mut world = World::new(Company::of(people), chance.below(u64::MAX));
    for name in STRANGERS {
        world.travelperk.insert_user(User::new(name, "Not", "Ours"));
    }
    // Two accounts of employees that were made by hand, one of them archived.
    for (number, is_active) in [(3, true), (4, false)] {
        // Nobody sees the character behind the address.
        let mut user = User::new(&format!("p{number}@acme.example\u{200b}"), "By", "Hand");
        user.active = is_active;
        world.travelperk.insert_user(user);
    }
    let switches = &mut world.travelperk.switches;
    switches.patch_answers_204 = chance.in_thousand(300);
    switches.reads_by_id_behind = chance.in_thousand(300);
    // A plan may begin within a second after the last write. If a read by id did not show a new account by then either,
    // it could not be told from one that was removed.
    switches.listing_behind_seconds = chance.pick(&[0.0, if switches.reads_by_id_behind { 0.2 } else { 2.0 }]);
    world
}

/// How TravelPerk lies, for as long as it does: about writes of states, about totals, or about pages.
pub(crate) fn lie(perk: &mut TravelPerk, chance: &mut Chance) -> String {
    perk.switches.page_max = chance.pick(&[50, 7]);
    let pagings = [
        Paging::IgnoresStart,
        Paging::TotalOfPage,
        Paging::Total(5),
        Paging::Total(500),
        Paging::NothingAfterFirst,
        Paging::Overlaps,
        Paging::Shrinks,
        Paging::NoResources,
        Paging::NoTotal,
    ];
    if chance.in_thousand(500) {
        perk.switches.answers_repeat_the_request = true;
        perk.drops.insert("active".to_owned());
        return "says what was asked, and keeps every state".to_owned();
    }
    perk.switches.paging = chance.pick(&pagings);
    format!("lists {:?}, {} on a page", perk.switches.paging, perk.switches.page_max)
}

/// TravelPerk lies no more.
pub(crate) fn be_honest(perk: &mut TravelPerk) {
    (perk.switches.paging, perk.switches.answers_repeat_the_request) = (Paging::Right, false);
    perk.drops.clear();
}

/// Makes a random event happen in HiBob. Returns its description.
pub(crate) fn happen(hibob: &mut HiBob, today: NaiveDate, chance: &mut Chance) -> String {
    let ids: Vec<String> = hibob.employees.keys().cloned().collect();
    let who = chance.pick(&ids[1..]); // whoever has no manager does not leave
    let other = chance.pick(&ids[..5]);
    let number = ids.len();
    let employee = hibob.employee_mut(&who);
    let works = employee.lifecycle_status == "employed";
    match chance.below(10) {
        0 => {
            let mut new = person(number, chance);
            if chance.in_thousand(400) {
                (new.start_date, new.lifecycle_status) = (today + Days::new(2), "hired".to_owned());
            }
            hibob.insert(new);
            format!("hires employee {}", id(number))
        }
        1 | 2 if works && !ids[..5].contains(&who) => {
            employee.terminate(today);
            format!("employee {who} leaves")
        }
        3 if employee.lifecycle_status == "terminated" => {
            employee.employ(employee.start_date);
            format!("employee {who} comes back")
        }
        4 => {
            employee.surname = chance.pick(&SURNAMES).to_owned();
            format!("employee {who} marries")
        }
        5 => {
            let number = chance.below(1_000);
            let unseen = ["", "\u{200b}", "\u{ad}"][number as usize % 3];
            employee.email = Some(format!("n{number}.{who}@acme{unseen}.example"));
            format!("employee {who} gets another address")
        }
        6 if who != other && !ids[..5].contains(&who) => {
            employee.manager = Some(other);
            format!("employee {who} gets another manager")
        }
        7 => {
            employee.department = chance.pick(&DEPARTMENTS).to_owned();
            format!("employee {who} moves")
        }
        _ => {
            employee.title = chance.pick(&TITLES).to_owned();
            format!("employee {who} gets another title")
        }
    }
}

/// Closes a team: more employees leave at once than the guards allow.
pub(crate) fn close_a_team(hibob: &mut HiBob, today: NaiveDate, chance: &mut Chance) {
    let ids: Vec<String> = hibob.employees.keys().skip(5).cloned().collect();
    for id in ids {
        let employee = hibob.employee_mut(&id);
        if employee.lifecycle_status == "employed" && chance.in_thousand(250) {
            employee.terminate(today);
        }
    }
}

/// Changes the statuses that follow from a date, as HiBob does.
pub(crate) fn pass(hibob: &mut HiBob, today: NaiveDate) {
    hibob.employees.values_mut().for_each(|employee| employee.let_time_pass(today));
}

/// The differences between TravelPerk and what HiBob requires, without those of the employees in `but`.
pub(crate) fn differences(world: &World, but: &BTreeSet<String>) -> Vec<String> {
    let mut differences = Vec::new();
    let perk = &world.travelperk;
    for employee in world.hibob.employees.values().filter(|employee| !but.contains(&employee.id)) {
        let id = &employee.id;
        let own: Vec<&User> = perk.users.iter().filter(|user| user.external_id.as_ref() == Some(id)).collect();
        let mut differs = |what: &str| differences.push(format!("employee {id}: {what}"));
        match (employee.lifecycle_status.as_str(), own.as_slice()) {
            ("employed", [user]) => {
                let manager = user.manager.and_then(|id| perk.users.get(id)).and_then(|user| user.external_id.clone());
                let is_right = [
                    (user.active, "their account is archived"),
                    (Some(plain(&user.user_name)) == employee.email.as_deref().map(plain), "another user name"),
                    (user.given_name == plain(&employee.first_name), "another given name"),
                    (user.family_name == plain(&employee.surname), "another family name"),
                    (user.title.as_ref() == Some(&employee.title), "another title"),
                    (user.cost_center.as_ref() == Some(&employee.department), "another cost center"),
                    (manager == employee.manager, "another manager"),
                ];
                is_right.into_iter().filter(|(is_right, _)| !is_right).for_each(|(_, what)| differs(what));
            }
            ("employed", accounts) => differs(&format!("{} accounts", accounts.len())),
            ("terminated", accounts) if accounts.iter().any(|user| user.active) => differs("left, and is active"),
            ("hired", [_, ..]) => differs("has an account before the first day"),
            _ => {}
        }
    }
    differences
}

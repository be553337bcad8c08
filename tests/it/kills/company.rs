//! The company whose sync is killed, and the events in it, all drawn from a seed.

use hibob_fakes::company::Employee;
use hibob_fakes::travelperk::{Phone, User};
use hibob_fakes::{Scenario, World};
use hibob_tests::setup::today;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::time::Duration;

/// Accounts that belong to no employee, in addition to those of [`World::realistic`].
const STRANGERS: u32 = 10;

/// An event in HiBob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Employees are hired, leave, come back, move and marry. This happens only when nothing is left to sync. The
    /// number distinguishes events.
    Day(u64),
    /// Some employees get another title. This happens in the middle of a sync.
    Hour(u64),
}

/// A company of so many employees, and a TravelPerk that was in use before.
pub(crate) fn world(employees: usize, seed: u64) -> World {
    let mut world = World::realistic(employees, seed, today());
    for number in 0..STRANGERS {
        let mut user = User::new(&format!("guest{number}@contractor.example"), "Guest", "Stranger");
        user.title = Some("Guest".to_owned());
        user.phones = vec![Phone { value: format!("+34 60010020{number}"), kind: "work".to_owned() }];
        user.external_id = (number % 2 == 0).then(|| format!("another-system-{number}"));
        user.active = number % 3 != 0;
        world.travelperk.insert_user(user);
    }
    world
}

/// The accounts that belong to no employee, with all their fields.
pub(super) fn strangers(world: &World) -> Vec<User> {
    let known: BTreeSet<&str> = world.hibob.employees.keys().map(String::as_str).collect();
    let strange = |user: &&User| user.external_id.as_deref().is_none_or(|id| !known.contains(id));
    world.travelperk.users.iter().filter(strange).cloned().collect()
}

/// Adds faults of all kinds, drawn from the seed.
pub(super) fn trouble(world: &mut World, seed: u64) {
    world.scenario = Scenario::Flaky;
    world.answers_within = Duration::from_millis(10);
    let switches = &mut world.travelperk.switches;
    switches.listing_behind_seconds = 0.05;
    switches.reads_by_id_behind = seed.is_multiple_of(2);
    switches.patch_answers_204 = seed % 4 == 1;
}

/// Makes an event happen.
pub(super) fn happen(world: &mut World, seed: u64, event: Event) {
    match event {
        Event::Day(number) => day(world, &mut StdRng::seed_from_u64(seed ^ number << 8), number),
        Event::Hour(number) => {
            let mut rng = StdRng::seed_from_u64(seed ^ number << 32);
            let people = employed(world, &mut rng);
            titles(world, &people, people.len() / 50 + 1, &mut rng);
        }
    }
}

/// The ids of the employed, in a random order.
fn employed(world: &World, rng: &mut StdRng) -> Vec<String> {
    let employed = world.hibob.employees.values().filter(|employee| employee.lifecycle_status == "employed");
    let mut people: Vec<String> = employed.map(|employee| employee.id.clone()).collect();
    people.shuffle(rng);
    people
}

/// Gives so many employees the title of another one.
fn titles(world: &mut World, people: &[String], count: usize, rng: &mut StdRng) {
    for id in people.iter().take(count) {
        let other = &people[rng.random_range(0..people.len())];
        let title = world.hibob.employees[other].title.clone();
        world.hibob.employee_mut(id).title = title;
    }
}

fn day(world: &mut World, rng: &mut StdRng, number: u64) {
    let people = employed(world, rng);
    let managers: BTreeSet<String> =
        world.hibob.employees.values().filter_map(|employee| employee.manager.clone()).collect();
    let many = people.len();
    hire(world, &people[..many / 20], &managers, number);
    titles(world, &people, many / 8, rng);
    let mut rest = people.iter().filter(|id| !managers.contains(*id));
    for id in rest.by_ref().take(many / 25) {
        world.hibob.employee_mut(id).terminate(today());
    }
    for id in rest.by_ref().take(many / 20) {
        let boss = managers.iter().nth(rng.random_range(0..managers.len())).cloned();
        world.hibob.employee_mut(id).manager = boss;
    }
    for id in rest.by_ref().take(many / 20) {
        let department = world.hibob.employees[&people[rng.random_range(0..many)]].department.clone();
        world.hibob.employee_mut(id).department = department;
    }
    for (position, id) in rest.by_ref().take(many / 60 + 1).enumerate() {
        world.hibob.employee_mut(id).email = Some(format!("renamed.{number}.{position}@acme.example"));
    }
    // The employees who left on an earlier day and have an account.
    let left: Vec<String> = world
        .hibob
        .employees
        .values()
        .filter(|employee| employee.lifecycle_status == "terminated")
        .filter(|employee| world.travelperk.user_by_external_id(&employee.id).is_some())
        .map(|employee| employee.id.clone())
        .collect();
    for id in left.iter().take(many / 60) {
        world.hibob.employee_mut(id).employ(today());
    }
}

/// Hires employees, each of whom reports to the one before.
fn hire(world: &mut World, like: &[String], managers: &BTreeSet<String>, day: u64) {
    let mut boss = managers.first().unwrap().clone();
    for (position, like) in like.iter().enumerate() {
        let id = format!("31{day:05}{position:012}");
        let new = Employee {
            id: id.clone(),
            first_name: format!("New{position}"),
            email: Some(format!("new.{day}.{position}@acme.example")),
            manager: Some(std::mem::replace(&mut boss, id)),
            start_date: today(),
            ..world.hibob.employees[like].clone()
        };
        world.hibob.insert(new);
    }
}

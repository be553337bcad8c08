//! Tests of the scenarios that change many people at once.

use serde_json::Value;

use super::*;
use crate::{
    company::GROUP_DOMAIN,
    hibob::{Audience, Category},
};

/// Searches, writes and searches again. Returns the world before and after the second search.
fn before_and_after(scenario: Scenario, count: usize) -> (World, World) {
    let mut world = World::realistic(count, 1, today());
    world.scenario = scenario;
    search(&mut world);
    create(&mut world, "x@acme.example");
    let before = world.clone();
    assert!(!before.happened.contains(&scenario), "nothing before the search after a write");
    search(&mut world);
    let after = world.clone();
    search(&mut world);
    assert!(!world.happen(scenario, NOW), "only once");
    assert_eq!(after.hibob.employees, world.hibob.employees);
    assert_eq!(after.hibob.permissions, world.hibob.permissions);
    assert_eq!(after.travelperk.sso_overwrites, world.travelperk.sso_overwrites);
    // The change is equal to the one that is made at once, without any request.
    let mut at_once = World::realistic(count, 1, today());
    assert!(at_once.happen(scenario, NOW));
    assert_eq!(after.hibob.employees, at_once.hibob.employees);
    (before, after)
}

fn employed(world: &World) -> usize {
    world.hibob.employees.values().filter(|e| e.lifecycle_status == "employed").count()
}

/// The people that a search for everybody finds.
fn found(world: &mut World) -> Vec<Value> {
    let fields = ["root.id", "internal.lifecycleStatus", "internal.terminationDate", "work.startDate"];
    let question = json!({ "fields": fields, "showInactive": true });
    let request = Request::new("POST", "/v1/people/search").with_json(&question);
    let request = request.with_header("Authorization", &world.hibob.authorization());
    let response = world.handle(Service::HiBob, &request, NOW);
    assert_eq!(response.status, 200);
    response.value()["employees"].as_array().unwrap().clone()
}

#[test]
fn a_third_leaves_at_once_and_nobody_is_removed() {
    let (before, after) = before_and_after(Scenario::MassLeavers, 250);
    let leavers = changed(&before.hibob, &after.hibob);
    assert_eq!((employed(&before), leavers.len(), employed(&after)), (229, 76, 153));
    assert_eq!(after.hibob.employees.len(), 250);
    for id in &leavers {
        let mut expected = before.hibob.employees[id].clone();
        assert_eq!(expected.lifecycle_status, "employed");
        expected.terminate(today());
        assert_eq!(after.hibob.employees[id], expected);
    }
    let managers = after.hibob.employees.values().filter_map(|e| e.manager.as_ref());
    assert!(managers.into_iter().all(|id| !leavers.contains(id)));
}

#[test]
fn an_empty_answer_is_a_success_and_the_dictionary_stays() {
    let (mut before, mut after) = before_and_after(Scenario::Empty, 250);
    assert_eq!((before.hibob.audience, after.hibob.audience), (Audience::Everyone, Audience::Nobody));
    assert!(changed(&before.hibob, &after.hibob).is_empty());
    before.scenario = Scenario::None;
    assert_eq!((found(&mut before).len(), found(&mut after).len()), (250, 0));
    let fields = |world: &mut World| {
        let request = Request::new("GET", "/v1/company/people/fields");
        world.handle(Service::HiBob, &request.with_header("Authorization", &world.hibob.authorization()), NOW).value()
    };
    assert_eq!(fields(&mut before), fields(&mut after));
}

#[test]
fn without_the_permission_the_statuses_are_gone_and_everybody_is_still_there() {
    let (mut before, mut after) = before_and_after(Scenario::LostPermission, 250);
    let lost: Vec<&Category> = before.hibob.permissions.difference(&after.hibob.permissions).collect();
    assert_eq!(lost, [&Category::Lifecycle]);
    assert!(changed(&before.hibob, &after.hibob).is_empty());
    before.scenario = Scenario::None;
    let (before, after) = (found(&mut before), found(&mut after));
    assert_eq!((before.len(), after.len()), (250, 250));
    assert!(before.iter().all(|one| one["internal"]["lifecycleStatus"].is_string()));
    assert!(after.iter().all(|one| one.get("internal").is_none() && one["work"]["startDate"].is_string()));
}

#[test]
fn five_come_back_three_of_them_under_a_new_id() {
    for (count, accounts, employed_before) in [(250, 9, 229), (20, 9, 12)] {
        let (before, after) = before_and_after(Scenario::Rehires, count);
        let rehires = after.rehires();
        assert_eq!((before.rehires(), rehires.len(), employed(&before)), (rehires, 5, employed_before));
        assert_eq!(employed(&after), employed_before + 5);
        assert_eq!(after.hibob.employees.len(), count + 3);
        let back: BTreeSet<String> = rehires.iter().map(|rehire| rehire.back.clone()).collect();
        assert_eq!(changed(&before.hibob, &after.hibob), back);
        for (place, Rehire { left, back }) in rehires.iter().enumerate() {
            let (old, new) = (&before.hibob.employees[left], &after.hibob.employees[back]);
            assert_eq!(left == back, place < 2);
            assert_eq!((old.lifecycle_status.as_str(), new.lifecycle_status.as_str()), ("terminated", "employed"));
            let person = |e: &Employee| (e.email.clone(), e.first_name.clone(), e.surname.clone(), e.manager.clone());
            assert_eq!(person(old), person(new));
            assert_eq!((new.start_date, new.termination_date), (today(), None));
            let accounts: Vec<&User> =
                before.travelperk.users.iter().filter(|u| u.external_id.as_ref() == Some(left)).collect();
            assert!(accounts.len() == 1 && !accounts[0].active);
            assert_eq!(Some(&accounts[0].user_name), old.email.as_ref());
        }
        // This includes the account that was created between the searches.
        assert_eq!(before.travelperk.users.len(), accounts);
    }
}

#[test]
fn the_archived_accounts_of_rehires_are_there_before_the_first_request() {
    let mut world = World::realistic(20, 1, today());
    world.set_scenario(Scenario::Rehires, NOW);
    assert_eq!(world.rehires().len(), 5);
    assert_eq!(world.travelperk.users.iter().filter(|user| !user.active).count(), 5);
    let mut by_field = World::realistic(20, 1, today());
    by_field.scenario = Scenario::Rehires;
    by_field.handle(Service::HiBob, &Request::new("GET", "/_stand-in/state"), NOW);
    assert_eq!(by_field.rehires(), world.rehires());
    let mut late = World::realistic(20, 1, today());
    create(&mut late, "x@acme.example");
    assert!(!late.happen(Scenario::Rehires, NOW), "too few have left, and nobody leaves after a write");
}

#[test]
fn a_quarter_moves_to_another_domain() {
    let (before, after) = before_and_after(Scenario::Renames, 250);
    let renamed = changed(&before.hibob, &after.hibob);
    assert_eq!(renamed.len(), 57);
    for id in &renamed {
        let old = before.hibob.employees[id].clone();
        let email = old.email.as_ref().map(|email| email.replace("acme.example", GROUP_DOMAIN));
        assert_ne!(email, old.email);
        assert_eq!(old.lifecycle_status, "employed");
        assert_eq!(after.hibob.employees[id], Employee { email, ..old });
    }
    let emails: BTreeSet<&String> = after.hibob.employees.values().filter_map(|e| e.email.as_ref()).collect();
    assert_eq!(emails.len(), 250);
}

#[test]
fn ten_names_change_and_the_identity_provider_keeps_the_old_ones() {
    let (before, mut after) = before_and_after(Scenario::SsoOverwrites, 250);
    let named = changed(&before.hibob, &after.hibob);
    assert_eq!((named.len(), after.travelperk.sso_overwrites.len()), (10, 10));
    for id in &named {
        let old = before.hibob.employees[id].clone();
        let names = &after.travelperk.sso_overwrites[old.email.as_ref().unwrap()];
        assert_eq!(names, &(old.first_name.clone(), old.surname.clone()));
        let first_name = format!("{} Robin", old.first_name);
        assert_eq!(after.hibob.employees[id], Employee { first_name, ..old });
    }

    // A sync that writes the new name finds the old one again each time.
    let person = after.hibob.employees[named.first().unwrap()].clone();
    let email = person.email.clone().unwrap();
    let account = after.travelperk.insert_user(User::new(&email, "Somebody", "Else"));
    for _ in 0..2 {
        let user = after.travelperk.users.get_mut(account).unwrap();
        user.given_name.clone_from(&person.first_name);
        search(&mut after);
        let user = after.travelperk.user_by_name(&email).unwrap();
        assert_eq!(format!("{} Robin", user.given_name), person.first_name);
        assert_eq!(user.family_name, person.surname);
    }
}

#[test]
fn accidents_change_many_people_and_nothing_else_of_them() {
    let people = |scenario| {
        let (before, after) = before_and_after(scenario, 250);
        let changed = changed(&before.hibob, &after.hibob);
        (changed.len(), before, after, changed)
    };
    let (_, before, after, _) = people(Scenario::Newcomers);
    assert_eq!(after.hibob.employees.len(), before.hibob.employees.len() + 40);
    let (number, before, after, ids) = people(Scenario::NamesOverwritten);
    assert_eq!(number, 40);
    assert!(ids.iter().all(|id| {
        let old = before.hibob.employees[id].clone();
        after.hibob.employees[id] == Employee { surname: "Robins".to_owned(), ..old }
    }));
    let (number, _, after, ids) = people(Scenario::Nulls);
    assert!(number > 30, "{number}");
    assert!(ids.iter().all(|id| after.hibob.employees[id].work_phone.is_none()));
    let (number, _, after, ids) = people(Scenario::ManagersOverwritten);
    let bosses: BTreeSet<&Option<String>> = ids.iter().map(|id| &after.hibob.employees[id].manager).collect();
    assert!(number > 150 && bosses.len() == 1);
    assert!(people(Scenario::DepartmentsOverwritten).0 > 150);
}

#[test]
fn nothing_happens_where_it_cannot() {
    for scenario in [Scenario::None, Scenario::Flaky] {
        assert!(!World::realistic(250, 1, today()).happen(scenario, NOW));
    }
    for scenario in [Scenario::MassLeavers, Scenario::Rehires, Scenario::Renames] {
        assert!(!World::realistic(1, 1, today()).happen(scenario, NOW));
    }
}

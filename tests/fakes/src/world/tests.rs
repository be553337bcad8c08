mod scenarios;

use serde_json::json;

use super::*;
use crate::{
    fault::{Fault, FaultKind},
    hibob::date,
};

const NOW: f64 = 1_787_220_000.0;

fn today() -> NaiveDate {
    date(NOW)
}

fn search(world: &mut World) -> Response {
    let request = Request::new("POST", "/v1/people/search").with_json(&json!({ "fields": ["root.id"] }));
    let request = request.with_header("Authorization", &world.hibob.authorization());
    world.handle(Service::HiBob, &request, NOW)
}

fn create(world: &mut World, name: &str) -> Response {
    let request = Request::new("POST", "/api/v2/scim/Users").with_json(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
        "name": { "givenName": "A", "familyName": "B" },
    }));
    let request = request.with_header("Authorization", &world.travelperk.authorization());
    world.handle(Service::TravelPerk, &request, NOW)
}

/// The ids of the people whose records differ, including new people.
fn changed(before: &HiBob, after: &HiBob) -> BTreeSet<String> {
    let differs = |e: &&Employee| before.employees.get(&e.id) != Some(e);
    after.employees.values().filter(differs).map(|e| e.id.clone()).collect()
}

#[test]
fn day_two_changes_exactly_six_people_once() {
    for count in [40, 250, 1000] {
        let mut world = World::realistic(count, 7, today());
        world.scenario = Scenario::DayTwo;
        let before = world.hibob.clone();
        search(&mut world);
        assert!(changed(&before, &world.hibob).is_empty(), "nothing before a write");
        create(&mut world, "x@acme.example");
        assert!(changed(&before, &world.hibob).is_empty(), "nothing before the next search");
        search(&mut world);
        let six = world.day_two().unwrap().clone();
        let all = [&six.hire, &six.leaver, &six.moved, &six.remanaged, &six.rehired, &six.broken];
        let all: BTreeSet<String> = all.into_iter().cloned().collect();
        assert_eq!(all.len(), 6);
        assert_eq!(changed(&before, &world.hibob), all);
        let (then, now) = (&before.employees, &world.hibob.employees);
        assert!(now.values().all(|e| e.manager.as_ref().is_none_or(|id| !all.contains(id))));
        assert_eq!(now[&six.hire].lifecycle_status, "employed");
        assert_eq!(
            (now[&six.leaver].lifecycle_status.as_str(), now[&six.leaver].termination_date),
            ("terminated", today().pred_opt())
        );
        assert_ne!(now[&six.moved].department, then[&six.moved].department);
        assert_ne!(now[&six.remanaged].manager, then[&six.remanaged].manager);
        assert_eq!(then[&six.rehired].lifecycle_status, "terminated");
        assert_eq!(now[&six.rehired].lifecycle_status, "employed");
        assert_eq!((&then[&six.broken].email.is_some(), &now[&six.broken].email), (&true, &None));
        let account = world.travelperk.user_by_external_id(&six.rehired).unwrap();
        assert!(!account.active && Some(&account.user_name) == now[&six.rehired].email.as_ref());
        for id in all.iter().filter(|id| **id != six.leaver) {
            let manager = &now[now[id].manager.as_ref().unwrap()];
            assert_eq!(manager.lifecycle_status, "employed");
            assert!(manager.email.is_some());
        }

        let after = world.hibob.clone();
        search(&mut world);
        assert!(!world.apply_day_two(NOW));
        assert!(changed(&after, &world.hibob).is_empty(), "only once");
    }
}

#[test]
fn a_small_company_has_no_second_day() {
    let mut world = World::realistic(3, 7, today());
    assert_eq!(world.day_two(), None);
    assert!(!world.apply_day_two(NOW));
}

#[test]
fn a_realistic_world_is_the_same_every_time() {
    let world = World::realistic(250, 1, today());
    let again = World::realistic(250, 1, today());
    assert_eq!(world.hibob.employees, again.hibob.employees);
    assert_eq!(world.day_two(), again.day_two());
    assert_eq!(world.travelperk.users.len(), 4);
    assert_eq!(world.travelperk.users.iter().filter(|user| user.external_id.is_none()).count(), 3);
    let emails: BTreeSet<&String> = world.hibob.employees.values().filter_map(|e| e.email.as_ref()).collect();
    let unmanaged = world.travelperk.users.iter().filter(|user| user.external_id.is_none());
    assert!(unmanaged.into_iter().all(|user| !emails.contains(&user.user_name)));
}

#[test]
fn every_generated_phone_and_email_is_accepted() {
    let mut world = World::realistic(250, 1, today());
    let people: Vec<Employee> = world.hibob.employees.values().cloned().collect();
    for employee in people {
        for phone in [&employee.work_phone, &employee.work_mobile, &employee.mobile_phone].into_iter().flatten() {
            let request = Request::new("POST", "/api/v2/scim/Users").with_json(&json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": format!("{}.{}", world.travelperk.users.len(), employee.email.as_ref().unwrap()),
                "name": { "givenName": employee.first_name, "familyName": employee.surname },
                "phoneNumbers": [{ "type": "work", "value": phone }],
            }));
            let request = request.with_header("Authorization", &world.travelperk.authorization());
            assert_eq!(world.handle(Service::TravelPerk, &request, NOW).status, 201, "{phone}");
        }
    }
}

#[test]
fn faults_are_spoiled_before_or_after_processing() {
    let mut world = World::realistic(20, 1, today());
    world.travelperk.faults = vec![
        Fault::once("/Users", FaultKind::ResetBefore).on("POST"),
        Fault::once("/Users", FaultKind::ResetAfter).on("POST"),
        Fault::once("/Users", FaultKind::StatusAfter(500)).on("POST"),
    ];
    assert_eq!(create(&mut world, "a@acme.example").delivery, Delivery::Reset);
    assert!(world.travelperk.user_by_name("a@acme.example").is_none());
    assert_eq!(create(&mut world, "a@acme.example").delivery, Delivery::Reset);
    assert!(world.travelperk.user_by_name("a@acme.example").is_some());
    assert_eq!(create(&mut world, "b@acme.example").status, 500);
    assert_eq!(create(&mut world, "b@acme.example").status, 409);
    let statuses: Vec<u16> = world.log().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [0, 0, 500, 409]);
    assert_eq!(world.writes(), 4);
    assert_eq!(world.requests(Service::TravelPerk, "POST", "/api/v2/scim/Users").len(), 4);
}

#[test]
fn a_client_with_three_attempts_gets_through_the_flaky_world() {
    let mut world = World::realistic(20, 1, today());
    world.scenario = Scenario::Flaky;
    let statuses: Vec<u16> = (0..3).map(|_| search(&mut world).status).collect();
    assert_eq!(statuses, [500, 429, 200]);
    for n in 0..500 {
        let name = format!("u{n}@acme.example");
        let done = (0..3).any(|_| {
            let response = create(&mut world, &name);
            response.delivery == Delivery::Whole && matches!(response.status, 201 | 409)
        });
        assert!(done, "{n}");
    }
    assert!(world.log().iter().any(|entry| entry.status == 429));
}

#[test]
fn the_identity_provider_puts_its_names_back_at_each_search() {
    let mut world = World::realistic(20, 1, today());
    create(&mut world, "a@acme.example");
    let names = ("Identity".to_owned(), "Provider".to_owned());
    world.travelperk.sso_overwrites.insert("a@acme.example".to_owned(), names);
    search(&mut world);
    assert_eq!(world.travelperk.user_by_name("A@acme.example").unwrap().given_name, "Identity");
}

#[test]
fn questions_to_the_stand_in_are_not_logged() {
    let mut world = World::realistic(20, 1, today());
    create(&mut world, "a@acme.example");
    let mut ask = |service, path: &str| world.handle(service, &Request::new("GET", path), NOW).value();
    let requests = ask(Service::TravelPerk, "/_stand-in/requests");
    let by = json!([{ "method": "POST", "path": "/api/v2/scim/Users", "count": 1 }]);
    assert_eq!(requests, json!({ "total": 1, "writes": 1, "by": by }));
    assert_eq!(ask(Service::HiBob, "/_stand-in/requests")["total"], 0);
    assert_eq!(ask(Service::HiBob, "/_stand-in/state")["count"], 20);
    let state = ask(Service::TravelPerk, "/_stand-in/state");
    assert_eq!(state["users"][0]["userName"], "travel@acme.example");
    assert_eq!(state["cost_centers"][0]["name"], "Engineering");
}

#[test]
fn answers_take_a_time_of_their_own_within_what_was_set() {
    let delays = |within| {
        let mut world = World::realistic(10, 7, today());
        world.answers_within = within;
        (0..50).map(|_| search(&mut world).delay).collect::<Vec<_>>()
    };
    assert!(delays(Duration::ZERO).iter().all(Duration::is_zero));
    let within = Duration::from_millis(30);
    let drawn = delays(within);
    assert!(drawn.iter().all(|delay| *delay < within));
    assert!(drawn.iter().filter(|delay| **delay > within / 2).count() > 10, "{drawn:?}");
    assert_eq!(drawn, delays(within));
}

//! Tests of stale reads.

use super::*;

const BEHIND: f64 = 2.0;

fn at(perk: &mut TravelPerk, method: &str, target: &str, body: &Value, now: f64) -> Response {
    let request = Request::new(method, target).with_json(body).with_header("Authorization", &perk.authorization());
    perk.handle(&request, now)
}

fn names(perk: &mut TravelPerk, query: &str, now: f64) -> Vec<String> {
    let page = at(perk, "GET", &format!("/api/v2/scim/Users?{query}"), &Value::Null, now).value();
    let name = |user: &Value| user["userName"].as_str().unwrap().to_owned();
    page["Resources"].as_array().into_iter().flatten().map(name).collect()
}

fn rename(perk: &mut TravelPerk, name: &str, now: f64) {
    let body = json!({
        "schemas": [PATCH_OP], "Operations": [{ "op": "replace", "path": "userName", "value": name }]
    });
    assert_eq!(at(perk, "PATCH", "/api/v2/scim/Users/100", &body, now).status, 200);
}

/// A server with stale listings and one user, id 100, created at [`NOW`].
fn slow() -> TravelPerk {
    let mut perk = TravelPerk::default();
    perk.switches.listing_behind_seconds = BEHIND;
    assert_eq!(create(&mut perk, &new_user("ana@acme.example")).status, 201);
    perk
}

#[test]
fn listings_and_filters_show_each_write_after_the_time_that_they_are_behind() {
    let mut perk = slow();
    let steps = [
        (0.0, None, None),
        (1.0, Some("bea"), None),
        (1.9, None, None),
        (2.1, None, Some("ana")),
        (2.5, Some("cleo"), Some("ana")),
        (3.1, None, Some("bea")),
        (4.6, None, Some("cleo")),
    ];
    for (after, renamed, name) in steps {
        if let Some(renamed) = renamed {
            rename(&mut perk, &format!("{renamed}@acme.example"), NOW + after);
        }
        let name: Vec<String> = name.map(|name| format!("{name}@acme.example")).into_iter().collect();
        assert_eq!(names(&mut perk, "", NOW + after), name, "after {after} s");
        for filtered in ["ana", "bea", "cleo"].map(|name| format!("{name}@acme.example")) {
            let found = names(&mut perk, &format!("filter=userName+eq+%22{filtered}%22"), NOW + after);
            assert_eq!(found, name.iter().filter(|name| **name == filtered).cloned().collect::<Vec<_>>());
        }
    }
    assert_eq!(perk.users.get(100).unwrap().user_name, "cleo@acme.example");
}

#[test]
fn what_is_written_is_held_against_what_is_there_and_not_against_what_is_shown() {
    let mut perk = slow();
    assert_eq!(create(&mut perk, &new_user("ana@acme.example")).status, 409);
    assert_eq!(perk.users.len(), 1);
    rename(&mut perk, "bea@acme.example", NOW);
    let body = new_user("ana@acme.example");
    assert_eq!(at(&mut perk, "POST", "/api/v2/scim/Users", &body, NOW).value()["id"], "101");
}

#[test]
fn reads_by_id_are_behind_only_where_the_switch_says_so() {
    for (switch, created, renamed) in [(false, 200, "bea@acme.example"), (true, 404, "ana@acme.example")] {
        let mut perk = slow();
        perk.switches.reads_by_id_behind = switch;
        let read = |perk: &mut TravelPerk, now| at(perk, "GET", "/api/v2/scim/Users/100", &Value::Null, now);
        assert_eq!(read(&mut perk, NOW).status, created);
        rename(&mut perk, "bea@acme.example", NOW + BEHIND);
        assert_eq!(read(&mut perk, NOW + BEHIND).value()["userName"], renamed);
        assert_eq!(read(&mut perk, NOW + 2.0 * BEHIND).value()["userName"], "bea@acme.example");
    }
}

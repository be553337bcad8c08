mod creating;
mod patching;
mod stale;

use serde_json::{Value, json};

use super::{
    schema::{CORE, ENTERPRISE, PATCH_OP, TRAVELPERK},
    *,
};

const NOW: f64 = 1_787_220_000.0;

fn ask(perk: &mut TravelPerk, method: &str, target: &str, body: &Value) -> Response {
    let request = Request::new(method, target)
        .with_json(body)
        .with_header("Authorization", &perk.authorization())
        .with_header("Api-Version", "1");
    perk.handle(&request, NOW)
}

fn get(perk: &mut TravelPerk, target: &str) -> Response {
    ask(perk, "GET", target, &Value::Null)
}

fn new_user(name: &str) -> Value {
    json!({
        "schemas": [CORE, ENTERPRISE, TRAVELPERK], "userName": name, "active": true,
        "name": { "givenName": "Ana", "familyName": "Núñez" },
    })
}

fn create(perk: &mut TravelPerk, body: &Value) -> Response {
    ask(perk, "POST", "/api/v2/scim/Users", body)
}

/// A server with one user, id 100, who has a phone and a title.
fn perk() -> TravelPerk {
    let mut perk = TravelPerk::default();
    let mut user = new_user("ana@acme.example");
    user["title"] = json!("Accountant");
    user["phoneNumbers"] = json!([{ "value": "+34 123456", "type": "work" }]);
    let response = create(&mut perk, &user);
    assert_eq!((response.status, &response.value()["id"]), (201, &json!("100")));
    perk
}

fn patch(perk: &mut TravelPerk, operations: &Value) -> Response {
    let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
    ask(perk, "PATCH", "/api/v2/scim/Users/100", &body)
}

#[track_caller]
fn patched(operations: &Value) -> Value {
    let response = patch(&mut perk(), operations);
    assert_eq!(response.status, 200, "{}", response.value());
    response.value()
}

/// Checks that the PATCH is refused with this type and changes nothing.
#[track_caller]
fn unpatched(operations: &Value, scim_type: &str) {
    let mut perk = perk();
    let before = perk.users.get(100).cloned();
    let response = patch(&mut perk, operations);
    let error = response.value();
    assert_eq!((response.status, &error["scimType"]), (400, &json!(scim_type)), "{operations}: {error}");
    assert_eq!(error["status"], "400");
    assert_eq!(perk.users.get(100).cloned(), before);
}

#[track_caller]
fn uncreated(perk: &mut TravelPerk, change: impl FnOnce(&mut Value), status: u16) {
    let mut body = new_user("bo@acme.example");
    change(&mut body);
    let response = create(perk, &body);
    assert_eq!(response.status, status, "{body}: {}", response.value());
    assert!(perk.user_by_name("bo@acme.example").is_none());
}

#[test]
fn deleting_is_what_the_switch_says() {
    let delete = |perk: &mut TravelPerk| ask(perk, "DELETE", "/api/v2/scim/Users/100", &Value::Null).status;
    let mut perk = perk();
    assert_eq!(delete(&mut perk), 405);
    perk.switches.delete = Delete::Archive;
    assert_eq!(delete(&mut perk), 204);
    assert!(!perk.users.get(100).unwrap().active);
    perk.switches.delete = Delete::Erase;
    assert_eq!(delete(&mut perk), 204);
    assert_eq!(delete(&mut perk), 404);
    assert_eq!(create(&mut perk, &new_user("ana@acme.example")).value()["id"], "101", "ids are not given twice");
}

#[test]
fn pages_start_at_one_and_hold_fifty_at_most() {
    let mut perk = TravelPerk::default();
    for n in 0..60 {
        perk.insert_user(User::new(&format!("u{n}@acme.example"), "U", "V"));
    }
    let mut page = |query: &str| {
        let body = get(&mut perk, &format!("/api/v2/scim/Users?{query}")).value();
        let first = body["Resources"][0]["id"].clone();
        (body["totalResults"].clone(), body["itemsPerPage"].clone(), body["startIndex"].clone(), first)
    };
    assert_eq!(page(""), (json!(60), json!(50), json!(1), json!("100")));
    assert_eq!(page("startIndex=51&count=1000"), (json!(60), json!(10), json!(51), json!("150")));
    assert_eq!(page("startIndex=-3&count=2"), (json!(60), json!(2), json!(1), json!("100")));
    assert_eq!(page("count=-1"), (json!(60), json!(0), json!(1), Value::Null));
    assert_eq!(page("startIndex=100"), (json!(60), json!(0), json!(100), Value::Null));
    assert_eq!(get(&mut perk, "/api/v2/scim/Users?count=x").status, 400);
}

#[test]
fn filters_by_name_and_by_switch() {
    let mut perk = perk();
    perk.users.get_mut(100).unwrap().external_id = Some("x1".to_owned());
    create(&mut perk, &new_user("bo+x@acme.example"));
    let found = |perk: &mut TravelPerk, filter: &str| {
        let response = get(perk, &format!("/api/v2/scim/Users?filter={filter}"));
        let count = response.value()["totalResults"].as_u64();
        count.ok_or_else(|| response.value()["scimType"].clone())
    };
    assert_eq!(found(&mut perk, "username%20EQ%20%22BO%2Bx@acme.example%22"), Ok(1));
    assert_eq!(found(&mut perk, "userName+eq+%22bo%2Bx@acme.example%22"), Ok(1));
    assert_eq!(found(&mut perk, "userName+eq+%22bo+x@acme.example%22"), Ok(0), "a bare plus is a space");
    assert_eq!(found(&mut perk, "userName+eq+bo"), Err(json!("invalidFilter")));
    assert_eq!(found(&mut perk, "userName"), Err(json!("invalidFilter")));
    let external = "externalId+eq+%22x1%22";
    assert_eq!(found(&mut perk, external), Err(json!("invalidFilter")));
    perk.switches.other_filters = OtherFilters::Ignored;
    assert_eq!(found(&mut perk, external), Ok(2));
    perk.switches.other_filters = OtherFilters::Supported;
    assert_eq!(found(&mut perk, external), Ok(1));
    assert_eq!(found(&mut perk, "title+eq+%22x%22"), Err(json!("invalidFilter")));
    let none = get(&mut perk, "/api/v2/scim/Users?filter=userName+eq+%22no@b.c%22").value();
    assert_eq!((&none["totalResults"], none.get("Resources")), (&json!(0), None));
}

#[test]
fn archived_users_may_be_hidden_from_lists() {
    let mut perk = perk();
    perk.users.get_mut(100).unwrap().active = false;
    assert_eq!(get(&mut perk, "/api/v2/scim/Users").value()["totalResults"], 1);
    perk.switches.archived_in_list = false;
    assert_eq!(get(&mut perk, "/api/v2/scim/Users").value()["totalResults"], 0);
    assert_eq!(get(&mut perk, "/api/v2/scim/Users/100").status, 200);
}

#[test]
fn discovery_and_what_there_is_not() {
    let mut perk = perk();
    let configuration = get(&mut perk, "/api/v2/scim/ServiceProviderConfig").value();
    assert!(configuration["Schemas"].is_array() && configuration["schemas"].is_array());
    assert_eq!(get(&mut perk, "/api/v2/scim/Schemas").value()["totalResults"], 3);
    for (path, status) in [
        ("ResourceTypes", 200),
        ("Schemas/User", 200),
        ("Groups", 404),
        ("Bulk", 404),
        ("Me", 404),
        ("Users/101", 404),
        ("Users/abc", 404),
    ] {
        assert_eq!(get(&mut perk, &format!("/api/v2/scim/{path}")).status, status, "{path}");
    }
    let urn = format!("/api/v2/scim/Schemas/{ENTERPRISE}");
    assert_eq!(get(&mut perk, &urn).value()["id"], ENTERPRISE);
}

#[test]
fn who_is_let_in() {
    let mut perk = perk();
    perk.bearer = Some("token".to_owned());
    let mut status = |header: &str| {
        let request = Request::new("GET", "/api/v2/scim/Users").with_header("Authorization", header);
        perk.handle(&request, NOW).status
    };
    assert_eq!(status("ApiKey 123456.travelperk-test-key"), 200);
    assert_eq!(status("apikey 123456.travelperk-test-key"), 200);
    assert_eq!(status("bearer token"), 200);
    assert_eq!(status("ApiKey token"), 401);
    assert_eq!(status("token"), 401);
    perk.switches.scim_disabled = true;
    assert_eq!(get(&mut perk, "/api/v2/scim/Users").status, 403);
}

#[test]
fn errors_have_three_bodies() {
    let mut perk = perk();
    let error = get(&mut perk, "/api/v2/scim/Users/1").value();
    assert_eq!(error["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
    perk.switches.error_body = ErrorBody::Plain;
    assert_eq!(get(&mut perk, "/api/v2/scim/Users/1").value(), json!({ "detail": "Not found." }));
    perk.switches.error_body = ErrorBody::Html;
    assert_eq!(get(&mut perk, "/api/v2/scim/Users/1").header("content-type"), Some("text/html"));
}

#[test]
fn a_rate_limit_says_when_to_come_back() {
    let mut perk = perk();
    perk.requests_per_minute = Some(1);
    assert_eq!(get(&mut perk, "/api/v2/scim/Users").status, 200);
    let response = get(&mut perk, "/api/v2/scim/Users");
    assert_eq!((response.status, response.header("retry-after")), (429, Some("60")));
}

#[test]
fn cost_centers_over_rest() {
    let mut perk = perk();
    let request = Request::new("GET", "/cost_centers").with_header("Authorization", &perk.authorization());
    assert_eq!(perk.handle(&request, NOW).status, 400, "without Api-Version");
    let made = ask(&mut perk, "POST", "/cost_centers", &json!({ "name": "Sales" }));
    assert_eq!((made.status, &made.value()["id"]), (201, &json!(1)));
    let members = ask(&mut perk, "PUT", "/cost_centers/1/users", &json!({ "user_ids": [100] })).value();
    assert_eq!(members["users"][0]["email"], "ana@acme.example");
    let page = get(&mut perk, "/cost_centers").value();
    let want = json!({ "offset": 0, "limit": 10, "cost_centers": [{ "id": 1, "name": "Sales", "count_users": 1 }] });
    assert_eq!(page, want);
    let renamed = ask(&mut perk, "PATCH", "/cost_centers/1", &json!({ "name": "Revenue" })).value();
    assert_eq!((&renamed["name"], &renamed["count_users"]), (&json!("Revenue"), &json!(1)));
    let bulk = json!({ "id_list": [1, 2], "archive": true });
    assert_eq!(ask(&mut perk, "PATCH", "/cost_centers/bulk_update", &bulk).value()["updated_count"], 1);
    assert_eq!(get(&mut perk, "/cost_centers/1").value()["archived"], true);
    assert_eq!(ask(&mut perk, "PUT", "/cost_centers/1/users", &json!({ "user_ids": [] })).status, 200);
    assert_eq!(perk.users.get(100).unwrap().cost_center, None);
    assert_eq!(get(&mut perk, "/profiles").value()["total"], 0);
    assert_eq!(get(&mut perk, "/users").value()["users"][0]["id"], "100");
}

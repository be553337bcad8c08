use serde_json::{Value, json};

use super::*;
use crate::company::{Company, Employee};

const NOW: f64 = 1_787_220_000.0; // 2026-08-20, 06:40 UTC

fn ana() -> Employee {
    Employee {
        title: "Accountant".to_owned(),
        department: "Finance".to_owned(),
        site: "Berlin".to_owned(),
        manager: Some("1000000000000000001".to_owned()),
        birth_date: NaiveDate::from_ymd_opt(1990, 9, 8),
        ..Employee::new("1000000000000000002", "Ana", "Núñez", "ana@acme.example")
    }
}

fn bob() -> HiBob {
    let boss = Employee::new("1000000000000000001", "Bo", "Li", "bo@acme.example");
    let mut gone = Employee::new("1000000000000000003", "Cy", "Rao", "cy@acme.example");
    gone.terminate(NaiveDate::from_ymd_opt(2026, 8, 1).unwrap());
    HiBob::new(Company::of(vec![boss, ana(), gone]))
}

fn ask(bob: &mut HiBob, method: &str, target: &str, body: &Value) -> Response {
    let request = Request::new(method, target).with_json(body).with_header("Authorization", &bob.authorization());
    bob.handle(&request, NOW)
}

fn get(bob: &mut HiBob, target: &str) -> Response {
    ask(bob, "GET", target, &Value::Null)
}

fn search(bob: &mut HiBob, body: &Value) -> Response {
    ask(bob, "POST", "/v1/people/search", body)
}

/// The second employee in the answer to a search with this body.
#[track_caller]
fn second(bob: &mut HiBob, body: &Value) -> Value {
    let response = search(bob, body);
    assert_eq!(response.status, 200, "{}", response.value());
    response.value()["employees"][1].clone()
}

#[track_caller]
fn refused(body: &Value) {
    let response = search(&mut bob(), body);
    assert_eq!(response.status, 400, "{body}");
    assert!(response.value()["error"].is_string() && response.value()["key"].is_string());
}

#[test]
fn searches_that_are_refused() {
    let filter = |path: &str, operator: &str, values: Value| json!({ "filters": [{ "fieldPath": path, "operator": operator, "values": values }] });
    refused(&json!([]));
    refused(&json!({ "filters": [] }));
    refused(&json!({ "filters": {} }));
    refused(&filter("work.department", "equals", json!(["1"])));
    refused(&filter("root.id", "contains", json!(["1"])));
    refused(&filter("root.id", "equals", json!([])));
    refused(&filter("root.id", "equals", json!("1")));
    refused(&filter("root.id", "equals", json!([1])));
    let one = filter("root.id", "equals", json!(["1"]))["filters"][0].clone();
    refused(&json!({ "filters": [one, one] }));
    refused(&json!({ "fields": "root.id" }));
    refused(&json!({ "fields": vec!["root.id"; 401] }));
    refused(&json!({ "showInactive": "true" }));
    refused(&json!({ "humanReadable": true }));
    refused(&json!({ "humanReadable": "replace" }));
    refused(&json!({ "limit": 5 }));
    assert_eq!(search(&mut bob(), &json!({ "fields": vec!["root.id"; 400] })).status, 200);
}

#[test]
fn a_post_needs_the_json_content_type() {
    let mut bob = bob();
    let mut request = Request::new("POST", "/v1/people/search").with_header("Authorization", &bob.authorization());
    request.body = b"{}".to_vec();
    assert_eq!(bob.handle(&request, NOW).status, 400);
    let request = request.with_header("Content-Type", "application/json; charset=utf-8");
    assert_eq!(bob.handle(&request, NOW).status, 200);
}

#[test]
fn both_representations_and_the_id() {
    let got = second(&mut bob(), &json!({ "fields": ["root.email", "/work/title", "work.manager", "no.such"] }));
    let want = json!({
        "id": "1000000000000000002", "email": "ana@acme.example", "/root/email": { "value": "ana@acme.example" },
        "work": { "title": "255490048", "manager": "1000000000000000001" },
        "/work/title": { "value": "255490048" }, "/work/manager": { "value": "1000000000000000001" },
    });
    assert_eq!(got, want);
}

#[test]
fn nulls_are_nested_and_have_no_twin() {
    let mut bob = bob();
    let fields = json!({ "fields": ["work.workPhone"] });
    assert_eq!(second(&mut bob, &fields), json!({ "id": "1000000000000000002", "work": { "workPhone": null } }));
    bob.switches.null_twins = true;
    bob.switches.nested_nulls = false;
    let want = json!({ "id": "1000000000000000002", "/work/workPhone": { "value": null } });
    assert_eq!(second(&mut bob, &fields), want);
}

#[test]
fn departments_are_ids_or_names() {
    let mut bob = bob();
    let fields = json!({ "fields": ["work.department"] });
    assert_eq!(second(&mut bob, &fields)["work"]["department"], "209192163");
    bob.switches.department_by = DepartmentBy::Name;
    assert_eq!(second(&mut bob, &fields)["work"]["department"], "Finance");
}

#[test]
fn human_values_are_appended_or_replace() {
    let mut bob = bob();
    let fields = ["work.title", "work.startDate", "work.isManager", "work.reportsTo", "work.workPhone"];
    let got = second(&mut bob, &json!({ "fields": fields, "humanReadable": "APPEND" }));
    assert_eq!(got["work"]["startDate"], "2020-01-06");
    let human = json!({ "work": {
        "title": "Accountant", "startDate": "06/01/2020", "isManager": "No", "reportsTo": "Bo Li",
    } });
    assert_eq!(got["humanReadable"], human);
    let got = second(&mut bob, &json!({ "fields": fields, "humanReadable": "REPLACE" }));
    assert_eq!(got["work"]["title"], "Accountant");
    assert_eq!(got["/work/startDate"]["value"], "06/01/2020");
    bob.switches.human_date = HumanDate::Iso;
    let got = second(&mut bob, &json!({ "fields": fields, "humanReadable": "REPLACE" }));
    assert_eq!(got["work"]["startDate"], "2020-01-06");
}

#[test]
fn fields_without_permission_are_silently_absent() {
    let mut bob = bob();
    let fields = json!({ "fields": ["internal.lifecycleStatus", "personal.birthDate", "work.workPhone"] });
    bob.permissions.remove(&Category::Lifecycle);
    bob.personal_edit = false;
    let want = json!({ "id": "1000000000000000002", "work": { "workPhone": null } });
    assert_eq!(second(&mut bob, &fields), want);
}

#[test]
fn the_default_set_has_no_custom_and_no_lifecycle_fields() {
    let mut bob = bob();
    let ana = bob.employee_mut("1000000000000000002");
    ana.custom.insert("work.custom.field_17".to_owned(), json!("Acme GmbH"));
    let got = second(&mut bob, &json!({}));
    assert_eq!(got["firstName"], "Ana");
    assert_eq!(got["work"]["site"], "Berlin");
    assert_eq!(got["work"]["siteId"], 2_154_020);
    assert!(got.get("internal").is_none() && got["work"].get("custom").is_none());
    let got = search(&mut bob, &json!({ "fields": ["work.custom.field_17"] })).value();
    assert_eq!(got["employees"][1]["work"]["custom"]["field_17"], "Acme GmbH");
    assert_eq!(got["employees"][0]["work"]["custom"]["field_17"], Value::Null);
}

#[test]
fn inactive_people_need_the_flag_and_the_audience() {
    let mut bob = bob();
    let count = |bob: &mut HiBob, inactive: bool| {
        let body = search(bob, &json!({ "fields": ["root.id"], "showInactive": inactive })).value();
        body["employees"].as_array().unwrap().len()
    };
    assert_eq!((count(&mut bob, false), count(&mut bob, true)), (2, 3));
    bob.audience = Audience::EmployedOnly;
    assert_eq!(count(&mut bob, true), 2);
}

#[test]
fn filters_by_id_and_email() {
    let mut bob = bob();
    for (path, value) in [("root.id", "1000000000000000002"), ("root.email", "ANA@acme.example")] {
        let filter = json!({ "fieldPath": path, "operator": "equals", "values": [value, "nobody"] });
        let got = search(&mut bob, &json!({ "fields": ["root.id"], "filters": [filter] })).value();
        assert_eq!(got["employees"].as_array().unwrap().len(), 1, "{path}");
    }
}

#[test]
fn broken_records_are_sent_as_told() {
    let mut bob = bob();
    let ana = bob.employee_mut("1000000000000000002");
    ana.overrides.insert("root.email".to_owned(), json!(17));
    ana.removed.insert("root.firstName".to_owned());
    ana.removed.insert("root.id".to_owned());
    let got = second(&mut bob, &json!({ "fields": ["root.id", "root.email", "root.firstName"] }));
    assert_eq!(got, json!({ "email": 17, "/root/email": { "value": 17 } }));
}

#[test]
fn one_person_is_a_bare_object() {
    let mut bob = bob();
    let body = json!({ "fields": ["root.email"] });
    for identifier in ["1000000000000000003", "cy@acme.example", "cy%40acme.example"] {
        let got = ask(&mut bob, "POST", &format!("/v1/people/{identifier}"), &body);
        assert_eq!((got.status, &got.value()["email"]), (200, &json!("cy@acme.example")));
    }
    assert_eq!(ask(&mut bob, "POST", "/v1/people/9", &body).status, 404);
    assert_eq!(ask(&mut bob, "POST", "/v1/people/9", &json!({ "showInactive": true })).status, 400);
}

#[test]
fn lists_fields_and_what_was_removed() {
    let mut bob = bob();
    let fields = get(&mut bob, "/v1/company/people/fields").value();
    assert!(fields.as_array().unwrap().iter().any(|field| field["id"] == "internal.lifecycleStatus"));
    let lists = get(&mut bob, "/v1/company/named-lists").value();
    assert_eq!(lists["title"]["values"][0]["value"], "Accountant");
    bob.switches.list_key = ListKey::Items;
    let list = get(&mut bob, "/v1/company/named-lists/department").value();
    assert_eq!(list["items"][0]["name"], "Finance");
    bob.lists.get_mut("department").unwrap()[0].archived = true;
    let first = |bob: &mut HiBob, query: &str| {
        get(bob, &format!("/v1/company/named-lists/department{query}")).value()["items"][0]["name"].clone()
    };
    assert_ne!(first(&mut bob, ""), "Finance");
    assert_eq!(first(&mut bob, "?includeArchived=true"), "Finance");
    assert_eq!(get(&mut bob, "/v1/company/named-lists/nope").status, 404);
    assert_eq!(get(&mut bob, "/v1/people").status, 410);
    assert_eq!(get(&mut bob, "/v1/nope").status, 404);
    assert_eq!(ask(&mut bob, "PUT", "/v1/people/1000000000000000002", &json!({})).status, 200);
}

#[test]
fn the_list_of_sites_without_its_permission_is_refused_empty_or_there() {
    let mut bob = bob();
    bob.site_settings = false;
    let mut answer = |hidden: HiddenSites| {
        bob.switches.hidden_sites = hidden;
        assert_eq!(get(&mut bob, "/v1/company/named-lists/title").status, 200);
        let all = get(&mut bob, "/v1/company/named-lists").value()["site"]["values"].clone();
        let one = get(&mut bob, "/v1/company/named-lists/site");
        (one.status, one.value()["values"].as_array().map(Vec::len), all.as_array().map(Vec::len))
    };
    assert_eq!(answer(HiddenSites::Refused), (403, None, None));
    assert_eq!(answer(HiddenSites::Empty), (200, Some(0), Some(0)));
    assert_eq!(answer(HiddenSites::Listed), (200, Some(1), Some(1)));
}

#[test]
fn the_birth_date_and_the_age_need_edit_besides_view() {
    let mut bob = bob();
    let asked = json!({ "fields": ["personal.birthDate", "personal.age", "personal.shortBirthDate"] });
    let personal = second(&mut bob, &asked)["personal"].clone();
    assert_eq!(personal, json!({ "birthDate": "1990-09-08", "age": 35, "shortBirthDate": "09-08" }));
    bob.personal_edit = false;
    assert_eq!(second(&mut bob, &asked)["personal"], json!({ "shortBirthDate": "09-08" }));
}

#[test]
fn the_lifecycle_table_comes_in_pages() {
    let mut bob = bob();
    let mut target = "/v1/bulk/people/lifecycle?limit=2".to_owned();
    let first = get(&mut bob, &target).value();
    assert_eq!(first["results"].as_array().unwrap().len(), 2);
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap().replace('=', "%3D");
    target = format!("{target}&cursor={cursor}");
    let last = get(&mut bob, &target).value();
    assert_eq!(last["results"][0]["employeeId"], "1000000000000000003");
    let statuses = last["results"][0]["values"].as_array().unwrap();
    assert_eq!(statuses.last().unwrap()["status"], "terminated");
    assert!(last["response_metadata"]["next_cursor"].is_null());
    for query in ["limit=201", "limit=0", "limit=x", "cursor=nonsense", "page=2", "employeeId=1"] {
        assert_eq!(get(&mut bob, &format!("/v1/bulk/people/lifecycle?{query}")).status, 400, "{query}");
    }
    let ids = vec!["1"; 201].join(",");
    assert_eq!(get(&mut bob, &format!("/v1/bulk/people/lifecycle?employeeIds={ids}")).status, 400);
    bob.audience = Audience::EmployedOnly;
    let got = get(&mut bob, "/v1/bulk/people/lifecycle?employeeIds=1000000000000000003").value();
    assert_eq!(got["errors"][0]["1000000000000000003"]["error"], "MISSING_PERMISSION");
}

#[test]
fn the_fifty_first_search_of_a_minute_is_refused() {
    let mut bob = bob();
    for left in (0..50).rev() {
        let response = search(&mut bob, &json!({ "fields": ["root.id"] }));
        assert_eq!(response.header("x-ratelimit-remaining"), Some(left.to_string().as_str()));
    }
    let response = search(&mut bob, &json!({}));
    assert_eq!((response.status, response.header("x-ratelimit-limit")), (429, Some("50")));
    assert_eq!(response.header("x-ratelimit-reset"), Some("1787220060"));
    assert_eq!(response.header("retry-after"), None);
    bob.switches.retry_after = true;
    assert_eq!(search(&mut bob, &json!({})).header("retry-after"), Some("60"));
    assert_eq!(get(&mut bob, "/v1/company/named-lists").status, 200);
}

#[test]
fn fifty_refusals_in_ten_seconds_block_everybody_for_five_minutes() {
    let mut bob = bob();
    let bad = Request::new("GET", "/v1/company/people/fields").with_header("Authorization", "Basic bm86bm8=");
    let good = Request::new("GET", "/v1/company/people/fields").with_header("Authorization", &bob.authorization());
    for _ in 0..49 {
        assert_eq!(bob.handle(&bad, NOW).status, 401);
    }
    assert_eq!(bob.handle(&good, NOW).status, 200);
    assert_eq!(bob.handle(&bad, NOW + 9.0).status, 401);
    let blocked = bob.handle(&good, NOW + 10.0);
    assert_eq!((blocked.status, blocked.header("content-type")), (403, Some("text/html")));
    assert_eq!(bob.handle(&good, NOW + 310.0).status, 200);
}

#[test]
fn slow_refusals_do_not_block() {
    let mut bob = bob();
    let bad = Request::new("GET", "/v1/company/people/fields");
    for n in 0..100 {
        assert_eq!(bob.handle(&bad, NOW + f64::from(n)).status, 401);
    }
}

#[test]
fn a_second_service_user_may_be_let_in() {
    let mut bob = bob();
    bob.second_service_user = Some(("other".to_owned(), "secret".to_owned()));
    let request = Request::new("GET", "/v1/company/people/fields");
    let request = request.with_header("Authorization", &guard::basic("other", "secret"));
    assert_eq!(bob.handle(&request, NOW).status, 200);
}

#[test]
fn the_lifecycle_table_shows_what_the_permissions_allow() {
    let mut bob = bob();
    let ask = |bob: &mut HiBob| get(bob, "/v1/bulk/people/lifecycle?employeeIds=1000000000000000003");
    let statuses = |rows: &Value| -> Vec<String> {
        rows.as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap().to_owned()).collect()
    };
    let whole = ask(&mut bob).value();
    assert_eq!(statuses(&whole["results"][0]["values"]), ["employed", "terminated"]);
    bob.switches.rows_wrapped = true;
    assert_eq!(ask(&mut bob).value()["results"][0]["values"][0]["values"], whole["results"][0]["values"]);
    bob.switches.rows_wrapped = false;
    bob.lifecycle_history = false;
    assert_eq!(statuses(&ask(&mut bob).value()["results"][0]["values"]), ["terminated"]);
    bob.permissions.remove(&Category::Lifecycle);
    assert_eq!(ask(&mut bob).status, 403);
}

#[test]
fn the_lifecycle_table_has_a_window_of_its_own() {
    let mut bob = bob();
    bob.limits.tables = 1;
    let ask = |bob: &mut HiBob| get(bob, "/v1/bulk/people/lifecycle");
    assert_eq!((ask(&mut bob).status, ask(&mut bob).status), (200, 429));
    assert_eq!(search(&mut bob, &json!({})).status, 200);
}

#[test]
fn dates_decide_at_the_midnight_of_the_site() {
    let mut bob = bob();
    bob.switches.statuses_follow_dates = true;
    bob.site_offsets.insert("Berlin".to_owned(), 60);
    let ana = bob.employee_mut("1000000000000000002");
    ana.last_day_of_work = NaiveDate::from_ymd_opt(2026, 8, 10);
    ana.termination_date = NaiveDate::from_ymd_opt(2026, 8, 20);
    let mut status_at = |now: f64| {
        let request = Request::new("GET", "/v1/company/people/fields");
        bob.handle(&request.with_header("Authorization", &bob.authorization()), now);
        bob.employee_mut("1000000000000000002").lifecycle_status.clone()
    };
    let midnight = 1_787_270_400.0; // of 2026-08-21, UTC
    assert_eq!(status_at(midnight - 3601.0), "garden leave");
    assert_eq!(status_at(midnight - 3599.0), "terminated");
}

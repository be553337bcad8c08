use super::*;

#[test]
fn a_created_user_is_returned_as_in_the_sample() {
    let mut perk = perk();
    let mut body = new_user("bo@acme.example");
    body["externalId"] = json!("2128438031986721630");
    body[ENTERPRISE] = json!({ "costCenter": "Marketing", "manager": { "value": "100" } });
    body[TRAVELPERK] = json!({ "gender": "M", "dateOfBirth": "1980/02/02", "travelPolicy": "Standard" });
    let response = create(&mut perk, &body);
    assert_eq!(response.header("location"), Some("https://app.travelperk.com/api/v2/scim/Users/101"));
    let want = json!({
        "schemas": [CORE, ENTERPRISE, TRAVELPERK], "id": "101", "externalId": "2128438031986721630",
        "userName": "bo@acme.example", "active": true,
        "name": { "givenName": "Ana", "familyName": "Núñez", "middleName": "", "honorificPrefix": "" },
        "groups": [], "phoneNumbers": [],
        "meta": {
            "resourceType": "User", "created": "2026-08-20T10:00:00.000000+00:00",
            "lastModified": "2026-08-20T10:00:00.000000+00:00",
            "location": "https://app.travelperk.com/api/v2/scim/Users/101",
        },
        ENTERPRISE: {
            "costCenter": "Marketing",
            "manager": {
                "value": "100", "$ref": "https://app.travelperk.com/api/v2/scim/Users/100/", "displayName": "Ana Núñez",
            },
        },
        TRAVELPERK: {
            "gender": "M", "dateOfBirth": "1980-02-02", "travelPolicy": "Standard", "invoiceProfiles": [],
        },
    });
    assert_eq!(response.value(), want);
    assert_eq!(get(&mut perk, "/api/v2/scim/Users/101/").value(), want);
    assert!(perk.cost_center_by_name("Marketing").is_some());
}

#[test]
fn users_that_are_refused() {
    let mut perk = perk();
    let phone = |value: &str| json!([{ "type": "work", "value": value }]);
    uncreated(&mut perk, |user| user["schemas"] = json!([]), 400);
    uncreated(&mut perk, |user| user["schemas"] = json!([ENTERPRISE]), 400);
    uncreated(&mut perk, |user| user["userName"] = Value::Null, 400);
    uncreated(&mut perk, |user| user["userName"] = json!("bo"), 400);
    uncreated(&mut perk, |user| user["name"]["givenName"] = json!(" "), 400);
    uncreated(&mut perk, |user| user["name"] = Value::Null, 400);
    uncreated(&mut perk, |user| user["active"] = json!("yes"), 400);
    uncreated(&mut perk, |user| user["title"] = json!(7), 400);
    uncreated(&mut perk, |user| user["preferredLanguage"] = json!("pl"), 400);
    uncreated(&mut perk, |user| user["phoneNumbers"] = phone("030 123456"), 400);
    uncreated(&mut perk, |user| user["phoneNumbers"] = phone("+34"), 400);
    uncreated(&mut perk, |user| user["phoneNumbers"] = json!([{ "type": "mobile", "value": "+34 123456" }]), 400);
    uncreated(&mut perk, |user| user[TRAVELPERK] = json!({ "gender": "X" }), 400);
    uncreated(&mut perk, |user| user[TRAVELPERK] = json!({ "dateOfBirth": "02/02/1980" }), 400);
    uncreated(&mut perk, |user| user[TRAVELPERK] = json!({ "travelPolicy": "Nope" }), 400);
    uncreated(&mut perk, |user| user[TRAVELPERK] = json!({ "invoiceProfiles": [{ "value": "Nope" }] }), 400);
    uncreated(&mut perk, |user| user[ENTERPRISE] = json!({ "manager": { "value": "999" } }), 400);
    perk.switches.unknown_cost_center = Unknown::Refuse;
    uncreated(&mut perk, |user| user[ENTERPRISE] = json!({ "costCenter": "Nope" }), 400);
    perk.taken_elsewhere.insert("bo@acme.example".to_owned());
    uncreated(&mut perk, |_| (), 409);
    assert!(perk.cost_centers.is_empty());
}

#[test]
fn only_json_is_read() {
    let mut perk = perk();
    let request = Request::new("POST", "/api/v2/scim/Users").with_header("Authorization", &perk.authorization());
    assert_eq!(perk.handle(&request.clone().with_header("Content-Type", "text/plain"), NOW).status, 415);
    let mut request = request.with_header("Content-Type", "application/scim+json");
    assert_eq!(perk.handle(&request, NOW).value()["scimType"], "invalidSyntax");
    request.body = new_user("bo@acme.example").to_string().into_bytes();
    assert_eq!(perk.handle(&request, NOW).status, 201);
}

#[test]
fn a_name_is_taken_in_any_case_even_by_the_archived() {
    let mut perk = perk();
    perk.users.get_mut(100).unwrap().active = false;
    let response = create(&mut perk, &new_user("Ana@Acme.example"));
    assert_eq!((response.status, &response.value()["scimType"]), (409, &json!("uniqueness")));
    create(&mut perk, &new_user("bo@acme.example"));
    let operations = json!([{ "op": "replace", "path": "userName", "value": "ANA@acme.example" }]);
    let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
    assert_eq!(ask(&mut perk, "PATCH", "/api/v2/scim/Users/101", &body).status, 409);
    assert_eq!(patch(&mut perk, &operations).status, 200, "its own name in another case");
}

#[test]
fn put_clears_what_is_left_out() {
    let mut perk = perk();
    let got = ask(&mut perk, "PUT", "/api/v2/scim/Users/100", &new_user("ana.new@acme.example")).value();
    assert_eq!((&got["id"], &got["phoneNumbers"], got.get("title")), (&json!("100"), &json!([]), None));
    assert!(perk.user_by_name("ana@acme.example").is_none());
    assert!(perk.user_by_name("ana.new@acme.example").is_some());
}

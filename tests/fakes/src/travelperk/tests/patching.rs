use super::*;

#[test]
fn patch_forms_of_real_clients() {
    let cost_center = format!("{ENTERPRISE}:costCenter");
    let got = patched(&json!([
        { "op": "replace", "path": "name.givenName", "value": "Anna" },
        { "op": "Replace", "path": "active", "value": "False" },
        { "op": "replace", "path": cost_center, "value": "PROJ001" },
        { "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "100" },
        { "op": "replace", "path": r#"phoneNumbers[type eq "work"].value"#, "value": "+34 999999" },
    ]));
    assert_eq!(got["name"]["givenName"], "Anna");
    assert_eq!(got["name"]["familyName"], "Núñez");
    assert_eq!(got["active"], false);
    assert_eq!(got[ENTERPRISE]["costCenter"], "PROJ001");
    assert_eq!(got[ENTERPRISE]["manager"]["value"], "100");
    assert_eq!(got["phoneNumbers"], json!([{ "value": "+34 999999", "type": "work" }]));

    let got = patched(&json!([
        { "op": "replace", "value": { "active": false, "name.familyName": "X", cost_center.clone(): "Y" } },
        { "op": "add", "value": { ENTERPRISE: { "manager": { "value": "100" } } } },
    ]));
    assert_eq!((&got["active"], &got["name"]["familyName"]), (&json!(false), &json!("X")));
    assert_eq!((&got[ENTERPRISE]["costCenter"], &got[ENTERPRISE]["manager"]["value"]), (&json!("Y"), &json!("100")));
}

#[test]
fn multi_values_are_appended_replaced_and_removed() {
    let two = json!([{ "op": "add", "path": "phoneNumbers", "value": [{ "type": "work", "value": "+34 555555" }] }]);
    assert_eq!(patched(&two)["phoneNumbers"].as_array().unwrap().len(), 2);
    let same = json!([{ "op": "add", "path": "phoneNumbers", "value": [{ "type": "work", "value": "+34 123456" }] }]);
    assert_eq!(patched(&same)["phoneNumbers"].as_array().unwrap().len(), 1);
    let other = json!([{ "op": "replace", "path": "phoneNumbers", "value": [{ "value": "+34 555555" }] }]);
    assert_eq!(patched(&other)["phoneNumbers"], json!([{ "type": "work", "value": "+34 555555" }]));
    for path in ["phoneNumbers", r#"phoneNumbers[type eq "work"]"#, r#"phoneNumbers[type eq "work"].value"#] {
        assert_eq!(patched(&json!([{ "op": "remove", "path": path }]))["phoneNumbers"], json!([]), "{path}");
    }
    let removed = json!([{ "op": "remove", "path": "title" }]);
    assert_eq!(patched(&removed).get("title"), None);
}

#[test]
fn a_filter_without_a_match_has_no_target() {
    let remove = json!({ "op": "remove", "path": "phoneNumbers" });
    let path = r#"phoneNumbers[type eq "work"].value"#;
    unpatched(&json!([remove, { "op": "replace", "path": path, "value": "+34 555555" }]), "noTarget");
    let added = patched(&json!([remove, { "op": "add", "path": path, "value": "+34 555555" }]));
    assert_eq!(added["phoneNumbers"], json!([{ "type": "work", "value": "+34 555555" }]));
}

#[test]
fn patches_that_are_refused_change_nothing() {
    let good = json!({ "op": "replace", "path": "title", "value": "Boss" });
    let with = |bad: Value| json!([good, bad]);
    unpatched(&json!([]), "invalidSyntax");
    unpatched(&with(json!({ "op": "move", "path": "title" })), "invalidSyntax");
    unpatched(&with(json!({ "op": "remove" })), "noTarget");
    unpatched(&with(json!({ "op": "replace", "path": "costCenter", "value": "x" })), "invalidPath");
    unpatched(&with(json!({ "op": "replace", "value": { "displayName": "x" } })), "invalidPath");
    unpatched(&with(json!({ "op": "replace", "path": "id", "value": "7" })), "mutability");
    unpatched(&with(json!({ "op": "replace", "path": "meta", "value": {} })), "mutability");
    unpatched(&with(json!({ "op": "remove", "path": "userName" })), "mutability");
    unpatched(&with(json!({ "op": "remove", "path": "name" })), "mutability");
    let display = format!("{ENTERPRISE}:manager.displayName");
    unpatched(&with(json!({ "op": "replace", "path": display, "value": "x" })), "mutability");
    unpatched(&with(json!({ "op": "replace", "path": "active", "value": "maybe" })), "invalidValue");
    unpatched(&with(json!({ "op": "replace", "path": "userName", "value": null })), "invalidValue");
    unpatched(&with(json!({ "op": "replace", "path": "title" })), "invalidValue");
    let manager = format!("{ENTERPRISE}:manager.value");
    unpatched(&with(json!({ "op": "replace", "path": manager, "value": "999" })), "invalidValue");
}

#[test]
fn a_patch_may_answer_204_unless_attributes_are_asked_for() {
    let mut perk = perk();
    perk.switches.patch_answers_204 = true;
    let response = patch(&mut perk, &json!([{ "op": "replace", "path": "active", "value": false }]));
    assert_eq!((response.status, response.body.len()), (204, 0));
    assert!(!perk.users.get(100).unwrap().active);
    let body = json!({ "schemas": [PATCH_OP], "Operations": [{ "op": "replace", "path": "title", "value": "x" }] });
    assert_eq!(ask(&mut perk, "PATCH", "/api/v2/scim/Users/100?attributes=id", &body).status, 200);
}

#[test]
fn dropped_attributes_are_not_written() {
    let mut perk = perk();
    perk.drops.extend(["title".to_owned(), "costCenter".to_owned()]);
    let path = format!("{ENTERPRISE}:costCenter");
    let response = patch(
        &mut perk,
        &json!([{ "op": "replace", "path": "title", "value": "x" }, { "op": "add", "path": path, "value": "y" }]),
    );
    assert_eq!((response.status, &response.value()["title"]), (200, &json!("Accountant")));
    assert!(perk.cost_centers.is_empty());
}

#[test]
fn an_archived_cost_center_may_stay_but_not_be_chosen() {
    let mut perk = perk();
    let id = perk.insert_cost_center("Old");
    perk.users.get_mut(100).unwrap().cost_center = Some("Old".to_owned());
    perk.cost_centers.get_mut(&id).unwrap().archived = true;
    perk.switches.unknown_cost_center = Unknown::Refuse;
    assert_eq!(patch(&mut perk, &json!([{ "op": "replace", "path": "title", "value": "x" }])).status, 200);
    let mut body = new_user("bo@acme.example");
    body[ENTERPRISE] = json!({ "costCenter": "Old" });
    assert_eq!(create(&mut perk, &body).status, 400);
    perk.switches.unknown_cost_center = Unknown::Create;
    assert_eq!(create(&mut perk, &body).status, 201);
    assert_eq!(perk.cost_centers.len(), 2);
}

#[test]
fn the_line_manager_may_be_named_by_email() {
    let mut perk = perk();
    create(&mut perk, &new_user("bo@acme.example"));
    let operation =
        json!([{ "op": "add", "path": format!("{TRAVELPERK}:lineManagerEmail"), "value": "bo@acme.example" }]);
    assert_eq!(patch(&mut perk, &operation).status, 400);
    perk.switches.line_manager_email = true;
    assert_eq!(patch(&mut perk, &operation).value()[ENTERPRISE]["manager"]["value"], "101");
}

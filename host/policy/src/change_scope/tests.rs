use crate::change_scope::*;
use hibob_contract::directory_sync::FieldChange;
use hibob_contract::types::Person;
use serde_json::json;

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const TRAVELPERK: &str = "urn:ietf:params:scim:schemas:extension:travelperk:2.0:User";

fn text(field: &str, after: Option<&str>) -> FieldChange {
    let after = after.map(|text| Value::Text(text.to_owned()));
    FieldChange { field: field.to_owned(), before: None, after }
}

fn active(after: bool) -> FieldChange {
    FieldChange { field: "active".to_owned(), before: None, after: Some(Value::Flag(after)) }
}

fn manager(field: &str, account_id: Option<&str>) -> FieldChange {
    let person = Person {
        employee_id: Some("8".to_owned()),
        account_id: account_id.map(str::to_owned),
        display_name: String::new(),
    };
    FieldChange { field: field.to_owned(), before: None, after: Some(Value::Person(person)) }
}

/// A change for employee 7, whose account 29 the ledger knows.
fn scope_of(kind: ChangeKind, target: Option<&str>, fields: Vec<FieldChange>) -> ApplyScope {
    scope_with(kind, target, fields, LedgerFacts { owner: Some("7".to_owned()), ..LedgerFacts::default() })
}

fn scope_with(kind: ChangeKind, target: Option<&str>, fields: Vec<FieldChange>, ledger: LedgerFacts) -> ApplyScope {
    let is_cost_center = matches!(kind, ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter);
    let change = Change {
        id: "x".to_owned(),
        kind,
        employee_id: (!is_cost_center).then(|| "7".to_owned()),
        target_id: target.map(str::to_owned),
        display_name: "Sales".to_owned(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields,
        reason: String::new(),
    };
    ApplyScope::new(&change, ledger)
}

fn title() -> Vec<FieldChange> {
    vec![text("title", Some("Lead"))]
}

#[track_caller]
fn write(scope: &ApplyScope, role: Role, method: &Method, path: &str, body: &Json) -> bool {
    scope.check(role, method, path, body.to_string().as_bytes()).is_ok()
}

fn patch(operation: Json) -> Json {
    json!({ "schemas": [PATCH_OP], "Operations": [operation] })
}

fn replace(path: &str, value: Json) -> Json {
    patch(json!({ "op": "replace", "path": path, "value": value }))
}

fn patches(scope: &ApplyScope, operation: &Json) -> bool {
    write(scope, Role::Scim, &Method::PATCH, "/Users/29", operation)
}

#[test]
fn a_change_writes_its_own_account_and_no_other() {
    let title_is_lead = replace("title", json!("Lead"));
    for (path, allowed) in [("/Users/29", true), ("/Users/30", false), ("/Users/2", false), ("/Users/%32%39", false)] {
        let update = scope_of(ChangeKind::Update, Some("29"), title());
        assert_eq!(write(&update, Role::Scim, &Method::PATCH, path, &title_is_lead), allowed, "{path}");
    }
    assert!(!patches(&scope_of(ChangeKind::Create, None, title()), &title_is_lead));
    assert!(!patches(&scope_of(ChangeKind::Update, None, title()), &title_is_lead));
}

/// Every spelling that the built-in plugin uses is allowed, with the value of the change and no other.
#[test]
fn a_change_writes_what_it_says() {
    let own = |path: &str| format!("{ENTERPRISE}:{path}");
    let theirs = |path: &str| format!("{TRAVELPERK}:{path}");
    let work = "phoneNumbers[type eq \"work\"]";
    for (field, path, value) in [
        (text("title", Some("Lead")), "title".to_owned(), json!("Lead")),
        (text("given-name", Some("Ana")), "name.givenName".to_owned(), json!("Ana")),
        (text("user-name", Some("a@x")), "userName".to_owned(), json!("a@x")),
        (text("external-id", Some("7")), "externalId".to_owned(), json!("7")),
        (text("phone", Some("+34")), format!("{work}.value"), json!("+34")),
        (text("phone", Some("+34")), "phoneNumbers".to_owned(), json!([{ "type": "work", "value": "+34" }])),
        (text("cost-center", Some("Sales")), own("costCenter"), json!("Sales")),
        (text("company", Some("Acme")), theirs("invoiceProfiles"), json!([{ "value": "Acme" }])),
        (text("emergency-name", Some("Bo")), theirs("emergencyContact.name"), json!("Bo")),
        (manager("manager", Some("30")), own("manager"), json!({ "value": "30" })),
        (manager("approvers", Some("30")), theirs("approvers"), json!([{ "value": "30", "condition": "x" }])),
    ] {
        let update = || scope_of(ChangeKind::Update, Some("29"), vec![field.clone()]);
        assert!(patches(&update(), &replace(&path, value.clone())), "{path}");
        let other = json!(value.to_string().replace("Ana", "Eve").replace("30", "31") + "x");
        assert!(!patches(&update(), &replace(&path, other)), "{path}");
        assert!(!patches(
            &scope_of(ChangeKind::Update, Some("29"), vec![text("locale", Some("x"))]),
            &replace(&path, value)
        ));
        assert!(!patches(&update(), &patch(json!({ "op": "remove", "path": path }))), "{path}");
    }
    for (field, path) in [
        ("title", "title".to_owned()),
        ("phone", work.to_owned()),
        ("company", theirs("invoiceProfiles")),
        ("manager", own("manager")),
    ] {
        let cleared = scope_of(ChangeKind::Update, Some("29"), vec![text(field, None)]);
        assert!(patches(&cleared, &patch(json!({ "op": "remove", "path": path }))), "{path}");
        assert!(!patches(&cleared, &replace(&path, Json::Null)), "{path}");
    }
}

/// A change of the title allows nothing but the title, however the request is written.
#[test]
fn what_the_change_does_not_name_is_refused_in_every_spelling() {
    for path in [
        "userName",
        "TITLE",
        " title",
        "title ",
        "titles",
        "title[x eq 1]",
        "name",
        "emails",
        "roles",
        "groups",
        "password",
        "phoneNumbers",
        "urn:ietf:params:scim:schemas:core:2.0:User:title",
        "manager",
        "",
    ] {
        let update = scope_of(ChangeKind::Update, Some("29"), title());
        assert!(!patches(&update, &replace(path, json!("Lead"))), "{path}");
    }
    let update = scope_of(ChangeKind::Update, Some("29"), title());
    for body in [
        r#"{"Operations":[{"op":"replace","path":"userName","path":"title","value":"Lead"}]}"#,
        r#"{"Operations":[{"op":"replace","path":"title","Path":"userName","value":"Lead"}]}"#,
        r#"{"Operations":[{"op":"replace","path":"title","value":"Lead","value":"x"}]}"#,
        r#"{"Operations":[],"operations":[{"op":"replace","path":"active","value":false}]}"#,
        r#"{"Operations":[{"op":"Replace","path":"title","value":"Lead"}]}"#,
        r#"{"Operations":[{"op":"remove","path":"title","value":"Lead"}]}"#,
    ] {
        assert!(update.check(Role::Scim, &Method::PATCH, "/Users/29", body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn the_host_sends_its_own_rendering_of_the_body() {
    let update = scope_of(ChangeKind::Update, Some("29"), title());
    let body = r#" {"Operations" : [{"op":"replace","p\u0061th":"title","value":"L\u0065ad"}]} "#;
    let leaves = update.check(Role::Scim, &Method::PATCH, "/Users/29", body.as_bytes()).unwrap();
    assert_eq!(leaves, r#"{"Operations":[{"op":"replace","path":"title","value":"Lead"}]}"#);
}

#[test]
fn active_is_for_archiving_and_reactivating_only() {
    for (kind, planned, written, allowed) in [
        (ChangeKind::Update, false, json!(false), false),
        (ChangeKind::Adopt, true, json!(true), false),
        (ChangeKind::Archive, false, json!(false), true),
        (ChangeKind::Archive, true, json!(true), false),
        (ChangeKind::Archive, false, json!("False"), false),
        (ChangeKind::Reactivate, true, json!(true), true),
        (ChangeKind::Reactivate, false, json!(false), false),
    ] {
        let scope = scope_of(kind, Some("29"), vec![active(planned)]);
        assert_eq!(patches(&scope, &replace("active", written.clone())), allowed, "{kind:?} {written}");
        assert!(!patches(&scope, &replace("ACTIVE", written)), "{kind:?}");
    }
    let update = scope_of(ChangeKind::Update, Some("29"), vec![active(false)]);
    assert!(!patches(&update, &patch(json!({ "op": "replace", "value": { "active": false } }))));
    let archive = scope_of(ChangeKind::Archive, Some("29"), [vec![active(false)], title()].concat());
    assert!(!patches(&archive, &replace("title", json!("Lead"))));
}

#[test]
fn an_account_that_the_ledger_does_not_know_is_not_written_to() {
    let title_is_lead = replace("title", json!("Lead"));
    for (kind, owner, allowed) in [
        (ChangeKind::Update, Some("7"), true),
        (ChangeKind::Update, Some("8"), false),
        (ChangeKind::Update, None, false),
        (ChangeKind::Adopt, None, false),
        (ChangeKind::Adopt, Some("8"), true), // the employee was rehired under a new id
        (ChangeKind::Reactivate, None, false),
    ] {
        let ledger = LedgerFacts { owner: owner.map(str::to_owned), ..LedgerFacts::default() };
        let scope = scope_with(kind, Some("29"), title(), ledger);
        assert_eq!(patches(&scope, &title_is_lead), allowed, "{kind:?} {owner:?}");
    }
    let archive = scope_with(ChangeKind::Archive, Some("29"), vec![active(false)], LedgerFacts::default());
    assert!(!patches(&archive, &replace("active", json!(false))));
}

/// An account without an external id and a change without an employee do not match each other.
#[test]
fn an_account_that_carries_nobodys_id_is_not_that_of_a_change_about_nobody() {
    let change = Change {
        id: "x".to_owned(),
        kind: ChangeKind::Archive,
        employee_id: None,
        target_id: Some("29".to_owned()),
        display_name: String::new(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: vec![active(false)],
        reason: String::new(),
    };
    let scope = ApplyScope::new(&change, LedgerFacts::default());
    let shown = json!({ "id": "29", "active": true }).to_string();
    scope.note_answer(Role::Scim, &Method::GET, "/Users/29", StatusCode::OK, shown.as_bytes());
    assert!(!patches(&scope, &replace("active", json!(false))));
}

/// A run created the account, and was interrupted before it could record that.
#[test]
fn an_account_that_carries_the_employees_id_is_written_to_though_the_ledger_does_not_know_it() {
    for (owner, carried, allowed) in [(None, "7", true), (None, "8", false), (None, "", false), (Some("8"), "7", false)]
    {
        let ledger = || LedgerFacts { owner: owner.map(str::to_owned), ..LedgerFacts::default() };
        let update = scope_with(ChangeKind::Update, Some("29"), title(), ledger());
        let archive = scope_with(ChangeKind::Archive, Some("29"), vec![active(false)], ledger());
        for (scope, patch) in [(update, replace("title", json!("Lead"))), (archive, replace("active", json!(false)))] {
            let shown = json!({ "id": "29", "externalId": carried, "active": true }).to_string();
            scope.note_answer(Role::Scim, &Method::GET, "/Users/29", StatusCode::OK, shown.as_bytes());
            assert_eq!(patches(&scope, &patch), allowed, "{owner:?} {carried}");
        }
    }
}

/// An employee who is rehired may have a new id; the plan then names the former one.
#[test]
fn an_account_of_the_former_id_is_changed_where_the_plan_names_it() {
    let fields = || vec![FieldChange { before: Some(Value::Text("6".to_owned())), ..text("external-id", Some("7")) }];
    let ledger = |owner: &str| LedgerFacts { owner: Some(owner.to_owned()), ..LedgerFacts::default() };
    let new_id = replace("externalId", json!("7"));
    assert!(patches(&scope_with(ChangeKind::Update, Some("29"), fields(), ledger("6")), &new_id));
    assert!(!patches(&scope_with(ChangeKind::Update, Some("29"), fields(), ledger("5")), &new_id));
    for (external, active, allowed) in [("6", false, true), ("6", true, false), ("5", false, false)] {
        let scope = scope_with(ChangeKind::Reactivate, Some("29"), fields(), LedgerFacts::default());
        let shown = json!({ "id": "29", "externalId": external, "active": active }).to_string();
        scope.note_answer(Role::Scim, &Method::GET, "/Users/29", StatusCode::OK, shown.as_bytes());
        assert_eq!(patches(&scope, &new_id), allowed, "{external} {active}");
    }
}

#[test]
fn an_account_is_adopted_if_the_target_shows_that_it_is_free() {
    for (shown, allowed) in [
        (json!({ "id": "29", "userName": "a@x" }), true),
        (json!({ "id": "29", "externalId": "" }), true),
        (json!({ "id": "29", "externalId": "7" }), true),
        (json!({ "Resources": [{ "id": 29, "externalId": null }] }), true),
        (json!({ "id": "29", "externalId": "8" }), false),
        (json!({ "id": "30" }), false),
    ] {
        let scope = scope_with(ChangeKind::Adopt, Some("29"), title(), LedgerFacts::default());
        scope.note_answer(Role::Scim, &Method::GET, "/Users/29", StatusCode::OK, shown.to_string().as_bytes());
        assert_eq!(patches(&scope, &replace("title", json!("Lead"))), allowed, "{shown}");
    }
}

#[test]
fn a_new_account_is_as_the_change_says() {
    let create = || {
        let fields = vec![
            text("external-id", Some("7")),
            text("user-name", Some("a@x")),
            text("given-name", Some("Ana")),
            text("emergency-name", Some("Bo")),
            manager("manager", None),
        ];
        let ledger = LedgerFacts { manager_account_id: Some("30".to_owned()), ..LedgerFacts::default() };
        scope_with(ChangeKind::Create, None, fields, ledger)
    };
    let tries = |body: Json| write(&create(), Role::Scim, &Method::POST, "/Users", &body);
    let user = json!({
        "schemas": [ENTERPRISE],
        "active": true,
        "externalId": "7",
        "userName": "a@x",
        "name": { "givenName": "Ana" },
        ENTERPRISE: { "manager": { "value": "30" } },
        TRAVELPERK: { "emergencyContact": { "name": "Bo" } },
    });
    assert!(tries(user.clone()));
    for (pointer, value) in [
        ("/externalId", json!("8")),
        ("/active", json!(false)),
        ("/userName", json!("b@x")),
        ("/name/givenName", json!("Eve")),
        ("/name", json!({ "givenName": "Ana", "familyName": "Eve" })),
        ("/name", json!("Ana")),
    ] {
        let mut other = user.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        assert!(!tries(other), "{pointer}");
    }
    for (key, value) in [("id", json!("29")), ("EXTERNALID", json!("8")), ("roles", json!([])), ("title", json!("x"))] {
        let mut other = user.clone();
        other.as_object_mut().unwrap().insert(key.to_owned(), value);
        assert!(!tries(other), "{key}");
    }
    assert!(!tries(json!({ "active": true, "userName": "a@x" })));
}

#[test]
fn writes_are_counted() {
    let update = scope_of(ChangeKind::Update, Some("29"), title());
    let tries: Vec<bool> = (0..4).map(|_| patches(&update, &replace("title", json!("Lead")))).collect();
    assert_eq!(tries, [true, true, false, false]);
}

#[test]
fn cost_centers_are_created_and_restored_and_nothing_else() {
    let make = |body: Json| {
        let scope = scope_of(ChangeKind::CreateCostCenter, None, title());
        write(&scope, Role::CostCenters, &Method::POST, "/cost_centers", &body)
    };
    assert!(make(json!({ "name": "Sales" })));
    assert!(!make(json!({ "name": "Other" })));
    assert!(!make(json!({ "name": "Sales", "approver_id": 1 })));
    let restore = |path: &str, body: Json| {
        let scope = scope_of(ChangeKind::RestoreCostCenter, Some("3"), title());
        write(&scope, Role::CostCenters, &Method::PATCH, path, &body)
    };
    assert!(restore("/cost_centers/3", json!({ "archive": false })));
    assert!(!restore("/cost_centers/4", json!({ "archive": false })));
    assert!(!restore("/cost_centers/3", json!({ "archive": true })));
    assert!(!restore("/cost_centers/3", json!({ "archive": false, "name": "x" })));
}

/// A change that the plugin reports as made counts as made only if the target's answers show it.
#[test]
fn a_change_is_made_where_an_answer_shows_it() {
    let user =
        |external: &str, active: bool| json!({ "id": "29", "externalId": external, "active": active }).to_string();
    let shows = |kind, method: &Method, status, body: &str| {
        let scope = scope_of(kind, Some("29"), title());
        scope.note_answer(Role::Scim, method, "/Users/29", status, body.as_bytes());
        scope.shows("29")
    };
    let ok = StatusCode::OK;
    assert!(shows(ChangeKind::Update, &Method::PATCH, StatusCode::NO_CONTENT, ""));
    assert!(!shows(ChangeKind::Update, &Method::PATCH, StatusCode::BAD_REQUEST, &user("7", true)));
    assert!(shows(ChangeKind::Adopt, &Method::GET, ok, &user("7", true)));
    assert!(!shows(ChangeKind::Adopt, &Method::GET, ok, &user("8", true)));
    assert!(shows(ChangeKind::Archive, &Method::GET, ok, &user("7", false)));
    assert!(!shows(ChangeKind::Archive, &Method::GET, ok, &user("7", true)));
    assert!(!shows(ChangeKind::Reactivate, &Method::GET, ok, &user("7", false)));
    assert!(!scope_of(ChangeKind::Update, Some("29"), title()).shows("29"));
    let adopt = scope_with(ChangeKind::Adopt, Some("29"), Vec::new(), LedgerFacts::default());
    adopt.note_answer(Role::Scim, &Method::GET, "/Users/29", ok, json!({ "id": "29" }).to_string().as_bytes());
    assert!(!adopt.shows("29"), "an account of nobody is not adopted by being looked at");
    let create = scope_of(ChangeKind::Create, None, title());
    create.note_answer(Role::Scim, &Method::POST, "/Users", StatusCode::CREATED, user("7", true).as_bytes());
    assert!(create.shows("29") && !create.shows("30"));
}

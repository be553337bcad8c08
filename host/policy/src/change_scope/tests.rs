use crate::change_scope::*;
use hibob_contract::directory_sync::FieldChange;
use hibob_contract::types::Person;
use http::StatusCode;
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
    ApplyScope::new(&change, ledger, settings())
}

/// The conditions of a tenant whose line managers approve.
fn settings() -> TargetSettings {
    TargetSettings { approver_conditions: vec!["out of policy".to_owned()], ..TargetSettings::default() }
}

fn title() -> Vec<FieldChange> {
    vec![text("title", Some("Lead"))]
}

fn write(scope: &ApplyScope, role: Role, method: &Method, path: &str, body: &Json) -> bool {
    scope.check_write(role, method, path, None, body.to_string().as_bytes()).is_ok()
}

/// Has the scope take in an answer to a request that wrote these fields.
fn answer(scope: &ApplyScope, method: &Method, path: &str, fields: &[&'static str], status: StatusCode, body: &str) {
    let sent = Sent {
        role: Role::Scim,
        method: method.clone(),
        path: path.to_owned(),
        has_query: false,
        fields: fields.to_vec(),
        began: scope.moment(),
    };
    scope.note_answer(&sent, status, body.as_bytes());
}

/// Has the scope take in the account 29 as `GET /Users/29` shows it.
fn show(scope: &ApplyScope, user: &Json) {
    answer(scope, &Method::GET, "/Users/29", &[], StatusCode::OK, &user.to_string());
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
        (text("cost-center", Some("Sales")), own("costCenter"), json!("Sales")),
        (text("company", Some("Acme")), theirs("invoiceProfiles"), json!([{ "value": "Acme" }])),
        (text("emergency-name", Some("Bo")), theirs("emergencyContact.name"), json!("Bo")),
        (manager("manager", Some("30")), own("manager"), json!({ "value": "30" })),
        (
            manager("approvers", Some("30")),
            theirs("approvers"),
            json!([{ "value": "30", "condition": "out of policy" }]),
        ),
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
    let phone = |verb: &str, kind: &str| {
        let value = json!([{ "type": kind, "value": "+34" }]);
        let update = scope_of(ChangeKind::Update, Some("29"), vec![text("phone", Some("+34"))]);
        patches(&update, &patch(json!({ "op": verb, "path": "phoneNumbers", "value": value })))
    };
    assert!(phone("add", "work"));
    assert!(!phone("add", "home"));
    assert!(!phone("replace", "work"), "that would remove the other numbers");
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
        let whole = format!(r#"{{"schemas":["{PATCH_OP}"],{}"#, body.strip_prefix('{').unwrap());
        for body in [body, &whole] {
            let checked = update.check_write(Role::Scim, &Method::PATCH, "/Users/29", None, body.as_bytes());
            assert!(checked.is_err(), "{body}");
        }
    }
}

#[test]
fn the_host_sends_its_own_rendering_of_the_body() {
    let update = scope_of(ChangeKind::Update, Some("29"), title());
    let body = format!(
        r#" {{"Operations" : [{{"op":"replace","p\u0061th":"title","value":"L\u0065ad"}}], "schemas": ["{PATCH_OP}"]}} "#
    );
    let leaves = update.check_write(Role::Scim, &Method::PATCH, "/Users/29", None, body.as_bytes()).unwrap();
    let operation = r#"{"op":"replace","path":"title","value":"Lead"}"#;
    assert_eq!(leaves.body, format!(r#"{{"Operations":[{operation}],"schemas":["{PATCH_OP}"]}}"#));
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
        (ChangeKind::Adopt, Some("8"), false),
        (ChangeKind::Reactivate, Some("8"), false),
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
    let scope = ApplyScope::new(&change, LedgerFacts::default(), settings());
    show(&scope, &json!({ "id": "29", "userName": "a@x", "active": true }));
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
            show(&scope, &json!({ "id": "29", "userName": "a@x", "externalId": carried, "active": true }));
            assert_eq!(patches(&scope, &patch), allowed, "{owner:?} {carried}");
        }
    }
}

/// An employee who is rehired may have a new id; the plan then names the former one, and the target has to show it.
#[test]
fn an_account_is_given_to_another_employee_only_where_plan_ledger_and_target_agree() {
    let new_id = replace("externalId", json!("7"));
    let fields = |former: Option<&str>| {
        let before = former.map(|id| Value::Text(id.to_owned()));
        vec![FieldChange { before, ..text("external-id", Some("7")) }]
    };
    for (kind, owner, former, carried, active, allowed) in [
        // The ledger has it for the former id, which the change names and the target shows.
        (ChangeKind::Update, Some("6"), Some("6"), Some("6"), true, true),
        (ChangeKind::Adopt, Some("6"), Some("6"), Some("6"), true, true),
        (ChangeKind::Reactivate, Some("6"), Some("6"), Some("6"), false, true),
        (ChangeKind::Archive, Some("6"), Some("6"), Some("6"), true, false),
        (ChangeKind::Adopt, Some("6"), Some("6"), None, true, false),
        (ChangeKind::Adopt, Some("6"), None, Some("6"), true, false),
        (ChangeKind::Adopt, Some("5"), Some("6"), Some("6"), true, false),
        (ChangeKind::Adopt, Some("5"), Some("6"), Some("5"), true, false),
        (ChangeKind::Update, Some("5"), Some("6"), Some("6"), true, false),
        // Somebody has removed the id in TravelPerk, or has written the right one there.
        (ChangeKind::Reactivate, Some("6"), None, Some(""), false, true),
        (ChangeKind::Update, Some("6"), None, Some(""), true, false),
        (ChangeKind::Adopt, Some("6"), None, Some("7"), true, true),
        (ChangeKind::Update, Some("6"), None, Some("7"), true, false),
        // The ledger has it for nobody: an archived account from before the sync.
        (ChangeKind::Reactivate, None, Some("6"), Some("6"), false, true),
        (ChangeKind::Reactivate, None, Some("6"), Some("6"), true, false),
        (ChangeKind::Reactivate, None, Some("6"), Some("5"), false, false),
        (ChangeKind::Adopt, None, Some("6"), Some("6"), false, false),
    ] {
        let ledger = LedgerFacts { owner: owner.map(str::to_owned), ..LedgerFacts::default() };
        let scope = scope_with(kind, Some("29"), fields(former), ledger);
        let why = format!("{kind:?} {owner:?} {former:?} {carried:?} {active}");
        assert!(!patches(&scope, &new_id), "nothing was read: {why}");
        if let Some(carried) = carried {
            show(&scope, &json!({ "id": "29", "userName": "a@x", "externalId": carried, "active": active }));
        }
        assert_eq!(patches(&scope, &new_id), allowed, "{why}");
    }
}

/// An account of another employee is not taken by a change that keeps its external id.
#[test]
fn an_account_is_not_taken_without_its_external_id() {
    let ledger = || LedgerFacts { owner: Some("6".to_owned()), ..LedgerFacts::default() };
    for carried in ["6", ""] {
        let scope = scope_with(ChangeKind::Adopt, Some("29"), title(), ledger());
        show(&scope, &json!({ "id": "29", "userName": "a@x", "externalId": carried, "active": true }));
        assert!(!patches(&scope, &replace("title", json!("Lead"))), "{carried}");
    }
}

/// After the first write of a change its other fields are written, though the account is no longer as it was.
#[test]
fn fields_are_written_one_by_one_after_the_first() {
    let external = FieldChange { before: Some(Value::Text("6".to_owned())), ..text("external-id", Some("7")) };
    let fields = || [title(), vec![external.clone(), active(true)]].concat();
    let owned = |owner: Option<&str>| LedgerFacts { owner: owner.map(str::to_owned), ..LedgerFacts::default() };
    for owner in [None, Some("6")] {
        let scope = scope_with(ChangeKind::Reactivate, Some("29"), fields(), owned(owner));
        show(&scope, &json!({ "id": "29", "userName": "a@x", "externalId": "6", "active": false }));
        let shown = json!({ "id": "29", "userName": "a@x", "externalId": "6", "active": true });
        assert!(patches(&scope, &replace("active", json!(true))));
        answer(&scope, &Method::PATCH, "/Users/29", &["active"], StatusCode::OK, &shown.to_string());
        assert!(patches(&scope, &replace("externalId", json!("7"))), "{owner:?}");
        answer(&scope, &Method::PATCH, "/Users/29", &["external-id"], StatusCode::NO_CONTENT, "");
        assert!(patches(&scope, &replace("title", json!("Lead"))), "{owner:?}");
    }
}

#[test]
fn an_account_is_adopted_if_the_target_shows_that_it_is_free() {
    let name = "a@x";
    for (shown, allowed) in [
        (json!({ "id": "29", "userName": name }), true),
        (json!({ "id": 29, "userName": name }), true),
        (json!({ "id": "29", "userName": name, "externalId": "" }), true),
        (json!({ "id": "29", "userName": name, "externalId": null }), true),
        (json!({ "id": "29", "userName": name, "externalId": "7" }), true),
        (json!({ "id": "29", "userName": name, "externalId": "8" }), false),
        (json!({ "id": "29", "userName": name, "externalId": ["8"] }), false),
        (json!({ "id": "29", "userName": name, "externalid": "8" }), false),
        (json!({ "id": "29", "userName": name, "EXTERNALID": 8 }), false),
        (json!({ "id": "29", "userName": name, "urn:ietf:params:scim:schemas:core:2.0:User:externalId": "8" }), false),
        (json!({ "id": "29" }), false),
        (json!({ "id": "29", "userName": "" }), false),
        (json!({ "id": "30", "userName": name }), false),
        (json!({ "Resources": [{ "id": "29", "userName": name }] }), false),
    ] {
        let scope = scope_with(ChangeKind::Adopt, Some("29"), title(), LedgerFacts::default());
        show(&scope, &shown);
        assert_eq!(patches(&scope, &replace("title", json!("Lead"))), allowed, "{shown}");
    }
}

/// Only the whole account shows that it has no external id: not an answer to a query, nor to a write, nor one that can
/// be read in two ways.
#[test]
fn what_is_left_out_of_an_answer_is_not_free() {
    let user = json!({ "id": "29", "userName": "a@x" }).to_string();
    let listed = format!(r#"{{"Resources":[{user}]}}"#);
    let sent = |method: &Method, path: &str, has_query: bool| Sent {
        role: Role::Scim,
        method: method.clone(),
        path: path.to_owned(),
        has_query,
        fields: Vec::new(),
        began: 1,
    };
    for (sent, body) in [
        (sent(&Method::GET, "/Users/29", true), user.as_str()),
        (sent(&Method::GET, "/Users/30", false), &user),
        (sent(&Method::GET, "/Users", false), &listed),
        (sent(&Method::GET, "/Users", true), &listed),
        (sent(&Method::GET, "/Users/29", false), r#"{"id":"29","userName":"a@x","externalId":"8","externalId":null}"#),
    ] {
        let scope = scope_with(ChangeKind::Adopt, Some("29"), title(), LedgerFacts::default());
        scope.note_answer(&sent, StatusCode::OK, body.as_bytes());
        assert!(!patches(&scope, &replace("title", json!("Lead"))), "{sent:?}");
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
        let people = BTreeMap::from([("8".to_owned(), "30".to_owned())]);
        let ledger = LedgerFacts { people, ..LedgerFacts::default() };
        scope_with(ChangeKind::Create, None, fields, ledger)
    };
    let tries = |body: Json| write(&create(), Role::Scim, &Method::POST, "/Users", &body);
    let user = json!({
        "schemas": [USER, ENTERPRISE, TRAVELPERK],
        "active": true,
        "externalId": "7",
        "userName": "a@x",
        "name": { "givenName": "Ana" },
        ENTERPRISE: { "manager": { "value": "30" } },
        TRAVELPERK: { "emergencyContact": { "name": "Bo" } },
    });
    assert!(tries(user.clone()));
    let mut reordered = user.clone();
    reordered["schemas"] = json!([TRAVELPERK, USER, ENTERPRISE]);
    assert!(tries(reordered));
    for (pointer, value) in [
        ("/schemas", json!([USER])),
        ("/schemas", json!([USER, ENTERPRISE, TRAVELPERK, "a note"])),
        ("/schemas", json!("a note")),
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
    for (key, value) in [
        ("id", json!("29")),
        ("EXTERNALID", json!("8")),
        ("roles", json!([])),
        ("title", json!("x")),
        ("name.givenName", json!("Ana")),
        ("\u{17f}chemas", json!("a note")),
    ] {
        let mut other = user.clone();
        other.as_object_mut().unwrap().insert(key.to_owned(), value);
        assert!(!tries(other), "{key}");
    }
    assert!(!tries(json!({ "schemas": [USER], "active": true, "userName": "a@x" })));
    let scope = create();
    assert!(write(&scope, Role::Scim, &Method::POST, "/Users", &user));
    answer(&scope, &Method::POST, "/Users", &[], StatusCode::CREATED, "");
    assert!(!write(&scope, Role::Scim, &Method::POST, "/Users", &user), "it is created already");
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
        let scope = scope_of(ChangeKind::CreateCostCenter, None, vec![text("name", Some("Sales"))]);
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

/// Nothing leaves beside what the change says: no query, no further key, no text in `schemas`, no header of the plugin.
#[test]
fn a_write_has_nothing_beside_the_change() {
    let update = || scope_of(ChangeKind::Update, Some("29"), [title(), vec![text("locale", Some("x"))]].concat());
    let title_is_lead = json!({ "op": "replace", "path": "title", "value": "Lead" });
    let body = patch(title_is_lead.clone());
    let checked = |query, body: &Json| {
        update().check_write(Role::Scim, &Method::PATCH, "/Users/29", query, body.to_string().as_bytes())
    };
    let sent = checked(None, &body).unwrap();
    let header = |name: &str| sent.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!((header("accept"), header("content-type")), (Some(JSON), Some(JSON)));
    assert_eq!((header("api-version"), sent.headers.len(), sent.query.as_ref()), (Some("1"), 3, None));
    for query in ["", "x=1", "attributes=id"] {
        assert!(checked(Some(query), &body).is_err(), "{query}");
    }
    for (key, value) in [
        ("schemas", json!([PATCH_OP, "a note"])),
        ("schemas", json!(["a note"])),
        ("schemas", json!(PATCH_OP)),
        ("schemas", Json::Null),
        ("Operations", json!([])),
        ("Operations", json!([title_is_lead, title_is_lead])),
        ("Operations", json!([{ "op": "replace", "path": "title", "value": "Lead", "note": "x" }])),
        ("Operations", json!([{ "op": "replace", "path": "title", "value": "Lead", "Value": "x" }])),
        ("operations", json!([])),
        ("\u{17f}chemas", json!(["a note"])),
        ("note", json!("x")),
    ] {
        let mut more = body.clone();
        more.as_object_mut().unwrap().insert(key.to_owned(), value);
        assert!(checked(None, &more).is_err(), "{more}");
    }
}

#[test]
fn a_change_reads_its_target_and_searches_for_its_own_values() {
    let fields = vec![text("user-name", Some("a@x"))];
    let asks = |role, path: &str, query: Option<&str>, body: &[u8]| {
        scope_of(ChangeKind::Update, Some("29"), fields.clone()).check_read(role, &Method::GET, path, query, body)
    };
    for (role, path, query) in [
        (Role::Scim, "/Users/29", None),
        (Role::Scim, "/Users/30", None),
        (Role::Scim, "/Users", Some("filter=userName%20eq%20%22a%40x%22")),
        (Role::Scim, "/Users", Some("filter=externalId%20eq%20%227%22")),
        (Role::CostCenters, "/cost_centers", Some("offset=0&limit=50")),
    ] {
        let sent = asks(role, path, query, b"").unwrap();
        assert_eq!((sent.query.as_deref(), sent.headers.len(), sent.body.len()), (query, 2, 0), "{path} {query:?}");
        assert!(asks(role, path, query, b"{}").is_err());
    }
    for (role, path, query) in [
        (Role::Scim, "/Users/29", "excludedAttributes=externalId"),
        (Role::Scim, "/Users/29", "attributes=userName"),
        (Role::Scim, "/Users/29", ""),
        (Role::Scim, "/Users", "startIndex=1&count=50"),
        (Role::Scim, "/Users", "filter=userName%20eq%20%22b%40x%22"),
        (Role::Scim, "/Users/29", "filter=userName%20eq%20%22a%40x%22"),
        (Role::Rest, "/profiles", "offset=0"),
        (Role::CostCenters, "/cost_centers", "name=a%40x"),
        (Role::CostCenters, "/cost_centers/3", "offset=0"),
    ] {
        assert!(asks(role, path, Some(query), b"").is_err(), "{path}?{query}");
    }
}

#[test]
fn the_conditions_of_approvers_are_the_operators() {
    let path = format!("{TRAVELPERK}:approvers");
    let fields = || vec![manager("approvers", Some("30"))];
    let one = |condition: &str| json!({ "value": "30", "condition": condition });
    for (value, allowed) in [
        (json!([one("out of policy")]), true),
        (json!([one("always")]), false),
        (json!([one("out of policy"), one("always")]), false),
        (json!([one("out of policy"), one("out of policy")]), false),
        (json!([one("Out of policy")]), false),
        (json!([{ "value": "30" }]), false),
        (json!([]), false),
    ] {
        let scope = scope_of(ChangeKind::Update, Some("29"), fields());
        assert_eq!(patches(&scope, &replace(&path, value.clone())), allowed, "{value}");
    }
    let without = LedgerFacts { owner: Some("7".to_owned()), ..LedgerFacts::default() };
    let change = scope_with(ChangeKind::Update, Some("29"), vec![manager("approvers", None)], without);
    assert!(!patches(&change, &replace(&path, json!([{ "value": "", "condition": "out of policy" }]))));
    assert!(
        !patches(&change, &patch(json!({ "op": "remove", "path": path }))),
        "the manager is not known, not cleared"
    );
}

mod created;
mod made;

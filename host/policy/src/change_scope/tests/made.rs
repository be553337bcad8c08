//! What the target's answers show of a change.

use super::*;

fn apart_from(fields: &[&str]) -> Made {
    Made::ApartFrom(fields.iter().map(ToString::to_string).collect())
}

/// A change that the plugin reports as made counts as made only if the target's answers show it.
#[test]
fn a_change_is_made_where_an_answer_shows_it() {
    let user = |external: &str, active: bool| {
        json!({ "id": "29", "userName": "a@x", "externalId": external, "active": active, "title": "Lead" }).to_string()
    };
    let of = |kind, fields: Vec<FieldChange>, method: &Method, written: &[&'static str], status, body: &str| {
        let scope = scope_of(kind, Some("29"), fields);
        answer(&scope, method, "/Users/29", written, status, body);
        scope.made("29")
    };
    let (ok, empty, bad) = (StatusCode::OK, StatusCode::NO_CONTENT, StatusCode::BAD_REQUEST);
    let (get, patch) = (&Method::GET, &Method::PATCH);
    let state = |active_| vec![active(active_)];
    assert_eq!(of(ChangeKind::Update, title(), patch, &["title"], empty, ""), apart_from(&[]));
    assert_eq!(of(ChangeKind::Update, title(), patch, &["title"], bad, &user("7", true)), Made::Nothing);
    assert_eq!(of(ChangeKind::Adopt, title(), get, &[], ok, &user("7", true)), apart_from(&[]));
    assert_eq!(of(ChangeKind::Adopt, title(), get, &[], ok, &user("8", true)), Made::Nothing);
    assert_eq!(of(ChangeKind::Archive, state(false), get, &[], ok, &user("7", false)), apart_from(&[]));
    assert_eq!(of(ChangeKind::Archive, state(false), get, &[], ok, &user("7", true)), Made::Nothing);
    assert_eq!(of(ChangeKind::Reactivate, state(true), get, &[], ok, &user("7", false)), Made::Nothing);
    assert_eq!(scope_of(ChangeKind::Update, Some("29"), title()).made("29"), Made::Nothing);
    let adopt = scope_with(ChangeKind::Adopt, Some("29"), Vec::new(), LedgerFacts::default());
    show(&adopt, &json!({ "id": "29", "userName": "a@x" }));
    assert_eq!(adopt.made("29"), Made::Nothing, "an account of nobody is not adopted by being looked at");
    let create = scope_of(ChangeKind::Create, None, title());
    answer(&create, &Method::POST, "/Users", &["title"], StatusCode::CREATED, &user("7", true));
    assert_eq!((create.made("29"), create.made("30")), (apart_from(&[]), Made::Nothing));
}

/// Fields count one by one: what was not in an accepted write, and what a later answer shows otherwise, was not made.
#[test]
fn fields_count_one_by_one() {
    let fields = || [title(), vec![text("phone", Some("+34 600")), text("user-name", Some("A@x"))]].concat();
    let user = |title: &str, phone: &str| {
        let phones = json!([{ "type": "home", "value": "1" }, { "type": "Work", "value": phone }]);
        json!({ "id": "29", "userName": "a@x", "externalId": "7", "title": title, "phoneNumbers": phones })
    };
    let update = || scope_of(ChangeKind::Update, Some("29"), fields());
    let write = |scope: &ApplyScope, fields: &[&'static str], body: &str| {
        answer(scope, &Method::PATCH, "/Users/29", fields, StatusCode::OK, body);
    };
    let all = ["title", "phone", "user-name"];
    let scope = update();
    show(&scope, &user("Old", "+1"));
    assert_eq!(scope.made("29"), apart_from(&["phone", "title"]), "the user name is as planned");
    write(&scope, &["title"], "");
    assert_eq!(scope.made("29"), apart_from(&["phone"]));
    write(&scope, &["phone"], "");
    assert_eq!(scope.made("29"), apart_from(&[]));
    show(&scope, &user("Old", "+34600"));
    assert_eq!(scope.made("29"), apart_from(&["title"]), "a later answer shows otherwise");
    show(&scope, &user("Lead", "+34600"));
    assert_eq!(scope.made("29"), apart_from(&[]), "and one after that as planned");
    let scope = update();
    write(&scope, &all, &user("Old", "+1").to_string());
    assert_eq!(scope.made("29"), apart_from(&["phone", "title"]), "the answer to the write shows otherwise");
    let scope = update();
    write(&scope, &all, &json!({ "id": "30", "userName": "b@x", "title": "Other" }).to_string());
    assert_eq!(scope.made("29"), apart_from(&[]), "the answer shows another account");
}

/// Whether an account is active counts only by a read that began after the last accepted write: what the answer to the
/// write says does not count.
#[test]
fn state_is_what_a_read_after_the_write_shows() {
    let archive = || scope_of(ChangeKind::Archive, Some("29"), vec![active(false)]);
    let user = |active: Json| json!({ "id": "29", "userName": "a@x", "externalId": "7", "active": active });
    for body in [String::new(), "{}".to_owned()]
        .into_iter()
        .chain([Json::Null, json!(true), json!(false), json!("False"), json!(0)].map(|active| user(active).to_string()))
    {
        let scope = archive();
        show(&scope, &user(json!(true)));
        answer(&scope, &Method::PATCH, "/Users/29", &["active"], StatusCode::OK, &body);
        assert_eq!(scope.made("29"), Made::StateUnseen, "{body}");
        show(&scope, &user(json!(true)));
        assert_eq!(scope.made("29"), Made::StateUnseen, "{body}, then a read that is stale");
        show(&scope, &user(Json::Null));
        assert_eq!(scope.made("29"), Made::StateUnseen, "{body}, then a read that does not say it");
        show(&scope, &user(json!(false)));
        assert_eq!(scope.made("29"), apart_from(&[]), "{body}, then a read that shows it");
        answer(&scope, &Method::PATCH, "/Users/29", &["active"], StatusCode::OK, "");
        assert_eq!(scope.made("29"), Made::StateUnseen, "{body}, then another write");
    }
}

/// A read that began before the answer to the write was there may show what was before it, or show it too early.
#[test]
fn a_read_that_began_before_the_write_does_not_count() {
    let scope = scope_of(ChangeKind::Archive, Some("29"), vec![active(false)]);
    let archived = json!({ "id": "29", "userName": "a@x", "externalId": "7", "active": false });
    let read = |scope: &ApplyScope| {
        let read = scope.check_read(Role::Scim, &Method::GET, "/Users/29", None, &[]).unwrap();
        move |scope: &ApplyScope| scope.note_answer(&read.sent, StatusCode::OK, archived.to_string().as_bytes())
    };
    let answered = read(&scope);
    answer(&scope, &Method::PATCH, "/Users/29", &["active"], StatusCode::OK, "");
    answered(&scope);
    assert_eq!(scope.made("29"), Made::StateUnseen);
}

/// The host reads the state in every form in which services have been seen to send it.
#[test]
fn state_is_read_in_every_form() {
    for (shown, made) in [
        (json!({ "active": "False" }), true),
        (json!({ "active": 0 }), true),
        (json!({ "active": "0" }), true),
        (json!({ "ACTIVE": false }), true),
        (json!({ "active": 1 }), false),
        (json!({ "active": "no" }), false),
        (json!({}), false),
    ] {
        let scope = scope_of(ChangeKind::Archive, Some("29"), vec![active(false)]);
        answer(&scope, &Method::PATCH, "/Users/29", &["active"], StatusCode::NO_CONTENT, "");
        let mut user = json!({ "ID": "29", "USERNAME": "a@x", "EXTERNALID": "7" });
        user.as_object_mut().unwrap().extend(shown.as_object().unwrap().clone());
        show(&scope, &user);
        assert_eq!(scope.made("29"), if made { apart_from(&[]) } else { Made::StateUnseen }, "{user}");
    }
}

/// A phone without a known type, and a manager that is no object, are shown too.
#[test]
fn odd_forms_of_values_are_shown() {
    let of = |field: FieldChange, user: Json| {
        let scope = scope_of(ChangeKind::Update, Some("29"), vec![field]);
        let mut shown = json!({ "id": "29", "userName": "a@x", "externalId": "7" });
        shown.as_object_mut().unwrap().extend(user.as_object().unwrap().clone());
        show(&scope, &shown);
        scope.made("29") == apart_from(&[])
    };
    let phone = |phones: Json| of(text("phone", Some("+34 600")), json!({ "phoneNumbers": phones }));
    assert!(phone(json!([{ "value": "+34600", "primary": true }])));
    assert!(phone(json!([{ "Value": "+1", "Type": "Office" }, { "VALUE": "+34600" }])));
    assert!(!phone(json!([{ "value": "+34600", "type": "mobile" }])));
    assert!(!phone(json!([{ "value": "+34600" }, { "value": "+1", "type": "work" }])));
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let is_manager = |value: Json| of(manager("manager", Some("31")), json!({ enterprise: { "manager": value } }));
    for value in [json!("31"), json!(31), json!([{ "VALUE": "31" }]), json!({ "$ref": "https://x/Users/31/" })] {
        assert!(is_manager(value.clone()), "{value}");
    }
    assert!(!is_manager(json!("32")) && !is_manager(json!({})));
}

#[test]
fn a_cost_center_is_made_where_it_is_shown() {
    let made = |kind, id: Option<&str>, method: &Method, path: &str, body: Json| {
        let scope = scope_of(kind, id, Vec::new());
        let (method, path) = (method.clone(), path.to_owned());
        let sent = Sent { role: Role::CostCenters, method, path, has_query: false, fields: Vec::new(), began: 1 };
        scope.note_answer(&sent, StatusCode::OK, body.to_string().as_bytes());
        scope.made("3")
    };
    let center = |name: &str, archived: bool| json!({ "id": 3, "name": name, "archived": archived });
    let create = |method: &Method, body: Json| made(ChangeKind::CreateCostCenter, None, method, "/cost_centers", body);
    assert_eq!(create(&Method::POST, center("Sales", false)), apart_from(&[]));
    assert_eq!(create(&Method::GET, json!({ "cost_centers": [{ "id": 3, "name": "Sales" }] })), apart_from(&[]));
    assert_eq!(create(&Method::GET, json!({ "cost_centers": [] })), Made::Nothing);
    assert_eq!(create(&Method::GET, center("Other", false)), Made::Nothing);
    assert_eq!(create(&Method::POST, json!({})), Made::Nothing);
    let restore =
        |method: &Method, body: Json| made(ChangeKind::RestoreCostCenter, Some("3"), method, "/cost_centers/3", body);
    assert_eq!(restore(&Method::PATCH, center("Sales", false)), apart_from(&[]));
    assert_eq!(restore(&Method::PATCH, center("Sales", true)), apart_from(&["archived"]));
    assert_eq!(restore(&Method::GET, center("Sales", true)), Made::Nothing);
}

//! Tests of reading accounts.

use super::*;

#[test]
fn a_user_is_read_and_empty_texts_are_none() {
    let account: Account = serde_json::from_str(
        r#"{"id":"29","externalId":"","userName":"a@b.c","active":"False","name":{"givenName":"Ana","familyName":null},
            "phoneNumbers":[{"value":"1","type":"home"},{"value":"+34 1","type":"Work"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"costCenter":"X","manager":{"value":3}}}"#,
    )
    .unwrap();
    assert_eq!((&*account.id, account.state, account.has_work_phone), ("29", State::Archived, true));
    assert_eq!(account.text(TextField::ExternalId), None);
    assert_eq!(account.text(TextField::Phone), Some("+34 1"));
    assert_eq!(account.text(TextField::CostCenter), Some("X"));
    assert_eq!(account.manager, Manager::Account("3".into()));
}

#[test]
fn fields_of_an_odd_shape_are_empty() {
    let account: Account = serde_json::from_str(
        r#"{"id":29,"userName":"a@b.c","title":7,"name":"Ana","active":1,"preferredLanguage":{"a":[1]},
            "phoneNumbers":[null,"x",{"value":["+1"],"type":"work"}],"groups":[[]]}"#,
    )
    .unwrap();
    assert_eq!((&*account.id, account.state), ("29", State::Active));
    assert_eq!(account.text(TextField::Title), Some("7"));
    assert_eq!(account.text(TextField::GivenName), None);
    assert_eq!(account.text(TextField::Phone), None);
}

/// Every field of the table is read from the place to which it is written.
#[test]
fn every_field_that_is_written_is_read() {
    use crate::change::{Change, ChangeKind, FieldChange};
    use crate::field::TEXT_FIELDS;
    use crate::value::{NamedValue, PersonRef, Value};
    let url = |name: &str| NamedValue { name: name.to_owned(), value: Value::Text("https://x".to_owned()) };
    let settings = crate::settings::Settings::read(&["hibob-url", "scim-url"].map(url)).unwrap();
    let manager = Value::Person(PersonRef { employee_id: None, account_id: None, display_name: String::new() });
    let fields = Field::all().map(|field| {
        let after = match field {
            Field::Text(text) => Value::Text(format!("a {}", text.name())),
            Field::Manager | Field::Approvers => manager.clone(),
            Field::Active => Value::Flag(true),
        };
        FieldChange { field: field.name().to_owned(), before: None, after: Some(after) }
    });
    let change = Change {
        id: "create:7".to_owned(),
        kind: ChangeKind::Create,
        employee_id: Some("7".to_owned()),
        target_id: None,
        display_name: String::new(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields: fields.collect(),
        reason: String::new(),
    };
    let request = crate::scim::create(&settings, &change, Some("3"));
    let mut user: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    user["id"] = "29".into();
    let account: Account = serde_json::from_value(user).unwrap();
    for field in TEXT_FIELDS {
        assert_eq!(account.text(field), Some(&*format!("a {}", field.name())));
    }
    assert_eq!((account.state, account.manager), (State::Active, Manager::Account("3".into())));
}

#[test]
fn a_key_that_is_there_twice_is_an_error_if_it_is_read() {
    let travelperk = crate::field::TRAVELPERK;
    for twice in [
        r#""title":"a","title":"a""#.to_owned(),
        r#""name":{},"name":{}"#.to_owned(),
        r#""active":true,"active":true"#.to_owned(),
        r#""active":true,"ACTIVE":false"#.to_owned(),
        r#""ID":"30""#.to_owned(),
        format!(r#""{travelperk}":{{"gender":"M","gender":null}}"#),
    ] {
        assert!(serde_json::from_str::<Account>(&format!(r#"{{"id":"29",{twice}}}"#)).is_err(), "{twice}");
    }
    assert!(serde_json::from_str::<Account>(r#"{"id":"29","groups":1,"groups":2}"#).is_ok());
}

/// Attribute names, sub-attributes and URNs have no case (RFC 7643, section 2.1).
#[test]
fn names_are_read_in_any_case() {
    let account: Account = serde_json::from_str(
        r#"{"ID":"29","EXTERNALID":"7","username":"a@b.c","Active":false,"NAME":{"GIVENNAME":"Ana"},
            "phonenumbers":[{"Value":"+34 1","TYPE":"WORK"}],
            "URN:IETF:PARAMS:SCIM:SCHEMAS:EXTENSION:ENTERPRISE:2.0:USER":{"COSTCENTER":"X","Manager":{"VALUE":"3"}},
            "urn:ietf:params:scim:schemas:extension:TravelPerk:2.0:User":{"Approvers":[{"Value":"4","Condition":"C"}]}}"#,
    )
    .unwrap();
    let texts =
        [TextField::ExternalId, TextField::UserName, TextField::GivenName, TextField::Phone, TextField::CostCenter];
    let read = texts.map(|field| account.text(field).unwrap_or_default());
    assert_eq!(read, ["7", "a@b.c", "Ana", "+34 1", "X"]);
    assert_eq!((&*account.id, account.state, account.manager), ("29", State::Archived, Manager::Account("3".into())));
    assert_eq!(*account.approvers, [Approver { account: "4".into(), condition: "C".into() }]);
}

#[test]
fn the_state_is_read_in_every_form_and_is_unknown_in_any_other() {
    let state = |active: &str| {
        let account: Account = serde_json::from_str(&format!(r#"{{"id":"29"{active}}}"#)).unwrap();
        account.state
    };
    for active in ["true", r#""True""#, "1", r#""1""#, r#""TRUE""#] {
        assert_eq!(state(&format!(r#","active":{active}"#)), State::Active, "{active}");
    }
    for active in ["false", r#""False""#, "0", r#""0""#] {
        assert_eq!(state(&format!(r#","active":{active}"#)), State::Archived, "{active}");
    }
    for active in ["null", "2", "-1", r#""""#, r#""yes""#, "[true]", r#"{"value":true}"#, "0.5"] {
        assert_eq!(state(&format!(r#","active":{active}"#)), State::Unknown, "{active}");
    }
    assert_eq!(state(""), State::Unknown);
}

#[test]
fn a_manager_is_read_in_every_form() {
    let manager = |value: &str| {
        let user = format!(r#"{{"id":"29","{}":{{"manager":{value}}}}}"#, crate::field::ENTERPRISE);
        serde_json::from_str::<Account>(&user).unwrap().manager
    };
    for value in [
        r#""3""#,
        "3",
        r#"{"value":"3"}"#,
        r#"[{"value":3}]"#,
        r#"{"$ref":"https://x/scim/Users/3/"}"#,
        r#"{"$ref":"../Users/3"}"#,
    ] {
        assert_eq!(manager(value), Manager::Account("3".into()), "{value}");
    }
    for value in ["null", r#""""#, "{}", "[]", r#"{"value":""}"#] {
        assert_eq!(manager(value), Manager::Nobody, "{value}");
    }
}

#[test]
fn without_a_work_phone_those_of_no_known_type_are_read() {
    let phone = |phones: &str| {
        let account: Account = serde_json::from_str(&format!(r#"{{"id":"29","phoneNumbers":{phones}}}"#)).unwrap();
        (account.text(TextField::Phone).map(str::to_owned), account.has_work_phone)
    };
    let read = |text: &str, is_work| (Some(text.to_owned()), is_work);
    assert_eq!(phone(r#"[{"value":"+1","primary":true}]"#), read("+1", false));
    assert_eq!(phone(r#"[{"value":"+1"},{"value":"+2","primary":"true"}]"#), read("+2\u{1f}+1", false));
    assert_eq!(phone(r#"[{"value":"+1","type":"Office"},{"value":"+2","type":"mobile"}]"#), read("+1", false));
    assert_eq!(phone(r#"[{"value":"+1"},{"value":"+2","type":"work"}]"#), read("+2", true));
    assert_eq!(phone(r#"[{"value":"+1","type":"Home","primary":true}]"#), (None, false));
}

#[test]
fn a_row_that_cannot_be_read_says_what_it_can() {
    let row = |json: &str| match serde_json::from_str::<Row>(json).unwrap() {
        Row::Broken(broken) => broken,
        Row::Account(account) => panic!("{account:?}"),
    };
    let broken = row(r#"{"userName":"a@b.c","externalId":"7","id":null}"#);
    assert_eq!((broken.id, broken.user_name.as_deref()), (None, Some("a@b.c")));
    assert_eq!((broken.external_id.as_deref(), broken.why), (Some("7"), "it has no id"));
    assert_eq!(row(r#"{"id":"29","title":"a","TITLE":"b"}"#).id.as_deref(), Some("29"));
    for none in ["null", "1", "1.5", "-1", "true", r#""x""#, "[{}]"] {
        assert_eq!(row(none), BrokenRow::NO_OBJECT);
    }
}

#[test]
fn a_user_without_an_id_is_an_error() {
    assert!(serde_json::from_str::<Account>(r#"{"userName":"a@b.c"}"#).is_err());
    assert!(serde_json::from_str::<Account>(r#"{"id":"","userName":"a@b.c"}"#).is_err());
}

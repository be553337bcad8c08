//! What is asked of the target and written to it.

use super::{ENTERPRISE, PATCH_OP, TRAVELPERK, USER};
use crate::change::Change;
use crate::field::{ACTIVE, APPROVERS, MANAGER, TextField};
use crate::http::{Method, Request, SCIM_URL, Side, percent_encode};
use crate::settings::Settings;
use crate::value::Value as FieldValue;
use serde_json::{Map, Value, json};

/// `GET /ServiceProviderConfig` (RFC 7644, section 4).
pub fn service_provider_config(settings: &Settings) -> Request {
    get(settings, "/ServiceProviderConfig", "/ServiceProviderConfig")
}

/// `GET /ResourceTypes` (RFC 7644, section 4).
pub fn resource_types(settings: &Settings) -> Request {
    get(settings, "/ResourceTypes", "/ResourceTypes")
}

/// One page of `GET /Users`; `start` counts from 1 (RFC 7644, section 3.4.2.4).
pub fn list_users(settings: &Settings, start: usize, count: usize) -> Request {
    get(settings, &format!("/Users?startIndex={start}&count={count}"), "/Users")
}

/// `GET /Users` with a filter on the user name, the only one that TravelPerk is known to support. A server may ignore
/// a filter: the caller checks every result.
pub fn find_by_user_name(settings: &Settings, user_name: &str) -> Request {
    // A filter's value is a JSON string (RFC 7644, section 3.4.2.2).
    let filter = format!("userName eq {}", Value::from(user_name));
    get(settings, &format!("/Users?filter={}", percent_encode(&filter)), "/Users?filter")
}

/// `GET /Users/{id}`.
pub fn get_user(settings: &Settings, account_id: &str) -> Request {
    get(settings, &format!("/Users/{}", percent_encode(account_id)), "/Users/{id}")
}

/// `POST /Users` with the fields of a change; `manager` is the manager's account id.
pub fn create(settings: &Settings, change: &Change, manager: Option<&str>) -> Request {
    let mut user = Map::new();
    let mut name = Map::new();
    let mut enterprise = Map::new();
    let mut travelperk = Map::new();
    let mut contact = Map::new();
    user.insert(ACTIVE.to_owned(), Value::Bool(true));
    for field in &change.fields {
        let Some(FieldValue::Text(text)) = &field.after else {
            continue;
        };
        let value = Value::from(text.as_str());
        match TextField::from_name(&field.field) {
            Some(TextField::UserName) => user.insert("userName".to_owned(), value),
            Some(TextField::ExternalId) => user.insert("externalId".to_owned(), value),
            Some(TextField::GivenName) => name.insert("givenName".to_owned(), value),
            Some(TextField::FamilyName) => name.insert("familyName".to_owned(), value),
            Some(TextField::Title) => user.insert("title".to_owned(), value),
            Some(TextField::Phone) => {
                user.insert("phoneNumbers".to_owned(), json!([{ "type": "work", "value": value }]))
            }
            Some(TextField::Language) => user.insert("preferredLanguage".to_owned(), value),
            Some(TextField::Locale) => user.insert("locale".to_owned(), value),
            Some(TextField::CostCenter) => enterprise.insert("costCenter".to_owned(), value),
            Some(TextField::Gender) => travelperk.insert("gender".to_owned(), value),
            Some(TextField::DateOfBirth) => travelperk.insert("dateOfBirth".to_owned(), value),
            Some(TextField::Country) => travelperk.insert("countryOfResidence".to_owned(), value),
            Some(TextField::TravelPolicy) => travelperk.insert("travelPolicy".to_owned(), value),
            Some(TextField::Company) => travelperk.insert("invoiceProfiles".to_owned(), json!([{ "value": value }])),
            Some(TextField::EmergencyName) => contact.insert("name".to_owned(), value),
            Some(TextField::EmergencyPhone) => contact.insert("phone".to_owned(), value),
            None => None,
        };
    }
    if change.field(MANAGER).is_some() {
        enterprise.insert(MANAGER.to_owned(), json!({ "value": manager }));
    }
    if change.field(APPROVERS).is_some() {
        travelperk.insert(APPROVERS.to_owned(), approvers(settings, manager));
    }
    let mut schemas = vec![USER];
    user.insert("name".to_owned(), Value::Object(name));
    if !enterprise.is_empty() {
        schemas.push(ENTERPRISE);
        user.insert(ENTERPRISE.to_owned(), Value::Object(enterprise));
    }
    if !contact.is_empty() {
        travelperk.insert("emergencyContact".to_owned(), Value::Object(contact));
    }
    if !travelperk.is_empty() {
        schemas.push(TRAVELPERK);
        user.insert(TRAVELPERK.to_owned(), Value::Object(travelperk));
    }
    user.insert("schemas".to_owned(), json!(schemas));
    write(settings, Method::Post, "/Users", "/Users", &Value::Object(user))
}

/// `PATCH /Users/{id}` with every field of a change in one request, which the server makes as a whole or not at all
/// (RFC 7644, section 3.5.2). `manager` is the manager's account id, where the change sets one.
///
/// Only `replace` and `add` with a path, and `remove` to empty a field: PUT would clear what the traveller entered.
pub fn patch(settings: &Settings, account_id: &str, change: &Change, manager: Option<&str>) -> Request {
    let mut operations = Vec::new();
    for field in &change.fields {
        let operation = match (TextField::from_name(&field.field), field.field.as_str(), &field.after) {
            (Some(text), _, Some(FieldValue::Text(value))) => set_text(text, value, field.before.is_some()),
            (Some(text), _, None) => json!({ "op": "remove", "path": remove_path(text) }),
            (None, ACTIVE, Some(FieldValue::Flag(active))) => {
                json!({ "op": "replace", "path": "active", "value": active })
            }
            (None, MANAGER, Some(_)) => {
                json!({ "op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": { "value": manager } })
            }
            (None, APPROVERS, Some(_)) => {
                json!({ "op": "replace", "path": format!("{TRAVELPERK}:approvers"), "value": approvers(settings, manager) })
            }
            (None, MANAGER, None) => json!({ "op": "remove", "path": format!("{ENTERPRISE}:manager") }),
            _ => continue,
        };
        operations.push(operation);
    }
    let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
    write(settings, Method::Patch, &format!("/Users/{}", percent_encode(account_id)), "/Users/{id}", &body)
}

/// The line manager, once for each condition that the operator gave.
fn approvers(settings: &Settings, manager: Option<&str>) -> Value {
    let conditions = settings.approvals.iter().flat_map(|approvals| &approvals.conditions);
    conditions.map(|condition| json!({ "value": manager, "condition": condition })).collect()
}

fn set_text(field: TextField, value: &str, replaces: bool) -> Value {
    if field == TextField::Phone {
        // `replace` with a value filter that matches nothing is an error (section 3.5.2.3), so a first phone is added.
        return if replaces {
            json!({ "op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": value })
        } else {
            json!({ "op": "add", "path": "phoneNumbers", "value": [{ "type": "work", "value": value }] })
        };
    }
    if field == TextField::Company {
        return json!({ "op": "replace", "path": path(field), "value": [{ "value": value }] });
    }
    json!({ "op": "replace", "path": path(field), "value": value })
}

fn path(field: TextField) -> String {
    match field {
        TextField::UserName => "userName".to_owned(),
        TextField::ExternalId => "externalId".to_owned(),
        TextField::GivenName => "name.givenName".to_owned(),
        TextField::FamilyName => "name.familyName".to_owned(),
        TextField::Title => "title".to_owned(),
        TextField::Phone => "phoneNumbers".to_owned(),
        TextField::Language => "preferredLanguage".to_owned(),
        TextField::Locale => "locale".to_owned(),
        TextField::CostCenter => format!("{ENTERPRISE}:costCenter"),
        TextField::Gender => format!("{TRAVELPERK}:gender"),
        TextField::DateOfBirth => format!("{TRAVELPERK}:dateOfBirth"),
        TextField::Country => format!("{TRAVELPERK}:countryOfResidence"),
        TextField::TravelPolicy => format!("{TRAVELPERK}:travelPolicy"),
        TextField::Company => format!("{TRAVELPERK}:invoiceProfiles"),
        TextField::EmergencyName => format!("{TRAVELPERK}:emergencyContact.name"),
        TextField::EmergencyPhone => format!("{TRAVELPERK}:emergencyContact.phone"),
    }
}

fn remove_path(field: TextField) -> String {
    match field {
        TextField::Phone => "phoneNumbers[type eq \"work\"]".to_owned(),
        _ => path(field),
    }
}

fn get(settings: &Settings, path: &str, label: &str) -> Request {
    Request {
        side: Side::Target,
        setting: SCIM_URL,
        method: Method::Get,
        url: format!("{}{path}", settings.scim_url),
        label: label.to_owned(),
        headers: headers(settings, false),
        body: Vec::new(),
    }
}

fn write(settings: &Settings, method: Method, path: &str, label: &str, body: &Value) -> Request {
    Request {
        side: Side::Target,
        setting: SCIM_URL,
        method,
        url: format!("{}{path}", settings.scim_url),
        label: label.to_owned(),
        headers: headers(settings, true),
        body: body.to_string().into_bytes(),
    }
}

fn headers(settings: &Settings, with_body: bool) -> Vec<(&'static str, String)> {
    let mut headers = vec![("Accept", settings.content_type.clone()), ("Api-Version", "1".to_owned())];
    if with_body {
        headers.push(("Content-Type", settings.content_type.clone()));
    }
    headers
}

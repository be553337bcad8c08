//! The requests to TravelPerk's SCIM service.

use super::{PATCH_OP, USER};
use crate::change::Change;
use crate::field::{ENTERPRISE, Field, PLACES, Place, TRAVELPERK, TextField, TextShape};
use crate::http::{Method, Request, SCIM_URL, Side, percent_encode};
use crate::settings::Settings;
use crate::value::Value as FieldValue;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

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

/// `GET /Users` with a filter on the user name, the only filter that TravelPerk is known to support. A server may
/// ignore it, so the caller has to check every result.
pub fn find_by_user_name(settings: &Settings, user_name: &str) -> Request {
    // A filter's value is a JSON string (RFC 7644, section 3.4.2.2).
    let filter = format!("userName eq {}", Value::from(user_name));
    get(settings, &format!("/Users?filter={}", percent_encode(&filter)), "/Users?filter")
}

/// `GET /Users` with a filter on the external id, which a server may refuse or ignore.
pub fn find_by_external_id(settings: &Settings, external_id: &str) -> Request {
    let filter = format!("externalId eq {}", Value::from(external_id));
    get(settings, &format!("/Users?filter={}", percent_encode(&filter)), "/Users?filter")
}

/// `GET /Users/{id}`.
pub fn get_user(settings: &Settings, account_id: &str) -> Request {
    get(settings, &format!("/Users/{}", percent_encode(account_id)), "/Users/{id}")
}

/// `POST /Users` with the fields of a change; `manager` is the manager's account id.
pub fn create(settings: &Settings, change: &Change, manager: Option<&str>) -> Request {
    let mut objects: BTreeMap<Place, Map<String, Value>> = BTreeMap::new();
    objects.entry(Place::Name).or_default(); // sent even if it is empty
    let mut put = |field: Field, value: Value| {
        let row = field.row();
        objects.entry(row.place).or_default().insert(row.attribute.to_owned(), value);
    };
    put(Field::Active, Value::Bool(true));
    for change in &change.fields {
        match (Field::from_name(&change.field), &change.after) {
            (Some(field @ Field::Text(text)), Some(FieldValue::Text(value))) => put(field, shaped(text, value)),
            (Some(field @ Field::Manager), _) => put(field, json!({ "value": manager })),
            (Some(field @ Field::Approvers), _) => put(field, approvers(settings, manager)),
            (Some(Field::Text(_) | Field::Active) | None, _) => {}
        }
    }
    // Put each object into the one around it, from the inside out.
    for place in PLACES.into_iter().rev() {
        if let Some((parent, key)) = place.within()
            && let Some(object) = objects.remove(&place)
        {
            objects.entry(parent).or_default().insert(key.to_owned(), Value::Object(object));
        }
    }
    let mut user = objects.remove(&Place::User).unwrap_or_default();
    let extensions = [ENTERPRISE, TRAVELPERK].into_iter().filter(|urn| user.contains_key(*urn));
    let schemas: Vec<&str> = [USER].into_iter().chain(extensions).collect();
    user.insert("schemas".to_owned(), json!(schemas));
    write(settings, Method::Post, "/Users", "/Users", &Value::Object(user))
}

/// `PATCH /Users/{id}` with all fields of a change in one request, which the server carries out as a whole or not at
/// all (RFC 7644, section 3.5.2). `manager` is the account id of the line manager, if the change writes one. `has_work_phone`
/// says whether the account has a phone of the type `work`, which can be replaced.
///
/// Uses `replace` and `add` with a path, and `remove` to empty a field. PUT is not used, as it would clear what
/// travellers entered.
pub fn patch(
    settings: &Settings,
    account_id: &str,
    change: &Change,
    manager: Option<&str>,
    has_work_phone: bool,
) -> Request {
    let replace =
        |field: Field, value: Value| json!({ "op": "replace", "path": attribute_path(field), "value": value });
    let mut operations = Vec::new();
    for change in &change.fields {
        let Some(field) = Field::from_name(&change.field) else { continue };
        let operation = match (field, &change.after) {
            (Field::Text(text), Some(FieldValue::Text(value))) => set_text(text, value, has_work_phone),
            (Field::Text(text), None) => json!({ "op": "remove", "path": remove_path(text) }),
            (Field::Active, Some(FieldValue::Flag(active))) => replace(field, Value::Bool(*active)),
            (Field::Manager, Some(_)) => replace(field, json!({ "value": manager })),
            (Field::Manager, None) => json!({ "op": "remove", "path": attribute_path(field) }),
            (Field::Approvers, Some(_)) => replace(field, approvers(settings, manager)),
            (Field::Text(_) | Field::Active, Some(_)) | (Field::Active | Field::Approvers, None) => continue,
        };
        operations.push(operation);
    }
    let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
    write(settings, Method::Patch, &format!("/Users/{}", percent_encode(account_id)), "/Users/{id}", &body)
}

/// The line manager as an approver, once for each condition of the settings.
fn approvers(settings: &Settings, manager: Option<&str>) -> Value {
    let conditions = settings.approvals.iter().flat_map(|approvals| &approvals.conditions);
    conditions.map(|condition| json!({ "value": manager, "condition": condition })).collect()
}

/// The value of a text field's attribute.
fn shaped(field: TextField, value: &str) -> Value {
    match field.text_row().shape {
        TextShape::Plain => Value::from(value),
        TextShape::WorkPhone => json!([{ "type": "work", "value": value }]),
        TextShape::List => json!([{ "value": value }]),
    }
}

fn set_text(field: TextField, value: &str, has_work_phone: bool) -> Value {
    let path = attribute_path(Field::Text(field));
    match field.text_row().shape {
        // `replace` with a value filter that matches nothing is an error (RFC 7644, section 3.5.2.3), so a first phone
        // is added.
        TextShape::WorkPhone if has_work_phone => {
            json!({ "op": "replace", "path": format!("{}.value", remove_path(field)), "value": value })
        }
        TextShape::WorkPhone => json!({ "op": "add", "path": path, "value": shaped(field, value) }),
        TextShape::Plain | TextShape::List => json!({ "op": "replace", "path": path, "value": shaped(field, value) }),
    }
}

/// The path of a field's attribute in a PATCH (RFC 7644, section 3.5.2).
pub fn attribute_path(field: Field) -> String {
    let row = field.row();
    row.place.path(row.attribute)
}

/// The path by which a text field is emptied. Of several phones it names only the one of type `work`.
fn remove_path(field: TextField) -> String {
    let path = attribute_path(Field::Text(field));
    match field.text_row().shape {
        TextShape::WorkPhone => format!("{path}[type eq \"work\"]"),
        TextShape::Plain | TextShape::List => path,
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

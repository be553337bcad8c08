//! What is asked of HiBob.

use crate::http::{HIBOB_URL, Method, Request, Side, percent_encode};
use serde_json::json;

/// `POST /people/search` for these fields of everybody, in machine values (the people/search reference page).
///
/// `filters` is left out because an empty list is answered with 400; `showInactive` because leavers and future hires
/// are needed.
pub fn search<'i>(base_url: &str, fields: impl IntoIterator<Item = &'i str>) -> Request {
    let fields: Vec<&str> = fields.into_iter().collect();
    people(base_url, &json!({ "fields": fields, "showInactive": true }))
}

/// `POST /people/search` for these fields of one employee. One filter with one path is all that it takes.
pub fn search_one<'i>(base_url: &str, employee_id: &str, fields: impl IntoIterator<Item = &'i str>) -> Request {
    let fields: Vec<&str> = fields.into_iter().collect();
    let filter = json!({ "fieldPath": "root.id", "operator": "equals", "values": [employee_id] });
    people(base_url, &json!({ "fields": fields, "filters": [filter], "showInactive": true }))
}

fn people(base_url: &str, body: &serde_json::Value) -> Request {
    Request {
        side: Side::HiBob,
        setting: HIBOB_URL,
        method: Method::Post,
        url: format!("{base_url}/people/search"),
        label: "/people/search".to_owned(),
        headers: vec![("Accept", "application/json".to_owned()), ("Content-Type", "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

/// `GET /company/named-lists/{name}`: the names behind the ids of `department` or `title`.
pub fn named_list(base_url: &str, name: &str) -> Request {
    let path = format!("/company/named-lists/{name}");
    get(format!("{base_url}{path}"), path)
}

/// The same with the items that are archived: a leaver keeps a title that nobody gets any more (`includeArchived`, the
/// reference page of named lists).
pub fn named_list_with_archived(base_url: &str, name: &str) -> Request {
    let mut request = named_list(base_url, name);
    request.url.push_str("?includeArchived=true");
    request
}

/// Most employees that one question to a table may name (pagination page).
pub const LIFECYCLE_IDS_MAX: usize = 200;

/// `GET /bulk/people/lifecycle`: a page of these employees' rows, the one after the page that gave `cursor`.
pub fn lifecycle_table(base_url: &str, employee_ids: &[String], cursor: Option<&str>) -> Request {
    let path = "/bulk/people/lifecycle";
    let ids: Vec<String> = employee_ids.iter().map(|id| percent_encode(id)).collect();
    let cursor = cursor.map(|cursor| format!("&cursor={}", percent_encode(cursor))).unwrap_or_default();
    let url = format!("{base_url}{path}?employeeIds={}&limit={LIFECYCLE_IDS_MAX}{cursor}", ids.join(","));
    get(url, path.to_owned())
}

fn get(url: String, label: String) -> Request {
    Request {
        side: Side::HiBob,
        setting: HIBOB_URL,
        method: Method::Get,
        url,
        label,
        headers: vec![("Accept", "application/json".to_owned())],
        body: Vec::new(),
    }
}

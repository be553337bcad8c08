//! The requests to HiBob. All of them only read.

use crate::http::{HIBOB_URL, Method, Request, Side, percent_encode};
use serde_json::json;

/// `POST /people/search` for these fields of all employees, in machine values (the people/search reference page).
///
/// There is no `filters`, because HiBob answers an empty list with 400. `showInactive` is set, because leavers and
/// future hires are needed.
pub fn search<'i>(base_url: &str, fields: impl IntoIterator<Item = &'i str>) -> Request {
    let fields: Vec<&str> = fields.into_iter().collect();
    people(base_url, &json!({ "fields": fields, "showInactive": true }))
}

/// `POST /people/search` for these fields of one employee. HiBob accepts only one filter with one path.
pub fn search_one<'i>(base_url: &str, employee_id: &str, fields: impl IntoIterator<Item = &'i str>) -> Request {
    search_some(base_url, &[employee_id], fields)
}

/// As [`search_one`], of several employees: the filter takes many ids (the reference page of `people/search`).
pub fn search_some<'i>(base_url: &str, employee_ids: &[&str], fields: impl IntoIterator<Item = &'i str>) -> Request {
    let fields: Vec<&str> = fields.into_iter().collect();
    let filter = json!({ "fieldPath": "root.id", "operator": "equals", "values": employee_ids });
    people(base_url, &json!({ "fields": fields, "filters": [filter], "showInactive": true }))
}

/// `POST /people/search` for whoever has one of these work emails, with these fields.
pub fn search_by_email<'i>(base_url: &str, emails: &[&str], fields: impl IntoIterator<Item = &'i str>) -> Request {
    let fields: Vec<&str> = fields.into_iter().collect();
    let filter = json!({ "fieldPath": "root.email", "operator": "equals", "values": emails });
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

/// `GET /company/named-lists/{name}`: the names of a list such as `department`, `title` or `site` by id.
pub fn named_list(base_url: &str, name: &str) -> Request {
    let path = format!("/company/named-lists/{name}");
    get(format!("{base_url}{path}"), path)
}

/// [`named_list`] including archived items, since a leaver may have a title that is not in use any more
/// (`includeArchived`, the reference page of named lists).
pub fn named_list_with_archived(base_url: &str, name: &str) -> Request {
    let mut request = named_list(base_url, name);
    request.url.push_str("?includeArchived=true");
    request
}

/// Most employees that one request for a table may name (pagination page).
pub const LIFECYCLE_IDS_MAX: usize = 200;

/// `GET /bulk/people/lifecycle`: a page of these employees' rows. `cursor` is what the page before gave; none for the
/// first page.
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

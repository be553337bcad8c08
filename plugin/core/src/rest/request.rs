//! The requests to TravelPerk's REST API: three kinds of reads and two kinds of writes.

use super::PAGE_ROWS;
use crate::http::{COST_CENTERS_URL, Method, REST_URL, Request, Side, percent_encode};
use crate::settings::Settings;
use serde_json::{Value, json};

/// One page of `GET /cost_centers`, beginning after `offset` rows.
pub fn list_cost_centers(settings: &Settings, offset: usize) -> Request {
    let path = format!("/cost_centers?offset={offset}&limit={PAGE_ROWS}");
    cost_centers(settings, Method::Get, &path, "/cost_centers", None)
}

/// `GET /cost_centers/{id}`, which says whether it is archived.
pub fn get_cost_center(settings: &Settings, id: &str) -> Request {
    cost_centers(settings, Method::Get, &one(id), "/cost_centers/{id}", None)
}

/// `POST /cost_centers`.
pub fn create_cost_center(settings: &Settings, name: &str) -> Request {
    cost_centers(settings, Method::Post, "/cost_centers", "/cost_centers", Some(&json!({ "name": name })))
}

/// `PATCH /cost_centers/{id}` that restores it. The attribute is `archived` in answers and `archive` in requests.
pub fn restore_cost_center(settings: &Settings, id: &str) -> Request {
    cost_centers(settings, Method::Patch, &one(id), "/cost_centers/{id}", Some(&json!({ "archive": false })))
}

/// One page of `GET /profiles`, beginning after `offset` rows, without the profiles of single travellers.
pub fn list_profiles(settings: &Settings, offset: usize) -> Request {
    let base = settings.rest_url.as_deref().unwrap_or_default();
    let url = format!("{base}/profiles?offset={offset}&limit={PAGE_ROWS}&exclude_personal=true");
    request(REST_URL, Method::Get, url, "/profiles", None)
}

fn one(id: &str) -> String {
    format!("/cost_centers/{}", percent_encode(id))
}

fn cost_centers(settings: &Settings, method: Method, path: &str, label: &str, body: Option<&Value>) -> Request {
    let base = settings.cost_centers_url.as_deref().unwrap_or_default();
    request(COST_CENTERS_URL, method, format!("{base}{path}"), label, body)
}

fn request(setting: &'static str, method: Method, url: String, label: &str, body: Option<&Value>) -> Request {
    let mut headers = vec![("Accept", "application/json".to_owned()), ("Api-Version", "1".to_owned())];
    if body.is_some() {
        headers.push(("Content-Type", "application/json".to_owned()));
    }
    Request {
        side: Side::Target,
        setting,
        method,
        url,
        label: label.to_owned(),
        headers,
        body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
    }
}

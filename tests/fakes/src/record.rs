//! The log of requests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::message::{Request, Service};

/// The most bytes of a body that are logged. It is enough for every write, and limits the memory.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// One request as it arrived, with the status of its answer.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The service that got the request.
    pub service: Service,
    /// The method: `GET`, `POST`, ...
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query as sent.
    pub query: Option<String>,
    /// The headers as sent.
    pub headers: Vec<(String, String)>,
    /// The body, cut after 1 MiB.
    pub body: Vec<u8>,
    /// The status of the answer; 0 if there was none.
    pub status: u16,
    /// The time of the request, in Unix seconds.
    pub at: f64,
}

impl Recorded {
    pub(crate) fn new(service: Service, request: &Request, status: u16, at: f64) -> Self {
        let mut body = request.body.clone();
        body.truncate(BODY_BYTES_MAX);
        Self {
            service,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: request.headers.clone(),
            body,
            status,
            at,
        }
    }

    /// The logged body as JSON; `null` if it is not JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether the request could change something. At HiBob two POST forms are reads: `people/search` and
    /// `people/{id}`.
    #[must_use]
    pub fn is_write(&self) -> bool {
        let changing = matches!(self.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE");
        let reading = self.service == Service::HiBob
            && self.method == "POST"
            && self.path.strip_prefix("/v1/people/").is_some_and(|rest| !rest.contains('/'));
        changing && !reading
    }
}

/// The answer to `/_stand-in/requests`: totals, and counts by method and path, in which ids are replaced by `{id}`.
pub(crate) fn summary(log: &[Recorded], service: Service) -> Value {
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut writes = 0_u64;
    let mut total = 0_u64;
    for entry in log.iter().filter(|entry| entry.service == service) {
        total += 1;
        writes += u64::from(entry.is_write());
        *counts.entry((entry.method.clone(), without_ids(&entry.path))).or_default() += 1;
    }
    let by: Vec<Value> = counts
        .into_iter()
        .map(|((method, path), count)| json!({ "method": method, "path": path, "count": count }))
        .collect();
    json!({ "total": total, "writes": writes, "by": by })
}

/// Replaces ids in a path: `/Users/123` and `/people/a@b.c` become `/Users/{id}` and `/people/{id}`.
fn without_ids(path: &str) -> String {
    let is_id = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits || part.contains('@') || part.to_ascii_lowercase().contains("%40")
    };
    path.split('/').map(|part| if is_id(part) { "{id}" } else { part }).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_grouped() {
        assert_eq!(without_ids("/api/v2/scim/Users/29"), "/api/v2/scim/Users/{id}");
        assert_eq!(without_ids("/v1/people/a%40b.c"), "/v1/people/{id}");
        assert_eq!(without_ids("/v1/people/search"), "/v1/people/search");
    }

    #[test]
    fn reading_posts_are_no_writes() {
        let is_write = |service, method: &str, path: &str| {
            Recorded::new(service, &Request::new(method, path), 200, 0.0).is_write()
        };
        assert!(!is_write(Service::HiBob, "POST", "/v1/people/search"));
        assert!(is_write(Service::HiBob, "POST", "/v1/people"));
        assert!(is_write(Service::HiBob, "PUT", "/v1/people/1"));
        assert!(is_write(Service::TravelPerk, "POST", "/api/v2/scim/Users"));
        assert!(!is_write(Service::TravelPerk, "GET", "/api/v2/scim/Users"));
    }
}

//! The readiness of the host: whether it can do its work.

use crate::api::Api;
use crate::api::act::json;
use crate::serve::Phase;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use std::sync::atomic::Ordering;

/// Answers 200 if the host is ready, otherwise 503. The body only says which part is not ready.
pub(super) async fn readiness(api: &Api) -> Response<Body> {
    let control = api.data.control().tenants().await.is_ok();
    let queue = api.data.queue().waiting().await.is_ok();
    let polled = api.data.queue().last_poll_age().is_some_and(|ago| ago <= api.look_age_max);
    let checks = [
        ("control-database", control),
        ("queue", queue),
        ("worker-loop", polled),
        ("plugin", api.is_plugin_loaded.load(Ordering::Relaxed)),
        ("staying", *api.phase.borrow() == Phase::Work),
    ];
    let missing: Vec<&str> = checks.into_iter().filter(|(_, is_well)| !is_well).map(|(name, _)| name).collect();
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &serde_json::json!({ "ready": missing.is_empty(), "missing": missing }))
}

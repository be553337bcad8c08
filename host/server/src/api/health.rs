//! The readiness of the host: whether it can do its work.

use crate::api::Api;
use crate::api::act::json;
use crate::serve::Phase;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long readiness waits for the database. One that has not answered by then counts as missing. Probes usually give
/// up after a few seconds themselves, and a pool of connections looks for a lost database for half a minute.
pub(super) const READY_WAIT_MAX: Duration = Duration::from_secs(2);

/// Answers 200 if the host is ready, otherwise 503, within [`READY_WAIT_MAX`]. The body only says which part is not
/// ready, and whether the host is draining.
pub(super) async fn readiness(api: &Api) -> Response<Body> {
    let (control, queue) = tokio::join!(
        in_time(async { api.data.control().answers().await.is_ok() }),
        in_time(async { api.data.queue().waiting().await.is_ok() }),
    );
    let polled = api.data.queue().last_poll_age().is_some_and(|ago| ago <= api.look_age_max);
    let is_draining = *api.phase.borrow() != Phase::Work;
    let checks = [
        ("control-database", control),
        ("queue", queue),
        ("worker-loop", polled),
        ("plugin", api.is_plugin_loaded.load(Ordering::Relaxed)),
        ("staying", !is_draining),
    ];
    let missing: Vec<&str> = checks.into_iter().filter(|(_, is_well)| !is_well).map(|(name, _)| name).collect();
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::json!({ "ready": missing.is_empty(), "draining": is_draining, "missing": missing });
    json(status, &body)
}

/// Whether something is well, as far as it answers in time.
async fn in_time(is_well: impl Future<Output = bool>) -> bool {
    tokio::time::timeout(READY_WAIT_MAX, is_well).await.unwrap_or(false)
}

//! The last check of a tenant.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use hibob_base::job::JobKind;
use hibob_store::queue::{Job, Selection};

/// The job of the kind `check` that has ended last, with what it found, and the one that runs or waits.
pub(super) async fn show(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let (queue, tenant) = (request.api.data.queue(), request.tenant());
    let last = queue.last_ended(tenant, JobKind::Check).await?;
    let live = queue.list(Selection { tenant: Some(tenant), ended_max: 0 }).await?;
    let live = live.iter().find(|job| job.kind() == JobKind::Check);
    let body = serde_json::json!({
        "tenant": tenant, "check": last.as_ref().map(Job::json), "running": live.map(Job::json),
    });
    Ok(json(StatusCode::OK, &body))
}

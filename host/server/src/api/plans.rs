//! Plans that wait for approval: listing, showing, approving and rejecting them.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_jobs::approval;
use hibob_jobs::approval::Decider;
use hibob_jobs::plan_changes;
use hibob_jobs::plan_changes::Which;
use hibob_store::api_log::UNKNOWN;
use hibob_store::database::ApprovalRow;
use serde::Deserialize;

/// The body of an approval.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApproveBody {
    by: String,
}

/// The body of a rejection.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RejectBody {
    by: String,
    reason: String,
}

pub(super) async fn list(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let database = request.api.data.tenant_database(request.tenant()).await?;
    let rows = database.approvals(now(), request.query.limit).await?;
    Ok(json(StatusCode::OK, &approval::list_json(request.tenant(), &rows)?))
}

pub(super) async fn show(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let row = found(request).await?;
    let records = request.api.data.records(request.tenant()).await?;
    Ok(json(StatusCode::OK, &approval::show_json(&records, request.tenant(), &row).await?))
}

/// Some of the plan's changes, archivings first.
pub(super) async fn changes(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let row = found(request).await?;
    let records = request.api.data.records(request.tenant()).await?;
    let query = &request.query;
    let which = Which {
        kind: query.kind.as_deref(),
        text: query.text.as_deref(),
        after: query.after.as_deref(),
        limit: usize::try_from(query.limit).unwrap_or(usize::MAX),
    };
    Ok(json(StatusCode::OK, &plan_changes::json(&records, request.tenant(), &row, which).await?))
}

/// Approves the plan and queues the job that applies it. Answers 200 instead of 202 if it was approved before.
pub(super) async fn approve(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let decision: ApproveBody = read(request, r#"{"by": "ana@acme.example"}"#)?;
    let (with, plan) = (with(request), found(request).await?.plan);
    let who = Decider { by: &decision.by, with: &with };
    let decided = approval::approve(&request.api.data, request.tenant(), &plan, who, now()).await?;
    let status = if decided.is_new { StatusCode::ACCEPTED } else { StatusCode::OK };
    let mut response = json(status, &decided.json());
    let place = decided.job.map(|job| HeaderValue::from_str(&format!("/v1/jobs/{job}")));
    if let Some(Ok(place)) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

pub(super) async fn reject(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let decision: RejectBody = read(request, r#"{"by": "ana@acme.example", "reason": "they are still employed"}"#)?;
    let (with, plan) = (with(request), found(request).await?.plan);
    let who = Decider { by: &decision.by, with: &with };
    let decided = approval::reject(&request.api.data, request.tenant(), &plan, who, &decision.reason, now()).await?;
    Ok(json(StatusCode::OK, &decided.json()))
}

fn read<'a, T: Deserialize<'a>>(request: &'a ApiRequest, example: &str) -> Result<T, Problem> {
    serde_json::from_slice(&request.body).map_err(|error| {
        Problem::bad_request(format!("this is not a decision: {error}"), format!("send such as {example}"))
    })
}

async fn found(request: &ApiRequest) -> Result<ApprovalRow, Problem> {
    let database = request.api.data.tenant_database(request.tenant()).await?;
    let name = request.named.name.as_deref().unwrap_or_default();
    approval::find(&database, name, now()).await?.ok_or_else(|| Problem::not_found("plan"))
}

/// How the caller is allowed to decide: by which token.
fn with(request: &ApiRequest) -> String {
    request.token.as_ref().map_or_else(|| UNKNOWN.to_owned(), |token| format!("token {}", token.id))
}

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

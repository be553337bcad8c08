//! Plans that wait for a person: listing, showing, approving and rejecting them.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::Asked;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_jobs::approval;
use hibob_jobs::approval::Decider;
use hibob_store::api_log::UNKNOWN;
use hibob_store::database::ApprovalRow;
use serde::Deserialize;

/// A yes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Yes {
    by: String,
}

/// A no.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct No {
    by: String,
    reason: String,
}

pub(super) async fn list(asked: &Asked) -> Result<Response<Body>, Problem> {
    let database = asked.api.data.tenant_database(asked.tenant()).await?;
    let rows = database.approvals(now(), asked.limit).await?;
    Ok(json(StatusCode::OK, &approval::list_json(asked.tenant(), &rows)?))
}

pub(super) async fn show(asked: &Asked) -> Result<Response<Body>, Problem> {
    let row = found(asked).await?;
    let records = asked.api.data.records(asked.tenant()).await?;
    Ok(json(StatusCode::OK, &approval::show_json(&records, asked.tenant(), &row).await?))
}

/// Approves the plan and queues the job that applies it; a second yes says that it is none.
pub(super) async fn approve(asked: &Asked) -> Result<Response<Body>, Problem> {
    let yes: Yes = read(asked, r#"{"by": "ana@acme.example"}"#)?;
    let (with, plan) = (with(asked), found(asked).await?.plan);
    let who = Decider { by: &yes.by, with: &with };
    let decided = approval::approve(&asked.api.data, asked.tenant(), &plan, who, now()).await?;
    let status = if decided.is_new { StatusCode::ACCEPTED } else { StatusCode::OK };
    let mut response = json(status, &decided.json());
    let place = decided.job.map(|job| HeaderValue::from_str(&format!("/v1/jobs/{job}")));
    if let Some(Ok(place)) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

pub(super) async fn reject(asked: &Asked) -> Result<Response<Body>, Problem> {
    let no: No = read(asked, r#"{"by": "ana@acme.example", "reason": "they are still employed"}"#)?;
    let (with, plan) = (with(asked), found(asked).await?.plan);
    let who = Decider { by: &no.by, with: &with };
    let decided = approval::reject(&asked.api.data, asked.tenant(), &plan, who, &no.reason, now()).await?;
    Ok(json(StatusCode::OK, &decided.json()))
}

fn read<'a, T: Deserialize<'a>>(asked: &'a Asked, example: &str) -> Result<T, Problem> {
    serde_json::from_slice(&asked.body).map_err(|error| {
        Problem::bad_request(format!("this is not a decision: {error}"), format!("send such as {example}"))
    })
}

async fn found(asked: &Asked) -> Result<ApprovalRow, Problem> {
    let database = asked.api.data.tenant_database(asked.tenant()).await?;
    let name = asked.named.name.as_deref().unwrap_or_default();
    approval::find(&database, name, now()).await?.ok_or_else(|| Problem::not_found("plan"))
}

/// By what they can decide who ask.
fn with(asked: &Asked) -> String {
    asked.token.as_ref().map_or_else(|| UNKNOWN.to_owned(), |token| format!("token {}", token.id))
}

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

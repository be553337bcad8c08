//! How far a tenant is set up, and settling a step of that.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use crate::api::tenants::read;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use hibob_jobs::setup::{Setup, Step, settle};
use hibob_store::api_log::UNKNOWN;
use serde::Deserialize;

/// The body of a request that settles a step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettleBody {
    by: String,
}

pub(super) async fn show(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let setup = Setup::of(&request.api.data, request.tenant()).await?;
    Ok(json(StatusCode::OK, &setup.json(request.tenant())))
}

/// Notes that a person has settled a step, and answers how far the tenant is set up then.
pub(super) async fn put(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let body: SettleBody = read(request, r#"{"by": "ana@acme.example"}"#)?;
    let step = request.named.name.as_deref().and_then(Step::of_word).ok_or_else(|| Problem::not_found("step"))?;
    let token = request.token.as_ref().map_or(UNKNOWN, |token| token.id.as_str());
    let now = chrono::Utc::now().timestamp();
    settle(&request.api.data, request.tenant(), step, &body.by, token, now).await?;
    show(request).await
}

//! The token with which the request was sent.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use axum::body::Body;
use axum::http::{Response, StatusCode};

/// What the token may be used for, without the token itself.
pub(super) fn show(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let token = request.token.as_ref().ok_or_else(Problem::unauthorized)?;
    let body = serde_json::json!({
        "token": token.id,
        "role": token.role.word(),
        "tenant": token.tenant,
        "name": token.name,
        "expires_at": token.expires_at,
    });
    Ok(json(StatusCode::OK, &body))
}

//! The actions, each by its name.

use crate::api::problem::Problem;
use crate::api::request::Asked;
use crate::api::routes::Action;
use crate::api::{events, health, history, jobs, openapi, plans, tenants};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

pub(super) async fn act(asked: Asked) -> Result<Response<Body>, Problem> {
    match asked.route.action {
        Action::Health => Ok(text("alive\n".to_owned(), "text/plain; charset=utf-8")),
        Action::Readiness => Ok(health::readiness(&asked.api).await),
        Action::Description => Ok(json(StatusCode::OK, &openapi::description())),
        Action::Metrics => Ok(text(asked.api.data.metrics().render(), "text/plain; version=0.0.4; charset=utf-8")),
        Action::Audit => {
            let rows = asked.api.data.control().api_log(asked.limit).await?;
            Ok(json(StatusCode::OK, &serde_json::json!({ "audit": rows })))
        }
        Action::ListTenants => tenants::list(&asked).await,
        Action::ShowTenant => tenants::show(&asked).await,
        Action::PutTenant => tenants::put(&asked).await,
        Action::PutSecret => tenants::put_secret(&asked).await,
        Action::ListJobs => jobs::list(&asked).await,
        Action::StartJob => jobs::start(&asked).await,
        Action::ShowJob => jobs::show(&asked).await,
        Action::CancelJob => jobs::cancel(&asked).await,
        Action::FollowJob => events::follow(asked),
        Action::ListPlans => plans::list(&asked).await,
        Action::ShowPlan => plans::show(&asked).await,
        Action::ApprovePlan => plans::approve(&asked).await,
        Action::RejectPlan => plans::reject(&asked).await,
        Action::ListRuns => history::list(&asked).await,
        Action::ShowRun => history::show(&asked).await,
        Action::Workbook => history::workbook(&asked).await,
        Action::ListReferences => history::references(&asked).await,
    }
}

impl Asked {
    /// The tenant that the request is about; the gate has looked that it is there.
    pub(super) fn tenant(&self) -> &str {
        self.named.tenant.as_deref().unwrap_or_default()
    }

    /// The job or run that it is about.
    pub(super) fn number(&self) -> i64 {
        self.named.number.unwrap_or_default()
    }
}

pub(super) fn json(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    let mut response = text(value.to_string(), "application/json");
    *response.status_mut() = status;
    response
}

pub(super) fn text(body: String, media_type: &'static str) -> Response<Body> {
    bytes(body.into_bytes(), media_type)
}

pub(super) fn bytes(body: Vec<u8>, media_type: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

//! Calls the handler of a permitted request's action.

use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use crate::api::routes::Action;
use crate::api::{
    checks, events, health, history, jobs, openapi, plans, references, settings, setup, tenants, timeline, token,
    verify,
};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_base::job::WayOn;
use hibob_base::messages::{self, Message};

pub(super) async fn act(request: ApiRequest) -> Result<Response<Body>, Problem> {
    match request.route.action {
        Action::Health => Ok(text("alive\n".to_owned(), "text/plain; charset=utf-8")),
        Action::Readiness => Ok(health::readiness(&request.api).await),
        Action::Description => Ok(json(StatusCode::OK, &openapi::description())),
        Action::Messages => {
            let all: Vec<Message> = messages::all().collect();
            Ok(json(StatusCode::OK, &serde_json::json!({ "messages": all })))
        }
        Action::Metrics => Ok(text(request.api.data.metrics().render(), "text/plain; version=0.0.4; charset=utf-8")),
        Action::Audit => {
            let rows = request.api.data.control().api_log(request.query.limit).await?;
            Ok(json(StatusCode::OK, &serde_json::json!({ "audit": rows })))
        }
        Action::ShowToken => token::show(&request),
        Action::Overview => tenants::overview(&request).await,
        Action::ListTenants => tenants::list(&request).await,
        Action::ShowTenant => tenants::show(&request).await,
        Action::PutTenant => tenants::put(&request).await,
        Action::DisableTenant => tenants::disable(&request).await,
        Action::EnableTenant => tenants::enable(&request).await,
        Action::PutSecret => tenants::put_secret(&request).await,
        Action::ShowSettings => settings::show(&request).await,
        Action::CompareSettings => settings::compare(&request).await,
        Action::PutSettings => settings::put(&request).await,
        Action::ListSettingsVersions => settings::versions(&request).await,
        Action::ShowSetup => setup::show(&request).await,
        Action::SettleStep => setup::put(&request).await,
        Action::ShowCheck => checks::show(&request).await,
        Action::ListJobs => jobs::list(&request).await,
        Action::StartJob => jobs::start(&request).await,
        Action::ShowJob => jobs::show(&request).await,
        Action::CancelJob => jobs::cancel(&request).await,
        Action::FollowJob => events::follow(request),
        Action::ListPlans => plans::list(&request).await,
        Action::ShowPlan => plans::show(&request).await,
        Action::ListChanges => plans::changes(&request).await,
        Action::ApprovePlan => plans::approve(&request).await,
        Action::RejectPlan => plans::reject(&request).await,
        Action::ListEvents => timeline::show(&request).await,
        Action::ListRuns => history::list(&request).await,
        Action::ShowRun => history::show(&request).await,
        Action::ResumeRun => jobs::go_on(&request, WayOn::Resume).await,
        Action::AbandonRun => jobs::go_on(&request, WayOn::Abandon).await,
        Action::Workbook => history::workbook(&request).await,
        Action::ListReferences => references::list(&request).await,
        Action::IssueReferences => references::issue(&request).await,
        Action::ListKeys => references::keys(&request).await,
        Action::LookUpKeys => references::look_up(&request).await,
        Action::DeliverReference => references::deliver(&request).await,
        Action::RevokeReference => references::revoke(&request).await,
        Action::ShowCredential => references::credential(&request).await,
        Action::WaiveReference => references::waive(&request).await,
        Action::ExportReference => references::export(&request).await,
        Action::VerifyReference => verify::verify(&request).await,
    }
}

impl ApiRequest {
    /// The tenant that the request is about. The gate has checked that it exists.
    pub(super) fn tenant(&self) -> &str {
        self.named.tenant.as_deref().unwrap_or_default()
    }

    /// The number of the job or run that the request is about.
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

//! Jobs: starting, listing, showing and cancelling them.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_base::job::{JobKind, WayOn};
use hibob_jobs::interrupted;
use hibob_store::queue::{ArgumentFields, Arguments, NewJob, PlanToApply, Selection, State};
use serde::Deserialize;
use serde_json::{Value, json as object};

/// The body of a request that starts a job.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JobRequest {
    kind: String,
    #[serde(default)]
    arguments: ArgumentFields,
}

/// Queues a job. If an equal one waits already, that one is answered instead.
pub(super) async fn start(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let job: JobRequest = serde_json::from_slice(&request.body).map_err(|error| {
        let remedy = r#"send such as {"kind": "sync", "arguments": {"allow_archiving": 7}}"#;
        Problem::bad_request(format!("this is not a job: {error}"), remedy)
    })?;
    // `apply` needs a saved plan, which is a file, so it is for the command line only.
    let kinds = JobKind::ALL.iter().copied().filter(|kind| *kind != JobKind::Apply);
    let kind = kinds.clone().find(|kind| kind.word() == job.kind).ok_or_else(|| {
        let words: Vec<&str> = kinds.map(JobKind::word).collect();
        Problem::unprocessable("there is no such kind of job here", format!("choose from {}", words.join(", ")))
    })?;
    queue(request, Arguments::new(kind, job.arguments)?).await
}

/// Queues a job that resumes or abandons the plan of an interrupted run, as `hibob runs` does.
pub(super) async fn go_on(request: &ApiRequest, way: WayOn) -> Result<Response<Body>, Problem> {
    let (data, tenant) = (&request.api.data, request.tenant());
    let database = data.tenant_database(tenant).await?;
    if interrupted::find(data, tenant, &database).await?.is_none() {
        let message = "no run of this tenant is interrupted, or a run goes on";
        let remedy = format!("look at what there is: GET /v1/tenants/{tenant}, and its jobs");
        return Err(Problem::new(StatusCode::CONFLICT, "NOT_INTERRUPTED", message, remedy));
    }
    queue(request, Arguments::Apply(PlanToApply::Interrupted(way))).await
}

pub(super) async fn queue(request: &ApiRequest, arguments: Arguments) -> Result<Response<Body>, Problem> {
    let by = request.token.as_ref().map(|token| format!("token {}", token.id));
    let new = NewJob { tenant: request.tenant().to_owned(), arguments, requested_by: by };
    let started = request.api.data.start(&new).await?;
    let mut response = json(StatusCode::ACCEPTED, &object!({ "job": started.id, "new": started.is_new }));
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/jobs/{}", started.id)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// The jobs that run or wait, and the last ones that have ended.
pub(super) async fn list(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let which = Selection { tenant: Some(request.tenant()), ended_max: request.query.limit };
    let jobs = request.api.data.queue().list(which).await?;
    let rows: Vec<Value> = jobs.iter().map(hibob_store::queue::Job::json).collect();
    Ok(json(StatusCode::OK, &object!({ "jobs": rows })))
}

pub(super) async fn show(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    Ok(json(StatusCode::OK, &request.api.data.queue().get(request.number()).await?.json()))
}

/// Cancels a job: a waiting one at once, a running one soon.
pub(super) async fn cancel(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let state = request.api.data.queue().cancel(request.number()).await?;
    let status = if state == State::Running { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(json(status, &object!({ "job": request.number(), "state": state.word() })))
}

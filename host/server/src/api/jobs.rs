//! Jobs: starting, listing, showing and cancelling them.

use crate::api::act::json;
use crate::api::problem::Problem;
use crate::api::request::Asked;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_base::job::JobKind;
use hibob_store::queue::{ArgumentFields, Arguments, NewJob, Selection, State};
use serde::Deserialize;
use serde_json::{Value, json as object};

/// What to start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    kind: String,
    #[serde(default)]
    arguments: ArgumentFields,
}

/// Queues a job; the same one that waits already is not queued twice.
pub(super) async fn start(asked: &Asked) -> Result<Response<Body>, Problem> {
    let order: Order = serde_json::from_slice(&asked.body).map_err(|error| {
        let remedy = r#"send such as {"kind": "sync", "arguments": {"allow_archiving": 7}}"#;
        Problem::bad_request(format!("this is not a job: {error}"), remedy)
    })?;
    // A saved plan is a file that its maker has: `apply` stays with the command line.
    let kinds = JobKind::ALL.iter().copied().filter(|kind| *kind != JobKind::Apply);
    let kind = kinds.clone().find(|kind| kind.word() == order.kind).ok_or_else(|| {
        let words: Vec<&str> = kinds.map(JobKind::word).collect();
        Problem::unprocessable("there is no such kind of job here", format!("choose from {}", words.join(", ")))
    })?;
    let by = asked.token.as_ref().map(|token| format!("token {}", token.id));
    let arguments = Arguments::new(kind, order.arguments)?;
    let new = NewJob { tenant: asked.tenant().to_owned(), arguments, requested_by: by };
    let started = asked.api.data.start(&new).await?;
    let mut response = json(StatusCode::ACCEPTED, &object!({ "job": started.id, "new": started.is_new }));
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/jobs/{}", started.id)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// What runs and waits, and the last ones that have ended.
pub(super) async fn list(asked: &Asked) -> Result<Response<Body>, Problem> {
    let which = Selection { tenant: Some(asked.tenant()), ended_max: asked.limit };
    let jobs = asked.api.data.queue().list(which).await?;
    let rows: Vec<Value> = jobs.iter().map(hibob_store::queue::Job::json).collect();
    Ok(json(StatusCode::OK, &object!({ "jobs": rows })))
}

pub(super) async fn show(asked: &Asked) -> Result<Response<Body>, Problem> {
    Ok(json(StatusCode::OK, &asked.api.data.queue().get(asked.number()).await?.json()))
}

/// Cancels a job: one that waits at once, one that runs soon.
pub(super) async fn cancel(asked: &Asked) -> Result<Response<Body>, Problem> {
    let state = asked.api.data.queue().cancel(asked.number()).await?;
    let status = if state == State::Running { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(json(status, &object!({ "job": asked.number(), "state": state.word() })))
}

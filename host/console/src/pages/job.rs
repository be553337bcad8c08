//! A job: started, followed while it runs, and what it has left.

use crate::answers::{Job, Line, QueuedJob, Setup, Tenant};
use crate::ask::Failure;
use crate::clock::Moment;
use crate::form::Form;
use crate::page::{Page, html, see_other};
use crate::pages::{api_path, clock, crumbs, tenant, tenant_path};
use crate::texts::fill;
use crate::visit::Signed;
use crate::words::{Pill, job_kind, job_state, short};
use askama::Template;
use axum::extract::{Path, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use hibob_server::api::Sent;
use serde_json::{Value, json};

/// The kinds of jobs that a page starts.
const KINDS: [&str; 3] = ["check", "plan", "sync"];

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    page: Page,
    path: String,
    pill: Pill,
    is_live: bool,
    asked: Moment,
    requested_by: Option<String>,
    began: Option<Moment>,
    ended: Option<Moment>,
    /// Where to go on, with the words for it.
    next: Option<(String, &'static str)>,
    error: Option<Line>,
    explained: Option<(&'static str, &'static str)>,
    zone: String,
    may_change: bool,
}

pub(crate) async fn start(signed: Signed, Path(tenant): Path<String>, request: Request) -> Response {
    signed.show(started(&signed, &tenant, request)).await
}

async fn started(signed: &Signed, tenant: &str, request: Request) -> Result<Response, Failure> {
    let form = Form::read(request).await?;
    let kind = KINDS.into_iter().find(|kind| *kind == form.get("kind")).unwrap_or("check");
    let path = format!("{}/jobs", api_path(tenant));
    match signed.send::<QueuedJob>(Method::POST, &path, Sent::Json(&json!({ "kind": kind }))).await {
        Ok(queued) => Ok(see_other(&format!("{}/jobs/{}", tenant_path(tenant), queued.job))),
        Err(Failure::Problem(problem)) if matches!(problem.status, 409 | 422) => {
            Ok(tenant::with_notice(signed, tenant, problem.status(), (&problem).into()).await)
        }
        Err(failure) => Err(failure),
    }
}

pub(crate) async fn show(signed: Signed, Path((tenant, job)): Path<(String, String)>) -> Response {
    signed.show(made(&signed, &tenant, &job)).await
}

async fn made(signed: &Signed, tenant: &str, job: &str) -> Result<Response, Failure> {
    let t = signed.texts;
    let job = find(signed, tenant, job).await?;
    let about: Tenant = signed.get(&api_path(tenant)).await?;
    let (clock, path) = (clock(&about.time_zone), tenant_path(tenant));
    let result = job.result.unwrap_or_default();
    let next = match (&result.plan, result.run, job.kind.as_str()) {
        (Some(plan), ..) => Some((format!("{path}/plans/{}", short(plan)), t.see_plan)),
        (None, Some(run), _) => Some((format!("{path}/runs/{run}"), t.see_run)),
        (None, None, "check") if job.ended_at.is_some() => Some((seen_check(signed, tenant).await?, t.see_check)),
        _ => None,
    };
    let explained = result.error.as_ref().and_then(|error| hibob_base::messages::message(&error.code));
    let page = JobPage {
        page: signed.page(fill(t.job_title, &[&job_kind(t, &job.kind), tenant])).below(crumbs(signed, tenant)),
        path: format!("{path}/jobs/{}", job.job),
        pill: job_state(t, &job.state),
        is_live: job.ended_at.is_none(),
        asked: clock.at_milliseconds(t, job.queued_at),
        requested_by: job.requested_by,
        began: job.started_at.map(|at| clock.at_milliseconds(t, at)),
        ended: job.ended_at.map(|at| clock.at_milliseconds(t, at)),
        next,
        error: result.error,
        explained: explained.map(|message| (message.meaning.what.as_str(), message.meaning.next.as_str())),
        zone: fill(t.times_in, &[clock.zone()]),
        may_change: signed.may_change(),
    };
    Ok(html(StatusCode::OK, &page))
}

/// Where a check is shown: as a step, until the tenant is set up.
async fn seen_check(signed: &Signed, tenant: &str) -> Result<String, Failure> {
    let setup: Setup = signed.get(&format!("{}/setup", api_path(tenant))).await?;
    let is_set_up = setup.steps.iter().all(|step| step.done);
    Ok(format!("{}{}", tenant_path(tenant), if is_set_up { "#check" } else { "/setup/permissions" }))
}

/// A job of this tenant. One of another tenant is not there, whatever the session may see.
async fn find(signed: &Signed, tenant: &str, job: &str) -> Result<Job, Failure> {
    let found: Job = signed.get(&format!("/v1/jobs/{}", crate::form::encoded(job))).await?;
    if found.tenant == tenant {
        return Ok(found);
    }
    Err(Failure::nowhere())
}

/// The job's events as they come, for the progress bar.
pub(crate) async fn events(signed: Signed, Path((tenant, job)): Path<(String, String)>) -> Response {
    signed
        .show(async {
            let job = find(&signed, &tenant, &job).await?;
            Ok(signed.ask(Method::GET, &format!("/v1/jobs/{}/events", job.job), Sent::Nothing).await)
        })
        .await
}

pub(crate) async fn cancel(signed: Signed, Path((tenant, job)): Path<(String, String)>) -> Response {
    signed
        .show(async {
            let job = find(&signed, &tenant, &job).await?;
            match signed.send::<Value>(Method::DELETE, &format!("/v1/jobs/{}", job.job), Sent::Nothing).await {
                // What has ended meanwhile is shown as it is.
                Err(Failure::Problem(problem)) if problem.status == 409 => {}
                sent => drop(sent?),
            }
            Ok(see_other(&format!("{}/jobs/{}", tenant_path(&tenant), job.job)))
        })
        .await
}

//! The history of a tenant's runs.

use crate::api::act::{bytes, json};
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use crate::api::routes::XLSX;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_jobs::{history, interrupted};
use hibob_store::database::PastRun;
use hibob_store::privacy::Records;

pub(super) async fn list(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let (records, tenant) = (records(request).await?, request.tenant());
    let query = &request.query;
    let runs = match (query.from, query.until) {
        (None, None) => records.database().past_runs(query.limit).await?,
        (from, until) => {
            let (from, until) = (from.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX));
            records.database().past_runs_between(from, until, query.limit).await?
        }
    };
    let open = interrupted::find(&request.api.data, tenant, records.database()).await?;
    Ok(json(StatusCode::OK, &history::list_json(tenant, &runs, open.as_ref())))
}

pub(super) async fn show(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let records = records(request).await?;
    let run = run(request, &records).await?;
    let updates = records.run_updates(run.id).await?;
    Ok(json(StatusCode::OK, &history::run_json(&run, &updates)))
}

/// The run as a workbook, as `hibob history --xlsx` writes it.
pub(super) async fn workbook(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let records = records(request).await?;
    let run = run(request, &records).await?;
    let updates = records.run_updates(run.id).await?;
    let (tenant, number) = (request.tenant().to_owned(), run.id);
    // Compressing thousands of rows takes the processor for a while.
    let made = tokio::task::spawn_blocking(move || history::run_workbook(&tenant, &run, &updates)).await;
    let mut response = bytes(made.map_err(|error| Problem::internal(&error))??, XLSX);
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}-run-{number}.xlsx\"", request.tenant()))
    {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

async fn records(request: &ApiRequest) -> Result<Records, Problem> {
    Ok(request.api.data.records(request.tenant()).await?)
}

async fn run(request: &ApiRequest, records: &Records) -> Result<PastRun, Problem> {
    records.past_run(request.number()).await?.ok_or_else(|| Problem::not_found("run"))
}

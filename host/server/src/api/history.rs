//! What the runs of a tenant did, and its references.

use crate::api::act::{bytes, json};
use crate::api::problem::Problem;
use crate::api::request::Asked;
use crate::api::routes::XLSX;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_jobs::{history, references as issued};
use hibob_store::database::PastRun;
use hibob_store::privacy::Records;
use serde_json::{Value, json as object};

pub(super) async fn list(asked: &Asked) -> Result<Response<Body>, Problem> {
    let runs = records(asked).await?.database().past_runs(asked.limit).await?;
    let rows: Vec<Value> = runs.iter().map(history::line_json).collect();
    Ok(json(StatusCode::OK, &object!({ "tenant": asked.tenant(), "runs": rows })))
}

pub(super) async fn show(asked: &Asked) -> Result<Response<Body>, Problem> {
    let records = records(asked).await?;
    let run = run(asked, &records).await?;
    let updates = records.run_updates(run.id).await?;
    Ok(json(StatusCode::OK, &history::run_json(&run, &updates)))
}

/// The run as `hibob history --xlsx` writes it.
pub(super) async fn workbook(asked: &Asked) -> Result<Response<Body>, Problem> {
    let records = records(asked).await?;
    let run = run(asked, &records).await?;
    let updates = records.run_updates(run.id).await?;
    let (tenant, number) = (asked.tenant().to_owned(), run.id);
    // Compressing thousands of rows takes the processor for a while.
    let made = tokio::task::spawn_blocking(move || history::run_workbook(&tenant, &run, &updates)).await;
    let mut response = bytes(made.map_err(|error| Problem::internal(&error))??, XLSX);
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}-run-{number}.xlsx\"", asked.tenant())) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

pub(super) async fn references(asked: &Asked) -> Result<Response<Body>, Problem> {
    let records = records(asked).await?;
    let (references, deliveries) = (records.references().await?, records.database().deliveries().await?);
    Ok(json(StatusCode::OK, &issued::list_json(asked.tenant(), &references, &deliveries)?))
}

async fn records(asked: &Asked) -> Result<Records, Problem> {
    Ok(asked.api.data.records(asked.tenant()).await?)
}

async fn run(asked: &Asked, records: &Records) -> Result<PastRun, Problem> {
    records.past_run(asked.number()).await?.ok_or_else(|| Problem::not_found("run"))
}

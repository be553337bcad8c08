//! The references of a tenant.

use crate::api::act::{bytes, json};
use crate::api::jobs::queue;
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use crate::api::tenants::read;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_jobs::references;
use hibob_jobs::references::{ExportedReference, IssuerKeys};
use hibob_store::queue::{Arguments, DeliverArguments, ReferencesArguments};
use serde::Deserialize;
use serde_json::Value;
use std::fmt::Write as _;

/// The longest id of an employee, in digits.
const ID_CHARS_MAX: usize = 32;

pub(super) async fn list(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let records = request.api.data.records(request.tenant()).await?;
    let (issued, deliveries) = (records.references().await?, records.database().deliveries().await?);
    let open = records.open_departures().await?;
    let mut listed = references::list_json(request.tenant(), &issued, &deliveries, &open)?;
    let config = request.api.data.config(request.tenant()).await?;
    let left = references::issuing_left(&request.api.data, &config).await?;
    if let Some(listed) = listed.as_object_mut() {
        listed.insert("issuing_left".to_owned(), left.into());
    }
    Ok(json(StatusCode::OK, &listed))
}

/// The body of a request to issue references. The employees are in the body, since paths are in the log of a proxy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssueBody {
    employees: Vec<String>,
    /// References that the guard lets be issued.
    #[serde(default)]
    allow_issuing: usize,
    /// Whether they are issued without a grace time.
    #[serde(default)]
    skip_grace_time: bool,
}

/// Queues a job that issues references for these employees, as `hibob references issue` does.
pub(super) async fn issue(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let body: IssueBody = read(request, r#"{"employees": ["2712345678901234567"]}"#)?;
    let is_id = |id: &String| (1..=ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    if body.employees.is_empty() || !body.employees.iter().all(is_id) {
        let remedy = "name at least one employee by HiBob's id, such as 2712345678901234567";
        return Err(Problem::unprocessable("these are no ids of employees", remedy));
    }
    let arguments = ReferencesArguments {
        allow_issuing: body.allow_issuing,
        allow_revoking: 0,
        skips_grace: body.skip_grace_time,
        employees: Some(body.employees),
    };
    queue(request, Arguments::References(arguments)).await
}

/// The body of a request to deliver a reference.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliverBody {
    /// Whether it is delivered once more where it was delivered already.
    #[serde(default)]
    again: bool,
}

/// Queues a job that delivers one reference, as `hibob references deliver` does.
pub(super) async fn deliver(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let DeliverBody { again } = read(request, r#"{"again": true}"#)?;
    let reference = known(request).await?;
    queue(request, Arguments::Deliver(DeliverArguments { reference, again })).await
}

/// The body of a request to revoke a reference.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeBody {
    reason: String,
}

/// Revokes a reference, as `hibob references revoke` does.
pub(super) async fn revoke(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let RevokeBody { reason } = read(request, r#"{"reason": "issued by mistake"}"#)?;
    let reference = known(request).await?;
    let is_new = references::revoke(&request.api.data, request.tenant(), &reference, &reason).await?;
    let body = serde_json::json!({
        "tenant": request.tenant(), "reference": reference, "revoked": true, "was_revoked_before": !is_new,
    });
    Ok(json(StatusCode::OK, &body))
}

/// The keys that sign, with the DNS records that they need.
pub(super) async fn keys(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let config = request.api.data.config(request.tenant()).await?;
    let keys = IssuerKeys::open(&request.api.data, &config).await?;
    let rows: Vec<Value> = keys.list().await?.iter().map(|row| keys.json(row)).collect::<Result<_, _>>()?;
    let domain = keys.issuer().domain.as_str();
    Ok(json(StatusCode::OK, &serde_json::json!({ "tenant": request.tenant(), "domain": domain, "keys": rows })))
}

/// How the DNS records of the keys stand at this moment.
pub(super) async fn look_up(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let config = request.api.data.config(request.tenant()).await?;
    let keys = references::keys_in_dns(&request.api.data, &config, &request.api.name_servers()?).await?;
    Ok(json(StatusCode::OK, &serde_json::json!({ "tenant": request.tenant(), "keys": keys })))
}

/// The body of a request to waive a reference. The employee is in the body, since paths are in the log of a proxy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiveBody {
    employee: String,
    reason: String,
    by: String,
}

/// Records that the departure of an employee who waits for a reference gets none, as the command does.
pub(super) async fn waive(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let example = r#"{"employee": "2712345678901234567", "reason": "was never employed", "by": "ana@acme.example"}"#;
    let WaiveBody { employee, reason, by } = read(request, example)?;
    references::waive(&request.api.data, request.tenant(), &employee, &reason, &by).await?;
    let body = serde_json::json!({ "tenant": request.tenant(), "employee_id": employee, "waived": true });
    Ok(json(StatusCode::OK, &body))
}

/// A reference as its PDF, which has the signed JSON and the log proof attached.
pub(super) async fn export(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let exported = exported(request).await?;
    Ok(file(exported.pdf, "application/pdf", &exported.stem, "pdf"))
}

/// A reference as the signed JSON.
pub(super) async fn credential(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let exported = exported(request).await?;
    Ok(file(exported.credential, "application/json", &exported.stem, "json"))
}

async fn exported(request: &ApiRequest) -> Result<ExportedReference, Problem> {
    let (data, id) = (&request.api.data, known(request).await?);
    let config = data.config(request.tenant()).await?;
    // Boxed, since it holds a whole page.
    Ok(Box::pin(references::export(data, &config, &id)).await?)
}

/// The id of the reference that the path names.
async fn known(request: &ApiRequest) -> Result<String, Problem> {
    let database = request.api.data.tenant_database(request.tenant()).await?;
    let id = request.named.name.as_deref().unwrap_or_default();
    match database.references().await?.iter().any(|row| row.id == id) {
        true => Ok(id.to_owned()),
        false => Err(Problem::not_found("reference")),
    }
}

fn file(content: Vec<u8>, media_type: &'static str, stem: &str, extension: &str) -> Response<Body> {
    let mut response = bytes(content, media_type);
    if let Ok(name) = HeaderValue::from_str(&disposition(&format!("{stem}.{extension}"), extension)) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// The value of `Content-Disposition` for a file with this name (RFC 6266, section 4.3; RFC 8187).
fn disposition(name: &str, extension: &str) -> String {
    let mut value = format!("attachment; filename=\"reference.{extension}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            write!(value, "%{byte:02X}").ok();
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_a_header_of_ascii() {
        let value = disposition("Reference - Zoë - A.pdf", "pdf");
        assert!(value.ends_with("filename*=UTF-8''Reference%20-%20Zo%C3%AB%20-%20A.pdf"), "{value}");
        assert!(HeaderValue::from_str(&value).is_ok());
    }
}

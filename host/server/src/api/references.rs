//! The references of a tenant.

use crate::api::act::{bytes, json};
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use crate::api::tenants::read;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_jobs::references;
use serde::Deserialize;
use std::fmt::Write as _;

pub(super) async fn list(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let records = request.api.data.records(request.tenant()).await?;
    let (issued, deliveries) = (records.references().await?, records.database().deliveries().await?);
    let open = records.open_departures().await?;
    Ok(json(StatusCode::OK, &references::list_json(request.tenant(), &issued, &deliveries, &open)?))
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
    let data = &request.api.data;
    let records = data.records(request.tenant()).await?;
    let id = request.named.name.as_deref().unwrap_or_default();
    if !records.database().references().await?.iter().any(|row| row.id == id) {
        return Err(Problem::not_found("reference"));
    }
    let config = data.config(request.tenant()).await?;
    // Boxed, since it holds a whole page.
    let exported = Box::pin(references::export(data, &config, id)).await?;
    let mut response = bytes(exported.pdf, "application/pdf");
    if let Ok(name) = HeaderValue::from_str(&disposition(&format!("{}.pdf", exported.stem))) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// The value of `Content-Disposition` for a file with this name (RFC 6266, section 4.3; RFC 8187).
fn disposition(name: &str) -> String {
    let mut value = "attachment; filename=\"reference.pdf\"; filename*=UTF-8''".to_owned();
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
        let value = disposition("Reference - Zoë - A.pdf");
        assert!(value.ends_with("filename*=UTF-8''Reference%20-%20Zo%C3%AB%20-%20A.pdf"), "{value}");
        assert!(HeaderValue::from_str(&value).is_ok());
    }
}

//! The references of a tenant.

use crate::api::act::{bytes, json};
use crate::api::problem::Problem;
use crate::api::request::ApiRequest;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hibob_jobs::references;
use std::fmt::Write as _;

pub(super) async fn list(request: &ApiRequest) -> Result<Response<Body>, Problem> {
    let records = request.api.data.records(request.tenant()).await?;
    let (issued, deliveries) = (records.references().await?, records.database().deliveries().await?);
    let open = records.open_departures().await?;
    Ok(json(StatusCode::OK, &references::list_json(request.tenant(), &issued, &deliveries, &open)?))
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

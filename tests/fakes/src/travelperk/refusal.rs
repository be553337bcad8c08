//! Refusals of requests: status, SCIM type and detail (RFC 7644 section 3.12).

use serde_json::json;

use super::ErrorBody;
use crate::message::Response;

/// The reason why a request is not carried out.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    scim_type: Option<&'static str>,
    detail: String,
}

impl Refusal {
    pub(super) fn new(status: u16, scim_type: Option<&'static str>, detail: &str) -> Self {
        Self { status, scim_type, detail: detail.to_owned() }
    }

    /// A refusal with status 400 and a type of RFC 7644 table 9.
    pub(super) fn bad(scim_type: &'static str, detail: &str) -> Self {
        Self::new(400, Some(scim_type), detail)
    }

    pub(super) fn value(attribute: &str, what: &str) -> Self {
        Self::bad("invalidValue", &format!("{attribute}: {what}"))
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, None, "Not found.")
    }

    pub(super) fn method_not_allowed(method: &str) -> Self {
        Self::new(405, None, &format!("Method \"{method}\" not allowed."))
    }

    pub(super) fn respond(self, body: ErrorBody, content_type: &str) -> Response {
        match body {
            ErrorBody::Scim => {
                let mut error = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                    // A string, as the RFC requires.
                    "status": self.status.to_string(),
                    "detail": self.detail,
                });
                if let (Some(scim_type), Some(error)) = (self.scim_type, error.as_object_mut()) {
                    error.insert("scimType".to_owned(), json!(scim_type));
                }
                Response::bytes(self.status, content_type, error.to_string().into_bytes())
            }
            ErrorBody::Plain => Response::json(self.status, &json!({ "detail": self.detail })),
            ErrorBody::Html => {
                let page = format!("<html><body><h1>{}</h1></body></html>", self.status);
                Response::bytes(self.status, "text/html", page.into_bytes())
            }
        }
    }
}

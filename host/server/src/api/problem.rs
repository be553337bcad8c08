//! Errors of the API: problem details (RFC 9457) with the host's error code and remedy.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use hibob_base::error::{HostError, WrongSetting};
use hibob_store::api_log::ApiLogOutcome;
use hibob_store::queue::QueueError;

/// Why a request was not carried out.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    message: String,
    remedy: String,
    retry_after_seconds: Option<u64>,
    /// The settings that are wrong, if that is the reason.
    settings: Vec<WrongSetting>,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            remedy: remedy.into(),
            retry_after_seconds: None,
            settings: Vec::new(),
        }
    }

    pub(super) fn unauthorized() -> Self {
        let message = "there is no valid token: none was sent, or it is unknown, revoked or expired";
        let remedy = "send one as `Authorization: Bearer TOKEN`; an operator makes it with: hibob token new";
        Self::new(StatusCode::UNAUTHORIZED, "NO_TOKEN", message, remedy)
    }

    pub(super) fn forbidden() -> Self {
        let remedy = "use a token whose role allows it; whoever runs the host makes one";
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", "this token's role does not allow that", remedy)
    }

    /// The answer is the same whether the thing does not exist or this token may not see it.
    pub(super) fn not_found(what: &str) -> Self {
        let remedy = "look at what there is: GET /v1/tenants, and what is below a tenant";
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("there is no such {what}"), remedy)
    }

    pub(super) fn no_such_path() -> Self {
        let remedy = "choose a path from GET /openapi.json";
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such path", remedy)
    }

    pub(super) fn method_not_allowed() -> Self {
        let remedy = "choose a method from GET /openapi.json";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "this path has no such method", remedy)
    }

    pub(super) fn bad_request(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message, remedy)
    }

    pub(super) fn unprocessable(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "UNPROCESSABLE", message, remedy)
    }

    pub(super) fn too_large(bytes_max: usize) -> Self {
        let message = format!("the body has more than {bytes_max} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", message, "send less")
    }

    pub(super) fn unsupported_media_type() -> Self {
        let message = "the body is not declared as plain text, which is all that is taken here";
        let remedy = "send it as it is, with the header `Content-Type: text/plain`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message, remedy)
    }

    pub(super) fn wrong_host() -> Self {
        let message = "the API is not asked for under this name";
        let remedy = "ask for it under one of its own; the operator names them: hibob serve --host NAME";
        Self::new(StatusCode::MISDIRECTED_REQUEST, "WRONG_HOST", message, remedy)
    }

    pub(super) fn other_origin() -> Self {
        let remedy = "ask from a program, or from a page of the API's own site";
        Self::new(StatusCode::FORBIDDEN, "OTHER_ORIGIN", "a page of another site may not ask", remedy)
    }

    pub(super) fn no_place(seconds: u64) -> Self {
        let message = "all connections that the host takes are taken";
        let remedy = format!("wait for {seconds} seconds; keep few connections open, and read what is answered");
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "TOO_MANY_CONNECTIONS", message, remedy);
        Self { retry_after_seconds: Some(seconds), ..problem }
    }

    pub(super) fn slow_body() -> Self {
        let message = "the body did not arrive in time";
        Self::new(StatusCode::REQUEST_TIMEOUT, "SLOW_BODY", message, "send all of it, as its length says")
    }

    pub(super) fn too_many(what: &str, seconds: u64) -> Self {
        let remedy = format!("wait for {seconds} seconds, and then send fewer requests");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", format!("too many {what}"), remedy);
        Self { retry_after_seconds: Some(seconds), ..problem }
    }

    pub(super) fn too_slow(seconds: u64) -> Self {
        let message = format!("it was not done within {seconds} seconds");
        let remedy = "it may still be done; look whether it was before you try again";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "TOO_SLOW", message, remedy)
    }

    /// The details are for the operator: they go to the log, and not into the answer.
    pub(super) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!("a request failed: {error}");
        let remedy = "try again; if that does not help, the operator finds the request's id in the log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "HOST_FAILED", "the host failed", remedy)
    }

    /// This problem with another status.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn outcome(&self) -> ApiLogOutcome {
        if self.status.is_server_error() { ApiLogOutcome::Failed } else { ApiLogOutcome::Refused }
    }
}

impl From<HostError> for Problem {
    fn from(error: HostError) -> Self {
        let status = match &error {
            HostError::Configuration { .. } | HostError::Settings(_) | HostError::Untrusted { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            HostError::Disabled { .. }
            | HostError::AlreadyRunning { .. }
            | HostError::Held { .. }
            | HostError::Stale { .. }
            | HostError::Interrupted { .. }
            | HostError::Decision { .. } => StatusCode::CONFLICT,
            HostError::Credentials(_)
            | HostError::Unavailable(_)
            | HostError::Incomplete { .. }
            | HostError::OverLimit { .. }
            | HostError::Delivery(_)
            | HostError::Busy(_)
            | HostError::Plugin(_)
            | HostError::Engine(_)
            | HostError::Journal { .. }
            | HostError::Storage(_)
            | HostError::Server { .. }
            | HostError::LockLost(_) => return Self::internal(&error),
        };
        let problem = Self::new(status, error.code(), error.to_string(), error.remedy());
        match error {
            HostError::Settings(settings) => Self { settings, ..problem },
            _ => problem,
        }
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Unknown(_) => Self::not_found("job"),
            QueueError::Illegal(illegal) => {
                Self::new(StatusCode::CONFLICT, "JOB_ENDED", illegal.to_string(), "look at the job's result")
            }
            QueueError::Lost(_) | QueueError::Unreadable { .. } | QueueError::Database(_) => Self::internal(&error),
        }
    }
}

/// The settings that are wrong, each by itself.
fn settings_json(settings: &[WrongSetting]) -> serde_json::Value {
    let each = settings.iter();
    each.map(|wrong| serde_json::json!({ "key": wrong.key, "message": wrong.message, "remedy": wrong.remedy }))
        .collect()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut body = serde_json::json!({
            "type": "about:blank", // RFC 9457, section 4.2.1: the status says it all
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.message,
            "remedy": self.remedy,
        });
        if let (false, Some(body)) = (self.settings.is_empty(), body.as_object_mut()) {
            body.insert("settings".to_owned(), settings_json(&self.settings));
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 6750, section 3.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

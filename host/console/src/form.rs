//! What a form has sent.

use crate::ask::{Failure, Problem};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};

/// The most bytes of a form.
const FORM_BYTES_MAX: usize = 256 * 1024;

/// The fields of a form, by name.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a request (`application/x-www-form-urlencoded`, WHATWG URL section 5).
    ///
    /// # Errors
    /// It is of another media type, or too large.
    pub(crate) async fn read(request: Request<Body>) -> Result<Self, Failure> {
        let media_type = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let refused = |status: StatusCode, detail: &str| {
            Failure::Problem(Problem::own(status, detail, "go back to the page and send its form again"))
        };
        if !media_type.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded") {
            return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "this is not the form of a page of the console"));
        }
        let body = axum::body::to_bytes(request.into_body(), FORM_BYTES_MAX).await;
        let body = body.map_err(|_| refused(StatusCode::PAYLOAD_TOO_LARGE, "the form is too large"))?;
        Ok(Self::parse(&body))
    }

    /// Reads a query.
    pub(crate) fn query(query: Option<&str>) -> Self {
        Self::parse(query.unwrap_or_default().as_bytes())
    }

    fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The value of a field without blanks around it; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// All values of a field that may come several times, in their order and as they are.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect()
    }

    /// A form with these fields.
    #[cfg(test)]
    pub(crate) fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// Whether a field was sent.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }
}

/// A text as one part of a path, or a value of a query.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

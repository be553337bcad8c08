//! Faults a test puts in the way of single requests.

use crate::message::{Delivery, Request, Response};

/// A fault that waits for a matching request. Faults are used up as they match, first come first.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Only this method; every method when absent.
    pub method: Option<String>,
    /// Only when path and query, joined by `?`, contain this.
    pub path_contains: String,
    /// Let this many matching requests pass first.
    pub after: usize,
    /// Then spoil this many.
    pub times: usize,
    /// What happens to them.
    pub kind: FaultKind,
}

impl Fault {
    /// Spoils the next request whose path contains the text.
    #[must_use]
    pub fn once(path_contains: &str, kind: FaultKind) -> Self {
        Self { method: None, path_contains: path_contains.to_owned(), after: 0, times: 1, kind }
    }

    /// The same fault for one method only.
    #[must_use]
    pub fn on(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// The same fault for so many requests.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// The same fault, after letting so many matching requests pass.
    #[must_use]
    pub fn after(mut self, after: usize) -> Self {
        self.after = after;
        self
    }

    fn matches(&self, request: &Request) -> bool {
        let target = match &request.query {
            Some(query) => format!("{}?{query}", request.path),
            None => request.path.clone(),
        };
        self.times > 0
            && self.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(&request.method))
            && target.contains(&self.path_contains)
    }
}

/// What happens to a spoiled request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// Answered with this instead of being processed.
    Status {
        /// The status code.
        status: u16,
        /// More headers, such as `Retry-After`.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
        /// Its content type.
        content_type: String,
    },
    /// Processed, but answered with this status and a short HTML page, as a gateway does.
    StatusAfter(u16),
    /// Processed; the connection drops in the middle of the body.
    Truncated,
    /// Not processed and never answered.
    Hang,
    /// Not processed; the connection is closed.
    ResetBefore,
    /// Processed; then the connection is closed without an answer.
    ResetAfter,
    /// Processed; the body is an HTML page that claims to be JSON.
    NotJson,
    /// Processed; the right body claims to be HTML.
    WrongContentType,
    /// Processed; the right body without a `Content-Length`.
    Chunked,
}

impl FaultKind {
    /// A status with an empty body, not processed.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: Vec::new(), body: String::new(), content_type: "text/plain".to_owned() }
    }

    /// A 429 that says when to come back.
    #[must_use]
    pub fn too_many(retry_after: &str) -> Self {
        Self::Status {
            status: 429,
            headers: vec![("Retry-After".to_owned(), retry_after.to_owned())],
            body: r#"{"detail":"Request was throttled."}"#.to_owned(),
            content_type: "application/json".to_owned(),
        }
    }

    /// The answer, calling `process` if the request gets that far.
    pub(crate) fn spoil(self, process: impl FnOnce() -> Response) -> Response {
        let lost = |delivery| Response { delivery, ..Response::default() };
        match self {
            Self::Status { status, headers, body, content_type } => {
                let mut response = Response::bytes(status, &content_type, body.into_bytes());
                response.headers.extend(headers);
                response
            }
            Self::StatusAfter(status) => {
                process();
                Response::bytes(status, "text/html", b"<html><body>Server Error</body></html>".to_vec())
            }
            Self::Truncated => {
                let response = process();
                Response { delivery: Delivery::Truncated(response.body.len() / 2), ..response }
            }
            Self::Hang => lost(Delivery::Hang),
            Self::ResetBefore => lost(Delivery::Reset),
            Self::ResetAfter => {
                process();
                lost(Delivery::Reset)
            }
            Self::NotJson => Response { body: b"<html>Just a moment...</html>".to_vec(), ..process() },
            Self::WrongContentType => {
                let response = process();
                let body = response.body;
                Response { delivery: response.delivery, ..Response::bytes(response.status, "text/html", body) }
            }
            Self::Chunked => Response { delivery: Delivery::Chunked, ..process() },
        }
    }
}

/// Takes the next fault for this request out of the list.
pub(crate) fn next_fault(faults: &mut [Fault], request: &Request) -> Option<FaultKind> {
    for fault in faults.iter_mut().filter(|fault| fault.matches(request)) {
        if fault.after > 0 {
            fault.after -= 1;
            continue;
        }
        fault.times -= 1;
        return Some(fault.kind.clone());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_used_up() {
        let mut faults = vec![
            Fault::once("/Users", FaultKind::Hang).on("POST").after(1).times(2),
            Fault::once("", FaultKind::NotJson),
        ];
        let post = Request::new("POST", "/api/v2/scim/Users");
        let get = Request::new("GET", "/api/v2/scim/Users?count=1");
        assert_eq!(next_fault(&mut faults, &get), Some(FaultKind::NotJson));
        assert_eq!(next_fault(&mut faults, &post), None);
        assert_eq!(next_fault(&mut faults, &post), Some(FaultKind::Hang));
        assert_eq!(next_fault(&mut faults, &post), Some(FaultKind::Hang));
        assert_eq!(next_fault(&mut faults, &post), None);
    }
}

//! Faults that a test injects into single HTTP requests.

use crate::message::{Delivery, Request, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// A fault for matching requests. For each request, the first fault in the list that matches is used up.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The fault applies only to this method; to all if `None`.
    pub method: Option<String>,
    /// The fault applies only if path and query, joined by `?`, contain this text.
    pub path_contains: String,
    /// The number of matching requests that are answered right first.
    pub after: usize,
    /// The number of matching requests after these to which the fault applies.
    pub times: usize,
    /// What happens to these requests.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault for the next request whose path or query contains the text.
    #[must_use]
    pub fn once(path_contains: &str, kind: FaultKind) -> Self {
        Self { method: None, path_contains: path_contains.to_owned(), after: 0, times: 1, kind }
    }

    /// Limits the fault to one method.
    #[must_use]
    pub fn on(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Applies the fault to so many requests.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Applies the fault only after so many matching requests.
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

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// It is not processed, and gets this answer.
    Status {
        /// The status code.
        status: u16,
        /// More headers, such as `Retry-After`.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
        /// The content type.
        content_type: String,
    },
    /// It is processed, but answered with this status and a short HTML page, as a gateway does.
    StatusAfter(u16),
    /// It is processed; the connection breaks in the middle of the answer's body.
    Truncated,
    /// It is not processed, and never answered.
    Hang,
    /// It is not processed, and the connection is closed.
    ResetBefore,
    /// It is processed; then the connection is closed without an answer.
    ResetAfter,
    /// It is processed; the answer's body is an HTML page with the content type of JSON.
    NotJson,
    /// It is processed; the answer has the right body with the content type of HTML.
    WrongContentType,
    /// It is processed; the answer has the right body, but no `Content-Length`.
    Chunked,
    /// It is processed; the answer begins with a byte order mark.
    Marked,
    /// It is processed; the answer is packed with gzip, whether or not that was asked for. So many blanks stand behind the
    /// JSON, which JSON allows and which packs to next to nothing.
    Packed {
        /// The number of blanks.
        blanks: usize,
    },
    /// It is processed; the answer says that it is packed in this way.
    Encoded(String),
}

impl FaultKind {
    /// An answer with this status and an empty body; the request is not processed.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: Vec::new(), body: String::new(), content_type: "text/plain".to_owned() }
    }

    /// An answer 429 with this `Retry-After`; the request is not processed.
    #[must_use]
    pub fn too_many(retry_after: &str) -> Self {
        Self::Status {
            status: 429,
            headers: vec![("Retry-After".to_owned(), retry_after.to_owned())],
            body: r#"{"detail":"Request was throttled."}"#.to_owned(),
            content_type: "application/json".to_owned(),
        }
    }

    /// The answer. `process` is called if the request is to be processed.
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
            Self::Marked => {
                let response = process();
                Response { body: [b"\xef\xbb\xbf", response.body.as_slice()].concat(), ..response }
            }
            Self::Packed { blanks } => {
                let response = process();
                let body = gzip(&[response.body.as_slice(), &vec![b' '; blanks]].concat());
                Response { body, ..response }.with_header("Content-Encoding", "gzip")
            }
            Self::Encoded(encoding) => process().with_header("Content-Encoding", &encoding),
        }
    }
}

/// Bytes packed as a gzip file (RFC 1952).
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let written = packed.write_all(bytes);
    written.and_then(|()| packed.finish()).unwrap_or_default() // a vector takes everything
}

/// Finds the first fault that matches this request, and uses it up.
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

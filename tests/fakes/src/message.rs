//! Requests and responses as plain data.

use std::time::Duration;

use serde_json::Value;

/// One of the two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// HiBob, the HR system, which is read.
    HiBob,
    /// TravelPerk, the travel system, which is written.
    TravelPerk,
}

/// One HTTP request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The method: `GET`, `POST`, ...
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query, still percent-encoded, without the question mark.
    pub query: Option<String>,
    /// Header names and values, in the order in which they were sent.
    pub headers: Vec<(String, String)>,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers and body; `target` is a path with an optional query.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        Self { method: method.to_owned(), path: path.to_owned(), query, ..Self::default() }
    }

    /// Adds a header to the request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives the request a JSON body and its content type.
    #[must_use]
    pub fn with_json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.with_header("content-type", "application/json")
    }

    /// The first header of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The first query parameter of this name, decoded (`+` is a space, as in forms).
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key, true) == name).then(|| decoded(value, true))
        })
    }

    /// The names of the query parameters, decoded.
    pub(crate) fn parameter_names(&self) -> impl Iterator<Item = String> {
        let pairs = self.query.as_deref().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| decoded(pair.split_once('=').map_or(pair, |(name, _)| name), true))
    }

    /// The media type of the body in lower case, without parameters.
    pub(crate) fn media_type(&self) -> String {
        let full = self.header("content-type").unwrap_or_default();
        full.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The path with its percent-encoding undone.
    pub(crate) fn decoded_path(&self) -> String {
        decoded(&self.path, false)
    }
}

/// How the server delivers a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// Send it with a right `Content-Length`.
    #[default]
    Whole,
    /// Close the connection after this many bytes of the body, although `Content-Length` promises all of them.
    Truncated(usize),
    /// Close the connection without an answer.
    Reset,
    /// Never answer, and keep the connection until the client closes it.
    Hang,
    /// Send it in chunked encoding, without `Content-Length`.
    Chunked,
}

/// One HTTP response.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names and values, without `Content-Length`, which the server adds.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How the server sends it.
    pub delivery: Delivery,
    /// The delay before it is sent. The request is processed before the delay.
    pub delay: Duration,
}

impl Response {
    /// A response with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json", body.to_string().into_bytes())
    }

    /// A response with any body.
    #[must_use]
    pub fn bytes(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Self { status, headers, body, ..Self::default() }
    }

    /// A response without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Adds a header to the response.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The first header of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The body as JSON; `null` if it is not JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Decodes percent-encoding. A broken escape stays unchanged.
fn decoded(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| h * 16 + l),
            _ => None,
        };
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
        bytes.push(match escaped {
            Some(byte) => byte,
            None if first == b'+' && plus_is_space => b' ',
            None => first,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_plus_is_a_space() {
        let request = Request::new("GET", "/Users?filter=userName+eq+%22a%2Bb%40c.d%22&count=5");
        assert_eq!(request.parameter("filter").as_deref(), Some("userName eq \"a+b@c.d\""));
        assert_eq!(request.parameter("count").as_deref(), Some("5"));
        assert_eq!(request.parameter("startIndex"), None);
    }

    #[test]
    fn a_broken_escape_stays() {
        assert_eq!(decoded("100%", false), "100%");
        assert_eq!(decoded("%zz+", false), "%zz+");
    }
}

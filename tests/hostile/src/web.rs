//! Attacks by requests, made with the `wasi` crate.
//!
//! A request is given as a text: method and URL in the first line, then headers, an empty line, and the body.

use wasi::http::outgoing_handler;
use wasi::http::types::{
    ErrorCode, FutureIncomingResponse, Headers, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    Scheme,
};
use wasi::io::streams::StreamError;

/// The most bytes of one write.
const WRITE_BYTES_MAX: usize = 4_096;

/// Makes a request, reads the whole answer, and returns a line with its status, its headers and its length.
pub(crate) fn request(text: &str) -> String {
    started(text).and_then(|answer| whole(&answer)).unwrap_or_else(|reason| reason)
}

/// Starts so many requests, and only then waits for their answers.
pub(crate) fn at_once(number: usize, text: &str) -> Vec<String> {
    let answers: Vec<_> = (0..number).map(|_| started(text)).collect();
    let heads: Vec<_> = answers.iter().map(|answer| answer.as_ref().map_err(Clone::clone).and_then(head)).collect();
    let good = heads.iter().filter(|head| head.is_ok()).count();
    let first = heads.into_iter().find_map(Result::err).unwrap_or_default();
    vec![format!("{good} answers {first}")]
}

/// Makes one request so many times, one after the other.
pub(crate) fn in_a_row(number: usize, text: &str) -> Vec<String> {
    for done in 0..number {
        if let Err(reason) = started(text).and_then(|answer| whole(&answer)) {
            return vec![format!("{done} requests, then {reason}")];
        }
    }
    vec![format!("{number} requests")]
}

/// Begins a request and sends its body one byte at a time, without an end.
pub(crate) fn drip(text: &str) -> Vec<String> {
    endless(text, b"x")
}

/// Begins a request and sends its body in large pieces, without an end.
pub(crate) fn pour(text: &str) -> Vec<String> {
    endless(text, &[b'x'; WRITE_BYTES_MAX])
}

/// Makes the change that this plugin's plans contain: it sets the account's title. Returns the answer if it is an
/// error.
pub(crate) fn title(scim_url: &str, id: &str) -> Option<String> {
    let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    let body =
        format!(r#"{{"schemas":["{schema}"],"Operations":[{{"op":"replace","path":"title","value":"Hostile"}}]}}"#);
    let answer = request(&format!("PATCH {scim_url}/Users/{id}\ncontent-type: application/json\n\n{body}"));
    if answer.starts_with("200 ") { None } else { Some(answer) }
}

/// Reads the data of these employees that a reference contains, as an honest plugin does.
pub(crate) fn search_some(hibob_url: &str, ids: &[&str]) {
    let fields = r#"["root.id","root.firstName","root.surname","work.title","work.department","work.site","work.startDate","employee.lastDayOfWork","internal.lifecycleStatus","internal.terminationDate"]"#;
    let ids = ids.join(r#"",""#);
    let body = format!(
        r#"{{"fields":{fields},"filters":[{{"fieldPath":"root.id","operator":"equals","values":["{ids}"]}}],"showInactive":true}}"#
    );
    let _ = request(&format!("POST {hibob_url}/people/search\ncontent-type: application/json\n\n{body}"));
}

fn endless(text: &str, piece: &[u8]) -> Vec<String> {
    let Ok((request, _)) = built(text) else { return vec!["not built".to_owned()] };
    let Ok(body) = request.body() else { return vec!["no body".to_owned()] };
    let answer = match outgoing_handler::handle(request, None) {
        Ok(answer) => answer,
        Err(code) => return vec![format!("{code:?}")],
    };
    let Ok(stream) = body.write() else { return vec!["no stream".to_owned()] };
    while stream.blocking_write_and_flush(piece).is_ok() {}
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
    vec![head(&answer).map_or_else(|reason| reason, |answer| answer.status().to_string())]
}

fn built(text: &str) -> Result<(OutgoingRequest, &str), String> {
    let (top, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = top.lines();
    let (method, url) = lines.next().and_then(|line| line.split_once(' ')).ok_or("no request line")?;
    let headers = Headers::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        headers
            .append(&name.to_owned(), &value.as_bytes().to_vec())
            .map_err(|error| format!("header {name}: {error:?}"))?;
    }
    let request = OutgoingRequest::new(headers);
    let (scheme, rest) = url.split_once("://").ok_or("no scheme")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PATCH" => Method::Patch,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        other => Method::Other(other.to_owned()),
    };
    request.set_method(&method).map_err(|()| "method not taken")?;
    request.set_scheme(Some(&scheme)).map_err(|()| "scheme not taken")?;
    request.set_authority(Some(authority)).map_err(|()| "authority not taken")?;
    request.set_path_with_query(Some(path)).map_err(|()| "path not taken")?;
    Ok((request, body))
}

fn started(text: &str) -> Result<FutureIncomingResponse, String> {
    let (request, content) = built(text)?;
    let body = request.body().map_err(|()| "no body")?;
    let answer = outgoing_handler::handle(request, None).map_err(|code| describe(&code))?;
    let stream = body.write().map_err(|()| "no stream")?;
    for piece in content.as_bytes().chunks(WRITE_BYTES_MAX) {
        if stream.blocking_write_and_flush(piece).is_err() {
            break; // the host has aborted the request; the answer says why
        }
    }
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
    Ok(answer)
}

fn head(answer: &FutureIncomingResponse) -> Result<IncomingResponse, String> {
    answer.subscribe().block();
    match answer.get() {
        Some(Ok(Ok(response))) => Ok(response),
        Some(Ok(Err(code))) => Err(describe(&code)),
        Some(Err(())) | None => Err("no answer".to_owned()),
    }
}

fn whole(answer: &FutureIncomingResponse) -> Result<String, String> {
    let response = head(answer)?;
    let names: Vec<String> = response.headers().entries().into_iter().map(|(name, _)| name).collect();
    let body = response.consume().map_err(|()| "no body")?;
    let stream = body.stream().map_err(|()| "no stream")?;
    let mut bytes = 0;
    let ended = loop {
        match stream.blocking_read(64 * 1024) {
            Ok(chunk) => bytes += chunk.len(),
            Err(StreamError::Closed) => break "whole",
            Err(StreamError::LastOperationFailed(_)) => break "broken off",
        }
    };
    drop(stream);
    IncomingBody::finish(body);
    Ok(format!("{} [{}] {bytes} bytes, {ended}", response.status(), names.join(" ")))
}

fn describe(code: &ErrorCode) -> String {
    format!("{code:?}")
}

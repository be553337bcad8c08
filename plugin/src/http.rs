//! HTTP over `wasi:http`, through `wasi-http-client` where it can do it.
//!
//! Known limits of wasi-http-client 0.2.1, and what becomes of them here:
//! - a request body over 4,096 bytes traps the component, because it is written with one `blocking-write-and-flush`
//!   (wasi:io allows 4,096 bytes a call): [`send_large`] writes such a body in pieces, on the `wasi` crate below it,
//!   and only after the request is under way, so that somebody takes the pieces;
//! - repeated response headers collapse to the last, and a header that is not UTF-8 is an error: only `content-type`
//!   is looked at, and [`send_large`] reads it on its own;
//! - no timeouts but the one for connecting: the host sets all of them.

use hibob_connector_core::http::{Body, Method, Request, Response, SendError};
use wasi::http::outgoing_handler;
use wasi::http::types as http;
use wasi::io::streams::{InputStream, StreamError};
use wasi_http_client::Client;

/// Most bytes that one `blocking-write-and-flush` takes (wasi:io/streams).
const WRITE_BYTES_MAX: usize = 4_096;

/// Bytes asked for in one read of a body. Large enough that the call costs little, small enough to keep memory flat.
const READ_BYTES: u64 = 256 * 1024;

/// Sends a request and waits for the head of its answer.
pub(crate) fn send(request: &Request) -> Result<Response<'static>, SendError> {
    if request.body.len() > WRITE_BYTES_MAX { send_large(request) } else { send_small(request) }
}

fn send_small(request: &Request) -> Result<Response<'static>, SendError> {
    let client = Client::new();
    let builder = match request.method {
        Method::Get => client.get(&request.url),
        Method::Post => client.post(&request.url),
        Method::Patch => client.patch(&request.url),
    };
    let headers = request.headers.iter().map(|(name, value)| (*name, value.as_bytes()));
    let mut builder = builder.headers(headers);
    if !request.body.is_empty() {
        builder = builder.body(&request.body);
    }
    let response = builder.send().map_err(|error| match error.downcast::<http::ErrorCode>() {
        Ok(code) => send_error(&code),
        Err(error) => SendError::Unknown(error.to_string()),
    })?;
    let content_type = response.headers().get("content-type").cloned();
    Ok(Response { status: response.status(), content_type, body: Box::new(SmallBody(response)) })
}

struct SmallBody(wasi_http_client::Response);

impl Body for SmallBody {
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        loop {
            match self.0.chunk(READ_BYTES) {
                Ok(Some(chunk)) if chunk.is_empty() => {}
                Ok(chunk) => return Ok(chunk),
                Err(_) => return Err(cut_off()),
            }
        }
    }
}

fn send_large(request: &Request) -> Result<Response<'static>, SendError> {
    let internal = |what: &str| SendError::NotSent(format!("the request could not be built: {what}"));
    let headers: Vec<(String, Vec<u8>)> =
        request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes())).collect();
    let headers = http::Headers::from_list(&headers).map_err(|error| internal(&error.to_string()))?;
    let outgoing = http::OutgoingRequest::new(headers);
    let (scheme, rest) = request.url.split_once("://").ok_or_else(|| internal("no scheme"))?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let scheme = if scheme == "https" { http::Scheme::Https } else { http::Scheme::Http };
    let method = match request.method {
        Method::Get => http::Method::Get,
        Method::Post => http::Method::Post,
        Method::Patch => http::Method::Patch,
    };
    outgoing.set_method(&method).map_err(|()| internal("method"))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| internal("scheme"))?;
    outgoing.set_authority(Some(authority)).map_err(|()| internal("authority"))?;
    outgoing.set_path_with_query(Some(path)).map_err(|()| internal("path"))?;
    let body = outgoing.body().map_err(|()| internal("body"))?;
    let future = outgoing_handler::handle(outgoing, None).map_err(|code| send_error(&code))?;
    let stream = body.write().map_err(|()| internal("body"))?;
    for piece in request.body.chunks(WRITE_BYTES_MAX) {
        // A write fails when the host has given the request up; the future below then says why.
        if stream.blocking_write_and_flush(piece).is_err() {
            break;
        }
    }
    drop(stream);
    let finished = http::OutgoingBody::finish(body, None);
    future.subscribe().block();
    let response = match future.get() {
        Some(Ok(Ok(response))) => response,
        Some(Ok(Err(code))) => return Err(send_error(&code)),
        Some(Err(())) | None => return Err(SendError::Unknown("the host gave no answer".to_owned())),
    };
    finished.map_err(|code| send_error(&code))?;
    let content_type = response
        .headers()
        .get(&"content-type".to_owned())
        .pop()
        .map(|value| String::from_utf8_lossy(&value).into_owned());
    let status = response.status();
    let body = response.consume().map_err(|()| cut_off())?;
    let stream = body.stream().map_err(|()| cut_off())?;
    Ok(Response { status, content_type, body: Box::new(LargeBody { stream, _body: body }) })
}

/// Fields are dropped in this order: the stream is a child of the body.
struct LargeBody {
    stream: InputStream,
    _body: http::IncomingBody,
}

impl Body for LargeBody {
    fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        loop {
            match self.stream.blocking_read(READ_BYTES) {
                Ok(chunk) if chunk.is_empty() => {}
                Ok(chunk) => return Ok(Some(chunk)),
                Err(StreamError::Closed) => return Ok(None),
                Err(StreamError::LastOperationFailed(_)) => return Err(cut_off()),
            }
        }
    }
}

fn cut_off() -> SendError {
    SendError::Unknown("the answer was cut off".to_owned())
}

/// Whether the request may have reached the other side.
fn send_error(code: &http::ErrorCode) -> SendError {
    use http::ErrorCode as Code;
    let reason = match code {
        Code::HttpRequestDenied => {
            return SendError::Denied("the host's policy does not allow this request".to_owned());
        }
        Code::DnsTimeout | Code::DnsError(_) | Code::DestinationNotFound => "its name cannot be resolved",
        Code::DestinationUnavailable | Code::DestinationIpUnroutable => "it cannot be reached",
        Code::DestinationIpProhibited => "the host's policy does not allow its address",
        Code::ConnectionRefused => "the connection was refused",
        Code::ConnectionTimeout => "connecting took too long",
        Code::ConnectionLimitReached => "there are too many connections",
        Code::TlsProtocolError | Code::TlsCertificateError | Code::TlsAlertReceived(_) => {
            "TLS failed; check its certificate"
        }
        Code::ConnectionReadTimeout | Code::HttpResponseTimeout => {
            return SendError::Unknown("no answer in time".to_owned());
        }
        Code::ConnectionTerminated | Code::HttpResponseIncomplete => {
            return SendError::Unknown("the connection was closed before the answer was complete".to_owned());
        }
        Code::InternalError(Some(reason)) => return SendError::Unknown(reason.clone()),
        other => return SendError::Unknown(format!("{other:?}")),
    };
    SendError::NotSent(reason.to_owned())
}

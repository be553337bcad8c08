//! HTTP over `wasi:http`, through `wasi-http-client` as far as that is able to.
//!
//! Known limits of wasi-http-client 0.2.1, and how they are dealt with here:
//! - It writes a request body with a single `blocking-write-and-flush`, for which wasi:io allows 4,096 bytes; a larger
//!   body traps the component. So [`send_large`] uses the `wasi` crate below it and writes such a body in pieces, after
//!   the request has begun, so that the host takes the pieces.
//! - Of repeated response headers it keeps only the last, and a header that is not UTF-8 is an error. Only
//!   `content-type` and `location` are used here, and [`send_large`] reads them by itself.
//! - It has no timeouts except for connecting. The host sets all of them.

use hibob_connector_core::http::{Body, Method, Request, Response, SendError};
use wasi::http::outgoing_handler;
use wasi::http::types as http;
use wasi::io::streams::{InputStream, StreamError};
use wasi_http_client::Client;

/// Most bytes that one `blocking-write-and-flush` takes (wasi:io/streams).
const WRITE_BYTES_MAX: usize = 4_096;

/// Bytes that are requested in one read of a body: enough for few calls, and few enough for little memory.
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
    let header = |name: &str| response.headers().get(name).cloned();
    let (content_type, location) = (header("content-type"), header("location"));
    Ok(Response { status: response.status(), content_type, location, body: Box::new(SmallBody(response)) })
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
        // A write fails if the host has given up the request. The future below then has the reason.
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
    let headers = response.headers();
    let header =
        |name: &str| headers.get(&name.to_owned()).pop().map(|value| String::from_utf8_lossy(&value).into_owned());
    let (content_type, location) = (header("content-type"), header("location"));
    drop(headers);
    let status = response.status();
    let body = response.consume().map_err(|()| cut_off())?;
    let stream = body.stream().map_err(|()| cut_off())?;
    Ok(Response { status, content_type, location, body: Box::new(LargeBody { stream, _body: body }) })
}

/// A body and its stream. The stream is a child of the body and has to be dropped first, as the order of the fields
/// ensures.
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

/// The core's error for an error code, which says whether the request may have reached the service.
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
        other => return SendError::Unknown(format!("the connection failed ({other:?})")),
    };
    SendError::NotSent(reason.to_owned())
}

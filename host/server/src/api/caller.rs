//! Asking the API from within this process, through the same gate as everybody else: the console does.

use crate::api::Api;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use tower_service::Service;

/// Marks a request of a session. Only code of this process can set it, since it is no header.
#[derive(Clone, Debug)]
pub(super) struct OfSession {
    /// The id of the session's token.
    pub(super) token: String,
    /// The work email of the person who has signed in.
    pub(super) person: String,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Asker<'a> {
    /// Somebody who shows this token. It is checked.
    Token(&'a str),
    /// A session. The caller has checked the session; the token is checked here.
    SessionOf {
        /// The id of the token that the session belongs to.
        token: &'a str,
        /// The work email of the person who has signed in, for the API log.
        person: &'a str,
    },
}

/// What a question sends.
#[derive(Clone, Copy, Debug)]
pub enum Sent<'a> {
    /// No body.
    Nothing,
    /// JSON.
    Json(&'a Value),
    /// JSON, in place of what has this entity tag and of nothing else (`If-Match`, RFC 9110 section 13.1.1).
    Over(&'a Value, &'a str),
    /// Plain text.
    Text(&'a str),
}

/// Asks the API from within this process. Every request passes the gate: rate, role, tenant and API log are those of a
/// request that came from outside.
#[derive(Clone, Debug)]
pub struct Caller {
    router: Router,
}

impl Caller {
    /// A caller of this API.
    pub fn new(api: &Arc<Api>) -> Self {
        Self { router: api.router() }
    }

    /// The answer to a request. `from` is the address of the client for whom it is asked. A path may have a query.
    pub async fn ask(
        &self,
        asker: Asker<'_>,
        from: Option<SocketAddr>,
        method: Method,
        path: &str,
        sent: Sent<'_>,
    ) -> Response<Body> {
        let mut builder = Request::builder().method(method).uri(path);
        if let Asker::Token(token) = asker {
            builder = builder.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match sent {
            Sent::Nothing => Body::empty(),
            Sent::Json(body) => Body::from(body.to_string()),
            Sent::Over(body, tag) => {
                builder = builder.header(header::IF_MATCH, tag);
                Body::from(body.to_string())
            }
            Sent::Text(text) => {
                builder = builder.header(header::CONTENT_TYPE, "text/plain");
                Body::from(text.to_owned())
            }
        };
        let Ok(mut request) = builder.body(body) else {
            // What cannot be a path, or a token, is nobody's.
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return response;
        };
        if let Asker::SessionOf { token, person } = asker {
            request.extensions_mut().insert(OfSession { token: token.to_owned(), person: person.to_owned() });
        }
        if let Some(from) = from {
            request.extensions_mut().insert(from);
        }
        match self.router.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

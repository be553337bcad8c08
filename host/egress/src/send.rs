//! Sends one request of a plugin: checks, credential, pace, retries, timeouts, and the answer.

use crate::body::{Guarded, gather};
use crate::lists::{self, ReadLists};
use crate::unpack::unpacked;
use crate::{CallEgress, Service};
use bytes::Bytes;
use hibob_contract::CallKind;
use hibob_net::transport::{NotSent, TransportBody, TransportError};
use hibob_policy::Grant;
use hibob_policy::change_scope::Sent;
use hibob_policy::request::{Action, PEOPLE_SEARCH, Refusal, Role, decide};
use hibob_shares::wait::{back_off, rate_limit_reset, retry_after};
use hibob_telemetry::{RefusalReason, Spans, status, unanswered};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tracing::Instrument;
use wasmtime_wasi_http::{Error, WasiBody};

/// Headers that a plugin may set. All others are refused: the host sets `Authorization`, and headers about the
/// connection (`Transfer-Encoding`, `Upgrade`, …) could be used to smuggle a second request. In a call that applies a
/// change, what the plugin sets is not passed on.
const ALLOWED_HEADERS: [HeaderName; 4] = [ACCEPT, CONTENT_TYPE, CONTENT_LENGTH, HeaderName::from_static("api-version")];

/// Headers of an answer that the plugin gets. `Location` is passed on with a 201 only, where it is the address of what was
/// created: where a redirect points is told to the operator, and the plugin learns nothing of it.
const PASSED_HEADERS: [HeaderName; 2] = [CONTENT_TYPE, LOCATION];

/// Largest page of a listing, in bytes: 50 users of about 2 kB, with room for much larger ones.
const PAGE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The `User-Agent` that services see.
const AGENT: &str = concat!("hibob-connector/", env!("CARGO_PKG_VERSION"));

/// Sends a plugin's request, if it may be sent, and returns the answer. In this order it checks:
///
/// 1. the number of requests of the call,
/// 2. the request policy and the call's grant,
/// 3. the plugin's manifest,
/// 4. the headers,
/// 5. the write scope or person scope, which also renders what is sent: in a call that applies a change, everything but
///    method and path is the host's own.
///
/// # Errors
/// `HttpRequestDenied` if a check refuses the request or the egress is closed, `HttpRequestBodySize` if the body is too
/// large; else why no answer came.
pub(super) async fn send(call: &CallEgress, request: Request<WasiBody>) -> Result<Response<WasiBody>, Error> {
    let (parts, body) = request.into_parts();
    let refuse = |reason: RefusalReason, refusal: &Refusal| {
        call.refuse(reason, refusal);
        Error::HttpRequestDenied
    };
    call.count_request()?;
    let open = call.open.clone().acquire_owned().await.map_err(|_| Error::ConfigurationError)?;
    let egress = &call.egress;
    let routes = egress.services.iter().map(|service| &service.route);
    let decided = decide(routes, &call.grant, &parts.method, &parts.uri);
    let decided = decided.map_err(|refusal| refuse(RefusalReason::Policy, &refusal))?;
    let service = egress.services.get(decided.position).ok_or(Error::ConfigurationError)?;
    let declared = call.check_declared(service.route.role, &parts.method, &decided.path);
    declared.map_err(|refusal| refuse(RefusalReason::Manifest, &refusal))?;
    let given = allowed(&parts.headers).map_err(|refusal| refuse(RefusalReason::Header, &refusal))?;
    let body = gather(body).await?;
    let as_made = AsMade { uri: parts.uri.clone(), headers: parts.headers };
    let (role, method, query) = (service.route.role, &parts.method, parts.uri.query());
    let scoped = match (&call.grant, decided.action) {
        // The call only looks what became of a change. This is no refusal to report: the plugin does what it always does.
        (Grant::Apply(scope), Action::Write) if !scope.may_write() => return Err(Error::HttpRequestDenied),
        (Grant::Apply(scope), Action::Write) => scope.check_write(role, method, &decided.path, query, &body).map(Some),
        (Grant::Apply(scope), Action::Read) => scope.check_read(role, method, &decided.path, query, &body).map(Some),
        (Grant::Read | Grant::Person(_), _) => Ok(None),
    };
    let scoped = scoped.map_err(|refusal| refuse(RefusalReason::Scope, &refusal))?;
    let (uri, headers, body, sent) = match scoped {
        Some(rendered) => {
            (with_query(parts.uri, rendered.query.as_deref())?, rendered.headers, rendered.body, Some(rendered.sent))
        }
        None => {
            let body = match &call.grant {
                Grant::Person(scope) => scope.check(method, &decided.path, query, &body),
                Grant::Read | Grant::Apply(_) if *method != Method::GET || body.is_empty() => Ok(body),
                Grant::Read | Grant::Apply(_) => {
                    Err(Refusal::new(format!("{method} {}: a read has no body", decided.path)))
                }
            };
            (parts.uri, given, body.map_err(|refusal| refuse(RefusalReason::Scope, &refusal))?, None)
        }
    };
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = parts.method;
    *request.uri_mut() = uri;
    *request.headers_mut() =
        with_credential(headers, service).map_err(|refusal| refuse(RefusalReason::Header, &refusal))?;
    request.extensions_mut().insert(as_made);
    let list = match (&call.grant, egress.lists.of_run()) {
        (Grant::Person(_), Some(read)) => {
            lists::key(request.method(), &decided.path, request.uri().query()).map(|key| (key, read))
        }
        _ => None,
    };
    let outgoing = Outgoing { call, service, action: decided.action, path: decided.path, sent, request };
    let response = match list {
        Some((key, read)) => outgoing.once_a_run(key, &read).await?,
        None => outgoing.attempts().await?,
    };
    if response.status().is_redirection() {
        call.tell(&redirect(service, response.headers(), outgoing.request.uri()));
    }
    Ok(outgoing.pass_on(response, open))
}

/// What to tell the operator about a redirect: where it points, as scheme, host and path. What a query says may be personal.
fn redirect(service: &Service, headers: &HeaderMap, asked: &Uri) -> String {
    let name = match service.route.role {
        Role::HiBob => "hibob.url",
        Role::Scim => "travelperk.scim_url",
        Role::Rest => "travelperk.rest_url",
        Role::CostCenters => "travelperk.cost_centers_url",
    };
    let location =
        headers.get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<Uri>().ok());
    let Some(location) = location else {
        return format!("it was answered with a redirect that says nowhere to go; check {name}");
    };
    let scheme = location.scheme_str().or_else(|| asked.scheme_str()).unwrap_or_default();
    let host = location.host().or_else(|| asked.host()).unwrap_or_default();
    let port = if location.host().is_some() { location.port_u16() } else { asked.port_u16() };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    format!(
        "the redirect points to {scheme}://{host}{port}{}; if that is where the service is now, change {name} to it",
        location.path()
    )
}

/// The URL with this query in the place of its own.
fn with_query(uri: Uri, query: Option<&str>) -> Result<Uri, Error> {
    let mut parts = uri.into_parts();
    let path = parts.path_and_query.as_ref().map_or("/", PathAndQuery::path);
    let text = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    parts.path_and_query = Some(text.parse().map_err(|_| Error::HttpRequestUriInvalid)?);
    Uri::from_parts(parts).map_err(|_| Error::HttpRequestUriInvalid)
}

/// The headers of the plugin that are passed on.
fn allowed(given: &HeaderMap) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in given.iter().filter(|(name, _)| *name != HOST) {
        if !ALLOWED_HEADERS.contains(name) || headers.contains_key(name) {
            return Err(Refusal::new(format!("a plugin may not set the header {name} (or not twice)")));
        }
        if name != CONTENT_LENGTH {
            headers.insert(name, value.clone()); // the length is worked out from the body that is sent
        }
    }
    Ok(headers)
}

/// The headers of the real request: these, and what the host adds to every request.
fn with_credential(mut headers: HeaderMap, service: &Service) -> Result<HeaderMap, Refusal> {
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    let credential = service.credential.header();
    let credential =
        credential.ok_or_else(|| Refusal::new("the tenant's secret has characters that a header cannot have"))?;
    headers.insert(AUTHORIZATION, credential);
    Ok(headers)
}

/// The head of a request as the plugin made it, before the host added anything. It is an extension of the request that
/// the transport gets, for transports that record plugins' requests.
#[derive(Clone, Debug)]
pub struct AsMade {
    /// The URL.
    pub uri: Uri,
    /// The plugin's headers, and the `Host` header, which follows from the URL.
    pub headers: HeaderMap,
}

/// A request that has passed all checks.
struct Outgoing<'c> {
    call: &'c CallEgress,
    service: &'c Service,
    action: Action,
    /// The path below the service's base URL.
    path: String,
    /// What the call's scope has to know to understand the answer, in a call that applies a change.
    sent: Option<Sent>,
    request: Request<Full<Bytes>>,
}

impl Outgoing<'_> {
    /// The answer with a list: the one that this run has read already, or HiBob's. The call's scope takes it in as if
    /// HiBob had just sent it.
    async fn once_a_run(&self, key: String, read: &ReadLists) -> Result<Response<TransportBody>, Error> {
        let mut read = self.call.waits.wait(read.lock()).await;
        if self.call.is_closed() {
            return Err(Failed::Closed(CLOSED).into_error());
        }
        if let Some(kept) = read.get(&key) {
            if let Grant::Person(scope) = &self.call.grant {
                scope.note_answer(self.service.route.role, &self.path, StatusCode::OK, &kept.1);
            }
            return Ok(lists::answer(kept));
        }
        let (parts, body) = self.attempts().await?.into_parts();
        // It was read whole already, for the scope.
        let body = body.collect().await.map_err(|_| Error::ConnectionTerminated)?.to_bytes();
        let list = (parts.headers.clone(), body);
        let mut response = lists::answer(&list);
        *response.status_mut() = parts.status;
        if parts.status == StatusCode::OK && lists::fits(&list.1) {
            read.insert(key, list);
        }
        Ok(response)
    }

    /// Sends the request, and again if that is safe: a service did not carry out what it answers with 429, a request
    /// that was not sent did nothing, and a read can be repeated.
    async fn attempts(&self) -> Result<Response<TransportBody>, Error> {
        let limits = &self.call.egress.limits;
        let mut attempt = 0;
        loop {
            let span = Spans::http(&self.call.span, self.service.route.role, self.request.method(), attempt);
            let answer = self.attempt().instrument(span.clone()).await;
            let pause = self.pause(&answer, attempt).filter(|_| attempt + 1 < limits.read_attempts_max);
            self.log(&answer, pause);
            self.observe(&span, &answer, pause.is_some());
            drop(span);
            match pause {
                Some(pause) => {
                    drop(answer);
                    self.call.waits.wait(tokio::time::sleep(pause)).await;
                    attempt += 1;
                }
                None => {
                    // A plugin has no words for these, and the operator has to know which setting it is.
                    if let Err(Failed::NotSent(NotSent::Tls | NotSent::Proxy, reason)) = &answer {
                        self.call.tell(reason);
                    }
                    return answer.map_err(Failed::into_error);
                }
            }
        }
    }

    /// How long to wait before the request is sent again; `None` if it is not sent again.
    fn pause(&self, answer: &Result<Response<TransportBody>, Failed>, attempt: u32) -> Option<Duration> {
        let (limits, clock_and_chance) = (&self.call.egress.limits, &self.call.egress.clock_and_chance);
        let read = self.action == Action::Read;
        let back_off =
            || back_off(Duration::from_millis(limits.retry_pause_milliseconds), attempt, clock_and_chance.chance());
        let pause = match answer {
            Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => {
                let default = Duration::from_secs(limits.rate_limit_wait_seconds);
                rate_limit_reset(response.headers(), clock_and_chance.now()).unwrap_or(default)
            }
            Ok(response) if read && response.status().is_server_error() => {
                retry_after(response.headers(), clock_and_chance.now()).unwrap_or_else(back_off)
            }
            Err(Failed::NotSent(NotSent::Prohibited, _)) => return None,
            Err(Failed::NotSent(..)) => back_off(),
            Err(Failed::Lost(_)) if self.call.overrun.get().is_some() => return None,
            Err(Failed::Lost(_) | Failed::Late) if read => back_off(),
            Ok(_) | Err(Failed::Lost(_) | Failed::Packed(_) | Failed::Late | Failed::Closed(_)) => return None,
        };
        let longest = Duration::from_secs(limits.rate_limit_wait_seconds_max).min(self.call.waits.left());
        (pause <= longest).then(|| clock_and_chance.scattered(pause))
    }

    /// Makes one attempt: waits for the pace and for room in the budget of refused credentials, and sends the request.
    async fn attempt(&self) -> Result<Response<TransportBody>, Failed> {
        let egress = &self.call.egress;
        self.call.waits.wait(self.service.pace.rate.until_ready()).await;
        let windows = &self.service.pace.windows;
        while let Some(wait) = windows.left(&self.path, Instant::now()).filter(|wait| *wait <= self.call.waits.left()) {
            tracing::info!(
                tenant = egress.tenant,
                wait_ms = wait.as_millis(),
                "http: the service's rate limit is used up"
            );
            self.call.waits.wait(tokio::time::sleep(egress.clock_and_chance.scattered(wait))).await;
        }
        if self.call.waits.left().is_zero() {
            let most = egress.limits.waiting_seconds_max;
            self.call.overrun.note("waiting_seconds_max", format!("waited politely for more than {most} seconds"));
            return Err(Failed::Closed("the time for waiting was used up (limits.waiting_seconds_max)"));
        }
        if self.call.is_closed() {
            return Err(Failed::Closed(CLOSED));
        }
        let origin = self.service.route.origin();
        let budget = &egress.refusal_budget;
        let reservation = match self.service.proven.load(Ordering::SeqCst) {
            true => None,
            false => {
                let was_refused = egress.was_refused.load(Ordering::SeqCst);
                Some(self.call.waits.wait(budget.reserve(&origin, was_refused)).await)
            }
        };
        if self.call.is_closed() {
            return Err(Failed::Closed(CLOSED)); // another request was refused while this one waited
        }
        if self.action == Action::Write && !self.call.may_write().await {
            return Err(Failed::Closed("the run has lost its lease to another one"));
        }
        let timeout = Duration::from_secs(egress.limits.first_byte_timeout_seconds);
        let sent = tokio::time::timeout(timeout, egress.transport.send(self.request.clone())).await;
        let response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(TransportError::NotSent(kind, reason))) => return Err(Failed::NotSent(kind, reason)),
            Ok(Err(TransportError::Lost(reason))) => return Err(Failed::Lost(reason)),
            Err(_) => return Err(Failed::Late),
        };
        let response =
            unpacked(response, egress.limits.unpacked_times_max, &self.call.overrun).map_err(Failed::Packed)?;
        let longest = Duration::from_secs(egress.limits.rate_limit_wait_seconds_max);
        windows.note(&self.path, response.headers(), egress.clock_and_chance.now(), Instant::now(), longest);
        let (role, now) = (self.service.route.role, egress.clock_and_chance.now());
        let (status, headers) = (response.status(), response.headers());
        self.call.observed.note(role, self.request.method(), &self.path, status, headers, now);
        let forbidden = response.status() == StatusCode::FORBIDDEN;
        if response.status() == StatusCode::UNAUTHORIZED || forbidden {
            budget.refused(&origin);
            if !forbidden || self.call.grant.is_read() {
                self.call.close(); // before any other request of this run, or of this check, can leave
            }
        } else {
            self.service.proven.store(true, Ordering::SeqCst);
        }
        drop(reservation);
        if self.is_read_whole() { self.read_whole(response).await } else { Ok(response) }
    }

    /// Whether the host reads the whole answer before the plugin gets it. It does so
    ///
    /// 1. for a page of a SCIM listing, so that a page that breaks off is requested again instead of ending a listing
    ///    of thousands,
    /// 2. in calls about one change or one person, whose scope needs the answers.
    fn is_read_whole(&self) -> bool {
        let page = self.service.route.role == Role::Scim && self.action == Action::Read;
        page || !matches!(self.call.grant, Grant::Read)
    }

    /// Reads the whole answer, and shows it to the call's scope.
    async fn read_whole(&self, response: Response<TransportBody>) -> Result<Response<TransportBody>, Failed> {
        let (parts, body) = response.into_parts();
        let pause = Duration::from_secs(self.call.egress.limits.between_bytes_timeout_seconds);
        let guarded = Guarded::new(body, pause, PAGE_BYTES_MAX);
        let whole = guarded.collect().await.map_err(|error| Failed::Lost(error.to_string()))?.to_bytes();
        let role = self.service.route.role;
        match (&self.call.grant, &self.sent) {
            (Grant::Apply(scope), Some(sent)) => scope.note_answer(sent, parts.status, &whole),
            (Grant::Person(scope), _) => scope.note_answer(role, &self.path, parts.status, &whole),
            (Grant::Read, _) | (Grant::Apply(_), None) => {}
        }
        Ok(Response::from_parts(parts, Full::new(whole).map_err(|never| match never {}).boxed_unsync()))
    }

    fn log(&self, answer: &Result<Response<TransportBody>, Failed>, pause: Option<Duration>) {
        let (tenant, method) = (&self.call.egress.tenant, self.request.method());
        let role = self.service.route.role;
        let outcome = match answer {
            Ok(response) => response.status().as_u16().to_string(),
            Err(failed) => failed.reason(),
        };
        match pause {
            Some(pause) => {
                tracing::info!(tenant, ?role, %method, outcome, wait_ms = pause.as_millis(), "http: again after a wait")
            }
            None => tracing::debug!(tenant, ?role, %method, outcome, "http"),
        }
    }

    /// Counts the attempt, and records its status in the span.
    fn observe(&self, span: &tracing::Span, answer: &Result<Response<TransportBody>, Failed>, again: bool) {
        let metrics = &self.call.egress.metrics;
        Spans::answered(span, answer.as_ref().ok().map(Response::status));
        let status = match answer {
            Ok(response) => status(response.status()),
            Err(Failed::NotSent(NotSent::Prohibited, _)) => return metrics.refusal(RefusalReason::Address),
            Err(Failed::NotSent(..)) => unanswered::NOT_SENT.into(),
            Err(Failed::Lost(_) | Failed::Packed(_)) => unanswered::LOST.into(),
            Err(Failed::Late) => unanswered::LATE.into(),
            Err(Failed::Closed(_)) => return,
        };
        metrics.request(self.service.route.role, status, again);
    }

    /// The answer as the plugin gets it: with the headers that are passed on, and a body with limits.
    fn pass_on(&self, response: Response<TransportBody>, open: OwnedSemaphorePermit) -> Response<WasiBody> {
        let limits = &self.call.egress.limits;
        let (parts, body) = response.into_parts();
        let pause = Duration::from_secs(limits.between_bytes_timeout_seconds);
        let mut body =
            Guarded::new(body, pause, limits.response_bytes_max).counted(self.call.response_bytes.clone(), open);
        let has_employees = self.service.route.role == Role::HiBob && self.path == PEOPLE_SEARCH;
        if has_employees && parts.status == StatusCode::OK {
            body = match (self.call.declared.kind, &self.call.grant) {
                (CallKind::Plan, _) => body.noted_in(self.call.work_emails.answer()),
                (CallKind::References, Grant::Read) => body.noted_in(self.call.titles.answer()),
                _ => body,
            };
        }
        let mut passed = Response::new(body.boxed_unsync());
        *passed.status_mut() = parts.status;
        for name in PASSED_HEADERS {
            if name == LOCATION && !(parts.status == StatusCode::CREATED && self.service.route.role == Role::Scim) {
                continue;
            }
            // A plugin's client may not read a header that is not ASCII.
            if let Some(value) = parts.headers.get(&name).filter(|value| name != LOCATION || value.to_str().is_ok()) {
                passed.headers_mut().insert(name, value.clone());
            }
        }
        passed
    }
}

/// Why an attempt got no answer.
enum Failed {
    /// No connection was made.
    NotSent(NotSent, String),
    /// The connection broke. The request may have been carried out.
    Lost(String),
    /// The answer is packed in a way that this host does not unpack. The request may have been carried out.
    Packed(String),
    /// The answer did not begin in time. The request may have been carried out.
    Late,
    /// The egress is closed, or the call has waited politely for as long as it may. Holds which of them.
    Closed(&'static str),
}

/// Why nothing leaves any more after the egress was closed.
const CLOSED: &str = "a service had refused the credentials before, or the run had lost its lease";

impl Failed {
    fn reason(&self) -> String {
        match self {
            Self::NotSent(_, reason) => format!("not sent: {reason}"),
            Self::Closed(why) => format!("not sent: {why}"),
            Self::Lost(reason) => format!("lost: {reason}"),
            Self::Packed(encoding) => format!("the answer is packed as {encoding}"),
            Self::Late => "no answer in time".to_owned(),
        }
    }

    fn into_error(self) -> Error {
        match self {
            Self::NotSent(NotSent::Name, _) => Error::DnsError { rcode: None, info_code: None },
            Self::NotSent(NotSent::Refused | NotSent::Proxy, _) => Error::ConnectionRefused,
            Self::NotSent(NotSent::Timeout, _) => Error::ConnectionTimeout,
            Self::NotSent(NotSent::Prohibited, _) => Error::DestinationIpProhibited,
            Self::NotSent(NotSent::Tls, _) => Error::TlsCertificateError,
            Self::Lost(_) => Error::ConnectionTerminated,
            Self::Packed(encoding) => Error::InternalError(Some(format!(
                "its answer is packed as `{encoding}`, and the host unpacks gzip only: tell that service's support, or what stands between (a proxy), not to pack what was not asked for"
            ))),
            Self::Late => Error::ConnectionReadTimeout,
            Self::Closed(_) => Error::HttpRequestDenied,
        }
    }
}

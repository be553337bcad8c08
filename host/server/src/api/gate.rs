//! The gate: the steps that every request passes. Who calls, whether they may, the API log, the answer.

use crate::api::caller::OfSession;
use crate::api::problem::Problem;
use crate::api::request::{ApiRequest, Named, Params, Query, body, media_type};
use crate::api::routes::{Action, Holder, Route};
use crate::api::{Api, act};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hibob_base::digest::hex;
use hibob_store::api_log;
use hibob_store::api_log::{ApiLogEntry, ApiLogOutcome, UNKNOWN};
use hibob_store::token::{ShownToken, StoredToken};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;

/// How long a request may take until its answer begins, its body included. A stream of events goes on after that.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// Seconds in a day.
const DAY: i64 = 86_400;

/// The headers of every answer: no guessing of content types, no caching, no embedding, no referrer.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// A new id for a request. Callers cannot choose it, because the API log has it.
pub(super) fn request_id() -> String {
    hex(&rand::random::<[u8; 8]>())
}

/// Adds the headers that every answer has.
pub(super) fn finish(mut response: Response, request_id: &str) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", id);
    }
    response
}

impl Api {
    /// Answers a request. An action that was begun is carried out to its end, even if the caller disconnects or the
    /// time is up.
    pub(super) async fn answer(self: Arc<Self>, route: &'static Route, params: Params, request: Request) -> Response {
        let id = request_id();
        // The route's own path: names and queries are not for the log.
        let span = tracing::info_span!("request", id, method = route.method.word(), path = route.path);
        let work = tokio::spawn(self.handle(route, params, request, id.clone()).instrument(span));
        let answered = match tokio::time::timeout(REQUEST_TIME_MAX, work).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(error)) => Err(Problem::internal(&error)),
            Err(_) => Err(Problem::too_slow(REQUEST_TIME_MAX.as_secs())),
        };
        finish(answered.unwrap_or_else(IntoResponse::into_response), &id)
    }

    async fn handle(
        self: Arc<Self>,
        route: &'static Route,
        params: Params,
        request: Request,
        id: String,
    ) -> Result<Response, Problem> {
        let named = Named::read(&params);
        let mut entry = ApiLogEntry {
            actor: UNKNOWN.to_owned(),
            role: None,
            action: route.name,
            tenant: named.as_ref().ok().and_then(|named| named.tenant.clone()),
            object: named.as_ref().ok().and_then(Named::object),
            request: id,
            os_user: None,
            asked_by: None,
        };
        let permitted = match self.clone().permit(route, named, request, &mut entry).await {
            Ok(permitted) => permitted,
            Err(problem) => {
                // A caller who makes too many requests does not fill the API log as well.
                if problem.status != StatusCode::TOO_MANY_REQUESTS && route.holders.is_some() {
                    api_log::record(self.data.control(), &entry, problem.outcome(), Some(problem.code)).await?;
                }
                return Err(problem);
            }
        };
        if !route.is_recorded() {
            return act::act(permitted).await;
        }
        let row = api_log::begin(self.data.control(), &entry).await?;
        let acted = act::act(permitted).await;
        let (outcome, code) = match &acted {
            Ok(_) => (ApiLogOutcome::Done, None),
            Err(problem) => (problem.outcome(), Some(problem.code)),
        };
        api_log::ended(self.data.control(), row, &entry, outcome, code).await;
        acted
    }

    /// All checks before the action. They add the caller to `entry` as soon as the caller is known.
    async fn permit(
        self: Arc<Self>,
        route: &'static Route,
        named: Result<Named, Problem>,
        request: Request,
        entry: &mut ApiLogEntry,
    ) -> Result<ApiRequest, Problem> {
        let mut token = None;
        if let Some(holders) = route.holders {
            let shown = Shown::of(&request);
            // Every request of the listener has one; a router without it counts all callers as one.
            let from = request.extensions().get::<SocketAddr>().map(SocketAddr::ip);
            let who = self.authenticate(shown, from.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), entry).await?;
            self.rates.request(&who.id)?;
            if !holders.contains(&Holder::of(who.role, who.tenant.as_deref())) {
                return Err(Problem::forbidden());
            }
            token = Some(who);
        }
        let named = self.visible(route, named?, token.as_ref(), entry).await?;
        let query = Query::read(route, request.uri().query())?;
        media_type(route, request.headers())?;
        let if_match = request.headers().get(header::IF_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = body(route, request.into_body()).await?;
        Ok(ApiRequest { api: self, route, token, named, query, body, if_match })
    }

    /// Finds the token that was sent. A token that is known but not valid any more is in the API log by its id.
    async fn authenticate(
        &self,
        shown: Option<Shown>,
        from: IpAddr,
        entry: &mut ApiLogEntry,
    ) -> Result<StoredToken, Problem> {
        let now = chrono::Utc::now().timestamp();
        let mut found = None;
        match &shown {
            Some(Shown::Token(shown)) => {
                found = self.data.control().token(shown.id()).await?.filter(|stored| shown.is(stored));
            }
            Some(Shown::Session(session)) => {
                found = self.data.control().token(&session.token).await?;
                entry.asked_by = Some(session.person.clone());
            }
            None => {}
        }
        if let Some(stored) = &found {
            entry.actor.clone_from(&stored.id);
            entry.role = Some(stored.role);
        }
        let Some(stored) = found.filter(|stored| stored.is_valid(now)) else {
            self.rates.failure(from)?;
            return Err(Problem::unauthorized());
        };
        if stored.used_on != Some(now.div_euclid(DAY)) {
            self.data.control().note_token_use(&stored.id, now.div_euclid(DAY)).await?;
        }
        Ok(stored)
    }

    /// Checks that the token may see what the path names. Things of other tenants are answered as if they did not
    /// exist.
    async fn visible(
        &self,
        route: &Route,
        mut named: Named,
        token: Option<&StoredToken>,
        entry: &mut ApiLogEntry,
    ) -> Result<Named, Problem> {
        let mut what = "tenant";
        if route.path.contains("{job}") {
            what = "job";
            named.tenant = Some(self.data.queue().get(named.number.unwrap_or_default()).await?.tenant);
        }
        let Some(tenant) = &named.tenant else { return Ok(named) };
        let own = token.and_then(|token| token.tenant.as_deref());
        if own.is_some_and(|own| own != tenant) {
            return Err(Problem::not_found(what));
        }
        entry.tenant = Some(tenant.clone());
        // A job may outlive its tenant; a new tenant is not there yet.
        let is_to_exist = what == "tenant" && route.action != Action::PutTenant;
        if is_to_exist && self.data.control().tenant(tenant).await?.is_none() {
            return Err(Problem::not_found(what));
        }
        Ok(named)
    }
}

/// By what a request proves who sends it.
enum Shown {
    /// By a token that it carries.
    Token(ShownToken),
    /// By a session of the console, which has checked it, and which belongs to the token with this id.
    Session(OfSession),
}

impl Shown {
    fn of(request: &Request) -> Option<Self> {
        if let Some(session) = request.extensions().get::<OfSession>() {
            return Some(Self::Session(session.clone()));
        }
        bearer(request.headers()).and_then(ShownToken::parse).map(Self::Token)
    }
}

/// The token of a request (RFC 6750 section 2.1). The scheme is matched as RFC 9110 section 11.1 says: in any case.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

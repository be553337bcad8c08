//! Who sends a request: the language that the browser asks for, the cookie, and the session behind it.

use crate::Console;
use crate::ask::Failure;
use crate::form::encoded;
use crate::page::{Page, bounce, plain_failure, see_other};
use crate::session::Session;
use crate::texts::{Language, Texts};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The cookie of a session. With this prefix a browser takes it only with `Secure`, without `Domain` and for the whole host
/// (RFC 6265bis section 4.1.3), so no other host of the domain can set it.
const COOKIE: &str = "__Host-hibob-console";

/// The same on this machine without TLS, where not every browser takes `Secure`.
const LOCAL_COOKIE: &str = "hibob-console";

/// The cookie with the language that somebody has chosen.
pub(crate) const LANGUAGE_COOKIE: &str = "hibob-console-language";

/// The query of the first page after signing in.
pub(crate) const JUST_SIGNED_IN: &str = "signed-in";

/// A request of somebody who has signed in.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) console: Arc<Console>,
    pub(crate) session: Session,
    pub(crate) texts: &'static Texts,
    /// The client's address.
    pub(crate) from: Option<SocketAddr>,
    /// The page's own path, without its query.
    pub(crate) path: String,
    /// The query of a page.
    pub(crate) query: Option<String>,
}

impl FromRequestParts<Arc<Console>> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Response> {
        let texts = language(&parts.headers).texts();
        let found = match session_cookie(&parts.headers) {
            Some(secret) => console.session(&secret).await,
            None => Ok(None),
        };
        let session = match found {
            Ok(Some(session)) => session,
            Ok(None) => return Err(to_sign_in(parts)),
            Err(error) => return Err(plain_failure(texts, &error)),
        };
        let from = parts.extensions.get::<SocketAddr>().copied();
        let (path, query) = (parts.uri.path().to_owned(), parts.uri.query().map(str::to_owned));
        Ok(Self { console: console.clone(), session, texts, from, path, query })
    }
}

impl Signed {
    /// The frame of a page with this title.
    pub(crate) fn page(&self, title: impl Into<String>) -> Page {
        Page::new(self.texts, title, &self.path).signed(&self.session.row.person)
    }

    /// Whether the token may start jobs and decide about plans.
    pub(crate) fn may_change(&self) -> bool {
        self.session.token.role != hibob_store::token::TokenRole::Reader
    }

    /// Whether the token is an operator's.
    pub(crate) fn is_operator(&self) -> bool {
        self.session.token.role == hibob_store::token::TokenRole::Operator
    }

    /// The page, or what is answered instead of it.
    pub(crate) async fn show(&self, made: impl Future<Output = Result<Response, Failure>>) -> Response {
        made.await.unwrap_or_else(|failure| failure.response(self))
    }
}

/// To the page that signs in, and after that to where the request wanted to go.
fn to_sign_in(parts: &Parts) -> Response {
    let is_page = parts.method == Method::GET;
    // A link in a mail comes from another site, and then a browser does not send the cookie (`SameSite=Strict`). It does
    // when this console's own page asks again.
    if is_page && parts.headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return bounce(language(&parts.headers).texts(), parts.uri.path());
    }
    let path = if is_page { parts.uri.path() } else { "/console" };
    let why = if parts.uri.query() == Some(JUST_SIGNED_IN) { "&no-cookie" } else { "" };
    see_other(&format!("/console/sign-in?to={}{why}", encoded(path)))
}

/// The language that the person has chosen, or else the first one that the browser asks for and that there is.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let chosen = cookie(headers, LANGUAGE_COOKIE).and_then(|code| Language::of_code(&code));
    let asked = || {
        let asked = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        // In the order in which browsers list them, the most wanted first (RFC 9110 section 12.5.4).
        asked.split(',').find_map(|range| Language::of_code(range.split(['-', ';']).next()?.trim()))
    };
    chosen.or_else(asked).unwrap_or(Language::English)
}

/// What the cookie of a session holds.
fn session_cookie(headers: &HeaderMap) -> Option<String> {
    cookie(headers, COOKIE).or_else(|| cookie(headers, LOCAL_COOKIE).filter(|_| is_local(headers)))
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value.to_owned())
}

/// The header that has a browser hold a session's secret, until it is closed.
pub(crate) fn set_cookie(headers: &HeaderMap, secret: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&attributes(headers, secret, "")).ok()
}

/// The header that has a browser forget it.
pub(crate) fn clear_cookie(headers: &HeaderMap) -> Option<HeaderValue> {
    HeaderValue::from_str(&attributes(headers, "", "; Max-Age=0")).ok()
}

fn attributes(headers: &HeaderMap, value: &str, more: &str) -> String {
    let (name, secure) = if is_local(headers) { (LOCAL_COOKIE, "") } else { (COOKIE, "; Secure") };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}")
}

/// Whether a browser of this machine asks without TLS, under a name of this machine.
pub(crate) fn is_local(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let Some(host) = text(header::HOST) else { return false };
    if text(header::ORIGIN).is_some_and(|origin| origin.starts_with("https:")) {
        return false;
    }
    let host = host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(host, |(host, _)| host);
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether the page was asked over plain HTTP from another machine, where a browser keeps no cookie of this console.
pub(crate) fn is_plain_remote(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    !is_local(headers) && origin.is_some_and(|origin| origin.starts_with("http:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn the_cookie_is_secure_wherever_another_machine_may_ask() {
        for (host, origin, is_secure) in [
            ("localhost:8080", "http://localhost:8080", false),
            ("127.0.0.1:8080", "http://127.0.0.1:8080", false),
            ("[::1]:8080", "http://[::1]:8080", false),
            ("localhost", "https://localhost", true),
            ("hr.acme.example", "https://hr.acme.example", true),
            ("10.0.0.5:8080", "http://10.0.0.5:8080", true),
            ("localhost.acme.example", "https://localhost.acme.example", true),
        ] {
            let set = set_cookie(&headers(&[("host", host), ("origin", origin)]), "s").unwrap();
            let set = set.to_str().unwrap();
            assert!(set.contains("; Path=/; HttpOnly; SameSite=Strict") && !set.contains("Domain"), "{set}");
            assert_eq!(set.starts_with("__Host-hibob-console=s;"), is_secure, "{host} {set}");
            assert_eq!(set.contains("; Secure"), is_secure, "{host} {set}");
        }
        let plain = headers(&[("host", "hr.acme.example"), ("cookie", "hibob-console=s")]);
        assert_eq!(session_cookie(&plain), None, "the name of this machine's cookie counts on this machine only");
        let own = headers(&[("host", "hr.acme.example"), ("cookie", "a=b; __Host-hibob-console=s")]);
        assert_eq!(session_cookie(&own).as_deref(), Some("s"));
    }

    #[test]
    fn the_language_is_the_chosen_one_or_the_first_that_there_is() {
        for (asked, cookie, expected) in [
            ("de-CH,de;q=0.9,en;q=0.8", "", Language::German),
            ("it,fr;q=0.5", "", Language::French),
            ("it", "", Language::English),
            ("de", "hibob-console-language=es", Language::Spanish),
            ("de", "hibob-console-language=xx", Language::German),
        ] {
            let headers = headers(&[("accept-language", asked), ("cookie", cookie)]);
            assert_eq!(language(&headers), expected, "{asked} {cookie}");
        }
    }
}

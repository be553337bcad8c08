//! The names under which the API is asked: the `Host` header, the target of a request, and the `Origin` of a web page.
//!
//! A name that an attacker can make resolve to this machine (DNS rebinding) must not be answered to, since a browser
//! takes such an answer for one of the attacker's own site.

use crate::api::problem::Problem;
use crate::api::routes::ROUTES;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Request, Uri, header};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

/// How many refused names a minute are logged as warnings; further ones could fill the log, and are logged as details.
const WARNINGS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(30).unwrap();

/// How many characters of a refused name are logged.
const SHOWN_CHARS_MAX: usize = 200;

/// Reads a name for `--host`: of a machine, or an address, without a port.
///
/// # Errors
/// What is wrong with it.
pub fn parse_host(text: &str) -> Result<String, String> {
    let authority: Authority = text.parse().map_err(|_| "this is not a name".to_owned())?;
    // Whatever is beside the host, a user's name or a port, makes the whole longer.
    if authority.host().is_empty() || authority.host() != authority.as_str() {
        return Err("give only a name, such as hr.acme.example, without a port".to_owned());
    }
    Ok(bare(authority.host()))
}

/// The rule by which requests are taken by the name that they are sent to.
#[derive(Debug)]
pub(super) struct Hosts {
    /// The names of `--host`.
    named: Vec<String>,
    /// The address that is listened at.
    address: IpAddr,
    /// False if any name is answered to.
    is_checked: bool,
    warnings: DefaultDirectRateLimiter,
}

impl Hosts {
    /// Answers to the names of this machine, to the address that is listened at, and to `named`. If no names are given
    /// for an address that other machines reach, nobody knows under which ones they reach it, and all are answered to.
    pub(super) fn new(named: Vec<String>, address: SocketAddr) -> Self {
        let is_local = address.ip().to_canonical().is_loopback();
        let is_checked = is_local || !named.is_empty();
        let warnings = RateLimiter::direct(Quota::per_minute(WARNINGS_PER_MINUTE));
        Self { named, address: address.ip().to_canonical(), is_checked, warnings }
    }

    /// Whether the name is checked at all.
    pub(super) fn is_checked(&self) -> bool {
        self.is_checked
    }

    /// Checks a request: that it names one host, that this is a name of the API, and that no page of another site has
    /// sent it. Health and metrics may be asked under any name.
    ///
    /// # Errors
    /// It may not be answered. The name that was refused is in the log.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), Problem> {
        let host = only(request.headers(), &header::HOST)?;
        let origin = only(request.headers(), &header::ORIGIN)?;
        if is_exempt(request.uri().path()) {
            return Ok(());
        }
        // With an absolute target a server ignores `Host` (RFC 9112 section 3.2.2). Whoever is in between may not, so
        // that both have to be right.
        let target = request.uri().authority().map(Authority::as_str);
        let mut named = [host, target].into_iter().flatten().peekable();
        if named.peek().is_none() {
            return Err(Problem::bad_request("the request names no host", "send the header `Host`"));
        }
        for text in named {
            let authority = read(text)?;
            if self.is_checked && !self.is_own(authority.host()) {
                self.warn("a request for another host was refused; if it is this one's, name it with --host", text);
                return Err(Problem::wrong_host());
            }
        }
        let Some(origin) = origin else { return Ok(()) };
        let asked = target.or(host).map(read).transpose()?;
        if !self.is_own_page(origin, asked.as_ref()) {
            self.warn("a request from a page of another site was refused", origin);
            return Err(Problem::other_origin());
        }
        Ok(())
    }

    fn is_own(&self, host: &str) -> bool {
        let host = bare(host);
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let is_address = address.is_ok_and(|address| {
            let address = address.to_canonical();
            address.is_loopback() || (address == self.address && !address.is_unspecified())
        });
        is_address || host == "localhost" || host.ends_with(".localhost") || self.named.contains(&host)
    }

    /// Whether a page is of the site that is asked, or of a name of `--host`: a proxy may ask under another name than
    /// the browser does.
    fn is_own_page(&self, origin: &str, asked: Option<&Authority>) -> bool {
        let Ok(origin) = origin.parse::<Uri>() else { return false };
        let usual = match origin.scheme_str() {
            Some("https") => 443,
            Some("http") => 80,
            _ => return false,
        };
        let Some(page) = origin.authority().filter(|page| !page.as_str().contains('@')) else { return false };
        let place = |authority: &Authority| (bare(authority.host()), authority.port_u16().unwrap_or(usual));
        self.named.contains(&bare(page.host())) || asked.is_some_and(|asked| place(asked) == place(page))
    }

    fn warn(&self, what: &str, value: &str) {
        let shown: String = value.chars().take(SHOWN_CHARS_MAX).collect();
        if self.warnings.check().is_ok() {
            tracing::warn!(value = ?shown, "{what}");
        } else {
            tracing::debug!(value = ?shown, "{what}");
        }
    }
}

/// Whether a path may be asked under any name: monitoring goes by addresses.
fn is_exempt(path: &str) -> bool {
    ROUTES.iter().any(|route| route.path == path && route.is_monitoring())
}

/// The value of a header that may be there once.
fn only<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    let malformed = |what: &str| Problem::bad_request(format!("the header `{name}` {what}"), "send it once");
    if second.is_some() {
        return Err(malformed("comes more than once"));
    }
    first.map(|value| value.to_str().map_err(|_| malformed("is not text"))).transpose()
}

fn read(text: &str) -> Result<Authority, Problem> {
    let authority = text.parse::<Authority>().ok().filter(|authority| !authority.as_str().contains('@'));
    let wrong = || Problem::bad_request("the host that the request names is malformed", "name it as HOST:PORT");
    authority.ok_or_else(wrong)
}

/// A name in small letters and without the dot of the root at its end.
fn bare(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::tests::Lines;
    use axum::http::StatusCode;

    fn hosts(named: &[&str], address: &str) -> Hosts {
        let named = named.iter().map(|name| parse_host(name).unwrap()).collect();
        Hosts::new(named, address.parse().unwrap())
    }

    fn request(target: &str, headers: &[(&str, &str)]) -> Request<()> {
        let request = Request::builder().uri(target);
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
    }

    /// The status with which a request is refused, or 200.
    fn status(hosts: &Hosts, target: &str, headers: &[(&str, &str)]) -> u16 {
        hosts.check(&request(target, headers)).map_or_else(|problem| problem.status, |()| StatusCode::OK).as_u16()
    }

    #[test]
    fn the_names_of_this_machine_and_the_address_are_answered_to() {
        let local = hosts(&[], "127.0.0.1:8080");
        for host in
            ["localhost", "LOCALHOST:8080", "localhost.", "api.localhost", "127.0.0.1:1", "127.9.9.9", "[::1]:8080"]
        {
            assert_eq!(status(&local, "/v1/tenants", &[("host", host)]), 200, "{host}");
        }
        for host in ["attacker.example", "localhost.attacker.example", "10.0.0.5", "hr.acme.example:8080", "2130706433"]
        {
            assert_eq!(status(&local, "/v1/tenants", &[("host", host)]), 421, "{host}");
        }
        let remote = hosts(&["HR.acme.example."], "10.0.0.5:8080");
        for (host, expected) in [
            ("hr.acme.example", 200),
            ("hr.ACME.example.:443", 200),
            ("10.0.0.5:8080", 200),
            ("[::ffff:10.0.0.5]", 200),
            ("localhost", 200),
            ("10.0.0.6", 421),
            ("acme.example", 421),
        ] {
            assert_eq!(status(&remote, "/v1/tenants", &[("host", host)]), expected, "{host}");
        }
        let everywhere = hosts(&["hr.acme.example"], "0.0.0.0:8080");
        assert_eq!(status(&everywhere, "/v1/tenants", &[("host", "0.0.0.0")]), 421, "which is no address of anybody");
    }

    #[test]
    fn a_refused_name_is_in_the_log_and_does_not_fill_it() {
        let (lines, local) = (Lines::default(), hosts(&[], "127.0.0.1:8080"));
        let written = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || written.clone()).finish();
        // With a second subscriber, tracing asks them all whether a call site is on: another test may have met it first.
        let _other = tracing::Dispatch::new(tracing_subscriber::registry());
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..100 {
                let host = format!("a{number}.{}.example", "x".repeat(1_000));
                assert_eq!(status(&local, "/v1/tenants", &[("host", &host)]), 421);
            }
        });
        let text = lines.text();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("WARN") && lines[0].contains("value=\"a0.xxx"), "{}", lines[0]);
        assert!((30..40).contains(&lines.len()) && lines.iter().all(|line| line.len() < 600), "{}", lines.len());
    }

    #[test]
    fn without_a_name_an_address_that_others_reach_answers_to_all() {
        let remote = hosts(&[], "0.0.0.0:8080");
        assert!(!remote.is_checked() && hosts(&[], "[::1]:8080").is_checked());
        assert_eq!(status(&remote, "/v1/tenants", &[("host", "anything.example")]), 200);
        let page = [("host", "anything.example"), ("origin", "https://attacker.example")];
        assert_eq!(status(&remote, "/v1/tenants", &page), 403, "pages are still told apart");
    }

    #[test]
    fn a_request_names_one_host() {
        let local = hosts(&[], "127.0.0.1:8080");
        let twice = [("host", "localhost"), ("host", "localhost")];
        for path in ["/v1/tenants", "/healthz", "/metrics"] {
            assert_eq!(status(&local, path, &twice), 400, "{path}");
        }
        assert_eq!(status(&local, "/v1/tenants", &[]), 400);
        for host in ["", "a b", "u@localhost", "localhost/x", "local\\host"] {
            assert_eq!(status(&local, "/v1/tenants", &[("host", host)]), 400, "{host}");
        }
    }

    #[test]
    fn health_and_metrics_may_be_asked_under_any_name() {
        let local = hosts(&[], "127.0.0.1:8080");
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(status(&local, path, &[("host", "10.0.0.5:8080")]), 200, "{path}");
            assert_eq!(status(&local, path, &[]), 200, "{path}");
        }
        for path in ["/openapi.json", "/nowhere", "/healthz/", "//healthz"] {
            assert_eq!(status(&local, path, &[("host", "10.0.0.5:8080")]), 421, "{path}");
        }
    }

    #[test]
    fn an_absolute_target_is_held_to_the_same_rule() {
        let local = hosts(&[], "127.0.0.1:8080");
        let own = [("host", "localhost")];
        assert_eq!(status(&local, "http://localhost/v1/tenants", &own), 200);
        assert_eq!(status(&local, "http://attacker.example/v1/tenants", &own), 421);
        assert_eq!(status(&local, "http://localhost/v1/tenants", &[("host", "attacker.example")]), 421);
        assert_eq!(status(&local, "http://u:p@localhost/v1/tenants", &own), 400);
        assert_eq!(status(&local, "http://attacker.example/healthz", &own), 200);
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let local = hosts(&["hr.acme.example"], "127.0.0.1:8080");
        for (origin, expected) in [
            ("http://localhost:8080", 200),
            ("https://hr.acme.example", 200),
            ("http://localhost:3000", 403),
            ("http://localhost", 403),
            ("https://attacker.example", 403),
            ("https://hr.acme.example.attacker.example", 403),
            ("null", 403),
            ("", 403),
            ("file://localhost:8080", 403),
        ] {
            let headers = [("host", "localhost:8080"), ("origin", origin)];
            assert_eq!(status(&local, "/v1/tenants", &headers), expected, "{origin}");
        }
        let twice = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://localhost")];
        assert_eq!(status(&local, "/v1/tenants", &twice), 400);
    }

    #[test]
    fn a_name_has_no_port() {
        assert_eq!(parse_host("HR.acme.example.").unwrap(), "hr.acme.example");
        assert_eq!(parse_host("[2001:db8::1]").unwrap(), "[2001:db8::1]");
        for wrong in ["", "hr.acme.example:443", "hr.acme.example:", "[2001:db8::1]:443", "https://x", "u@x", "a b"] {
            assert!(parse_host(wrong).is_err(), "{wrong}");
        }
    }
}

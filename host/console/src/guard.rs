//! What every request of the console passes, and the headers of every answer.

use crate::page::plain_problem;
use crate::visit::language;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

/// Nothing but what is in this program, no script but its file, no text that a script turns into markup, and no form or
/// frame of another site (Content Security Policy Level 3; Trusted Types).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer` a browser sends `Origin: null` with a form of this very page (Fetch, section 3.2), which the
    // listener refuses as that of a foreign page.
    (header::REFERRER_POLICY, "same-origin"),
    (header::VARY, "Cookie, Accept-Language"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Refuses what a page of another site has sent, and adds the headers that each answer has.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    let mut response = if is_read || is_of_own_page(request.headers()) {
        next.run(request).await
    } else {
        let texts = language(request.headers()).texts();
        plain_problem(texts, StatusCode::FORBIDDEN, texts.other_site, texts.other_site_remedy)
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a request that changes something comes from a page of this console. Browsers say which site has sent it
/// (`Sec-Fetch-Site`, W3C Fetch Metadata), or at least from which origin (`Origin`), which the listener has compared with
/// its own names. Who sends neither is no browser of today, and has the API.
fn is_of_own_page(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(site) => site == b"same-origin" || site == b"none",
        None => headers.contains_key(header::ORIGIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_pages_may_change_anything() {
        for (site, origin, expected) in [
            (Some("same-origin"), Some("http://localhost"), true),
            (Some("none"), None, true),
            (Some("same-site"), Some("http://localhost"), false),
            (Some("cross-site"), Some("http://localhost"), false),
            (Some("CROSS-SITE"), None, false),
            (None, Some("http://localhost"), true),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_of_own_page(&headers), expected, "{site:?} {origin:?}");
        }
    }
}

//! What keeps pages from harm: headers, other sites, hostile names, and templates without anything that a policy forbids.

use super::{Browser, MARKUP, Site, TURNED};
use crate::assets::{ICON, SCRIPT, STYLE};
use crate::texts::Language;
use axum::http::{HeaderMap, StatusCode};
use hibob_store::token::TokenRole;
use std::path::Path;

/// The most bytes of the script, and of all files of the pages together.
const SCRIPT_BYTES_MAX: usize = 8 * 1024;
const ASSETS_BYTES_MAX: usize = 60 * 1024;

/// What every answer has.
pub(super) fn assert_headers(path: &str, headers: &HeaderMap) {
    let policy = headers["content-security-policy"].to_str().unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("vary", "Cookie, Accept-Language"),
    ] {
        assert_eq!(headers[name], value, "{path}");
    }
    let caching = headers["cache-control"].to_str().unwrap();
    assert_eq!(caching.contains("no-store"), !path.starts_with("/console/assets/console."), "{path}: {caching}");
    assert!(headers.get("access-control-allow-origin").is_none(), "{path}");
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let job = site.job().await;
    for path in
        ["/console/tenants/acme/disable", "/console/sign-out", "/console/sign-in", "/console/link", "/console/language"]
    {
        for headers in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://attacker.example")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site")],
            &[],
        ] {
            let answer = site.send(&operator, "POST", path, headers, "reason=x").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            assert!(answer.headers.get("set-cookie").is_none());
        }
    }
    assert_eq!(site.data.control().disabled_since("acme").await.unwrap(), None);
    assert_eq!(site.get(&operator, "/console").await.status, StatusCode::OK, "still signed in");
    assert!(site.data.queue().get(job).await.unwrap().ended_at.is_none());
    // What is no form is not read either.
    let json = [("sec-fetch-site", "same-origin"), ("content-type", "text/plain")];
    let answer = site.send(&operator, "POST", "/console/tenants/acme/jobs", &json, "kind=sync").await;
    assert!(
        answer.status.is_client_error() || answer.status == StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "{}",
        answer.status
    );
}

#[tokio::test]
async fn a_browser_over_plain_http_from_elsewhere_is_told_what_is_missing() {
    let site = Site::new().await;
    let (_, token) = site.token(TokenRole::Operator, None).await;
    let nobody = Browser { cookie: String::new(), language: "en" };
    let headers =
        [("sec-fetch-site", "same-origin"), ("origin", "http://hr.acme.example"), ("host", "hr.acme.example")];
    let mut request = axum::http::Request::builder().method("POST").uri("/console/sign-in");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(axum::body::Body::from(format!("email=a@b.example&token={token}"))).unwrap();
    let answer = tower::ServiceExt::oneshot(site.router.clone(), request).await.unwrap();
    assert_eq!((answer.status(), answer.headers().get("set-cookie")), (StatusCode::FORBIDDEN, None));
    // After signing in, a browser without the cookie learns why it is asked again.
    let lost = site.get(&nobody, "/console?signed-in").await;
    assert!(lost.location().ends_with("&no-cookie"), "{}", lost.location());
    assert!(site.get(&nobody, lost.location()).await.text().contains("kept no cookie"));
}

#[tokio::test]
async fn names_that_mean_harm_are_only_text() {
    let site = Site::new().await;
    for language in ["en", "de", "es", "fr"] {
        // One token for each language: the API limits how many requests a token may make.
        let browser = Browser { language, ..site.operator().await };
        for path in site.pages().await {
            let text = site.get(&browser, &path).await.text();
            assert!(!text.contains("<script>alert") && !text.contains("<img src=x") && !text.contains("<b>"), "{path}");
            assert!(!text.contains("\" onfocus="), "{path}");
            assert!(
                !text.contains("{0}") && !text.contains("{1}") || path.contains("/jobs/") || path.contains("/plans/"),
                "{path}"
            );
            // What turns the direction of writing, or has no width, is a sign that everybody sees.
            assert!(!text.contains(['\u{202e}', '\u{200b}', '\u{2066}']), "{path}");
            if path.contains("/plans/") || path.contains("/runs/") {
                assert!(text.contains(&TURNED.replace(['\u{202e}', '\u{200b}', '\u{2066}'], "\u{fffd}")), "{path}");
            }
            assert!(path == "/console" || !path.contains(MARKUP));
        }
    }
}

/// Each page is made in each language, with the language declared, and no place of a text left empty.
#[tokio::test]
async fn every_page_is_there_in_every_language() {
    let site = Site::new().await;
    let pages = site.pages().await;
    for language in Language::ALL {
        // One token for each language: the API limits how many requests a token may make.
        let browser = Browser { language: language.code(), ..site.operator().await };
        for path in &pages {
            let answer = site.get(&browser, path).await;
            let text = answer.text();
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert!(text.contains(&format!("<html lang=\"{}\">", language.code())), "{path}");
            assert!(text.contains(language.texts().sign_out), "{path}");
            assert_eq!(text.matches("<h1").count(), 1, "{path}");
        }
    }
    let chosen = site.post(&site.operator().await, "/console/language", "language=fr&back=/console/tenants/acme").await;
    assert_eq!(chosen.location(), "/console/tenants/acme");
    assert!(chosen.header("set-cookie").starts_with("hibob-console-language=fr;"));
}

#[tokio::test]
async fn no_token_and_no_secret_is_on_a_page_or_in_the_database_of_sessions() {
    let site = Site::new().await;
    let (_, token) = site.token(TokenRole::Operator, None).await;
    let secret = hibob_base::secret::Secret::checked("canary-of-a-secret-1").unwrap();
    let name = hibob_base::secret::SecretName::HiBobToken;
    site.data.secrets().set(&super::config("acme"), name, &secret).await.unwrap();
    let browser = site.sign_in(&token).await;
    let cookie = browser.cookie.split_once('=').unwrap().1.to_owned();
    for path in site.pages().await {
        let text = site.get(&browser, &path).await.text();
        for hidden in [&token[17..], "canary-of-a-secret-1", &cookie] {
            assert!(!text.contains(hidden), "{path}");
        }
    }
    let wrong = site.post(&browser, "/console/sign-in", &format!("email=x&token={token}")).await.text();
    assert!(!wrong.contains(&token[17..]), "a token that was typed is not shown again");
    let database = std::fs::read(site.data.path().join("control.db")).unwrap();
    let log = std::fs::read(site.data.path().join("control.db-wal")).unwrap_or_default();
    for bytes in [database, log] {
        assert!(!bytes.windows(cookie.len()).any(|window| window == cookie.as_bytes()));
    }
}

#[tokio::test]
async fn files_are_small_named_by_their_digest_and_kept_for_good() {
    let site = Site::new().await;
    let nobody = Browser { cookie: String::new(), language: "en" };
    let page = site.get(&nobody, "/console/sign-in").await.text();
    for asset in [&*STYLE, &*SCRIPT, &*ICON] {
        assert!(page.contains(&asset.path), "{}", asset.path);
        let answer = site.get(&nobody, &asset.path).await;
        assert_eq!((answer.status, &*answer.body), (StatusCode::OK, asset.bytes));
        assert!(answer.header("cache-control").contains("immutable"));
    }
    assert!(SCRIPT.bytes.len() <= SCRIPT_BYTES_MAX, "{} bytes", SCRIPT.bytes.len());
    let all: usize = [&*STYLE, &*SCRIPT, &*ICON].iter().map(|asset| asset.bytes.len()).sum();
    assert!(all <= ASSETS_BYTES_MAX, "{all} bytes");
    let other = site.get(&nobody, "/console/assets/other.0000000000000000.js").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

/// A strict policy lets an inline handler or style die without a word, so that none may be written.
#[test]
fn templates_have_no_inline_script_style_or_foreign_address() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for word in [" style=", " on", "javascript:", "http://", "https://", "|safe", "<style"] {
            let found = match word {
                " on" => text.split_whitespace().any(|part| part.starts_with("on") && part.contains('=')),
                word => text.contains(word),
            };
            assert!(!found, "{} has {word}", path.display());
        }
        assert_eq!(text.matches("<script").count(), text.matches("<script src=\"{{ page.script }}\" defer>").count());
        seen += 1;
    }
    assert!(seen >= 12, "{seen} templates");
    let script = std::str::from_utf8(SCRIPT.bytes).unwrap();
    for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
        assert!(!script.contains(word), "{word}");
    }
}

/// The console is beside the API at the listener, and neither takes a path of the other.
#[tokio::test]
async fn the_api_and_the_console_are_answered_side_by_side() {
    let site = Site::new().await;
    site.api.answer_beside(site.router.clone());
    let (_, token) = site.token(TokenRole::Operator, None).await;
    let browser = site.sign_in(&token).await;
    // A session is for the console: the API wants the token itself.
    let mut request = axum::http::Request::builder().uri("/v1/tenants").header("cookie", &browser.cookie);
    request = request.header("host", "localhost:8080");
    let answer = tower::ServiceExt::oneshot(site.api.router(), request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.unwrap().status(), StatusCode::UNAUTHORIZED);
}

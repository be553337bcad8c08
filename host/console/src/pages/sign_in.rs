//! Signing in by a token or by a link, and signing out.

use crate::Console;
use crate::answers::Token;
use crate::ask::{Failure, read};
use crate::form::Form;
use crate::page::{Notice, Page, html, plain_failure, plain_problem, see_other};
use crate::session::{digest, now};
use crate::texts::{Language, Texts};
use crate::visit::{JUST_SIGNED_IN, LANGUAGE_COOKIE, Signed, clear_cookie, is_plain_remote, language, set_cookie};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use hibob_base::error::HostError;
use hibob_base::person::is_address;
use hibob_server::api::{Asker, Sent};
use hibob_store::api_log;
use hibob_store::api_log::{ApiLogEntry, ApiLogOutcome};
use hibob_store::token::TokenRole;
use std::net::SocketAddr;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    page: Page,
    email: String,
    to: String,
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    page: Page,
    code: String,
}

/// Whoever has just shown who they are.
struct Arrival {
    token: String,
    role: TokenRole,
    tenant: Option<String>,
    person: String,
}

pub(crate) async fn form(uri: Uri, headers: HeaderMap) -> Response {
    let (t, query) = (language(&headers).texts(), Form::query(uri.query()));
    let notice = query.has("no-cookie").then(|| Notice::own(t.no_cookie, t.no_cookie_remedy));
    form_page(t, StatusCode::OK, notice, "", own_path(query.get("to")))
}

fn form_page(t: &'static Texts, status: StatusCode, notice: Option<Notice>, email: &str, to: &str) -> Response {
    let page = Page::new(t, t.sign_in, "/console/sign-in").with_notice(notice);
    html(status, &SignInPage { page, email: email.to_owned(), to: to.to_owned() })
}

/// A path of this console to go on to; the overview for everything else, so that no link of somebody else's leads away.
fn own_path(to: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    let is_own = to.starts_with("/console/") && !to.contains("//") && to.bytes().all(is_plain);
    if is_own && !to.starts_with("/console/sign-in") { to } else { "/console" }
}

pub(crate) async fn by_token(State(console): State<Arc<Console>>, request: Request) -> Response {
    let (t, headers) = (language(request.headers()).texts(), request.headers().clone());
    let from = request.extensions().get::<SocketAddr>().copied();
    let Ok(form) = Form::read(request).await else {
        return plain_problem(t, StatusCode::BAD_REQUEST, t.refused, t.other_site_remedy);
    };
    let (email, to) = (form.get("email"), own_path(form.get("to")));
    let again =
        |status: StatusCode, what: &str, remedy: &str| form_page(t, status, Some(Notice::own(what, remedy)), email, to);
    if is_plain_remote(&headers) {
        return again(StatusCode::FORBIDDEN, t.needs_https, t.needs_https_remedy);
    }
    let token = form.get("token");
    let is_header = token.bytes().all(|byte| byte.is_ascii_graphic());
    let asker = Asker::Token(if is_header { token } else { "" });
    let answer = console.caller.ask(asker, from, Method::GET, "/v1/token", Sent::Nothing).await;
    let token: Token = match read(answer).await {
        Ok(token) => token,
        Err(Failure::SignIn) => return again(StatusCode::UNAUTHORIZED, t.token_wrong, t.token_wrong_remedy),
        Err(Failure::Problem(problem)) if problem.status == 429 => {
            return again(StatusCode::TOO_MANY_REQUESTS, t.too_often, t.too_often_remedy);
        }
        Err(Failure::Problem(problem)) => {
            let notice = Some(Notice::from(&problem));
            return form_page(t, problem.status(), notice, email, to);
        }
        Err(Failure::Host(error)) => return plain_failure(t, &error),
    };
    // A token that is named after a person is that person's.
    let person = if is_address(&token.name) { token.name.as_str() } else { email };
    if !is_address(person) {
        return again(StatusCode::UNPROCESSABLE_ENTITY, t.email_missing, t.email_missing_remedy);
    }
    let role = TokenRole::of_word(&token.role).unwrap_or(TokenRole::Reader);
    let arrival = Arrival { token: token.token, role, tenant: token.tenant, person: person.to_owned() };
    arrived(&console, t, &headers, &arrival, to).await.unwrap_or_else(|error| plain_failure(t, &error))
}

/// A page with one button. It uses nothing up, since programs that look at links in mails and chats open them too.
pub(crate) async fn link(uri: Uri, headers: HeaderMap) -> Response {
    let t = language(&headers).texts();
    let code = Form::query(uri.query()).get("code").to_owned();
    html(StatusCode::OK, &LinkPage { page: Page::new(t, t.link_title, "/console/sign-in"), code })
}

pub(crate) async fn by_link(State(console): State<Arc<Console>>, request: Request) -> Response {
    let (t, headers) = (language(request.headers()).texts(), request.headers().clone());
    let wrong = || plain_problem(t, StatusCode::FORBIDDEN, t.link_wrong, t.link_wrong_remedy);
    if is_plain_remote(&headers) {
        return plain_problem(t, StatusCode::FORBIDDEN, t.needs_https, t.needs_https_remedy);
    }
    let Ok(form) = Form::read(request).await else { return wrong() };
    let Some(digest) = digest(form.get("code")) else { return wrong() };
    let arrived = async {
        let control = console.data.control();
        let Some((token, person)) = control.take_console_link(&digest, now()).await? else { return Ok(wrong()) };
        let Some(token) = control.token(&token).await?.filter(|token| token.is_valid(now())) else {
            return Ok(wrong());
        };
        let arrival = Arrival { token: token.id, role: token.role, tenant: token.tenant, person };
        arrived(&console, t, &headers, &arrival, "/console").await
    };
    arrived.await.unwrap_or_else(|error: HostError| plain_failure(t, &error))
}

/// Begins a session, after a row in the API log.
async fn arrived(
    console: &Console,
    t: &'static Texts,
    headers: &HeaderMap,
    arrival: &Arrival,
    to: &str,
) -> Result<Response, HostError> {
    let entry = entry("sign-in", arrival);
    api_log::record(console.data.control(), &entry, ApiLogOutcome::Done, None).await?;
    let secret = console.begin_session(&arrival.token, &arrival.person).await?;
    let Some(cookie) = set_cookie(headers, &secret) else {
        return Ok(plain_problem(t, StatusCode::BAD_REQUEST, t.no_cookie, t.no_cookie_remedy));
    };
    // Whoever comes there without the cookie learns why (`visit.rs`).
    let mut response = see_other(&format!("{to}?{JUST_SIGNED_IN}"));
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

fn entry(action: &'static str, arrival: &Arrival) -> ApiLogEntry {
    ApiLogEntry {
        actor: arrival.token.clone(),
        role: Some(arrival.role),
        action,
        tenant: arrival.tenant.clone(),
        object: None,
        request: "console".to_owned(),
        os_user: None,
        asked_by: Some(arrival.person.clone()),
    }
}

pub(crate) async fn out(signed: Signed, headers: HeaderMap) -> Response {
    signed
        .show(async {
            let control = signed.console.data.control();
            let (token, row) = (&signed.session.token, &signed.session.row);
            let arrival = Arrival {
                token: token.id.clone(),
                role: token.role,
                tenant: token.tenant.clone(),
                person: row.person.clone(),
            };
            api_log::record(control, &entry("sign-out", &arrival), ApiLogOutcome::Done, None).await?;
            control.end_console_session(&signed.session.digest).await?;
            let mut response = see_other("/console/sign-in");
            if let Some(cookie) = clear_cookie(&headers) {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            Ok(response)
        })
        .await
}

/// Keeps the chosen language, for a year.
pub(crate) async fn language_chosen(request: Request) -> Response {
    let t = language(request.headers()).texts();
    let Ok(form) = Form::read(request).await else {
        return plain_problem(t, StatusCode::BAD_REQUEST, t.refused, t.other_site_remedy);
    };
    let back = if form.get("back") == "/console/sign-in" { "/console/sign-in" } else { own_path(form.get("back")) };
    let mut response = see_other(back);
    let chosen = Language::of_code(form.get("language")).unwrap_or(Language::English).code();
    let cookie = format!("{LANGUAGE_COOKIE}={chosen}; Path=/console; SameSite=Strict; HttpOnly; Max-Age=31536000");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_nobody_is_led_elsewhere() {
        for to in ["/console/tenants/acme", "/console/tenants/acme/plans/00ff"] {
            assert_eq!(own_path(to), to);
        }
        for to in [
            "",
            "//attacker.example",
            "https://attacker.example",
            "/console//attacker.example",
            "/v1/tenants",
            "/console/\r\nSet-Cookie: a=b",
            "/consoles",
            "/console/sign-in",
            "/console/../v1?x",
        ] {
            assert_eq!(own_path(to), "/console", "{to}");
        }
    }
}

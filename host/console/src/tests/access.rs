//! Who sees which page, who may do what, and what ends a session.

use super::{Browser, PERSON, Site, changes, guards};
use axum::http::StatusCode;
use hibob_store::database::ConsoleSession;
use hibob_store::token::TokenRole;

/// Whether operator, admin of the tenant, reader of the tenant and reader of all may do it.
const ACTIONS: [(&str, &str, [bool; 4]); 12] = [
    ("/console/tenants/acme/jobs", "kind=check", [true, true, false, false]),
    ("/console/tenants/acme/jobs", "kind=plan", [true, true, false, false]),
    ("/console/tenants/acme/jobs", "kind=sync", [true, true, false, false]),
    ("/console/tenants/acme/plans/{plan}/approve", "number=4", [true, true, false, false]),
    ("/console/tenants/acme/plans/{plan}/reject", "reason=no", [true, true, false, false]),
    ("/console/tenants/acme/jobs/{job}/cancel", "", [true, true, false, false]),
    ("/console/tenants/acme/secrets", "name=hibob.token&value=a-token-of-hibob", [true, true, false, false]),
    (
        "/console/tenants/acme/settings/store",
        "version={version}&settings=%7B%22sync%22:%7B%22time_zone%22:%22UTC%22%7D%7D&confirm=yes",
        [true, true, false, false],
    ),
    ("/console/tenants/acme/setup/people", "version=1", [true, true, false, false]),
    ("/console/tenants/acme/disable", "reason=a+new+contract", [true, false, false, false]),
    ("/console/tenants/acme/enable", "", [true, false, false, false]),
    ("/console/sign-out", "", [true, true, true, true]),
];

const HOLDERS: [(TokenRole, Option<&str>); 4] = [
    (TokenRole::Operator, None),
    (TokenRole::Admin, Some("acme")),
    (TokenRole::Reader, Some("acme")),
    (TokenRole::Reader, None),
];

#[tokio::test]
async fn each_role_does_what_its_routes_allow_and_nothing_else() {
    let site = Site::new().await;
    for (place, (role, tenant)) in HOLDERS.into_iter().enumerate() {
        let (_, token) = site.token(role, tenant).await;
        for (path, form, allowed) in ACTIONS {
            let browser = site.sign_in(&token).await;
            site.data.set_disabled("acme", false).await.unwrap();
            let plan = site.plan(changes(), &guards()).await;
            let path = path.replace("{plan}", &plan).replace("{job}", &site.job().await.to_string());
            let version = site.data.control().tenant_version("acme").await.unwrap().to_string();
            let answer = site.post(&browser, &path, &form.replace("{version}", &version)).await;
            let expected = if allowed[place] { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{role:?} of {tenant:?}: {path} {}", answer.text());
        }
        let browser = site.sign_in(&token).await;
        for path in site.pages().await {
            let answer = site.get(&browser, &path).await;
            let is_there = answer.status == StatusCode::OK
                || (path == "/console" && tenant.is_some() && answer.location() == "/console/tenants/acme");
            assert!(is_there, "{role:?} of {tenant:?}: {path} {}", answer.status);
        }
    }
}

#[tokio::test]
async fn what_a_session_may_not_do_has_no_button() {
    let site = Site::new().await;
    let pages = site.pages().await;
    let (_, token) = site.token(TokenRole::Reader, Some("acme")).await;
    let reader = site.sign_in(&token).await;
    for path in pages.iter().skip(1) {
        let text = site.get(&reader, path).await.text();
        let forms = text.matches("method=\"post\"").count();
        assert_eq!(forms, 2, "{path} has a form beside those of signing out and of the language");
    }
    let plan = site.get(&reader, &pages[2]).await.text();
    assert!(plan.contains("Your session may read plans, and not decide about them."));
}

/// The other tenant, its plan, its run and its job look to a stranger as those of a tenant that never was.
#[tokio::test]
async fn another_tenant_looks_like_one_that_never_was() {
    let site = Site::new().await;
    let pages = site.pages().await;
    let (_, token) = site.token(TokenRole::Admin, Some("globex")).await;
    let stranger = site.sign_in(&token).await;
    for path in pages.iter().skip(1) {
        let (there, nowhere) = (path.clone(), path.replace("/acme", "/nobody"));
        let (there, nowhere) = (site.get(&stranger, &there).await, site.get(&stranger, &nowhere).await);
        assert_eq!((there.status, nowhere.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{path}");
        assert_eq!(there.body, nowhere.body, "{path}");
        // Nor by the address of the own tenant.
        let own = site.get(&stranger, &path.replace("/acme", "/globex")).await;
        if path.contains("/jobs/") || path.contains("/plans/") || path.ends_with('1') {
            assert_eq!((own.status, own.body), (StatusCode::NOT_FOUND, there.body), "{path}");
        }
    }
    for odd in ["..%2facme", "ACME", "a%20b", "%3Cscript%3E"] {
        let answer = site.get(&stranger, &format!("/console/tenants/{odd}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{odd}");
        assert!(!answer.text().contains("<script>"), "{odd}");
    }
    assert_eq!(site.get(&stranger, "/console/nowhere/at/all").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nothing_is_there_without_a_session() {
    let site = Site::new().await;
    let nobody = Browser { cookie: String::new(), language: "en" };
    let guess = Browser { cookie: format!("hibob-console={}", "A".repeat(43)), language: "en" };
    for path in site.pages().await {
        for browser in [&nobody, &guess] {
            let answer = site.get(browser, &path).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert!(answer.location().starts_with("/console/sign-in?to=%2Fconsole"), "{}", answer.location());
        }
    }
    for (path, form, _) in ACTIONS {
        let answer = site.post(&nobody, path, form).await;
        assert_eq!(answer.location(), "/console/sign-in?to=%2Fconsole", "{path}");
    }
    // A link in a mail comes from another site, for which a browser leaves the cookie out. This console's own page asks again.
    let answer = site.send(&nobody, "GET", "/console/tenants/acme", &[("sec-fetch-site", "cross-site")], "").await;
    assert!(answer.status == StatusCode::OK && answer.text().contains("http-equiv=\"refresh\""));
}

#[tokio::test]
async fn a_wrong_token_does_not_sign_in_and_is_counted() {
    let site = Site::new().await;
    let nobody = Browser { cookie: String::new(), language: "en" };
    let (_, token) = site.token(TokenRole::Operator, None).await;
    let last = if token.ends_with('A') { 'B' } else { 'A' };
    let wrong = format!("{}{last}", &token[..token.len() - 1]);
    for guess in ["", "hbt_", wrong.as_str(), "a b", "%0d%0aX:1"] {
        let answer = site.post(&nobody, "/console/sign-in", &format!("email={PERSON}&token={guess}")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{guess}");
        assert!(answer.headers.get("set-cookie").is_none() && answer.text().contains("role=\"alert\""));
    }
    let answer = site.post(&nobody, "/console/sign-in", &format!("email=ana&token={token}")).await;
    assert_eq!((answer.status, answer.headers.get("set-cookie")), (StatusCode::UNPROCESSABLE_ENTITY, None));
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(site.post(&nobody, "/console/sign-in", &format!("email={PERSON}&token={wrong}")).await.status);
    }
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
    // Who has a token is not held up by that.
    site.sign_in(&token).await;
}

#[tokio::test]
async fn a_session_ends_with_its_token_its_time_and_by_signing_out() {
    let site = Site::new().await;
    let control = site.data.control();
    let is_signed = async |browser: &Browser| site.get(browser, "/console").await.status == StatusCode::OK;
    let (id, token) = site.token(TokenRole::Operator, None).await;
    let (one, other) = (site.sign_in(&token).await, site.sign_in(&token).await);
    assert!(is_signed(&one).await && is_signed(&other).await);
    let out = site.post(&one, "/console/sign-out", "").await;
    assert!(out.header("set-cookie").contains("Max-Age=0") && out.location() == "/console/sign-in");
    assert!(!is_signed(&one).await && is_signed(&other).await, "the cookie that was signed out is worth nothing");
    control.revoke_token(&id, 1).await.unwrap();
    assert!(!is_signed(&other).await, "within one request");

    let (id, token) = site.token(TokenRole::Operator, None).await;
    let now = chrono::Utc::now().timestamp();
    for (started, seen, expected) in [
        (now, now, true),
        (now - 43_190, now - 1_790, true),
        (now - 1_800, now - 1_800, false), // half an hour without a request
        (now - 43_200, now, false),        // twelve hours in any case
    ] {
        let browser = site.sign_in(&token).await;
        let secret = browser.cookie.split_once('=').unwrap().1;
        let digest = crate::session::digest(secret).unwrap();
        control.end_console_session(&digest).await.unwrap();
        let row = ConsoleSession {
            token: id.clone(),
            person: PERSON.to_owned(),
            started_at: started,
            seen_at: seen,
            proved_at: started,
        };
        control.add_console_session(&digest, &row, 0, 0).await.unwrap();
        assert_eq!(is_signed(&browser).await, expected, "{started} {seen}");
        // One that is over is gone, and one that holds was seen now.
        let kept = control.console_session(&digest).await.unwrap();
        assert_eq!(kept.map(|row| row.seen_at >= now), expected.then_some(true));
    }
}

#[tokio::test]
async fn a_link_signs_in_once_and_opening_it_uses_nothing_up() {
    let site = Site::new().await;
    let nobody = Browser { cookie: String::new(), language: "en" };
    let (id, _) = site.token(TokenRole::Admin, Some("acme")).await;
    let link = crate::new_link(site.data.control(), &id, "joe@acme.example").await.unwrap();
    let code = link.split_once("code=").unwrap().1;
    for _ in 0..3 {
        let page = site.get(&nobody, &link).await;
        assert!(
            page.status == StatusCode::OK && page.text().contains(code) && page.headers.get("set-cookie").is_none()
        );
    }
    let signed = site.post(&nobody, "/console/link", &format!("code={code}")).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text());
    let browser = Browser { cookie: signed.header("set-cookie").split(';').next().unwrap().to_owned(), language: "en" };
    let page = site.get(&browser, "/console/tenants/acme").await.text();
    assert!(page.contains("joe@acme.example"), "whoever the link was made for");
    let again = site.post(&nobody, "/console/link", &format!("code={code}")).await;
    assert_eq!((again.status, again.headers.get("set-cookie")), (StatusCode::FORBIDDEN, None));
    for wrong in ["", "x", &"A".repeat(43)] {
        assert_eq!(site.post(&nobody, "/console/link", &format!("code={wrong}")).await.status, StatusCode::FORBIDDEN);
    }
    // Of a token that counts no more, a link does not sign in either.
    let link = crate::new_link(site.data.control(), &id, PERSON).await.unwrap();
    site.data.control().revoke_token(&id, 1).await.unwrap();
    let code = link.split_once("code=").unwrap().1;
    assert_eq!(site.post(&nobody, "/console/link", &format!("code={code}")).await.status, StatusCode::FORBIDDEN);
    let rows = site.data.control().api_log(20).await.unwrap();
    let sign_in = rows.iter().find(|row| row.action == "sign-in").unwrap();
    assert_eq!((sign_in.actor.as_str(), sign_in.asked_by.as_deref()), (id.as_str(), Some("joe@acme.example")));
}

#[tokio::test]
async fn a_token_that_is_named_after_a_person_is_theirs() {
    let site = Site::new().await;
    let name = "maeve@acme.example".to_owned();
    let (text, stored) = hibob_store::token::new(TokenRole::Operator, None, name, None).unwrap();
    site.data.control().add_token(&stored).await.unwrap();
    let browser = site.sign_in(text.reveal()).await; // as somebody else
    let page = site.get(&browser, "/console").await.text();
    assert!(page.contains("maeve@acme.example") && !page.contains(PERSON), "{page}");
}

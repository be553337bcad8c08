//! Who gets what, and who is told what.

use crate::api::routes::{Action, ROUTES, Route};
use crate::api::tests::{HOLDERS, Lines, Site, config, path, route_of};
use hibob_store::token;
use hibob_store::token::TokenRole;
use serde_json::json;

/// Which holders may: operator, admin of the tenant, reader of the tenant, reader of all. Written down a second time here,
/// so that nobody changes a line of the table by accident.
const MATRIX: [(&str, [bool; 4]); 44] = [
    ("metrics", [true, false, false, true]),
    ("messages", [true, true, true, true]),
    ("audit", [true, false, false, false]),
    ("token", [true, true, true, true]),
    ("overview", [true, true, true, true]),
    ("tenants", [true, true, true, true]),
    ("tenant", [true, true, true, true]),
    ("put-tenant", [true, false, false, false]),
    ("disable-tenant", [true, false, false, false]),
    ("enable-tenant", [true, false, false, false]),
    ("put-secret", [true, true, false, false]),
    ("settings", [true, true, true, true]),
    ("put-settings", [true, true, false, false]),
    ("compare-settings", [true, true, false, false]),
    ("settings-versions", [true, true, true, true]),
    ("setup", [true, true, true, true]),
    ("settle-step", [true, true, false, false]),
    ("check", [true, true, true, true]),
    ("jobs", [true, true, true, true]),
    ("start-job", [true, true, false, false]),
    ("job", [true, true, true, true]),
    ("cancel-job", [true, true, false, false]),
    ("follow-job", [true, true, true, true]),
    ("plans", [true, true, true, true]),
    ("plan", [true, true, true, true]),
    ("changes", [true, true, true, true]),
    ("approve-plan", [true, true, false, false]),
    ("reject-plan", [true, true, false, false]),
    ("events", [true, true, true, true]),
    ("runs", [true, true, true, true]),
    ("run", [true, true, true, true]),
    ("resume-run", [true, true, false, false]),
    ("abandon-run", [true, true, false, false]),
    ("workbook", [true, true, true, true]),
    ("references", [true, true, false, false]),
    ("waive-reference", [true, true, false, false]),
    ("issue-references", [true, true, false, false]),
    ("reference-keys", [true, true, false, false]),
    ("look-up-keys", [true, true, false, false]),
    ("deliver-reference", [true, true, false, false]),
    ("revoke-reference", [true, true, false, false]),
    ("credential", [true, true, false, false]),
    ("export-reference", [true, true, false, false]),
    ("verify", [true, true, true, true]),
];

fn body(route: &Route) -> String {
    match route.action {
        Action::PutTenant => config("acme").to_string(),
        Action::StartJob => json!({ "kind": "check" }).to_string(),
        Action::ApprovePlan => json!({ "by": "ana@acme.example" }).to_string(),
        Action::DisableTenant => json!({ "by": "ana@acme.example", "reason": "a new contract" }).to_string(),
        Action::SettleStep | Action::EnableTenant => json!({ "by": "ana@acme.example" }).to_string(),
        Action::RejectPlan => json!({ "by": "ana@acme.example", "reason": "no" }).to_string(),
        Action::WaiveReference => {
            json!({ "employee": "7", "by": "ana@acme.example", "reason": "was never employed" }).to_string()
        }
        Action::IssueReferences => json!({ "employees": ["7"] }).to_string(),
        Action::DeliverReference => json!({ "again": true }).to_string(),
        Action::RevokeReference => json!({ "reason": "issued by mistake" }).to_string(),
        Action::PutSettings => json!({ "settings": {}, "by": "ana@acme.example", "confirm": true }).to_string(),
        Action::CompareSettings => json!({ "settings": {} }).to_string(),
        Action::PutSecret => "a-token-of-hibob".to_owned(),
        _ => String::new(),
    }
}

/// A path of this route that leads to something of `acme`.
async fn there(site: &Site, route: &Route, run: i64) -> String {
    if route.path.contains("{plan}") {
        return route.path.replace("{tenant}", "acme").replace("{plan}", &site.plan().await);
    }
    if matches!(route.action, Action::ResumeRun | Action::AbandonRun) {
        site.interrupted().await;
    }
    if route.action == Action::WaiveReference {
        site.open_departure("7").await;
    }
    if matches!(route.action, Action::IssueReferences | Action::ListKeys | Action::LookUpKeys) {
        site.reference().await;
    }
    if route.path.contains("{reference}") {
        return route.path.replace("{tenant}", "acme").replace("{reference}", &site.reference().await);
    }
    let number = if route.path.contains("{job}") { site.job().await } else { run };
    path(route, number)
}

#[tokio::test]
async fn each_role_has_its_routes() {
    let site = Site::new().await;
    let run = site.run().await;
    let mut tokens = Vec::new();
    for (_, role, tenant) in HOLDERS {
        tokens.push(site.token(role, tenant).await);
    }
    let other = site.token(TokenRole::Admin, Some("globex")).await;
    let closed: Vec<&Route> = ROUTES.iter().filter(|route| route.holders.is_some()).collect();
    assert_eq!(closed.len(), MATRIX.len());
    for route in closed {
        let (_, allowed) = MATRIX.into_iter().find(|(name, _)| *name == route.name).expect(route.name);
        let method = route.method.word().to_uppercase();
        for (token, may) in tokens.iter().zip(allowed) {
            let path = there(&site, route, run).await;
            let status = site.open(&method, &path, token, &body(route)).await.status();
            let is_right = if may { status.is_success() } else { status == 403 };
            assert!(is_right, "{method} {path} with {}: {status}", route.name);
        }
        // Another tenant's admin is refused by the role, or sees nothing.
        if route.path.contains('{') {
            let path = there(&site, route, run).await;
            let status = site.open(&method, &path, &other, &body(route)).await.status().as_u16();
            assert_eq!(status, if allowed[1] { 404 } else { 403 }, "{method} {path}");
        }
    }
    for route in ROUTES.iter().filter(|route| route.holders.is_none()) {
        let status = site.open("GET", route.path, "", "").await.status().as_u16();
        assert_eq!(status, if route.action == Action::Readiness { 503 } else { 200 }, "{}", route.path);
    }
}

#[tokio::test]
async fn nothing_is_there_without_a_token_that_counts() {
    for route in ROUTES.iter().filter(|route| route.holders.is_some()) {
        let site = Site::new().await; // each with a measure of failures of its own
        let path = there(&site, route, 1).await;
        let method = route.method.word().to_uppercase();
        let (unknown, _) = token::new(TokenRole::Operator, None, String::new(), None).unwrap();
        for token in ["", "secret", unknown.reveal()] {
            let answer = site.ask(&method, &path, token, &body(route)).await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{method} {path}");
            assert_eq!(answer.json()["code"], "NO_TOKEN");
        }
    }
}

#[tokio::test]
async fn a_token_ends_with_its_time_or_its_revocation() {
    let site = Site::new().await;
    let (text, mut stored) = token::new(TokenRole::Operator, None, String::new(), Some(1)).unwrap();
    stored.expires_at = Some(chrono::Utc::now().timestamp() - 1);
    site.data.control().add_token(&stored).await.unwrap();
    assert_eq!(site.get("/v1/tenants", text.reveal()).await.status, 401);
    let operator = site.operator().await;
    assert_eq!(site.get("/v1/tenants", &operator).await.status, 200);
    let id = &operator[4..16];
    let stored = site.data.control().token(id).await.unwrap().unwrap();
    assert_eq!(stored.used_on, Some(chrono::Utc::now().timestamp() / 86_400));
    // The right id with another secret is nobody.
    let (other, _) = token::new(TokenRole::Operator, None, String::new(), None).unwrap();
    let guess = format!("{}{}", &operator[..17], &other.reveal()[17..]);
    assert_eq!(site.get("/v1/tenants", &guess).await.status, 401);
    assert!(site.data.control().revoke_token(id, 1).await.unwrap());
    assert_eq!(site.get("/v1/tenants", &operator).await.status, 401);
    let rows = site.data.control().api_log(3).await.unwrap();
    let actors: Vec<&str> = rows.iter().map(|row| row.actor.as_str()).collect();
    assert_eq!(actors, [id, "unknown", id], "a revoked token is told by its id, a guess is not");
}

/// Invariant 31, wherever a caller puts the token.
#[tokio::test]
async fn a_token_is_nowhere_but_with_its_holder() {
    let lines = Lines::default();
    let written = lines.clone();
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let everything = everything.with_writer(move || written.clone()).finish();
    // While a single subscriber exists, tracing-core 0.1 asks that of the thread that meets a line of code first, which
    // may be another test's thread without any. With two of them it asks both.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let logged = tracing::subscriber::set_default(everything);
    let site = Site::new().await;
    let (text, mut expired) = token::new(TokenRole::Operator, None, String::new(), Some(1)).unwrap();
    expired.expires_at = Some(1);
    site.data.control().add_token(&expired).await.unwrap();
    let (valid, expired) = (site.operator().await, text.reveal().to_owned());
    let secrets = [&valid, &expired].map(|token| token[17..].to_owned());
    for token in [&valid, &expired] {
        let answers = [
            site.get("/v1/tenants", token).await.status,
            site.get(&format!("/v1/tenants?token={token}"), token).await.status,
            site.get(&format!("/v1/tenants/{token}"), token).await.status,
            site.get(&format!("/v1/tenants/acme/plans/{token}"), token).await.status,
            site.get(&format!("/v1/jobs/{token}/events"), token).await.status,
            site.get(&format!("/{token}"), "").await.status,
            site.ask("PUT", "/v1/tenants/acme", token, &format!("{{\"id\":\"{token}\"}}")).await.status,
        ];
        assert!(answers[0] == 200 || answers.iter().all(|status| [401, 404].contains(status)), "{answers:?}");
    }
    assert!(lines.text().contains("path"), "the log was seen");
    drop(logged);
    assert!(secrets.iter().all(|secret| !lines.text().contains(secret)), "a token is in the log");
    let (mut folders, mut files) = (vec![site.data.path().to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let bytes = std::fs::read(&entry).unwrap();
            let is_in = |secret: &String| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!secrets.iter().any(is_in), "a token is in {}", entry.display());
            files += 1;
        }
    }
    assert!(files > 1);
}

#[tokio::test]
async fn another_tenant_is_as_good_as_not_there() {
    let site = Site::new().await;
    let token = site.token(TokenRole::Admin, Some("globex")).await;
    let (job, run) = (site.job().await, site.run().await);
    for (there, nowhere) in [
        ("/v1/tenants/acme".to_owned(), "/v1/tenants/never-was".to_owned()),
        ("/v1/tenants/acme/jobs".to_owned(), "/v1/tenants/never-was/jobs".to_owned()),
        (format!("/v1/tenants/acme/runs/{run}"), format!("/v1/tenants/never-was/runs/{run}")),
        ("/v1/tenants/acme/plans".to_owned(), "/v1/tenants/never-was/plans".to_owned()),
        (format!("/v1/jobs/{job}"), "/v1/jobs/4711".to_owned()),
        (format!("/v1/jobs/{job}/events"), "/v1/jobs/4711/events".to_owned()),
    ] {
        let (there, nowhere) = (site.get(&there, &token).await, site.get(&nowhere, &token).await);
        assert_eq!((there.status, nowhere.status), (404, 404));
        assert_eq!(there.body, nowhere.body);
    }
    assert_eq!(site.ask("DELETE", &format!("/v1/jobs/{job}"), &token, "").await.status, 404);
    assert_eq!(site.get("/v1/tenants", &token).await.json()["tenants"].as_array().unwrap().len(), 1);
    assert_eq!(site.data.queue().get(job).await.unwrap().state.word(), "queued");
}

#[tokio::test]
async fn who_asks_too_often_waits_and_does_not_fill_the_record() {
    let site = Site::new().await;
    let operator = site.operator().await;
    let mut refused = 0;
    // The measure fills up again, slowly: a machine that is busy may let one more through.
    let answer = loop {
        let answer = site.get("/v1/tenants", "wrong").await;
        if answer.status == 429 {
            break answer;
        }
        refused += 1;
        assert!(answer.status == 401 && refused < 100);
    };
    assert!(refused >= 10 && answer.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(site.data.control().api_log(100).await.unwrap().len(), refused);
    // From the same address: a proxy's, perhaps.
    assert_eq!(site.get("/v1/tenants", &operator).await.status, 200);
}

#[tokio::test]
async fn the_description_is_of_the_router() {
    let site = Site::new().await;
    let described = crate::api::tests::description();
    let paths = described["paths"].as_object().unwrap();
    let operations: usize = paths.values().map(|methods| methods.as_object().unwrap().len()).sum();
    assert_eq!(operations, ROUTES.len());
    for path in paths.keys() {
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"] {
            let filled = path.replace("{job}", "1").replace("{run}", "1").replace("{tenant}", "acme");
            let filled = filled.replace("{name}", "hibob.token").replace("{plan}", "00000000");
            let filled = filled.replace("{reference}", "00000000").replace("{step}", "people");
            let is_described = paths[path].get(method.to_lowercase()).is_some();
            assert_eq!(route_of(method, &filled).is_some(), is_described);
            let status = site.open(method, &filled, "", "").await.status();
            assert_eq!(status == 405, !is_described, "{method} {path}: {status}");
        }
    }
    for nowhere in ["/", "/v1", "/v2/tenants", "/v1/tenants/acme/secrets", "/v1/jobs"] {
        assert_eq!(site.get(nowhere, "").await.status, 404, "{nowhere}");
    }
    assert_eq!(site.get("/openapi.json", "").await.json(), described);
}

//! The console through its own router, over two tenants, with a token of each kind of holder.

mod access;
mod browser;
mod deciding;
mod references;
mod safety;
mod secrets;
mod settings;
mod setup;
mod timeline;

use crate::router;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use hibob_base::digest::hex;
use hibob_config::applied_by::AppliedBy;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Change, ChangeKind, FieldChange};
use hibob_contract::types::{Finding, Severity, Value};
use hibob_server::api::Api;
use hibob_server::serve::Phase;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{NewApproval, RunRecord};
use hibob_store::token::{self, TokenRole};
use hibob_store::update_row::UpdateRow;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt;

/// A name that is markup.
pub(crate) const MARKUP: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>\" onfocus=\"alert(3)";

/// A name that turns the direction of what follows, with characters of no width.
pub(crate) const TURNED: &str = "Ana\u{202e}gnp.exe\u{200b}\u{2066}";

/// Who signs in.
const PERSON: &str = "ana@acme.example";

struct Site {
    router: Router,
    data: DataDir,
    api: Arc<Api>,
    _phase: watch::Sender<Phase>,
    _folder: TempDir,
}

/// A browser with what it holds.
struct Browser {
    cookie: String,
    language: &'static str,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    fn location(&self) -> &str {
        self.header("location")
    }
}

fn config(id: &str) -> TenantConfig {
    let config = json!({
        "id": id,
        "hibob": { "url": "https://api.hibob.com/v1", "service_user": "SERVICE-1", "token": "store" },
        "travelperk": { "scim_url": "https://app.perk.com/api/v2/scim", "key": "store" },
        "sync": { "time_zone": "Europe/Madrid" },
    });
    serde_json::from_value(config).unwrap()
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("data")).await.unwrap();
        for id in ["acme", "globex"] {
            data.put(&config(id), AppliedBy::Api).await.unwrap();
        }
        let (phase, phases) = watch::channel(Phase::Work);
        let api = Api::new(data.clone(), phases, Duration::from_secs(30));
        Self { router: router(&api, data.clone()), data, api, _phase: phase, _folder: folder }
    }

    /// A new token, and its text.
    async fn token(&self, role: TokenRole, tenant: Option<&str>) -> (String, String) {
        let (text, stored) = token::new(role, tenant.map(str::to_owned), String::new(), None).unwrap();
        self.data.control().add_token(&stored).await.unwrap();
        (stored.id, text.reveal().to_owned())
    }

    /// A browser in which somebody has signed in with this token.
    async fn sign_in(&self, token: &str) -> Browser {
        let browser = Browser { cookie: String::new(), language: "en" };
        let form = format!("email={PERSON}&token={token}");
        let answer = self.post(&browser, "/console/sign-in", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let set = answer.header("set-cookie");
        Browser { cookie: set.split(';').next().unwrap().to_owned(), language: "en" }
    }

    async fn operator(&self) -> Browser {
        let (_, token) = self.token(TokenRole::Operator, None).await;
        self.sign_in(&token).await
    }

    async fn get(&self, browser: &Browser, path: &str) -> Answer {
        self.send(browser, "GET", path, &[], "").await
    }

    async fn post(&self, browser: &Browser, path: &str, form: &str) -> Answer {
        let own = [("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8080")];
        self.send(browser, "POST", path, &own, form).await
    }

    async fn send(&self, browser: &Browser, method: &str, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8080");
        request = request.header("accept-language", browser.language);
        if !browser.cookie.is_empty() {
            request = request.header("cookie", &browser.cookie);
        }
        if method == "POST" && headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(form.to_owned())).unwrap();
        request.extensions_mut().insert(SocketAddr::from(([192, 0, 2, 1], 40_000)));
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        safety::assert_headers(path, &parts.headers);
        let body = axum::body::to_bytes(body, 50_000_000).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A plan of `acme` that waits, with these changes. Returns its digest.
    async fn plan(&self, changes: Vec<Change>, guards: &serde_json::Value) -> String {
        self.plan_of("acme", changes, guards).await
    }

    /// As [`Self::plan`], of this tenant.
    async fn plan_of(&self, tenant: &str, changes: Vec<Change>, guards: &serde_json::Value) -> String {
        let database = self.data.tenant_database(tenant).await.unwrap();
        let fence = database.take_fence(1).await.unwrap();
        let finding = Finding {
            severity: Severity::Error,
            code: "MISSING_EMAIL".to_owned(),
            employee_id: Some("9".to_owned()),
            field: None,
            message: format!("{MARKUP}: the work email is missing"),
            remedy: "fill it in".to_owned(),
        };
        let planned = Planned {
            created_at: rand::random::<u32>().into(),
            counts: [("employees".to_owned(), 250), ("accounts".to_owned(), 239)].into(),
            findings: vec![finding],
            baseline: Vec::new(),
            changes,
            active_accounts: Vec::new(),
            has_left: Default::default(),
        };
        let content = serde_json::to_vec(&planned).unwrap();
        let digest = hex(&Sha256::digest(&content));
        let now = chrono::Utc::now().timestamp();
        let new = NewApproval {
            digest: &digest,
            plan: &content,
            settings: "settings",
            plugin: "plugin",
            reasons: &json!({ "source": null, "guards": guards }).to_string(),
            changes: i64::try_from(planned.changes.len()).unwrap(),
            trigger: "schedule",
            requested_by: None,
            created_at: now - 3_600,
            lapses_at: now + 86_400,
            saved: None,
        };
        database.await_approval(fence, &new).await.unwrap();
        digest
    }

    /// A run of `acme` with one row and some errors.
    async fn run(&self) -> i64 {
        let database = self.data.tenant_database("acme").await.unwrap();
        let fence = database.take_fence(1).await.unwrap();
        let line = |id: &str, name: &str| json!({ "employee_id": id, "code": "MISSING_EMAIL", "message": format!("{name}: no email"), "remedy": "add one" });
        let report =
            json!({ "tenant": "acme", "created": 1, "failed": 2, "errors": [line("7", MARKUP), line("8", TURNED)] });
        let record = RunRecord {
            kind: hibob_base::job::RunKind::Sync,
            trigger: "manual",
            job: None,
            started_at: 1_795_485_600,
            finished_at: 1_795_485_612,
            exit_code: 1,
            report: report.to_string(),
            journal: None,
            interrupted_by: None,
            saved: None,
        };
        let row = UpdateRow {
            employee_id: "8".to_owned(),
            name: MARKUP.to_owned(),
            action: "Updated".to_owned(),
            field: "title".to_owned(),
            before: TURNED.to_owned(),
            after: "<b>bold</b>".to_owned(),
            result: "Done".to_owned(),
            before_of: None,
            after_of: None,
        };
        database.record_run(fence, &record, None, &[row.into()]).await.unwrap()
    }

    /// The paths of all pages of `acme`, with what they are about.
    async fn pages(&self) -> Vec<String> {
        let digest = self.plan(changes(), &guards()).await;
        let run = self.run().await;
        let job = self.job().await;
        vec![
            "/console".to_owned(),
            "/console/tenants/acme".to_owned(),
            format!("/console/tenants/acme/plans/{}", &digest[..12]),
            format!("/console/tenants/acme/jobs/{job}"),
            "/console/tenants/acme/runs".to_owned(),
            format!("/console/tenants/acme/runs/{run}"),
            "/console/tenants/acme/timeline".to_owned(),
            "/console/tenants/acme/secrets".to_owned(),
            "/console/tenants/acme/settings".to_owned(),
            "/console/tenants/acme/settings/versions".to_owned(),
            "/console/tenants/acme/setup".to_owned(),
            "/console/tenants/acme/setup/service-user".to_owned(),
            "/console/tenants/acme/setup/permissions".to_owned(),
            "/console/tenants/acme/setup/details".to_owned(),
            "/console/tenants/acme/setup/companies".to_owned(),
            "/console/tenants/acme/setup/first-plan".to_owned(),
        ]
    }

    /// A job of `acme` that waits.
    async fn job(&self) -> i64 {
        use hibob_store::queue::{Arguments, NewJob};
        let new = NewJob { tenant: "acme".to_owned(), arguments: Arguments::Check, requested_by: None };
        self.data.start(&new).await.unwrap().id
    }
}

/// Has the session have shown its token so many seconds ago. Returns the session's digest.
async fn proved_before(site: &Site, browser: &Browser, seconds: i64) -> [u8; 32] {
    let digest = crate::session::digest(browser.cookie.split_once('=').unwrap().1).unwrap();
    let now = chrono::Utc::now().timestamp();
    site.data.control().note_console_session(&digest, now, now - seconds).await.unwrap();
    digest
}

fn change(id: &str, kind: ChangeKind, name: &str, fields: Vec<FieldChange>) -> Change {
    Change {
        id: id.to_owned(),
        kind,
        employee_id: Some("7".to_owned()),
        target_id: Some("21".to_owned()),
        display_name: name.to_owned(),
        depends_on: Vec::new(),
        after: Vec::new(),
        fields,
        reason: format!("differs: {MARKUP}"),
    }
}

/// One change of several kinds, with names that mean harm.
fn changes() -> Vec<Change> {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let flag = |flag| Some(Value::Flag(flag));
    let field = |name: &str, before, after| FieldChange { field: name.to_owned(), before, after };
    let long = "W".repeat(300);
    vec![
        change("update-1", ChangeKind::Update, MARKUP, vec![field("title", text(MARKUP), text(TURNED))]),
        change("create-2", ChangeKind::Create, TURNED, vec![field("user-name", None, text("a@b.example"))]),
        change("archive-3", ChangeKind::Archive, "Freja Cohen", vec![field("active", flag(true), flag(false))]),
        change("archive-4", ChangeKind::Archive, &long, vec![field("active", flag(true), flag(false))]),
    ]
}

fn guards() -> serde_json::Value {
    json!([{ "class": "archiving", "message": "2 of 3 accounts would be archived, and the limit is 1", "remedy": "look" }])
}

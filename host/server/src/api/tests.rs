//! The API through its own router, with two tenants in a data directory and a token of each kind of holder.

mod access;
mod actions;
mod documented;
mod progress;
mod references;
mod settings;
mod setup;
mod timeline;
mod wire;

use crate::api::routes::{self, Holder, ROUTES, Route};
use crate::api::{Api, description};
use crate::serve::Phase;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, request};
use hibob_base::digest::hex;
use hibob_base::job::RunKind;
use hibob_config::applied_by::AppliedBy;
use hibob_config::tenant::TenantConfig;
use hibob_contract::offboarding_references::Departure;
use hibob_jobs::references::{IssuerKeys, NameServers};
use hibob_reference_format::claims::{ClaimText, Claims, Employment};
use hibob_reference_format::credential::{Credential, SignedCredential};
use hibob_reference_format::keys::Selector;
use hibob_reference_format::status_list::StatusPosition;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{DepartureDetails, DepartureRow, NewReference, WhyNone};
use hibob_store::database::{NewApproval, NewJournal, RunRecord};
use hibob_store::privacy::Purpose;
use hibob_store::token;
use hibob_store::token::TokenRole;
use hibob_store::update_row::UpdateRow;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt;

/// Who asks in these tests: a token of each kind for `acme`, and the admin of another tenant.
const HOLDERS: [(Holder, TokenRole, Option<&str>); 4] = [
    (Holder::Operator, TokenRole::Operator, None),
    (Holder::Admin, TokenRole::Admin, Some("acme")),
    (Holder::Reader, TokenRole::Reader, Some("acme")),
    (Holder::ReaderOfAll, TokenRole::Reader, None),
];

struct Site {
    api: Arc<Api>,
    data: DataDir,
    phase: watch::Sender<Phase>,
    _folder: TempDir,
}

/// A log in memory.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// A tenant as an API may apply it.
fn config(id: &str) -> Value {
    json!({
        "id": id,
        "hibob": { "url": "https://api.hibob.com/v1", "service_user": "SERVICE-1", "token": "store" },
        "travelperk": { "scim_url": "https://app.perk.com/api/v2/scim", "key": "store" },
    })
}

/// The path of a route of `acme`, with this job or run.
fn path(route: &Route, number: i64) -> String {
    let number = number.to_string();
    let path = route.path.replace("{tenant}", "acme").replace("{name}", "hibob.token");
    path.replace("{job}", &number)
        .replace("{run}", &number)
        .replace("{plan}", "00000000")
        .replace("{reference}", "0")
        .replace("{step}", "people")
}

/// A request's method and its path among the routes.
fn route_of(method: &str, path: &str) -> Option<&'static Route> {
    let path = path.split('?').next().unwrap();
    let fits = |route: &&Route| {
        let (parts, pattern) = (path.split('/'), route.path.split('/'));
        parts.clone().count() == pattern.clone().count()
            && parts.zip(pattern).all(|(part, pattern)| pattern.starts_with('{') || part == pattern)
    };
    // As the router does: `/runs/resume` is no `/runs/{run}`.
    let names = |route: &&Route| route.path.matches('{').count();
    let path = ROUTES.iter().filter(fits).min_by_key(names)?.path;
    ROUTES.iter().find(|route| route.path == path && route.method.word().eq_ignore_ascii_case(method))
}

impl Site {
    async fn new() -> Self {
        let site = Self::bare().await;
        site.api.ask_names_of(NameServers::Nobody);
        site
    }

    /// One of which nobody has said whom it asks for names.
    async fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("data")).await.unwrap();
        for id in ["acme", "globex"] {
            let config: TenantConfig = serde_json::from_value(config(id)).unwrap();
            data.put(&config, AppliedBy::Api).await.unwrap();
        }
        let (phase, phases) = watch::channel(Phase::Work);
        let api = Api::new(data.clone(), phases, Duration::from_secs(30));
        Self { api, data, phase, _folder: folder }
    }

    async fn token(&self, role: TokenRole, tenant: Option<&str>) -> String {
        let (text, stored) = token::new(role, tenant.map(str::to_owned), String::new(), None).unwrap();
        self.data.control().add_token(&stored).await.unwrap();
        text.reveal().to_owned()
    }

    async fn operator(&self) -> String {
        self.token(TokenRole::Operator, None).await
    }

    /// The answer, whose body may go on.
    async fn open(&self, method: &str, path: &str, token: &str, body: &str) -> axum::response::Response {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if route_of(method, path).is_some_and(|route| route.body == routes::Body::Text) {
            request = request.header("content-type", "text/plain");
        }
        if route_of(method, path).is_some_and(|route| route.action == routes::Action::PutSettings) {
            request = request.header("if-match", "*");
        }
        self.send(method, path, request, body).await
    }

    /// The answer to a request with these headers.
    async fn send(&self, method: &str, path: &str, request: request::Builder, body: &str) -> axum::response::Response {
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(SocketAddr::from(([192, 0, 2, 1], 40_000)));
        let answer = self.api.router().oneshot(request).await.unwrap();
        // What is not in the description is not answered.
        if let Some(route) = route_of(method, path) {
            let method = route.method.word();
            let responses = &description()["paths"][route.path][method]["responses"];
            let status = answer.status().as_u16().to_string();
            assert!(responses.get(&status).is_some(), "{method} {path} answers {status}, which is not described");
            let media_type = answer.headers()["content-type"].to_str().unwrap().split(';').next().unwrap().to_owned();
            assert!(responses[&status]["content"].get(&media_type).is_some(), "{method} {path} {status}: {media_type}");
        }
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert!(answer.headers().get("access-control-allow-origin").is_none());
        answer
    }

    async fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> Answer {
        let answer = self.open(method, path, token, body).await;
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, 10_000_000).await.unwrap();
        if let Some(route) = route_of(method, path) {
            documented::assert_fits(route, parts.status.as_u16(), &parts.headers, &body);
        }
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask("GET", path, token, "").await
    }

    /// A job of `acme` that waits.
    async fn job(&self) -> i64 {
        use hibob_policy::guard::Release;
        use hibob_store::queue::{Arguments, NewJob};
        // Each differs, so that none is merged with one of before.
        let arguments =
            Arguments::Sync(Release { archiving: usize::from(rand::random::<u16>()), ..Release::default() });
        let new = NewJob { tenant: "acme".to_owned(), arguments, requested_by: None };
        self.data.start(&new).await.unwrap().id
    }

    /// A plan of `acme` that waits, over any other one.
    async fn plan(&self) -> String {
        let database = self.data.tenant_database("acme").await.unwrap();
        let fence = database.take_fence(1).await.unwrap();
        let content =
            json!({ "created_at": rand::random::<u32>(), "counts": {}, "findings": [], "baseline": [], "changes": [] });
        let content = content.to_string();
        let digest = hex(&Sha256::digest(&content));
        let new = NewApproval {
            digest: &digest,
            plan: content.as_bytes(),
            settings: "settings",
            plugin: "plugin",
            reasons: r#"{"source":"HiBob sent 1","guards":[]}"#,
            changes: 0,
            trigger: "schedule",
            requested_by: None,
            created_at: chrono::Utc::now().timestamp(),
            lapses_at: i64::MAX,
            saved: None,
        };
        database.await_approval(fence, &new).await.unwrap();
        digest
    }

    /// An open journal of `acme`, whose run a person has interrupted.
    async fn interrupted(&self) {
        let database = self.data.tenant_database("acme").await.unwrap();
        if database.open_journal_since().await.unwrap().is_some() {
            return;
        }
        let fence = database.take_fence(1).await.unwrap();
        let new = NewJournal {
            kind: RunKind::Sync,
            started_at: 1_767_225_600,
            digest: "00",
            plan: b"{}",
            held: "{}",
            settings: "settings",
            plugin: "plugin",
            changes: 2,
            job: None,
            saved: None,
        };
        let journal = database.begin_journal(fence, &new).await.unwrap();
        database.mark_interrupted(fence, journal, "Ctrl-C", 1_767_225_601).await.unwrap();
    }

    /// A reference that `acme` has issued, by its id.
    async fn reference(&self) -> String {
        let mut file = config("acme");
        file["references"] = json!({ "domain": "acme.example", "name": "ACME GmbH" });
        let config: TenantConfig = serde_json::from_value(file).unwrap();
        self.data.put(&config, AppliedBy::Api).await.unwrap();
        let keys = IssuerKeys::open(&self.data, &config).await.unwrap();
        if keys.list().await.unwrap().is_empty() {
            keys.make(Some("k1")).await.unwrap();
        }
        let (issuer, selector) = (keys.issuer().clone(), Selector::parse("k1").unwrap());
        let key = self.data.secrets().signing_key("acme", &issuer.domain, &selector).await.unwrap();
        let day = |text: &str| text.parse().unwrap();
        let employment = Employment {
            name: ClaimText::parse("name", "Maeve Quinn").unwrap(),
            job_title: None,
            department: None,
            start: day("2019-03-01"),
            end: day("2026-10-31"),
        };
        let (place, now) = (u32::from(rand::random::<u16>()), chrono::Utc::now());
        let claims = Claims::new(issuer, employment).unwrap();
        let credential = Credential::new(claims, StatusPosition { list: 1, index: place }, now).unwrap();
        let id = credential.id.uuid();
        let signed = SignedCredential::sign(credential, &key, &selector).unwrap();
        let database = self.data.tenant_database("acme").await.unwrap();
        let lease = self.data.control().lease("acme", "a reference").await.unwrap();
        let fence = database.take_fence(lease.generation()).await.unwrap();
        let new = NewReference {
            id: id.clone(),
            departure: Departure {
                employee_id: place.to_string(),
                ended_on: "2026-10-31".to_owned(),
                basis: String::new(),
            },
            document: signed.canonical().to_vec(),
            digest: signed.digest(),
            selector: selector.to_string(),
            status_list: 1,
            status_index: place,
            plugin_digest: String::new(),
            answers_digest: [0; 32],
            issued_at: now.timestamp(),
            message_id: format!("<{id}@acme.example>"),
        };
        database.record_reference(fence, &new, None).await.unwrap().unwrap();
        lease.release().await.unwrap();
        id
    }

    /// Has this employee of `acme` wait for a reference that is not possible.
    async fn open_departure(&self, employee: &str) {
        let people = self.data.people("acme").await.unwrap();
        let lease = self.data.control().lease("acme", "a departure").await.unwrap();
        let fence = people.database().take_fence(lease.generation()).await.unwrap();
        let details = DepartureDetails { name: Some("Maeve Quinn".to_owned()), ..DepartureDetails::default() };
        let details = serde_json::to_vec(&details).unwrap();
        let keyring = people.writing_keyring().await.unwrap();
        let details = keyring.encrypt_bytes(fence, Purpose::Departure, employee, &details).await.unwrap();
        let row = DepartureRow {
            employee_id: employee.to_owned(),
            ended_on: "2026-10-31".to_owned(),
            seen_at: 1_767_225_600,
            why: WhyNone::NotPossible,
            details,
        };
        people.database().put_open_departures(fence, &[row]).await.unwrap();
        lease.release().await.unwrap();
    }

    /// A run of `acme` with one line and one error.
    async fn run(&self) -> i64 {
        let database = self.data.tenant_database("acme").await.unwrap();
        let fence = database.take_fence(1).await.unwrap();
        let errors =
            json!([{ "employee_id": "7", "code": "MISSING_EMAIL", "message": "no email", "remedy": "add one" }]);
        let record = RunRecord {
            kind: RunKind::Sync,
            trigger: "manual",
            job: None,
            started_at: 1_767_225_600,
            finished_at: 1_767_225_601,
            exit_code: 1,
            report: json!({ "created": 1, "errors": errors }).to_string(),
            journal: None,
            interrupted_by: None,
            saved: None,
        };
        let line = UpdateRow {
            employee_id: "8".to_owned(),
            name: "Maeve Quinn".to_owned(),
            action: "Created".to_owned(),
            field: String::new(),
            before: String::new(),
            after: "maeve.quinn@acme.example".to_owned(),
            result: "Done".to_owned(),
            before_of: None,
            after_of: None,
        };
        database.record_run(fence, &record, None, &[line.into()]).await.unwrap()
    }
}

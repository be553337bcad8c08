//! The way out: every HTTP request of a plugin goes through here.
//!
//! Deny by default. A request must lie below one of the tenant's base URLs and be a call that the job may make; only
//! then is that service's credential added, which the plugin never sees. Retries, waiting and timeouts live here too.

mod body;
mod known;
mod send;
mod surroundings;

pub use known::known_of;
pub use send::AsMade;
pub use surroundings::Surroundings;

use base64::Engine as _;
use body::ResponseBytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hibob_base::secret::{Redactor, Secret};
use hibob_config::limits::Limits;
use hibob_contract::CallKind;
use hibob_net::Transport;
use hibob_policy::manifest::Manifest;
use hibob_policy::over::Overrun;
use hibob_policy::{Grant, Refusal, Role, Route};
use hibob_shares::{Pace, RefusalBudget, Waits};
use hibob_store::database::Fence;
use hibob_store::run_store::RunStore;
use hibob_telemetry::{RefusalReason, TenantMetrics};
use http::HeaderValue;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpHooks};

/// A service that a tenant talks to: where it is, and as whom.
pub struct Service {
    route: Route,
    credential: Credential,
    pace: Pace,
    /// Whether it has taken the credential in this run.
    proven: AtomicBool,
}

/// How a request proves who sends it.
pub enum Credential {
    /// HTTP Basic (RFC 7617): HiBob's service user.
    Basic {
        /// The service user's id.
        user: String,
        /// Its token.
        password: Secret,
    },
    /// A scheme and a key: `ApiKey` or `Bearer`.
    Key {
        /// The scheme as it stands in the header.
        scheme: String,
        /// The key.
        key: Secret,
    },
}

impl Credential {
    fn header(&self) -> Option<HeaderValue> {
        let text = match self {
            Self::Basic { user, password } => {
                let pair = zeroize::Zeroizing::new(format!("{user}:{}", password.reveal()));
                let pair = base64::engine::general_purpose::STANDARD.encode(pair.as_bytes());
                format!("Basic {}", *zeroize::Zeroizing::new(pair))
            }
            Self::Key { scheme, key } => format!("{scheme} {}", key.reveal()),
        };
        let text = zeroize::Zeroizing::new(text);
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn teach(&self, redactor: &mut Redactor) {
        match self {
            Self::Basic { user, password } => redactor.learn(password, Some(user)),
            Self::Key { key, .. } => redactor.learn(key, None),
        }
    }
}

impl Service {
    /// A service below `route`, paced together with everything that shares `pace`.
    pub fn new(route: Route, credential: Credential, pace: Pace) -> Self {
        Self { route, credential, pace, proven: AtomicBool::new(false) }
    }
}

/// What the plugin declares that it needs in a call of this kind.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The plugin's manifest.
    pub manifest: Arc<Manifest>,
    /// Which call it is.
    pub kind: CallKind,
}

/// One tenant's way out.
pub struct Egress {
    tenant: String,
    services: Vec<Service>,
    transport: Arc<dyn Transport>,
    limits: Limits,
    /// Knows the secrets of all services.
    redactor: Redactor,
    /// Set when a service has refused the credentials: HiBob blocks a caller after 50 refusals in ten seconds.
    closed: Arc<AtomicBool>,
    /// Whether the last run ended with refused credentials.
    was_refused: AtomicBool,
    /// Shared with every tenant of the host.
    refusal_budget: Arc<RefusalBudget>,
    metrics: TenantMetrics,
    surroundings: Surroundings,
}

impl Egress {
    /// The way out for a tenant with these services.
    pub fn new(
        tenant: String,
        services: Vec<Service>,
        transport: Arc<dyn Transport>,
        limits: Limits,
        refusal_budget: Arc<RefusalBudget>,
        metrics: TenantMetrics,
    ) -> Self {
        let mut redactor = Redactor::default();
        services.iter().for_each(|service| service.credential.teach(&mut redactor));
        Self {
            tenant,
            services,
            transport,
            limits,
            redactor,
            closed: Arc::default(),
            was_refused: AtomicBool::new(false),
            refusal_budget,
            metrics,
            surroundings: Surroundings::default(),
        }
    }

    /// The same, with another clock and other dice.
    #[must_use]
    pub fn in_surroundings(self, surroundings: Surroundings) -> Self {
        Self { surroundings, ..self }
    }

    /// The way out for one call of a run: a refusal closes it for all calls.
    pub fn for_call(self: &Arc<Self>, grant: Grant, declared: Declared, overrun: Overrun) -> CallEgress {
        CallEgress::new(self.clone(), grant, declared, self.closed.clone(), overrun)
    }

    /// The way out for a check, which only reads. A refusal closes this way and no other: a check asks on purpose for
    /// what a single permission may hide, and that must not end a run that goes on beside it, nor the next one.
    pub fn for_check(self: &Arc<Self>, declared: Declared, overrun: Overrun) -> CallEgress {
        CallEgress::new(self.clone(), Grant::Read, declared, Arc::default(), overrun)
    }

    /// Takes the tenant's secrets out of what a service or a plugin wrote.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Opens the way again for a new run. Where the last one `was_refused`, the next credentials go last.
    pub fn reopen(&self, was_refused: bool) {
        self.was_refused.store(was_refused, Ordering::SeqCst);
        self.services.iter().for_each(|service| service.proven.store(false, Ordering::SeqCst));
        self.closed.store(false, Ordering::SeqCst);
    }

    /// Whether a service has refused the credentials in this run; nothing leaves any more.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}

/// The way out for one call: wasi-http's hooks.
#[derive(Clone)]
pub struct CallEgress {
    egress: Arc<Egress>,
    grant: Grant,
    declared: Declared,
    /// Shared with every other call that a refusal is to stop.
    closed: Arc<AtomicBool>,
    refusals: Arc<Mutex<Vec<String>>>,
    waits: Waits,
    requests_left: Arc<AtomicU64>,
    /// Requests under way, each until its answer was read or given up.
    open: Arc<Semaphore>,
    response_bytes: ResponseBytes,
    overrun: Overrun,
    /// The call's, for its requests: they are sent by tasks of their own.
    span: tracing::Span,
    /// What a write needs: that the run still has its lock.
    fence: Option<MayWrite>,
}

/// Whether a run still has the right to write.
type MayWrite = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// Requests of one call that are under way at one time, each until its answer was read or given up; others wait. The
/// host holds a page of each.
const OPEN_REQUESTS_MAX: usize = 4;

/// Refusals of one call that are remembered and logged; more of them say nothing new.
const REFUSALS_KEPT_MAX: usize = 10;

/// Characters of a refusal that are kept.
const REFUSAL_CHARS_MAX: usize = 400;

impl CallEgress {
    fn new(egress: Arc<Egress>, grant: Grant, declared: Declared, closed: Arc<AtomicBool>, overrun: Overrun) -> Self {
        let limits = &egress.limits;
        let (requests, _) = limits.requests_of(declared.kind);
        Self {
            closed,
            refusals: Arc::default(),
            waits: Waits::new(Duration::from_secs(limits.waiting_seconds_max)),
            requests_left: Arc::new(AtomicU64::new(requests)),
            open: Arc::new(Semaphore::new(OPEN_REQUESTS_MAX)),
            response_bytes: ResponseBytes::new(limits.call_response_bytes_max, overrun.clone()),
            overrun,
            declared,
            grant,
            egress,
            span: tracing::Span::none(),
            fence: None,
        }
    }

    /// The same, with writes that leave only while the fence holds.
    #[must_use]
    pub fn fenced(self, run_store: impl RunStore, fence: Fence) -> Self {
        let may_write = move || {
            let run_store = run_store.clone();
            async move { run_store.holds(fence).await.unwrap_or(false) }.boxed()
        };
        Self { fence: Some(Arc::new(may_write)), ..self }
    }

    /// Whether a write may leave. One that may not closes the way for the whole run: somebody else has taken it over.
    async fn may_write(&self) -> bool {
        let Some(may_write) = &self.fence else { return true };
        let holds = may_write().await;
        if !holds {
            self.close();
        }
        holds
    }

    /// The same, with requests that belong to this span.
    pub fn within(self, span: &tracing::Span) -> Self {
        Self { span: span.clone(), ..self }
    }

    /// The polite waiting of this call.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// Whether the plugin's manifest declares this request for this kind of call.
    fn check_declared(&self, role: Role, method: &http::Method, path: &str) -> Result<(), Refusal> {
        let Declared { manifest, kind } = &self.declared;
        match manifest.covers(*kind, role, method, path) {
            Some(_) => Ok(()),
            None => Err(Refusal::new(format!(
                "{method} {path} is not among the requests that the plugin's manifest declares for `{}`",
                kind.name()
            ))),
        }
    }

    /// Counts one more request.
    fn count_request(&self) -> Result<(), wasmtime_wasi_http::Error> {
        let one_less = |left: u64| left.checked_sub(1);
        if self.requests_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            return Ok(());
        }
        let (most, setting) = self.egress.limits.requests_of(self.declared.kind);
        self.overrun.note(setting, format!("made more than {most} requests in one call"));
        Err(wasmtime_wasi_http::Error::HttpRequestDenied)
    }

    /// Whether the answers of this call show that its change was made to the account or cost center `written_id`.
    pub fn shows(&self, written_id: &str) -> bool {
        match &self.grant {
            Grant::Apply(scope) => scope.shows(written_id),
            Grant::Read | Grant::Person(_) => false,
        }
    }

    /// Why requests of this call were refused.
    pub fn refusals(&self) -> Vec<String> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// See [`Egress::redactor`].
    pub fn redactor(&self) -> &Redactor {
        self.egress.redactor()
    }

    /// The tenant's counters.
    pub fn metrics(&self) -> &TenantMetrics {
        &self.egress.metrics
    }

    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    fn refuse(&self, reason: RefusalReason, refusal: &Refusal) {
        self.egress.metrics.refusal(reason);
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.len() < REFUSALS_KEPT_MAX {
            let refusal = self.redactor().line(&refusal.to_string(), REFUSAL_CHARS_MAX); // a path is the plugin's text
            tracing::warn!(tenant = self.egress.tenant, "egress: {refusal}");
            refusals.push(refusal);
        }
    }
}

type Sent = (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>);

impl WasiHttpHooks for CallEgress {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _options: Option<RequestOptions>, // the host's own timeouts count
        _fut: Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, wasmtime_wasi_http::Error>> + Send> {
        let call = self.clone();
        Box::new(async move {
            let response = send::send(&call, request).await?;
            let done: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
            Ok((response, done))
        })
    }
}

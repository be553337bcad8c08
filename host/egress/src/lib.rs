//! The egress: every HTTP request of a plugin leaves through here.
//!
//! It denies by default. A request must go to one of the tenant's services, and the request policy, the plugin's
//! manifest and the call's grant must allow it. Only then the service's credential is added, which the plugin never
//! sees. Pacing, retries and timeouts are here too.

mod body;
mod clock_and_chance;
mod employees;
mod ledger_facts;
mod lists;
mod send;
mod unpack;

pub use clock_and_chance::ClockAndChance;
pub use ledger_facts::ledger_facts;
pub use send::AsMade;

use body::ResponseBytes;
use employees::Employees;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hibob_base::secret::{Redactor, Secret};
use hibob_config::limits::Limits;
use hibob_contract::CallKind;
use hibob_net::Transport;
use hibob_policy::change_scope::Made;
use hibob_policy::manifest::Manifest;
use hibob_policy::observed::{Observations, Observed};
use hibob_policy::over::Overrun;
use hibob_policy::titles::Titles;
use hibob_policy::work_emails::WorkEmails;
use hibob_policy::{Grant, Refusal, Role, Route};
use hibob_shares::{Pace, RefusalBudget, Waits};
use hibob_store::database::Fence;
use hibob_store::run_store::RunStore;
use hibob_telemetry::{RefusalReason, TenantMetrics};
use http::HeaderValue;
use lists::Lists;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpHooks};

/// A service of a tenant: its base URL, the credential for it, and the pace of requests to it.
pub struct Service {
    route: Route,
    credential: Credential,
    pace: Pace,
    /// Whether it has accepted the credential in this run.
    proven: AtomicBool,
}

/// What proves to a service who sends a request.
pub enum Credential {
    /// HTTP Basic authentication (RFC 7617), for HiBob's service user.
    Basic {
        /// The service user's id.
        user: String,
        /// Its token.
        password: Secret,
    },
    /// A key with the scheme `ApiKey` or `Bearer`, for TravelPerk.
    Key {
        /// The scheme, as the `Authorization` header has it.
        scheme: String,
        /// The key.
        key: Secret,
    },
}

impl Credential {
    fn header(&self) -> Option<HeaderValue> {
        match self {
            Self::Basic { user, password } => password.basic_header(user),
            Self::Key { scheme, key } => key.header(scheme),
        }
    }

    fn teach(&self, redactor: &mut Redactor) {
        match self {
            Self::Basic { user, password } => redactor.learn(password, Some(user)),
            Self::Key { key, .. } => redactor.learn(key, None),
        }
    }
}

impl Service {
    /// The service at `route`. All services that share `pace` are paced together.
    pub fn new(route: Route, credential: Credential, pace: Pace) -> Self {
        Self { route, credential, pace, proven: AtomicBool::new(false) }
    }
}

/// Which requests the plugin has declared for the call.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The plugin's manifest.
    pub manifest: Arc<Manifest>,
    /// The kind of the call.
    pub kind: CallKind,
}

/// The egress of one tenant.
pub struct Egress {
    tenant: String,
    services: Vec<Service>,
    transport: Arc<dyn Transport>,
    limits: Limits,
    /// Removes the credentials of all services from texts.
    redactor: Redactor,
    /// Set when a service has refused the credentials, or the run has lost its lease: no other request leaves in this
    /// run. HiBob blocks a caller after 50 refusals in ten seconds.
    closed: Arc<AtomicBool>,
    /// Whether the last run ended with refused credentials.
    was_refused: AtomicBool,
    /// Shared with every tenant of the host.
    refusal_budget: Arc<RefusalBudget>,
    metrics: TenantMetrics,
    clock_and_chance: ClockAndChance,
    lists: Lists,
}

impl Egress {
    /// The egress of a tenant with these services.
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
            clock_and_chance: ClockAndChance::default(),
            lists: Lists::default(),
        }
    }

    /// Replaces the clock and the source of random numbers.
    #[must_use]
    pub fn with_clock_and_chance(self, clock_and_chance: ClockAndChance) -> Self {
        Self { clock_and_chance, ..self }
    }

    /// The egress of one call of a run. If a service refuses the credentials, it is closed for all calls of the run.
    pub fn for_call(self: &Arc<Self>, grant: Grant, declared: Declared, overrun: Overrun) -> CallEgress {
        CallEgress::new(self.clone(), grant, declared, self.closed.clone(), overrun)
    }

    /// The egress of a check, which only reads. If a service refuses the credentials, only this check is closed: a
    /// check asks on purpose for what a missing permission hides, and that must not end a run beside it, nor the next
    /// run.
    pub fn for_check(self: &Arc<Self>, declared: Declared, overrun: Overrun) -> CallEgress {
        CallEgress::new(self.clone(), Grant::Read, declared, Arc::default(), overrun)
    }

    /// Removes the tenant's secrets from texts of services and plugins.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Opens the egress again for a new run. If the last run ended because credentials were refused (`was_refused`),
    /// the first requests of this one are sent after those of tenants that were not refused.
    pub fn reopen(&self, was_refused: bool) {
        self.was_refused.store(was_refused, Ordering::SeqCst);
        self.services.iter().for_each(|service| service.proven.store(false, Ordering::SeqCst));
        self.closed.store(false, Ordering::SeqCst);
        self.lists.begin();
    }

    /// Whether the egress is closed, so that no other request of this run leaves: a service has refused the
    /// credentials, or the run has lost its lease.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}

/// The egress of one call: it implements the hooks of wasmtime-wasi-http. Clones belong to the same call.
#[derive(Clone)]
pub struct CallEgress {
    egress: Arc<Egress>,
    grant: Grant,
    declared: Declared,
    /// Shared with the calls that stop when this one is refused.
    closed: Arc<AtomicBool>,
    refusals: Arc<Mutex<Vec<String>>>,
    observed: Arc<Observed>,
    /// What HiBob's answers to a plan's call have shown.
    work_emails: Arc<Employees<WorkEmails>>,
    /// What HiBob's answers to a call about departures have shown.
    titles: Arc<Employees<Titles>>,
    waits: Waits,
    requests_left: Arc<AtomicU64>,
    /// Places for open requests. A request has one until its answer has been read or dropped.
    open: Arc<Semaphore>,
    response_bytes: ResponseBytes,
    overrun: Overrun,
    /// The span of the call. Requests are sent by tasks of their own, so they have to be told their parent.
    span: tracing::Span,
    /// Asks before each write whether the run's fencing token is current. `None` if the call makes no writes.
    fence: Option<MayWrite>,
}

/// Whether the run still has its lease, so that it may write.
type MayWrite = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// Most open requests of one call; others wait. A request is open until its answer has been read or dropped, and the
/// host holds up to a page of it in memory.
const OPEN_REQUESTS_MAX: usize = 4;

/// Most refusals of one call that are kept and logged. More of them would say nothing new.
const REFUSALS_KEPT_MAX: usize = 10;

/// Longest text of a refusal, in characters; the rest is cut off.
const REFUSAL_CHARS_MAX: usize = 400;

impl CallEgress {
    fn new(egress: Arc<Egress>, grant: Grant, declared: Declared, closed: Arc<AtomicBool>, overrun: Overrun) -> Self {
        let limits = &egress.limits;
        let (requests, _) = limits.requests_of(declared.kind);
        Self {
            closed,
            refusals: Arc::default(),
            observed: Arc::default(),
            work_emails: Arc::default(),
            titles: Arc::default(),
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

    /// Lets writes leave only while the run's fencing token is current in `book`.
    #[must_use]
    pub fn fenced(self, run_store: impl RunStore, fence: Fence) -> Self {
        let may_write = move || {
            let run_store = run_store.clone();
            async move { run_store.holds(fence).await.unwrap_or(false) }.boxed()
        };
        Self { fence: Some(Arc::new(may_write)), ..self }
    }

    /// Whether a write may leave. If not, another host has taken the tenant over, and the egress is closed for the
    /// whole run.
    async fn may_write(&self) -> bool {
        let Some(may_write) = &self.fence else { return true };
        let is_current = may_write().await;
        if !is_current {
            self.close();
        }
        is_current
    }

    /// Makes the spans of requests children of `span`.
    pub fn within(self, span: &tracing::Span) -> Self {
        Self { span: span.clone(), ..self }
    }

    /// How long this call has waited politely.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// Checks that the plugin's manifest declares this request for this kind of call.
    fn check_declared(&self, role: Role, method: &http::Method, path: &str) -> Result<(), Refusal> {
        let Declared { manifest, kind } = &self.declared;
        match manifest.covers(*kind, role, method, path) {
            Some(_) => Ok(()),
            None => Err(Refusal::new(format!(
                "the plugin wanted to send {method} {path}, which its manifest does not name for {}; nothing was sent",
                kind.work()
            ))),
        }
    }

    /// Counts a request against the limit of the call.
    fn count_request(&self) -> Result<(), wasmtime_wasi_http::Error> {
        let one_less = |left: u64| left.checked_sub(1);
        if self.requests_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            return Ok(());
        }
        let (most, setting) = self.egress.limits.requests_of(self.declared.kind);
        self.overrun.note(setting, format!("made more than {most} requests in one call"));
        Err(wasmtime_wasi_http::Error::HttpRequestDenied)
    }

    /// What the target's answers show of the call's change at the account or cost center `written_id`: nothing, in a
    /// call that applies no change.
    pub fn made(&self, written_id: &str) -> Made {
        match &self.grant {
            Grant::Apply(scope) => scope.made(written_id),
            Grant::Read | Grant::Person(_) => Made::Nothing,
        }
    }

    /// Which account or cost center the call's change is about, as far as the change or the target says it, and whether
    /// the target has answered a read; neither in a call that applies no change.
    pub fn looked_up(&self) -> (Option<String>, bool) {
        match &self.grant {
            Grant::Apply(scope) => (scope.own(), scope.is_answered()),
            Grant::Read | Grant::Person(_) => (None, false),
        }
    }

    /// Why requests of this call were refused, and where redirects pointed, as messages for people.
    pub fn refusals(&self) -> Vec<String> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the answers to this call have shown beside their content.
    pub fn observed(&self) -> Observations {
        self.observed.so_far()
    }

    /// Takes the work emails that HiBob's answers to this call have shown so far. Of calls other than a plan's they are
    /// not noted.
    pub fn take_work_emails(&self) -> WorkEmails {
        self.work_emails.take()
    }

    /// Takes the job titles that HiBob's answers to this call have shown so far. Of calls other than those that ask who has
    /// left they are not noted.
    pub fn take_titles(&self) -> Titles {
        self.titles.take()
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
        self.tell(&refusal.to_string());
    }

    /// Keeps a message about a request of this call, for the person who reads how it ended.
    fn tell(&self, message: &str) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let message = self.redactor().line(message, REFUSAL_CHARS_MAX); // has the plugin's text, or the service's
        if refusals.len() < REFUSALS_KEPT_MAX && !refusals.contains(&message) {
            tracing::warn!(tenant = self.egress.tenant, "egress: {message}");
            refusals.push(message);
        }
    }
}

type Sent = (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>);

impl WasiHttpHooks for CallEgress {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _options: Option<RequestOptions>, // the host's own timeouts are used
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

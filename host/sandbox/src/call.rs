//! One call of a plugin: a fresh instance, in a store that has what this call may touch and nothing else.

mod meter;
mod pooled_store;

pub use crate::state::{
    CALL_STORAGE_BYTES_MAX, CALL_STORAGE_READS_MAX, CALL_STORAGE_WRITES_MAX, CallState, KEY_BYTES_MAX, VALUE_BYTES_MAX,
};

use crate::bindings::Plugin as Bindings;
use crate::plugin::Plugin;
use crate::state::{CallMemory, CallObserver, StorageView};
use crate::tenant::Tenant;
use hibob_base::error::HostError;
use hibob_base::progress::Progress;
use hibob_contract::CallKind;
use hibob_contract::directory_sync::Change;
use hibob_egress::{Declared, ledger_facts};
use hibob_policy::change_scope::{ApplyScope, Made};
use hibob_policy::grant::Grant;
use hibob_policy::observed::Observations;
use hibob_policy::over::Overrun;
use hibob_policy::person_scope::PersonScope;
use hibob_policy::titles::Titles;
use hibob_policy::work_emails::WorkEmails;
use hibob_store::database::Fence;
use hibob_telemetry::Spans;
use meter::{Allowance, Metered, Used};
use pooled_store::PooledStore;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;
use wasmtime::Store;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi_http::WasiHttpCtx;

/// How many bytes of a component's standard error are kept: enough for the message of a panic.
const STDERR_BYTES_MAX: usize = 4_096;

/// Most handles to requests, answers, headers and waits that a component may hold at one time. It usually has about
/// ten.
const HANDLES_MAX: usize = 1_000;

/// Most bytes of names and values in one list of headers. A request has four headers.
const HEADERS_BYTES_MAX: usize = 8 * 1024;

/// Most bytes that a component hands to the host at one time, such as a batch of a plan or of storage writes.
const HOST_CALL_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What a call is made for.
#[derive(Clone, Copy)]
pub enum Job<'c> {
    /// Check whether a sync would work.
    Check,
    /// Make a plan, and read it.
    Plan,
    /// Make this change. Writes leave only while this fencing token of the run is current.
    Apply(&'c Change, Fence),
    /// Look what became of this change. No write leaves.
    Look(&'c Change, Fence),
    /// Find out who has left.
    Departures,
    /// Read the claims of some employees, or the address of one. The scope limits the requests, and collects HiBob's
    /// answers.
    People(&'c Arc<PersonScope>),
}

impl Job<'_> {
    fn kind(self) -> CallKind {
        match self {
            Self::Check => CallKind::Check,
            Self::Plan => CallKind::Plan,
            Self::Apply(..) | Self::Look(..) => CallKind::Apply,
            Self::Departures | Self::People(_) => CallKind::References,
        }
    }
}

/// A fresh instance in its store, for the steps of one call.
pub struct Call {
    kind: CallKind,
    /// The store, whose data is what the call may touch.
    store: PooledStore,
    /// The instance's exports.
    pub instance: Bindings,
    stderr: MemoryOutputPipe,
    used: Used,
    allowance: Allowance,
    /// Whether a step has failed or was dropped. The instance is then not used again.
    broken: bool,
    span: tracing::Span,
}

impl Call {
    /// Makes a fresh instance of `plugin` for `tenant`. It waits for a place, first among the tenant's own calls, then
    /// in the pool that all tenants share.
    ///
    /// # Errors
    /// No place came free in time, the instance exceeds a limit, or it trapped while it started.
    pub async fn open(
        plugin: &Plugin,
        tenant: &Tenant,
        job: Job<'_>,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, HostError> {
        let limits = &tenant.config().limits;
        let slots = tenant.slots(plugin.runtime()).await?;
        let overrun = Overrun::default();
        let stderr = MemoryOutputPipe::new(STDERR_BYTES_MAX);
        let kind = job.kind();
        let declared = Declared { manifest: plugin.manifest().clone(), kind };
        let egress = match job {
            Job::Check => tenant.egress()?.for_check(declared, overrun.clone()),
            Job::Plan => tenant.egress()?.for_call(Grant::Read, declared, overrun.clone()),
            Job::Departures => tenant.references_egress().for_call(Grant::Read, declared, overrun.clone()),
            Job::People(scope) => {
                tenant.references_egress().for_call(Grant::Person(scope.clone()), declared, overrun.clone())
            }
            Job::Apply(change, fence) | Job::Look(change, fence) => {
                let ledger = ledger_facts(tenant.database(), change).await?;
                let scope = ApplyScope::new(change, ledger, tenant.config().target_settings());
                let scope = Arc::new(if matches!(job, Job::Look(..)) { scope.without_writes() } else { scope });
                let egress = tenant.egress()?.for_call(Grant::Apply(scope), declared, overrun.clone());
                egress.fenced(tenant.database().clone(), fence)
            }
        };
        let span = Spans::call(kind);
        let egress = egress.within(&span);
        let observer = CallObserver::new(tenant.metrics(), kind, egress.waits());
        let (wall, wall_setting) = limits.wall_clock_of(kind);
        let allowance = Allowance {
            cpu: Duration::from_millis(limits.cpu_milliseconds_max),
            wall,
            wall_setting,
            waits: egress.waits().clone(),
            overrun: overrun.clone(),
            turns: tenant.turns().clone(),
        };
        let mut table = ResourceTable::new();
        // In wasmtime-wasi-http 48, `handle` does not consume the options of a request, so a handle to them stays until
        // the end of the call.
        let (requests, _) = limits.requests_of(kind);
        let requests = usize::try_from(requests).unwrap_or(usize::MAX);
        table.set_max_capacity(HANDLES_MAX.saturating_add(requests));
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADERS_BYTES_MAX);
        let state = CallState {
            tenant_id: tenant.id().to_owned(),
            table,
            wasi: WasiCtx::builder().stderr(stderr.clone()).build(),
            http,
            egress,
            storage: StorageView::new(tenant.database().clone(), kind == CallKind::Apply, limits),
            progress,
            memory: CallMemory::new(tenant.memory().clone(), limits, overrun).observed(observer.clone()),
            log_lines_left: limits.log_lines_max,
        };
        let mut store = PooledStore::new(Store::new(plugin.runtime().engine(), state), slots, tenant.turns().clone());
        store.limiter(|state| &mut state.memory);
        store.set_max_component_handles(HANDLES_MAX);
        store.set_hostcall_fuel(HOST_CALL_BYTES_MAX);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let mut used = Used::nothing().observed(observer);
        let instance = Metered::new(plugin.pre().instantiate_async(&mut store), &mut used, allowance.clone()).await;
        let instance = instance.map_err(|over| HostError::over(&over))?;
        let instance = instance.map_err(|error| match allowance.overrun.get() {
            Some(over) => HostError::over(over),
            None => HostError::Plugin(format!("cannot be started: {error:#}")),
        })?;
        Ok(Self { kind, store, instance, stderr, used, allowance, broken: false, span })
    }

    /// Runs one step of the call within its limits.
    ///
    /// # Errors
    /// The instance trapped, or exceeded a limit. It is then never used again.
    pub async fn step<T>(
        &mut self,
        step: impl AsyncFnOnce(&mut Store<CallState>, &Bindings) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        if std::mem::replace(&mut self.broken, true) {
            return Err(HostError::Plugin(
                "failed in an earlier step of this call, and was not asked again".to_owned(),
            ));
        }
        let work = step(&mut self.store, &self.instance);
        let metered = Metered::new(work, &mut self.used, self.allowance.clone());
        let value = match metered.instrument(self.span.clone()).await {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => return Err(self.trapped(&error)),
            Err(over) => return Err(HostError::over(&over)),
        };
        self.broken = false;
        Ok(value)
    }

    /// The processor time that the call has used so far.
    pub fn cpu(&self) -> Duration {
        self.used.cpu
    }

    fn trapped(&self, error: &wasmtime::Error) -> HostError {
        let redactor = self.store.data().egress.redactor();
        let stderr = redactor.line(String::from_utf8_lossy(&self.stderr.contents()).trim(), STDERR_BYTES_MAX);
        let causes = redactor.line(&format!("{error:#}"), STDERR_BYTES_MAX);
        tracing::error!(tenant = self.store.data().tenant_id, %stderr, "the plugin trapped: {causes}");
        let work = self.kind.work();
        if let Some(over) = self.allowance.overrun.get() {
            return HostError::over(over); // the limit is the cause of the trap
        }
        HostError::Plugin(redactor.plugin_text(&format!("crashed while it was {work}: {}", error.root_cause())))
    }

    /// What the target's answers show of the call's change at the account or cost center `written_id`. See
    /// [`ApplyScope::made`].
    pub fn made(&self, written_id: &str) -> Made {
        self.store.data().egress.made(written_id)
    }

    /// Which account or cost center the call's change is about, as far as the change or the target says it, and whether
    /// the target has answered a read. See [`ApplyScope::own`] and [`ApplyScope::is_answered`].
    pub fn looked_up(&self) -> (Option<String>, bool) {
        self.store.data().egress.looked_up()
    }

    /// Why the egress has refused requests of this call, as messages for people.
    pub fn refusals(&self) -> Vec<String> {
        self.store.data().egress.refusals()
    }

    /// What the answers to this call have shown beside their content.
    pub fn observed(&self) -> Observations {
        self.store.data().egress.observed()
    }

    /// The work emails that HiBob's answers to this call have shown, in a plan's call.
    pub fn take_work_emails(&self) -> WorkEmails {
        self.store.data().egress.take_work_emails()
    }

    /// The job titles that HiBob's answers to this call have shown, in a call about departures.
    pub fn take_titles(&self) -> Titles {
        self.store.data().egress.take_titles()
    }

    /// Ends the call, and discards what it wrote to the storage.
    pub fn finish(self) {
        drop(self);
    }

    /// Ends the call, and returns what it wrote to the storage, by key; `None` for a deleted key.
    pub fn into_written(mut self) -> BTreeMap<String, Option<Vec<u8>>> {
        self.store.data_mut().storage.take()
    }
}

//! One call into a component: a fresh store with what that call may touch, and nothing else.

mod capabilities;
mod storage;

pub use storage::{CALL_STORAGE_BYTES_MAX, KEY_BYTES_MAX, VALUE_BYTES_MAX};

use crate::bindings::Plugin as Bindings;
use crate::database::LedgerEntry;
use crate::egress::{CallEgress, Grant};
use crate::engine::CALL_MEMORY_BYTES_MAX;
use crate::error::HostError;
use crate::plugin::Plugin;
use crate::tenant::Tenant;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use storage::StorageView;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, Store};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// Bytes of a component's standard error that are kept: enough for a panic's message.
const STDERR_BYTES_MAX: usize = 4_096;

/// Whoever waits for a job and wants to know how far it is.
pub trait Progress: Send + Sync {
    /// `done` of `total`, if that is known, of what `phase` names.
    fn report(&self, phase: &str, done: u64, total: Option<u64>);
}

/// Nobody waits.
pub struct NoProgress;

impl Progress for NoProgress {
    fn report(&self, _phase: &str, _done: u64, _total: Option<u64>) {}
}

/// The kinds of call, which differ in what they may do and how long they may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `check`.
    Check,
    /// `plan`, and reading the plan.
    Plan,
    /// `apply`.
    Apply,
}

impl CallKind {
    /// Longest time from start to end, waiting included. A plan of 100,000 accounts is 2,000 pages at 100 a minute.
    fn wall_clock_limit(self) -> Duration {
        match self {
            Self::Check => Duration::from_secs(15 * 60),
            Self::Plan => Duration::from_secs(2 * 60 * 60),
            Self::Apply => Duration::from_secs(30 * 60),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Plan => "plan",
            Self::Apply => "apply",
        }
    }
}

/// What one call may touch: the `T` of its store.
pub struct CallState {
    tenant_id: String,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    egress: CallEgress,
    storage: StorageView,
    progress: Arc<dyn Progress>,
    memory: MemoryLimit,
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.egress }
    }
}

/// Bounds the linear memory of a call and remembers how much it took.
struct MemoryLimit {
    used: usize,
    refused: bool,
    peak: Arc<AtomicUsize>,
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let used = self.used + desired.saturating_sub(current);
        if used > CALL_MEMORY_BYTES_MAX {
            self.refused = true;
            return Ok(false);
        }
        self.used = used;
        self.peak.fetch_max(used, Ordering::Relaxed);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true) // bounded by the pool
    }
}

/// An instance in its store, for as many calls as one job needs of it.
pub struct Call {
    kind: CallKind,
    /// The store; its data is what the call may touch.
    pub store: Store<CallState>,
    /// The instance's exports.
    pub instance: Bindings,
    stderr: MemoryOutputPipe,
    _slot: OwnedSemaphorePermit,
}

impl Call {
    /// A fresh instance of `plugin` for `tenant`.
    ///
    /// # Errors
    /// There is no memory for it.
    pub async fn open(
        plugin: &Plugin,
        tenant: &Tenant,
        kind: CallKind,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, HostError> {
        let slot = plugin.runtime().slot().await?;
        let stderr = MemoryOutputPipe::new(STDERR_BYTES_MAX);
        let state = CallState {
            tenant_id: tenant.id().to_owned(),
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().stderr(stderr.clone()).build(),
            http: WasiHttpCtx::new(),
            egress: match kind {
                CallKind::Check => tenant.egress().for_check(),
                CallKind::Plan => tenant.egress().for_call(Grant::Read),
                CallKind::Apply => tenant.egress().for_call(Grant::Write),
            },
            storage: StorageView::new(tenant.database().clone(), kind == CallKind::Apply),
            progress,
            memory: MemoryLimit { used: 0, refused: false, peak: tenant.memory_peak().clone() },
        };
        let mut store = Store::new(plugin.runtime().engine(), state);
        store.limiter(|state| &mut state.memory);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let instance = plugin.pre().instantiate_async(&mut store).await;
        let instance = instance.map_err(|error| HostError::Plugin(format!("cannot be started: {error:#}")))?;
        Ok(Self { kind, store, instance, stderr, _slot: slot })
    }

    /// Runs one step of the call within its time limit, and says in the host's words how it failed.
    ///
    /// # Errors
    /// A trap, or the time or memory limit. The instance must not be used again.
    pub async fn step<T>(
        &mut self,
        step: impl AsyncFnOnce(&mut Store<CallState>, &Bindings) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let limit = self.kind.wall_clock_limit();
        match tokio::time::timeout(limit, step(&mut self.store, &self.instance)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.trapped(&error)),
            Err(_) => {
                let name = self.kind.name();
                Err(HostError::Plugin(format!(
                    "did not finish `{name}` within the limit of {} seconds",
                    limit.as_secs()
                )))
            }
        }
    }

    fn trapped(&self, error: &wasmtime::Error) -> HostError {
        let redactor = self.store.data().egress.redactor();
        let said = redactor.text(String::from_utf8_lossy(&self.stderr.contents()).trim());
        let causes = redactor.text(format!("{error:#}"));
        tracing::error!(tenant = self.store.data().tenant_id, %said, "the plugin trapped: {causes}");
        let name = self.kind.name();
        if self.store.data().memory.refused {
            return HostError::Plugin(format!(
                "needs more than the memory limit of {CALL_MEMORY_BYTES_MAX} bytes in `{name}`"
            ));
        }
        HostError::Plugin(redactor.text(format!("trapped in `{name}`: {}", error.root_cause())))
    }

    /// What the egress refused so far.
    pub fn refusals(&self) -> Vec<String> {
        self.store.data().egress.refusals()
    }

    /// Ends the call and keeps what it wrote to the storage, together with what was done to an account.
    ///
    /// # Errors
    /// The database failed; nothing was kept.
    pub async fn finish(self, ledger: Option<&LedgerEntry>) -> Result<(), HostError> {
        self.store.into_data().storage.keep(ledger).await
    }
}

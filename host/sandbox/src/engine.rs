//! The engine: one per process, shared by all tenants and plugins.

use crate::compiled::CodeStore;
use hibob_base::digest::Digest;
use hibob_base::error::HostError;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::Component;
use wasmtime::{Config, Engine, PoolingAllocationConfig};

/// Linear memory that one call can have at most, in bytes, whatever a tenant's limit says.
pub const CALL_MEMORY_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// Calls that run at the same time in one process, unless the embedder says otherwise. Each reserves address space (4 GiB
/// and 2 MiB of stack), not memory.
pub const PARALLEL_CALLS_MAX: u32 = 128;

/// Time between two points at which a running component yields to others, in milliseconds. It bounds how late a
/// timeout can strike a component that never calls the host.
pub const YIELD_MILLISECONDS: u64 = 1;

/// Entries of one table of a component, for indirect calls; a large program has a few thousand.
pub const TABLE_ELEMENTS_MAX: usize = 20_000;

/// Stack of a component, in bytes. Deeper recursion is a trap.
const STACK_BYTES_MAX: usize = 1024 * 1024;

/// Compiles and runs components.
#[derive(Clone)]
pub struct Runtime {
    engine: Engine,
    code: Option<Arc<CodeStore>>,
    slots: Arc<Semaphore>,
    _ticker: Arc<Ticker>,
}

impl Runtime {
    /// An engine whose compiled code is kept in `data_dir`, sealed: in the folder `compiled`, with the key `compiled.key`.
    ///
    /// # Errors
    /// The folder cannot be used or is open to others, or the platform lacks what the engine needs.
    pub fn new(data_dir: &Path) -> Result<Self, HostError> {
        Self::for_calls(data_dir, PARALLEL_CALLS_MAX)
    }

    /// The same, for so many calls at the same time instead of [`PARALLEL_CALLS_MAX`]; at least one.
    ///
    /// # Errors
    /// As [`Self::new`]; or the address space has no room for so many.
    pub fn for_calls(data_dir: &Path, parallel_calls: u32) -> Result<Self, HostError> {
        let parallel_calls = parallel_calls.max(1);
        let code = CodeStore::open(data_dir)?;
        let engine = configure(parallel_calls).map_err(|error| HostError::Engine(format!("{error:#}")))?;
        Ok(Self { code: Some(Arc::new(code)), ..Self::with_engine_for(engine, parallel_calls) })
    }

    /// An engine of the embedder's. It must have the component model and epoch interruption switched on; the embedder's
    /// allocation strategy then bounds what [`PARALLEL_CALLS_MAX`] calls may take. Compiled code is not kept.
    pub fn with_engine(engine: Engine) -> Self {
        Self::with_engine_for(engine, PARALLEL_CALLS_MAX)
    }

    fn with_engine_for(engine: Engine, parallel_calls: u32) -> Self {
        let ticker = Arc::new(Ticker::start(engine.clone()));
        Self { engine, code: None, slots: Arc::new(Semaphore::new(parallel_calls as usize)), _ticker: ticker }
    }

    /// wasmtime's engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The component with these bytes and this digest, compiled on this thread unless its code is in the store.
    pub fn component(&self, bytes: &[u8], digest: Digest) -> wasmtime::Result<Component> {
        match &self.code {
            Some(code) => code.component(&self.engine, bytes, digest),
            None => Component::from_binary(&self.engine, bytes),
        }
    }

    /// Waits for a place in the pool of instances, first come, first served, and at most so long.
    ///
    /// # Errors
    /// The place did not come free in time.
    pub async fn slot(&self, longest: Duration) -> Result<OwnedSemaphorePermit, HostError> {
        turn(&self.slots, longest, "the host's pool of instances").await
    }
}

/// Waits for a turn at `slots`, in order, and at most so long.
///
/// # Errors
/// The turn did not come.
pub async fn turn(slots: &Arc<Semaphore>, longest: Duration, whose: &str) -> Result<OwnedSemaphorePermit, HostError> {
    match tokio::time::timeout(longest, slots.clone().acquire_owned()).await {
        Ok(Ok(slot)) => Ok(slot),
        Ok(Err(_)) => Err(HostError::Engine("the engine is shutting down".to_owned())),
        Err(_) => Err(HostError::Busy(format!(
            "no place in {whose} came free within {} seconds (limits.slot_wait_seconds_max)",
            longest.as_secs()
        ))),
    }
}

fn configure(parallel_calls: u32) -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(parallel_calls)
        .total_core_instances(parallel_calls.saturating_mul(8))
        .total_memories(parallel_calls)
        .total_tables(parallel_calls.saturating_mul(4))
        .total_stacks(parallel_calls)
        .max_core_instances_per_component(16)
        .max_memories_per_component(1)
        .max_tables_per_component(8)
        .max_memory_size(CALL_MEMORY_BYTES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX);
    let mut config = Config::new();
    config
        .allocation_strategy(pool)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES_MAX)
        .async_stack_size(2 * STACK_BYTES_MAX)
        .wasm_component_model(true);
    Engine::new(&config)
}

/// Advances the engine's epoch, so that components yield, until the last engine is gone.
struct Ticker {
    stop: std::sync::mpsc::Sender<()>,
}

impl Ticker {
    fn start(engine: Engine) -> Self {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let weak = engine.weak();
        std::thread::spawn(move || {
            while stopped.recv_timeout(Duration::from_millis(YIELD_MILLISECONDS))
                == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                match weak.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        });
        Self { stop }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        let _ = self.stop.send(());
    }
}

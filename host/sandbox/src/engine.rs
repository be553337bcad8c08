//! The wasmtime engine. A process has one, which all tenants and plugins share.

use crate::compiled::CodeStore;
use hibob_base::digest::Digest;
use hibob_base::error::HostError;
use hibob_base::private_folder::PrivateFolder;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::Component;
use wasmtime::{Config, Engine, PoolingAllocationConfig};

/// Most linear memory that one call can have, in bytes, whatever the tenant's limit is.
pub const CALL_MEMORY_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// Most calls that run at the same time in one process, unless the embedder chooses another number. Each reserves
/// address space (4 GiB, and 2 MiB of stack), not memory.
pub const PARALLEL_CALLS_MAX: u32 = 128;

/// Time after which a running component yields to others, in milliseconds. A limit can end a component that never calls
/// the host that much late.
pub const YIELD_MILLISECONDS: u64 = 1;

/// Most entries in one table of a component, for indirect calls. A large program has a few thousand.
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
    /// An engine that stores compiled code in `data_dir`, in the folder `compiled`, sealed with the key in
    /// `compiled.key`.
    ///
    /// # Errors
    /// The folder cannot be used or is open to others, or the platform does not have what the engine needs.
    pub fn new(data_dir: impl Into<PrivateFolder>) -> Result<Self, HostError> {
        Self::for_calls(data_dir, PARALLEL_CALLS_MAX)
    }

    /// An engine as by [`Self::new`], for `parallel_calls` calls at the same time, at least one.
    ///
    /// # Errors
    /// As [`Self::new`], or the address space has no room for so many.
    pub fn for_calls(data_dir: impl Into<PrivateFolder>, parallel_calls: u32) -> Result<Self, HostError> {
        let parallel_calls = parallel_calls.max(1);
        let code = CodeStore::open(data_dir)?;
        let engine = configure(parallel_calls).map_err(|error| HostError::Engine(format!("{error:#}")))?;
        Ok(Self { code: Some(Arc::new(code)), ..Self::with_engine_for(engine, parallel_calls) })
    }

    /// Uses an engine that the embedder has configured, with the component model and epoch interruption switched on.
    /// Its allocation strategy limits what [`PARALLEL_CALLS_MAX`] calls may take. Compiled code is not stored.
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

    /// Waits for a place in the pool of instances, in order, for at most `longest`.
    ///
    /// # Errors
    /// No place came free in time.
    pub async fn slot(&self, longest: Duration) -> Result<OwnedSemaphorePermit, HostError> {
        turn(&self.slots, longest, "too many calls of plugins run on this host at the same time").await
    }
}

/// Waits for one of the places in `slots`, in order, for at most `longest`. `why` begins the error's sentence.
///
/// # Errors
/// No place came free in time.
pub async fn turn(slots: &Arc<Semaphore>, longest: Duration, why: &str) -> Result<OwnedSemaphorePermit, HostError> {
    match tokio::time::timeout(longest, slots.clone().acquire_owned()).await {
        Ok(Ok(slot)) => Ok(slot),
        Ok(Err(_)) => Err(HostError::Engine("the program is ending".to_owned())),
        Err(_) => Err(HostError::Busy(format!(
            "{why}, and none of them ended within {} seconds (limits.slot_wait_seconds_max)",
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

/// Advances the engine's epoch, so that components yield, until the last engine is dropped.
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

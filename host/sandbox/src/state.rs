//! What one call may touch, and the host's side of the interfaces that a plugin imports from the contract.

mod capabilities;
mod frozen;
mod memory;
mod observer;
mod storage;

pub(crate) use memory::CallMemory;
pub(crate) use observer::CallObserver;
pub(crate) use storage::StorageView;
pub use storage::{
    CALL_STORAGE_BYTES_MAX, CALL_STORAGE_READS_MAX, CALL_STORAGE_WRITES_MAX, KEY_BYTES_MAX, VALUE_BYTES_MAX,
};

use hibob_base::progress::Progress;
use hibob_egress::CallEgress;
use std::sync::Arc;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// What one call may touch: the data of its store (wasmtime's `T`).
pub struct CallState {
    pub(crate) tenant_id: String,
    pub(crate) table: ResourceTable,
    pub(crate) wasi: WasiCtx,
    pub(crate) http: WasiHttpCtx,
    pub(crate) egress: CallEgress,
    pub(crate) storage: StorageView,
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) memory: CallMemory,
    pub(crate) log_lines_left: u64,
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

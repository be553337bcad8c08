//! Limits the linear memory of a call, and of all calls of a tenant together.

use crate::engine::TABLE_ELEMENTS_MAX;
use crate::state::observer::CallObserver;
use hibob_config::limits::Limits;
use hibob_policy::over::Overrun;
use hibob_shares::TenantMemory;
use std::sync::Arc;
use wasmtime::ResourceLimiter;

const MEBIBYTE: u64 = 1024 * 1024;

/// The linear memory of one call, in bytes. When the call is over, its memory counts as free for the tenant again.
pub(crate) struct CallMemory {
    used: usize,
    call_max: usize,
    tenant_max: usize,
    tenant: Arc<TenantMemory>,
    overrun: Overrun,
    observer: Option<CallObserver>,
}

impl CallMemory {
    pub(crate) fn new(tenant: Arc<TenantMemory>, limits: &Limits, overrun: Overrun) -> Self {
        let bytes = |mebibytes: u64| usize::try_from(mebibytes.saturating_mul(MEBIBYTE)).unwrap_or(usize::MAX);
        Self {
            used: 0,
            call_max: bytes(limits.call_memory_mebibytes_max),
            tenant_max: bytes(limits.tenant_memory_mebibytes_max),
            tenant,
            overrun,
            observer: None,
        }
    }

    /// Reports the memory to `observer` when the call is over. Linear memory never shrinks, so that is its maximum.
    pub(crate) fn observed(mut self, observer: CallObserver) -> Self {
        self.observer = Some(observer);
        self
    }
}

impl CallMemory {
    /// How many bytes the call holds.
    pub(crate) fn used(&self) -> usize {
        self.used
    }
}

impl Drop for CallMemory {
    fn drop(&mut self) {
        self.tenant.give_back(self.used);
        if let Some(observer) = &self.observer {
            observer.memory(self.used);
        }
    }
}

impl ResourceLimiter for CallMemory {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let used = self.used.saturating_add(more);
        if used > self.call_max {
            let mebibytes = self.call_max as u64 / MEBIBYTE;
            self.overrun.note("call_memory_mebibytes_max", format!("needs more than {mebibytes} MiB of memory"));
            return Ok(false);
        }
        if !self.tenant.take(more, self.tenant_max) {
            let mebibytes = self.tenant_max as u64 / MEBIBYTE;
            let what = format!("needs, with the tenant's other calls, more than {mebibytes} MiB of memory");
            self.overrun.note("tenant_memory_mebibytes_max", what);
            return Ok(false);
        }
        self.used = used;
        self.tenant.note_call(used);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_a_tenant_share_its_memory_and_give_it_back() {
        let tenant = Arc::new(TenantMemory::default());
        let limits = Limits { call_memory_mebibytes_max: 3, tenant_memory_mebibytes_max: 4, ..Limits::default() };
        let mebibytes = |number: usize| number * 1024 * 1024;
        let call = || CallMemory::new(tenant.clone(), &limits, Overrun::default());
        let (mut one, mut other) = (call(), call());
        assert!(one.memory_growing(0, mebibytes(3), None).unwrap());
        assert!(!one.memory_growing(mebibytes(3), mebibytes(4), None).unwrap());
        assert_eq!(one.overrun.get().unwrap().setting, "call_memory_mebibytes_max");
        assert!(other.memory_growing(0, mebibytes(1), None).unwrap());
        assert!(!other.memory_growing(mebibytes(1), mebibytes(2), None).unwrap());
        assert_eq!(other.overrun.get().unwrap().setting, "tenant_memory_mebibytes_max");
        drop(one);
        assert_eq!((tenant.used(), tenant.peak_of_a_call()), (mebibytes(1), mebibytes(3)));
    }
}

//! Counts what one call of a plugin has used. It is counted when the resources are released, however the call ended.

use hibob_contract::CallKind;
use hibob_shares::Waits;
use hibob_telemetry::tenant::TenantMetrics;
use std::time::Duration;

/// Receives what a call has used, and counts it for its tenant.
#[derive(Clone, Debug)]
pub(crate) struct CallObserver {
    metrics: TenantMetrics,
    kind: CallKind,
    waits: Waits,
}

impl CallObserver {
    pub(crate) fn new(metrics: &TenantMetrics, kind: CallKind, waits: &Waits) -> Self {
        Self { metrics: metrics.clone(), kind, waits: waits.clone() }
    }

    /// Counts the processor time of the whole call.
    pub(crate) fn cpu(&self, cpu: Duration) {
        self.metrics.call_ended(self.kind.name(), cpu, self.waits.waited());
    }

    /// Counts the largest linear memory of the call, in bytes.
    pub(crate) fn memory(&self, bytes: usize) {
        self.metrics.call_memory(self.kind.name(), bytes as u64);
    }
}

//! What one call of the plugin took. It is counted where that is given back, so however the call ended.

use hibob_contract::CallKind;
use hibob_shares::Waits;
use hibob_telemetry::tenant::TenantMetrics;
use std::time::Duration;

/// Whom a call tells what it took.
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

    /// The call has used so much processor time, all in all.
    pub(crate) fn used(&self, cpu: Duration) {
        self.metrics.call_ended(self.kind.name(), cpu, self.waits.waited());
    }

    /// The call has held so much memory at most.
    pub(crate) fn held(&self, bytes: usize) {
        self.metrics.call_memory(self.kind.name(), bytes as u64);
    }
}

//! The interfaces `progress` and `log`.

use crate::bindings::{log, progress, types};
use crate::state::CallState;

/// Longest log line or name of a phase, in characters; the rest is cut off.
const LOG_CHARS_MAX: usize = 1_000;

impl types::Host for CallState {}

impl progress::Host for CallState {
    async fn report(&mut self, phase: String, done: u64, total: Option<u64>) -> wasmtime::Result<()> {
        let phase = self.egress.redactor().line(&phase, LOG_CHARS_MAX);
        self.progress.report(&phase, done, total);
        Ok(())
    }
}

impl log::Host for CallState {
    async fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let Some(left) = self.log_lines_left.checked_sub(1) else { return Ok(()) };
        self.log_lines_left = left;
        if left == 0 {
            tracing::warn!(
                tenant = self.tenant_id,
                "the plugin has written limits.log_lines_max lines; more are dropped"
            );
        }
        let message = self.egress.redactor().line(&message, LOG_CHARS_MAX);
        let tenant = self.tenant_id.as_str();
        match level {
            log::Level::Debug => tracing::debug!(tenant, "plugin: {message}"),
            log::Level::Info => tracing::info!(tenant, "plugin: {message}"),
            log::Level::Warn => tracing::warn!(tenant, "plugin: {message}"),
            log::Level::Error => tracing::error!(tenant, "plugin: {message}"),
        }
        Ok(())
    }
}

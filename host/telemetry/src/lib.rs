//! Monitoring: counters for each tenant, as Prometheus text and over OTLP, and spans over OTLP.
//!
//! None of it is personal data. A label or a span's field is the tenant's id, which the operator has chosen, a number,
//! or a word from a closed list (`labels`). Texts of plugins and services never become labels or fields.

mod collector;
mod labels;
mod metrics;
mod open;
mod otlp;
mod queue;
mod spans;
pub mod tenant;
mod text_file;

pub use labels::known_code;
pub use labels::{RefusalReason, status, unanswered};
pub use metrics::Metrics;
pub use otlp::Endpoint;
pub use spans::Spans;
pub use tenant::TenantMetrics;
pub use tenant::{ChangeOutcome, JobTimer, OpenCase};
pub use text_file::TextFile;

use hibob_base::error::HostError;
use otlp::Otlp;
use std::sync::Arc;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

/// The telemetry of one host. It is made once, given to the data directory with `DataDir::with_metrics` of the store,
/// and shut down at the end.
///
/// By default nothing is sent: the counters can be read with [`Metrics::render`].
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    metrics: Metrics,
    otlp: Option<Arc<Otlp>>,
}

impl Telemetry {
    /// Telemetry that sends counters and spans to an OTLP collector. It must be called within the tokio runtime that
    /// sends them. The collector may have any address, since the operator chooses it.
    ///
    /// # Errors
    /// An environment variable `OTEL_…` that the exporters read is wrong.
    pub fn with_otlp(endpoint: &Endpoint) -> Result<Self, HostError> {
        let (otlp, reader) = Otlp::start(endpoint)?;
        Ok(Self { metrics: Metrics::new(Some(reader)), otlp: Some(Arc::new(otlp)) })
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The layer that an embedder adds to its subscriber, so that the host's spans are exported; `None` without OTLP.
    /// It takes no events and no spans of other crates, since these may have any text in them.
    pub fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        self.otlp.as_ref().map(|otlp| otlp.layer())
    }

    /// Sends what has not been sent yet, and ends the exporters. It returns within about six seconds, whatever the
    /// collector does, and logs a warning if something was lost. It blocks the thread, so it must not be called in an
    /// async context.
    pub fn shut_down(&self) {
        if let Some(otlp) = &self.otlp {
            otlp.shut_down(&self.metrics);
        }
    }
}

//! What an operator's monitoring learns: counters for each tenant, as Prometheus text and over OTLP, and spans over OTLP.
//!
//! Nothing here is about a person. A label or a span's field holds the tenant's id, which the operator chose, a number, or a
//! word of a closed vocabulary (`labels`); text of a plugin or of a service never becomes one.

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
pub use tenant::{ChangeOutcome, JobTimer};
pub use text_file::TextFile;

use hibob_base::error::HostError;
use otlp::Otlp;
use std::sync::Arc;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

/// The telemetry of one host: made once, given to its data directory with
/// `DataDir::with_metrics` of the store, and flushed at the end.
///
/// By default nothing leaves the process: the counters are there to be read with [`Metrics::render`].
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    metrics: Metrics,
    otlp: Option<Arc<Otlp>>,
}

impl Telemetry {
    /// Counters that also go to an OTLP collector, and spans that go there. Called within the tokio runtime that is to
    /// send them. The collector is the operator's own choice, so its address may be any.
    ///
    /// # Errors
    /// A variable `OTEL_…` that the exporters read is wrong.
    pub fn with_otlp(endpoint: &Endpoint) -> Result<Self, HostError> {
        let (otlp, reader) = Otlp::start(endpoint)?;
        Ok(Self { metrics: Metrics::new(Some(reader)), otlp: Some(Arc::new(otlp)) })
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What an embedder adds to its subscriber, so that the host's spans are exported. It takes no events, and no spans of
    /// other crates: those may hold anything. None without OTLP.
    pub fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        self.otlp.as_ref().map(|otlp| otlp.layer())
    }

    /// Sends what has not left yet, and ends the exporters. Returns after five seconds at the latest, whatever the
    /// collector does; a warning then says that something was lost. Blocks: not for an async context.
    pub fn shut_down(&self) {
        if let Some(otlp) = &self.otlp {
            otlp.shut_down(&self.metrics);
        }
    }
}

//! Sends metrics and spans to the operator's collector, by OTLP over HTTP (protobuf), from threads of their own.

use crate::collector::{Collector, EXPORT_TIME_MAX};
use crate::metrics::{Metrics, resource};
use crate::open::OpenSpans;
use crate::spans::SPAN_TARGET;
use hibob_base::error::HostError;
use http::Uri;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::metrics::PeriodicReader;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use std::str::FromStr;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// How long the end of the process waits at most for exporters to send what they still have.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(5);

/// How long the end of the process waits at most for spans that other threads still hold.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(1);

/// Most spans that wait to be sent; more of them are dropped. A change makes about five.
const SPANS_QUEUED_MAX: usize = 16_384;

/// The base URL of a collector, http or https, such as `http://127.0.0.1:4318`. The signals' paths are below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

impl Endpoint {
    fn signal(&self, name: &str) -> String {
        format!("{}/v1/{name}", self.0)
    }
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| "it is not a URL".to_owned())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err("it must begin with http:// or https://".to_owned());
        }
        let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if authority.is_empty() || authority.contains('@') {
            return Err(
                "it has no host, or a user name in it; credentials go into OTEL_EXPORTER_OTLP_HEADERS".to_owned()
            );
        }
        if uri.query().is_some() {
            return Err("a base URL has no query".to_owned());
        }
        Ok(Self(url.trim_end_matches('/').to_owned()))
    }
}

/// The exporters of one process.
#[derive(Debug)]
pub(super) struct Otlp {
    tracers: SdkTracerProvider,
    collector: Collector,
    open: OpenSpans,
}

impl Otlp {
    /// Starts the exporters: one for spans, and a reader that sends the counters every minute.
    pub(super) fn start(endpoint: &Endpoint) -> Result<(Self, PeriodicReader<MetricExporter>), HostError> {
        let collector = Collector::new(&endpoint.0, tokio::runtime::Handle::current());
        let collector = collector.map_err(|what| {
            let remedy = "correct HTTPS_PROXY, or list the collector in NO_PROXY";
            HostError::configuration(format!("OTLP cannot be used: {what}"), remedy)
        })?;
        let refused = |error: ExporterBuildError| {
            HostError::configuration(
                format!("OTLP cannot be used: {error}"),
                "correct the variables OTEL_EXPORTER_OTLP_…",
            )
        };
        let spans = SpanExporter::builder()
            .with_http()
            .with_http_client(collector.clone())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint.signal("traces"))
            .with_timeout(EXPORT_TIME_MAX)
            .build()
            .map_err(refused)?;
        let metrics = MetricExporter::builder()
            .with_http()
            .with_http_client(collector.clone())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint.signal("metrics"))
            .with_timeout(EXPORT_TIME_MAX)
            .build()
            .map_err(refused)?;
        let queue = BatchConfigBuilder::default().with_max_queue_size(SPANS_QUEUED_MAX).build();
        let batches = BatchSpanProcessor::builder(spans).with_batch_config(queue).build();
        let tracers = SdkTracerProvider::builder().with_resource(resource()).with_span_processor(batches).build();
        let open = OpenSpans::default();
        Ok((Self { tracers, collector, open }, PeriodicReader::builder(metrics).build()))
    }

    /// A layer that takes the host's own spans, and nothing else.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.tracers.tracer("hibob-host"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .and_then(self.open.clone())
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == SPAN_TARGET))
    }

    /// See [`crate::Telemetry::shut_down`]. Both exporters end side by side on threads of their own, which may outlast
    /// the wait if the collector does not answer.
    pub(super) fn shut_down(&self, metrics: &Metrics) {
        self.open.wait(CLOSE_TIME_MAX);
        let (ended, ends) = mpsc::channel();
        let (tracers, meters) = (self.tracers.clone(), metrics.provider().clone());
        let spans_ended = ended.clone();
        std::thread::spawn(move || spans_ended.send(tracers.shutdown_with_timeout(FLUSH_TIME_MAX).is_ok()));
        std::thread::spawn(move || ended.send(meters.shutdown_with_timeout(FLUSH_TIME_MAX).is_ok()));
        let deadline = Instant::now() + FLUSH_TIME_MAX;
        for _ in 0..2 {
            if !ends.recv_timeout(deadline.saturating_duration_since(Instant::now())).unwrap_or(false) {
                self.collector.warn("not everything was sent before the end");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Telemetry;
    use crate::spans::Spans;
    use tracing_subscriber::layer::SubscriberExt;

    /// There are more spans than one batch has, and the collector accepts connections and never answers. Sending all of
    /// them would take [`EXPORT_TIME_MAX`] for each batch.
    #[tokio::test(flavor = "multi_thread")]
    async fn shutting_down_does_not_wait_long_for_a_silent_collector() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", silent.local_addr().unwrap()).parse().unwrap();
        let telemetry = Telemetry::with_otlp(&endpoint).unwrap();
        let subscriber = tracing_subscriber::registry().with(telemetry.layer());
        let began = Instant::now();
        tracing::subscriber::with_default(subscriber, || (0..5_000).for_each(|_| drop(Spans::run("acme", "sync"))));
        telemetry.metrics().of("acme").error("MISSING_EMAIL");
        assert!(began.elapsed() < EXPORT_TIME_MAX, "counting waits for the collector");
        let began = Instant::now();
        tokio::task::spawn_blocking(move || telemetry.shut_down()).await.unwrap();
        let waited = began.elapsed();
        // A machine that is busy with other things too may take longer; without a bound there would be no end.
        assert!(waited >= EXPORT_TIME_MAX && waited < 4 * FLUSH_TIME_MAX, "{waited:?}");
    }

    #[test]
    fn an_endpoint_is_a_base_url_without_credentials() {
        let endpoint: Endpoint = "http://127.0.0.1:4318/".parse().unwrap();
        assert_eq!(endpoint.signal("traces"), "http://127.0.0.1:4318/v1/traces");
        let below: Endpoint = "https://collector.example/tenant/otlp".parse().unwrap();
        assert_eq!(below.signal("metrics"), "https://collector.example/tenant/otlp/v1/metrics");
        for wrong in
            ["", "127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://", "https://me:pw@x.example", "http://x?a=b"]
        {
            assert!(wrong.parse::<Endpoint>().is_err(), "{wrong}");
        }
    }
}

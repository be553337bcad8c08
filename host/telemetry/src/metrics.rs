//! The metrics, and their values as Prometheus text.

use crate::tenant::TenantMetrics;
use opentelemetry::metrics::{Counter, Gauge, Histogram, MeterProvider};
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{Instrument, PeriodicReader, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};
use std::sync::Arc;

/// Most time series of one metric. All further ones count as one, which is labelled `otel_metric_overflow`. On a host
/// with a thousand tenants the largest metric, the HTTP requests, has about ten thousand.
const SERIES_MAX: usize = 20_000;

/// Upper bounds of the processor time of one call, in seconds. A plan for 1,000 people takes 10 ms, the default limit
/// is 60 s.
const CPU_SECONDS: [f64; 8] = [0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 30.0, 60.0];

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Upper bounds of the memory of one call, in bytes. An instance starts with a mebibyte, the default limit is 256.
const MEMORY_BYTES: [f64; 8] = [
    MEBIBYTE,
    4.0 * MEBIBYTE,
    16.0 * MEBIBYTE,
    64.0 * MEBIBYTE,
    128.0 * MEBIBYTE,
    256.0 * MEBIBYTE,
    512.0 * MEBIBYTE,
    1024.0 * MEBIBYTE,
];

/// Upper bounds of the time of one job, in seconds. Hours, for a large company's first sync at 100 calls a minute.
const JOB_SECONDS: [f64; 8] = [1.0, 5.0, 20.0, 60.0, 300.0, 1_200.0, 3_600.0, 14_400.0];

/// The counters of one host, for all of its tenants. Clones count together.
#[derive(Clone)]
pub struct Metrics(pub(super) Arc<Instruments>);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(None)
    }
}

/// The metrics. The Prometheus name of each is made of its name here, its unit, and `_total` for a counter.
pub(super) struct Instruments {
    provider: SdkMeterProvider,
    registry: Registry,
    pub(super) runs: Counter<u64>,
    pub(super) run_seconds: Histogram<f64>,
    pub(super) run_finished: Gauge<u64>,
    pub(super) changes: Counter<u64>,
    pub(super) errors: Counter<u64>,
    pub(super) warnings: Counter<u64>,
    pub(super) case_age: Gauge<f64>,
    pub(super) requests: Counter<u64>,
    pub(super) retries: Counter<u64>,
    pub(super) waiting: Counter<f64>,
    pub(super) cpu: Histogram<f64>,
    pub(super) memory: Histogram<u64>,
    pub(super) refusals: Counter<u64>,
    pub(super) limits: Counter<u64>,
    pub(super) jobs_claimed: Counter<u64>,
    pub(super) jobs_expired: Counter<u64>,
    pub(super) jobs_waiting: Gauge<u64>,
    pub(super) jobs_waiting_age: Gauge<f64>,
}

impl Metrics {
    /// Counters that start at zero. If there is a `reader`, it also sends them to a collector.
    pub(super) fn new(reader: Option<PeriodicReader<MetricExporter>>) -> Self {
        let registry = Registry::new();
        let text = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .build();
        let mut provider =
            SdkMeterProvider::builder().with_resource(resource()).with_view(|_: &Instrument| bounded_stream());
        match text {
            Ok(text) => provider = provider.with_reader(text),
            // Only a registry that has something in it already can refuse this.
            Err(error) => tracing::error!("the counters cannot be read as text: {error}"),
        }
        if let Some(reader) = reader {
            provider = provider.with_reader(reader);
        }
        let provider = provider.build();
        let meter = provider.meter("hibob-host");
        let counter = |name, what| meter.u64_counter(name).with_description(what).build();
        let instruments = Instruments {
            runs: counter("hibob.runs", "Jobs that came to an end, by how they ended."),
            run_seconds: meter
                .f64_histogram("hibob.run")
                .with_unit("s")
                .with_description("Time of a job from start to end.")
                .with_boundaries(JOB_SECONDS.to_vec())
                .build(),
            run_finished: meter
                .u64_gauge("hibob.run.finished.timestamp")
                .with_unit("s")
                .with_description("When the last job of this kind and outcome ended, in Unix time.")
                .build(),
            changes: counter("hibob.changes", "Changes of plans that were to be applied, by what became of them."),
            errors: counter("hibob.errors", "What went wrong, one for each employee and fault, or for the whole job."),
            warnings: counter("hibob.warnings", "What a person should know, one for each employee and fact."),
            case_age: meter
                .f64_gauge("hibob.case.age")
                .with_unit("s")
                .with_description("For how long the oldest case of a kind has been open; 0 if there is none.")
                .build(),
            requests: counter("hibob.http.requests", "HTTP requests that were sent, repeated ones included."),
            retries: counter(
                "hibob.http.retries",
                "HTTP requests that were sent again, by what the attempt before got.",
            ),
            waiting: meter
                .f64_counter("hibob.polite.waiting")
                .with_unit("s")
                .with_description("Time that calls waited for the sake of the other side: pace, 429s, repeated reads.")
                .build(),
            cpu: meter
                .f64_histogram("hibob.sandbox.cpu")
                .with_unit("s")
                .with_description("Processor time of one call of the plugin.")
                .with_boundaries(CPU_SECONDS.to_vec())
                .build(),
            memory: meter
                .u64_histogram("hibob.sandbox.memory")
                .with_unit("By")
                .with_description("Largest linear memory of one call of the plugin.")
                .with_boundaries(MEMORY_BYTES.to_vec())
                .build(),
            refusals: counter("hibob.refusals", "What the host refused the plugin."),
            limits: counter("hibob.limit.exceeded", "Calls and changes that went over a limit of the tenant."),
            jobs_claimed: counter("hibob.queue.claimed", "Jobs that this host took from the queue."),
            jobs_expired: counter(
                "hibob.queue.expired",
                "Jobs that this host took back from one that crashed, by what became of them.",
            ),
            jobs_waiting: meter
                .u64_gauge("hibob.queue.waiting")
                .with_description("Jobs whose time has come and that no host has taken yet.")
                .build(),
            jobs_waiting_age: meter
                .f64_gauge("hibob.queue.waiting.age")
                .with_unit("s")
                .with_description("How long the first of them has been waiting.")
                .build(),
            provider,
            registry,
        };
        Self(Arc::new(instruments))
    }

    /// The counters in the text format of Prometheus (version 0.0.4), sorted.
    pub fn render(&self) -> String {
        TextEncoder::new().encode_to_string(&self.0.registry.gather()).unwrap_or_else(|error| {
            tracing::error!("the counters cannot be written as text: {error}");
            String::new()
        })
    }

    /// The counters of one tenant.
    pub fn of(&self, tenant: &str) -> TenantMetrics {
        TenantMetrics::new(self.clone(), tenant)
    }

    pub(super) fn provider(&self) -> &SdkMeterProvider {
        &self.0.provider
    }
}

/// The OTLP resource, which says which program sends. The operator can add to it with `OTEL_RESOURCE_ATTRIBUTES`.
pub(super) fn resource() -> Resource {
    Resource::builder()
        .with_service_name("hibob")
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}

fn bounded_stream() -> Option<Stream> {
    Stream::builder().with_cardinality_limit(SERIES_MAX).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit holds for any number of tenants.
    #[test]
    fn the_number_of_series_has_a_limit() {
        let metrics = Metrics::default();
        for number in 0..SERIES_MAX + 1_000 {
            metrics.of(&format!("t{number}")).error("MISSING_EMAIL");
        }
        let text = metrics.render();
        let series = text.lines().filter(|line| line.starts_with("hibob_errors_total{")).count();
        assert_eq!(series, SERIES_MAX + 1);
        assert!(text.contains("hibob_errors_total{otel_metric_overflow=\"true\"} 1000\n"));
    }

    #[test]
    fn clones_count_together_and_others_apart() {
        let metrics = Metrics::default();
        let clone = metrics.clone();
        clone.of("acme").error("MISSING_EMAIL");
        metrics.of("acme").error("made up");
        let expected = ["code=\"MISSING_EMAIL\",tenant=\"acme\"", "code=\"other\",tenant=\"acme\""];
        for labels in expected {
            assert!(metrics.render().contains(&format!("hibob_errors_total{{{labels}}} 1\n")), "{labels}");
        }
        assert_eq!(Metrics::default().render(), "");
    }
}

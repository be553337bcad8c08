//! Where the program's counters and spans go.

use clap::Args;
use hibob_base::error::HostError;
use hibob_telemetry::{Endpoint, Telemetry, TextFile};
use std::path::PathBuf;

/// The standard variable for a collector's address (OpenTelemetry specification, OTLP exporter).
const ENDPOINT_VARIABLE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

#[derive(Args, Clone)]
pub(super) struct TelemetryArgs {
    /// Write the counters of this run to FILE when it is over, as Prometheus text
    #[arg(long, global = true, help_heading = super::GLOBAL, value_name = "FILE")]
    metrics_file: Option<PathBuf>,
    /// Send counters and spans to this OpenTelemetry collector (OTLP over HTTP) [default: $OTEL_EXPORTER_OTLP_ENDPOINT]
    #[arg(long, global = true, help_heading = super::GLOBAL, value_name = "URL")]
    otlp_endpoint: Option<String>,
}

impl TelemetryArgs {
    /// The process' telemetry, and the file that gets its values. Called within the runtime that sends.
    pub(super) fn start(&self) -> Result<(Telemetry, Option<TextFile>), HostError> {
        let file = self.metrics_file.as_deref().map(TextFile::new).transpose()?;
        let variable = || std::env::var(ENDPOINT_VARIABLE).ok().filter(|value| !value.is_empty());
        let (setting, url) = match &self.otlp_endpoint {
            Some(url) => ("--otlp-endpoint", Some(url.clone())),
            None => (ENDPOINT_VARIABLE, variable()),
        };
        let Some(url) = url else { return Ok((Telemetry::default(), file)) };
        let endpoint: Endpoint = url.parse().map_err(|what| {
            HostError::configuration(
                format!("{setting} cannot be used: {what}"),
                "give the base URL of a collector, such as http://127.0.0.1:4318",
            )
        })?;
        Ok((Telemetry::with_otlp(&endpoint)?, file))
    }
}

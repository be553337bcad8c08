//! A stand-in for an OpenTelemetry collector: OTLP over HTTP with protobuf, as strict as the specification.

use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric, metric, number_data_point};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How the collector behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    Accepts,
    /// Accepts connections, and never answers.
    Hangs,
    /// Answers every request with this status.
    Answers(u16),
}

/// What the collector has received so far.
#[derive(Default)]
pub(crate) struct Received {
    /// The bodies as they were received, to be searched for texts that must not be in them.
    pub(crate) bodies: Vec<Vec<u8>>,
    pub(super) spans: Vec<Span>,
    /// The last export of each metric.
    pub(super) metrics: BTreeMap<String, Metric>,
    pub(super) requests: usize,
    /// The headers of the last request.
    pub(super) headers: BTreeMap<String, String>,
    /// The resource of the last request, which says who sent it.
    pub(super) resource: Vec<KeyValue>,
    /// Violations of the specification.
    pub(super) faults: Vec<String>,
}

pub(crate) struct Collector {
    url: String,
    received: Arc<Mutex<Received>>,
}

impl Collector {
    pub(crate) fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received: Arc<Mutex<Received>> = Arc::default();
        let shared = received.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || serve(stream, manners, &shared));
            }
        });
        Self { url, received }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What was received. Panics if any of it violates the specification.
    pub(crate) fn received(&self) -> Received {
        let received = std::mem::take(&mut *self.received.lock().unwrap());
        assert!(received.faults.is_empty(), "{:?}", received.faults);
        received
    }
}

/// Requests of one connection, one after the other.
fn serve(stream: TcpStream, manners: Manners, shared: &Mutex<Received>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some((path, headers, body)) = request(&mut reader) {
        let mut received = shared.lock().unwrap();
        received.requests += 1;
        let answer = match manners {
            Manners::Hangs => {
                drop(received);
                let _ = reader.read_to_end(&mut Vec::new()); // until the other side closes
                return;
            }
            Manners::Answers(status) => (status, Vec::new()),
            Manners::Accepts => match take(&mut received, &path, &headers, &body) {
                Ok(answer) => (200, answer),
                Err(fault) => {
                    received.faults.push(fault);
                    (400, Vec::new())
                }
            },
        };
        drop(received);
        let (status, body) = answer;
        let head = format!(
            "HTTP/1.1 {status} -\r\nContent-Type: application/x-protobuf\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&body)).is_err() {
            return;
        }
    }
}

type Request = (String, BTreeMap<String, String>, Vec<u8>);

fn request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some((path, headers, body))
}

fn take(
    received: &mut Received,
    path: &str,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Result<Vec<u8>, String> {
    ensure(headers.get("content-type").is_some_and(|kind| kind == "application/x-protobuf"), "another content type")?;
    for name in ["authorization", "cookie", "referer"] {
        ensure(!headers.contains_key(name), name)?;
    }
    received.bodies.push(body.to_vec());
    received.headers = headers.clone();
    match path {
        "/v1/traces" => {
            let export = ExportTraceServiceRequest::decode(body).map_err(|error| error.to_string())?;
            ensure(export.encode_to_vec() == body, "fields that the protocol does not have")?;
            for resource in export.resource_spans {
                received.resource = host(resource.resource)?;
                for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                    sound_span(&span)?;
                    received.spans.push(span);
                }
            }
            Ok(ExportTraceServiceResponse::default().encode_to_vec())
        }
        "/v1/metrics" => {
            let export = ExportMetricsServiceRequest::decode(body).map_err(|error| error.to_string())?;
            ensure(export.encode_to_vec() == body, "fields that the protocol does not have")?;
            for resource in export.resource_metrics {
                received.resource = host(resource.resource)?;
                for metric in resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                    sound_metric(&metric)?;
                    received.metrics.insert(metric.name.clone(), metric);
                }
            }
            Ok(ExportMetricsServiceResponse::default().encode_to_vec())
        }
        _ => Err(format!("{path} is not a path of OTLP")),
    }
}

fn ensure(holds: bool, fault: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault.to_owned()) }
}

/// Checks that the sender is named.
fn host(resource: Option<Resource>) -> Result<Vec<KeyValue>, String> {
    let attributes = resource.ok_or("no resource")?.attributes;
    ensure(attribute(&attributes, "service.name").as_deref() == Some("hibob"), "another service name")?;
    ensure(attribute(&attributes, "service.version").is_some(), "no version")?;
    Ok(attributes)
}

fn sound_span(span: &Span) -> Result<(), String> {
    ensure(span.trace_id.len() == 16 && span.trace_id.iter().any(|byte| *byte > 0), "a trace id")?;
    ensure(span.span_id.len() == 8 && span.span_id.iter().any(|byte| *byte > 0), "a span id")?;
    ensure(span.parent_span_id.is_empty() || span.parent_span_id.len() == 8, "a parent's id")?;
    ensure(!span.name.is_empty(), "a span without a name")?;
    ensure(0 < span.start_time_unix_nano && span.start_time_unix_nano <= span.end_time_unix_nano, "a span's times")?;
    unique(&span.attributes)
}

fn sound_metric(metric: &Metric) -> Result<(), String> {
    ensure(metric.name.starts_with("hibob.") && !metric.description.is_empty(), "a name or its description")?;
    let cumulative = AggregationTemporality::Cumulative as i32;
    let times = |start: u64, end: u64| ensure(0 < start && start <= end, "a point's times");
    match metric.data.as_ref().ok_or("a metric without data")? {
        metric::Data::Sum(sum) => {
            ensure(sum.is_monotonic && sum.aggregation_temporality == cumulative, "a counter that does not only grow")?;
            for point in &sum.data_points {
                times(point.start_time_unix_nano, point.time_unix_nano)?;
                unique(&point.attributes)?;
            }
        }
        metric::Data::Histogram(histogram) => {
            ensure(histogram.aggregation_temporality == cumulative, "a histogram that is not cumulative")?;
            for point in &histogram.data_points {
                times(point.start_time_unix_nano, point.time_unix_nano)?;
                ensure(point.bucket_counts.len() == point.explicit_bounds.len() + 1, "buckets and bounds")?;
                ensure(point.bucket_counts.iter().sum::<u64>() == point.count, "buckets and their sum")?;
                unique(&point.attributes)?;
            }
        }
        metric::Data::Gauge(gauge) => {
            for point in &gauge.data_points {
                ensure(point.time_unix_nano > 0, "a point's time")?;
                unique(&point.attributes)?;
            }
        }
        _ => return Err(format!("{} is of a kind that the host does not have", metric.name)),
    }
    Ok(())
}

/// Checks that each key is there once, as the specification requires.
fn unique(attributes: &[KeyValue]) -> Result<(), String> {
    let mut keys: Vec<_> = attributes.iter().map(|attribute| &attribute.key).collect();
    keys.sort();
    ensure(keys.windows(2).all(|pair| pair[0] != pair[1]), "an attribute twice")
}

/// An attribute as text.
pub(super) fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match &found.value {
        Some(AnyValue { value: Some(any_value::Value::StringValue(text)) }) => Some(text.clone()),
        Some(AnyValue { value: Some(any_value::Value::IntValue(number)) }) => Some(number.to_string()),
        _ => None,
    }
}

/// The points of a counter by their attributes, in Prometheus' notation.
pub(super) fn points(metric: &Metric) -> BTreeMap<String, f64> {
    let Some(metric::Data::Sum(sum)) = &metric.data else { return BTreeMap::new() };
    let points = sum.data_points.iter().map(|point| {
        let mut labels: Vec<String> = point
            .attributes
            .iter()
            .map(|label| format!("{}=\"{}\"", label.key, attribute(&point.attributes, &label.key).unwrap()))
            .collect();
        labels.sort();
        let value = match point.value {
            Some(number_data_point::Value::AsInt(value)) => f64::from(i32::try_from(value).unwrap()),
            Some(number_data_point::Value::AsDouble(value)) => value,
            None => panic!("a point without a value"),
        };
        (format!("{{{}}}", labels.join(",")), value)
    });
    points.collect()
}

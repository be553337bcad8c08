//! Tests of the program with a collector.

use super::collector::{Collector, Manners, attribute, points};
use super::samples;
use crate::cli::{Fakes, Shell};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Output;

/// A tenant with its own company.
fn company(shell: &Shell, employees: &str) -> Fakes {
    let fakes = Fakes::start(shell, &["--employees", employees]);
    assert_eq!(shell.run(&["tenant", "apply", "acme.toml"]).status.code(), Some(0));
    fakes
}

/// The warnings that a run has printed on standard error.
fn warnings(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    text.lines().filter(|line| line.contains("OTLP")).map(str::to_owned).collect()
}

/// Each span with the names from the root to it, such as `run/plan/call`.
fn paths(spans: &[Span]) -> Vec<(String, &Span)> {
    let by_id: BTreeMap<&[u8], &Span> = spans.iter().map(|span| (span.span_id.as_slice(), span)).collect();
    let path = |span: &Span| {
        let (mut names, mut parent) = (vec![span.name.as_str()], span.parent_span_id.as_slice());
        while !parent.is_empty() {
            let above = by_id[parent];
            assert_eq!(above.trace_id, span.trace_id);
            assert!(above.start_time_unix_nano <= span.start_time_unix_nano, "{} began before its parent", span.name);
            names.push(&above.name);
            parent = &above.parent_span_id;
        }
        names.reverse();
        names.join("/")
    };
    spans.iter().map(|span| (path(span), span)).collect()
}

#[test]
fn a_sync_exports_its_spans_and_counters() {
    let shell = Shell::new();
    let _fakes = company(&shell, "30");
    let collector = Collector::start(Manners::Accepts);
    let args = ["sync", "acme", "--otlp-endpoint", collector.url(), "--metrics-file", "hibob.prom"];
    let (exit, report) = shell.json(&args);
    assert_eq!(exit, 0, "{report}");
    let received = collector.received();

    let paths = paths(&received.spans);
    let number = |path: &str| paths.iter().filter(|(of, _)| of == path).count() as u64;
    let made = |name: &str| report[name].as_u64().unwrap();
    let changes = made("created") + made("adopted") + made("updated") + made("cost_centers_created");
    assert_eq!((number("run"), number("run/plan"), number("run/plan/call"), number("run/apply")), (1, 1, 1, 1));
    assert_eq!((number("run/apply/change"), number("run/apply/change/call")), (changes, changes));
    assert!(number("run/plan/call/http") >= 2 && number("run/apply/change/call/http") >= changes);
    let kinds = ["run", "run/plan", "run/plan/call", "run/plan/call/http", "run/apply", "run/apply/change"];
    let kinds = [&kinds[..], &["run/apply/change/call", "run/apply/change/call/http"]].concat();
    assert!(paths.iter().all(|(path, _)| kinds.contains(&path.as_str())), "{paths:?}");
    let span = |path: &str| &paths.iter().find(|(of, _)| of == path).unwrap().1.attributes;
    let run = ["tenant", "kind", "run", "outcome"].map(|key| attribute(span("run"), key).unwrap());
    assert_eq!(run, ["acme", "sync", "1", "done"]);
    let change = ["kind", "outcome"].map(|key| attribute(span("run/apply/change"), key).unwrap());
    assert!(["create", "create-cost-center"].contains(&change[0].as_str()) && change[1] == "done", "{change:?}");
    assert_eq!(attribute(span("run/plan/call"), "kind").unwrap(), "plan");
    let http = span("run/plan/call/http");
    assert_eq!(attribute(http, "http.response.status_code").unwrap(), "200");
    assert_eq!(attribute(http, "origin").unwrap(), "hibob");

    // The file has the same counters.
    let text = std::fs::read_to_string(shell.path("hibob.prom")).unwrap();
    let samples = samples(&text);
    for (name, series) in [
        ("hibob.runs", "hibob_runs_total"),
        ("hibob.changes", "hibob_changes_total"),
        ("hibob.http.requests", "hibob_http_requests_total"),
    ] {
        let in_file: BTreeMap<String, f64> = samples
            .iter()
            .filter_map(|(sample, value)| Some((sample.strip_prefix(series)?.to_owned(), *value)))
            .collect();
        assert!(!in_file.is_empty());
        assert_eq!(points(&received.metrics[name]), in_file, "{name}");
    }
    assert!(received.metrics.contains_key("hibob.sandbox.memory"));
    let done = r#"hibob_runs_total{kind="sync",outcome="done",tenant="acme"}"#;
    assert_eq!(samples[done], 1.0);
}

#[test]
fn a_collector_that_is_down_slow_or_refuses_changes_nothing_but_a_warning() {
    let shell = Shell::new();
    let _fakes = company(&shell, "10");
    // A port on which nothing listens.
    let nobody = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let slow = Collector::start(Manners::Hangs);
    let refusing = Collector::start(Manners::Answers(403));
    for (url, words) in [
        (nobody.as_str(), "cannot be reached"),
        (slow.url(), "took longer than 3 seconds"),
        (refusing.url(), "answered with status 403"),
    ] {
        let output = shell.run(&["sync", "acme", "--otlp-endpoint", url]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let warnings = warnings(&output);
        assert!(warnings.len() == 1 && warnings[0].contains(words) && warnings[0].contains(url), "{warnings:?}");
    }
    assert!(slow.received().requests >= 2 && refusing.received().requests >= 2);
}

#[test]
fn the_standard_variables_count_and_the_setting_is_stronger() {
    let shell = Shell::new();
    let _fakes = company(&shell, "5");
    let accepting = Collector::start(Manners::Accepts);
    let nobody = "http://127.0.0.1:1";
    for (settings, variable) in [(&["--otlp-endpoint", accepting.url()][..], nobody), (&[], accepting.url())] {
        let mut command = shell.command(&["check", "acme"]);
        command.args(settings).env("OTEL_EXPORTER_OTLP_ENDPOINT", variable);
        command.env("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=for-the-collector");
        let output = command.env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test").output().unwrap();
        assert!(output.status.success() && warnings(&output).is_empty(), "{:?}", warnings(&output));
        let received = accepting.received();
        let run = received.spans.iter().find(|span| span.name == "run").unwrap();
        assert_eq!(attribute(&run.attributes, "kind").as_deref(), Some("check"));
        assert_eq!(received.headers.get("x-api-key").map(String::as_str), Some("for-the-collector"));
        assert_eq!(attribute(&received.resource, "deployment.environment").as_deref(), Some("test"));
    }
}

#[test]
fn wrong_settings_are_reported_before_anything_is_done() {
    let shell = Shell::new();
    let _fakes = company(&shell, "5");
    for (args, words) in [
        (["--otlp-endpoint", "127.0.0.1:4318"], "--otlp-endpoint cannot be used"),
        (["--otlp-endpoint", "https://me:pw@collector.example"], "user name in it"),
        (["--metrics-file", "no/such/folder/hibob.prom"], "the metrics cannot be written to"),
    ] {
        let output = shell.command(&["sync", "acme"]).args(args).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && text.contains(words) && text.contains("help:"), "{text}");
    }
    let (_, history) = shell.json(&["history", "acme"]);
    assert_eq!(history["runs"].as_array().map(Vec::len), Some(0));
}

/// A run that could not begin is counted too, if the tenant exists.
#[test]
fn the_file_holds_what_kept_a_run_from_starting() {
    let shell = Shell::new();
    let _fakes = company(&shell, "5");
    std::fs::remove_file(shell.path("acme.hibob-token")).unwrap();
    assert_eq!(shell.json(&["sync", "acme", "--metrics-file", "hibob.prom"]).0, 2);
    let first = samples(&std::fs::read_to_string(shell.path("hibob.prom")).unwrap());
    assert_eq!(first[r#"hibob_errors_total{code="CONFIGURATION",tenant="acme"}"#], 1.0);
    assert_eq!(first[r#"hibob_runs_total{kind="sync",outcome="configuration",tenant="acme"}"#], 1.0);
    // The file has the counters of this process only, and a tenant that does not exist gets no label.
    assert_eq!(shell.json(&["sync", "nobody", "--metrics-file", "hibob.prom"]).0, 2);
    assert_eq!(std::fs::read_to_string(shell.path("hibob.prom")).unwrap(), "");
}

//! Tests of the monitoring data: it is correct, and has no personal data.

pub(crate) mod collector;
mod otlp;
mod personal;

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_fakes::{Fault, FaultKind, Service};
use hibob_telemetry::{Metrics, known_code};
use hibob_tests::setup::{Setup, today};
use std::collections::BTreeMap;
use std::path::Path;

/// The samples of a Prometheus text, by series. Every line must be a sample or a comment about one.
pub(crate) fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with("# HELP ") && !line.starts_with("# TYPE "));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// The samples of one metric, without its name.
pub(crate) fn of_metric(metrics: &Metrics, name: &str) -> BTreeMap<String, f64> {
    let samples = samples(&metrics.render()).into_iter();
    samples.filter_map(|(series, value)| Some((series.strip_prefix(name)?.to_owned(), value))).collect()
}

fn counts<const N: usize>(expected: [(&str, u32); N]) -> BTreeMap<String, f64> {
    expected.into_iter().map(|(series, value)| (series.to_owned(), f64::from(value))).collect()
}

/// Asserts that every metric is in the table of the documents.
fn documented(metrics: &Metrics) {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/operate/monitoring.md");
    let document = std::fs::read_to_string(document).unwrap();
    let text = metrics.render();
    let names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(!names.is_empty());
    for name in names {
        assert!(document.contains(&format!("`{name}`")), "docs/operate/monitoring.md lacks {name}");
    }
}

async fn company(number: usize) -> Setup {
    let people = (1..=number).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example")));
    Setup::of(people.collect()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_counted_with_its_changes_errors_requests_and_calls() {
    let mut setup = company(2).await;
    setup.world().hibob.insert(employee("3", "Cy", ""));
    setup.world().hibob.faults.push(Fault::once("/people/search", FaultKind::too_many("1")));
    let began = u32::try_from(chrono::Utc::now().timestamp()).unwrap();
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (2, Exit::SomeFailed));
    let metrics = setup.data.metrics();
    let job = r#"{kind="sync",outcome="some-failed",tenant="acme"}"#;
    assert_eq!(of_metric(metrics, "hibob_runs_total"), counts([(job, 1)]));
    assert!(of_metric(metrics, "hibob_run_finished_timestamp_seconds")[job] >= f64::from(began));
    assert_eq!(
        of_metric(metrics, "hibob_changes_total"),
        counts([(r#"{kind="create",outcome="done",tenant="acme"}"#, 2)])
    );
    assert_eq!(of_metric(metrics, "hibob_errors_total"), counts([(r#"{code="MISSING_EMAIL",tenant="acme"}"#, 1)]));
    // The metric counts exactly the requests that the stand-ins received.
    let mut seen: BTreeMap<String, f64> = BTreeMap::new();
    for entry in setup.world().log() {
        let origin = if entry.service == Service::HiBob { "hibob" } else { "travelperk" };
        let series = format!(r#"{{origin="{origin}",status="{}",tenant="acme"}}"#, entry.status);
        *seen.entry(series).or_default() += 1.0;
    }
    assert!(seen.len() >= 4, "{seen:?}");
    assert_eq!(of_metric(metrics, "hibob_http_requests_total"), seen);
    let again = r#"{origin="hibob",status="429",tenant="acme"}"#;
    assert_eq!(of_metric(metrics, "hibob_http_retries_total"), counts([(again, 1)]));
    assert!(of_metric(metrics, "hibob_polite_waiting_seconds_total")[r#"{tenant="acme"}"#] >= 1.0);
    let calls = [(r#"{kind="apply",tenant="acme"}"#, 2), (r#"{kind="plan",tenant="acme"}"#, 1)];
    assert_eq!(of_metric(metrics, "hibob_sandbox_cpu_seconds_count"), counts(calls));
    assert_eq!(of_metric(metrics, "hibob_sandbox_memory_bytes_count"), counts(calls));
    let sums = of_metric(metrics, "hibob_sandbox_cpu_seconds_sum");
    assert!(sums.values().all(|seconds| *seconds > 0.0 && *seconds < 60.0), "{sums:?}");
    let bytes = of_metric(metrics, "hibob_sandbox_memory_bytes_sum")[calls[1].0];
    assert!(bytes >= 1_048_576.0 && bytes % 65_536.0 == 0.0, "{bytes}");
    // Nothing was refused, and no limit was reached.
    assert_eq!(of_metric(metrics, "hibob_refusals_total"), counts([]));
    assert_eq!(of_metric(metrics, "hibob_limit_exceeded_total"), counts([]));
    documented(metrics);
    // Another data directory has its own counters.
    setup = company(1).await;
    assert_eq!(setup.data.metrics().render(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_that_stop_a_run_are_counted_by_code() {
    let setup = company(10).await;
    let metrics = setup.data.metrics();
    setup.apply_tenant("acme", "requests_max = 2\n").await;
    assert_eq!(setup.plan().await.unwrap_err().code(), "OVER_LIMIT");
    assert_eq!(setup.sync().await.exit(), Exit::Failed);
    assert_eq!(
        of_metric(metrics, "hibob_limit_exceeded_total"),
        counts([(r#"{setting="requests_max",tenant="acme"}"#, 2)])
    );
    setup.apply_tenant("acme", "storage_keys_max = 1\n").await;
    setup.sync().await;
    assert!(of_metric(metrics, "hibob_refusals_total")[r#"{reason="storage",tenant="acme"}"#] >= 1.0);
    setup.apply_tenant("acme", "").await;
    setup.world().hibob.token = "another".to_owned();
    assert_eq!(setup.sync().await.exit(), Exit::Refused);
    setup.data.control().set_disabled("acme", Some(0)).await.unwrap();
    assert_eq!(setup.sync().await.exit(), Exit::Usage);
    let errors = of_metric(metrics, "hibob_errors_total");
    for (code, number) in [("OVER_LIMIT", 2.0), ("CREDENTIALS_REFUSED", 1.0), ("TENANT_DISABLED", 1.0)] {
        assert_eq!(errors.get(&format!(r#"{{code="{code}",tenant="acme"}}"#)), Some(&number), "{errors:?}");
    }
    let runs = of_metric(metrics, "hibob_runs_total");
    for (kind, outcome) in
        [("plan", "failed"), ("sync", "failed"), ("sync", "credentials-refused"), ("sync", "configuration")]
    {
        let series = format!(r#"{{kind="{kind}",outcome="{outcome}",tenant="acme"}}"#);
        assert_eq!(runs.get(&series), Some(&1.0), "{series}: {runs:?}");
    }
    let refused = r#"{origin="hibob",status="401",tenant="acme"}"#;
    assert_eq!(of_metric(metrics, "hibob_http_requests_total").get(refused), Some(&1.0));
    documented(metrics);
}

#[tokio::test(flavor = "multi_thread")]
async fn held_changes_are_counted_as_held() {
    let setup = company(20).await;
    setup.sync().await;
    (1..=7).for_each(|id: usize| setup.world().hibob.employee_mut(&id.to_string()).terminate(today()));
    assert_eq!(setup.sync().await.exit(), Exit::Held);
    let changes = of_metric(setup.data.metrics(), "hibob_changes_total");
    let held = r#"{kind="archive",outcome="held",tenant="acme"}"#;
    assert_eq!(changes, counts([(r#"{kind="create",outcome="done",tenant="acme"}"#, 20), (held, 7)]));
}

/// Every code that the built-in plugin or a crate of the host can give is counted by its name, not as `other`.
#[test]
fn every_code_of_the_plugin_and_the_host_is_in_the_vocabulary() {
    /// Words in capitals that are not codes.
    const NO_CODES: [&str; 10] = [
        "ALL_PROXY",
        "CARGO_MANIFEST_DIR",
        "CARGO_PKG_VERSION",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_COLOR",
        "NO_PROXY",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "XDG_DATA_HOME",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let host = root.join("host");
    let crates = std::fs::read_dir(&host).unwrap().map(|entry| entry.unwrap().path().join("src"));
    let sources = [root.join("plugin/core/src"), host.join("src")].into_iter().chain(crates);
    let mut seen = 0;
    for folder in sources.filter(|folder| folder.is_dir()) {
        let mut files = Vec::new();
        hibob_test_depth::sources(&folder, &mut files);
        // Error codes of the API are about requests to it, not about jobs, and are not counted.
        let counts = |file: &&std::path::PathBuf| {
            !["/telemetry", "/api"].iter().any(|part| file.to_string_lossy().contains(part))
        };
        for file in files.iter().filter(counts) {
            let text = std::fs::read_to_string(file).unwrap();
            for word in text.split('"') {
                let is_code =
                    word.contains('_') && word.len() > 4 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
                if is_code && !NO_CODES.contains(&word) && !word.starts_with("HIBOB_") {
                    assert_eq!(known_code(word), word, "{} has a code that is not counted", file.display());
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 120, "{seen}");
}

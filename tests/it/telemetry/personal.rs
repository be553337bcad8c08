//! Tests that neither personal data nor a secret gets into the monitoring data.

use super::collector::{Collector, Manners};
use super::company;
use crate::cli::{Fakes, Shell};
use crate::sync::employee;
use hibob_fakes::{Fault, FaultKind};
use hibob_tests::setup::Setup;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

fn holds(bytes: &[u8], canary: &str) -> bool {
    bytes.windows(canary.len()).any(|window| window == canary.as_bytes())
}

/// Searches all output of the program, with the most detailed log and with errors about some employees.
#[test]
fn nothing_of_anybody_and_no_secret_is_exported() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--scenario", "day-two"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let collector = Collector::start(Manners::Accepts);
    for round in 0..2 {
        let mut command = shell.command(&["sync", "acme", "--otlp-endpoint", collector.url()]);
        let output = command.args(["--metrics-file", "hibob.prom"]).env("RUST_LOG", "trace").output().unwrap();
        assert_eq!(output.status.code(), Some(round), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut canaries = vec![
        std::fs::read_to_string(shell.path("acme.hibob-token")).unwrap(),
        std::fs::read_to_string(shell.path("acme.travelperk-key")).unwrap(),
    ];
    let state = fakes.get("hibob_url", "/_stand-in/state");
    for employee in state["employees"].as_array().unwrap() {
        let email = employee["email"].as_str().unwrap_or_default();
        let name = email.split('@').next().unwrap();
        canaries.extend([employee["id"].as_str().unwrap(), email, name].map(str::to_owned));
    }
    canaries.retain(|canary| canary.len() > 5);
    assert!(canaries.len() > 700, "{}", canaries.len());
    let mut places = collector.received().bodies;
    assert!(places.len() >= 4);
    places.push(std::fs::read(shell.path("hibob.prom")).unwrap());
    assert!(places.iter().any(|place| holds(place, "MISSING_EMAIL")), "there are no errors in the output");
    for place in &places {
        for canary in &canaries {
            assert!(!holds(place, canary), "{canary} is in {}", String::from_utf8_lossy(place));
        }
        assert!(!holds(place, ".example") && !holds(place, "/people/"), "{}", String::from_utf8_lossy(place));
    }
}

/// Collects every value of every span of the host's own crates.
#[derive(Clone, Default)]
struct Fields(Arc<Mutex<Vec<String>>>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.lock().unwrap().push(format!("{}={value:?}", field.name()));
    }
}

impl<S: tracing::Subscriber> Layer<S> for Fields {
    fn on_new_span(&self, attributes: &Attributes<'_>, _id: &Id, _context: Context<'_, S>) {
        if attributes.metadata().target().starts_with("hibob") {
            self.0.lock().unwrap().push(attributes.metadata().name().to_owned());
            attributes.record(&mut self.clone());
        }
    }

    fn on_record(&self, _id: &Id, values: &Record<'_>, _context: Context<'_, S>) {
        values.record(&mut self.clone());
    }
}

/// Checks the spans themselves, independent of subscribers and levels.
#[tokio::test]
async fn no_field_of_a_span_is_about_a_person() {
    /// Texts from the employees' data.
    const CANARIES: [&str; 5] = ["515000000000000000", "Canarina", "Ruiz", "canarina.ruiz", "canary.example"];
    let setup = Setup::of(vec![
        employee("5150000000000000001", "Canarina", "canarina.ruiz@canary.example"),
        employee("5150000000000000002", "Canarina", "canarina.ruiz@canary.example"), // the same address: an error
        employee("5150000000000000003", "Canarina", "third.canarina.ruiz@canary.example"),
    ])
    .await;
    setup.world().travelperk.faults.push(Fault::once("/Users", FaultKind::status(500)).on("POST"));
    let fields = Fields::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(fields.clone()));
    // With a second subscriber, tracing asks them all whether a call site is on; see `sandbox`.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    tracing::callsite::rebuild_interest_cache();
    let report = setup.sync().await;
    assert!(!report.errors.is_empty(), "{report:?}");
    let fields = fields.0.lock().unwrap();
    for known in ["run", "tenant=\"acme\"", "kind=\"create\"", "http.response.status_code=500", "origin=\"travelperk\""]
    {
        assert!(fields.iter().any(|field| field == known), "{known} is not among {fields:?}");
    }
    for field in fields.iter() {
        assert!(!CANARIES.iter().any(|canary| field.contains(canary)), "{field}");
    }
}

/// An error about each employee does not create a series for each of them.
#[tokio::test(flavor = "multi_thread")]
async fn the_text_does_not_grow_with_the_number_of_employees() {
    let mut lines = Vec::new();
    for number in [3, 40] {
        let setup = company(number).await;
        let people = (0..number).map(|id| employee(&format!("broken-{id}"), "Bo", ""));
        people.for_each(|person| setup.world().hibob.insert(person));
        let report = setup.sync().await;
        assert_eq!((report.created, report.failed), (number as u64, number as u64));
        lines.push(setup.data.metrics().render().lines().count());
    }
    assert_eq!(lines[0], lines[1]);
}

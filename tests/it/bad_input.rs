//! Tests of services that fail: each failure is a clear error that names the tenant and a remedy, loses nothing, and
//! has the right exit code.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_fakes::{Fault, FaultKind, Service};
use hibob_jobs::run::Report;
use hibob_tests::setup::Setup;

const SEARCH: &str = "/people/search";
/// Short timeouts, only for answers that never arrive: a busy machine must not reach them otherwise.
const IMPATIENT: &str = "first_byte_timeout_seconds = 1\nbetween_bytes_timeout_seconds = 1\n";
/// More faults than there are attempts.
const ALWAYS: usize = 1_000;

/// A company of three that was synced before, and a new employee who is not synced yet.
async fn setup() -> Setup {
    let setup =
        Setup::of((1..=3).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example"))).collect()).await;
    assert_eq!(setup.sync().await.created, 3);
    setup.world().hibob.insert(employee("4", "Eva", "4@x.example"));
    setup.writes();
    setup
}

fn status(status: u16, headers: &[(&str, &str)]) -> FaultKind {
    FaultKind::Status {
        status,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: "{}".to_owned(),
        content_type: "application/json".to_owned(),
    }
}

/// Asserts that a run ended early with this exit code and a message with `words`, and wrote nothing.
#[track_caller]
fn assert_stopped(report: &Report, writes: usize, exit: Exit, words: &str) {
    let stopped = report.error.as_ref().unwrap_or_else(|| panic!("the run was not stopped: {report:?}"));
    assert_eq!((report.exit(), writes), (exit, 0), "{stopped:?}");
    assert!(stopped.message.contains("tenant acme"), "{stopped:?}");
    assert!(stopped.message.contains(words), "{words} is not in {stopped:?}");
    assert!(!stopped.remedy.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stays_broken_ends_the_run() {
    for (service, path, kind, exit, words) in [
        (Service::HiBob, SEARCH, FaultKind::Truncated, Exit::Failed, "gave no complete answer"),
        (Service::HiBob, SEARCH, FaultKind::NotJson, Exit::Failed, "cannot be understood"),
        (Service::HiBob, SEARCH, FaultKind::WrongContentType, Exit::Failed, "instead of JSON"),
        (Service::HiBob, SEARCH, status(401, &[]), Exit::Refused, "refused the service user"),
        (Service::HiBob, SEARCH, status(403, &[]), Exit::Refused, "may not read this"),
        (Service::HiBob, SEARCH, status(404, &[]), Exit::Failed, "does not know this address"),
        (Service::HiBob, SEARCH, status(429, &[("Retry-After", "0")]), Exit::Failed, "takes no more requests for now"),
        (Service::HiBob, SEARCH, status(429, &[]), Exit::Failed, "takes no more requests for now"),
        (
            Service::HiBob,
            SEARCH,
            status(429, &[("Retry-After", "18446744073709551615")]),
            Exit::Failed,
            "takes no more requests for now",
        ),
        (Service::HiBob, SEARCH, status(500, &[]), Exit::Failed, "HiBob failed"),
        (Service::HiBob, SEARCH, FaultKind::ResetBefore, Exit::Failed, "gave no complete answer"),
        (Service::HiBob, SEARCH, FaultKind::Hang, Exit::Failed, "no answer in time"),
        (Service::HiBob, "/named-lists/", status(403, &[]), Exit::Refused, "may not read this"),
        (Service::HiBob, "/named-lists/", FaultKind::NotJson, Exit::Failed, "cannot be understood"),
        (Service::TravelPerk, "/Users?", FaultKind::Truncated, Exit::Failed, "gave no complete answer"),
        (Service::TravelPerk, "/Users?", FaultKind::NotJson, Exit::Failed, "cannot be understood"),
        (Service::TravelPerk, "/Users?", FaultKind::WrongContentType, Exit::Failed, "instead of JSON"),
        (Service::TravelPerk, "/Users?", status(401, &[]), Exit::Refused, "refused the key"),
        (Service::TravelPerk, "/Users?", status(403, &[]), Exit::Refused, "refused access"),
        (Service::TravelPerk, "/Users?", status(429, &[]), Exit::Failed, "takes no more requests for now"),
        (Service::TravelPerk, "/Users?", status(500, &[]), Exit::Failed, "TravelPerk failed"),
        (Service::TravelPerk, "/ServiceProviderConfig", status(404, &[]), Exit::Failed, "does not know this address"),
    ] {
        let setup = setup().await;
        if matches!(kind, FaultKind::Hang) {
            setup.apply_tenant("acme", IMPATIENT).await;
        }
        let fault = Fault::once(path, kind.clone()).times(ALWAYS);
        match service {
            Service::HiBob => setup.world().hibob.faults.push(fault),
            Service::TravelPerk => setup.world().travelperk.faults.push(fault),
        }
        let report = setup.sync().await;
        assert_stopped(&report, setup.world().writes(), exit, words);
        if exit == Exit::Refused {
            let world = setup.world();
            let refused = world.log().iter().position(|entry| [401, 403].contains(&entry.status)).unwrap();
            assert_eq!(world.log().len(), refused + 1, "a request was sent after a refusal");
        }
        // Nothing was lost: without the fault, the next run does the rest.
        setup.world().hibob.faults.clear();
        setup.world().travelperk.faults.clear();
        assert_eq!(setup.sync().await.created, 1, "after {kind:?} at {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_recovers_is_waited_for() {
    for kind in [
        status(429, &[("Retry-After", "0")]),
        status(429, &[]),
        status(503, &[("Retry-After", "0")]),
        status(500, &[]),
        FaultKind::ResetBefore,
        FaultKind::Hang,
    ] {
        let setup = setup().await;
        if matches!(kind, FaultKind::Hang) {
            setup.apply_tenant("acme", IMPATIENT).await;
        }
        setup.world().hibob.faults.push(Fault::once(SEARCH, kind.clone()));
        setup.world().travelperk.faults.push(Fault::once("/Users?", kind.clone()));
        let report = setup.sync().await;
        assert_eq!((report.created, report.exit()), (1, Exit::Done), "{kind:?} {:?}", report.error);
    }
}

/// A page that breaks off is requested again. The answer to `people/search` is not, as it has no pages.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_breaks_off_is_asked_for_again() {
    let setup = setup().await;
    setup.world().travelperk.faults.push(Fault::once("/Users?", FaultKind::Truncated));
    assert_eq!(setup.sync().await.exit(), Exit::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_ends_the_run() {
    let setup = setup().await;
    let file = setup.tenant_file("acme", "");
    let text = std::fs::read_to_string(&file).unwrap().replace(&setup.server.hibob_url(), "http://127.0.0.1:9/v1");
    std::fs::write(&file, text).unwrap();
    let config = hibob_config::tenant::TenantConfig::read(&file).unwrap();
    setup.data.control().put_tenant("acme", &serde_json::to_string(&config).unwrap(), 0).await.unwrap();
    let report = setup.sync().await;
    assert_stopped(&report, setup.world().writes(), Exit::Failed, "the connection was refused");
}

/// HiBob blocks a caller after 50 refusals in ten seconds. So a run stops at the first one, even while it is writing.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_withdrawn_during_a_run_stops_it() {
    let setup =
        Setup::of((1..=60).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example"))).collect()).await;
    setup.world().travelperk.faults.push(Fault::once("/Users", status(401, &[])).on("POST").after(20).times(ALWAYS));
    let report = setup.sync().await;
    let refused = setup.world().log().iter().filter(|entry| entry.status == 401).count();
    assert!(
        (1..=8).contains(&refused),
        "{refused} requests were refused; only those in progress at the first refusal may be"
    );
    assert_eq!((report.created, report.failed, report.exit()), (20, 0, Exit::Refused), "{:?}", report.errors);
    assert_eq!(report.created + report.skipped, 60);
    // The accounts that were created have links, so the next run creates the rest.
    setup.world().travelperk.faults.clear();
    assert_eq!((setup.sync().await.created, setup.world().travelperk.users.len()), (40, 60));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_write_fails_that_employee_only() {
    let setup = setup().await;
    setup.world().hibob.insert(employee("5", "Ida", "5@x.example"));
    setup.world().travelperk.faults.push(Fault::once("/Users", status(403, &[])).on("POST"));
    let report = setup.sync().await;
    assert_eq!((report.created, report.failed, report.exit()), (1, 1, Exit::SomeFailed));
    assert_eq!(report.errors[0].code, "TARGET_FORBIDS");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_records_are_named_and_do_not_stop_the_others() {
    let setup = setup().await;
    {
        let mut world = setup.world();
        type Breaking = fn(&mut hibob_fakes::company::Employee);
        let broken: [(&str, Breaking); 6] = [
            ("11", |employee| employee.email = None),
            ("12", |employee| employee.lifecycle_status = "sabbatical".to_owned()),
            ("13", |employee| drop(employee.overrides.insert("root.firstName".to_owned(), serde_json::json!(["Ana"])))),
            ("14", |employee| employee.removed.extend(["work.startDate".to_owned()])),
            ("15", |employee| {
                drop(employee.overrides.insert("root.email".to_owned(), serde_json::json!("not an address")))
            }),
            ("16", |employee| employee.email = Some("1@X.example".to_owned())),
        ];
        for (id, break_it) in broken {
            let mut broken = employee(id, "Bad", &format!("{id}@x.example"));
            break_it(&mut broken);
            world.hibob.insert(broken);
        }
    }
    let report = setup.sync().await;
    let codes: Vec<_> =
        report.errors.iter().map(|row| (row.employee_id.as_deref().unwrap(), row.code.as_str())).collect();
    let expected = [
        ("11", "MISSING_EMAIL"),
        ("12", "UNKNOWN_LIFECYCLE_STATUS"),
        ("13", "MISSING_FIRST_NAME"),
        ("14", "MISSING_START_DATE"),
        ("15", "MISSING_EMAIL"),
        ("16", "DUPLICATE_EMAIL"),
    ];
    assert_eq!(codes, expected);
    assert_eq!((report.created, report.failed, report.conflicts, report.exit()), (1, 5, 1, Exit::SomeFailed));
    assert!(report.errors.iter().all(|row| !row.message.is_empty() && !row.remedy.is_empty()));
}

//! Tests with answers that a service packs although it was not asked to, or that begin with a byte order mark.

use super::sync::employee;
use hibob_base::error::Exit;
use hibob_fakes::{Fault, FaultKind, Service};
use hibob_tests::setup::Setup;

const SEARCH: &str = "/people/search";
const PAGE: &str = "/Users?";

/// More than a run has requests.
const ALWAYS: usize = 1_000;

async fn company(number: usize, limits: &str) -> Setup {
    let people = (1..=number).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@acme.example")));
    let setup = Setup::of(people.collect()).await;
    setup.apply_tenant("acme", limits).await;
    setup
}

fn spoil(setup: &Setup, service: Service, path: &str, kind: FaultKind) {
    let fault = Fault::once(path, kind).times(ALWAYS);
    match service {
        Service::HiBob => setup.world().hibob.faults.push(fault),
        Service::TravelPerk => setup.world().travelperk.faults.push(fault),
    }
}

/// Every answer of both services, also those to writes.
#[tokio::test(flavor = "multi_thread")]
async fn packed_answers_and_byte_order_marks_are_read_like_any_others() {
    for kind in [FaultKind::Packed { blanks: 0 }, FaultKind::Marked] {
        let setup = company(5, "").await;
        for service in [Service::HiBob, Service::TravelPerk] {
            spoil(&setup, service, "", kind.clone());
        }
        let report = setup.sync().await;
        assert_eq!((report.created, report.exit()), (5, Exit::Done), "{kind:?}: {report:?}");
        setup.writes();
        let report = setup.sync().await;
        assert_eq!((report.kept, setup.writes(), report.exit()), (5, 0, Exit::Done), "{kind:?}: {report:?}");
    }
}

/// Blanks pack to a thousandth of their size. What ends the call is the ratio, whatever the number of bytes.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_unpacks_to_more_than_a_hundred_times_its_size_ends_the_call() {
    for (service, path) in [(Service::HiBob, SEARCH), (Service::TravelPerk, PAGE)] {
        for blanks in [200_000, 100_000_000] {
            let setup = company(5, "").await;
            spoil(&setup, service, path, FaultKind::Packed { blanks });
            let error = setup.plan().await.unwrap_err();
            assert_eq!((error.code(), error.exit()), ("OVER_LIMIT", Exit::Failed), "{service:?} {blanks}: {error}");
            assert!(error.to_string().contains("100 times its size (limits.unpacked_times_max)"), "{error}");
            assert_eq!(setup.writes(), 0);
            // An operator can allow it.
            setup.apply_tenant("acme", "unpacked_times_max = 1000\nresponse_bytes_max = 1000000\n").await;
            let planned = setup.plan().await;
            assert_eq!(planned.is_ok(), blanks == 200_000, "{service:?} {blanks}: the limit of bytes holds");
        }
    }
}

/// The limits of bytes count unpacked bytes: the packed answers here are smaller than each limit.
#[tokio::test(flavor = "multi_thread")]
async fn every_limit_of_bytes_counts_unpacked_bytes() {
    for (limit, service, path, words) in [
        ("response_bytes_max = 20000", Service::HiBob, SEARCH, "HiBob"),
        ("call_response_bytes_max = 30000", Service::HiBob, SEARCH, "limits.call_response_bytes_max"),
        ("response_bytes_max = 20000", Service::TravelPerk, PAGE, "TravelPerk"),
    ] {
        let setup = company(5, &format!("unpacked_times_max = 1000\n{limit}\n")).await;
        assert!(setup.plan().await.is_ok(), "the answers fit {limit}");
        spoil(&setup, service, path, FaultKind::Packed { blanks: 40_000 });
        let error = setup.plan().await.unwrap_err();
        assert_eq!(error.exit(), Exit::Failed, "{limit}: {error}");
        assert!(error.to_string().contains(words), "{limit}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_packing_is_an_error_that_names_the_service() {
    for (service, path, name) in [(Service::HiBob, SEARCH, "HiBob"), (Service::TravelPerk, PAGE, "TravelPerk")] {
        for encoding in ["br", "deflate", "gzip, gzip", "zstd"] {
            let setup = company(2, "").await;
            spoil(&setup, service, path, FaultKind::Encoded(encoding.to_owned()));
            let error = setup.plan().await.unwrap_err();
            assert_eq!(error.exit(), Exit::Failed, "{error}");
            let said = error.to_string();
            assert!(said.contains(name) && said.contains(&format!("packed as `{encoding}`")), "{said}");
        }
    }
}

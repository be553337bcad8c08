//! Tests of a tenant's limits: each is set so low that the real plugin reaches it, and has its own error.

use super::sync::employee;
use bytes::Bytes;
use futures::future::BoxFuture;
use hibob_base::error::{Exit, HostError};
use hibob_base::progress::NoProgress;
use hibob_fakes::travelperk::User;
use hibob_fakes::{Fault, FaultKind, Service};
use hibob_net::transport::{HttpTransport, Transport, TransportBody, TransportError};
use hibob_sandbox::call::{Call, Job};
use hibob_sandbox::tenant::Tenant;
use hibob_tests::setup::{Setup, plugin};
use http_body_util::{BodyExt, Full};
use std::sync::{Arc, Mutex};
use std::time::Duration;

async fn company(number: usize, limits: &str) -> Setup {
    let people = (1..=number).map(|id| employee(&id.to_string(), "Ana", &format!("{id}@x.example")));
    let setup = Setup::of(people.collect()).await;
    setup.apply_tenant("acme", limits).await;
    setup
}

#[tokio::test(flavor = "multi_thread")]
async fn each_limit_ends_the_call_and_is_named() {
    for (setting, number) in [
        ("cpu_milliseconds_max", 0),
        ("call_memory_mebibytes_max", 1),
        ("tenant_memory_mebibytes_max", 1),
        ("plan_seconds_max", 0),
        ("requests_max", 2),
        ("call_response_bytes_max", 2_000),
        ("plan_changes_max", 10),
        ("plan_bytes_max", 2_000),
    ] {
        let setup = company(60, &format!("{setting} = {number}\n")).await;
        let error = setup.plan().await.unwrap_err();
        assert_eq!((error.code(), error.exit()), ("OVER_LIMIT", Exit::Failed), "{setting}: {error}");
        assert!(error.to_string().contains(&format!("limits.{setting}")), "{setting}: {error}");
        assert!(error.remedy().contains(&format!("raise limits.{setting}")));
        assert_eq!(setup.writes(), 0);
        // The tenant can go on afterwards.
        setup.apply_tenant("acme", "").await;
        let report = setup.sync().await;
        assert_eq!(report.created, 60, "{setting}: {:?}", report.errors.first());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_that_is_full_fails_the_change_and_says_which_limit() {
    let setup = company(3, "storage_keys_max = 1\n[sync]\nparallel_changes = 1\n").await;
    let report = setup.sync().await;
    assert_eq!((report.created, report.exit()), (1, Exit::SomeFailed), "{report:?}");
    assert!(report.errors.iter().all(|row| row.message.contains("limits.storage_keys_max (1)")), "{:?}", report.errors);
    setup.apply_tenant("acme", "").await;
    // The account that was created without a link is found by its external id.
    let report = setup.sync().await;
    assert_eq!((report.created, report.adopted, report.exit()), (0, 2, Exit::Done), "{:?}", report.errors);
}

/// If a service asks for a longer wait than a call may have, its answer 429 is passed on.
#[tokio::test(flavor = "multi_thread")]
async fn polite_waiting_has_a_limit_of_its_own() {
    let setup = company(1, "waiting_seconds_max = 1\n").await;
    let fault = Fault::once("/people/search", FaultKind::too_many("60")).times(9);
    setup.world().hibob.faults.push(fault);
    let error = setup.plan().await.unwrap_err();
    assert!(error.to_string().contains("takes no more requests for now"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_wait_in_order_and_not_for_ever() {
    let setup = company(1, "parallel_calls_max = 1\n").await;
    let tenant = Arc::new(setup.tenant().await);
    let held = Call::open(plugin(), &tenant, Job::Plan, Arc::new(NoProgress)).await.unwrap();
    let turns = Arc::new(Mutex::new(Vec::new()));
    let mut waiting = Vec::new();
    for number in 0..5 {
        let (tenant, turns) = (tenant.clone(), turns.clone());
        let (arrived, has_arrived) = tokio::sync::oneshot::channel();
        waiting.push(tokio::spawn(async move {
            let opening = Call::open(plugin(), &tenant, Job::Plan, Arc::new(NoProgress));
            let mut opening = std::pin::pin!(opening);
            // After the first poll it is in the queue.
            assert!(futures::poll!(opening.as_mut()).is_pending());
            arrived.send(()).unwrap();
            let call = opening.await.unwrap();
            turns.lock().unwrap().push(number);
            drop(call);
        }));
        has_arrived.await.unwrap();
    }
    drop(held);
    for turn in waiting {
        turn.await.unwrap();
    }
    assert_eq!(*turns.lock().unwrap(), [0, 1, 2, 3, 4]);

    setup.apply_tenant("acme", "parallel_calls_max = 1\nslot_wait_seconds_max = 0\n").await;
    let tenant = setup.tenant().await;
    let held = Call::open(plugin(), &tenant, Job::Plan, Arc::new(NoProgress)).await.unwrap();
    match Call::open(plugin(), &tenant, Job::Plan, Arc::new(NoProgress)).await {
        Err(error @ HostError::Busy(_)) => {
            assert_eq!(error.code(), "POOL_EXHAUSTED");
            assert!(error.to_string().contains("limits.parallel_calls_max"), "{error}");
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("two at once"),
    }
    drop(held);
    assert!(Call::open(plugin(), &tenant, Job::Plan, Arc::new(NoProgress)).await.is_ok());
}

/// An instance that exceeded a limit is never used again.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_instance_is_not_used_again() {
    let setup = company(60, "requests_max = 2\n").await;
    let tenant = setup.tenant().await;
    let job = tenant.job().unwrap();
    let mut call = Call::open(plugin(), &tenant, Job::Plan, Arc::new(NoProgress)).await.unwrap();
    for words in ["limits.requests_max", "was not asked again"] {
        let step = call.step(async |store, instance| Ok(instance.call_plan(store, &job, &[]).await?.is_ok())).await;
        assert!(step.unwrap_err().to_string().contains(words));
    }
}

/// Makes TravelPerk's pages as small as possible.
struct SmallPages(HttpTransport);

impl Transport for SmallPages {
    fn send(
        &self,
        request: http::Request<Full<Bytes>>,
    ) -> BoxFuture<'static, Result<http::Response<TransportBody>, TransportError>> {
        let is_config = request.uri().path().ends_with("/ServiceProviderConfig");
        let sent = self.0.send(request);
        Box::pin(async move {
            let response = sent.await?;
            if !is_config {
                return Ok(response);
            }
            let (parts, body) = response.into_parts();
            let mut config: serde_json::Value =
                serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
            config["filter"]["maxResults"] = 1.into();
            let body = Full::new(Bytes::from(config.to_string())).map_err(|never| match never {}).boxed_unsync();
            let mut response = http::Response::from_parts(parts, body);
            response.headers_mut().remove("content-length");
            Ok(response)
        })
    }
}

/// A call may have a thousand handles at a time, and make many more requests than that, since each handle is closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_may_read_more_pages_than_it_may_hold_handles() {
    const PAGES: usize = 1_200;
    let setup = Setup::of(vec![employee("1", "Ana", "1@x.example")]).await;
    for number in 0..PAGES {
        setup.world().travelperk.insert_user(User::new(&format!("{number}@y.example"), "A", "Stranger"));
    }
    let config = setup.tenant().await.config().clone();
    let inner = HttpTransport::new(Duration::from_secs(10), config.addresses(), None).unwrap();
    let tenant = Tenant::open_with(&setup.data, config, Arc::new(SmallPages(inner))).await.unwrap();
    let planned = hibob_runner::plan(plugin(), &tenant, Arc::new(NoProgress)).await.unwrap();
    assert_eq!(planned.count("accounts"), PAGES as u64);
    assert!(setup.world().requests(Service::TravelPerk, "GET", "/api/v2/scim/Users").len() >= PAGES);
}

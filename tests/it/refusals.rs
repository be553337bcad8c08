//! Tests of revoked credentials of some tenants, and their effect on the other tenants of the machine.

use super::sync::employee;
use futures::StreamExt;
use hibob_base::error::Exit;
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_jobs::run::Report;
use hibob_policy::guard::Release;
use hibob_sandbox::Open as _;
use hibob_shares::RefusalBudget;
use hibob_tests::setup::{Setup, plugin};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const REVOKED: usize = 200;
const HEALTHY: usize = 20;
/// The time over which refusals are counted. HiBob counts over ten seconds; here both sides count over half a second,
/// so that the test is twenty times as fast.
const WINDOW: Duration = Duration::from_millis(500);

async fn sync(setup: &Setup, id: &str) -> Report {
    let tenant = setup.data.tenant(id).await.unwrap();
    let run = hibob_runner::start(&setup.data, &tenant, plugin(), RunKind::Sync, Arc::new(NoProgress)).await.unwrap();
    let (mut report, planned) = match run.plan().await {
        Ok(planned) => (run.apply(&planned, Release::default()).await, Some(planned)),
        Err(error) => (Report::stopped(id, error), None),
    };
    run.finish(&mut report, planned.as_ref()).await.unwrap();
    report
}

/// HiBob blocks an address for five minutes after 50 refusals. 200 tenants with revoked tokens do not reach that
/// number, and the healthy tenants beside them all finish.
#[tokio::test(flavor = "multi_thread")]
async fn revoked_tokens_of_many_tenants_never_block_the_others() {
    let mut setup = Setup::of(vec![employee("1", "Ana", "1@x.example")]).await;
    setup.data = setup.data.clone().with_refusal_budget(RefusalBudget::within(WINDOW));
    setup.world().hibob.count_refusals_over(WINDOW.as_secs_f64());
    let names: Vec<(String, bool)> =
        (0..REVOKED + HEALTHY).map(|number| (format!("t{number}"), number % (REVOKED / HEALTHY + 1) == 0)).collect();
    assert_eq!(names.iter().filter(|(_, healthy)| *healthy).count(), HEALTHY);
    for (id, healthy) in &names {
        setup.apply_tenant(id, "").await;
        if !healthy {
            std::fs::write(setup.folder.path().join(format!("{id}.token")), "revoked").unwrap();
        }
    }
    // They share a stand-in. The account is there before, so that nobody makes it while another one does.
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    // As many at once as a busy host runs.
    let runs = names.iter().map(async |(id, healthy)| (sync(&setup, id).await, *healthy));
    let reports: Vec<(Report, bool)> = futures::stream::iter(runs).buffer_unordered(40).collect().await;
    for (report, healthy) in &reports {
        let want = if *healthy { Exit::Done } else { Exit::Refused };
        assert_eq!(report.exit(), want, "{}: {:?} {:?}", report.tenant, report.error, report.errors);
    }
    let world = setup.world();
    assert!(!world.hibob.has_blocked());
    assert_eq!(world.hibob.refusals_counted(), REVOKED);
}

/// In the next night, tenants that were refused come last, so the healthy ones do not wait long for them.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_refused_the_last_time_comes_last() {
    let mut setup = Setup::of(vec![employee("1", "Ana", "1@x.example")]).await;
    let with_budget = |setup: &mut Setup, window: Duration| {
        setup.data = setup.data.clone().with_refusal_budget(RefusalBudget::within(window));
        setup.world().hibob.count_refusals_over(window.as_secs_f64());
    };
    with_budget(&mut setup, WINDOW);
    assert_eq!(setup.sync().await.exit(), Exit::Done);
    let names: Vec<(String, bool)> = (0..50).map(|number| (format!("t{number}"), number >= 40)).collect();
    for (id, healthy) in &names {
        setup.apply_tenant(id, "").await;
        if !healthy {
            std::fs::write(setup.folder.path().join(format!("{id}.token")), "revoked").unwrap();
            assert_eq!(sync(&setup, id).await.exit(), Exit::Refused);
        }
    }
    // Longer than the healthy ones take on any machine: what is counted here is refusals, not time.
    with_budget(&mut setup, Duration::from_hours(1));
    let done = Mutex::new(Vec::new());
    let some = |which: bool| {
        let runs = names.iter().filter(move |(_, healthy)| *healthy == which).map(async |(id, healthy)| {
            let exit = sync(&setup, id).await.exit();
            done.lock().unwrap().push((*healthy, exit));
        });
        futures::future::join_all(runs)
    };
    tokio::select! {
        biased; // who was refused asks first
        _ = some(false) => panic!("all of those who were refused came before the last healthy one"),
        _ = some(true) => {}
    }
    let done = done.into_inner().unwrap();
    let before = done.iter().filter(|(healthy, _)| !healthy).count();
    assert!(before <= 10, "{before} of those who were refused came before the last healthy one");
    assert_eq!(done.len(), before + 10, "{done:?}");
    assert!(done.iter().all(|(healthy, exit)| *exit == if *healthy { Exit::Done } else { Exit::Refused }));
    assert!(!setup.world().hibob.has_blocked());
}

//! The cases: what the queue promises, with two hosts on the same tables.

use crate::queue::tests::LEASE;
use crate::queue::{Arguments, CRASHES_MAX, End, Queue, QueueError, ReferencesArguments, Selection, State};
use futures::FutureExt;
use futures::future::BoxFuture;
use hibob_base::job::Expired;
use hibob_base::job::{JobKind, Trigger};
use hibob_config::due::DueSchedule;
use hibob_policy::guard::Release;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

type Case = fn(Queue, Queue) -> BoxFuture<'static, ()>;

/// All cases. Their names are also the databases' names on PostgreSQL.
pub(super) const CASES: [(&str, Case); 13] = [
    ("manual_first", |one, _| manual_before_scheduled(one).boxed()),
    ("lanes", |one, other| one_at_a_time_in_a_lane(one, other).boxed()),
    ("merged", |one, other| what_waits_already_is_not_queued_twice(one, other).boxed()),
    ("long", |one, other| long_arguments_are_merged_too(one, other).boxed()),
    ("race", |one, other| hosts_that_claim_at_once_never_overlap(one, other).boxed()),
    ("lapsed", |one, other| a_lapsed_lease_is_taken_over(one, other).boxed()),
    ("given_up", |one, _| a_job_that_crashes_its_hosts_is_given_up(one).boxed()),
    ("cancelled", |one, other| cancelling(one, other).boxed()),
    ("states", |one, _| no_state_is_left_out(one).boxed()),
    ("schedules", |one, other| a_schedule_is_one_job_a_due_time(one, other).boxed()),
    ("changed", |one, _| schedules_follow_the_tenant(one).boxed()),
    ("woken", |one, other| another_host_is_woken(one, other).boxed()),
    ("listed", |one, _| what_is_listed_and_forgotten(one).boxed()),
];

fn done() -> End {
    End::Ended(State::Done, json!({ "exit_code": 0 }))
}

fn nightly(kind: JobKind) -> DueSchedule {
    DueSchedule { kind, cron: "0 2 * * *".to_owned(), zone: "Europe/Madrid".to_owned(), spread: Duration::ZERO }
}

/// Makes a tenant's schedules due since 1 January 2026.
async fn make_due(queue: &Queue, tenant: &str) {
    let sql =
        format!("UPDATE schedules SET next_due = 1767229200000, next_start = 1767229200000 WHERE tenant = '{tenant}'");
    queue.execute(&sql).await;
}

async fn manual_before_scheduled(queue: Queue) {
    queue.set_schedules("nightly", &[nightly(JobKind::Sync)]).await.unwrap();
    make_due(&queue, "nightly").await;
    assert_eq!(queue.tick().await.unwrap(), 1);
    let manual = queue.ask("manual", JobKind::Sync).await;
    let first = queue.take().await.unwrap();
    assert_eq!((first.id, first.trigger), (manual, Trigger::Manual));
    let second = queue.take().await.unwrap();
    assert_eq!((second.tenant.as_str(), second.trigger), ("nightly", Trigger::Schedule));
    assert!(queue.take().await.is_none());
}

async fn one_at_a_time_in_a_lane(one: Queue, other: Queue) {
    let sync = one.ask("acme", JobKind::Sync).await;
    let apply = one.ask("acme", JobKind::Apply).await;
    let running = one.take().await.unwrap();
    assert_eq!(running.id, sync);
    assert!(other.take().await.is_none(), "an apply beside a sync");
    // A job in another lane, one without a lane, and one of another tenant.
    for (tenant, kind) in [("acme", JobKind::References), ("acme", JobKind::Check), ("globex", JobKind::Sync)] {
        let id = one.ask(tenant, kind).await;
        assert_eq!(other.take().await.map(|claimed| claimed.id), Some(id), "{tenant} {kind}");
    }
    let check = one.ask("acme", JobKind::Check).await;
    assert_eq!(other.take().await.map(|claimed| claimed.id), Some(check), "a second check");
    one.end(&running, &done()).await.unwrap();
    assert_eq!(other.take().await.map(|claimed| claimed.id), Some(apply));
}

async fn what_waits_already_is_not_queued_twice(one: Queue, other: Queue) {
    let first = one.ask("acme", JobKind::Sync).await;
    assert_eq!(other.ask("acme", JobKind::Sync).await, first);
    let released = Arguments::Sync(Release { archiving: 9, ..Release::default() });
    assert_ne!(one.ask_for("acme", released).await, first);
    assert_ne!(one.ask("globex", JobKind::Sync).await, first);
    let claimed = one.take().await.unwrap();
    assert_eq!(claimed.id, first);
    let second = one.ask("acme", JobKind::Sync).await;
    assert_ne!(second, first);
    // A job that was claimed and queued again is not merged with another one.
    one.end(&claimed, &End::Again(Duration::ZERO)).await.unwrap();
    assert_eq!(one.ask("acme", JobKind::Sync).await, second);
}

async fn long_arguments_are_merged_too(one: Queue, other: Queue) {
    let employees = |number: u64| {
        let ids = (0..number).map(|id| (2_500_000_000_000_000_000 + 7_919 * id).to_string()).collect();
        Arguments::References(ReferencesArguments { employees: Some(ids), ..ReferencesArguments::default() })
    };
    let first = one.ask_for("acme", employees(10_000)).await;
    assert_eq!(other.ask_for("acme", employees(10_000)).await, first);
    assert_ne!(other.ask_for("acme", employees(9_999)).await, first);
    assert_eq!(one.take().await.map(|claimed| (claimed.id, claimed.arguments)), Some((first, employees(10_000))));
}

async fn hosts_that_claim_at_once_never_overlap(one: Queue, other: Queue) {
    const TENANTS: usize = 10;
    for tenant in 0..TENANTS {
        for number in 0..2 {
            let release = Release { archiving: number, ..Release::default() };
            let references = ReferencesArguments { allow_issuing: number, ..ReferencesArguments::default() };
            for arguments in [Arguments::Sync(release), Arguments::References(references)] {
                one.ask_for(&format!("t{tenant}"), arguments).await;
            }
        }
    }
    let mut ended = BTreeSet::new();
    // There are two jobs in each lane, so two rounds; in each round one job of each lane is claimed.
    for round in 0..2 {
        let hosts = (0..8).map(|number| {
            let queue = if number % 2 == 0 { one.clone() } else { other.clone() };
            tokio::spawn(async move {
                let mut claimed = Vec::new();
                while let Some(next) = queue.take().await {
                    claimed.push(next);
                }
                claimed
            })
        });
        let mut claimed = Vec::new();
        for host in hosts.collect::<Vec<_>>() {
            claimed.extend(host.await.unwrap());
        }
        // A host that met another host's claim may have stopped early, when no job could start.
        while let Some(next) = one.take().await {
            claimed.push(next);
        }
        let lanes: BTreeSet<_> = claimed.iter().map(|claimed| (claimed.tenant.clone(), claimed.kind())).collect();
        assert_eq!((claimed.len(), lanes.len()), (2 * TENANTS, 2 * TENANTS), "round {round}");
        for claimed in claimed {
            other.end(&claimed, &done()).await.unwrap();
            assert!(ended.insert(claimed.id), "job {} twice", claimed.id);
        }
    }
    assert_eq!(ended.len(), 4 * TENANTS);
}

async fn a_lapsed_lease_is_taken_over(one: Queue, other: Queue) {
    let id = one.ask("acme", JobKind::Sync).await;
    let mut crashed = one.take().await.unwrap();
    assert!(!one.renew(&mut crashed, LEASE).await.unwrap());
    assert_eq!(other.expire().await.unwrap(), Expired::default());
    one.execute("UPDATE jobs SET lease_until = 0").await;
    assert_eq!(other.expire().await.unwrap(), Expired { again: 1, ..Expired::default() });
    let taken = other.take().await.unwrap();
    assert!(taken.id == id && taken.generation > crashed.generation);
    // The host that has lost the lease can neither renew nor end the job.
    assert!(matches!(one.renew(&mut crashed, LEASE).await, Err(QueueError::Lost(lost)) if lost == id));
    assert!(matches!(one.end(&crashed, &done()).await, Err(QueueError::Lost(_))));
    assert_eq!(one.get(id).await.unwrap().state, State::Running);
    other.end(&taken, &done()).await.unwrap();
    assert!(matches!(other.end(&taken, &done()).await, Err(QueueError::Lost(_))));
    let job = one.get(id).await.unwrap();
    assert_eq!((job.state, job.crashes, job.result), (State::Done, 1, Some(json!({ "exit_code": 0 }))));
}

async fn a_job_that_crashes_its_hosts_is_given_up(queue: Queue) {
    let id = queue.ask("acme", JobKind::Sync).await;
    for crash in 1..=CRASHES_MAX {
        queue.take().await.unwrap();
        queue.execute("UPDATE jobs SET lease_until = 0").await;
        let lost = u64::from(crash == CRASHES_MAX);
        assert_eq!(queue.expire().await.unwrap(), Expired { again: 1 - lost, lost, cancelled: 0 });
    }
    let job = queue.get(id).await.unwrap();
    assert!(job.state == State::Lost && job.ended_at.is_some());
    assert!(queue.take().await.is_none());
    // Queueing a job again is no crash.
    let id = queue.ask("acme", JobKind::Sync).await;
    for _ in 0..=CRASHES_MAX {
        let claimed = queue.take().await.unwrap();
        queue.end(&claimed, &End::Again(Duration::ZERO)).await.unwrap();
    }
    assert_eq!(queue.take().await.map(|claimed| claimed.id), Some(id));
    // A job that was queued again does not start before its pause is over.
    let other = queue.ask("globex", JobKind::Sync).await;
    let claimed = queue.take().await.unwrap();
    assert_eq!(claimed.id, other);
    queue.end(&claimed, &End::Again(LEASE)).await.unwrap();
    assert!(queue.take().await.is_none());
}

async fn cancelling(one: Queue, other: Queue) {
    let waits = one.ask("acme", JobKind::Sync).await;
    assert_eq!(one.cancel(waits).await.unwrap(), State::Cancelled);
    assert!(one.take().await.is_none());
    let error = one.cancel(waits).await.unwrap_err();
    assert_eq!(error.to_string(), format!("job {waits} is cancelled already, so nothing was done"));
    assert!(matches!(one.cancel(999).await, Err(QueueError::Unknown(999))));

    // The host of a running job sees the request when it renews the lease; a second request changes nothing.
    let runs = one.ask("acme", JobKind::Sync).await;
    let mut claimed = one.take().await.unwrap();
    for _ in 0..2 {
        assert_eq!(other.cancel(runs).await.unwrap(), State::Running);
    }
    assert!(one.renew(&mut claimed, LEASE).await.unwrap());
    one.end(&claimed, &End::Ended(State::Cancelled, json!({}))).await.unwrap();
    assert_eq!(one.get(runs).await.unwrap().state, State::Cancelled);

    // A cancelled job is not queued again by a crash or by its host.
    for crash in [true, false] {
        let id = one.ask("acme", JobKind::Sync).await;
        let claimed = one.take().await.unwrap();
        other.cancel(id).await.unwrap();
        if crash {
            one.execute("UPDATE jobs SET lease_until = 0 WHERE state = 'running'").await;
            assert_eq!(other.expire().await.unwrap(), Expired { cancelled: 1, ..Expired::default() });
        } else {
            one.end(&claimed, &End::Again(Duration::ZERO)).await.unwrap();
        }
        let job = one.get(id).await.unwrap();
        assert!(job.state == State::Cancelled && job.ended_at.is_some(), "{job:?}");
    }
}

async fn no_state_is_left_out(queue: Queue) {
    let id = queue.ask("acme", JobKind::Sync).await;
    let claimed = queue.take().await.unwrap();
    let error = queue.end(&claimed, &End::Ended(State::Running, json!({}))).await.unwrap_err();
    assert_eq!(error.to_string(), format!("job {id} is running already, so nothing was done"));
    for state in [State::Done, State::Failed, State::Held] {
        let id = queue.ask("globex", JobKind::Sync).await;
        let claimed = queue.take().await.unwrap();
        queue.end(&claimed, &End::Ended(state, json!({}))).await.unwrap();
        let job = queue.get(id).await.unwrap();
        assert!(job.state == state && job.ended_at.is_some() && job.holder.is_none(), "{job:?}");
    }
}

async fn a_schedule_is_one_job_a_due_time(one: Queue, other: Queue) {
    let tenants: Vec<String> = (0..30).map(|number| format!("t{number}")).collect();
    for tenant in &tenants {
        one.set_schedules(tenant, &[nightly(JobKind::Sync), nightly(JobKind::References)]).await.unwrap();
        make_due(&one, tenant).await;
    }
    one.execute("UPDATE schedules SET cron = 'whenever' WHERE tenant = 't7' AND kind = 'sync'").await;
    // Both hosts poll at the same time; months were missed, and one schedule cannot be read.
    let (mine, theirs) = tokio::join!(one.tick(), other.tick());
    assert_eq!(mine.unwrap() + theirs.unwrap(), 59);
    assert_eq!(one.tick().await.unwrap() + other.tick().await.unwrap(), 0);
    let jobs = one.list(Selection { tenant: None, ended_max: 0 }).await.unwrap();
    assert_eq!(jobs.len(), 59);
    assert!(jobs.iter().all(|job| job.due_at == Some(1_767_229_200_000) && job.trigger == Trigger::Schedule));
    assert!(!jobs.iter().any(|job| job.tenant == "t7" && job.kind() == JobKind::Sync));
    // A due time that comes again, as after a clock was set back, does not become another job.
    make_due(&one, "t1").await;
    assert_eq!(one.tick().await.unwrap(), 0);
}

async fn schedules_follow_the_tenant(queue: Queue) {
    queue.set_schedules("acme", &[nightly(JobKind::Sync), nightly(JobKind::References)]).await.unwrap();
    make_due(&queue, "acme").await;
    // Schedules that are applied again unchanged stay due.
    queue.set_schedules("acme", &[nightly(JobKind::Sync), nightly(JobKind::References)]).await.unwrap();
    // One schedule is removed, the other changed: neither is due now.
    let later = DueSchedule { cron: "0 3 * * *".to_owned(), ..nightly(JobKind::Sync) };
    let same = queue.clone();
    assert_eq!(same.tick().await.unwrap(), 2);
    make_due(&queue, "acme").await;
    queue.execute("DELETE FROM jobs").await;
    queue.set_schedules("acme", std::slice::from_ref(&later)).await.unwrap();
    assert_eq!(queue.tick().await.unwrap(), 0);
    make_due(&queue, "acme").await;
    assert_eq!(queue.tick().await.unwrap(), 1);
    // A disabled tenant has no schedules.
    make_due(&queue, "acme").await;
    queue.execute("DELETE FROM jobs").await;
    queue.set_schedules("acme", &[]).await.unwrap();
    assert_eq!(queue.tick().await.unwrap(), 0);
    let wrong = DueSchedule { cron: "whenever".to_owned(), ..later };
    assert!(queue.set_schedules("acme", &[wrong]).await.is_err());
}

async fn another_host_is_woken(one: Queue, other: Queue) {
    let watching = other.clone();
    let watch = tokio::spawn(async move { watching.watch().await });
    // Nobody knows when the watch has begun, so jobs are requested until it has: each of them is a change.
    let mut changes = other.changes();
    let mut number = 0;
    loop {
        one.ask(&format!("t{number}"), JobKind::Sync).await;
        number += 1;
        if tokio::time::timeout(Duration::from_millis(50), changes.changed()).await.is_ok() {
            break;
        }
        assert!(number < 1_000, "the other host is never woken");
    }
    watch.abort();
    // A host also knows without being woken when there is something to do.
    assert_eq!(other.idle_for(LEASE).await.unwrap(), LEASE);
    other.set_schedules("acme", &[nightly(JobKind::Sync)]).await.unwrap();
    make_due(&one, "acme").await;
    assert!(other.idle_for(LEASE).await.unwrap() <= Duration::from_millis(1));
}

async fn what_is_listed_and_forgotten(queue: Queue) {
    let ended = queue.ask("acme", JobKind::Sync).await;
    let claimed = queue.take().await.unwrap();
    queue.end(&claimed, &done()).await.unwrap();
    let running = queue.ask("acme", JobKind::Sync).await;
    queue.take().await.unwrap();
    let waiting = queue.ask("acme", JobKind::Sync).await;
    let other = queue.ask("globex", JobKind::Check).await;
    let listed = async |tenant, ended_max| {
        let jobs = queue.list(Selection { tenant, ended_max }).await.unwrap();
        jobs.iter().map(|job| job.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, 9).await, [running, waiting, other, ended]);
    assert_eq!(listed(Some("acme"), 0).await, [running, waiting]);
    queue.execute("UPDATE jobs SET start_at = start_at - 5000").await;
    let waits = queue.waiting().await.unwrap();
    let numbers: Vec<_> = waits.iter().map(|(kind, waiting)| (kind.word(), waiting.jobs)).collect();
    assert_eq!(numbers, [("check", 1), ("plan", 0), ("sync", 1), ("apply", 0), ("references", 0), ("deliver", 0)]);
    assert!(waits[0].1.longest >= Duration::from_secs(5), "{waits:?}");
    assert_eq!(queue.forget(LEASE).await.unwrap(), 0);
    queue.execute("UPDATE jobs SET ended_at = 0 WHERE ended_at IS NOT NULL").await;
    assert_eq!(queue.forget(LEASE).await.unwrap(), 1);
    assert!(matches!(queue.get(ended).await, Err(QueueError::Unknown(_))));

    // Progress is known in this process only, and is removed with its job.
    assert!(queue.progress(running).is_none());
    let reporter = queue.reporter(running);
    let steps = queue.progress(running).unwrap();
    hibob_base::progress::Progress::report(&reporter, "accounts", 3, Some(9));
    assert_eq!((steps.borrow().phase.as_str(), steps.borrow().done), ("accounts", 3));
    drop(reporter);
    assert!(steps.has_changed().is_err() && queue.progress(running).is_none());
}

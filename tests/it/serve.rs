//! Tests of `hibob serve` and `hibob jobs`, in separate processes.

pub(crate) mod host;

use crate::api::readiness;
use hibob_base::error::Exit;
use hibob_base::job::RunKind;
use hibob_base::job::{JobKind, Trigger};
use hibob_store::database::RunRecord;
use hibob_store::queue::{ArgumentFields, Arguments, Job, NewJob, State};
use host::Site;
use std::time::{Duration, Instant};

const NIGHTLY: &str = "[schedule]\nsync = \"0 2 * * *\"\n";

/// Longest time in which a host ends after the second signal, also on a busy machine. The requests in progress would
/// take minutes.
const LEAVE_TIME_MAX: Duration = Duration::from_secs(20);

async fn start(site: &Site, tenant: &str, kind: JobKind) -> i64 {
    let arguments = Arguments::new(kind, ArgumentFields::default()).unwrap();
    let new = NewJob { tenant: tenant.to_owned(), arguments, requested_by: None };
    site.data.start(&new).await.unwrap().id
}

fn all(state: State) -> impl Fn(&[Job]) -> bool {
    move |jobs| jobs.iter().all(|job| job.state == state)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_run_what_is_due_once_and_never_two_of_a_tenant() {
    const TENANTS: usize = 20;
    let site = Site::new().await;
    let mut companies = Vec::new();
    for number in 0..TENANTS {
        companies.push(site.tenant(&format!("t{number}"), NIGHTLY).await);
    }
    let mut hosts = [site.serve(&["--workers", "1"]), site.serve(&["--workers", "1"])];
    site.make_due().await;
    for number in 0..TENANTS {
        start(&site, &format!("t{number}"), JobKind::Sync).await;
    }
    let is_over = |jobs: &[Job]| jobs.len() == 2 * TENANTS && all(State::Done)(jobs);
    let jobs = site.until("all are done", is_over).await;
    assert!(jobs.iter().all(|job| job.crashes == 0 && job.result.as_ref().unwrap()["exit_code"] == Exit::Done as u8));
    for (number, company) in companies.iter().enumerate() {
        let mut times: Vec<_> = jobs
            .iter()
            .filter(|job| job.tenant == format!("t{number}"))
            .map(|job| (job.started_at.unwrap(), job.ended_at.unwrap()))
            .collect();
        times.sort_unstable();
        assert!(times.len() == 2 && times[0].1 <= times[1].0, "{times:?}");
        // If two hosts had run the sync at the same time, the second one would have written too.
        let (searches, creations) = company.searches_and_creations();
        assert_eq!((searches, company.writes_of_the_last_sync()), (2, 0), "t{number}");
        assert!(creations > 0, "t{number}");
    }
    let worked: usize = hosts
        .iter_mut()
        .map(|host| {
            host.signal("TERM");
            let (status, started) = host.ended(" started");
            assert!(status.success() && started > 0, "{status}: {started}");
            started
        })
        .sum();
    assert_eq!(worked, 2 * TENANTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_a_person_come_before_scheduled_jobs() {
    let site = Site::new().await;
    let mut companies = Vec::new();
    for number in 0..6 {
        companies.push(site.tenant(&format!("t{number}"), NIGHTLY).await);
    }
    site.make_due().await;
    site.data.queue().tick().await.unwrap();
    for number in 3..6 {
        start(&site, &format!("t{number}"), JobKind::Check).await;
    }
    let _host = site.serve(&["--workers", "1"]);
    let mut jobs = site.until("all are done", |jobs| jobs.len() == 9 && all(State::Done)(jobs)).await;
    jobs.sort_by_key(|job| job.started_at);
    let triggers: Vec<_> = jobs.iter().map(|job| job.trigger).collect();
    assert_eq!(triggers, [[Trigger::Manual; 3].as_slice(), &[Trigger::Schedule; 6]].concat());
    assert_eq!(site.shell.json(&["history", "t0"]).1["runs"][0]["trigger"], "schedule");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_takes_over_from_one_that_was_killed() {
    let site = Site::new().await;
    let company = site.tenant("acme", "").await;
    company.hang();
    let mut killed = site.serve(&["--lease", "2"]);
    let id = start(&site, "acme", JobKind::Sync).await;
    site.until("it runs", |jobs| jobs[0].state == State::Running).await;
    killed.signal("KILL");
    killed.ended("");
    company.answer();
    let _other = site.serve(&["--lease", "2"]);
    let jobs = site.until("it is done", all(State::Done)).await;
    assert_eq!((jobs.len(), jobs[0].id, jobs[0].crashes), (1, id, 1));
    assert_eq!(site.shell.json(&["history", "acme"]).1["runs"].as_array().unwrap().len(), 1);
    let (_, creations) = company.searches_and_creations();
    assert_eq!(company.world.lock().unwrap().writes(), creations);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_run_is_in_the_history_is_not_done_again() {
    let site = Site::new().await;
    let company = site.tenant("acme", "").await;
    let id = start(&site, "acme", JobKind::Sync).await;
    let job = site.data.queue().get(id).await.unwrap();
    // The state that a host leaves which crashed after the last write of the run.
    let database = site.data.tenant_database("acme").await.unwrap();
    let fence = database.take_fence(0).await.unwrap();
    let run = RunRecord {
        kind: RunKind::Sync,
        trigger: "manual",
        job: Some(format!("{id}@{}", job.queued_at)),
        started_at: 1,
        finished_at: 2,
        exit_code: Exit::Held as u8,
        report: r#"{"error":{"code":"HELD"}}"#.to_owned(),
        journal: None,
        interrupted_by: None,
        saved: None,
    };
    let number = database.record_run(fence, &run, None, &[]).await.unwrap();
    assert!(database.record_run(fence, &run, None, &[]).await.is_err(), "a job has one run");
    let _host = site.serve(&[]);
    let jobs = site.until("it has ended", all(State::Held)).await;
    let error = serde_json::json!({ "code": "HELD" });
    let result = serde_json::json!({ "exit_code": Exit::Held as u8, "run": number, "error": error, "warnings": 0 });
    assert_eq!((jobs[0].result.as_ref(), company.searches_and_creations()), (Some(&result), (0, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_signal_drains() {
    let site = Site::new().await;
    let company = site.tenant("acme", "").await;
    let _other = site.tenant("globex", "").await;
    company.delay(4);
    let mut host = site.serve(&[]);
    let runs = start(&site, "acme", JobKind::Sync).await;
    site.until("it runs", |jobs| jobs[0].state == State::Running).await;
    host.signal("TERM");
    host.says("leaving when");
    let waits = start(&site, "globex", JobKind::Sync).await;
    let (status, started) = host.ended(" started");
    assert!(status.success() && started == 1, "{status}: {started}");
    let queue = site.data.queue();
    assert_eq!(queue.get(runs).await.unwrap().state, State::Done);
    assert_eq!(queue.get(waits).await.unwrap().state, State::Queued);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_second_signal_the_job_is_queued_again_and_the_host_ends() {
    let site = Site::new().await;
    let company = site.tenant("acme", "").await;
    company.hang();
    let mut host = site.serve(&["--listen", "127.0.0.1:0"]);
    let id = start(&site, "acme", JobKind::Sync).await;
    site.until("it runs", |jobs| jobs[0].state == State::Running).await;
    host.signal("INT");
    host.says("leaving when");
    // Whoever asks while the jobs end is told, so that a load balancer sends requests elsewhere.
    let (status, body) = readiness(&host.address);
    assert_eq!((status, &body["draining"], &body["missing"]), (503, &true.into(), &serde_json::json!(["staying"])));
    let second = Instant::now();
    host.signal("INT");
    let (status, _) = host.ended("");
    assert!(status.success() && second.elapsed() < LEAVE_TIME_MAX, "{status} after {:?}", second.elapsed());
    let job = site.data.queue().get(id).await.unwrap();
    assert_eq!((job.state, job.crashes), (State::Queued, 0));
    company.answer();
    let _next = site.serve(&["--lease", "2"]);
    site.until("it is done", all(State::Done)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_can_be_cancelled() {
    let site = Site::new().await;
    let company = site.tenant("acme", "").await;
    company.hang();
    let _host = site.serve(&["--lease", "2"]);
    let id = start(&site, "acme", JobKind::Sync).await;
    site.until("it runs", |jobs| jobs[0].state == State::Running).await;
    let number = id.to_string();
    let (exit, said) = site.shell.json(&["jobs", "cancel", &number]);
    assert_eq!((exit, said), (0, serde_json::json!({ "job": id, "state": "running" })));
    site.until("it is cancelled", all(State::Cancelled)).await;
    company.answer();
    assert_eq!(company.world.lock().unwrap().writes(), 0);
    let (exit, said) = site.shell.json(&["jobs", "cancel", &number]);
    assert_eq!((exit, said["error"]["code"].as_str()), (2, Some("CONFIGURATION")));
    // The lease of its tenant was given back.
    let again = start(&site, "acme", JobKind::Sync).await;
    let jobs = site.until("another one is done", |jobs| jobs.iter().any(|job| job.state == State::Done)).await;
    assert!(jobs.iter().any(|job| job.id == again && job.state == State::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_the_command_line_goes_first_and_the_job_waits_for_it() {
    let site = Site::new().await;
    let company = site.tenant("acme", "").await;
    let lease = site.data.control().lease("acme", "a run of the command line").await.unwrap();
    let mut host = site.serve(&[]);
    start(&site, "acme", JobKind::Sync).await;
    host.says("queued again");
    assert_eq!(company.searches_and_creations(), (0, 0));
    lease.release().await.unwrap();
    let jobs = site.until("it is done", all(State::Done)).await;
    assert_eq!((jobs.len(), jobs[0].crashes), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_started_and_listed() {
    let site = Site::new().await;
    let company = site.tenant("acme", "").await;
    assert_eq!(site.shell.json(&["jobs"]), (0, serde_json::json!({ "jobs": [] })));
    assert_eq!(site.shell.run(&["plan", "acme", "--out", "acme.plan"]).status.code(), Some(0));
    let (_, check) = site.shell.json(&["jobs", "start", "acme", "check", "--requested-by", "ana"]);
    assert_eq!(check, serde_json::json!({ "job": 1, "new": true }));
    let apply = ["jobs", "start", "acme", "apply", "--plan", "acme.plan", "--allow-archiving", "3"];
    assert_eq!(site.shell.json(&apply).1["new"], true);
    assert_eq!(site.shell.json(&apply).1, serde_json::json!({ "job": 2, "new": false }));
    // The job applies its own copy of the plan.
    std::fs::remove_file(site.shell.path("acme.plan")).unwrap();
    let _host = site.serve(&[]);
    site.until("both are done", all(State::Done)).await;
    assert!(company.searches_and_creations().1 > 0);
    let (_, listed) = site.shell.json(&["jobs", "acme"]);
    let jobs = listed["jobs"].as_array().unwrap();
    let of = |kind: &str| jobs.iter().find(|job| job["kind"] == kind).unwrap();
    assert_eq!((&of("check")["requested_by"], &of("check")["result"]["errors"]), (&"ana".into(), &0.into()));
    assert_eq!((&of("apply")["result"]["run"], &of("apply")["arguments"]["allow_archiving"]), (&1.into(), &3.into()));
    assert_eq!(std::fs::read_dir(site.shell.path("data/plans")).unwrap().count(), 0);
    let text = String::from_utf8(site.shell.run(&["jobs"]).stdout).unwrap();
    assert!(text.lines().count() == 2 && text.contains("job 2") && text.contains("manual   done"), "{text}");

    for (args, words) in [
        (&["jobs", "nobody"][..], "there is no tenant nobody"),
        (&["jobs", "start", "nobody", "sync"], "there is no tenant nobody"),
        (&["jobs", "start", "acme", "dance"], "choose from check, plan, sync, apply, references, deliver"),
        (&["jobs", "start", "acme", "references"], "issues no references"),
        (&["jobs", "start", "acme", "apply"], "the plan to apply is missing"),
        (&["jobs", "start", "acme", "check", "--allow-archiving", "3"], "does not take these arguments"),
        (&["jobs", "start", "acme", "apply", "--plan", "acme.toml"], "is not a saved plan"),
        (&["jobs", "cancel", "99"], "there is no job 99"),
        (&["serve", "--workers", "0"], "--workers"),
    ] {
        let output = site.shell.run(args);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && text.contains(words), "{args:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_tenant_has_no_schedule() {
    let site = Site::new().await;
    let _company = site.tenant("acme", NIGHTLY).await;
    site.make_due().await;
    assert_eq!(site.data.queue().tick().await.unwrap(), 1);
    let days = Duration::from_hours(72);
    let has_schedule = async || site.data.queue().idle_for(days).await.unwrap() < days;
    assert!(has_schedule().await);
    // A job waits, which would fail, so somebody has to confirm it.
    let refused = site.shell.run(&["tenant", "disable", "acme"]);
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(2) && text.contains("hibob tenant disable acme --yes"), "{text}");
    assert!(has_schedule().await);
    assert_eq!(site.shell.run(&["tenant", "disable", "acme", "--yes"]).status.code(), Some(0));
    assert!(!has_schedule().await);
    assert_eq!(site.shell.run(&["jobs", "start", "acme", "sync"]).status.code(), Some(2));
    // A job that was queued before ends as any run of a disabled tenant does.
    let _host = site.serve(&[]);
    let jobs = site.until("it has ended", all(State::Failed)).await;
    assert_eq!(jobs[0].result.as_ref().unwrap()["error"]["code"], "TENANT_DISABLED");
    assert_eq!(site.shell.run(&["tenant", "enable", "acme"]).status.code(), Some(0));
    assert!(has_schedule().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn impossible_schedules_are_refused() {
    let site = Site::new().await;
    let _company = site.tenant("acme", "").await;
    let good = std::fs::read_to_string(site.shell.path("acme.toml")).unwrap();
    for (more, words) in [
        ("[schedule]\nreferences = \"0 2 * * *\"\n", "there is no [references]"),
        ("[schedule]\nsync = \"0 2 * * *\"\nspread_minutes = 60\n", "from 0 to 59"),
    ] {
        std::fs::write(site.shell.path("wrong.toml"), format!("{good}{more}")).unwrap();
        let output = site.shell.run(&["tenant", "apply", "wrong.toml"]);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && text.contains(words), "{text}");
    }
}

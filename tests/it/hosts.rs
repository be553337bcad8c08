//! Tests of several hosts on one queue, while some of them are killed, and some are stopped until their leases lapse
//! and then go on.

use super::serve::host::{Company, Host, Site};
use hibob_base::error::Exit;
use hibob_base::progress::NoProgress;
use hibob_sandbox::Open as _;
use hibob_store::queue::{Job, State};
use hibob_test_postgres::Server;
use hibob_tests::deep;
use hibob_tests::setup::plugin;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Hosts that serve at any time.
const HOSTS: usize = 3;

/// Jobs that a host carries out at the same time.
const WORKERS: usize = 4;

/// The length of a job's lease in seconds: short, but longer than a host waits for the processor where much else runs.
const LEASE: &str = "5";

/// What a host that went on says of a job that is another's now: it has noticed it, or its end could not be noted.
const GIVEN_UP: [&str; 2] = ["its lease ran out", "cannot be noted"];

/// How many hosts are killed, and how many are stopped. One of each, where the night is a short one.
const ROUNDS: usize = 3;

/// How many tenants become due together: as many as all hosts can work on at the same time.
const PART: usize = HOSTS * WORKERS;

/// What an answer of the stand-ins may take: hosts are met in the middle of something.
const ANSWERS_WITHIN: Duration = Duration::from_millis(250);

/// Changes are made one after the other, so that at most one request of a tenant is in progress.
const TENANT: &str = "[sync]\nparallel_changes = 1\n[schedule]\nsync = \"0 2 * * *\"\nspread_minutes = 0\n";

/// The jobs that a host has claimed.
fn held_by<'j>(jobs: &'j [Job], host: &Host) -> Vec<&'j Job> {
    let is_held = |job: &&Job| {
        job.state == State::Running && job.holder.as_deref().is_some_and(|held| held.starts_with(&host.named()))
    };
    jobs.iter().filter(is_held).collect()
}

fn serve(site: &Site) -> Host {
    site.serve(&["--lease", LEASE, "--workers", &WORKERS.to_string(), "--sweep", "1"])
}

/// A night whose tenants become due in parts, so that there is work for each host that is interrupted, however quick the
/// machine is.
struct Night<'s> {
    site: &'s Site,
    companies: Vec<Company>,
    /// The tenants that are not due yet.
    waiting: Vec<String>,
}

impl Night<'_> {
    /// Makes so many more tenants due.
    async fn go_on(&mut self, tenants: usize) {
        let part = self.waiting.split_off(self.waiting.len().saturating_sub(tenants));
        self.site.make_due_of(&part).await;
    }

    /// Returns when all workers of the host are in the middle of a job.
    async fn is_at_work(&mut self, host: &Host) {
        let at_work = |jobs: &[Job]| held_by(jobs, host).len() == WORKERS;
        loop {
            let due = self.companies.len() - self.waiting.len();
            let is_over = |jobs: &[Job]| jobs.len() == due && jobs.iter().all(|job| job.state == State::Done);
            let jobs = self.site.until("a host is at work", |jobs| at_work(jobs) || is_over(jobs)).await;
            if at_work(&jobs) {
                return;
            }
            assert!(!self.waiting.is_empty(), "the night is over, and this host was never at work");
            self.go_on(PART).await;
        }
    }
}

/// Kills a host that is at work, and starts another one.
async fn kill(night: &mut Night<'_>, host: &mut Host) {
    night.is_at_work(host).await;
    host.signal("KILL");
    host.ended("");
    *host = serve(night.site);
}

/// Stops a host that is at work, but not within a write to SQLite, until others have ended its jobs, and then lets it go
/// on. At most one more write may arrive from it.
async fn pause(night: &mut Night<'_>, host: &mut Host) {
    let site = night.site;
    let held: BTreeSet<i64> = loop {
        night.is_at_work(host).await;
        host.stop();
        let jobs = site.jobs().await;
        let held = held_by(&jobs, host);
        let tenants = held.iter().map(|job| job.tenant.clone()).collect();
        if !held.is_empty() && site.no_write_is_open(&tenants).await {
            break held.iter().map(|job| job.id).collect();
        }
        // The host had ended all its jobs before it was stopped, or was in the middle of a write.
        host.signal("CONT");
    };
    let have_ended =
        |jobs: &[Job]| jobs.iter().filter(|job| held.contains(&job.id)).all(|job| job.state == State::Done);
    let jobs = site.until("others have ended what it had", have_ended).await;
    let tenants = jobs.iter().filter(|job| held.contains(&job.id)).map(|job| job.tenant.strip_prefix('t').unwrap());
    let theirs: Vec<&Company> = tenants.map(|number| &night.companies[number.parse::<usize>().unwrap()]).collect();
    let writes = |company: &Company| company.world.lock().unwrap().writes();
    let before: Vec<usize> = theirs.iter().map(|company| writes(company)).collect();
    host.signal("CONT");
    for job in &held {
        host.says_of(&format!("job={job} "), &GIVEN_UP);
    }
    for (company, before) in theirs.iter().zip(before) {
        assert!(writes(company) <= before + 1, "{} writes after {before}", writes(company));
    }
}

/// A night with so many tenants.
async fn night(site: &Site, tenants: usize, seed: u64) {
    let mut companies = Vec::new();
    for number in 0..tenants {
        let company = site.tenant(&format!("t{number}"), TENANT).await;
        company.world.lock().unwrap().answers_within = ANSWERS_WITHIN;
        companies.push(company);
    }
    let mut hosts: Vec<Host> = (0..HOSTS).map(|_| serve(site)).collect();
    let waiting = (0..tenants).map(|number| format!("t{number}")).collect();
    let mut night = Night { site, companies, waiting };
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..deep(1, ROUNDS) {
        kill(&mut night, &mut hosts[random.random_range(0..HOSTS)]).await;
        pause(&mut night, &mut hosts[random.random_range(0..HOSTS)]).await;
    }
    night.go_on(tenants).await;
    let is_over = |jobs: &[Job]| jobs.len() == tenants && jobs.iter().all(|job| job.state == State::Done);
    let jobs = site.until("all are done", is_over).await;
    assert!(jobs.iter().any(|job| job.crashes > 0), "no job was interrupted");
    for job in &jobs {
        assert_eq!(job.result.as_ref().unwrap()["exit_code"], Exit::Done as u8, "{job:?}");
    }
    for (number, company) in night.companies.iter().enumerate() {
        let id = format!("t{number}");
        let tenant = site.data.tenant(&id).await.unwrap();
        let runs = tenant.database().past_runs(10).await.unwrap();
        let job = jobs.iter().find(|job| job.tenant == id).unwrap();
        let key = format!("{}@{}", job.id, job.queued_at);
        let of_the_job: Vec<i64> =
            runs.iter().filter(|run| run.job.as_deref() == Some(&key)).map(|run| run.id).collect();
        assert_eq!(of_the_job, [job.result.as_ref().unwrap()["run"].as_i64().unwrap()], "{id}: {runs:?}");
        assert!(tenant.database().open_journal().await.unwrap().is_none(), "{id}");
        company.assert_no_doubles();
        company.world.lock().unwrap().answers_within = Duration::ZERO;
        let left = hibob_runner::plan(plugin(), &tenant, Arc::new(NoProgress)).await.unwrap();
        assert_eq!(left.changes.len(), 0, "{id}: {:?}", left.changes);
    }
    for mut host in hosts {
        host.signal("TERM");
        let (status, _) = host.ended("");
        assert!(status.success(), "{status}");
    }
}

/// Hosts that share a data directory.
#[tokio::test(flavor = "multi_thread")]
async fn each_job_of_a_night_is_done_once_on_one_machine() {
    night(&Site::new().await, deep(60, 150), 1).await;
}

/// Hosts that share nothing but a database.
#[tokio::test(flavor = "multi_thread")]
async fn each_job_of_a_night_is_done_once_on_one_postgresql() {
    let Some(server) = Server::start("several hosts on one PostgreSQL") else { return };
    night(&Site::on(server.database("night")).await, deep(60, 200), 2).await;
}

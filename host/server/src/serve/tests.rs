//! The loop, with jobs that do what the test says.

use crate::serve::{Phase, Settings, Work, serve};
use hibob_base::progress::Progress;
use hibob_jobs::interrupt::Interrupt;
use hibob_policy::guard::Release;
use hibob_store::database::ControlDatabase;
use hibob_store::queue::{Arguments, Claimed, End, NewJob, Queue, QueueError, Selection, State};
use hibob_telemetry::Metrics;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

/// As long as a connection waits for another one's write before it gives up.
const BUSY_TIME: Duration = Duration::from_secs(10);

/// What the jobs tell.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Begun(String),
    Dropped(String),
}

/// Jobs of the tenant `quick` end at once, others never.
struct Endless(mpsc::UnboundedSender<Told>);

struct Going<'j>(&'j Endless, &'j str);

impl Drop for Going<'_> {
    fn drop(&mut self) {
        self.0.0.send(Told::Dropped(self.1.to_owned())).unwrap();
    }
}

impl Work for Endless {
    async fn carry_out(&self, job: &Claimed, progress: Arc<dyn Progress>, interrupt: Interrupt) -> End {
        self.0.send(Told::Begun(job.tenant.clone())).unwrap();
        progress.report("accounts", 1, None);
        if job.tenant != "quick" {
            let _going = Going(self, &job.tenant);
            interrupt.requested().await;
            return End::Ended(State::Cancelled, serde_json::json!({}));
        }
        End::Ended(State::Done, serde_json::json!({}))
    }
}

struct Host {
    folder: TempDir,
    queue: Queue,
    told: mpsc::UnboundedReceiver<Told>,
    say: watch::Sender<Phase>,
    serving: tokio::task::JoinHandle<()>,
    metrics: Metrics,
}

async fn host(lease: Duration) -> Host {
    let folder = tempfile::tempdir().unwrap();
    let queue = Queue::new(&ControlDatabase::open(folder.path()).await.unwrap());
    let ((tell, told), (say, phase)) = (mpsc::unbounded_channel(), watch::channel(Phase::Work));
    let (serves, metrics) = (queue.clone(), Metrics::default());
    let counts = metrics.clone();
    let settings = Settings { workers: 2, lease, ..Settings::default() };
    let work = Arc::new(Endless(tell));
    let serving = tokio::spawn(async move { serve(&serves, work, settings, &counts, phase).await });
    Host { folder, queue, told, say, serving, metrics }
}

impl Host {
    async fn ask(&self, tenant: &str) -> i64 {
        let (tenant, arguments) = (tenant.to_owned(), Arguments::Sync(Release::default()));
        let new = NewJob { tenant, arguments, requested_by: None };
        self.queue.start(&new).await.unwrap().id
    }

    async fn connect(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("control.db"));
        options.busy_timeout(Duration::from_secs(60)).connect().await.unwrap()
    }

    async fn execute(&self, sql: &'static str) {
        sqlx::query(sql).execute(&mut self.connect().await).await.unwrap();
    }

    async fn until(&self, id: i64, state: State) {
        let mut changes = self.queue.changes();
        while self.queue.get(id).await.unwrap().state != state {
            changes.changed().await.unwrap();
        }
    }
}

#[tokio::test]
async fn jobs_run_beside_each_other_and_tell_how_far_they_are() {
    let mut host = host(Duration::from_hours(1)).await;
    let endless = host.ask("acme").await;
    assert_eq!(host.told.recv().await, Some(Told::Begun("acme".to_owned())));
    let mut steps = host.queue.progress(endless).unwrap();
    assert_eq!(steps.wait_for(|step| !step.phase.is_empty()).await.unwrap().phase, "accounts");
    let quick = host.ask("quick").await;
    host.until(quick, State::Done).await;
    let text = host.metrics.render();
    assert!(text.contains("hibob_queue_claimed_total{kind=\"sync\",trigger=\"manual\"} 2\n"), "{text}");
    assert!(text.contains("hibob_queue_waiting{kind=\"sync\"} 0\n"), "{text}");
    // The first signal waits for what runs, the second does not.
    host.say.send_replace(Phase::Drain);
    let late = host.ask("late").await;
    host.say.send_replace(Phase::Save);
    (&mut host.serving).await.unwrap();
    for id in [endless, late] {
        let job = host.queue.get(id).await.unwrap();
        assert_eq!((job.state, job.crashes), (State::Queued, 0));
    }
    assert!(host.queue.progress(endless).is_none());
}

#[tokio::test]
async fn jobs_are_back_in_the_queue_when_the_host_leaves_even_if_the_database_was_busy() {
    let mut host = host(Duration::from_hours(1)).await;
    let runs = host.ask("acme").await;
    assert_eq!(host.told.recv().await, Some(Told::Begun("acme".to_owned())));
    // Another process writes, so that the host's next claim waits for it, and then the put-back does.
    let mut other = host.connect().await;
    let mut writes = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let insert = "INSERT INTO jobs (tenant, kind, lane, trigger, arguments, start_at, priority, state, queued_at)
                  VALUES ('late', 'sync', 'directory', 'manual', '{}', 0, 10, 'queued', 0) RETURNING id";
    let late: i64 = sqlx::query_scalar(insert).fetch_one(&mut *writes).await.unwrap();
    host.queue.wake();
    // For the claim to be under way. Were that too short, no claim would be broken off, and nothing would fail.
    tokio::time::sleep(Duration::from_millis(200)).await;
    host.say.send_replace(Phase::Save);
    assert_eq!(host.told.recv().await, Some(Told::Dropped("acme".to_owned())));
    tokio::time::pause();
    tokio::time::advance(BUSY_TIME).await;
    tokio::time::resume();
    writes.commit().await.unwrap();
    (&mut host.serving).await.unwrap();
    // A claim that nobody waits for any more would be carried through by now.
    tokio::time::sleep(Duration::from_millis(500)).await;
    for id in [late, runs] {
        let job = host.queue.get(id).await.unwrap();
        assert_eq!((job.state, job.crashes), (State::Queued, 0), "{}", job.tenant);
    }
    assert_eq!(host.told.try_recv().ok(), None, "what was claimed while the signal came is not begun");
}

#[tokio::test]
async fn a_job_is_put_back_again_after_the_database_has_failed() {
    let mut host = host(Duration::from_hours(1)).await;
    let id = host.ask("acme").await;
    assert_eq!(host.told.recv().await, Some(Told::Begun("acme".to_owned())));
    host.execute("ALTER TABLE jobs RENAME TO gone").await;
    let (log, mut lines) = mpsc::unbounded_channel();
    let log = tracing_subscriber::fmt().with_writer(move || Lines(log.clone()));
    let _logging = tracing::subscriber::set_default(log.finish());
    host.say.send_replace(Phase::Save);
    while !lines.recv().await.unwrap().contains("cannot be noted") {}
    host.execute("ALTER TABLE gone RENAME TO jobs").await;
    (&mut host.serving).await.unwrap();
    assert_eq!(host.queue.get(id).await.unwrap().state, State::Queued);
}

/// What is logged, line by line.
struct Lines(mpsc::UnboundedSender<String>);

impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // Nobody listens any more when the test is over.
        let _ = self.0.send(String::from_utf8_lossy(line).into_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_job_that_another_host_has_taken_is_dropped_and_left_alone() {
    let mut host = host(Duration::from_secs(2)).await;
    let id = host.ask("acme").await;
    assert_eq!(host.told.recv().await, Some(Told::Begun("acme".to_owned())));
    host.execute("UPDATE jobs SET generation = generation + 1, holder = 'another host', lease_until = lease_until * 2")
        .await;
    assert_eq!(host.told.recv().await, Some(Told::Dropped("acme".to_owned())));
    host.say.send_replace(Phase::Save);
    (&mut host.serving).await.unwrap();
    let job = host.queue.get(id).await.unwrap();
    assert_eq!((job.state, job.holder.as_deref()), (State::Running, Some("another host")));
}

#[tokio::test]
async fn a_job_is_dropped_when_its_lease_cannot_be_renewed_for_as_long_as_it_lasts() {
    let mut host = host(Duration::from_secs(2)).await;
    host.ask("acme").await;
    assert_eq!(host.told.recv().await, Some(Told::Begun("acme".to_owned())));
    host.execute("ALTER TABLE jobs RENAME TO gone").await;
    assert_eq!(host.told.recv().await, Some(Told::Dropped("acme".to_owned())));
    assert!(matches!(host.queue.list(Selection { tenant: None, ended_max: 0 }).await, Err(QueueError::Database(_))));
    // The host goes on, and does what there is when the database is back.
    host.execute("ALTER TABLE gone RENAME TO jobs").await;
    let quick = host.ask("quick").await;
    host.until(quick, State::Done).await;
}

//! Futures that are dropped at every point at which they wait: nothing is half done, and the connection can be used
//! again.

use crate::database::tests::{Server, empty_row, query, record};
use crate::database::{ControlDatabase, Engine, Fence, TenantDatabase};
use hibob_base::job::RunKind;
use sqlx::{Connection, PgConnection, PgPool};
use std::future::poll_fn;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

/// Longer than any connection takes to come back to its pool.
const TIME_MAX: Duration = Duration::from_secs(60);

/// Polls a future so many times, each time when it can go on, and then drops it. Returns its output if it has finished.
pub(crate) async fn dropped_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// A host of the database, and a superuser's connection, which sees every row.
pub(crate) struct Watched {
    pub(crate) control: ControlDatabase,
    superuser: PgConnection,
}

impl Watched {
    pub(crate) async fn new(server: &Server, name: &str) -> Self {
        let control = ControlDatabase::connect(&server.database(name), 4).await.unwrap();
        Self { control, superuser: PgConnection::connect(&server.superuser(name)).await.unwrap() }
    }

    fn pool(&self) -> PgPool {
        let Engine::Postgres(pool) = self.control.store.db() else { panic!("a server") };
        pool.clone()
    }

    pub(crate) async fn count(&mut self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.superuser).await.unwrap()
    }

    /// Waits until the pool has all of its connections back, and checks that they can be used for something else.
    pub(crate) async fn require_clean(&mut self, what: &str) {
        let (pool, begun) = (self.pool(), Instant::now());
        while pool.num_idle() < pool.size() as usize {
            assert!(begun.elapsed() < TIME_MAX, "{what}: a connection does not come back");
            tokio::task::yield_now().await;
        }
        let open = "SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND usename = 'hibob' AND state LIKE 'idle in transaction%'";
        assert_eq!(self.count(open).await, 0, "{what}: a connection is in a transaction");
        // Each connection writes once, and others see what it has written.
        for number in 0..pool.size() {
            let id = format!("{what} {number}");
            query("INSERT INTO tenants (id, config, applied_at) VALUES ($1, '', 0)")
                .bind(&id)
                .execute(&self.control.store)
                .await
                .unwrap();
            let seen = sqlx::query("SELECT 1 FROM tenants WHERE id = $1").bind(&id).fetch_optional(&mut self.superuser);
            assert!(seen.await.unwrap().is_some(), "{id} was told as written");
        }
    }

    async fn tenant(&self) -> TenantDatabase {
        self.control.tenant_database(Path::new(""), "acme").await.unwrap()
    }
}

#[tokio::test]
async fn a_transaction_that_is_dropped_while_it_begins_is_none() {
    let Some(server) = Server::start("transactions dropped on PostgreSQL") else { return };
    let mut watched = Watched::new(&server, "begun").await;
    let stores = [watched.control.store.clone(), watched.tenant().await.store];
    let mut dropped = 0;
    // Several times, because the server may answer before the future waits for it.
    for turn in 0..20 {
        for (number, store) in stores.iter().enumerate() {
            let mut polls = 1;
            while dropped_after(polls, store.begin()).await.is_none() {
                watched.require_clean(&format!("turn {turn}: store {number} after {polls} polls")).await;
                (polls, dropped) = (polls + 1, dropped + 1);
            }
            watched.require_clean(&format!("turn {turn}: store {number} begun")).await;
        }
    }
    assert!(dropped > 0, "nothing was dropped while it began");
}

#[tokio::test]
async fn what_is_dropped_is_done_or_not_and_never_half() {
    let Some(server) = Server::start("statements dropped on PostgreSQL") else { return };
    let mut watched = Watched::new(&server, "half").await;
    let database = watched.tenant().await;
    let mut fence = Fence::new(0);
    for polls in 1.. {
        let generation = i64::try_from(polls).unwrap();
        let taken = dropped_after(polls, database.take_fence(generation)).await;
        watched.require_clean(&format!("fence after {polls} polls")).await;
        if let Some(taken) = taken {
            fence = taken.unwrap();
            assert_eq!((fence.generation(), database.fence_generation().await.unwrap()), (generation, generation));
            break;
        }
    }
    let updates = [empty_row().into(), empty_row().into()];
    for polls in 1.. {
        let run = record::run(RunKind::Sync, 1, None);
        let recorded = dropped_after(polls, database.record_run(fence, &run, None, &updates)).await;
        watched.require_clean(&format!("run after {polls} polls")).await;
        let (runs, lines) = ("SELECT count(*) FROM runs", "SELECT count(*) FROM run_updates");
        assert_eq!(watched.count(lines).await, 2 * watched.count(runs).await, "after {polls} polls");
        if let Some(recorded) = recorded {
            assert!(recorded.unwrap() > 0 && watched.count(runs).await > 0);
            break;
        }
    }
}

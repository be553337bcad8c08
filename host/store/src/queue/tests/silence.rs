//! A server behind a broken network: connections stay open, and no answer comes.

use crate::database::{ControlDatabase, Engine};
use crate::queue::tests::LEASE;
use crate::queue::{Arguments, End, NewJob, Queue, QueueError, Selection, State};
use hibob_base::job::JobKind;
use hibob_test_postgres::Server;
use sqlx::{Connection, PgConnection};
use std::future::pending;
use std::path::Path;
use std::time::Duration;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

/// A time to wait that is shorter than in production.
const SOON: Duration = Duration::from_millis(50);

/// Longer than these tests take, so that one that waits for ever fails.
const TIME_MAX: Duration = Duration::from_secs(40);

/// A proxy between a host and its server, which can stop forwarding.
struct Network {
    url: String,
    is_broken: watch::Sender<bool>,
}

impl Network {
    async fn to(url: &str) -> Self {
        let (name, folder) = url.split_once("?host=").unwrap();
        let socket = Path::new(folder).join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = name.replace("localhost", &listener.local_addr().unwrap().to_string()) + "?sslmode=disable";
        let is_broken = watch::Sender::new(false);
        let breaks = is_broken.subscribe();
        tokio::spawn(async move {
            while let Ok((mut host, _)) = listener.accept().await {
                let (mut breaks, mut server) = (breaks.clone(), UnixStream::connect(&socket).await.unwrap());
                tokio::spawn(async move {
                    let broken = async { breaks.wait_for(|is_broken| *is_broken).await.map(drop) };
                    tokio::select! {
                        biased;
                        _ = broken => pending().await,
                        _ = copy_bidirectional(&mut host, &mut server) => {}
                    }
                });
            }
        });
        Self { url, is_broken }
    }
}

fn silent<T>(result: Result<T, QueueError>) {
    let error = result.err().unwrap().to_string();
    assert!(error.contains("no answer for"), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_more_is_given_up() {
    let Some(server) = Server::start("a silent PostgreSQL") else { return };
    let network = Network::to(&server.database("silent")).await;
    let control = ControlDatabase::connect(&network.url, 16).await.unwrap();
    let queue = Queue::new(&control);
    queue.ask("acme", JobKind::Sync).await;
    let mut claimed = queue.take().await.unwrap();
    // As many connections as are used below, so that no new one has to be made.
    let Engine::Postgres(pool) = queue.store.db() else { panic!("a server") };
    let mut lent = Vec::new();
    while lent.len() < 12 {
        lent.push(pool.acquire().await.unwrap());
    }
    drop(lent);
    while pool.num_idle() < pool.size() as usize {
        tokio::task::yield_now().await;
    }

    network.is_broken.send_replace(true);
    let queue = Queue { store: queue.store.impatient(SOON), ..queue.clone() };
    let new = NewJob { tenant: "acme".to_owned(), arguments: Arguments::Check, requested_by: None };
    let asked = async {
        silent(queue.claim("a host", LEASE).await);
        silent(queue.renew(&mut claimed, LEASE).await);
        silent(queue.end(&claimed, &End::Ended(State::Done, serde_json::Value::Null)).await);
        silent(queue.start(&new).await);
        silent(queue.get(claimed.id).await);
        silent(queue.list(Selection { tenant: None, ended_max: 1 }).await);
        silent(queue.expire().await);
        silent(queue.tick().await);
        silent(queue.idle_for(LEASE).await);
        assert!(queue.set_schedules("acme", &[]).await.unwrap_err().to_string().contains("no answer for"));
    };
    tokio::time::timeout(TIME_MAX, asked).await.unwrap();
}

#[tokio::test]
async fn who_listens_asks_whether_the_server_is_still_there() {
    let Some(server) = Server::start("listening to PostgreSQL") else { return };
    let url = server.database("listened");
    let network = Network::to(&url).await;
    let queue = Queue::new(&ControlDatabase::connect(&network.url, 4).await.unwrap());
    let other = Queue::new(&ControlDatabase::connect(&url, 4).await.unwrap());
    let queue = Queue { store: queue.store.impatient(Duration::from_secs(3)), ..queue };
    let Engine::Postgres(pool) = queue.store.db() else { panic!("a server") };
    let mut changes = queue.changes();
    let heard = async {
        // The wake-up for changes that may have been missed before.
        changes.changed().await.unwrap();
        // A server that is only silent is no error, and no change after the silence is missed.
        let mut superuser = PgConnection::connect(&server.superuser("listened")).await.unwrap();
        let asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT 1'";
        while sqlx::query_scalar::<_, i64>(asked).fetch_one(&mut superuser).await.unwrap() == 0 {}
        other.ask("acme", JobKind::Sync).await;
        changes.changed().await.unwrap();
        network.is_broken.send_replace(true);
        pending::<()>().await;
    };
    let listening = async {
        tokio::select! {
            ended = queue.listen(pool, SOON) => ended,
            () = heard => unreachable!("it waits"),
        }
    };
    let ended = tokio::time::timeout(TIME_MAX, listening).await.unwrap();
    assert!(*network.is_broken.borrow() && ended.unwrap_err().to_string().contains("no answer for"));
}

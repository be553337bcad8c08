//! The queue on each engine. The cases get the queues of two hosts on the same tables.

mod cases;
mod dropped;
mod silence;

use crate::database::{ControlDatabase, query};
use crate::queue::{Arguments, Claimed, NewJob, Queue};
use cases::CASES;
use hibob_base::job::JobKind;
use hibob_test_postgres::Server;
use std::time::Duration;

/// Longer than any test takes: leases lapse only where a test makes them.
const LEASE: Duration = Duration::from_hours(1);

#[tokio::test]
async fn on_sqlite() {
    for (name, case) in CASES {
        let folder = tempfile::tempdir().unwrap();
        let one = Queue::new(&ControlDatabase::open(folder.path()).await.unwrap());
        let other = Queue::new(&ControlDatabase::open(folder.path()).await.unwrap());
        told(name);
        case(one, other).await;
    }
}

#[tokio::test]
async fn on_postgresql() {
    let Some(server) = Server::start("the queue on PostgreSQL") else { return };
    for (name, case) in CASES {
        let url = server.database(name);
        let one = Queue::new(&ControlDatabase::connect(&url, 8).await.unwrap());
        let other = Queue::new(&ControlDatabase::connect(&url, 8).await.unwrap());
        told(name);
        case(one, other).await;
    }
}

/// Prints the name of a case, for whoever reads why it failed.
#[expect(clippy::print_stderr, reason = "the test harness shows it with a failure")]
fn told(name: &str) {
    eprintln!("case {name}");
}

impl Queue {
    /// Changes rows without the queue, to simulate that time has passed.
    async fn execute(&self, sql: &str) {
        query(sql.to_owned()).execute(&self.store).await.unwrap();
    }

    async fn ask(&self, tenant: &str, kind: JobKind) -> i64 {
        self.ask_for(tenant, Arguments::plain(kind)).await
    }

    async fn ask_for(&self, tenant: &str, arguments: Arguments) -> i64 {
        let new = NewJob { tenant: tenant.to_owned(), arguments, requested_by: None };
        self.start(&new).await.unwrap().id
    }

    async fn take(&self) -> Option<Claimed> {
        self.claim("a host", LEASE).await.unwrap()
    }
}

//! The databases on each engine. The cases get two hosts on the same database.

mod approvals;
mod control;
pub(crate) mod dropped;
mod entries;
mod guard_facts;
mod locks;
mod people;
mod postgres;
mod record;
mod references;

use crate::database::DatabaseError;
use crate::database::statement::{Statement, query};
use crate::database::{ControlDatabase, TenantDatabase};
use crate::update_row::UpdateRow;
use futures::future::BoxFuture;
use hibob_test_postgres::Server;
use std::path::PathBuf;

/// A host with its control database.
#[derive(Clone)]
struct Host {
    control: ControlDatabase,
    folder: PathBuf,
}

impl Host {
    async fn tenant(&self, tenant: &str) -> TenantDatabase {
        self.control.tenant_database(&self.folder, tenant).await.unwrap()
    }
}

impl ControlDatabase {
    /// Changes rows without the host's methods, to simulate that time has passed.
    async fn execute(&self, statement: Statement<'_>) -> u64 {
        statement.execute(&self.store).await.unwrap()
    }
}

impl TenantDatabase {
    /// As [`ControlDatabase::execute`].
    async fn execute(&self, sql: &'static str) -> Result<u64, DatabaseError> {
        query(sql).execute(&self.store).await
    }

    async fn count(&self, table: &str) -> i64 {
        let (number,) = query(format!("SELECT count(*) FROM {table}")).fetch_one(&self.store).await.unwrap();
        number
    }
}

/// A row of a run record in which nothing is set.
fn empty_row() -> UpdateRow {
    let text = String::new;
    UpdateRow {
        employee_id: text(),
        name: text(),
        action: text(),
        field: text(),
        before: text(),
        after: text(),
        result: text(),
        before_of: None,
        after_of: None,
    }
}

type Case = fn(Host, Host) -> BoxFuture<'static, ()>;

/// All cases. Their names are also the databases' names on PostgreSQL.
fn cases() -> impl Iterator<Item = (&'static str, Case)> {
    let all: [&[(&str, Case)]; 8] = [
        &approvals::CASES,
        &entries::CASES,
        &guard_facts::CASES,
        &record::CASES,
        &references::CASES,
        &locks::CASES,
        &control::CASES,
        &people::CASES,
    ];
    all.into_iter().flatten().copied()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    for (name, case) in cases() {
        let folder = tempfile::tempdir().unwrap();
        let host = async || {
            let control = ControlDatabase::open(folder.path()).await.unwrap();
            Host { control, folder: folder.path().to_owned() }
        };
        told(name);
        case(host().await, host().await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    let Some(server) = Server::start("what is stored on PostgreSQL") else { return };
    for (name, case) in cases() {
        let url = server.database(name);
        // On PostgreSQL no folder is used.
        let host = async || Host { control: ControlDatabase::connect(&url, 8).await.unwrap(), folder: PathBuf::new() };
        told(name);
        case(host().await, host().await).await;
    }
}

/// Prints the name of a case, for whoever reads why it failed.
#[expect(clippy::print_stderr, reason = "the test harness shows it with a failure")]
fn told(name: &str) {
    eprintln!("case {name}");
}

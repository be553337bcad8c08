//! Tests that databases of every earlier schema are migrated with all their content.
//!
//! A schema is released with its migration: files of `host/store/migrations` are added, and never changed. For each
//! migration there is a file with rows as they were written when it was the latest. A test creates a database from the
//! first migrations and their rows, and opens it with today's host.

use hibob_base::error::HostError;
use hibob_base::job::JobKind;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{AppliedPlan, ApprovalState, ChangeRecord, LinkOrder, Message, TenantDatabase, WhyNone};
use hibob_store::queue::State;
use hibob_tests::setup::in_memory;
use sha2::{Digest, Sha256};
use sqlx::migrate::{Migration, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The released migrations: the SHA-256 of each file, in hex, by its name.
const RELEASED: &str = include_str!("migrations/released.txt");

static CONTROL: Migrator = sqlx::migrate!("../host/store/migrations/control");
static TENANT: Migrator = sqlx::migrate!("../host/store/migrations/tenant");

/// The id of the reference among the rows.
const ISSUED: &str = "0190b3c0-0000-7000-8000-000000000001";

/// Rows from the time when this migration was the latest.
fn rows(schema: &str, version: i64) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("it/migrations/{schema}-{version:04}.sql"));
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

async fn create(path: &Path) -> SqlitePool {
    SqlitePool::connect_with(SqliteConnectOptions::new().filename(path).create_if_missing(true)).await.unwrap()
}

/// A database as it was when `newest` was the latest migration, with rows of every version up to it.
async fn database_of(path: &Path, schema: &str, all: &Migrator, newest: i64) {
    let pool = create(path).await;
    let versions: Vec<i64> =
        all.iter().map(|migration| migration.version).filter(|version| *version <= newest).collect();
    for &version in &versions {
        let until: Vec<Migration> = all.iter().filter(|migration| migration.version <= version).cloned().collect();
        Migrator::with_migrations(until).run(&pool).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(rows(schema, version))).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

fn versions(all: &'static Migrator) -> impl Iterator<Item = i64> {
    all.iter().map(|migration| migration.version)
}

#[tokio::test]
async fn a_tenants_database_of_every_schema_opens_with_all_that_was_in_it() {
    for version in versions(&TENANT) {
        let folder = in_memory();
        fs::create_dir(folder.path().join("tenants")).unwrap();
        database_of(&folder.path().join("tenants/acme.db"), "tenant", &TENANT, version).await;
        let database = TenantDatabase::open(folder.path(), "acme").await.unwrap();

        assert_eq!(database.entry("employee/1").await.unwrap().as_deref(), Some(b"\x01\x02".as_slice()), "{version}");
        let usage = database.storage_usage().await.unwrap();
        assert_eq!((usage.keys, usage.bytes), (2, 2 * 10 + 4), "{version}");
        assert_eq!(database.baseline().await.unwrap()[0].name, "employees", "{version}");
        let runs = database.past_runs(10).await.unwrap();
        assert_eq!(runs.last().map(|run| (run.id, run.started_at, run.trigger.as_str())), Some((1, 100, "manual")));
        assert_eq!(runs.last().unwrap().report["counts"]["created"], 3, "{version}");
        if version >= 2 {
            assert_eq!(database.account_of("1").await.unwrap().as_deref(), Some("a-1"), "{version}");
            let sums = database.ledger_sums(0).await.unwrap();
            assert_eq!((sums.active, sums.archived), (1, 1), "{version}");
        }
        if version >= 3 {
            assert_eq!(runs[runs.len() - 2].trigger, "schedule", "{version}");
            let lines = database.run_updates(2).await.unwrap();
            assert_eq!((lines.len(), lines[0].row.after.as_str()), (1, "Berlin"), "{version}");
        }
        if version >= 5 {
            let reference = database.reference(0).await.unwrap();
            assert_eq!((reference.id.as_str(), reference.departure.employee_id.as_str()), (ISSUED, "2"), "{version}");
            assert_eq!(database.waiting_deliveries().await.unwrap(), 1, "{version}");
            assert_eq!(database.reference_keys().await.unwrap().len(), 1, "{version}");
        }
        if version >= 6 {
            let open = database.open_journal().await.unwrap().unwrap();
            assert_eq!((open.id, open.events.len()), (1, 2), "{version}");
        }
        if version >= 7 {
            let forgotten = database.erasures().await.unwrap();
            assert_eq!((forgotten.len(), forgotten[0].times, forgotten[0].is_complete), (1, 2, true), "{version}");
            assert!(database.run_updates(1).await.unwrap()[0].encrypted.contains("AAAA"), "{version}");
        }
        if version >= 8 {
            let row = database.open_approval(500).await.unwrap().unwrap();
            assert_eq!(
                (row.state, row.decided_by.as_deref()),
                (ApprovalState::Approved, Some("ana@acme.example")),
                "{version}"
            );
        }
        if version >= 9 {
            assert_eq!(database.run_of_job("7@400").await.unwrap().map(|run| run.id), Some(3), "{version}");
        }
        // A plan that an earlier version has saved can be applied where that version has run the tenant.
        assert_eq!(database.epoch().await.unwrap().is_empty(), version >= 6, "{version}");
        if version >= 10 {
            let applied = database.applied_plan("5ea1").await.unwrap();
            assert_eq!(applied, Some(AppliedPlan { at: 600, run: Some(3) }), "{version}");
            let open = database.interrupted_plan().await.unwrap().unwrap();
            assert_eq!((open.interrupted, open.run), (Some((610, "Ctrl-C".to_owned())), Some(3)), "{version}");
            assert_eq!((open.changes, open.finished, open.in_flight), (Some(2), 1, 0), "{version}");
        }
        // A tenant that was synced by an earlier version is not asked to confirm a first sync.
        let first = database.first_sync().await.unwrap();
        assert_eq!(first.is_over, version >= 2, "{version}");
        assert_eq!(first.reactivations_asked_for.len(), usize::from(version >= 15), "{version}");
        if version >= 11 {
            let open = database.open_departures().await.unwrap();
            assert_eq!((open.len(), open[0].seen_at, open[0].why), (1, 700, WhyNone::GraceTime), "{version}");
        }
        if version >= 12 {
            let due = database.due_deliveries(i64::MAX, 0).await.unwrap();
            let notices: Vec<_> = due.iter().filter(|due| due.message == Message::Revocation).collect();
            assert_eq!((notices.len(), notices[0].since), (1, 800), "{version}");
        }
        if version >= 13 {
            let order = LinkOrder { employee_id: "5".to_owned(), account_id: "a-5".to_owned() };
            assert_eq!(database.link_orders().await.unwrap(), [order], "{version}");
            assert!(database.is_unlinked("a-6").await.unwrap(), "{version}");
        }
        assert_eq!(database.on_hold(0).await.unwrap().days().count(), usize::from(version >= 17), "{version}");
        assert_eq!(database.terminated_since(900).await.unwrap(), usize::from(version >= 16), "{version}");
        // A run can take the database over and write.
        let fence = database.take_fence(1_000).await.unwrap();
        let change = ChangeRecord { ledger: None, finished: None, kept: None };
        let entries = BTreeMap::from([("employee/3".to_owned(), Some(vec![7]))]);
        database.record_change(fence, &entries, &change, 500).await.unwrap();
    }
}

#[tokio::test]
async fn a_control_database_of_every_schema_opens_with_all_that_was_in_it() {
    for version in versions(&CONTROL) {
        let folder = in_memory();
        database_of(&folder.path().join("control.db"), "control", &CONTROL, version).await;
        let data = DataDir::open(folder.path()).await.unwrap();

        assert_eq!(data.config("acme").await.unwrap().id, "acme", "{version}");
        let lease = data.control().lease("acme", "a host of today").await.unwrap();
        assert_eq!(lease.generation(), 8, "{version}: the generation goes on");
        if version >= 2 {
            assert_eq!(data.control().disabled_since("globex").await.unwrap(), Some(200), "{version}");
        }
        let disabled = data.control().disabled("globex").await.unwrap();
        let by = disabled.and_then(|disabled| disabled.by);
        assert_eq!(by.as_deref(), (version >= 7).then_some("ana@globex.example"), "{version}");
        if version >= 3 {
            let secrets = data.secrets().list(&data.config("acme").await.unwrap()).await.unwrap();
            assert_eq!(secrets.iter().filter(|secret| secret.entered_at == Some(300)).count(), 1, "{version}");
        }
        if version >= 4 {
            let job = data.queue().get(7).await.unwrap();
            assert_eq!(
                (job.tenant.as_str(), job.kind(), job.state),
                ("acme", JobKind::Sync, State::Queued),
                "{version}"
            );
        }
        if version >= 5 {
            assert_eq!(data.control().tokens().await.unwrap().len(), 1, "{version}");
        }
        let log = data.control().api_log(1).await.unwrap();
        let who = log.first().and_then(|row| row.os_user.as_deref());
        assert_eq!(who, (version >= 6).then_some("ana as hibob"), "{version}");
        // What was stored before there were versions is the first one.
        let versions = data.control().tenant_versions("acme").await.unwrap();
        assert_eq!(versions.last().map(|first| (first.version, first.stored_by.as_str())), Some((1, "file")));
        if (8..10).contains(&version) {
            assert_eq!((versions.len(), versions[0].version, versions[0].stored_at), (2, 7, 600), "{version}");
        }
        let person = versions[0].person.as_deref();
        assert_eq!(person, (version >= 10).then_some("ana@acme.example"), "{version}");
        if version >= 9 {
            let digest = |first: [u8; 2]| first.into_iter().chain([0; 30]).collect::<Vec<u8>>().try_into().unwrap();
            let session = data.control().console_session(&digest([0x5e, 0x55])).await.unwrap().unwrap();
            assert_eq!((session.token.as_str(), session.proved_at), ("8dd866216702", 700), "{version}");
            let taken = data.control().take_console_link(&digest([0x11, 0xca]), 759).await.unwrap();
            assert_eq!(taken, Some(("8dd866216702".to_owned(), "ana@acme.example".to_owned())), "{version}");
        }
        let settled = data.control().settled_steps("acme").await.unwrap();
        assert_eq!(settled.len(), usize::from(version >= 11), "{version}");
    }
}

/// A released file is never changed, since databases to which it was applied could not be opened any more.
#[test]
fn released_migrations_never_change() {
    let mut files = Vec::new();
    for schema in ["control", "postgres", "tenant"] {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../host/store/migrations").join(schema);
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let digest = Sha256::digest(fs::read(&path).unwrap());
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            files.push(format!("{hex}  {schema}/{}", path.file_name().unwrap().to_str().unwrap()));
        }
    }
    files.sort_by(|one, other| one[64..].cmp(&other[64..]));
    let now: String = files.iter().map(|file| format!("{file}\n")).collect();
    assert_eq!(now, RELEASED, "add new migrations to released.txt, with rows of their time; change none that is there");
}

/// A database of a newer version is not changed, and the error says what to do.
#[tokio::test]
async fn a_database_of_a_newer_version_is_not_touched() {
    let folder = in_memory();
    fs::create_dir(folder.path().join("tenants")).unwrap();
    let path = folder.path().join("tenants/acme.db");
    TenantDatabase::open(folder.path(), "acme").await.unwrap();
    let pool = create(&path).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of tomorrow', TRUE, x'00', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let error = TenantDatabase::open(folder.path(), "acme").await.unwrap_err();
    assert!(matches!(error, HostError::Configuration { .. }), "{error:?}");
    assert!(error.to_string().contains("newer version"), "{error}");
    assert!(error.remedy().contains("hibob --version"), "{}", error.remedy());
}

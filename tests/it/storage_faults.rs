//! Tests of a sync whose own storage fails: there is a clear error, and nothing is lost or done twice.

use super::cli::{Fakes, Shell};
use super::references_job::{Office, leave, people};
use hibob_fakes::smtp::{At, MailFault, MailFaultKind};
use hibob_tests::setup::Setup;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// How many accounts of the stand-in have the user name of another one.
fn doubles(fakes: &Fakes) -> usize {
    let state = fakes.get("scim_url", "/_stand-in/state");
    let users = state["users"].as_array().unwrap();
    let names: std::collections::BTreeSet<&str> = users.iter().map(|user| user["userName"].as_str().unwrap()).collect();
    users.len() - names.len()
}

/// Makes every lease lapse, as if half a minute had passed since the crash.
async fn lapse(control: &Path) {
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", control.display())).await.unwrap();
    sqlx::query("UPDATE leases SET expires_at = 0").execute(&pool).await.unwrap();
    pool.close().await;
}

/// The disk becomes full in the middle of a sync, which is simulated by a limit on the size of the program's files.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_run_and_loses_nothing() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "120"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    let mut stopped = 0;
    // The limits are in blocks of 512 bytes. The write-ahead log is the file that grows.
    for blocks in [250, 500, 900, 1_500] {
        let sync = shell.command(&["sync", "acme", "--json"]);
        let output = Command::new("sh")
            .args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")])
            .arg(sync.get_program())
            .args(sync.get_args())
            .envs(sync.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .current_dir(sync.get_current_dir().unwrap())
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        if output.status.code() == Some(5) {
            let error = &report["error"];
            // With the smallest limits even the memory of an instance, which is a file, cannot be created.
            if error["code"] == "STORAGE_FAILED" {
                stopped += 1;
                assert!(error["remedy"].as_str().unwrap().contains("disk not full"), "{error}");
            }
        }
        lapse(&shell.path("data/control.db")).await;
    }
    assert!(stopped > 0, "the limits were too high to stop anything");
    // With enough room, the sync goes on where it stopped.
    let (exit, report) = shell.json(&["sync", "acme"]);
    assert!(exit <= 1, "{report}");
    let (_, plan) = shell.json(&["plan", "acme"]);
    assert_eq!((plan["changes"].as_array().map(Vec::len), doubles(&fakes)), (Some(0), 0), "{plan}");
}

/// An overwritten page of the database is an error that says that the file is damaged, and nothing is changed in
/// TravelPerk.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_changes_nothing() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "120"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    assert!(shell.json(&["sync", "acme"]).0 <= 1);
    let path = shell.path("data/tenants/acme.db");
    // The write-ahead log is merged into the file.
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await.unwrap();
    pool.close().await;
    let good = std::fs::read(&path).unwrap();
    let writes = || fakes.get("rest_url", "/_stand-in/requests")["writes"].as_u64().unwrap();
    let before = writes();
    let mut refused = 0;
    for page in 0..good.len() / 4096 {
        let mut bad = good.clone();
        bad[page * 4096..(page + 1) * 4096].fill(0x5a);
        std::fs::write(&path, bad).unwrap();
        let (exit, report) = shell.json(&["sync", "acme"]);
        if exit == 5 {
            refused += 1;
            assert_eq!(report["error"]["code"], "STORAGE_FAILED", "page {page}: {report}");
            assert!(report["error"]["remedy"].as_str().unwrap().contains("hibob restore"), "{report}");
        }
        if exit > 1 {
            assert_eq!(writes(), before, "page {page}: {report}");
        }
        for name in ["data/tenants/acme.db-wal", "data/tenants/acme.db-shm"] {
            let _ = std::fs::remove_file(shell.path(name));
        }
        if refused == 12 {
            break;
        }
    }
    assert!(refused > 3, "{refused}");
    assert_eq!(doubles(&fakes), 0);
}

/// A database that cannot be written is an error before anything is changed.
#[test]
fn a_read_only_database_changes_nothing() {
    let shell = Shell::new();
    let fakes = Fakes::start(&shell, &["--employees", "20"]);
    shell.run(&["tenant", "apply", "acme.toml"]);
    shell.run(&["plan", "acme"]);
    let path = shell.path("data/tenants/acme.db");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o400)).unwrap();
    let is_root = std::fs::OpenOptions::new().append(true).open(&path).is_ok();
    // A user who may write in spite of the file's mode is kept from it by an attribute, if the file system has that.
    let attribute = |word: &str| Command::new("chattr").arg(word).arg(&path).status().is_ok_and(|done| done.success());
    if is_root && !attribute("+i") {
        return; // nothing here can keep this user from writing a file
    }
    let (exit, report) = shell.json(&["sync", "acme"]);
    let writes = fakes.get("rest_url", "/_stand-in/requests")["writes"].as_u64().unwrap();
    if is_root {
        attribute("-i");
    }
    assert!(exit == 5 || exit == 2, "{report}");
    assert!(report["error"]["remedy"].as_str().unwrap().len() > 10, "{report}");
    assert_eq!(writes, 0);
}

/// After the clock was set back, times that are now in the future block nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_back_holds_nothing_up() {
    let office = Office::of(people(3), "").await;
    office.run().await;
    office.mailbox().faults = vec![MailFault::once(At::Rcpt, MailFaultKind::busy())];
    leave(&mut office.world(), "1", "2026-11-20");
    assert_eq!(office.run().await.waiting, 1);
    let pool = |name: &str| {
        let path = office.setup.data.path().join(name);
        async move { sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap() }
    };
    // The leases of a host that crashed a year in the future.
    let control = pool("control.db").await;
    sqlx::query("UPDATE leases SET expires_at = expires_at + 31536000, holder = 'x'").execute(&control).await.unwrap();
    sqlx::query("UPDATE leases SET expires_at = 2000000000 + 31536000 WHERE expires_at < 40000000")
        .execute(&control)
        .await
        .unwrap();
    let tenant = pool("tenants/acme.db").await;
    for table in [
        "reference_deliveries SET next_at = next_at + 31536000, since = since + 31536000",
        "reference_keys SET signs_from = signs_from + 3",
    ] {
        sqlx::query(sqlx::AssertSqlSafe(format!("UPDATE {table}"))).execute(&tenant).await.unwrap();
    }
    let report = office.run().await;
    assert_eq!((report.delivered, report.error), (1, None));
    // A reference is not dated before the key that signs it.
    leave(&mut office.world(), "2", "2026-11-20");
    assert_eq!(office.run().await.issued, 1);
    let keys = office.keys().await.key_file().await.unwrap();
    let rows = office.setup.data.tenant_database("acme").await.unwrap().references().await.unwrap();
    assert!(rows.iter().all(|row| row.issued_at >= keys.keys[0].created.timestamp()));
}

/// Records beyond their retention are removed at the end of a run. What is still open stays.
#[tokio::test(flavor = "multi_thread")]
async fn records_beyond_their_retention_are_removed() {
    let setup = Setup::of(people(3)).await;
    setup.apply_tenant("acme", "[retention]\nruns_days = 10\nplans_days = 2\n").await;
    assert_eq!(setup.sync().await.created, 3);
    let database = setup.data.tenant_database("acme").await.unwrap();
    let path = setup.data.path().join("tenants/acme.db");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let count = async |table: &str| -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"))).fetch_one(&pool).await.unwrap()
    };
    let age = async |days: i64| {
        sqlx::query("UPDATE runs SET finished_at = finished_at - $1").bind(days * 86_400).execute(&pool).await.unwrap();
    };
    assert_eq!((count("plans").await, count("journals").await, count("journal_events").await), (1, 1, 6));
    age(3).await;
    setup.sync().await;
    assert_eq!((count("plans").await, count("journals").await, count("journal_events").await), (0, 0, 0));
    assert_eq!(database.runs().await.unwrap(), 2);
    assert!(count("run_updates").await > 0);
    age(11).await;
    setup.sync().await;
    assert_eq!((database.runs().await.unwrap(), count("run_updates").await), (1, 0));
}

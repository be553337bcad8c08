//! PostgreSQL only: the server keeps tenants apart, and refuses what would not be kept apart.

use crate::database::control::TENANT_TABLES;
use crate::database::tests::{Server, approvals, empty_row, people, query, record, references};
use crate::database::{ControlDatabase, LedgerEntry, LinkOrder, NewJournal, TenantDatabase};
use futures::future::join_all;
use hibob_base::error::HostError;
use hibob_base::job::RunKind;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

async fn tenant(control: &ControlDatabase, tenant: &str) -> TenantDatabase {
    control.tenant_database(Path::new(""), tenant).await.unwrap()
}

/// Adds a row to each table of a tenant.
async fn fill(database: &TenantDatabase) {
    let fence = references::issuer(database).await;
    let new = NewJournal { saved: Some("5ea1"), ..record::plan("one") };
    let journal = database.begin_journal(fence, &new).await.unwrap();
    database.record_started(fence, journal, "a", 1).await.unwrap();
    record::change(database, fence, journal, "a").await.unwrap();
    let archived = LedgerEntry { account_id: "1".to_owned(), employee_id: "1".to_owned(), archived_at: Some(1) };
    database.write_entries(&BTreeMap::new(), Some(&archived)).await.unwrap();
    let run = record::run(RunKind::Sync, 2, Some(journal));
    database.record_run(fence, &run, Some(&[]), &[empty_row().into()]).await.unwrap();
    let reference = references::reference(0, "1", "2026-01-31");
    assert_eq!(database.record_reference(fence, &reference, None).await.unwrap(), Some(0));
    database.await_approval(fence, &approvals::approval("one")).await.unwrap();
    database.pause_references(Some("restored")).await.unwrap();
    database.put_log_head(1, &[1; 32]).await.unwrap();
    people::fill(database, fence).await;
    database.note_source(fence, 1, "everybody", &[], 0).await.unwrap();
    let order = LinkOrder { employee_id: "8".to_owned(), account_id: "8".to_owned() };
    database.order_links(&[order], 1).await.unwrap();
    database
        .note_cases(fence, &BTreeSet::from([("8".to_owned(), "ADMIN_NOT_ARCHIVED".to_owned())]), &[], 1)
        .await
        .unwrap();
    let given_up = LedgerEntry { account_id: "9".to_owned(), employee_id: "9".to_owned(), archived_at: None };
    database.write_entries(&BTreeMap::new(), Some(&given_up)).await.unwrap();
    assert_eq!(database.unlink("9", 1).await.unwrap(), ["9"]);
    for insert in [
        "INSERT INTO kept_fields (account_id, field) VALUES ('1', 'title')",
        "INSERT INTO reference_departures (employee_id, ended_on, seen_at, why, details) VALUES ('7', '2026-01-31', 1, 'grace-time', '')",
        "INSERT INTO holds (employee_id, until, ends_at, details) VALUES ('7', '2026-12-31', 1, '')",
        "INSERT INTO reference_notices (log_index, message_id, state, since, attempts, next_at, said, changed_at)
         VALUES (0, '<1@x.example>', 'waiting', 1, 0, 1, '', 1)",
    ] {
        query(insert).execute(&database.store).await.unwrap();
    }
    for table in TENANT_TABLES {
        assert!(database.count(table).await > 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_connection_reaches_no_other_tenants_rows() {
    let Some(server) = Server::start("the walls between tenants on PostgreSQL") else { return };
    let url = server.database("walls");
    // So few connections that each is used for every tenant.
    let control = ControlDatabase::connect(&url, 4).await.unwrap();
    let (acme, globex) = (tenant(&control, "acme").await, tenant(&control, "globex").await);
    fill(&acme).await;
    for table in TENANT_TABLES {
        let (own, all) = (["fence", "entries_usage"].contains(&table), format!("SELECT count(*) FROM {table}"));
        assert_eq!(globex.count(table).await, i64::from(own), "{table}");
        // A connection without a tenant reads no rows and can insert none.
        let (seen,): (i64,) = query(all).fetch_one(&control.store).await.unwrap();
        assert_eq!(seen, 0, "{table}");
        for statement in [
            format!("UPDATE {table} SET tenant = 'globex' WHERE tenant = 'acme'"),
            format!("DELETE FROM {table} WHERE tenant = 'acme'"),
        ] {
            assert_eq!(query(statement).execute(&globex.store).await.unwrap(), 0, "{table}");
        }
    }
    let refused = async |database: &TenantDatabase, sql: &'static str| {
        let error = database.execute(sql).await.unwrap_err().to_string();
        assert!(error.contains("row-level security"), "{sql}: {error}");
    };
    refused(&globex, "INSERT INTO entries (tenant, key, value) VALUES ('acme', 'k', 'v')").await;
    refused(&acme, "UPDATE entries SET tenant = 'globex'").await;
    refused(&globex, "INSERT INTO fence (tenant, generation) VALUES ('initech', 9)").await;
    let nobody = query("INSERT INTO entries (key, value) VALUES ('k', 'v')").execute(&control.store).await;
    assert!(nobody.is_err());
    assert_eq!((acme.count("entries").await, acme.fence_generation().await.unwrap()), (1, 1));

    // A connection whose future was dropped in the middle has no tenant when it is lent again.
    for _ in 0..20 {
        let mut dropped = Box::pin(acme.entries("", None, 9, usize::MAX));
        let _ = futures::poll!(&mut dropped);
        drop(dropped);
        let (seen,): (i64,) = query("SELECT count(*) FROM entries").fetch_one(&control.store).await.unwrap();
        assert_eq!((seen, globex.count("entries").await), (0, 0));
    }
    // A removed tenant has no rows left, and the others have all of theirs.
    fill(&globex).await;
    control.forget_tenant("acme").await.unwrap();
    let mut superuser = PgConnection::connect(&server.superuser("walls")).await.unwrap();
    for table in TENANT_TABLES {
        let sql = format!("SELECT DISTINCT tenant FROM {table}");
        let left: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut superuser).await.unwrap();
        assert_eq!(left, ["globex"], "{table}");
    }
}

#[tokio::test]
async fn every_table_of_tenants_is_walled() {
    let Some(server) = Server::start("the tables on PostgreSQL") else { return };
    let url = server.database("tables");
    let hosts = join_all((0..3).map(|_| ControlDatabase::connect(&url, 4))).await;
    assert!(hosts.into_iter().all(|host| host.is_ok()), "three hosts that start at once make the tables once");
    let mut owner = PgConnection::connect(&url).await.unwrap();
    let rows: Vec<(String, bool, bool)> = sqlx::query_as(
        "SELECT relname::text, relrowsecurity AND relforcerowsecurity,
                EXISTS (SELECT 1 FROM pg_policies WHERE tablename = relname AND cmd = 'ALL'
                        AND qual = '(tenant = hibob_tenant())' AND with_check = qual)
         FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let (walled, open): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|(_, is_walled, has_policy)| *is_walled && *has_policy);
    let mut tables = TENANT_TABLES;
    tables.sort_unstable();
    assert_eq!(walled.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), tables);
    let open: Vec<&str> = open.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        open,
        [
            "_sqlx_migrations",
            "audit",
            "console_links",
            "console_sessions",
            "jobs",
            "leases",
            "schedules",
            "secrets",
            "setup_steps",
            "tenant_versions",
            "tenants",
            "tokens"
        ]
    );
    // A page of entries is read by the index, although the policy is checked for each row.
    sqlx::query("SELECT set_config('hibob.tenant', 'acme', false), set_config('enable_seqscan', 'off', false)")
        .execute(&mut owner)
        .await
        .unwrap();
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN (COSTS OFF) SELECT key, value FROM entries WHERE key >= 'a' AND key <> 'a' AND key < 'b' ORDER BY key LIMIT 10",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("Index Scan using entries_pkey") && !plan.contains("Sort"), "{plan}");
    let condition = plan.lines().find(|line| line.contains("Index Cond")).unwrap();
    assert!(condition.contains("tenant =") && condition.contains("key >="), "{plan}");
}

#[tokio::test]
async fn what_would_not_be_kept_apart_or_cannot_be_reached_is_refused() {
    let Some(mut server) = Server::start("refusals of PostgreSQL") else { return };
    let url = server.database("refused");
    let told =
        async |url: &str, connections| -> HostError { ControlDatabase::connect(url, connections).await.unwrap_err() };
    let error = told(&server.superuser("refused"), 4).await;
    assert!(error.to_string().contains("admin is a superuser"), "{error}");
    assert!(error.remedy().contains("CREATE ROLE"), "{}", error.remedy());
    // A role that can become such a role could take the walls down, and so could one that logs in as such and is the
    // host's only then.
    let mut admin = PgConnection::connect(&server.superuser("refused")).await.unwrap();
    let mut run = async |sql: &'static str| sqlx::raw_sql(sql).execute(&mut admin).await.unwrap();
    run("CREATE ROLE keeper BYPASSRLS; CREATE ROLE helpers; GRANT keeper TO helpers;
         CREATE ROLE other LOGIN; GRANT hibob TO other; ALTER ROLE other SET role = hibob")
    .await;
    let other = url.replace("//hibob@", "//other@");
    for (grant, revoke, above, url) in [
        ("GRANT admin TO hibob", "REVOKE admin FROM hibob", "admin", &url),
        ("GRANT helpers TO hibob", "REVOKE helpers FROM hibob", "keeper", &url),
        ("GRANT helpers TO other", "REVOKE helpers FROM other", "keeper", &other),
    ] {
        run(grant).await;
        let error = told(url, 4).await;
        assert!(error.to_string().contains(&format!("hibob can become {above}, which is a superuser")), "{error}");
        run(revoke).await;
    }
    ControlDatabase::connect(&other, 4).await.unwrap();
    for (url, connections, words) in [
        ("postgres://u:geheim@db.example/d?sslmode=prefer", 4, "asks for less than verify-full"),
        ("mysql://u:geheim@h/d", 4, "is not one of PostgreSQL"),
        ("postgres://u:geheim@h:port/d", 4, "cannot be read"),
        ("postgres://u:geheim@h/d?sslmode=geheim", 4, "cannot be read"),
        (url.as_str(), 3, "3 connections"),
    ] {
        let error = told(url, connections).await;
        let shown = format!("{error} {error:?} {}", error.remedy());
        assert!(shown.contains(words) && !shown.contains("geheim"), "{shown}");
    }
    let error = told(&url.replace("/refused?", "/missing?"), 4).await;
    assert!(error.remedy().contains("CREATE DATABASE"), "{error}: {}", error.remedy());

    // The settings of a connection replace the server's own.
    let mut superuser = PgConnection::connect(&server.superuser("refused")).await.unwrap();
    for setting in ["synchronous_commit = off", "default_transaction_isolation = serializable"] {
        let sql = format!("ALTER ROLE hibob SET {setting}");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut superuser).await.unwrap();
    }
    let control = ControlDatabase::connect(&url, 4).await.unwrap();
    for (setting, value) in [
        ("synchronous_commit", "on"),
        ("transaction_isolation", "read committed"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("lock_timeout", "20s"),
        ("hibob.tenant", ""),
    ] {
        let (set,): (String,) =
            query("SELECT current_setting($1)").bind(setting).fetch_one(&control.store).await.unwrap();
        assert_eq!(set, value, "{setting}");
    }

    // A broken connection is an error, and committed rows are there when the server is back.
    let database = tenant(&control, "acme").await;
    fill(&database).await;
    server.stop();
    let error = database.take_fence(2).await.unwrap_err();
    assert_eq!(error.code(), "STORAGE_FAILED");
    assert!(error.remedy().contains("can be reached"), "{error}: {}", error.remedy());
    let error = told(&url, 4).await;
    assert!(!error.to_string().contains("pool") && error.remedy().contains("can be reached"), "{error}");
    server.start_again();
    // Each connection of before is broken, and is noticed when it is used.
    let again = async || -> Result<(i64, i64), HostError> {
        database.take_fence(3).await?;
        let (entries,): (i64,) = query("SELECT count(*) FROM entries").fetch_one(&database.store).await?;
        Ok((entries, database.fence_generation().await?))
    };
    let begun = std::time::Instant::now();
    let found = loop {
        match again().await {
            Ok(found) => break found,
            Err(error) => assert!(begun.elapsed().as_secs() < 120, "{error}"),
        }
    };
    assert_eq!(found, (1, 3));
    let backup = control.copy_to(Path::new("/nowhere")).await.unwrap_err();
    assert!(backup.remedy().contains("pg_dump"), "{backup}");
}

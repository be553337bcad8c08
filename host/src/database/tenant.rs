//! A tenant's own database: what its plugin stores, the accepted baseline, the runs.

use super::{Fence, open, private_dir};
use crate::bindings::types::NamedValue;
use crate::error::HostError;
use crate::workbook::UpdateRow;
use futures::TryStreamExt as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqlitePool, Transaction};
use std::collections::BTreeMap;
use std::path::Path;

/// One tenant's database.
#[derive(Clone, Debug)]
pub struct TenantDatabase {
    pub(super) pool: SqlitePool,
}

/// A finished run, as it is recorded.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// `sync` or `apply`.
    pub kind: &'static str,
    /// What started it: `manual`.
    pub trigger: &'static str,
    /// Unix seconds.
    pub started_at: i64,
    /// Unix seconds.
    pub finished_at: i64,
    /// The exit code that the run ended with.
    pub exit_code: u8,
    /// The run's report, as JSON.
    pub report: String,
    /// The journal of the plan that it applied, which is closed with it.
    pub journal: Option<i64>,
}

/// A run of the past.
#[derive(Clone, Debug)]
pub struct PastRun {
    /// Its number.
    pub id: i64,
    /// `sync` or `apply`.
    pub kind: String,
    /// What started it.
    pub trigger: String,
    /// Unix seconds.
    pub started_at: i64,
    /// Unix seconds.
    pub finished_at: i64,
    /// The exit code that it ended with.
    pub exit_code: i64,
    /// Its report.
    pub report: serde_json::Value,
}

impl PastRun {
    const COLUMNS: &str = "id, kind, trigger, started_at, finished_at, exit_code, report";

    fn read(row: &SqliteRow) -> Result<Self, HostError> {
        let report: String = row.try_get(6)?;
        Ok(Self {
            id: row.try_get(0)?,
            kind: row.try_get(1)?,
            trigger: row.try_get(2)?,
            started_at: row.try_get(3)?,
            finished_at: row.try_get(4)?,
            exit_code: row.try_get(5)?,
            report: serde_json::from_str(&report).unwrap_or_default(),
        })
    }
}

/// A line of a run as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredUpdate {
    /// The line; without whom it is about and the values, where these are sealed.
    pub row: UpdateRow,
    /// These: JSON. Empty where nothing is sealed.
    pub sealed: String,
}

impl From<UpdateRow> for StoredUpdate {
    fn from(row: UpdateRow) -> Self {
        Self { row, sealed: String::new() }
    }
}

/// What was done to an account, for the host's own ledger.
#[derive(Clone, Debug)]
pub struct LedgerEntry {
    /// The target's id.
    pub account_id: String,
    /// HiBob's id.
    pub employee_id: String,
    /// When it was archived, in Unix seconds; none if it is active.
    pub archived_at: Option<i64>,
}

/// What the guards count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerSums {
    /// Active accounts under the sync's care.
    pub active: usize,
    /// Accounts archived lately, and not made active again since.
    pub archived: usize,
}

/// Some of the plugin's entries.
#[derive(Clone, Debug)]
pub struct Entries {
    /// Keys and values, in the order of the keys' bytes.
    pub entries: Vec<(String, Vec<u8>)>,
    /// Whether there may be more.
    pub is_cut: bool,
}

/// How much the plugin's entries take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageUsage {
    /// Keys.
    pub keys: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

impl TenantDatabase {
    /// Opens the tenant's file in the data directory and brings its schema up to date.
    ///
    /// # Errors
    /// The file cannot be used.
    pub async fn open(data_dir: &Path, tenant: &str) -> Result<Self, HostError> {
        let dir = data_dir.join("tenants");
        private_dir(&dir)?;
        let pool = open(&dir.join(format!("{tenant}.db"))).await?;
        sqlx::migrate!("migrations/tenant").run(&pool).await?;
        Ok(Self { pool })
    }

    /// Copies the database into a new file.
    ///
    /// # Errors
    /// The file is there already or cannot be written, or the database is damaged.
    pub async fn copy_to(&self, path: &Path) -> Result<(), HostError> {
        super::copy_to(&self.pool, path).await
    }

    /// The plugin's value under a key.
    ///
    /// # Errors
    /// The database failed.
    pub async fn entry(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        let row = sqlx::query("SELECT value FROM entries WHERE key = ?").bind(key).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// The plugin's entries under a prefix, after a key, in the order of their keys' bytes: at least one if there is one,
    /// at most `limit`, and no more once they hold `bytes_max` bytes.
    ///
    /// # Errors
    /// The database failed.
    pub async fn entries(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Entries, HostError> {
        // A prefix is a range of keys: from itself up to its last possible continuation. There is one lower bound, because
        // SQLite seeks only one: of two it may take the prefix, and go past all earlier pages again.
        let after = after.unwrap_or_default();
        let mut rows = sqlx::query(
            "SELECT key, value FROM entries WHERE key >= ?1 AND key <> ?2 AND key < ?3 || char(1114111) ORDER BY key LIMIT ?4",
        )
        .bind(prefix.max(after))
        .bind(after)
        .bind(prefix)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch(&self.pool);
        let (mut entries, mut bytes) = (Vec::new(), 0);
        while bytes < bytes_max
            && let Some(row) = rows.try_next().await?
        {
            let (key, value): (String, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
            bytes += key.len() + value.len();
            entries.push((key, value));
        }
        let is_cut = bytes >= bytes_max || entries.len() >= limit;
        Ok(Entries { entries, is_cut })
    }

    /// Writes (or, without a value, deletes) the plugin's entries, and notes in the ledger what was done to an account:
    /// all of it or nothing.
    ///
    /// # Errors
    /// The database failed; nothing was written.
    pub async fn write_entries(
        &self,
        entries: &BTreeMap<String, Option<Vec<u8>>>,
        ledger: Option<&LedgerEntry>,
    ) -> Result<(), HostError> {
        let mut transaction = self.pool.begin().await?;
        put_entries(&mut transaction, entries, ledger).await?;
        Ok(transaction.commit().await?)
    }

    /// The account that the host's ledger has for an employee: an active one, and of several the youngest.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account_of(&self, employee_id: &str) -> Result<Option<String>, HostError> {
        let sql = "SELECT account_id FROM accounts WHERE employee_id = ? ORDER BY active DESC, length(account_id) DESC, account_id DESC LIMIT 1";
        let row = sqlx::query(sql).bind(employee_id).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// The employee whose account the host's ledger says that it is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn owner_of(&self, account_id: &str) -> Result<Option<String>, HostError> {
        let sql = "SELECT employee_id FROM accounts WHERE account_id = ?";
        let row = sqlx::query(sql).bind(account_id).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// How much the plugin's entries take.
    ///
    /// # Errors
    /// The database failed.
    pub async fn storage_usage(&self) -> Result<StorageUsage, HostError> {
        let row = sqlx::query("SELECT keys, bytes FROM entries_usage").fetch_one(&self.pool).await?;
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(StorageUsage { keys: number(row.try_get(0)?), bytes: number(row.try_get(1)?) })
    }

    /// What the guards count: active accounts under the sync's care, and accounts archived since a time.
    ///
    /// # Errors
    /// The database failed.
    pub async fn ledger_sums(&self, since_unix_seconds: i64) -> Result<LedgerSums, HostError> {
        let active = sqlx::query("SELECT count(*) FROM accounts WHERE active = 1").fetch_one(&self.pool).await?;
        let archived = sqlx::query(
            "SELECT count(DISTINCT accounts.account_id) FROM archivings
             JOIN accounts ON accounts.account_id = archivings.account_id AND accounts.active = 0
             WHERE archived_at >= ?",
        )
        .bind(since_unix_seconds)
        .fetch_one(&self.pool)
        .await?;
        let sum = |number: i64| usize::try_from(number).unwrap_or_default();
        Ok(LedgerSums { active: sum(active.try_get(0)?), archived: sum(archived.try_get(0)?) })
    }

    /// The baseline of the last accepted run; empty before the first.
    ///
    /// # Errors
    /// The database failed, or holds something else.
    pub async fn baseline(&self) -> Result<Vec<NamedValue>, HostError> {
        let row = sqlx::query("SELECT value FROM baseline").fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(Vec::new()) };
        let json: String = row.try_get(0)?;
        serde_json::from_str(&json)
            .map_err(|error| HostError::Storage(format!("the stored baseline cannot be read: {error}")))
    }

    /// Records a finished run with its lines, and the new baseline if the run was accepted.
    ///
    /// # Errors
    /// The run lost its lock, or the database failed; nothing was written.
    pub async fn record_run(
        &self,
        fence: Fence,
        run: &RunRecord,
        baseline: Option<&[NamedValue]>,
        updates: &[StoredUpdate],
    ) -> Result<i64, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let row = sqlx::query(
            "INSERT INTO runs (kind, trigger, started_at, finished_at, exit_code, report) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(run.kind)
        .bind(run.trigger)
        .bind(run.started_at)
        .bind(run.finished_at)
        .bind(run.exit_code)
        .bind(&run.report)
        .fetch_one(&mut *transaction)
        .await?;
        let id: i64 = row.try_get(0)?;
        for (position, StoredUpdate { row: update, sealed }) in (0_i64..).zip(updates) {
            let query = sqlx::query(
                "INSERT INTO run_updates (run, position, employee_id, name, action, field, before, after, result, sealed)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            );
            let query = query.bind(id).bind(position);
            let texts = [
                &update.employee_id,
                &update.name,
                &update.action,
                &update.field,
                &update.before,
                &update.after,
                &update.result,
                sealed,
            ];
            texts.into_iter().fold(query, |query, text| query.bind(text)).execute(&mut *transaction).await?;
        }
        if let Some(baseline) = baseline {
            let json = serde_json::to_string(baseline).map_err(|error| HostError::Storage(error.to_string()))?;
            sqlx::query(
                "INSERT INTO baseline (id, value) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value",
            )
            .bind(json)
            .execute(&mut *transaction)
            .await?;
        }
        if let Some(journal) = run.journal {
            let close = "UPDATE journals SET run = $1 WHERE id = $2";
            sqlx::query(close).bind(id).bind(journal).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(id)
    }

    /// How the latest run of one of these kinds ended; none before the first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_exit_code(&self, kinds: &[&str]) -> Result<Option<i64>, HostError> {
        let mut last: Option<(i64, i64)> = None;
        for kind in kinds {
            let query = "SELECT id, exit_code FROM runs WHERE kind = $1 ORDER BY id DESC LIMIT 1";
            if let Some(row) = sqlx::query(query).bind(kind).fetch_optional(&self.pool).await? {
                last = last.max(Some((row.try_get(0)?, row.try_get(1)?)));
            }
        }
        Ok(last.map(|(_, exit_code)| exit_code))
    }

    /// The latest runs, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn past_runs(&self, limit: u32) -> Result<Vec<PastRun>, HostError> {
        let sql = format!("SELECT {} FROM runs ORDER BY id DESC LIMIT ?", PastRun::COLUMNS);
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(PastRun::read).collect()
    }

    /// One run.
    ///
    /// # Errors
    /// The database failed.
    pub async fn past_run(&self, id: i64) -> Result<Option<PastRun>, HostError> {
        let sql = format!("SELECT {} FROM runs WHERE id = ?", PastRun::COLUMNS);
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(PastRun::read).transpose()
    }

    /// The lines of one run.
    ///
    /// # Errors
    /// The database failed.
    pub async fn run_updates(&self, run: i64) -> Result<Vec<StoredUpdate>, HostError> {
        let sql = "SELECT employee_id, name, action, field, before, after, result, sealed FROM run_updates WHERE run = ? ORDER BY position";
        let rows = sqlx::query(sql).bind(run).fetch_all(&self.pool).await?;
        let read = |row: &SqliteRow| {
            let update = UpdateRow {
                employee_id: row.try_get(0)?,
                name: row.try_get(1)?,
                action: row.try_get(2)?,
                field: row.try_get(3)?,
                before: row.try_get(4)?,
                after: row.try_get(5)?,
                result: row.try_get(6)?,
                ..UpdateRow::default()
            };
            Ok(StoredUpdate { row: update, sealed: row.try_get(7)? })
        };
        rows.iter().map(read).collect()
    }

    /// How many runs are recorded.
    ///
    /// # Errors
    /// The database failed.
    pub async fn runs(&self) -> Result<i64, HostError> {
        Ok(sqlx::query("SELECT count(*) FROM runs").fetch_one(&self.pool).await?.try_get(0)?)
    }
}

pub(super) async fn put_entries(
    transaction: &mut Transaction<'_, Sqlite>,
    entries: &BTreeMap<String, Option<Vec<u8>>>,
    ledger: Option<&LedgerEntry>,
) -> Result<(), HostError> {
    for (key, value) in entries {
        let query = match value {
            Some(value) => sqlx::query(
                "INSERT INTO entries (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )
            .bind(key)
            .bind(value),
            None => sqlx::query("DELETE FROM entries WHERE key = ?").bind(key),
        };
        query.execute(&mut **transaction).await?;
    }
    if let Some(entry) = ledger {
        sqlx::query(
            "INSERT INTO accounts (account_id, employee_id, active) VALUES (?, ?, ?)
             ON CONFLICT (account_id) DO UPDATE SET employee_id = excluded.employee_id, active = excluded.active",
        )
        .bind(&entry.account_id)
        .bind(&entry.employee_id)
        .bind(entry.archived_at.is_none())
        .execute(&mut **transaction)
        .await?;
        if let Some(at) = entry.archived_at {
            let query = sqlx::query("INSERT INTO archivings (account_id, archived_at) VALUES (?, ?)");
            query.bind(&entry.account_id).bind(at).execute(&mut **transaction).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_prefix_is_read_page_by_page_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = TenantDatabase::open(folder.path(), "acme").await.unwrap();
        let keys = ["a", "link", "link/", "link/1", "link/10", "link/2", "link/\u{10fffe}", "link0", "m"];
        let entries = keys.map(|key| (key.to_owned(), Some(key.as_bytes().to_vec())));
        database.write_entries(&BTreeMap::from(entries), None).await.unwrap();
        for limit in 1..=keys.len() {
            let mut read = Vec::new();
            loop {
                let last = read.last().map(String::as_str);
                let page = database.entries("link/", last, limit, usize::MAX).await.unwrap().entries;
                if page.is_empty() {
                    break;
                }
                read.extend(page.into_iter().map(|(key, _)| key));
            }
            assert_eq!(read, ["link/", "link/1", "link/10", "link/2", "link/\u{10fffe}"], "{limit} a page");
        }
        assert_eq!(database.entries("link/", Some("a"), 1, usize::MAX).await.unwrap().entries[0].0, "link/");
        assert_eq!(database.entries("", None, 10, usize::MAX).await.unwrap().entries.len(), keys.len());
        // Bytes bound a page as well, but for its first entry.
        let bounded = database.entries("link/", None, 10, 1).await.unwrap();
        assert_eq!((bounded.entries.len(), bounded.is_cut), (1, true));
    }
}

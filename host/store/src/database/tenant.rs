//! A tenant's database: the plugin's entries, the ledger, the baseline, and the runs with their rows.

use crate::database::decisions;
use crate::database::engine::{Engine, Transaction};
use crate::database::interruptions::{first_fence, insert_applied};
use crate::database::journal_writer::JournalWriter;
use crate::database::migrate::bring_up_to_date;
use crate::database::statement::{Statement, execute_all, query};
use crate::database::store::Store;
use crate::database::text::Key;
use crate::database::{Fence, open};
use hibob_base::files::private_dir;
use hibob_base::job::{Lane, RunKind};
use hibob_policy::guard::LedgerSums;

use crate::update_row::UpdateRow;
use hibob_base::error::HostError;
use hibob_contract::types::NamedValue;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The database of one tenant.
#[derive(Clone, Debug)]
pub struct TenantDatabase {
    pub(super) store: Store,
    pub(super) journal_writer: Arc<JournalWriter>,
}

/// A finished run that is to be recorded.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// The kind of run.
    pub kind: RunKind,
    /// What started the run, such as `manual`.
    pub trigger: &'static str,
    /// The key of the job that the run was; none if it was started without the queue.
    pub job: Option<String>,
    /// When it started, in Unix seconds.
    pub started_at: i64,
    /// When it finished, in Unix seconds.
    pub finished_at: i64,
    /// The exit code that the run ended with.
    pub exit_code: u8,
    /// The run's report, as JSON.
    pub report: String,
    /// The number of the journal of the plan that the run has applied. The journal is closed when the run is recorded,
    /// unless the run was interrupted.
    pub journal: Option<i64>,
    /// What has interrupted the run on purpose before its plan was applied to its end; none if it came to its end. The
    /// journal then stays open, with this mark.
    pub interrupted_by: Option<String>,
    /// The seal of the saved plan that the run has applied, where that has no changes and so no journal.
    pub saved: Option<String>,
}

/// A run of the history.
#[derive(Clone, Debug)]
pub struct PastRun {
    /// The run's number in the tenant's history.
    pub id: i64,
    /// The kind of run.
    pub kind: RunKind,
    /// What started the run, such as `manual`.
    pub trigger: String,
    /// The key of the job that the run was (`Claimed::key` of the queue); none if it was started without the queue.
    pub job: Option<String>,
    /// When it started, in Unix seconds.
    pub started_at: i64,
    /// When it finished, in Unix seconds.
    pub finished_at: i64,
    /// The exit code that the run ended with.
    pub exit_code: i64,
    /// The run's report.
    pub report: serde_json::Value,
}

/// A run as a list has it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EndedRun {
    /// Its number.
    pub id: i64,
    /// The word of its kind.
    pub kind: String,
    /// What started it.
    pub trigger: String,
    /// When it ended, in Unix seconds.
    pub finished_at: i64,
    /// How it ended.
    pub exit_code: i64,
}

impl PastRun {
    const COLUMNS: &str = "id, kind, trigger, job, started_at, finished_at, exit_code, report";

    fn read(
        (id, kind, trigger, job, started_at, finished_at, exit_code, report): RunColumns,
    ) -> Result<Self, HostError> {
        let report = serde_json::from_str(&report).unwrap_or_default();
        let kind = run_kind(&kind)?;
        Ok(Self { id, kind, trigger, job, started_at, finished_at, exit_code, report })
    }
}

/// The kind of a run by its word in the database.
///
/// # Errors
/// There is no such kind.
pub(super) fn run_kind(word: &str) -> Result<RunKind, HostError> {
    let unknown =
        || HostError::Storage(format!("the database has a run of the unknown kind `{}`", word.escape_debug()));
    RunKind::of_word(word).ok_or_else(unknown)
}

/// A row of a run record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUpdate {
    /// The row. Its personal columns are empty where they are encrypted.
    pub row: UpdateRow,
    /// The encrypted personal columns, as JSON; empty where nothing is encrypted.
    pub encrypted: String,
}

impl From<UpdateRow> for StoredUpdate {
    fn from(row: UpdateRow) -> Self {
        Self { row, encrypted: String::new() }
    }
}
/// [`PastRun::COLUMNS`].
type RunColumns = (i64, String, String, Option<String>, i64, i64, i64, String);

/// An account in the ledger.
#[derive(Clone, Debug)]
pub struct LedgerEntry {
    /// The account's id in the target.
    pub account_id: String,
    /// The employee's id in HiBob.
    pub employee_id: String,
    /// When the account was archived, in Unix seconds; none if it is active.
    pub archived_at: Option<i64>,
}

/// A page of the plugin's entries.
#[derive(Clone, Debug)]
pub struct Entries {
    /// Keys and values, in the order of the keys' bytes.
    pub entries: Vec<(String, Vec<u8>)>,
    /// Whether there may be more.
    pub is_cut: bool,
}

/// The size of the plugin's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageUsage {
    /// The number of keys.
    pub keys: u64,
    /// The bytes of all keys and values.
    pub bytes: u64,
}

impl TenantDatabase {
    fn of(store: Store) -> Self {
        Self { store, journal_writer: Arc::default() }
    }

    /// Opens the tenant's file in the data directory and brings its schema up to date.
    ///
    /// # Errors
    /// The file cannot be used.
    pub async fn open(data_dir: &Path, tenant: &str) -> Result<Self, HostError> {
        let dir = data_dir.join("tenants");
        private_dir(&dir)?;
        let pool = open(&dir.join(format!("{tenant}.db"))).await?;
        bring_up_to_date(&sqlx::migrate!("migrations/tenant"), &pool).await?;
        Ok(Self::of(Store::new(Engine::Sqlite(pool))))
    }

    /// Opens the tenant's rows of a database that all tenants share, and inserts the rows that each tenant has from the
    /// start.
    ///
    /// # Errors
    /// The database failed.
    pub(super) async fn open_shared(host: &Store, tenant: &str) -> Result<Self, HostError> {
        let store = host.of_tenant(tenant);
        for row in [first_fence(), "entries_usage (keys, bytes) VALUES (0, 0)".to_owned()] {
            query(format!("INSERT INTO {row} ON CONFLICT DO NOTHING")).execute(&store).await?;
        }
        Ok(Self::of(store))
    }

    /// Copies the database into a new file.
    ///
    /// # Errors
    /// The database is not a file, the file is there already or cannot be written, or the database is damaged.
    pub async fn copy_to(&self, path: &Path) -> Result<(), HostError> {
        crate::database::copy_to(&self.store, path).await
    }

    /// The plugin's value under a key; none if there is none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn entry(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        let value =
            query("SELECT value FROM entries WHERE key = $1").bind(Key(key)).fetch_optional(&self.store).await?;
        Ok(value.map(|(value,)| value))
    }

    /// The plugin's entries whose keys begin with `prefix` and come after `after`, in the order of the keys' bytes: at
    /// least one if there is one, at most `limit`, and no more after the one with which they reach `bytes_max` bytes.
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
        // A prefix is a range of keys: from the prefix itself up to its last possible continuation. There is one lower
        // bound, because SQLite seeks only one: of two it may take the prefix, and read all earlier pages again.
        let after = after.unwrap_or_default();
        let end = format!("{prefix}{}", char::MAX);
        let rows =
            query("SELECT key, value FROM entries WHERE key >= $1 AND key <> $2 AND key < $3 ORDER BY key LIMIT $4")
                .bind(Key(prefix.max(after)))
                .bind(Key(after))
                .bind(Key(end.as_str()))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut bytes = 0;
        let more = |(Key(key), value): &(Key<String>, Vec<u8>)| {
            bytes += key.len() + value.len();
            bytes < bytes_max
        };
        let entries = rows.fetch_while(&self.store, more).await?;
        let entries: Vec<_> = entries.into_iter().map(|(Key(key), value)| (key, value)).collect();
        let is_cut = bytes >= bytes_max || entries.len() >= limit;
        Ok(Entries { entries, is_cut })
    }

    /// Writes the plugin's entries (one without a value is deleted), and an account of the ledger: all of it or
    /// nothing.
    ///
    /// # Errors
    /// The database failed; nothing was written.
    pub async fn write_entries(
        &self,
        entries: &BTreeMap<String, Option<Vec<u8>>>,
        ledger: Option<&LedgerEntry>,
    ) -> Result<(), HostError> {
        let mut transaction = self.store.begin().await?;
        execute_all(put_entries(&transaction, entries, ledger), &mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// The account that the ledger has for an employee: an active one if there is one, and of several the newest.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account_of(&self, employee_id: &str) -> Result<Option<String>, HostError> {
        let sql = "SELECT account_id FROM accounts WHERE employee_id = $1 ORDER BY active DESC, length(account_id) DESC, account_id DESC LIMIT 1";
        let account = query(sql).bind(employee_id).fetch_optional(&self.store).await?;
        Ok(account.map(|(account,)| account))
    }

    /// The employee whose account this is by the ledger.
    ///
    /// # Errors
    /// The database failed.
    pub async fn owner_of(&self, account_id: &str) -> Result<Option<String>, HostError> {
        let sql = "SELECT employee_id FROM accounts WHERE account_id = $1";
        let employee = query(sql).bind(account_id).fetch_optional(&self.store).await?;
        Ok(employee.map(|(employee,)| employee))
    }

    /// The size of the plugin's entries.
    ///
    /// # Errors
    /// The database failed.
    pub async fn storage_usage(&self) -> Result<StorageUsage, HostError> {
        let (keys, bytes) = query("SELECT keys, bytes FROM entries_usage").fetch_one(&self.store).await?;
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(StorageUsage { keys: number(keys), bytes: number(bytes) })
    }

    /// The ledger's sums, which the guards compare with: managed accounts that are active, and accounts that were
    /// archived since this time (Unix seconds) and are not active again, without those whose archiving a person has
    /// released.
    ///
    /// # Errors
    /// The database failed.
    pub async fn ledger_sums(&self, since_unix_seconds: i64) -> Result<LedgerSums, HostError> {
        let active = "SELECT count(*) FROM accounts WHERE active = 1";
        let (active,) = query(active).fetch_one(&self.store).await?;
        let (archived,) = query(
            "SELECT count(DISTINCT accounts.account_id) FROM archivings
             JOIN accounts ON accounts.account_id = archivings.account_id AND accounts.active = 0
             WHERE archived_at >= $1 AND released = 0",
        )
        .bind(since_unix_seconds)
        .fetch_one(&self.store)
        .await?;
        let sum = |number: i64| usize::try_from(number).unwrap_or_default();
        Ok(LedgerSums { active: sum(active), archived: sum(archived) })
    }

    /// The baseline of the last accepted run; empty before the first.
    ///
    /// # Errors
    /// The database failed, or what it has cannot be read.
    pub async fn baseline(&self) -> Result<Vec<NamedValue>, HostError> {
        let value: Option<(String,)> = query("SELECT value FROM baseline").fetch_optional(&self.store).await?;
        let Some((json,)) = value else { return Ok(Vec::new()) };
        serde_json::from_str(&json)
            .map_err(|error| HostError::Storage(format!("the stored baseline cannot be read: {error}")))
    }

    /// Records a finished run with its rows, and the new baseline if the run was accepted. Returns the run's number.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn record_run(
        &self,
        fence: Fence,
        run: &RunRecord,
        baseline: Option<&[NamedValue]>,
        updates: &[StoredUpdate],
    ) -> Result<i64, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let (id,) = query(
            "INSERT INTO runs (kind, trigger, job, started_at, finished_at, exit_code, report)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        )
        .bind(run.kind.word())
        .bind(run.trigger)
        .bind(run.job.as_deref())
        .bind(run.started_at)
        .bind(run.finished_at)
        .bind(i64::from(run.exit_code))
        .bind(&run.report)
        .fetch_one(&mut transaction)
        .await?;
        for (position, StoredUpdate { row: update, encrypted }) in (0_i64..).zip(updates) {
            let insert = query(
                "INSERT INTO run_updates (run, position, employee_id, name, action, field, before, after, result, sealed)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            );
            let insert = insert.bind(id).bind(position);
            let UpdateRow { employee_id, name, action, field, before, after, result, before_of: _, after_of: _ } =
                update;
            let texts = [employee_id, name, action, field, before, after, result, encrypted];
            texts.into_iter().fold(insert, |insert, text| insert.bind(text)).execute(&mut transaction).await?;
        }
        if let Some(baseline) = baseline {
            let json = serde_json::to_string(baseline).map_err(|error| HostError::Storage(error.to_string()))?;
            query("DELETE FROM baseline").execute(&mut transaction).await?;
            query("INSERT INTO baseline (id, value) VALUES (1, $1)").bind(&json).execute(&mut transaction).await?;
        }
        match (run.journal, &run.interrupted_by) {
            (Some(journal), Some(by)) => {
                let mark = "UPDATE journals SET interrupted_at = coalesce(interrupted_at, $1),
                            interrupted_by = coalesce(interrupted_by, $2), interrupted_run = $3, told_generation = $4
                            WHERE id = $5";
                let mark = query(mark).bind(run.finished_at).bind(by).bind(id).bind(fence.generation());
                mark.bind(journal).execute(&mut transaction).await?;
            }
            (Some(journal), None) => {
                for close in [
                    "UPDATE journals SET run = $1 WHERE id = $2",
                    "UPDATE applied_plans SET run = $1 WHERE journal = $2",
                ] {
                    query(close).bind(id).bind(journal).execute(&mut transaction).await?;
                }
            }
            (None, _) => {}
        }
        if let Some(saved) = &run.saved {
            insert_applied(&mut transaction, saved, run.started_at, None, Some(id)).await?;
        }
        transaction.commit().await?;
        Ok(id)
    }

    /// The exit code of the latest run of this lane; none before the first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_exit_code(&self, lane: Lane) -> Result<Option<i64>, HostError> {
        let mut last: Option<(i64, i64)> = None;
        for kind in RunKind::ALL.iter().filter(|kind| kind.lane() == lane) {
            let sql = "SELECT id, exit_code FROM runs WHERE kind = $1 ORDER BY id DESC LIMIT 1";
            last = last.max(query(sql).bind(kind.word()).fetch_optional(&self.store).await?);
        }
        Ok(last.map(|(_, exit_code)| exit_code))
    }

    /// The latest run of this lane; none before the first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_run(&self, lane: Lane) -> Result<Option<PastRun>, HostError> {
        let mut last: Option<RunColumns> = None;
        for kind in RunKind::ALL.iter().filter(|kind| kind.lane() == lane) {
            let sql = format!("SELECT {} FROM runs WHERE kind = $1 ORDER BY id DESC LIMIT 1", PastRun::COLUMNS);
            let row: Option<RunColumns> = query(sql).bind(kind.word()).fetch_optional(&self.store).await?;
            last = [last, row].into_iter().flatten().max_by_key(|row| row.0);
        }
        last.map(PastRun::read).transpose()
    }

    /// The latest runs, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn past_runs(&self, limit: u32) -> Result<Vec<PastRun>, HostError> {
        let sql = format!("SELECT {} FROM runs ORDER BY id DESC LIMIT $1", PastRun::COLUMNS);
        let rows = query(sql).bind(i64::from(limit)).fetch_all(&self.store).await?;
        rows.into_iter().map(PastRun::read).collect()
    }

    /// The latest runs that began at `from` or later and before `until`, the newest first. Both are Unix seconds.
    ///
    /// # Errors
    /// The database failed.
    pub async fn past_runs_between(&self, from: i64, until: i64, limit: u32) -> Result<Vec<PastRun>, HostError> {
        let sql = format!(
            "SELECT {} FROM runs WHERE started_at >= $1 AND started_at < $2 ORDER BY id DESC LIMIT $3",
            PastRun::COLUMNS
        );
        let rows = query(sql).bind(from).bind(until).bind(i64::from(limit)).fetch_all(&self.store).await?;
        rows.into_iter().map(PastRun::read).collect()
    }

    /// The runs that ended before a moment; of those that ended in its very second, the ones with a number below `id`. The
    /// newest first, without what they did.
    ///
    /// # Errors
    /// The database failed.
    pub async fn runs_before(&self, (at, id): (i64, i64), limit: u32) -> Result<Vec<EndedRun>, HostError> {
        let rows = query(
            "SELECT id, kind, trigger, finished_at, exit_code FROM runs
             WHERE finished_at <= $1 AND (finished_at < $1 OR id < $2) ORDER BY finished_at DESC, id DESC LIMIT $3",
        );
        Ok(rows.bind(at).bind(id).bind(i64::from(limit)).fetch_all(&self.store).await?)
    }

    /// One run by its number; none if it is not recorded.
    ///
    /// # Errors
    /// The database failed.
    pub async fn past_run(&self, id: i64) -> Result<Option<PastRun>, HostError> {
        let sql = format!("SELECT {} FROM runs WHERE id = $1", PastRun::COLUMNS);
        query(sql).bind(id).fetch_optional(&self.store).await?.map(PastRun::read).transpose()
    }

    /// The run of a job, by the job's key; none if no run of it is recorded.
    ///
    /// # Errors
    /// The database failed.
    pub async fn run_of_job(&self, job: &str) -> Result<Option<PastRun>, HostError> {
        let sql = format!("SELECT {} FROM runs WHERE job = $1", PastRun::COLUMNS);
        let row: Option<RunColumns> = query(sql).bind(job).fetch_optional(&self.store).await?;
        row.map(PastRun::read).transpose()
    }

    /// The rows of one run, in their order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn run_updates(&self, run: i64) -> Result<Vec<StoredUpdate>, HostError> {
        let sql = "SELECT employee_id, name, action, field, before, after, result, sealed FROM run_updates
                   WHERE run = $1 ORDER BY position";
        let rows = query(sql).bind(run).fetch_all(&self.store).await?;
        let read = |(employee_id, name, action, field, before, after, result, encrypted)| {
            let (before_of, after_of) = (None, None); // encrypted together with the values
            let row = UpdateRow { employee_id, name, action, field, before, after, result, before_of, after_of };
            StoredUpdate { row, encrypted }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// How many runs are recorded.
    ///
    /// # Errors
    /// The database failed.
    pub async fn runs(&self) -> Result<i64, HostError> {
        let (runs,) = query("SELECT count(*) FROM runs").fetch_one(&self.store).await?;
        Ok(runs)
    }
}

/// The statements that write entries of the plugin's storage, and what the ledger gets, for the engine of `on`.
pub(super) fn put_entries<'r>(
    on: &Transaction,
    entries: &'r BTreeMap<String, Option<Vec<u8>>>,
    ledger: Option<&'r LedgerEntry>,
) -> Vec<Statement<'r>> {
    let of_tenant = on.of_tenant();
    let put = format!(
        "INSERT INTO entries (key, value) VALUES ($1, $2)
         ON CONFLICT ({of_tenant}key) DO UPDATE SET value = excluded.value"
    );
    let entry = |(key, value): (&'r String, &'r Option<Vec<u8>>)| match value {
        Some(value) => query(put.clone()).bind(Key(key.as_str())).bind(value),
        None => query("DELETE FROM entries WHERE key = $1").bind(Key(key.as_str())),
    };
    let mut statements: Vec<_> = entries.iter().map(entry).collect();
    let Some(entry) = ledger else { return statements };
    let account = query(format!(
        "INSERT INTO accounts (account_id, employee_id, active) VALUES ($1, $2, $3)
         ON CONFLICT ({of_tenant}account_id)
         DO UPDATE SET employee_id = excluded.employee_id, active = excluded.active"
    ));
    let is_active = i64::from(entry.archived_at.is_none());
    statements.push(account.bind(&entry.account_id).bind(&entry.employee_id).bind(is_active));
    if let Some(at) = entry.archived_at {
        let insert = query("INSERT INTO archivings (account_id, archived_at) VALUES ($1, $2)");
        statements.push(insert.bind(&entry.account_id).bind(at));
    }
    statements.extend(decisions::in_ledger(on, entry));
    statements
}

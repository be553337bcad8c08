//! The journal of a plan that is being applied, and the fencing token under which a run writes.

use crate::database::engine::Transaction;
use crate::database::guard_facts::KeptFields;
use crate::database::interruptions::insert_applied;
use crate::database::journal_writer::Record;
use crate::database::statement::{Statement, query};
use crate::database::tenant::run_kind;
use crate::database::tenant::{LedgerEntry, TenantDatabase};
use hibob_base::error::HostError;
use hibob_base::job::RunKind;
use std::collections::BTreeMap;

/// A run's fencing token: the generation of its lease. A run that takes the tenant over raises the token, and from then
/// on the earlier run writes nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    generation: i64,
}

impl Fence {
    /// The token of the run whose lease has this generation. It permits no write by itself: each write compares it.
    pub fn new(generation: i64) -> Self {
        Self { generation }
    }

    /// The generation of the run's lease.
    pub fn generation(self) -> i64 {
        self.generation
    }
}

/// A journal that is to be opened, when a run begins to apply a plan.
#[derive(Clone, Copy, Debug)]
pub struct NewJournal<'j> {
    /// The kind of run that applies it.
    pub kind: RunKind,
    /// When the run began, in Unix seconds.
    pub started_at: i64,
    /// The SHA-256 of `plan`.
    pub digest: &'j str,
    /// The plan: JSON.
    pub plan: &'j [u8],
    /// What the guards hold of it: JSON.
    pub held: &'j str,
    /// The digest of the settings that it was made with.
    pub settings: &'j str,
    /// The digest of the plugin that made it.
    pub plugin: &'j str,
    /// How many changes the plan has.
    pub changes: i64,
    /// The key of the job that applies it; none if it is applied without the queue.
    pub job: Option<&'j str>,
    /// The seal of the saved plan that it is; none if it was not saved.
    pub saved: Option<&'j str>,
}

/// A journal that is open: its plan is not applied to its end.
#[derive(Clone, Debug)]
pub struct OpenJournal {
    /// The journal's number.
    pub id: i64,
    /// The kind of run that applied it.
    pub kind: RunKind,
    /// When the run began, in Unix seconds.
    pub started_at: i64,
    /// The SHA-256 of the plan.
    pub digest: String,
    /// The plan: JSON.
    pub plan: Vec<u8>,
    /// What the guards hold of it: JSON.
    pub held: String,
    /// The digest of the settings that it was made with.
    pub settings: String,
    /// The digest of the plugin that made it.
    pub plugin: String,
    /// Whether it is a saved plan.
    pub is_saved: bool,
    /// The key of the job that applies it; none if it is applied without the queue.
    pub job: Option<String>,
    /// What has interrupted it on purpose; none after a crash.
    pub interrupted_by: Option<String>,
    /// The history has the changes that ended up to this generation; 0 if it has none of them.
    pub told_generation: i64,
    /// The events so far, in their order.
    pub events: Vec<EventRow>,
}

/// An event of a journal: a change was begun, or it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The change's id in the journal.
    pub change: String,
    /// Whether the change ended; otherwise it was begun.
    pub is_finished: bool,
    /// The result of a change that ended, as JSON; empty if it was begun.
    pub made: String,
    /// The fencing token's generation of the run that wrote the event.
    pub generation: i64,
}

/// What is stored about one call for a change, beside the plugin's entries.
#[derive(Clone, Debug, Default)]
pub struct ChangeRecord {
    /// What was done to an account, for the ledger.
    pub ledger: Option<LedgerEntry>,
    /// The end of a change: the journal's number, the change's id, and the result as JSON.
    pub finished: Option<(i64, String, String)>,
    /// What was done to the fields that an adopted account keeps.
    pub kept: Option<KeptFields>,
}

impl ChangeRecord {
    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.ledger.is_none() && self.finished.is_none()
    }
}

/// An archiving gets what was noted of the plan that it is of: that a person has released its archivings, and that it has
/// terminations only.
pub(super) const ARCHIVING_MARKS: [&str; 2] = [
    "UPDATE archivings SET released = 1 WHERE account_id = $1 AND archived_at = $2
     AND EXISTS (SELECT id FROM journals WHERE id = $3 AND released_archivings = 1)",
    "UPDATE archivings SET terminations = 1 WHERE account_id = $1 AND archived_at = $2
     AND EXISTS (SELECT id FROM journals WHERE id = $3 AND terminations = 1)",
];

impl TenantDatabase {
    /// Raises the fencing token to this generation: from then on no earlier run can write.
    ///
    /// # Errors
    /// A later run has raised the token further, or the database failed.
    pub async fn take_fence(&self, generation: i64) -> Result<Fence, HostError> {
        let raise = query("UPDATE fence SET generation = $1 WHERE generation <= $1").bind(generation);
        if raise.execute(&self.store).await? == 1 {
            return Ok(Fence { generation });
        }
        Err(HostError::LockLost(
            "another run has taken this tenant over, or the databases were restored from backups of different age"
                .to_owned(),
        ))
    }

    /// The generation of the current fencing token.
    ///
    /// # Errors
    /// The database failed.
    pub async fn fence_generation(&self) -> Result<i64, HostError> {
        let (generation,) = query("SELECT generation FROM fence").fetch_one(&self.store).await?;
        Ok(generation)
    }

    /// Whether this fencing token is the current one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn holds(&self, fence: Fence) -> Result<bool, HostError> {
        let holds = query("SELECT 1 FROM fence WHERE generation = $1").bind(fence.generation);
        Ok(holds.finds(&self.store).await?)
    }

    /// Checks that this fencing token is the current one, before something is sent that must not be sent twice.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed.
    pub async fn require(&self, fence: Fence) -> Result<(), HostError> {
        if self.holds(fence).await? { Ok(()) } else { Err(lost()) }
    }

    /// Begins a transaction that excludes all other writes to the tenant's database.
    pub(super) async fn begin_exclusive(&self) -> Result<Transaction, HostError> {
        Ok(self.begin_locked().await?.0)
    }

    /// Begins an exclusive transaction, and reads the generation of the current fencing token. The token's row is
    /// locked, so a run that takes the tenant over waits for this transaction.
    async fn begin_locked(&self) -> Result<(Transaction, i64), HostError> {
        // It may write from its start: a transaction that reads first could not be sure to get the write lock later.
        let mut transaction = self.store.begin().await?;
        let lock = query(format!("SELECT generation FROM fence {}", transaction.for_update()));
        // None: the tenant was removed meanwhile.
        let (generation,) = lock.fetch_optional(&mut transaction).await?.ok_or_else(lost)?;
        Ok((transaction, generation))
    }

    /// Begins an exclusive transaction, if this fencing token is the current one.
    pub(super) async fn begin_fenced(&self, fence: Fence) -> Result<Transaction, HostError> {
        let (transaction, generation) = self.begin_locked().await?;
        if generation == fence.generation { Ok(transaction) } else { Err(lost()) }
    }

    /// Records a plan before anything of it is applied. Returns the journal's number.
    ///
    /// # Errors
    /// The run has lost its lease, another journal is open, the saved plan was applied before, or the database failed;
    /// nothing was written.
    pub async fn begin_journal(&self, fence: Fence, new: &NewJournal<'_>) -> Result<i64, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let id = insert_journal(&mut transaction, new).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// The open journal with its plan, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_journal(&self) -> Result<Option<OpenJournal>, HostError> {
        let row = query(
            "SELECT id, kind, started_at, plan, held, settings, plugin, plans.content, job, interrupted_by,
                coalesce(told_generation, 0), (SELECT count(*) FROM applied_plans WHERE journal = journals.id)
             FROM journals JOIN plans ON plans.digest = journals.plan WHERE run IS NULL",
        );
        let Some(row) = row.fetch_optional(&self.store).await? else { return Ok(None) };
        let (id, kind, started_at, digest, held, settings, plugin, plan, job, interrupted_by, told_generation, saved) =
            row;
        let events =
            query("SELECT change, event, made, generation FROM journal_events WHERE journal = $1 ORDER BY sequence");
        let events: Vec<(String, String, String, i64)> = events.bind(id).fetch_all(&self.store).await?;
        let read =
            |(change, event, made, generation)| EventRow { change, is_finished: event == "finished", made, generation };
        let events = events.into_iter().map(read).collect();
        let (kind, saved): (String, i64) = (kind, saved);
        let kind = run_kind(&kind)?;
        Ok(Some(OpenJournal {
            id,
            kind,
            started_at,
            digest,
            plan,
            held,
            settings,
            plugin,
            is_saved: saved > 0,
            job,
            interrupted_by,
            told_generation,
            events,
        }))
    }

    /// When the plan was begun whose journal is open, in Unix seconds; none if no journal is open.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_journal_since(&self) -> Result<Option<i64>, HostError> {
        let row = query("SELECT started_at FROM journals WHERE run IS NULL").fetch_optional(&self.store).await?;
        Ok(row.map(|(started_at,)| started_at))
    }

    /// Removes runs from before one time, and plans with their journals and approvals from before another (Unix
    /// seconds). A plan stays while its journal is open, while it waits and while it is approved.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was removed.
    pub async fn prune(&self, fence: Fence, runs_before: i64, plans_before: i64) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let journals = "DELETE FROM journals WHERE run IN (SELECT id FROM runs WHERE finished_at < $1)";
        query(journals).bind(plans_before.max(runs_before)).execute(&mut transaction).await?;
        let approvals = "DELETE FROM approvals WHERE ended_at < $1";
        query(approvals).bind(plans_before.max(runs_before)).execute(&mut transaction).await?;
        let plans =
            "DELETE FROM plans WHERE digest NOT IN (SELECT plan FROM journals UNION SELECT plan FROM approvals)";
        query(plans).execute(&mut transaction).await?;
        query("DELETE FROM runs WHERE finished_at < $1").bind(runs_before).execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Records that a change is begun, before its first request leaves.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed.
    pub async fn record_started(&self, fence: Fence, journal: i64, change: &str, now: i64) -> Result<(), HostError> {
        self.write_record(fence, Record::Started { journal, change: change.to_owned(), at: now }).await
    }

    /// Stores what the call for a change wrote to the plugin's storage, together with the ledger and the journal: all
    /// of it or nothing.
    ///
    /// # Errors
    /// The run has lost its lease, the change has ended already, or the database failed; nothing was written.
    pub async fn record_change(
        &self,
        fence: Fence,
        entries: &BTreeMap<String, Option<Vec<u8>>>,
        record: &ChangeRecord,
        now: i64,
    ) -> Result<(), HostError> {
        self.write_record(fence, Record::Made { entries: entries.clone(), record: record.clone(), at: now }).await
    }

    /// Notes that a person has released the archivings of a plan, before anything of it is applied: they do not count
    /// among those of the last days.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn note_released(&self, fence: Fence, journal: i64) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let note = query("UPDATE journals SET released_archivings = 1 WHERE id = $1").bind(journal);
        note.execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Notes that a plan has terminations only, before anything of it is applied: its archivings are counted by
    /// themselves, beside all others.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed.
    pub async fn note_terminations(&self, fence: Fence, journal: i64) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let note = query("UPDATE journals SET terminations = 1 WHERE id = $1").bind(journal);
        note.execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// How many accounts were archived since then (Unix seconds) by plans that had terminations only, and are not
    /// active again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn terminated_since(&self, since_unix_seconds: i64) -> Result<usize, HostError> {
        let asked = query(
            "SELECT count(DISTINCT accounts.account_id) FROM archivings
             JOIN accounts ON accounts.account_id = archivings.account_id AND accounts.active = 0
             WHERE archived_at >= $1 AND terminations = 1",
        );
        let (number,): (i64,) = asked.bind(since_unix_seconds).fetch_one(&self.store).await?;
        Ok(usize::try_from(number).unwrap_or_default())
    }
}

/// Stores a plan, unless it is there already.
pub(super) async fn insert_plan(transaction: &mut Transaction, digest: &str, plan: &[u8]) -> Result<(), HostError> {
    query("INSERT INTO plans (digest, content) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(digest)
        .bind(plan)
        .execute(transaction)
        .await?;
    Ok(())
}

/// Stores a plan, and opens a journal of it.
pub(super) async fn insert_journal(transaction: &mut Transaction, new: &NewJournal<'_>) -> Result<i64, HostError> {
    insert_plan(transaction, new.digest, new.plan).await?;
    let insert = query(
        "INSERT INTO journals (kind, started_at, plan, held, settings, plugin, changes, job)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
    );
    let insert = insert.bind(new.kind.word()).bind(new.started_at).bind(new.digest).bind(new.held).bind(new.settings);
    let insert = insert.bind(new.plugin).bind(new.changes).bind(new.job);
    let (id,) = insert.fetch_one(&mut *transaction).await?;
    if let Some(saved) = new.saved {
        insert_applied(transaction, saved, new.started_at, Some(id), None).await?;
    }
    Ok(id)
}

fn lost() -> HostError {
    HostError::LockLost("this run has lost its lease to another one".to_owned())
}

/// The statement that adds an event to a journal: that a change begins, or how it ended.
pub(super) fn put_event<'r>(
    fence: Fence,
    journal: i64,
    change: &'r str,
    made: Option<&'r str>,
    now: i64,
) -> Statement<'r> {
    query("INSERT INTO journal_events (journal, generation, change, event, made, at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(journal)
        .bind(fence.generation)
        .bind(change)
        .bind(if made.is_some() { "finished" } else { "started" })
        .bind(made.unwrap_or_default())
        .bind(now)
}

//! The journal of a plan that is being applied, and the fence around it.

use crate::database::engine::Transaction;
use crate::database::statement::query;
use crate::database::tenant::{LedgerEntry, TenantDatabase, put_entries};
use hibob_base::error::HostError;
use std::collections::BTreeMap;

/// A run's right to write: the generation of its lease. A run that takes the tenant over raises it, and from then on
/// nothing of the earlier one is written any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    generation: i64,
}

impl Fence {
    /// The right of the run with this generation. It permits no write by itself: each write compares it.
    pub fn new(generation: i64) -> Self {
        Self { generation }
    }

    /// The generation of its lease.
    pub fn generation(self) -> i64 {
        self.generation
    }
}

/// A plan that begins to be applied.
#[derive(Clone, Copy, Debug)]
pub struct NewJournal<'j> {
    /// `sync` or `apply`.
    pub kind: &'j str,
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
}

/// A plan whose application has not come to its end.
#[derive(Clone, Debug)]
pub struct OpenJournal {
    /// Its number.
    pub id: i64,
    /// `sync` or `apply`.
    pub kind: String,
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
    /// What happened so far, in order.
    pub events: Vec<EventRow>,
}

/// Something that happened to a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The change's id in the plan.
    pub change: String,
    /// Whether it ended; else it began.
    pub is_finished: bool,
    /// What came of it: JSON; empty if it began.
    pub made: String,
    /// The generation of the run that wrote it.
    pub generation: i64,
}

/// What is kept of one call for a change.
#[derive(Clone, Debug, Default)]
pub struct ChangeRecord {
    /// What was done to an account.
    pub ledger: Option<LedgerEntry>,
    /// In the journal of this number: what came of the change of this id, as JSON.
    pub finished: Option<(i64, String, String)>,
}

impl ChangeRecord {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.ledger.is_none() && self.finished.is_none()
    }
}

impl TenantDatabase {
    /// Takes the right to write over from every earlier run.
    ///
    /// # Errors
    /// A later run has it already, or the database failed.
    pub async fn take_fence(&self, generation: i64) -> Result<Fence, HostError> {
        let raise = query("UPDATE fence SET generation = $1 WHERE generation <= $1").bind(generation);
        if raise.execute(&self.store).await? == 1 {
            return Ok(Fence { generation });
        }
        Err(HostError::LockLost(
            "another run has taken this tenant over, or control.db is from an older backup than the tenant's database"
                .to_owned(),
        ))
    }

    /// The generation of the run that took the right to write last.
    ///
    /// # Errors
    /// The database failed.
    pub async fn fence_generation(&self) -> Result<i64, HostError> {
        let (generation,) = query("SELECT generation FROM fence").fetch_one(&self.store).await?;
        Ok(generation)
    }

    /// Whether nobody has taken the right to write over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn holds(&self, fence: Fence) -> Result<bool, HostError> {
        let holds = query("SELECT 1 FROM fence WHERE generation = $1").bind(fence.generation);
        Ok(holds.finds(&self.store).await?)
    }

    /// Fails if somebody has taken the right to write over: what is sent next must not be sent twice.
    ///
    /// # Errors
    /// The run lost its lock, or the database failed.
    pub async fn require(&self, fence: Fence) -> Result<(), HostError> {
        if self.holds(fence).await? { Ok(()) } else { Err(lost()) }
    }

    /// A transaction that no other write to the tenant's database comes between.
    pub(super) async fn begin_exclusive(&self) -> Result<Transaction, HostError> {
        Ok(self.begin_locked().await?.0)
    }

    /// The same, and the generation of the fence. The fence's row is locked, which a run that takes it over waits for.
    async fn begin_locked(&self) -> Result<(Transaction, i64), HostError> {
        // With the right to write from its start: one that reads first may find that it comes too late.
        let mut transaction = self.store.begin().await?;
        let lock = query(format!("SELECT generation FROM fence {}", transaction.for_update()));
        // None: the tenant was forgotten meanwhile.
        let (generation,) = lock.fetch_optional(&mut transaction).await?.ok_or_else(lost)?;
        Ok((transaction, generation))
    }

    /// A transaction that writes only while the fence holds.
    pub(super) async fn begin_fenced(&self, fence: Fence) -> Result<Transaction, HostError> {
        let (transaction, generation) = self.begin_locked().await?;
        if generation == fence.generation { Ok(transaction) } else { Err(lost()) }
    }

    /// Records a plan before anything of it is applied. Returns the journal's number.
    ///
    /// # Errors
    /// The run lost its lock, another journal is open, or the database failed; nothing was written.
    pub async fn begin_journal(&self, fence: Fence, new: &NewJournal<'_>) -> Result<i64, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let id = insert_journal(&mut transaction, new).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// The plan whose application has not come to its end, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_journal(&self) -> Result<Option<OpenJournal>, HostError> {
        let row = query(
            "SELECT id, kind, started_at, plan, held, settings, plugin, plans.content
             FROM journals JOIN plans ON plans.digest = journals.plan WHERE run IS NULL",
        );
        let Some(row) = row.fetch_optional(&self.store).await? else { return Ok(None) };
        let (id, kind, started_at, digest, held, settings, plugin, plan) = row;
        let events =
            query("SELECT change, event, made, generation FROM journal_events WHERE journal = $1 ORDER BY sequence");
        let events: Vec<(String, String, String, i64)> = events.bind(id).fetch_all(&self.store).await?;
        let read =
            |(change, event, made, generation)| EventRow { change, is_finished: event == "finished", made, generation };
        let events = events.into_iter().map(read).collect();
        Ok(Some(OpenJournal { id, kind, started_at, digest, plan, held, settings, plugin, events }))
    }

    /// Removes runs of the history, and plans that were applied or decided about with their journals, from before these
    /// times (Unix seconds). A plan that is not applied to its end, waits or is approved stays.
    ///
    /// # Errors
    /// The run lost its lock, or the database failed; nothing was removed.
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

    /// Records that a change begins, before its first request leaves.
    ///
    /// # Errors
    /// The run lost its lock, or the database failed.
    pub async fn record_started(&self, fence: Fence, journal: i64, change: &str, now: i64) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        put_event(&mut transaction, fence, journal, change, None, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Keeps what a call for a change wrote to the storage, together with the ledger and the journal: all of it or
    /// nothing.
    ///
    /// # Errors
    /// The run lost its lock, the change was finished before, or the database failed; nothing was written.
    pub async fn record_change(
        &self,
        fence: Fence,
        entries: &BTreeMap<String, Option<Vec<u8>>>,
        record: &ChangeRecord,
        now: i64,
    ) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        put_entries(&mut transaction, entries, record.ledger.as_ref()).await?;
        if let Some((journal, change, made)) = &record.finished {
            put_event(&mut transaction, fence, *journal, change, Some(made), now).await?;
        }
        Ok(transaction.commit().await?)
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
        "INSERT INTO journals (kind, started_at, plan, held, settings, plugin) VALUES ($1, $2, $3, $4, $5, $6)
         RETURNING id",
    );
    let insert = insert.bind(new.kind).bind(new.started_at).bind(new.digest).bind(new.held).bind(new.settings);
    let (id,) = insert.bind(new.plugin).fetch_one(transaction).await?;
    Ok(id)
}

fn lost() -> HostError {
    HostError::LockLost("this run lost its lock to another one".to_owned())
}

async fn put_event(
    transaction: &mut Transaction,
    fence: Fence,
    journal: i64,
    change: &str,
    made: Option<&str>,
    now: i64,
) -> Result<(), HostError> {
    query("INSERT INTO journal_events (journal, generation, change, event, made, at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(journal)
        .bind(fence.generation)
        .bind(change)
        .bind(if made.is_some() { "finished" } else { "started" })
        .bind(made.unwrap_or_default())
        .bind(now)
        .execute(transaction)
        .await?;
    Ok(())
}

//! Writes what the changes of a run record.
//!
//! Changes are made at the same time, and each records that it begins and how it ended. What waits at one moment is
//! written in one transaction, so that the disk is waited for once:
//!
//! 1. A record is in the database before whoever wrote it is told so.
//! 2. Records are written in the order in which they came. Each is written or not written as a whole.
//! 3. If a transaction with several records fails, each of them is written in one of its own, and gets an error of its own.
//! 4. A record that was handed over is written also if nobody waits for it any more.

use crate::database::engine::Transaction;
use crate::database::guard_facts::put_kept;
use crate::database::journal::{ARCHIVING_MARKS, put_event};
use crate::database::statement::{Statement, execute_all, query};
use crate::database::tenant::put_entries;
use crate::database::{ChangeRecord, Fence, TenantDatabase};
use hibob_base::error::HostError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Most records in one transaction.
const RECORDS_MAX: usize = 64;

/// What a change records.
pub(super) enum Record {
    /// It begins.
    Started {
        /// The journal's number.
        journal: i64,
        /// The change's id in the journal.
        change: String,
        /// When, in Unix seconds.
        at: i64,
    },
    /// What its call has written, and how it ended, if it did.
    Made {
        /// The plugin's entries: a value, or none for a removed key.
        entries: BTreeMap<String, Option<Vec<u8>>>,
        /// The rest.
        record: ChangeRecord,
        /// When, in Unix seconds.
        at: i64,
    },
}

/// A record that is to be written, and who waits for it.
struct Waiting {
    fence: Fence,
    record: Record,
    done: oneshot::Sender<Result<(), HostError>>,
}

/// The records of one database that wait.
#[derive(Default)]
pub(super) struct JournalWriter(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether a task writes them.
    is_written: bool,
}

impl std::fmt::Debug for JournalWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JournalWriter")
    }
}

impl JournalWriter {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the records that are written next, which have one fencing token; none if no record waits.
    fn take(&self) -> Vec<Waiting> {
        let mut queue = self.lock();
        let fence = queue.waiting.first().map(|first| first.fence);
        let same = queue.waiting.iter().take(RECORDS_MAX).take_while(|waiting| Some(waiting.fence) == fence).count();
        let taken: Vec<Waiting> = queue.waiting.drain(..same).collect();
        queue.is_written = !taken.is_empty();
        taken
    }
}

/// Ends the wait of everybody if the task that writes ends early.
struct Writing {
    writer: Arc<JournalWriter>,
    has_ended: bool,
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.has_ended {
            let mut queue = self.writer.lock();
            queue.is_written = false;
            queue.waiting.clear();
        }
    }
}

impl TenantDatabase {
    /// Writes a record, together with others that wait.
    ///
    /// # Errors
    /// The run has lost its lease, the record cannot follow what is there, or the database failed; it was not written.
    pub(super) async fn write_record(&self, fence: Fence, record: Record) -> Result<(), HostError> {
        let (done, written) = oneshot::channel();
        let begins = {
            let mut queue = self.journal_writer.lock();
            queue.waiting.push(Waiting { fence, record, done });
            !std::mem::replace(&mut queue.is_written, true)
        };
        if begins {
            tokio::spawn(self.clone().write_waiting());
        }
        written
            .await
            .unwrap_or_else(|_| Err(HostError::Storage("the program ends before a record is written".to_owned())))
    }

    async fn write_waiting(self) {
        let mut writing = Writing { writer: self.journal_writer.clone(), has_ended: false };
        loop {
            let mut batch = self.journal_writer.take();
            let Some(fence) = batch.first().map(|waiting| waiting.fence) else { break };
            let mut written = self.write_together(fence, batch.iter().map(|waiting| &waiting.record)).await;
            if batch.len() == 1 {
                batch.drain(..).for_each(|waiting| drop(waiting.done.send(std::mem::replace(&mut written, Ok(())))));
            }
            for waiting in batch {
                let written = match &written {
                    Ok(()) => Ok(()),
                    Err(_) => self.write_together(fence, std::iter::once(&waiting.record)).await,
                };
                drop(waiting.done.send(written));
            }
        }
        writing.has_ended = true;
    }

    async fn write_together(&self, fence: Fence, records: impl Iterator<Item = &Record>) -> Result<(), HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        for record in records {
            execute_all(statements(&transaction, fence, record), &mut transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// The statements that write a record, for the engine of `on`.
fn statements<'r>(on: &Transaction, fence: Fence, record: &'r Record) -> Vec<Statement<'r>> {
    let (entries, record, at) = match record {
        Record::Started { journal, change, at } => return vec![put_event(fence, *journal, change, None, *at)],
        Record::Made { entries, record, at } => (entries, record, *at),
    };
    let mut statements = put_entries(on, entries, record.ledger.as_ref());
    statements.extend(record.kept.iter().flat_map(put_kept));
    if let Some((journal, change, made)) = &record.finished {
        statements.push(put_event(fence, *journal, change, Some(made), at));
        let archived = record.ledger.as_ref().filter(|entry| entry.archived_at.is_some());
        statements.extend(archived.into_iter().flat_map(|entry| {
            let marked = |mark| query(mark).bind(&entry.account_id).bind(entry.archived_at).bind(*journal);
            ARCHIVING_MARKS.into_iter().map(marked)
        }));
    }
    statements
}

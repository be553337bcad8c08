//! Removing what stands under an employee's id itself.

use crate::database::engine::Transaction;
use crate::database::statement::query;
use crate::database::text::Key;
use hibob_base::error::HostError;

/// What was removed of somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ErasedRows {
    /// Accounts of the ledger.
    pub accounts: u64,
    /// Entries of the plugin.
    pub entries: u64,
    /// Lines of the history that an earlier version had written, without a key.
    pub lines: u64,
    /// Reports of runs that an earlier version had written.
    pub reports: u64,
    /// Plans that an earlier version had written; they go as a whole.
    pub plans: u64,
    /// References whose document is gone; their places in the log stay.
    pub references: u64,
    /// Deliveries that are not tried any more.
    pub deliveries: u64,
}

/// Removes what stands under an employee's id. A reference keeps its place in the log and in the status lists.
pub(super) async fn erase_rows(on: &mut Transaction, id: &str, now: i64) -> Result<ErasedRows, HostError> {
    let archivings =
        "DELETE FROM archivings WHERE account_id IN (SELECT account_id FROM accounts WHERE employee_id = $1)";
    query(archivings).bind(id).execute(&mut *on).await?;
    let accounts = query("DELETE FROM accounts WHERE employee_id = $1").bind(id).execute(&mut *on).await?;
    let entries = erase_entries(on, id).await?;
    // Others' lines have the name where this was their line manager.
    query(
        "UPDATE run_updates SET before = CASE WHEN before IN (SELECT name FROM run_updates WHERE employee_id = $1)
                                              THEN 'forgotten' ELSE before END,
                                after = CASE WHEN after IN (SELECT name FROM run_updates WHERE employee_id = $1)
                                             THEN 'forgotten' ELSE after END
         WHERE field = 'manager' AND sealed = ''",
    )
    .bind(id)
    .execute(&mut *on)
    .await?;
    let lines =
        "UPDATE run_updates SET employee_id = '', name = 'forgotten', before = '', after = '' WHERE employee_id = $1";
    let lines = query(lines).bind(id).execute(&mut *on).await?;
    let deliveries = query(
        "UPDATE reference_deliveries SET state = 'withdrawn', said = '', changed_at = $1
         WHERE state IN ('waiting', 'refused')
           AND log_index IN (SELECT log_index FROM issued_references WHERE employee_id = $2)",
    );
    let deliveries = deliveries.bind(now).bind(id).execute(&mut *on).await?;
    let references = query(
        "UPDATE issued_references
         SET employee_id = 'forgotten ' || log_index, ended_on = '', basis = '', document = $1, answers_digest = $2
         WHERE employee_id = $3",
    );
    let (nothing, no_digest): (&[u8], &[u8]) = (&[], &[0; 32]);
    let references = references.bind(nothing).bind(no_digest).bind(id).execute(&mut *on).await?;
    query("DELETE FROM reference_people WHERE employee_id = $1").bind(id).execute(on).await?;
    Ok(ErasedRows { accounts, entries, lines, deliveries, references, ..ErasedRows::default() })
}

/// The contract with plugins: an entry about one employee has the id as its key, or as the last part of it.
async fn erase_entries(on: &mut Transaction, id: &str) -> Result<u64, HostError> {
    let keys: Vec<(Key<String>,)> = query("SELECT key FROM entries").fetch_all(&mut *on).await?;
    let mut removed = 0;
    for (Key(key),) in keys.iter().filter(|(Key(key),)| key.rsplit('/').next() == Some(id)) {
        let delete = query("DELETE FROM entries WHERE key = $1").bind(Key(key.as_str()));
        removed += delete.execute(&mut *on).await?;
    }
    Ok(removed)
}

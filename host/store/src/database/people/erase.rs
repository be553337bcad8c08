//! Removing the rows that are stored under an employee's id itself.

use crate::database::decisions;
use crate::database::engine::Transaction;
use crate::database::statement::query;
use crate::database::text::Key;
use hibob_base::error::HostError;

/// How many rows an erasure has removed or emptied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ErasedRows {
    /// Accounts of the ledger.
    pub accounts: u64,
    /// Entries of the plugin.
    pub entries: u64,
    /// Rows of run records that an earlier version had stored unencrypted.
    pub lines: u64,
    /// Reports of runs that an earlier version had stored unencrypted.
    pub reports: u64,
    /// Plans that an earlier version had stored unencrypted. They are removed as a whole.
    pub plans: u64,
    /// References whose document was removed. They keep their places in the log.
    pub references: u64,
    /// Deliveries that were withdrawn.
    pub deliveries: u64,
}

/// Removes the rows under an employee's id. A reference keeps its places in the log and in the status lists.
pub(super) async fn erase_rows(on: &mut Transaction, id: &str, now: i64) -> Result<ErasedRows, HostError> {
    let archivings =
        "DELETE FROM archivings WHERE account_id IN (SELECT account_id FROM accounts WHERE employee_id = $1)";
    query(archivings).bind(id).execute(&mut *on).await?;
    let kept = "DELETE FROM kept_fields WHERE account_id IN (SELECT account_id FROM accounts WHERE employee_id = $1)";
    query(kept).bind(id).execute(&mut *on).await?;
    let accounts = query("DELETE FROM accounts WHERE employee_id = $1").bind(id).execute(&mut *on).await?;
    decisions::erase(on, id).await?;
    let entries = erase_entries(on, id).await?;
    // The rows of others have this person's name as the line manager's.
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
    let notices = query(
        "UPDATE reference_notices SET state = 'withdrawn', said = '', changed_at = $1
         WHERE state IN ('waiting', 'refused')
           AND log_index IN (SELECT log_index FROM issued_references WHERE employee_id = $2)",
    );
    notices.bind(now).bind(id).execute(&mut *on).await?;
    let references = query(
        "UPDATE issued_references
         SET employee_id = 'forgotten ' || log_index, ended_on = '', basis = '', document = $1, answers_digest = $2
         WHERE employee_id = $3",
    );
    let (nothing, no_digest): (&[u8], &[u8]) = (&[], &[0; 32]);
    let references = references.bind(nothing).bind(no_digest).bind(id).execute(&mut *on).await?;
    query("DELETE FROM reference_departures WHERE employee_id = $1").bind(id).execute(&mut *on).await?;
    query("DELETE FROM reference_people WHERE employee_id = $1").bind(id).execute(on).await?;
    Ok(ErasedRows { accounts, entries, lines, deliveries, references, ..ErasedRows::default() })
}

/// Removes the plugin's entries about an employee. By the contract their key is the employee's id or ends with `/` and
/// the id.
async fn erase_entries(on: &mut Transaction, id: &str) -> Result<u64, HostError> {
    let keys: Vec<(Key<String>,)> = query("SELECT key FROM entries").fetch_all(&mut *on).await?;
    let mut removed = 0;
    for (Key(key),) in keys.iter().filter(|(Key(key),)| key.rsplit('/').next() == Some(id)) {
        let delete = query("DELETE FROM entries WHERE key = $1").bind(Key(key.as_str()));
        removed += delete.execute(&mut *on).await?;
    }
    Ok(removed)
}

//! Removing what stands under an employee's id itself.

use crate::error::HostError;
use sqlx::{Sqlite, Transaction};

/// What was removed of somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
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
pub(super) async fn sweep(transaction: &mut Transaction<'_, Sqlite>, id: &str, now: i64) -> Result<Swept, HostError> {
    let mut swept = Swept::default();
    let archivings =
        "DELETE FROM archivings WHERE account_id IN (SELECT account_id FROM accounts WHERE employee_id = $1)";
    sqlx::query(archivings).bind(id).execute(&mut **transaction).await?;
    let accounts = sqlx::query("DELETE FROM accounts WHERE employee_id = $1").bind(id);
    swept.accounts = accounts.execute(&mut **transaction).await?.rows_affected();
    // The contract with plugins: the employee's id is the last part of the key.
    let entries = sqlx::query("DELETE FROM entries WHERE key = $1 OR substr(key, -length($2)) = $2");
    swept.entries = entries.bind(id).bind(format!("/{id}")).execute(&mut **transaction).await?.rows_affected();
    // Others' lines have the name where this was their line manager.
    sqlx::query(
        "UPDATE run_updates SET before = CASE WHEN before IN (SELECT name FROM run_updates WHERE employee_id = $1)
                                              THEN 'forgotten' ELSE before END,
                                after = CASE WHEN after IN (SELECT name FROM run_updates WHERE employee_id = $1)
                                             THEN 'forgotten' ELSE after END
         WHERE field = 'manager' AND sealed = ''",
    )
    .bind(id)
    .execute(&mut **transaction)
    .await?;
    let lines =
        "UPDATE run_updates SET employee_id = '', name = 'forgotten', before = '', after = '' WHERE employee_id = $1";
    swept.lines = sqlx::query(lines).bind(id).execute(&mut **transaction).await?.rows_affected();
    let deliveries = sqlx::query(
        "UPDATE reference_deliveries SET state = 'withdrawn', said = '', changed_at = $1
         WHERE state IN ('waiting', 'refused')
           AND log_index IN (SELECT log_index FROM issued_references WHERE employee_id = $2)",
    );
    swept.deliveries = deliveries.bind(now).bind(id).execute(&mut **transaction).await?.rows_affected();
    let references = sqlx::query(
        "UPDATE issued_references
         SET employee_id = 'forgotten ' || log_index, ended_on = '', basis = '', document = $1, answers_digest = $2
         WHERE employee_id = $3",
    );
    let references = references.bind(Vec::<u8>::new()).bind(vec![0_u8; 32]).bind(id);
    swept.references = references.execute(&mut **transaction).await?.rows_affected();
    let people = sqlx::query("DELETE FROM reference_people WHERE employee_id = $1").bind(id);
    people.execute(&mut **transaction).await?;
    Ok(swept)
}

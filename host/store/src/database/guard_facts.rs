//! What the guards ask the database beside sums and owners: which accounts are archived, how large the source was, and
//! what the last runs have held.

use crate::database::people::{ASKED_MAX, places};
use crate::database::statement::query;
use crate::database::{Fence, TenantDatabase};
use hibob_base::error::HostError;
use hibob_base::job::{Lane, RunKind};
use hibob_contract::types::NamedValue;
use std::collections::BTreeMap;

impl TenantDatabase {
    /// Those of these accounts that the ledger has as archived, each with the time of its last archiving (Unix seconds;
    /// 0 where that is not known).
    ///
    /// # Errors
    /// The database failed.
    pub async fn archived_of(&self, accounts: &[String]) -> Result<BTreeMap<String, i64>, HostError> {
        let mut archived = BTreeMap::new();
        for accounts in accounts.chunks(ASKED_MAX) {
            let places = places(accounts.len());
            let asked = query(format!(
                "SELECT accounts.account_id, max(coalesce(archived_at, 0)) FROM accounts
                 LEFT JOIN archivings ON archivings.account_id = accounts.account_id
                 WHERE accounts.active = 0 AND accounts.account_id IN ({places}) GROUP BY accounts.account_id"
            ));
            let asked = accounts.iter().fold(asked, |asked, id| asked.bind(id));
            archived.extend(asked.fetch_all::<(String, i64)>(&self.store).await?);
        }
        Ok(archived)
    }

    /// The states of the source in the accepted runs since then (Unix seconds), in which the same was selected.
    ///
    /// # Errors
    /// The database failed, or what it has cannot be read.
    pub async fn source_states(&self, since: i64, selection: &str) -> Result<Vec<Vec<NamedValue>>, HostError> {
        let asked = query("SELECT state FROM source_states WHERE at >= $1 AND selection = $2 ORDER BY at");
        let states: Vec<(String,)> = asked.bind(since).bind(selection).fetch_all(&self.store).await?;
        let read = |(json,): (String,)| {
            serde_json::from_str(&json)
                .map_err(|error| HostError::Storage(format!("a stored state of the source cannot be read: {error}")))
        };
        states.into_iter().map(read).collect()
    }

    /// Records the state of the source in an accepted run of this time, and removes states from before `since`: with the
    /// time of the run itself, the comparison starts anew.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn note_source(
        &self,
        fence: Fence,
        at: i64,
        selection: &str,
        state: &[NamedValue],
        since: i64,
    ) -> Result<(), HostError> {
        let state = serde_json::to_string(state).map_err(|error| HostError::Storage(error.to_string()))?;
        let mut transaction = self.begin_fenced(fence).await?;
        let old = query("DELETE FROM source_states WHERE at < $1 OR selection <> $2").bind(since).bind(selection);
        old.execute(&mut transaction).await?;
        let insert = query("INSERT INTO source_states (at, selection, state) VALUES ($1, $2, $3)");
        insert.bind(at).bind(selection).bind(&state).execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// The reports of the latest runs of the directory lane as they are stored, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_reports(&self, limit: u32) -> Result<Vec<String>, HostError> {
        let kinds: Vec<&str> =
            RunKind::ALL.iter().filter(|kind| kind.lane() == Lane::Directory).map(|kind| kind.word()).collect();
        let places = places(kinds.len());
        let sql = format!("SELECT report FROM runs WHERE kind IN ({places}) ORDER BY id DESC LIMIT {limit}");
        let asked = kinds.into_iter().fold(query(sql), |asked, kind| asked.bind(kind));
        Ok(asked.fetch_all(&self.store).await?.into_iter().map(|(report,)| report).collect())
    }

    /// For how many departures references were issued since then (Unix seconds).
    ///
    /// # Errors
    /// The database failed.
    pub async fn references_issued_since(&self, since: i64) -> Result<usize, HostError> {
        let sql = "SELECT count(*) FROM (SELECT DISTINCT employee_id, ended_on FROM issued_references WHERE issued_at >= $1) AS issued";
        let (number,): (i64,) = query(sql).bind(since).fetch_one(&self.store).await?;
        Ok(usize::try_from(number).unwrap_or_default())
    }
}

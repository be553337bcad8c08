//! What the guards ask the database beside sums and owners: which accounts are archived, how large the source was, and
//! what the last runs have held.

use crate::database::people::{ASKED_MAX, places};
use crate::database::statement::{Statement, query};
use crate::database::{Fence, TenantDatabase};
use hibob_base::error::HostError;
use hibob_base::job::{Lane, RunKind};
use hibob_contract::types::NamedValue;
use std::collections::{BTreeMap, BTreeSet};

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

    /// Records the state of the source in an accepted run of this time, and removes states up to `since`: with the
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
        let old = query("DELETE FROM source_states WHERE at <= $1 OR selection <> $2").bind(since).bind(selection);
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

    /// How many of these accounts the ledger has as active.
    ///
    /// # Errors
    /// The database failed.
    pub async fn active_among(&self, accounts: &[String]) -> Result<usize, HostError> {
        let mut active = 0;
        for accounts in accounts.chunks(ASKED_MAX) {
            let places = places(accounts.len());
            let asked = query(format!("SELECT count(*) FROM accounts WHERE active = 1 AND account_id IN ({places})"));
            let asked = accounts.iter().fold(asked, |asked, id| asked.bind(id));
            let (number,): (i64,) = asked.fetch_one(&self.store).await?;
            active += usize::try_from(number).unwrap_or_default();
        }
        Ok(active)
    }

    /// Drops what is known of the accounts of the target: the plugin's links, the ledger, the baseline and the states
    /// of the source. The next run is a first sync. Returns how many accounts were known.
    ///
    /// # Errors
    /// The run has lost its lease, or the database failed; nothing was written.
    pub async fn drop_target(&self, fence: Fence) -> Result<u64, HostError> {
        let mut transaction = self.begin_fenced(fence).await?;
        let known = query("DELETE FROM accounts").execute(&mut transaction).await?;
        for table in ["archivings", "entries", "baseline", "source_states", "kept_fields"] {
            query(format!("DELETE FROM {table}")).execute(&mut transaction).await?;
        }
        let first = "UPDATE fence SET reactivations_asked_for = '[]',
                     first_sync_after_run = (SELECT coalesce(max(id), 0) FROM runs)";
        query(first).execute(&mut transaction).await?;
        transaction.commit().await?;
        Ok(known)
    }

    /// The fields of adopted accounts that are kept, by account.
    ///
    /// # Errors
    /// The database failed.
    pub async fn kept_fields(&self) -> Result<BTreeMap<String, BTreeSet<String>>, HostError> {
        let rows: Vec<(String, String)> =
            query("SELECT account_id, field FROM kept_fields").fetch_all(&self.store).await?;
        let mut kept: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (account, field) in rows {
            kept.entry(account).or_default().insert(field);
        }
        Ok(kept)
    }
}

/// What a change has done to the fields that an adopted account keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptFields {
    /// The account.
    pub account_id: String,
    /// Fields whose value stays, because HiBob has none.
    pub kept: Vec<String>,
    /// Fields that have got HiBob's value.
    pub written: Vec<String>,
}

/// The statements that record what a change has done to the fields that its account keeps.
pub(super) fn put_kept(fields: &KeptFields) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    if !fields.written.is_empty() {
        let places: Vec<String> = (2..fields.written.len() + 2).map(|place| format!("${place}")).collect();
        let delete = format!("DELETE FROM kept_fields WHERE account_id = $1 AND field IN ({})", places.join(", "));
        let written = query(delete).bind(&fields.account_id);
        statements.push(fields.written.iter().fold(written, |written, field| written.bind(field)));
    }
    let keep = |field| {
        let kept = query("INSERT INTO kept_fields (account_id, field) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        kept.bind(&fields.account_id).bind(field)
    };
    statements.extend(fields.kept.iter().map(keep));
    statements
}

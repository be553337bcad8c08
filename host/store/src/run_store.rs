//! The ports through which a run keeps its lease and stores what it does. The adapters are the tenant's databases; the
//! simulation has adapters in memory.

use crate::database::{
    AppliedPlan, BegunPlan, ChangeRecord, Fence, FirstSyncState, KeyedHash, Lease, NewJournal, OpenJournal, PersonRow,
    RunRecord, StoredUpdate, TenantDatabase,
};
use hibob_base::HostError;
use hibob_base::job::Lane;
use hibob_contract::types::NamedValue;
use hibob_policy::guard::LedgerSums;
use hibob_policy::on_hold::OnHold;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The lease on a tenant: the right to run it, which lapses unless it is renewed.
pub trait Lock {
    /// The lease's generation, which grows with each holder.
    fn generation(&self) -> i64;

    /// How long the lease lasts without being renewed, in seconds.
    fn seconds(&self) -> i64;

    /// Renews the lease for its whole length. False if somebody else has it by now.
    ///
    /// # Errors
    /// It cannot be renewed.
    fn renew(&self) -> impl Future<Output = Result<bool, HostError>> + Send;

    /// Gives the lease back.
    ///
    /// # Errors
    /// It cannot be given back; it then lapses by itself.
    fn release(self) -> impl Future<Output = Result<(), HostError>> + Send;
}

/// Renews a lease three times in its length. Returns only when the lease is lost or cannot be renewed, with the reason.
pub async fn hold(lock: &impl Lock) -> HostError {
    let mut interval = tokio::time::interval(Duration::from_millis(lock.seconds().unsigned_abs() * 1_000 / 3));
    loop {
        interval.tick().await;
        match lock.renew().await {
            Ok(true) => {}
            Ok(false) => return HostError::LockLost("this run has lost its lease to another one".to_owned()),
            Err(error) => return error,
        }
    }
}

/// Does some work while a lease is renewed.
///
/// # Errors
/// The error of `work`, or that the lease was lost.
pub async fn while_held<T>(lock: &impl Lock, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
    tokio::select! {
        done = work => done,
        lost = hold(lock) => Err(lost),
    }
}

/// Where the persons' keys are kept, each encrypted with the tenant's key.
pub trait KeyRows {
    /// The keys of the persons with these keyed hashes. Who has no key is left out.
    fn people_by_tag(&self, tags: &[KeyedHash]) -> impl Future<Output = Result<Vec<PersonRow>, HostError>> + Send;
    /// The keys with these numbers. Destroyed keys are left out.
    fn people_by_number(&self, numbers: &[i64]) -> impl Future<Output = Result<Vec<PersonRow>, HostError>> + Send;
    /// Stores new keys, all of them or none. Returns their numbers, which are never used again.
    fn add_people(
        &self,
        fence: Fence,
        keys: &[(KeyedHash, Vec<u8>)],
    ) -> impl Future<Output = Result<Vec<i64>, HostError>> + Send;
    /// The employees of these accounts, by account, where the ledger has them.
    fn owners_of(
        &self,
        accounts: &[String],
    ) -> impl Future<Output = Result<BTreeMap<String, String>, HostError>> + Send;
}

/// Where runs are stored: journal, fencing token, ledger, history. The methods of the same names of [`TenantDatabase`]
/// say what each one promises. A method that takes a fencing token fails and writes nothing once a later run has raised
/// the token.
pub trait RunStore: KeyRows + Clone + Send + Sync + 'static {
    /// Raises the fencing token to this generation: from then on no earlier run can write.
    fn take_fence(&self, generation: i64) -> impl Future<Output = Result<Fence, HostError>> + Send;
    /// Whether this fencing token is the current one.
    fn holds(&self, fence: Fence) -> impl Future<Output = Result<bool, HostError>> + Send;
    /// How the latest run of this lane ended.
    fn last_exit_code(&self, lane: Lane) -> impl Future<Output = Result<Option<i64>, HostError>> + Send;
    /// The journal that is open, with its plan: one that is not applied to its end.
    fn open_journal(&self) -> impl Future<Output = Result<Option<OpenJournal>, HostError>> + Send;
    /// Records a plan before anything of it is applied. Returns the journal's number.
    fn begin_journal(&self, fence: Fence, new: &NewJournal<'_>) -> impl Future<Output = Result<i64, HostError>> + Send;
    /// The tenant's epoch, which a restore draws anew.
    fn epoch(&self) -> impl Future<Output = Result<String, HostError>> + Send;
    /// What became of the saved plan with this seal; none if no part of it was begun.
    fn applied_plan(&self, plan: &str) -> impl Future<Output = Result<Option<AppliedPlan>, HostError>> + Send;
    /// Marks an open journal as interrupted on purpose.
    fn mark_interrupted(
        &self,
        fence: Fence,
        journal: i64,
        by: &str,
        now: i64,
    ) -> impl Future<Output = Result<(), HostError>> + Send;
    /// Takes that mark away, because a person has the plan resumed.
    fn unmark_interrupted(&self, fence: Fence, journal: i64) -> impl Future<Output = Result<(), HostError>> + Send;
    /// Records that a change begins, before its first request leaves.
    fn record_started(
        &self,
        fence: Fence,
        journal: i64,
        change: &str,
        now: i64,
    ) -> impl Future<Output = Result<(), HostError>> + Send;
    /// Stores what the call for a change wrote to the plugin's storage, together with the ledger and the journal.
    fn record_change(
        &self,
        fence: Fence,
        entries: &BTreeMap<String, Option<Vec<u8>>>,
        record: &ChangeRecord,
        now: i64,
    ) -> impl Future<Output = Result<(), HostError>> + Send;
    /// Records a finished run with its rows, and the new baseline if the run was accepted. Closes its journal, or marks
    /// it if the run was interrupted.
    fn record_run(
        &self,
        fence: Fence,
        run: &RunRecord,
        baseline: Option<&[NamedValue]>,
        updates: &[StoredUpdate],
    ) -> impl Future<Output = Result<i64, HostError>> + Send;
    /// Removes runs and plans from before these times (Unix seconds).
    fn prune(
        &self,
        fence: Fence,
        runs_before: i64,
        plans_before: i64,
    ) -> impl Future<Output = Result<(), HostError>> + Send;
    /// The baseline of the last accepted run.
    fn baseline(&self) -> impl Future<Output = Result<Vec<NamedValue>, HostError>> + Send;
    /// How far the tenant's first sync is.
    fn first_sync(&self) -> impl Future<Output = Result<FirstSyncState, HostError>> + Send;
    /// The plans whose application was begun, as far as they are kept.
    fn begun_plans(&self) -> impl Future<Output = Result<Vec<BegunPlan>, HostError>> + Send;
    /// Sets the accounts that are reactivated only after a person's yes.
    fn ask_for_reactivations(
        &self,
        fence: Fence,
        accounts: &[String],
    ) -> impl Future<Output = Result<(), HostError>> + Send;
    /// The ledger's sums, which the guards compare with: archivings since this time (Unix seconds), and active
    /// accounts.
    fn ledger_sums(&self, since_unix_seconds: i64) -> impl Future<Output = Result<LedgerSums, HostError>> + Send;
    /// Those of these accounts that the ledger has as archived, each with the time of its last archiving (Unix seconds).
    fn archived_of(&self, accounts: &[String])
    -> impl Future<Output = Result<BTreeMap<String, i64>, HostError>> + Send;
    /// The states of the source in the accepted runs since then (Unix seconds), in which the same was selected.
    fn source_states(
        &self,
        since: i64,
        selection: &str,
    ) -> impl Future<Output = Result<Vec<Vec<NamedValue>>, HostError>> + Send;
    /// Records the state of the source in an accepted run, and removes states from before `since` and of other
    /// selections.
    fn note_source(
        &self,
        fence: Fence,
        at: i64,
        selection: &str,
        state: &[NamedValue],
        since: i64,
    ) -> impl Future<Output = Result<(), HostError>> + Send;
    /// The reports of the latest runs of the directory lane as they are stored, the newest first.
    fn last_reports(&self, limit: u32) -> impl Future<Output = Result<Vec<String>, HostError>> + Send;
    /// The account that the ledger has for an employee.
    fn account_of(&self, employee_id: &str) -> impl Future<Output = Result<Option<String>, HostError>> + Send;
    /// The employee whose account this is by the ledger.
    fn owner_of(&self, account_id: &str) -> impl Future<Output = Result<Option<String>, HostError>> + Send;
    /// Notes that a person has released the archivings of a plan, so that they do not count among those of the last days.
    fn note_released(&self, fence: Fence, journal: i64) -> impl Future<Output = Result<(), HostError>> + Send;
    /// Notes that a plan has terminations only, which go out while nothing else does and are counted by themselves.
    fn note_terminations(&self, fence: Fence, journal: i64) -> impl Future<Output = Result<(), HostError>> + Send;
    /// How many accounts were archived since then (Unix seconds) by such plans, and are not active again.
    fn terminated_since(&self, since_unix_seconds: i64) -> impl Future<Output = Result<usize, HostError>> + Send;
    /// Whether a person has given this account up, and nobody has linked it since.
    fn is_unlinked(&self, account_id: &str) -> impl Future<Output = Result<bool, HostError>> + Send;
    /// Who is on hold at this moment (Unix seconds), with their accounts.
    fn on_hold(&self, now: i64) -> impl Future<Output = Result<OnHold, HostError>> + Send;
    /// Notes which cases are open, each an employee and a code, and returns since when (Unix seconds). Cases with a code
    /// of `unseen` stay as they are.
    fn note_cases(
        &self,
        fence: Fence,
        open: &BTreeSet<(String, String)>,
        unseen: &[&str],
        now: i64,
    ) -> impl Future<Output = Result<BTreeMap<(String, String), i64>, HostError>> + Send;
}

impl Lock for Lease {
    fn generation(&self) -> i64 {
        self.generation()
    }

    fn seconds(&self) -> i64 {
        self.seconds()
    }

    async fn renew(&self) -> Result<bool, HostError> {
        self.renew().await
    }

    async fn release(self) -> Result<(), HostError> {
        self.release().await
    }
}

impl KeyRows for TenantDatabase {
    async fn people_by_tag(&self, tags: &[KeyedHash]) -> Result<Vec<PersonRow>, HostError> {
        self.people_by_tag(tags).await
    }

    async fn people_by_number(&self, numbers: &[i64]) -> Result<Vec<PersonRow>, HostError> {
        self.people_by_number(numbers).await
    }

    async fn add_people(&self, fence: Fence, keys: &[(KeyedHash, Vec<u8>)]) -> Result<Vec<i64>, HostError> {
        self.add_people(fence, keys).await
    }

    async fn owners_of(&self, accounts: &[String]) -> Result<BTreeMap<String, String>, HostError> {
        self.owners_of(accounts).await
    }
}

impl RunStore for TenantDatabase {
    async fn take_fence(&self, generation: i64) -> Result<Fence, HostError> {
        self.take_fence(generation).await
    }

    async fn holds(&self, fence: Fence) -> Result<bool, HostError> {
        self.holds(fence).await
    }

    async fn last_exit_code(&self, lane: Lane) -> Result<Option<i64>, HostError> {
        self.last_exit_code(lane).await
    }

    async fn open_journal(&self) -> Result<Option<OpenJournal>, HostError> {
        self.open_journal().await
    }

    async fn begin_journal(&self, fence: Fence, new: &NewJournal<'_>) -> Result<i64, HostError> {
        self.begin_journal(fence, new).await
    }

    async fn epoch(&self) -> Result<String, HostError> {
        self.epoch().await
    }

    async fn applied_plan(&self, plan: &str) -> Result<Option<AppliedPlan>, HostError> {
        self.applied_plan(plan).await
    }

    async fn mark_interrupted(&self, fence: Fence, journal: i64, by: &str, now: i64) -> Result<(), HostError> {
        self.mark_interrupted(fence, journal, by, now).await
    }

    async fn unmark_interrupted(&self, fence: Fence, journal: i64) -> Result<(), HostError> {
        self.unmark_interrupted(fence, journal).await
    }

    async fn record_started(&self, fence: Fence, journal: i64, change: &str, now: i64) -> Result<(), HostError> {
        self.record_started(fence, journal, change, now).await
    }

    async fn record_change(
        &self,
        fence: Fence,
        entries: &BTreeMap<String, Option<Vec<u8>>>,
        record: &ChangeRecord,
        now: i64,
    ) -> Result<(), HostError> {
        self.record_change(fence, entries, record, now).await
    }

    async fn record_run(
        &self,
        fence: Fence,
        run: &RunRecord,
        baseline: Option<&[NamedValue]>,
        updates: &[StoredUpdate],
    ) -> Result<i64, HostError> {
        self.record_run(fence, run, baseline, updates).await
    }

    async fn prune(&self, fence: Fence, runs_before: i64, plans_before: i64) -> Result<(), HostError> {
        self.prune(fence, runs_before, plans_before).await
    }

    async fn baseline(&self) -> Result<Vec<NamedValue>, HostError> {
        self.baseline().await
    }

    async fn first_sync(&self) -> Result<FirstSyncState, HostError> {
        self.first_sync().await
    }

    async fn begun_plans(&self) -> Result<Vec<BegunPlan>, HostError> {
        self.begun_plans().await
    }

    async fn ask_for_reactivations(&self, fence: Fence, accounts: &[String]) -> Result<(), HostError> {
        self.ask_for_reactivations(fence, accounts).await
    }

    async fn ledger_sums(&self, since_unix_seconds: i64) -> Result<LedgerSums, HostError> {
        self.ledger_sums(since_unix_seconds).await
    }

    async fn archived_of(&self, accounts: &[String]) -> Result<BTreeMap<String, i64>, HostError> {
        self.archived_of(accounts).await
    }

    async fn source_states(&self, since: i64, selection: &str) -> Result<Vec<Vec<NamedValue>>, HostError> {
        self.source_states(since, selection).await
    }

    async fn note_source(
        &self,
        fence: Fence,
        at: i64,
        selection: &str,
        state: &[NamedValue],
        since: i64,
    ) -> Result<(), HostError> {
        self.note_source(fence, at, selection, state, since).await
    }

    async fn last_reports(&self, limit: u32) -> Result<Vec<String>, HostError> {
        self.last_reports(limit).await
    }

    async fn account_of(&self, employee_id: &str) -> Result<Option<String>, HostError> {
        self.account_of(employee_id).await
    }

    async fn owner_of(&self, account_id: &str) -> Result<Option<String>, HostError> {
        self.owner_of(account_id).await
    }

    async fn note_released(&self, fence: Fence, journal: i64) -> Result<(), HostError> {
        self.note_released(fence, journal).await
    }

    async fn note_terminations(&self, fence: Fence, journal: i64) -> Result<(), HostError> {
        self.note_terminations(fence, journal).await
    }

    async fn terminated_since(&self, since_unix_seconds: i64) -> Result<usize, HostError> {
        self.terminated_since(since_unix_seconds).await
    }

    async fn is_unlinked(&self, account_id: &str) -> Result<bool, HostError> {
        self.is_unlinked(account_id).await
    }

    async fn on_hold(&self, now: i64) -> Result<OnHold, HostError> {
        self.on_hold(now).await
    }

    async fn note_cases(
        &self,
        fence: Fence,
        open: &BTreeSet<(String, String)>,
        unseen: &[&str],
        now: i64,
    ) -> Result<BTreeMap<(String, String), i64>, HostError> {
        self.note_cases(fence, open, unseen, now).await
    }
}

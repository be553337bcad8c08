//! What a run needs of the outside: where it is written down, who makes its changes, who else has its lock.
//!
//! In earnest that is the plugin in its sandbox and the tenant's databases ([`super::sandboxed`]). The simulation in
//! the tests brings another outside and runs the same job logic over it; for its sake this is public.

use super::plan::Planned;
use hibob_contract::directory_sync::{Attempt, Change, Outcome};
use hibob_contract::types::NamedValue;
use hibob_base::progress::Progress;
use crate::database::{ChangeRecord, Fence, NewJournal, OpenJournal, RunRecord, StoredUpdate, TenantDatabase};
use hibob_policy::guard::LedgerSums;
use crate::egress::Egress;
use hibob_base::error::HostError;
use crate::person::{KeyRows, Ring};
use hibob_telemetry::TenantMetrics;
use hibob_config::tenant::TenantConfig;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The outside of one run.
pub trait Outside {
    /// Where it is written down.
    type Book: Book;
    /// The right to run the tenant.
    type Lock: Lock;

    /// The tenant's configuration.
    fn config(&self) -> &TenantConfig;

    /// The tenant's counters.
    fn metrics(&self) -> &TenantMetrics;

    /// Where the run is written down.
    fn book(&self) -> &Self::Book;

    /// Where plans wait for a person; none where no plan ever does.
    fn approvals(&self) -> Option<&TenantDatabase> {
        None
    }

    /// The way out of this kind of run.
    ///
    /// # Errors
    /// The tenant has nothing of what this kind of run needs.
    fn egress(&self) -> Result<&Arc<Egress>, HostError>;

    /// Whoever waits for the run.
    fn progress(&self) -> &dyn Progress;

    /// Unix seconds.
    fn now(&self) -> i64;

    /// What a plan depends on; see [`crate::tenant::Tenant::settings_digest`].
    ///
    /// # Errors
    /// The tenant has nothing of what this kind of run needs.
    fn settings_digest(&self) -> Result<String, HostError>;

    /// The digest of the plugin.
    fn plugin_digest(&self) -> &str;

    /// Takes the tenant's lock.
    ///
    /// # Errors
    /// Another run has it, or the tenant is disabled.
    fn lock(&self) -> impl Future<Output = Result<Self::Lock, HostError>>;

    /// The keys of the people, for what is written down; after whoever is to be forgotten was. The lock is ours.
    ///
    /// # Errors
    /// The tenant's key is not at hand, or the database failed.
    fn ring(&self) -> impl Future<Output = Result<Ring<Self::Book>, HostError>>;

    /// Asks the plugin for a plan. Nothing is written anywhere.
    ///
    /// # Errors
    /// The job failed, or the plugin did.
    fn plan(&self) -> impl Future<Output = Result<Planned, HostError>>;

    /// Has the plugin make a change, for as long as the fence holds. What the plugin writes to its storage is not kept yet.
    ///
    /// # Errors
    /// The plugin, or the host, failed.
    fn attempt(
        &self,
        change: &Change,
        attempt: Attempt,
        fence: Fence,
    ) -> impl Future<Output = Result<Attempted, HostError>>;
}

/// What came of one attempt at a change.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// What the plugin told.
    pub outcome: Outcome,
    /// Whether the target's own answers show that what was told as made was made.
    pub is_shown: bool,
    /// What the egress refused.
    pub refusals: Vec<String>,
    /// What the plugin wrote to its storage; none for a deleted key.
    pub entries: BTreeMap<String, Option<Vec<u8>>>,
}

/// The right to run a tenant, which lapses unless it is renewed.
pub trait Lock {
    /// Rises with every holder, so that a later one can be told from an earlier one.
    fn generation(&self) -> i64;

    /// How long it lasts without being renewed, in seconds.
    fn seconds(&self) -> i64;

    /// Makes it last anew. False if somebody else has it by now.
    ///
    /// # Errors
    /// It cannot be renewed.
    fn renew(&self) -> impl Future<Output = Result<bool, HostError>> + Send;

    /// Gives it back.
    ///
    /// # Errors
    /// It cannot be given back; it then lapses by itself.
    fn release(self) -> impl Future<Output = Result<(), HostError>> + Send;
}

/// Renews a lock again and again; returns only when it is lost, with the reason.
pub(crate) async fn hold(lock: &impl Lock) -> HostError {
    let mut interval = tokio::time::interval(Duration::from_millis(lock.seconds().unsigned_abs() * 1_000 / 3));
    loop {
        interval.tick().await;
        match lock.renew().await {
            Ok(true) => {}
            Ok(false) => return HostError::LockLost("this run lost its lock to another one".to_owned()),
            Err(error) => return error,
        }
    }
}

/// Where runs are written down: journal, fence, ledger, history. [`crate::database::TenantDatabase`] says what each call
/// promises; what takes a fence fails, and writes nothing, once a later run has taken the right to write over.
pub trait Book: KeyRows + Clone + Send + Sync + 'static {
    /// Takes the right to write over from every earlier run.
    fn take_fence(&self, generation: i64) -> impl Future<Output = Result<Fence, HostError>> + Send;
    /// Whether nobody has taken the right to write over.
    fn holds(&self, fence: Fence) -> impl Future<Output = Result<bool, HostError>> + Send;
    /// How the latest run of one of these kinds ended.
    fn last_exit_code(&self, kinds: &[&str]) -> impl Future<Output = Result<Option<i64>, HostError>> + Send;
    /// The plan whose application has not come to its end.
    fn open_journal(&self) -> impl Future<Output = Result<Option<OpenJournal>, HostError>> + Send;
    /// Records a plan before anything of it is applied. Returns the journal's number.
    fn begin_journal(&self, fence: Fence, new: &NewJournal<'_>) -> impl Future<Output = Result<i64, HostError>> + Send;
    /// Records that a change begins, before its first request leaves.
    fn record_started(
        &self,
        fence: Fence,
        journal: i64,
        change: &str,
        now: i64,
    ) -> impl Future<Output = Result<(), HostError>> + Send;
    /// Keeps what a call for a change wrote to the storage, together with the ledger and the journal.
    fn record_change(
        &self,
        fence: Fence,
        entries: &BTreeMap<String, Option<Vec<u8>>>,
        record: &ChangeRecord,
        now: i64,
    ) -> impl Future<Output = Result<(), HostError>> + Send;
    /// Records a finished run with its lines, and the new baseline if the run was accepted. Closes its journal.
    fn record_run(
        &self,
        fence: Fence,
        run: &RunRecord,
        baseline: Option<&[NamedValue]>,
        updates: &[StoredUpdate],
    ) -> impl Future<Output = Result<i64, HostError>> + Send;
    /// Removes what is from before these times.
    fn prune(
        &self,
        fence: Fence,
        runs_before: i64,
        plans_before: i64,
    ) -> impl Future<Output = Result<(), HostError>> + Send;
    /// The baseline of the last accepted run.
    fn baseline(&self) -> impl Future<Output = Result<Vec<NamedValue>, HostError>> + Send;
    /// What the guards count.
    fn ledger_sums(&self, since_unix_seconds: i64) -> impl Future<Output = Result<LedgerSums, HostError>> + Send;
    /// The account that the ledger has for an employee.
    fn account_of(&self, employee_id: &str) -> impl Future<Output = Result<Option<String>, HostError>> + Send;
    /// The employee whose account the ledger says that it is.
    fn owner_of(&self, account_id: &str) -> impl Future<Output = Result<Option<String>, HostError>> + Send;
}

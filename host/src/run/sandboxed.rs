//! The outside of a run in earnest: the plugin in its sandbox, the tenant's databases, the clock.

use super::REFERENCES;
use super::outside::{Attempted, Book, Lock, Outside};
use super::plan::{self, Planned};
use hibob_contract::directory_sync::{Attempt, Change, Outcome};
use hibob_contract::types::NamedValue;
use crate::call::{Call, Job};
use hibob_base::progress::{NoProgress, Progress};
use crate::data_dir::DataDir;
use crate::database::{ChangeRecord, Fence, Lease, NewJournal, OpenJournal, RunRecord, StoredUpdate, TenantDatabase};
use hibob_policy::guard::LedgerSums;
use crate::egress::Egress;
use hibob_base::error::HostError;
use hibob_base::holder::this_process;
use crate::person::{self, Ring};
use crate::plugin::Plugin;
use hibob_telemetry::TenantMetrics;
use crate::tenant::Tenant;
use hibob_config::tenant::TenantConfig;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tenant and a plugin of a data directory.
pub struct Sandboxed<'t> {
    pub(super) data: &'t DataDir,
    pub(super) tenant: &'t Tenant,
    pub(super) plugin: &'t Plugin,
    pub(super) kind: &'static str,
    pub(super) progress: Arc<dyn Progress>,
}

impl Outside for Sandboxed<'_> {
    type Book = TenantDatabase;
    type Lock = Lease;

    fn config(&self) -> &TenantConfig {
        self.tenant.config()
    }

    fn metrics(&self) -> &TenantMetrics {
        self.tenant.metrics()
    }

    fn book(&self) -> &TenantDatabase {
        self.tenant.database()
    }

    fn approvals(&self) -> Option<&TenantDatabase> {
        Some(self.tenant.database())
    }

    fn egress(&self) -> Result<&Arc<Egress>, HostError> {
        match self.kind {
            REFERENCES => Ok(self.tenant.references_egress()),
            _ => self.tenant.egress(),
        }
    }

    fn progress(&self) -> &dyn Progress {
        self.progress.as_ref()
    }

    fn now(&self) -> i64 {
        chrono::Utc::now().timestamp()
    }

    fn settings_digest(&self) -> Result<String, HostError> {
        self.tenant.settings_digest()
    }

    fn plugin_digest(&self) -> &str {
        self.plugin.digest()
    }

    async fn lock(&self) -> Result<Lease, HostError> {
        self.data.require_enabled(self.tenant.id()).await?;
        self.data.control().lease(self.tenant.id(), &this_process()).await
    }

    async fn ring(&self) -> Result<Ring, HostError> {
        // The tenant may have been opened before somebody was forgotten.
        person::settle(self.data, self.tenant.people()).await?;
        self.tenant.people().writing_ring().await
    }

    async fn plan(&self) -> Result<Planned, HostError> {
        plan::plan(self.plugin, self.tenant, self.progress.clone()).await
    }

    /// One call of `apply` in a fresh instance.
    async fn attempt(&self, change: &Change, attempt: Attempt, fence: Fence) -> Result<Attempted, HostError> {
        let job = Job::Apply(change, fence);
        let mut call = Call::open(self.plugin, self.tenant, job, Arc::new(NoProgress)).await?;
        let job = self.tenant.job()?;
        let outcome =
            call.step(async |store, instance| instance.call_apply(store, &job, change, attempt).await).await?;
        let is_shown = match &outcome {
            Outcome::Done(written) | Outcome::Partly(written) => call.shows(&written.target_id),
            Outcome::Drifted(_) | Outcome::Failed(_) | Outcome::Refused(_) => false,
        };
        let refusals = call.refusals();
        Ok(Attempted { outcome, is_shown, refusals, entries: call.into_written() })
    }
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

impl Book for TenantDatabase {
    async fn take_fence(&self, generation: i64) -> Result<Fence, HostError> {
        self.take_fence(generation).await
    }

    async fn holds(&self, fence: Fence) -> Result<bool, HostError> {
        self.holds(fence).await
    }

    async fn last_exit_code(&self, kinds: &[&str]) -> Result<Option<i64>, HostError> {
        self.last_exit_code(kinds).await
    }

    async fn open_journal(&self) -> Result<Option<OpenJournal>, HostError> {
        self.open_journal().await
    }

    async fn begin_journal(&self, fence: Fence, new: &NewJournal<'_>) -> Result<i64, HostError> {
        self.begin_journal(fence, new).await
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

    async fn ledger_sums(&self, since_unix_seconds: i64) -> Result<LedgerSums, HostError> {
        self.ledger_sums(since_unix_seconds).await
    }

    async fn account_of(&self, employee_id: &str) -> Result<Option<String>, HostError> {
        self.account_of(employee_id).await
    }

    async fn owner_of(&self, account_id: &str) -> Result<Option<String>, HostError> {
        self.owner_of(account_id).await
    }
}

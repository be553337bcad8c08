//! The real adapters for the ports of a run: the plugin in its sandbox, the tenant's databases, the clock.

use hibob_base::error::HostError;
use hibob_base::holder::this_process;
use hibob_base::job::{Lane, RunKind};
use hibob_base::progress::{NoProgress, Progress};
use hibob_base::secret::Redactor;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Attempt, Change, Outcome};
use hibob_contract::offboarding_references::{Departure, Detection, Known};
use hibob_egress::Egress;
use hibob_jobs::interrupt::Interrupt;
use hibob_jobs::interrupted;
use hibob_jobs::references::{DnsRecord, LeaverClaims, Leavers, require_published};
use hibob_jobs::run::ports::{Attempted, RunPorts};
use hibob_policy::change_scope::Made;
use hibob_sandbox::call::{Call, Job};
use hibob_sandbox::leavers;
use hibob_sandbox::planning;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use hibob_store::database::{Fence, Lease, TenantDatabase, TitleDigests};
use hibob_store::privacy;
use hibob_store::privacy::Keyring;
use hibob_telemetry::TenantMetrics;
use std::sync::Arc;

/// The ports of a run, filled with a tenant of a data directory and a plugin.
pub struct Sandboxed<'t> {
    pub(crate) data: &'t DataDir,
    pub(crate) tenant: &'t Tenant,
    pub(crate) plugin: &'t Plugin,
    pub(crate) kind: RunKind,
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) interrupt: Interrupt,
}

impl Sandboxed<'_> {
    /// The egress that this kind of run uses.
    fn egress(&self) -> Result<&Arc<Egress>, HostError> {
        match self.kind.lane() {
            Lane::References => Ok(self.tenant.references_egress()),
            Lane::Directory => self.tenant.egress(),
        }
    }

    /// One call of `apply` in a fresh instance.
    async fn call(&self, job: Job<'_>, change: &Change, attempt: Attempt) -> Result<Attempted, HostError> {
        let mut call = Call::open(self.plugin, self.tenant, job, Arc::new(NoProgress)).await?;
        let job = self.tenant.job()?;
        let outcome =
            call.step(async |store, instance| instance.call_apply(store, &job, change, attempt).await).await?;
        let (account, is_answered) = call.looked_up();
        let made = match (&outcome, &account) {
            (Outcome::Done(written) | Outcome::Partly(written), _) => call.made(&written.target_id),
            (Outcome::Drifted(_) | Outcome::Failed(_) | Outcome::Refused(_), Some(account)) => call.made(account),
            (Outcome::Drifted(_) | Outcome::Failed(_) | Outcome::Refused(_), None) => Made::Nothing,
        };
        let refusals = call.refusals();
        Ok(Attempted { outcome, made, account, is_answered, refusals, entries: call.into_written() })
    }
}

impl RunPorts for Sandboxed<'_> {
    type RunStore = TenantDatabase;
    type Lock = Lease;

    fn config(&self) -> &TenantConfig {
        self.tenant.config()
    }

    fn metrics(&self) -> &TenantMetrics {
        self.tenant.metrics()
    }

    fn run_store(&self) -> &TenantDatabase {
        self.tenant.database()
    }

    fn approvals(&self) -> Option<&TenantDatabase> {
        Some(self.tenant.database())
    }

    fn require(&self) -> Result<(), HostError> {
        self.egress().map(drop)
    }

    fn reopen(&self, was_refused: bool) {
        if let Ok(egress) = self.egress() {
            egress.reopen(was_refused);
        }
    }

    fn is_refused(&self) -> bool {
        self.egress().is_ok_and(|egress| egress.is_closed())
    }

    fn redactor(&self) -> Result<&Redactor, HostError> {
        Ok(self.egress()?.redactor())
    }

    fn progress(&self) -> &dyn Progress {
        self.progress.as_ref()
    }

    fn interrupt(&self) -> &Interrupt {
        &self.interrupt
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

    async fn keyring(&self) -> Result<Keyring, HostError> {
        // Somebody may have been erased since the tenant was opened.
        privacy::settle(self.data, self.tenant.people()).await?;
        self.tenant.people().writing_keyring().await
    }

    async fn plan(&self) -> Result<Planned, HostError> {
        planning::plan(self.plugin, self.tenant, self.progress.clone()).await
    }

    async fn attempt(&self, change: &Change, attempt: Attempt, fence: Fence) -> Result<Attempted, HostError> {
        self.call(Job::Apply(change, fence), change, attempt).await
    }

    async fn look(&self, change: &Change, fence: Fence) -> Result<Attempted, HostError> {
        self.call(Job::Look(change, fence), change, Attempt::AfterUnknownOutcome).await
    }

    async fn stopped_by(&self, job: Option<&str>) -> Result<Option<String>, HostError> {
        interrupted::stopped_by(self.data, self.tenant.id(), job).await
    }

    async fn is_cancelled(&self, job: &str) -> Result<bool, HostError> {
        Ok(self.data.queue().is_cancelled(job).await?)
    }
}

impl Leavers for Sandboxed<'_> {
    async fn departures(&self, known: &[Known]) -> Result<(Detection, TitleDigests), HostError> {
        leavers::departures(self.plugin, self.tenant, known, self.progress.clone()).await
    }

    async fn look_up(&self, employee_id: &str) -> Result<Option<Departure>, HostError> {
        leavers::look_up(self.plugin, self.tenant, employee_id).await
    }

    fn leavers_max(&self) -> usize {
        self.plugin.wit_version().leavers_max()
    }

    async fn claims(&self, departures: &[Departure]) -> Result<Vec<LeaverClaims>, HostError> {
        leavers::facts_and_claims(self.plugin, self.tenant, departures).await
    }

    async fn require_published(&self, records: &[DnsRecord; 2]) -> Result<(), HostError> {
        require_published(self.tenant.config(), records).await
    }

    async fn address(&self, employee_id: &str, field: &str) -> Result<Option<String>, HostError> {
        leavers::address_in(self.plugin, self.tenant, employee_id, field).await
    }
}

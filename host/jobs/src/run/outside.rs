//! What a run needs of the outside: where it is written down, who makes its changes, who else has its lock.
//!
//! In earnest that is the plugin in its sandbox and the tenant's databases ([`hibob_runner::sandboxed`]). The simulation in
//! the tests brings another outside and runs the same job logic over it; for its sake this is public.

use hibob_base::error::HostError;
use hibob_base::progress::Progress;
use hibob_base::secret::Redactor;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Attempt, Change, Outcome};
use hibob_store::database::{Fence, TenantDatabase};
use hibob_store::privacy::Keyring;
use hibob_store::run_store::Lock;
use hibob_store::run_store::RunStore;
use hibob_telemetry::TenantMetrics;
use std::collections::BTreeMap;

/// The outside of one run.
pub trait Outside {
    /// Where it is written down.
    type RunStore: RunStore;
    /// The right to run the tenant.
    type Lock: Lock;

    /// The tenant's configuration.
    fn config(&self) -> &TenantConfig;

    /// The tenant's counters.
    fn metrics(&self) -> &TenantMetrics;

    /// Where the run is written down.
    fn run_store(&self) -> &Self::RunStore;

    /// Where plans wait for a person; none where no plan ever does.
    fn approvals(&self) -> Option<&TenantDatabase> {
        None
    }

    /// Fails where the tenant lacks what this kind of run needs.
    ///
    /// # Errors
    /// What it lacks.
    fn require(&self) -> Result<(), HostError>;

    /// Lets requests leave again, for a new run. Where the services refused the credentials in the last one, they are asked
    /// after everybody else's.
    fn reopen(&self, was_refused: bool);

    /// Whether a service has refused the credentials in this run: no request leaves any more.
    fn is_refused(&self) -> bool;

    /// Takes the tenant's secrets out of what services and plugins wrote.
    ///
    /// # Errors
    /// As [`Self::require`].
    fn redactor(&self) -> Result<&Redactor, HostError>;

    /// Whoever waits for the run.
    fn progress(&self) -> &dyn Progress;

    /// Unix seconds.
    fn now(&self) -> i64;

    /// What a plan depends on; see [`hibob_sandbox::tenant::Tenant::settings_digest`].
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
    fn keyring(&self) -> impl Future<Output = Result<Keyring<Self::RunStore>, HostError>>;

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

//! The ports of a run: the traits by which the job logic reaches databases, plugin, lease and clock.
//!
//! `hibob-runner` implements them with the sandbox and the tenant's databases (`sandboxed.rs`). The simulation in the
//! tests implements them in memory, and runs the same job logic over that.

use crate::interrupt::Interrupt;
use hibob_base::error::HostError;
use hibob_base::progress::Progress;
use hibob_base::secret::Redactor;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_contract::directory_sync::{Attempt, Change, Outcome};
use hibob_policy::change_scope::Made;
use hibob_store::database::{Fence, TenantDatabase};
use hibob_store::privacy::Keyring;
use hibob_store::run_store::Lock;
use hibob_store::run_store::RunStore;
use hibob_telemetry::TenantMetrics;
use std::collections::BTreeMap;

/// Everything that one run of one tenant needs from outside of the job logic.
pub trait RunPorts {
    /// The store of the run: journal, ledger, history, and what the plugin keeps.
    type RunStore: RunStore;
    /// The lease of the tenant: the right to run it.
    type Lock: Lock;

    /// The tenant's configuration.
    fn config(&self) -> &TenantConfig;

    /// The tenant's counters.
    fn metrics(&self) -> &TenantMetrics;

    /// The store that the run writes to.
    fn run_store(&self) -> &Self::RunStore;

    /// The store of plans that wait for approval; none where plans never wait.
    fn approvals(&self) -> Option<&TenantDatabase> {
        None
    }

    /// Checks that the tenant has the settings that this kind of run needs.
    ///
    /// # Errors
    /// It lacks one; the error names it.
    fn require(&self) -> Result<(), HostError>;

    /// Lets requests leave again, for a new run. Where a service refused the credentials in the last run, this tenant's
    /// requests go after those of other tenants.
    fn reopen(&self, was_refused: bool);

    /// Whether a service has refused the credentials in this run. If so, no request leaves any more.
    fn is_refused(&self) -> bool;

    /// The redactor, which takes the tenant's secrets out of text from services and plugins.
    ///
    /// # Errors
    /// As [`Self::require`].
    fn redactor(&self) -> Result<&Redactor, HostError>;

    /// Where the run reports how far it is.
    fn progress(&self) -> &dyn Progress;

    /// Whether a person has asked the run to stop.
    fn interrupt(&self) -> &Interrupt;

    /// The time now, in Unix seconds.
    fn now(&self) -> i64;

    /// The digest of the settings that a plan depends on. A plan that was made with other settings is not applied.
    ///
    /// # Errors
    /// As [`Self::require`].
    fn settings_digest(&self) -> Result<String, HostError>;

    /// The SHA-256 of the plugin: `sha256:` and hexadecimal digits.
    fn plugin_digest(&self) -> &str;

    /// Takes the tenant's lease.
    ///
    /// # Errors
    /// Another run has it, or the tenant is disabled.
    fn lock(&self) -> impl Future<Output = Result<Self::Lock, HostError>>;

    /// The keyring with which the run encrypts what it stores. Erasures that are still outstanding are carried out
    /// first, so the caller must hold the lease.
    ///
    /// # Errors
    /// The tenant's key is missing, or the database failed.
    fn keyring(&self) -> impl Future<Output = Result<Keyring<Self::RunStore>, HostError>>;

    /// Asks the plugin for a plan. Nothing is written anywhere.
    ///
    /// # Errors
    /// The job failed, or the plugin did.
    fn plan(&self) -> impl Future<Output = Result<Planned, HostError>>;

    /// Has the plugin make a change, as long as the fencing token is current. What the plugin writes to its storage is
    /// returned, and not stored yet.
    ///
    /// # Errors
    /// The plugin, or the host, failed.
    fn attempt(
        &self,
        change: &Change,
        attempt: Attempt,
        fence: Fence,
    ) -> impl Future<Output = Result<Attempted, HostError>>;

    /// Has the plugin look what became of a change that was begun, as in an attempt after an unknown outcome. No write
    /// leaves: where the change was not made, the outcome is a failure.
    ///
    /// # Errors
    /// The plugin, or the host, failed.
    fn look(&self, change: &Change, fence: Fence) -> impl Future<Output = Result<Attempted, HostError>>;

    /// What a person has done that stops this run, read anew: its job, if it is one with this key, was cancelled, or its
    /// tenant disabled. As the subject of a sentence.
    ///
    /// # Errors
    /// The control database cannot be read.
    fn stopped_by(&self, job: Option<&str>) -> impl Future<Output = Result<Option<String>, HostError>>;

    /// Whether a person has cancelled the job with this key.
    ///
    /// # Errors
    /// The queue cannot be read.
    fn is_cancelled(&self, job: &str) -> impl Future<Output = Result<bool, HostError>>;
}

/// The result of one attempt to make a change.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// The outcome that the plugin reported.
    pub outcome: Outcome,
    /// What the target's own answers show of the change, at the account that the plugin reports as written, or else at
    /// [`Self::account`].
    pub made: Made,
    /// The change's own account or cost center, as far as the change or an answer of the target says which one it is.
    pub account: Option<String>,
    /// Whether the target has answered a read in this call.
    pub is_answered: bool,
    /// The requests that the egress refused, each in a sentence.
    pub refusals: Vec<String>,
    /// What the plugin wrote to its storage, by key; none for a key that it deleted.
    pub entries: BTreeMap<String, Option<Vec<u8>>>,
}

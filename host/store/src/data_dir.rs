//! The data directory: databases, keys, compiled code, and the tenants' configurations. Only its owner can read it.

use crate::database::{ControlDatabase, DatabaseAddress, Disabled, NewVersion, StoredBy, StoredConfig};
use crate::queue::{NewJob, Queue, Started};
use crate::revoked_tokens;
use crate::secrets::{SecretStore, ToEnter};
use crate::settings::{SettingsChange, Settler};
use crate::tenant_change::TenantChange;
use hibob_base::error::HostError;
use hibob_base::job::JobKind;
use hibob_base::key_file;
use hibob_base::person::{check_person, check_reason};
use hibob_base::private_folder::PrivateFolder;
use hibob_base::secret::Secret;
use hibob_base::text::check_line;
use hibob_config::applied_by::AppliedBy;
use hibob_config::references::issuing;
use hibob_config::tenant::TenantConfig;
use hibob_shares::RefusalBudget;
use hibob_shares::{Shared, SharedByTenant};
use hibob_telemetry::Metrics;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An opened data directory.
#[derive(Clone, Debug)]
pub struct DataDir {
    folder: PrivateFolder,
    control: ControlDatabase,
    queue: Queue,
    refusal_budget: Arc<RefusalBudget>,
    metrics: Metrics,
    open: Arc<SharedByTenant>,
}

/// The result of storing a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The version that it is, whether it differs from the one before, and whether the tenant is new.
    pub stored: StoredConfig,
    /// Secrets that somebody has to enter before the tenant can run.
    pub to_enter: Vec<ToEnter>,
}

/// The longest name of whoever requests a job, in characters.
const REQUESTER_CHARS_MAX: usize = 254;

/// The directory, if it is this user's alone. The host tells the operator if it had to be closed to others.
fn claimed(folder: PrivateFolder) -> Result<PrivateFolder, HostError> {
    if let Some(told) = folder.claim()? {
        tracing::warn!("{told}");
    }
    Ok(folder)
}

impl DataDir {
    /// Opens the directory, and makes it if it is missing. See [`PrivateFolder::claim`].
    ///
    /// # Errors
    /// It cannot be made or used, or others can write to it.
    pub async fn open(folder: impl Into<PrivateFolder>) -> Result<Self, HostError> {
        let folder = claimed(folder.into())?;
        let control = ControlDatabase::open(folder.path()).await?;
        Self::with_control(folder, control).await
    }

    /// Opens the directory for the keys, and a database on PostgreSQL for everything else; see
    /// [`ControlDatabase::connect`].
    ///
    /// # Errors
    /// The directory cannot be made or others can write to it, or the database cannot be used.
    pub async fn connect(
        folder: impl Into<PrivateFolder>,
        address: impl Into<DatabaseAddress>,
        connections_max: u32,
    ) -> Result<Self, HostError> {
        let folder = claimed(folder.into())?;
        Self::with_control(folder, ControlDatabase::connect(address, connections_max).await?).await
    }

    async fn with_control(folder: PrivateFolder, control: ControlDatabase) -> Result<Self, HostError> {
        revoked_tokens::settle(folder.path(), &control).await?;
        Ok(Self {
            folder,
            queue: Queue::new(&control),
            control,
            refusal_budget: Arc::default(),
            metrics: Metrics::default(),
            open: Arc::default(),
        })
    }

    /// The default path of the data directory: `$XDG_DATA_HOME/hibob`, or `~/.local/share/hibob`.
    pub fn default_path() -> PathBuf {
        let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/share"));
        let base = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(home);
        base.unwrap_or_else(|| PathBuf::from(".")).join("hibob")
    }

    /// This directory with another budget of refused credentials for all tenants that are opened from it.
    #[must_use]
    pub fn with_refusal_budget(self, budget: RefusalBudget) -> Self {
        Self { refusal_budget: Arc::new(budget), ..self }
    }

    /// The budget of refused credentials that all tenants opened from this directory share.
    pub fn refusal_budget(&self) -> &Arc<RefusalBudget> {
        &self.refusal_budget
    }

    /// This directory, counting in `metrics` for all tenants that are opened from it.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// The counters of all tenants that are opened from this directory.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What all openings of a tenant in this process share, such as its limits on requests and memory.
    pub fn shared(&self, config: &TenantConfig) -> Arc<Shared> {
        self.open.of(config)
    }

    /// This directory, with leases on tenants that last so many seconds.
    #[must_use]
    pub fn with_lease_seconds(self, seconds: i64) -> Self {
        Self { control: self.control.with_lease_seconds(seconds), ..self }
    }

    /// The queue of jobs.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The directory's path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The directory on the disk, with who else may write to it.
    pub fn folder(&self) -> &PrivateFolder {
        &self.folder
    }

    /// The control database.
    pub fn control(&self) -> &ControlDatabase {
        &self.control
    }

    /// A tenant's configuration, as it was applied last.
    ///
    /// # Errors
    /// There is no such tenant, its configuration cannot be read, or the database failed.
    pub async fn config(&self, id: &str) -> Result<TenantConfig, HostError> {
        let Some(json) = self.control.tenant(id).await? else {
            let known: Vec<String> = self.control.tenants().await?.into_iter().map(|(id, ..)| id).collect();
            let remedy = if known.is_empty() {
                "apply a tenant file first: hibob tenant apply FILE.toml".to_owned()
            } else {
                format!("choose from {}, or apply its file first: hibob tenant apply FILE.toml", known.join(", "))
            };
            return Err(HostError::configuration(format!("there is no tenant {}", id.escape_debug()), remedy));
        };
        serde_json::from_str(&json).map_err(|error| {
            let remedy = format!("apply the file of tenant {id} again: hibob tenant apply FILE.toml");
            HostError::configuration(format!("the stored configuration of tenant {id} cannot be read: {error}"), remedy)
        })
    }

    /// Stores a tenant's configuration in place of an earlier one. Returns which secrets of the store have to be
    /// entered, or entered again because they were entered for another origin: that is possible only once the
    /// configuration says where they are sent.
    ///
    /// # Errors
    /// The configuration is wrong or may not come from there (see [`TenantConfig::permit`]), another tenant has the
    /// same issuer, a secret that comes from elsewhere or the store cannot be read, or the database failed.
    pub async fn put(&self, config: &TenantConfig, by: AppliedBy) -> Result<Applied, HostError> {
        let stored_by = match by {
            AppliedBy::Operator => StoredBy::File,
            AppliedBy::Api => StoredBy::Api,
        };
        self.put_by(config, by, stored_by).await
    }

    /// As [`Self::put`], and says by what the configuration is stored.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_by(
        &self,
        config: &TenantConfig,
        by: AppliedBy,
        stored_by: StoredBy,
    ) -> Result<Applied, HostError> {
        // First what it may name at all: the check opens files.
        config.permit(by)?;
        config.check()?;
        self.store_checked(config, stored_by, None).await
    }

    /// Stores what a tenant's file changes. The file was checked when it was read.
    ///
    /// # Errors
    /// Another tenant has the same issuer, a secret that comes from elsewhere or the store cannot be read, or the
    /// database failed.
    pub async fn put_change(&self, change: &TenantChange, stored_by: StoredBy) -> Result<Applied, HostError> {
        change.config.permit(AppliedBy::Operator)?;
        self.store_checked(&change.config, stored_by, None).await
    }

    /// Stores changed settings, unless somebody else has changed them meanwhile.
    ///
    /// # Errors
    /// As [`Self::put_change`], or the settings are another version by now.
    pub async fn put_settings(&self, change: &SettingsChange, settler: Settler<'_>) -> Result<Applied, HostError> {
        self.store_checked(&change.config, StoredBy::Settings, Some((change.over, settler))).await
    }

    async fn store_checked(
        &self,
        config: &TenantConfig,
        by: StoredBy,
        over: Option<(i64, Settler<'_>)>,
    ) -> Result<Applied, HostError> {
        self.permit_issuer(config).await?;
        // A missing secret is reported now, and not by the nightly run.
        let to_enter = self.secrets().to_enter(config).await?;
        let json = serde_json::to_string(config).map_err(|error| HostError::Storage(error.to_string()))?;
        let new = NewVersion {
            id: &config.id,
            config: &json,
            now: chrono::Utc::now().timestamp(),
            by,
            who: over.map(|(_, settler)| (settler.person, settler.token)),
            over: over.map(|(version, _)| version),
        };
        let stored = self.control.store_config(&new).await?;
        self.set_schedules(config).await?;
        Ok(Applied { stored, to_enter })
    }

    /// Checks that no other tenant has the same issuer, and that a tenant with keys keeps its issuer: keys and log
    /// belong to the issuer's domain.
    async fn permit_issuer(&self, config: &TenantConfig) -> Result<(), HostError> {
        let Some(domain) = config.references.as_ref().map(|references| references.domain.to_ascii_lowercase()) else {
            return Ok(());
        };
        for (id, json, _) in self.control.tenants().await? {
            // One that cannot be read is reported where it is used.
            let Ok(other) = serde_json::from_str::<TenantConfig>(&json) else { continue };
            let Some(theirs) = other.references.map(|references| references.domain.to_ascii_lowercase()) else {
                continue;
            };
            if id != config.id && theirs == domain {
                return Err(HostError::configuration(
                    format!("tenant {}: references.domain is {domain}, and so is that of tenant {id}", config.id),
                    "an issuer has one log, so let one tenant issue its references",
                ));
            }
            if id == config.id
                && theirs != domain
                && !self.tenant_database(&id).await?.reference_keys().await?.is_empty()
            {
                return Err(HostError::configuration(
                    format!("tenant {id}: references.domain was {theirs}, and its keys and log are of that domain"),
                    "keep it, and issue references of another domain in a tenant of its own",
                ));
            }
        }
        Ok(())
    }

    /// Disables a tenant from now on, or enables it again, and its schedules with it.
    ///
    /// # Errors
    /// There is no such tenant, or the database failed.
    pub async fn set_disabled(&self, id: &str, disabled: bool) -> Result<(), HostError> {
        if disabled { self.disable(id, None, None).await } else { self.enable(id).await }
    }

    /// Disables a tenant from now on, and its schedules with it. `by` is the work email of the person who does so,
    /// `reason` says why; both are shown with the tenant. One that is disabled stays so from when it was, for the new
    /// reason.
    ///
    /// # Errors
    /// There is no such tenant, `by` is no e-mail address, the reason is empty or too long, or the database failed.
    pub async fn disable(&self, id: &str, by: Option<&str>, reason: Option<&str>) -> Result<(), HostError> {
        let config = self.config(id).await?;
        by.map_or(Ok(()), check_person)?;
        reason.map_or(Ok(()), check_reason)?;
        let since = self.control.disabled_since(id).await?.unwrap_or_else(|| chrono::Utc::now().timestamp());
        let disabled = Disabled { since, by: by.map(str::to_owned), reason: reason.map(str::to_owned) };
        self.control.mark_disabled(id, Some(&disabled)).await?;
        self.set_schedules(&config).await
    }

    /// Enables a tenant again, and its schedules with it.
    ///
    /// # Errors
    /// There is no such tenant, or the database failed.
    pub async fn enable(&self, id: &str) -> Result<(), HostError> {
        let config = self.config(id).await?;
        self.control.mark_disabled(id, None).await?;
        self.set_schedules(&config).await
    }

    /// Brings the queue's schedules in line with all tenants' configurations, also those that were applied by an
    /// earlier version or while the database failed. A configuration that cannot be read is logged and does not hold up
    /// the others.
    ///
    /// # Errors
    /// The database failed.
    pub async fn refresh_schedules(&self) -> Result<(), HostError> {
        for (id, ..) in self.control.tenants().await? {
            let refreshed = match self.config(&id).await {
                Ok(config) => self.set_schedules(&config).await,
                Err(error) => Err(error),
            };
            match refreshed {
                Err(error) if error.is_forgetful() => return Err(error),
                Err(error) => tracing::error!(tenant = id, "its schedules stay as they were: {error}"),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    async fn set_schedules(&self, config: &TenantConfig) -> Result<(), HostError> {
        let is_enabled = self.control.disabled_since(&config.id).await?.is_none();
        let schedules = if is_enabled { config.due_schedules() } else { Vec::new() };
        self.queue.set_schedules(&config.id, &schedules).await
    }

    /// Queues a job that a person requests.
    ///
    /// # Errors
    /// There is no such tenant, it is disabled, its configuration lacks what the job needs, the job does not take these
    /// arguments, or the database failed.
    pub async fn start(&self, new: &NewJob) -> Result<Started, HostError> {
        if new.requested_by.as_deref().is_some_and(|who| check_line(who, REQUESTER_CHARS_MAX).is_err()) {
            let message = "who asks for the job is not named in one line";
            return Err(HostError::configuration(message, format!("give at most {REQUESTER_CHARS_MAX} characters")));
        }
        let config = self.config(&new.tenant).await?;
        self.require_enabled(&new.tenant).await?;
        match new.kind() {
            JobKind::Plan => config.travelperk().map(drop)?,
            JobKind::Check if config.references.is_some() => {}
            JobKind::Check | JobKind::Sync | JobKind::Apply => config.travelperk().map(drop)?,
            JobKind::References | JobKind::Deliver => issuing(&config).map(drop)?,
        }
        Ok(self.queue.start(new).await?)
    }

    /// The secret store.
    pub fn secrets(&self) -> SecretStore {
        SecretStore::new(self.control.clone(), self.folder.clone())
    }

    /// Checks that a tenant is not disabled.
    ///
    /// # Errors
    /// It is disabled, or the database failed.
    pub async fn require_enabled(&self, id: &str) -> Result<(), HostError> {
        let Some(since) = self.control.disabled_since(id).await? else { return Ok(()) };
        let since = hibob_base::clock::minute(since);
        Err(HostError::Disabled {
            code: "TENANT_DISABLED",
            message: format!("tenant {id} is disabled since {since}; nobody's account was touched by that"),
            remedy: format!("an admin enables it again: hibob tenant enable {id} --by EMAIL"),
        })
    }

    /// The key that seals saved plans. It is made at first use.
    ///
    /// # Errors
    /// It cannot be read or made.
    pub fn plan_key(&self) -> Result<Secret, HostError> {
        key_file::key(&self.folder, "plan.key", "make saved plans again")
    }
}

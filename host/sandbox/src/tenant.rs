//! A tenant as a value, which owns its database, its egresses with their secrets, and its limits.

use crate::Plugin;
use crate::engine::{Runtime, turn};
use hibob_base::clock::now_unix_seconds;
use hibob_base::digest::hex;
use hibob_base::error::HostError;
use hibob_base::secret::{Secret, SecretName};
use hibob_config::TenantConfig;
use hibob_contract::types::Job;
use hibob_egress::{Credential, Egress, Service};
use hibob_net::address::SystemResolver;
use hibob_net::transport::{HttpTransport, Transport};
use hibob_policy::Intake;
use hibob_policy::request::Role;
use hibob_shares::Shared;
use hibob_shares::{TenantMemory, Turns};
use hibob_store::data_dir::DataDir;
use hibob_store::database::TenantDatabase;
use hibob_store::plan_file::Basis;
use hibob_store::privacy::People;
use hibob_telemetry::TenantMetrics;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// An open tenant.
pub struct Tenant {
    config: TenantConfig,
    people: People,
    /// The epoch of its database.
    epoch: String,
    /// The egress of the sync, to HiBob and TravelPerk; `None` without TravelPerk.
    egress: Option<Arc<Egress>>,
    /// The egress of the references job, to HiBob alone, as the service user for references if there is one.
    references_egress: Arc<Egress>,
    shared: Arc<Shared>,
    metrics: TenantMetrics,
}

impl Tenant {
    /// Opens a tenant's database and reads its secrets.
    ///
    /// # Errors
    /// A secret cannot be read or may not be used, or the database cannot be opened.
    pub async fn open(data: &DataDir, config: TenantConfig) -> Result<Self, HostError> {
        let timeout = Duration::from_secs(config.limits.connect_timeout_seconds);
        let proxy = data.secrets().proxy(&config).await?;
        let ca_file = config.network.ca_file.as_deref();
        let transport = HttpTransport::through(proxy, timeout, config.addresses(), ca_file, Arc::new(SystemResolver));
        let transport = transport.map_err(|what| {
            HostError::configuration(
                format!("tenant {}: {what}", config.id),
                "name a PEM file with certificates of authorities",
            )
        })?;
        Self::open_with(data, config, Arc::new(transport)).await
    }

    /// As [`Self::open`], with a transport that the embedder chooses.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with(
        data: &DataDir,
        config: TenantConfig,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, HostError> {
        let people = data.people(&config.id).await?;
        let epoch = people.database().epoch().await?;
        let shared = data.shared(&config);
        let token = data.secrets().read(&config, SecretName::HiBobToken).await?;
        let hibob = |user: &str, password: Secret| -> Result<Service, HostError> {
            let route = config.route(Role::HiBob, "hibob.url", &config.hibob.url)?;
            let credential = Credential::Basic { user: user.to_owned(), password };
            Ok(Service::new(route, credential, shared.hibob_pace.clone()))
        };
        let references = match &config.hibob.references {
            Some(other) => {
                hibob(&other.service_user, data.secrets().read(&config, SecretName::ReferencesToken).await?)?
            }
            None => hibob(&config.hibob.service_user, token.clone())?,
        };
        let services = match &config.travelperk {
            Some(travelperk) => {
                let key = data.secrets().read(&config, SecretName::TravelPerkKey).await?;
                let mut services = vec![hibob(&config.hibob.service_user, token)?];
                for (role, setting, url) in travelperk.urls() {
                    let credential = Credential::Key { scheme: travelperk.scheme.word().to_owned(), key: key.clone() };
                    let pace = shared.travelperk_pace.clone();
                    services.push(Service::new(config.route(role, setting, url)?, credential, pace));
                }
                Some(services)
            }
            None => None,
        };
        let metrics = data.metrics().of(&config.id);
        let egress = |services: Vec<Service>| {
            let (budget, limits) = (data.refusal_budget().clone(), config.limits.clone());
            Arc::new(Egress::new(config.id.clone(), services, transport.clone(), limits, budget, metrics.clone()))
        };
        let (egress, references_egress) = (services.map(egress), egress(vec![references]));
        Ok(Self { config, people, epoch, egress, references_egress, shared, metrics })
    }

    /// The tenant's id.
    pub fn id(&self) -> &str {
        &self.config.id
    }

    /// The configuration.
    pub fn config(&self) -> &TenantConfig {
        &self.config
    }

    /// The tenant's own database.
    pub fn database(&self) -> &TenantDatabase {
        self.people.database()
    }

    /// The tenant's personal data and its keys.
    pub fn people(&self) -> &People {
        &self.people
    }

    /// The egress of the sync.
    ///
    /// # Errors
    /// The tenant has no TravelPerk: see [`TenantConfig::travelperk`].
    pub fn egress(&self) -> Result<&Arc<Egress>, HostError> {
        self.egress.as_ref().ok_or_else(|| self.config.no_travelperk())
    }

    /// The egress of the references job.
    pub fn references_egress(&self) -> &Arc<Egress> {
        &self.references_egress
    }

    /// This tenant's counters.
    pub fn metrics(&self) -> &TenantMetrics {
        &self.metrics
    }

    /// The memory that this tenant's calls share.
    pub fn memory(&self) -> &Arc<TenantMemory> {
        &self.shared.memory
    }

    /// The turns at a processor that this tenant's calls share.
    pub fn turns(&self) -> &Turns {
        &self.shared.turns
    }

    /// Waits until one more call of this tenant may run: first for a place among the tenant's own calls, so that a
    /// tenant has no more calls in the queue of the pool than it may run at once, and then for a place in the pool.
    ///
    /// # Errors
    /// No place came free in time.
    pub async fn slots(&self, runtime: &Runtime) -> Result<[OwnedSemaphorePermit; 2], HostError> {
        let longest = Duration::from_secs(self.config.limits.slot_wait_seconds_max);
        let why = "the tenant has as many calls running as it may (limits.parallel_calls_max)";
        let own = turn(&self.shared.calls, longest, why).await?;
        Ok([own, runtime.slot(longest).await?])
    }

    /// A count of what a plugin hands over, which ends at this tenant's limits.
    pub(crate) fn intake(&self) -> Intake {
        let limits = &self.config.limits;
        Intake::new(limits.plan_changes_max, limits.plan_bytes_max)
    }

    /// What a plan of this tenant by this plugin depends on, which a saved plan is compared with.
    ///
    /// # Errors
    /// The tenant has no TravelPerk: see [`TenantConfig::travelperk`].
    pub fn basis<'b>(&'b self, plugin: &'b Plugin) -> Result<Basis<'b>, HostError> {
        Ok(Basis {
            config: &self.config,
            settings: self.settings_digest()?,
            plugin: plugin.digest(),
            epoch: &self.epoch,
        })
    }

    /// The arguments of a call for the sync: the settings, and the current time.
    ///
    /// # Errors
    /// The tenant has no TravelPerk: see [`TenantConfig::travelperk`].
    pub fn job(&self) -> Result<Job, HostError> {
        Ok(Job { settings: self.config.plugin_settings()?, now_unix_seconds: now_unix_seconds() })
    }

    /// SHA-256 over the parts of the configuration that a plan depends on: the tenant's id, the service user, the
    /// authorization scheme and the plugin's settings, with the URLs. As `sha256:` and hexadecimal digits.
    ///
    /// # Errors
    /// The tenant has no TravelPerk: see [`TenantConfig::travelperk`].
    pub fn settings_digest(&self) -> Result<String, HostError> {
        let scheme = self.config.travelperk()?.scheme.word();
        let identity = (&self.config.id, &self.config.hibob.service_user, scheme, self.config.plugin_settings()?);
        let json = serde_json::to_vec(&identity).unwrap_or_default();
        Ok(format!("sha256:{}", hex(&Sha256::digest(json))))
    }
}

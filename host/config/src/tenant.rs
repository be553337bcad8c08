//! A tenant's configuration: a file in TOML, which the control database stores as JSON.

use crate::applied_by::AppliedBy;
use crate::due::{DueSchedule, JITTER_MINUTES_MAX};
use crate::key::Places;
use crate::key::check::{refuse, wrong_settings};
use crate::limits::Limits;
use crate::references::ReferencesConfig;
pub use crate::safety::{Approval, ApprovalLeavers, SafetyConfig};
use hibob_base::error::HostError;
use hibob_base::job::JobKind;
use hibob_base::secret::{Secret, SecretSource};
use hibob_net::address::AddressPolicy;
use hibob_net::proxy::Proxy;
use hibob_policy::change_scope::TargetSettings;
use hibob_policy::request::{Role, Route};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A tenant's configuration. docs/use/configuration.md shows a file with every key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// Short name: small letters, digits and hyphens, at most 63.
    pub id: String,
    /// Work email of the admin who enabled the sync. When they leave, the sync stops until another admin enables it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled_by: Option<String>,
    /// HiBob, where employees are read.
    pub hibob: HiBobConfig,
    /// TravelPerk, where accounts are written; `None` for a tenant that only issues references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub travelperk: Option<TravelPerkConfig>,
    /// The network: addresses that the host may connect to, and certificates that it trusts.
    #[serde(default)]
    pub network: NetworkConfig,
    /// The directory sync: what is synced, and how.
    #[serde(default)]
    pub sync: SyncConfig,
    /// Offboarding references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<ReferencesConfig>,
    /// The schedules of jobs.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// For how long runs and plans are kept.
    #[serde(default)]
    pub retention: RetentionConfig,
    /// The limits of the guards, and the approval of plans.
    #[serde(default)]
    pub safety: SafetyConfig,
    /// Timeouts, retries and sizes.
    #[serde(default)]
    pub limits: Limits,
}

/// HiBob: address and service user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HiBobConfig {
    /// Base URL, `https://api.hibob.com/v1`.
    pub url: String,
    /// The service user's id.
    pub service_user: String,
    /// Where its token comes from.
    pub token: SecretSource,
    /// Requests a minute. HiBob allows 50 to people/search (its reference page); the default is below that.
    #[serde(default = "forty_five")]
    pub calls_per_minute: NonZeroU32,
    /// Another service user for offboarding references, with fewer permissions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<ServiceUser>,
}

/// A HiBob service user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceUser {
    /// The service user's id.
    pub service_user: String,
    /// Where its token comes from.
    pub token: SecretSource,
}

/// TravelPerk: addresses, key and pace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TravelPerkConfig {
    /// Base URL of SCIM, `https://app.perk.com/api/v2/scim`.
    pub scim_url: String,
    /// Base URL of the REST API, `https://api.travelperk.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest_url: Option<String>,
    /// Base URL of the cost centers API, `https://api.perk.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_centers_url: Option<String>,
    /// The TravelPerk plan that the company has: `starter`, `premium` or `pro`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The authorization scheme of the key.
    #[serde(default)]
    pub scheme: Scheme,
    /// Where the key comes from.
    pub key: SecretSource,
    /// The `Content-Type` of requests.
    #[serde(default = "json")]
    pub content_type: String,
    /// Requests a minute to all of TravelPerk's services together. TravelPerk does not publish its limit.
    #[serde(default = "hundred")]
    pub calls_per_minute: NonZeroU32,
}

impl TravelPerkConfig {
    /// Each service that has a base URL, with the setting and the URL.
    pub fn urls(&self) -> impl Iterator<Item = (Role, &'static str, &str)> {
        let scim = (Role::Scim, "travelperk.scim_url", Some(&self.scim_url));
        let rest = (Role::Rest, "travelperk.rest_url", self.rest_url.as_ref());
        let cost_centers = (Role::CostCenters, "travelperk.cost_centers_url", self.cost_centers_url.as_ref());
        [scim, rest, cost_centers].into_iter().filter_map(|(role, setting, url)| Some((role, setting, url?.as_str())))
    }
}

/// The authorization scheme: `ApiKey` for customers, `Bearer` for partners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are named as in the header")]
pub enum Scheme {
    #[default]
    ApiKey,
    Bearer,
}

impl Scheme {
    /// The scheme as the header has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::ApiKey => "ApiKey",
            Self::Bearer => "Bearer",
        }
    }
}

/// The settings of the directory sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncConfig {
    /// The details that are synced; docs/use/sync.md lists them. By default all but three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Vec<String>>,
    /// What happens to an employee of whom HiBob does not have a detail: `fail` (the default if `details` is set) or
    /// `skip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_detail: Option<String>,
    /// For each detail in it, the HiBob fields that are read instead of the default ones, in this order.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, Vec<String>>,
    /// TravelPerk's names of invoice profiles by HiBob's names of companies, for those that differ.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub companies: BTreeMap<String, String>,
    /// The approval of trips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvals: Option<ApprovalsConfig>,
    /// The address that an account has for a moment while two accounts exchange their work emails. It has `{id}` in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap_address: Option<String>,
    /// The language that is written to an account that has none and for whose employee HiBob names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_language: Option<String>,
    /// Who is left out of the sync.
    #[serde(skip_serializing_if = "ExcludeConfig::is_empty")]
    pub exclude: ExcludeConfig,
    /// The names of the sites that are synced; by default all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<Vec<String>>,
    /// The names of sites that are known not to be synced: somebody who moves to a new site that is not among them is
    /// left alone, since a selected site may have been renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_sites: Option<Vec<String>>,
    /// What happens to the account of an employee who moves to a site that is not synced: `leave` (default) or
    /// `archive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_selection: Option<String>,
    /// How many days before the start date an account is created.
    pub create_days_before_start: u16,
    /// What happens to the account of an employee on garden leave: `keep` (default) or `archive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub garden_leave: Option<String>,
    /// The longest time between two employments of somebody who came back under a new employee id, in days, where birth
    /// dates are not known.
    pub rehire_gap_days: u16,
    /// Whether birth dates are read to tell who is the same person, also where they are not synced.
    pub compare_birth_date: bool,
    /// What happens to the account of an employee whom HiBob has not sent in 14 accepted runs in a row: `keep` (default)
    /// or `archive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vanished: Option<String>,
    /// What happens to an account whose employee starts later, if that has been so in 14 accepted runs in a row: `keep`
    /// (default) or `archive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
    /// What happens to active accounts of those who left before the first sync: `report` (default) or `link`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leavers_before: Option<String>,
    /// The time zone in which days begin and end: a name of the IANA time zone database; by default UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The time zones of single sites, by the site's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub site_time_zones: BTreeMap<String, String>,
    /// The country of telephone numbers without a country code: two letters of ISO 3166.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_country: Option<String>,
    /// The countries of single sites, by the site's name, for telephone numbers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub site_countries: BTreeMap<String, String>,
    /// Whether the sync stops when the admin who enabled it has left.
    pub stops_with_its_admin: bool,
    /// Whether a value that an account had when it was adopted is removed where HiBob has none.
    pub clear_adopted: bool,
    /// Most changes that are made at the same time.
    pub parallel_changes: NonZeroU32,
    /// How old a saved plan may be when it is applied, in hours.
    pub plan_age_hours_max: u32,
}

/// Who is left out of the sync: their accounts are left as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExcludeConfig {
    /// Employees by HiBob's id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub employees: Vec<String>,
    /// Domains of work emails, such as `agency.example`. Domains below them are others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub email_domains: Vec<String>,
    /// Values of HiBob fields, each as `FIELD = VALUE`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

impl ExcludeConfig {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The fields with their values.
    pub fn field_values(&self) -> Vec<(String, String)> {
        let pair = |text: &String| {
            let (field, value) = text.split_once('=')?;
            Some((field.trim().to_owned(), value.trim().to_owned()))
        };
        self.fields.iter().filter_map(pair).collect()
    }
}

/// The default of `sync.rehire_gap_days`, in days.
pub(crate) const REHIRE_GAP_DAYS: u16 = 30;

/// The value of `network.proxy` for connections without a proxy, whatever the environment names.
pub(crate) const NO_PROXY: &str = "none";

/// The network settings of a tenant: the host connects to the public internet, and to what these allow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Ranges of addresses that are allowed too, such as `10.0.0.0/8`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_addresses: Vec<IpNet>,
    /// The proxy for HTTPS: `http://NAME:PORT`, or `none`. Without it that of the environment's `HTTPS_PROXY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The user name at the proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_user: Option<String>,
    /// Where the password at the proxy comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_password: Option<SecretSource>,
    /// A PEM file of certificates that are trusted beside the platform's. A relative path counts from the tenant's
    /// file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// The schedules of jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScheduleConfig {
    /// When the directory is synced: a cron expression in `sync.time_zone`. Without it, syncs start only by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync: Option<String>,
    /// When references are issued and delivered: a cron expression in `sync.time_zone`. Without it, only by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references: Option<String>,
    /// Over how many minutes after the due time starts are spread; by default [`JITTER_MINUTES_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread_minutes: Option<u16>,
}

/// For how long runs and plans are kept. References are kept for as long as the tenant is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// For how many days runs are kept in the history, with their rows.
    pub runs_days: NonZeroU32,
    /// For how many days applied plans and their journals are kept.
    pub plans_days: NonZeroU32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        const RUNS: NonZeroU32 = NonZeroU32::new(400).unwrap();
        const PLANS: NonZeroU32 = NonZeroU32::new(30).unwrap();
        Self { runs_days: RUNS, plans_days: PLANS }
    }
}

/// The settings for the approval of trips, which is a feature of TravelPerk's Pro plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalsConfig {
    /// The method: `A`, `B` or `C`. docs/use/sync.md says what they mean.
    pub method: String,
    /// Whether approval processes that exist in TravelPerk may be replaced.
    #[serde(default)]
    pub replaces_existing: bool,
    /// Conditions under which the line manager is written as approver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
}

/// The default of `sync.parallel_changes`. Eight open requests are enough for a pace of thousands a minute.
const PARALLEL_CHANGES: NonZeroU32 = NonZeroU32::new(8).unwrap();

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            details: None,
            missing_detail: None,
            sources: BTreeMap::new(),
            companies: BTreeMap::new(),
            approvals: None,
            swap_address: None,
            default_language: None,
            exclude: ExcludeConfig::default(),
            sites: None,
            other_sites: None,
            out_of_selection: None,
            create_days_before_start: 0,
            garden_leave: None,
            rehire_gap_days: REHIRE_GAP_DAYS,
            compare_birth_date: false,
            vanished: None,
            waiting: None,
            leavers_before: None,
            time_zone: None,
            site_time_zones: BTreeMap::new(),
            phone_country: None,
            site_countries: BTreeMap::new(),
            stops_with_its_admin: true,
            clear_adopted: false,
            parallel_changes: PARALLEL_CHANGES,
            plan_age_hours_max: 24,
        }
    }
}

fn json() -> String {
    "application/json".to_owned()
}

fn forty_five() -> NonZeroU32 {
    const FORTY_FIVE: NonZeroU32 = NonZeroU32::new(45).unwrap();
    FORTY_FIVE
}

fn hundred() -> NonZeroU32 {
    const HUNDRED: NonZeroU32 = NonZeroU32::new(100).unwrap();
    HUNDRED
}

impl TenantConfig {
    /// What the settings say of a change's requests to TravelPerk.
    pub fn target_settings(&self) -> TargetSettings {
        let approvals = self.sync.approvals.as_ref();
        let approver_conditions = approvals.map(|approvals| approvals.conditions.clone()).unwrap_or_default();
        match &self.travelperk {
            Some(travelperk) => TargetSettings { content_type: travelperk.content_type.clone(), approver_conditions },
            None => TargetSettings { approver_conditions, ..TargetSettings::default() },
        }
    }

    /// Reads and checks a tenant's file. Relative paths in it count from the file's folder.
    ///
    /// # Errors
    /// The file cannot be read; or every setting that is wrong, with its line.
    pub fn read(path: &Path) -> Result<Self, HostError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            HostError::configuration(
                format!("cannot read {}: {error}", path.display()),
                "name a tenant file that exists; examples/tenant.toml is one",
            )
        })?;
        Self::from_text(path, &text)
    }

    /// Reads and checks the text of a tenant's file. `path` is the file's name in errors, and its folder is that from
    /// which relative paths count.
    ///
    /// # Errors
    /// Every setting that is wrong, with its line.
    pub fn from_text(path: &Path, text: &str) -> Result<Self, HostError> {
        let (value, places) = Places::read(path, text)?;
        let place = Some((path, &places));
        refuse(wrong_settings(&value), place)?;
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let remedy = "correct that; hibob tenant schema prints every key";
            HostError::configuration(format!("{}: {}", path.display(), error.message()), remedy)
        })?;
        let folder = path.canonicalize().ok().and_then(|path| Some(path.parent()?.to_owned())).unwrap_or_default();
        config.network.ca_file = config.network.ca_file.map(|path| folder.join(path));
        config.network.proxy_password = config.network.proxy_password.map(|source| source.resolved(&folder));
        config.hibob.token = config.hibob.token.resolved(&folder);
        if let Some(travelperk) = &mut config.travelperk {
            travelperk.key = travelperk.key.clone().resolved(&folder);
        }
        if let Some(references) = &mut config.hibob.references {
            references.token = references.token.clone().resolved(&folder);
        }
        config.references = config.references.map(|references| references.resolved(&folder));
        refuse(config.conflicts(), place)?;
        Ok(config)
    }

    /// Reads a configuration from JSON: the keys of a tenant's file, as objects. No file that it names is opened unless
    /// `applied_by` may name one.
    ///
    /// # Errors
    /// Every setting that is wrong, or the first one that only the operator may use.
    pub fn from_json(json: Value, applied_by: AppliedBy) -> Result<Self, HostError> {
        refuse(wrong_settings(&json), None)?;
        let config: Self = serde_json::from_value(json).map_err(|error| {
            let remedy = "send the keys of a tenant's file as JSON; hibob tenant schema prints them all";
            HostError::configuration(format!("this is not a tenant's configuration: {error}"), remedy)
        })?;
        config.permit(applied_by)?;
        refuse(config.conflicts(), None)?;
        Ok(config)
    }

    /// Checks every setting by itself ([`wrong_settings`]), and then whether they fit together.
    ///
    /// # Errors
    /// Every setting that is wrong.
    pub fn check(&self) -> Result<(), HostError> {
        let value = serde_json::to_value(self).map_err(|error| HostError::Storage(error.to_string()))?;
        refuse(wrong_settings(&value), None)?;
        refuse(self.conflicts(), None)
    }

    /// The table `[travelperk]`.
    ///
    /// # Errors
    /// The tenant has no such table, so nothing can be synced.
    pub fn travelperk(&self) -> Result<&TravelPerkConfig, HostError> {
        self.travelperk.as_ref().ok_or_else(|| self.no_travelperk())
    }

    /// The error for a sync of a tenant without TravelPerk.
    pub fn no_travelperk(&self) -> HostError {
        let message = format!("tenant {} has no TravelPerk to sync", self.id);
        HostError::configuration(
            message,
            "add the table [travelperk] to the tenant's file: hibob tenant schema prints its keys",
        )
    }

    /// Every URL that the host sends something to for this tenant, each with its setting.
    pub(crate) fn urls(&self) -> Vec<(String, String)> {
        let mut urls = vec![("hibob.url".to_owned(), self.hibob.url.clone())];
        let travelperk = self.travelperk.iter().flat_map(TravelPerkConfig::urls);
        urls.extend(travelperk.map(|(_, setting, url)| (setting.to_owned(), url.to_owned())));
        let Some(references) = &self.references else { return urls };
        urls.extend(references.channel().map(|channel| (channel.setting().to_owned(), channel.url())));
        let oauth = references.smtp.as_ref().and_then(|smtp| smtp.oauth.as_ref());
        urls.extend(oauth.map(|oauth| ("references.smtp.oauth.token_url".to_owned(), oauth.token_url.clone())));
        let witnesses = references.witnesses.iter().enumerate();
        urls.extend(witnesses.map(|(at, witness)| (format!("references.witnesses[{at}].url"), witness.url.clone())));
        urls
    }

    /// Which addresses the host may connect to for this tenant. This machine is allowed only if a URL names it.
    pub fn addresses(&self) -> AddressPolicy {
        let urls = self.urls();
        let mut policy = AddressPolicy { allowed: self.network.allow_addresses.clone(), localhost: false };
        for host in urls.iter().filter_map(|(_, url)| Some(url.parse::<http::Uri>().ok()?.host()?.to_ascii_lowercase()))
        {
            policy.localhost |= host == "localhost";
            match host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>() {
                Ok(address) if address.is_loopback() => policy.allowed.push(address.into()),
                _ => {}
            }
        }
        policy
    }

    /// The proxy through which HTTPS connections of this tenant are made, if there is one. `password` is
    /// `network.proxy_password`.
    ///
    /// # Errors
    /// `network.proxy` or the environment's `HTTPS_PROXY` names no proxy that can be used. The error does not repeat it.
    pub fn proxy(&self, password: Option<&Secret>) -> Result<Option<Proxy>, HostError> {
        let network = &self.network;
        let proxy = match network.proxy.as_deref() {
            Some(NO_PROXY) => return Ok(None),
            Some(url) => {
                let credentials = network.proxy_user.as_deref().zip(password.map(Secret::reveal));
                Proxy::new(url, credentials).map(Some).map_err(|what| format!("network.proxy: {what}"))
            }
            None => Proxy::of_environment(),
        };
        proxy.map_err(|what| {
            let remedy = "give it as http://proxy.acme.example:3128";
            HostError::configuration(format!("tenant {}: the proxy cannot be used: {what}", self.id), remedy)
        })
    }

    /// All schedules, in the form in which the queue stores them.
    pub fn due_schedules(&self) -> Vec<DueSchedule> {
        let minutes = self.schedule.spread_minutes.unwrap_or(JITTER_MINUTES_MAX);
        let kinds = [(JobKind::Sync, &self.schedule.sync), (JobKind::References, &self.schedule.references)];
        let due = |(kind, cron): (JobKind, &Option<String>)| {
            let (cron, zone) = (cron.clone()?, self.time_zone().to_owned());
            Some(DueSchedule { kind, cron, zone, spread: Duration::from_mins(minutes.into()) })
        };
        kinds.into_iter().filter_map(due).collect()
    }

    /// Reads one of the base URLs.
    ///
    /// # Errors
    /// It is not a valid base URL. The error names the setting.
    pub fn route(&self, role: Role, setting: &str, url: &str) -> Result<Route, HostError> {
        Route::new(role, url).map_err(|what| {
            // A user name and password in a URL must not get into a log.
            let shown = if url.contains('@') { "an address with an @" } else { url };
            HostError::configuration(
                format!("tenant {}: {setting} is `{shown}`: {what}", self.id),
                "give a base URL such as https://api.hibob.com/v1",
            )
        })
    }
}

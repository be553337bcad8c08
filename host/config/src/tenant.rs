//! The tenant's file (TOML), and the same as it is stored (JSON).

use crate::due::{DueSchedule, JITTER_MINUTES_MAX};
use crate::limits::Limits;
use crate::references::ReferencesConfig;
use crate::schedule::{MINUTES_BETWEEN_MIN, Schedule};
use hibob_base::error::HostError;
use hibob_base::job::JobKind;
use hibob_base::secret::SecretSource;
use hibob_net::address::AddressPolicy;
use hibob_policy::guard::GuardLimits;
use hibob_policy::request::{Role, Route};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
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
    /// Where employees are read from.
    pub hibob: HiBobConfig,
    /// Where accounts are kept; none for a tenant that only issues references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub travelperk: Option<TravelPerkConfig>,
    /// Where the host may connect to.
    #[serde(default)]
    pub network: NetworkConfig,
    /// What is synced.
    #[serde(default)]
    pub sync: SyncConfig,
    /// Offboarding references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<ReferencesConfig>,
    /// When jobs start by themselves.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// How long what was done is kept.
    #[serde(default)]
    pub retention: RetentionConfig,
    /// When a plan looks like an accident.
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
    /// Where its token is.
    pub token: SecretSource,
    /// Calls per minute. HiBob allows 50 of people/search (its reference page); the default stays below that.
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
    /// Its id.
    pub service_user: String,
    /// Where its token is.
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
    /// The plan that the company has: `starter`, `premium` or `pro`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The word before the key.
    #[serde(default)]
    pub scheme: Scheme,
    /// Where the key is.
    pub key: SecretSource,
    /// `Content-Type` of requests.
    #[serde(default = "json")]
    pub content_type: String,
    /// Calls per minute, over all of TravelPerk. Its own limit is not published.
    #[serde(default = "hundred")]
    pub calls_per_minute: NonZeroU32,
}

impl TravelPerkConfig {
    /// Each service with the setting that has its base URL, and the URL.
    pub fn urls(&self) -> impl Iterator<Item = (Role, &'static str, &str)> {
        let scim = (Role::Scim, "travelperk.scim_url", Some(&self.scim_url));
        let rest = (Role::Rest, "travelperk.rest_url", self.rest_url.as_ref());
        let cost_centers = (Role::CostCenters, "travelperk.cost_centers_url", self.cost_centers_url.as_ref());
        [scim, rest, cost_centers].into_iter().filter_map(|(role, setting, url)| Some((role, setting, url?.as_str())))
    }

    fn check(&self) -> Result<(), HostError> {
        let content_types = ["application/json", "application/scim+json"];
        if !content_types.contains(&self.content_type.as_str()) {
            let message = format!("travelperk.content_type is `{}`", self.content_type);
            return Err(HostError::configuration(message, format!("choose from {}", content_types.join(", "))));
        }
        Ok(())
    }
}

/// The authorization scheme: `ApiKey` for customers, `Bearer` for partners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words of the header")]
pub enum Scheme {
    #[default]
    ApiKey,
    Bearer,
}

impl Scheme {
    /// The word in the header.
    pub fn word(self) -> &'static str {
        match self {
            Self::ApiKey => "ApiKey",
            Self::Bearer => "Bearer",
        }
    }
}

/// What is synced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncConfig {
    /// The details that are synced; docs/use/sync.md lists them. All but three unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Vec<String>>,
    /// What a detail that is missing in HiBob does to its employee: `fail` (default where `details` is given) or `skip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_detail: Option<String>,
    /// For single details other HiBob fields to look in than the usual ones, in this order.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, Vec<String>>,
    /// Invoice profiles by what HiBob says, where the two differ.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub companies: BTreeMap<String, String>,
    /// How trips are approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvals: Option<ApprovalsConfig>,
    /// The address that an account has for a moment where work emails are exchanged, with `{id}` in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap_address: Option<String>,
    /// The language of accounts that have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_language: Option<String>,
    /// The sites that are synced, by name; all of them unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<Vec<String>>,
    /// What becomes of the account of somebody who moves to another site: `leave` (default) or `archive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_selection: Option<String>,
    /// How many days before the start date an account is made.
    pub create_days_before_start: u16,
    /// What becomes of the account on garden leave: `keep` (default) or `archive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub garden_leave: Option<String>,
    /// Where a day begins and ends: a name of the IANA time zone database; UTC unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The same for single sites.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub site_time_zones: BTreeMap<String, String>,
    /// Whether the sync stops when the admin who enabled it has left.
    pub stops_with_its_admin: bool,
    /// Changes that are made at the same time.
    pub parallel_changes: NonZeroU32,
    /// How old a saved plan may be when it is applied.
    pub plan_age_hours_max: u32,
}

/// Where the host may connect to for a tenant, beside the public internet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Ranges of addresses, such as `10.0.0.0/8`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_addresses: Vec<IpNet>,
    /// A PEM file of certificates that are trusted beside the platform's. Relative to the tenant's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// When jobs start by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScheduleConfig {
    /// When the directory is synced: a cron expression in `sync.time_zone`; never unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync: Option<String>,
    /// When references are issued and delivered: a cron expression in `sync.time_zone`; never unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references: Option<String>,
    /// How far the starts of tenants are spread after their due times, in minutes: [`JITTER_MINUTES_MAX`] unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread_minutes: Option<u16>,
}

/// How long what was done is kept. References are kept for as long as the tenant is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// Runs of the history with their lines, in days.
    pub runs_days: NonZeroU32,
    /// Applied plans and their journals, in days.
    pub plans_days: NonZeroU32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        const RUNS: NonZeroU32 = NonZeroU32::new(400).unwrap();
        const PLANS: NonZeroU32 = NonZeroU32::new(30).unwrap();
        Self { runs_days: RUNS, plans_days: PLANS }
    }
}

/// How trips are approved. A feature of TravelPerk's Pro plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalsConfig {
    /// `A`, `B` or `C`; docs/use/sync.md says what they mean.
    pub method: String,
    /// That approval processes which exist in TravelPerk may be replaced.
    #[serde(default)]
    pub replaces_existing: bool,
    /// Conditions under which the line manager is written as approver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
}

/// When a plan looks like an accident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SafetyConfig {
    /// Archivings that are always let through in one run.
    pub archive_limit_min: u32,
    /// Share of the active managed accounts that one run may archive, in percent.
    pub archive_limit_percent: u32,
    /// Changed user names that are always let through in one run.
    pub rename_limit_min: u32,
    /// Share of the active managed accounts that may get another user name in one run, in percent.
    pub rename_limit_percent: u32,
    /// How far the number of employees may fall below the last accepted run, in percent.
    pub source_shrink_percent: u32,
    /// How far the share of employees who have a field may fall below the last accepted run, in points of percent. A
    /// lost permission shows as 98 % to 0 %.
    pub coverage_drop_points: u32,
    /// Share of the accounts that may be archived within `leak_days`, in percent.
    pub leak_percent: u32,
    /// The time over which slow losses are counted, in days.
    pub leak_days: u32,
    /// User names of accounts that are never archived: TravelPerk needs an admin.
    pub admins: Vec<String>,
    /// Which plans wait until a person approves them.
    pub approval: Approval,
    /// How long a plan waits for that before it lapses, in days.
    pub approval_days: NonZeroU32,
    /// Whether who asked for the job that made a plan may not be the one who approves it.
    pub approval_by_another: bool,
}

/// Which plans wait until a person approves them, as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// None: guards hold what is above the limits, and the rest is applied.
    #[default]
    Never,
    /// Those of which a guard would hold something, or all.
    AboveLimits,
    /// Each that changes something.
    Always,
}

impl Default for SafetyConfig {
    fn default() -> Self {
        const APPROVAL_DAYS: NonZeroU32 = NonZeroU32::new(7).unwrap();
        Self {
            archive_limit_min: 5,
            archive_limit_percent: 10,
            rename_limit_min: 5,
            rename_limit_percent: 10,
            source_shrink_percent: 20,
            coverage_drop_points: 30,
            leak_percent: 20,
            leak_days: 30,
            admins: Vec::new(),
            approval: Approval::Never,
            approval_days: APPROVAL_DAYS,
            approval_by_another: false,
        }
    }
}

impl SafetyConfig {
    /// What the guards count against.
    pub fn guard_limits(&self) -> GuardLimits {
        GuardLimits {
            archive_limit_min: self.archive_limit_min,
            archive_limit_percent: self.archive_limit_percent,
            rename_limit_min: self.rename_limit_min,
            rename_limit_percent: self.rename_limit_percent,
            source_shrink_percent: self.source_shrink_percent,
            coverage_drop_points: self.coverage_drop_points,
            leak_percent: self.leak_percent,
            leak_days: self.leak_days,
        }
    }
}

/// Eight requests under way keep a pace of thousands of calls a minute; more only crowd the other side.
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
            sites: None,
            out_of_selection: None,
            create_days_before_start: 0,
            garden_leave: None,
            time_zone: None,
            site_time_zones: BTreeMap::new(),
            stops_with_its_admin: true,
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
    /// Reads a tenant's file. Relative `file:` paths count from the file's folder.
    ///
    /// # Errors
    /// What is wrong, with file and line.
    pub fn read(path: &Path) -> Result<Self, HostError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            HostError::configuration(
                format!("cannot read {}: {error}", path.display()),
                "name a tenant file that exists; examples/tenant.toml is one",
            )
        })?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let line =
                error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
            let remedy = "correct that line; docs/use/configuration.md lists every key";
            HostError::configuration(format!("{}:{line}: {}", path.display(), error.message()), remedy)
        })?;
        let folder = path.canonicalize().ok().and_then(|path| Some(path.parent()?.to_owned())).unwrap_or_default();
        config.network.ca_file = config.network.ca_file.map(|path| folder.join(path));
        config.hibob.token = config.hibob.token.resolved(&folder);
        if let Some(travelperk) = &mut config.travelperk {
            travelperk.key = travelperk.key.clone().resolved(&folder);
        }
        if let Some(references) = &mut config.hibob.references {
            references.token = references.token.clone().resolved(&folder);
        }
        config.references = config.references.map(|references| references.resolved(&folder));
        config.check().map_err(|error| match error {
            HostError::Configuration { message, remedy } => {
                HostError::configuration(format!("{}: {message}", path.display()), remedy)
            }
            error => error,
        })?;
        Ok(config)
    }

    /// Checks what the types alone do not say.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), HostError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || self.id.len() > 63 || !self.id.chars().all(fits) {
            let message = format!("`{}` is not a tenant id", self.id.escape_debug());
            return Err(HostError::configuration(message, "use 1 to 63 small letters, digits and hyphens"));
        }
        self.route(Role::HiBob, "hibob.url", &self.hibob.url)?;
        if self.travelperk.is_none() && self.references.is_none() {
            let remedy = "add [travelperk] to sync the directory, [references] to issue references, or both; docs/use/configuration.md shows them";
            return Err(HostError::configuration("neither [travelperk] nor [references] is there", remedy));
        }
        if let Some(travelperk) = &self.travelperk {
            for (role, setting, url) in travelperk.urls() {
                self.route(role, setting, url)?;
            }
            travelperk.check()?;
        }
        if let Some(references) = &self.references {
            references.check()?;
        }
        self.check_schedules()?;
        if self.hibob.service_user.is_empty() || self.hibob.service_user.contains(':') {
            return Err(HostError::configuration(
                "hibob.service_user is empty or holds a colon",
                "copy the service user's id from HiBob",
            ));
        }
        Ok(())
    }

    fn check_schedules(&self) -> Result<(), HostError> {
        if self.sync_schedule()?.is_some() && self.travelperk.is_none() {
            let remedy = "add the table [travelperk], or leave schedule.sync out";
            return Err(HostError::configuration("schedule.sync is set, and there is no [travelperk] to sync", remedy));
        }
        if self.references_schedule()?.is_some() && self.references.is_none() {
            let remedy = "add the table [references], or leave schedule.references out";
            let message = "schedule.references is set, and there is no [references] to issue";
            return Err(HostError::configuration(message, remedy));
        }
        match self.schedule.spread_minutes {
            Some(minutes) if i64::from(minutes) >= MINUTES_BETWEEN_MIN => Err(HostError::configuration(
                format!("schedule.spread_minutes is {minutes}"),
                format!("choose from 0 to {}", MINUTES_BETWEEN_MIN - 1),
            )),
            _ => Ok(()),
        }
    }

    /// Where accounts are kept.
    ///
    /// # Errors
    /// The tenant has no `[travelperk]`, so nothing of it is synced.
    pub fn travelperk(&self) -> Result<&TravelPerkConfig, HostError> {
        self.travelperk.as_ref().ok_or_else(|| self.no_travelperk())
    }

    /// The error of a tenant without TravelPerk.
    pub fn no_travelperk(&self) -> HostError {
        let message = format!("tenant {} has no TravelPerk to sync", self.id);
        HostError::configuration(message, "add the table [travelperk] to the tenant's file: docs/use/configuration.md")
    }

    /// Every URL that something is sent to.
    pub(crate) fn urls(&self) -> Vec<String> {
        let travelperk = self.travelperk.iter().flat_map(TravelPerkConfig::urls).map(|(_, _, url)| url.to_owned());
        let channel = self.references.as_ref().and_then(|references| Some(references.channel()?.url()));
        let witnesses = self.references.iter().flat_map(|references| &references.witnesses);
        let witnesses = witnesses.map(|witness| witness.url.clone());
        std::iter::once(self.hibob.url.clone()).chain(travelperk).chain(channel).chain(witnesses).collect()
    }

    /// Which addresses the host connects to for this tenant: this machine only where a URL names it.
    pub fn addresses(&self) -> AddressPolicy {
        let urls = self.urls();
        let mut policy = AddressPolicy { allowed: self.network.allow_addresses.clone(), localhost: false };
        for host in urls.iter().filter_map(|url| Some(url.parse::<http::Uri>().ok()?.host()?.to_ascii_lowercase())) {
            policy.localhost |= host == "localhost";
            match host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>() {
                Ok(address) if address.is_loopback() => policy.allowed.push(address.into()),
                _ => {}
            }
        }
        policy
    }

    /// When the directory is synced by itself.
    ///
    /// # Errors
    /// What is wrong with the expression or the time zone.
    pub fn sync_schedule(&self) -> Result<Option<Schedule>, HostError> {
        self.schedule_of("schedule.sync", self.schedule.sync.as_deref())
    }

    /// When references are issued and delivered by themselves.
    ///
    /// # Errors
    /// What is wrong with the expression or the time zone.
    pub fn references_schedule(&self) -> Result<Option<Schedule>, HostError> {
        self.schedule_of("schedule.references", self.schedule.references.as_deref())
    }

    fn schedule_of(&self, setting: &str, expression: Option<&str>) -> Result<Option<Schedule>, HostError> {
        expression.map(|expression| Schedule::read(setting, expression, self.time_zone())).transpose()
    }

    fn time_zone(&self) -> &str {
        self.sync.time_zone.as_deref().unwrap_or("UTC")
    }

    /// The same, as the queue takes it.
    pub fn due_schedules(&self) -> Vec<DueSchedule> {
        let minutes = self.schedule.spread_minutes.unwrap_or(JITTER_MINUTES_MAX);
        let kinds = [(JobKind::Sync, &self.schedule.sync), (JobKind::References, &self.schedule.references)];
        let due = |(kind, cron): (JobKind, &Option<String>)| {
            let (cron, zone) = (cron.clone()?, self.time_zone().to_owned());
            Some(DueSchedule { kind, cron, zone, spread: Duration::from_mins(minutes.into()) })
        };
        kinds.into_iter().filter_map(due).collect()
    }

    /// The route of one of the base URLs.
    ///
    /// # Errors
    /// The URL cannot be one; the error names the setting.
    pub fn route(&self, role: Role, setting: &str, url: &str) -> Result<Route, HostError> {
        Route::new(role, url).map_err(|what| {
            // A user name and password in a URL must not end up in a log.
            let shown = if url.contains('@') { "an address with an @" } else { url };
            HostError::configuration(
                format!("tenant {}: {setting} is `{shown}`: {what}", self.id),
                "give a base URL such as https://api.hibob.com/v1",
            )
        })
    }
}

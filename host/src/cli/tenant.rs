//! `tenant`: the tenants' configurations, and whether they run.

mod apply;
mod init;
mod new_target;
mod versions;

use super::Global;
use super::audit::Change;
use super::confirm::confirm;
use super::paint::clean;
use clap::Subcommand;
use hibob_base::error::{Exit, HostError};
use hibob_base::person::check_person;
use hibob_base::secret::SecretSource;
use hibob_config::applied_by::AppliedBy;
use hibob_config::tenant::{TenantConfig, TravelPerkConfig};
use hibob_jobs::interrupted;
use hibob_jobs::tenant_status::TenantStatus;
use hibob_store::data_dir::Applied;
use hibob_store::database::StoredBy;
use hibob_store::queue::Selection;
use std::path::PathBuf;

/// How many of the next due times of a schedule are shown.
const DUES_SHOWN: usize = 5;

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, read once from the command line")]
pub(super) enum TenantCommand {
    /// Write a small file for a new tenant, from a few questions or from options
    #[command(after_help = "Example: hibob tenant init acme --service-user SERVICE-1234")]
    Init(init::InitArgs),
    /// Check a tenant's file, show what it would change, and store it
    #[command(after_help = "Example: hibob tenant apply acme.toml")]
    Apply {
        /// The tenant's file
        file: PathBuf,
        /// Store it without a question, also if something would be lost
        #[arg(long)]
        yes: bool,
        /// Check it and show what it would change, and store nothing
        #[arg(long, conflicts_with = "yes")]
        dry_run: bool,
        /// The file, once it was read.
        #[arg(skip)]
        read: Option<Result<TenantConfig, HostError>>,
    },
    /// Print the JSON Schema of a tenant's file, for editors
    #[command(after_help = "Example: hibob tenant schema > tenant.schema.json")]
    Schema,
    /// List the configurations that were stored for a tenant, the newest first
    #[command(after_help = "Example: hibob tenant versions acme")]
    Versions {
        /// The tenant's id
        tenant: String,
        /// Show how each one differs from the one before
        #[arg(long)]
        differences: bool,
    },
    /// Bring back an earlier configuration of a tenant, as a new version
    #[command(after_help = "Example: hibob tenant rollback acme --to 3")]
    Rollback {
        /// The tenant's id
        tenant: String,
        /// The version to bring back [default: the one before the newest]
        #[arg(long, value_name = "VERSION")]
        to: Option<i64>,
        /// Store it without a question, also if something would be lost
        #[arg(long)]
        yes: bool,
    },
    /// List the tenants
    #[command(after_help = "Example: hibob tenant list --json")]
    List,
    /// Stop all runs of a tenant; accounts stay as they are
    #[command(after_help = "Example: hibob tenant disable acme --by ana@acme.example --reason \"a new contract\"")]
    Disable {
        /// The tenant's id
        tenant: String,
        /// Work email of the person who disables it; shown with the tenant
        #[arg(long, value_name = "EMAIL")]
        by: Option<String>,
        /// Why; shown with the tenant
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Confirm it where jobs of the tenant wait or run, which then fail
        #[arg(long)]
        yes: bool,
    },
    /// Remove everything that is kept of a tenant: configuration, secrets, keys, history, references
    #[command(after_help = "Example: hibob tenant forget acme --yes")]
    Forget {
        /// The tenant's id
        tenant: String,
        /// Confirm that this cannot be undone
        #[arg(long)]
        yes: bool,
    },
    /// Accept that the TravelPerk account is another one: what is known of the accounts is dropped, and the next sync is
    /// a first one
    #[command(after_help = "Example: hibob tenant new-target acme --by ana@acme.example")]
    NewTarget {
        /// The tenant's id
        tenant: String,
        /// Work email of the person who accepts it, for the API log
        #[arg(long, value_name = "EMAIL")]
        by: String,
    },
    /// Allow runs of a tenant again; the links between employees and accounts were kept
    #[command(after_help = "Example: hibob tenant enable acme --by ana@acme.example")]
    Enable {
        /// The tenant's id
        tenant: String,
        /// Work email of the admin who enables it; the sync stops when they leave
        #[arg(long, value_name = "EMAIL")]
        by: Option<String>,
    },
    /// Change the credentials, for example after a token was lost
    #[command(after_help = "Example: hibob tenant credentials acme --service-user SERVICE-99 --token file:new-token")]
    Credentials {
        /// The tenant's id
        tenant: String,
        /// HiBob's service user
        #[arg(long, value_name = "ID")]
        service_user: Option<String>,
        /// Where its token is: store, env:NAME or file:PATH
        #[arg(long, value_name = "SOURCE", value_parser = parse_source)]
        token: Option<SecretSource>,
        /// Where TravelPerk's key is: store, env:NAME or file:PATH
        #[arg(long, value_name = "SOURCE", value_parser = parse_source)]
        key: Option<SecretSource>,
    },
    /// Show a tenant's configuration, without the secrets themselves
    #[command(after_help = "Example: hibob tenant show acme")]
    Show {
        /// The tenant's id
        tenant: String,
    },
}

impl TenantCommand {
    /// Reads the tenant's file of a command that has one, once for the record of the command and the command itself.
    pub(super) fn read(&mut self) {
        if let Self::Apply { file, read, .. } = self {
            *read = Some(TenantConfig::read(file));
        }
    }

    /// What is recorded of the command; none if it only reads.
    pub(super) fn change(&self) -> Option<Change> {
        Some(match self {
            Self::List | Self::Show { .. } | Self::Schema | Self::Versions { .. } | Self::Init(_) => return None,
            Self::Apply { dry_run: true, .. } => return None,
            Self::Rollback { tenant, .. } => Change::new("tenant-rollback").of(tenant),
            Self::Apply { read, .. } => match read {
                Some(Ok(config)) => Change::new("tenant-apply").of(&config.id),
                Some(Err(_)) | None => Change::new("tenant-apply"),
            },
            Self::Disable { tenant, by, .. } => Change::new("tenant-disable").of(tenant).by(by.as_deref()),
            Self::Forget { tenant, .. } => Change::new("tenant-forget").of(tenant),
            Self::NewTarget { tenant, by } => Change::new("tenant-new-target").of(tenant).by(Some(by)),
            Self::Enable { tenant, by } => Change::new("tenant-enable").of(tenant).by(by.as_deref()),
            Self::Credentials { tenant, .. } => Change::new("tenant-credentials").of(tenant),
        })
    }
}

pub(super) async fn run(global: &Global, command: TenantCommand) -> Result<Exit, HostError> {
    match command {
        TenantCommand::Init(args) => init::init(global, args)?,
        TenantCommand::Apply { file, yes, dry_run, read } => {
            let config = read.unwrap_or_else(|| TenantConfig::read(&file))?;
            apply::apply(global, config, yes, dry_run).await?;
        }
        TenantCommand::Schema if global.json => outln!("{}", hibob_config::key::schema::schema()),
        TenantCommand::Schema => outln!("{:#}", hibob_config::key::schema::schema()),
        TenantCommand::Versions { tenant, differences } => versions::versions(global, &tenant, differences).await?,
        TenantCommand::Rollback { tenant, to, yes } => versions::rollback(global, &tenant, to, yes).await?,
        TenantCommand::List => list(global).await?,
        TenantCommand::Disable { tenant, by, reason, yes } => {
            disable(global, &tenant, by.as_deref(), reason.as_deref(), yes).await?;
        }
        TenantCommand::Forget { tenant, yes } => forget(global, &tenant, yes).await?,
        TenantCommand::NewTarget { tenant, by } => new_target::new_target(global, &tenant, &by).await?,
        TenantCommand::Enable { tenant, by } => enable(global, &tenant, by).await?,
        TenantCommand::Credentials { tenant, service_user, token, key } => {
            credentials(global, &tenant, service_user, token, key).await?;
        }
        TenantCommand::Show { tenant } => show(global, &tenant).await?,
    }
    Ok(Exit::Done)
}

fn to_enter_json(applied: &Applied) -> serde_json::Value {
    let entries = applied.to_enter.iter();
    entries
        .map(|entry| serde_json::json!({ "name": entry.name.as_str(), "reason": entry.reason, "remedy": entry.remedy }))
        .collect()
}

fn print_to_enter(applied: &Applied) {
    for entry in &applied.to_enter {
        errln!("{}: {}", super::paint::YELLOW.on_stderr("secret"), entry.reason);
        errln!("{}: {}", super::paint::CYAN.on_stderr("help"), entry.remedy);
    }
}

fn parse_source(text: &str) -> Result<SecretSource, String> {
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    Ok(SecretSource::try_from(text.to_owned())?.resolved(&here))
}

async fn disable(
    global: &Global,
    tenant: &str,
    by: Option<&str>,
    reason: Option<&str>,
    yes: bool,
) -> Result<(), HostError> {
    let data = global.data().await?;
    data.config(tenant).await?;
    let live = data.queue().list(Selection { tenant: Some(tenant), ended_max: 0 }).await?.len();
    if live > 0 {
        let what = format!("{live} jobs of tenant {tenant} wait or run; those that wait fail once it is disabled");
        confirm(global, yes, &what, &format!("hibob tenant disable {tenant}"))?;
    }
    data.disable(tenant, by, reason).await?;
    say(global, tenant, "disabled", "its accounts stay as they are, and no run starts");
    Ok(())
}

async fn enable(global: &Global, tenant: &str, by: Option<String>) -> Result<(), HostError> {
    let data = global.data().await?;
    let mut config = data.config(tenant).await?;
    if let Some(by) = by {
        check_person(&by)?;
        config.enabled_by = Some(by);
        print_to_enter(&data.put_by(&config, AppliedBy::Operator, StoredBy::Command).await?);
    }
    data.enable(tenant).await?;
    say(global, tenant, "enabled", next(&config, "next: hibob sync"));
    Ok(())
}

async fn credentials(
    global: &Global,
    tenant: &str,
    service_user: Option<String>,
    token: Option<SecretSource>,
    key: Option<SecretSource>,
) -> Result<(), HostError> {
    let data = global.data().await?;
    let mut config = data.config(tenant).await?;
    if service_user.is_none() && token.is_none() && key.is_none() {
        let remedy = "give at least one of --service-user, --token and --key";
        return Err(HostError::configuration("nothing to change", remedy));
    }
    config.hibob.service_user = service_user.unwrap_or(config.hibob.service_user);
    config.hibob.token = token.unwrap_or(config.hibob.token);
    if let Some(key) = key {
        config.travelperk = Some(TravelPerkConfig { key, ..config.travelperk()?.clone() });
    }
    print_to_enter(&data.put_by(&config, AppliedBy::Operator, StoredBy::Command).await?);
    say(global, tenant, "changed", next(&config, "look whether the credentials work: hibob check"));
    Ok(())
}

/// The next step for a tenant that has a sync; for another one, that it has none.
fn next<'t>(config: &TenantConfig, step: &'t str) -> &'t str {
    if config.travelperk.is_some() { step } else { "it has no [travelperk], so nothing is synced" }
}

fn say(global: &Global, tenant: &str, what: &str, next: &str) {
    if global.json {
        outln!("{}", serde_json::json!({ "tenant": tenant, "state": what }));
    } else {
        outln!("tenant {tenant} {what}; {next}");
    }
}

async fn list(global: &Global) -> Result<(), HostError> {
    let data = global.data().await?;
    let tenants = data.control().tenants().await?;
    let mut rows = Vec::new();
    for (id, _, at) in tenants {
        rows.push((TenantStatus::of(&data, &id).await?, id, at));
    }
    if global.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(status, id, at)| serde_json::json!({ "tenant": id, "applied_at": at, "status": status.json() }))
            .collect();
        outln!("{}", serde_json::json!({ "tenants": rows }));
        return Ok(());
    }
    if rows.is_empty() {
        outln!("no tenants yet; apply a file: hibob tenant apply FILE.toml");
    }
    for (status, id, at) in rows {
        let at = hibob_base::clock::minute(at);
        outln!("{}", clean(&format!("{id:<24} applied {at}  {}", status.text())));
        if !status.next_starts.is_empty() {
            outln!("{:<24} next: {}", "", status.next_text());
        }
    }
    Ok(())
}

async fn show(global: &Global, tenant: &str) -> Result<(), HostError> {
    let data = global.data().await?;
    let config = data.config(tenant).await?;
    let status = TenantStatus::of(&data, tenant).await?;
    let open = interrupted::find(&data, tenant, &data.tenant_database(tenant).await?).await?;
    if global.json {
        let mut json = serde_json::to_value(&config).map_err(|error| HostError::Storage(error.to_string()))?;
        if let Some(object) = json.as_object_mut() {
            object.insert("status".to_owned(), status.json());
            object.insert("interrupted".to_owned(), open.map(|open| open.json()).unwrap_or_default());
        }
        outln!("{json}");
        return Ok(());
    }
    // What is no setting is a comment, so that the text is a tenant's file.
    out!("{}", toml::to_string(&config).map_err(|error| HostError::Storage(error.to_string()))?);
    outln!("# {}", clean(&format!("state: {}", status.text())));
    if let Some(open) = open {
        outln!("# interrupted: {}", clean(&open.text(tenant)));
    }
    if !status.next_starts.is_empty() {
        outln!("# the next starts: {}", status.next_text());
    }
    for (what, schedule) in [("syncs", config.sync_schedule()?), ("references", config.references_schedule()?)] {
        let Some(schedule) = schedule else { continue };
        let zone = schedule.zone();
        let dues = schedule.after(chrono::Utc::now()).take(DUES_SHOWN);
        let dues: Vec<String> = dues.map(|due| zone.shown(due)).collect();
        outln!("# the next {what} are due, in {}, at {}", zone.name(), dues.join(", "));
    }
    Ok(())
}

async fn forget(global: &Global, tenant: &str, yes: bool) -> Result<(), HostError> {
    let data = global.data().await?;
    data.config(tenant).await?;
    if !yes {
        return Err(HostError::configuration(
            format!(
                "everything that is kept of tenant {tenant} would be removed for good, the keys of its references as well"
            ),
            format!("make a backup if in doubt, and then: hibob tenant forget {tenant} --yes"),
        ));
    }
    hibob_store::forget_tenant::forget_tenant(&data, tenant).await?;
    if global.json {
        outln!("{}", serde_json::json!({ "tenant": tenant, "forgotten": true }));
    } else {
        outln!("nothing is kept of tenant {tenant} any more; backups have what they have");
    }
    Ok(())
}

//! `tenant apply`, `tenant list`, `tenant show`.

use super::Global;
use super::confirm::confirm;
use clap::Subcommand;
use hibob_base::error::{Exit, HostError};
use hibob_base::secret::SecretSource;
use hibob_config::applied_by::AppliedBy;
use hibob_config::tenant::{TenantConfig, TravelPerkConfig};
use hibob_jobs::interrupted;
use hibob_store::data_dir::Applied;
use hibob_store::queue::Selection;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum TenantCommand {
    /// Store a tenant's configuration, or change it
    #[command(after_help = "Example: hibob tenant apply acme.toml")]
    Apply {
        /// The tenant's file
        file: PathBuf,
    },
    /// List the tenants
    #[command(after_help = "Example: hibob tenant list --json")]
    List,
    /// Stop all runs of a tenant; accounts stay as they are
    #[command(after_help = "Example: hibob tenant disable acme")]
    Disable {
        /// The tenant's id
        tenant: String,
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

pub(super) async fn run(global: &Global, command: TenantCommand) -> Result<Exit, HostError> {
    match command {
        TenantCommand::Apply { file } => apply(global, &file).await?,
        TenantCommand::List => list(global).await?,
        TenantCommand::Disable { tenant, yes } => disable(global, &tenant, yes).await?,
        TenantCommand::Forget { tenant, yes } => forget(global, &tenant, yes).await?,
        TenantCommand::Enable { tenant, by } => enable(global, &tenant, by).await?,
        TenantCommand::Credentials { tenant, service_user, token, key } => {
            credentials(global, &tenant, service_user, token, key).await?;
        }
        TenantCommand::Show { tenant } => show(global, &tenant).await?,
    }
    Ok(Exit::Done)
}

async fn apply(global: &Global, file: &std::path::Path) -> Result<(), HostError> {
    let config = TenantConfig::read(file)?;
    let applied = global.data().await?.put(&config, AppliedBy::Operator).await?;
    if global.json {
        let mut object = serde_json::Map::new();
        object.insert("tenant".to_owned(), config.id.into());
        object.insert("new".to_owned(), applied.is_new.into());
        if !applied.to_enter.is_empty() {
            object.insert("secrets_to_enter".to_owned(), to_enter_json(&applied));
        }
        let object = serde_json::Value::Object(object);
        println!("{object}");
        return Ok(());
    }
    let word = if applied.is_new { "added" } else { "changed" };
    if applied.to_enter.is_empty() {
        let check = format!("look whether a sync would work: hibob check {}", config.id);
        println!("tenant {} {word}; {}", config.id, next(&config, &check));
    } else {
        println!("tenant {} {word}; it does not run until its secrets are entered", config.id);
    }
    print_to_enter(&applied);
    Ok(())
}

fn to_enter_json(applied: &Applied) -> serde_json::Value {
    let entries = applied.to_enter.iter();
    entries
        .map(|entry| serde_json::json!({ "name": entry.name.as_str(), "reason": entry.reason, "remedy": entry.remedy }))
        .collect()
}

fn print_to_enter(applied: &Applied) {
    for entry in &applied.to_enter {
        eprintln!("{}: {}", super::paint::YELLOW.on_stderr("secret"), entry.reason);
        eprintln!("{}: {}", super::paint::CYAN.on_stderr("help"), entry.remedy);
    }
}

fn parse_source(text: &str) -> Result<SecretSource, String> {
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    Ok(SecretSource::try_from(text.to_owned())?.resolved(&here))
}

async fn disable(global: &Global, tenant: &str, yes: bool) -> Result<(), HostError> {
    let data = global.data().await?;
    data.config(tenant).await?;
    let live = data.queue().list(Selection { tenant: Some(tenant), ended_max: 0 }).await?.len();
    if live > 0 {
        let what = format!("{live} jobs of tenant {tenant} wait or run; those that wait fail once it is disabled");
        confirm(global, yes, &what, &format!("hibob tenant disable {tenant}"))?;
    }
    data.set_disabled(tenant, true).await?;
    say(global, tenant, "disabled", "its accounts stay as they are, and no run starts");
    Ok(())
}

async fn enable(global: &Global, tenant: &str, by: Option<String>) -> Result<(), HostError> {
    let data = global.data().await?;
    let mut config = data.config(tenant).await?;
    if by.is_some() {
        config.enabled_by = by;
        print_to_enter(&data.put(&config, AppliedBy::Operator).await?);
    }
    data.set_disabled(tenant, false).await?;
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
    if service_user.is_none() && token.is_none() && key.is_none() {
        let remedy = "give at least one of --service-user, --token and --key";
        return Err(HostError::configuration("nothing to change", remedy));
    }
    let data = global.data().await?;
    let mut config = data.config(tenant).await?;
    config.hibob.service_user = service_user.unwrap_or(config.hibob.service_user);
    config.hibob.token = token.unwrap_or(config.hibob.token);
    if let Some(key) = key {
        config.travelperk = Some(TravelPerkConfig { key, ..config.travelperk()?.clone() });
    }
    print_to_enter(&data.put(&config, AppliedBy::Operator).await?);
    say(global, tenant, "changed", next(&config, "look whether the credentials work: hibob check"));
    Ok(())
}

/// The next step for a tenant that has a sync; for another one, that it has none.
fn next<'t>(config: &TenantConfig, step: &'t str) -> &'t str {
    if config.travelperk.is_some() { step } else { "it has no [travelperk], so nothing is synced" }
}

fn say(global: &Global, tenant: &str, what: &str, next: &str) {
    if global.json {
        println!("{}", serde_json::json!({ "tenant": tenant, "state": what }));
    } else {
        println!("tenant {tenant} {what}; {next}");
    }
}

async fn list(global: &Global) -> Result<(), HostError> {
    let tenants = global.data().await?.control().tenants().await?;
    if global.json {
        let rows: Vec<_> =
            tenants.iter().map(|(id, _, at)| serde_json::json!({ "tenant": id, "applied_at": at })).collect();
        println!("{}", serde_json::json!({ "tenants": rows }));
        return Ok(());
    }
    if tenants.is_empty() {
        println!("no tenants yet; apply a file: hibob tenant apply FILE.toml");
    }
    for (id, _, at) in tenants {
        let at = chrono::DateTime::from_timestamp(at, 0).unwrap_or_default().format("%Y-%m-%d %H:%M UTC");
        println!("{id:<24} applied {at}");
    }
    Ok(())
}

async fn show(global: &Global, tenant: &str) -> Result<(), HostError> {
    let data = global.data().await?;
    let config = data.config(tenant).await?;
    let open = interrupted::find(&data, tenant, &data.tenant_database(tenant).await?).await?;
    if global.json {
        let mut json = serde_json::to_value(&config).map_err(|error| HostError::Storage(error.to_string()))?;
        if let Some(json) = json.as_object_mut() {
            json.insert("interrupted".to_owned(), open.map(|open| open.json()).unwrap_or_default());
        }
        println!("{json}");
    } else {
        print!("{}", toml::to_string(&config).map_err(|error| HostError::Storage(error.to_string()))?);
        for (what, schedule) in [("syncs", config.sync_schedule()?), ("references", config.references_schedule()?)] {
            let Some(schedule) = schedule else { continue };
            let dues = schedule.after(chrono::Utc::now()).take(3);
            let dues: Vec<String> = dues.map(|due| due.format("%Y-%m-%d %H:%M UTC").to_string()).collect();
            println!("# the next {what} are due at {}", dues.join(", "));
        }
        if let Some(open) = open {
            println!("# interrupted: {}", super::paint::clean(&open.text(tenant)));
        }
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
        println!("{}", serde_json::json!({ "tenant": tenant, "forgotten": true }));
    } else {
        println!("nothing is kept of tenant {tenant} any more; backups have what they have");
    }
    Ok(())
}

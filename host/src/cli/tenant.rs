//! `tenant apply`, `tenant list`, `tenant show`.

use super::Global;
use crate::error::{Exit, HostError};
use crate::tenant::TenantConfig;
use clap::Subcommand;
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
    /// Show a tenant's configuration; secrets are only named
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
        TenantCommand::Show { tenant } => show(global, &tenant).await?,
    }
    Ok(Exit::Done)
}

async fn apply(global: &Global, file: &std::path::Path) -> Result<(), HostError> {
    let config = TenantConfig::read(file)?;
    // A secret that is not there is found now, not at night.
    config.hibob.token.read(&config.id, "hibob.token")?;
    config.travelperk.key.read(&config.id, "travelperk.key")?;
    let json = serde_json::to_string(&config).map_err(|error| HostError::Storage(error.to_string()))?;
    let new = global.data().await?.control().put_tenant(&config.id, &json, chrono::Utc::now().timestamp()).await?;
    if global.json {
        println!("{}", serde_json::json!({ "tenant": config.id, "new": new }));
    } else {
        let word = if new { "added" } else { "changed" };
        println!("tenant {} {word}; look whether a sync would work: hibob check {}", config.id, config.id);
    }
    Ok(())
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
    let config = global.data().await?.config(tenant).await?;
    if global.json {
        let json = serde_json::to_string(&config).map_err(|error| HostError::Storage(error.to_string()))?;
        println!("{json}");
    } else {
        print!("{}", toml::to_string(&config).map_err(|error| HostError::Storage(error.to_string()))?);
    }
    Ok(())
}

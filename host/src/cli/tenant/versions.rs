//! `tenant versions` and `tenant rollback`: the configurations that were stored for a tenant.

use super::apply::{changes_json, line, store};
use crate::cli::Global;
use crate::cli::paint::clean;
use hibob_base::error::HostError;
use hibob_config::applied_by::AppliedBy;
use hibob_config::key::difference::difference;
use hibob_config::key::who::Who;
use hibob_config::tenant::TenantConfig;
use hibob_store::database::{StoredBy, TenantVersion};
use hibob_store::settings::ChangedVersion;
use hibob_store::tenant_change::TenantChange;
use serde_json::{Value, json};

pub(super) async fn versions(global: &Global, tenant: &str, differences: bool) -> Result<(), HostError> {
    let data = global.data().await?;
    data.config(tenant).await?;
    let rows = data.settings_versions(tenant, Who::Operator).await?;
    if global.json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|ChangedVersion { version, changes }| {
                json!({
                    "version": version.version, "stored_at": version.stored_at, "stored_by": version.stored_by,
                    "person": version.person, "token": version.token, "changes": changes_json(changes),
                })
            })
            .collect();
        outln!("{}", json!({ "tenant": tenant, "versions": rows }));
        return Ok(());
    }
    for ChangedVersion { version, changes } in rows {
        let at = hibob_base::clock::minute(version.stored_at);
        let keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
        let by = version.person.as_deref().map_or_else(|| version.stored_by.clone(), clean);
        outln!("{:>4}  {at}  by {by:<8}  {}", version.version, keys.join(", "));
        if differences {
            changes.iter().for_each(|change| outln!("    {}", line(change)));
        }
    }
    Ok(())
}

pub(super) async fn rollback(global: &Global, tenant: &str, to: Option<i64>, yes: bool) -> Result<(), HostError> {
    let data = global.data().await?;
    let now = data.config(tenant).await?;
    let versions = data.control().tenant_versions(tenant).await?;
    let wanted = match to {
        Some(to) => versions.iter().find(|version| version.version == to),
        None => versions.get(1),
    };
    let Some(wanted) = wanted else {
        let message = match to {
            Some(to) => format!("tenant {tenant} has no version {to}"),
            None => format!("tenant {tenant} has no earlier version"),
        };
        return Err(HostError::configuration(
            message,
            format!("look at what there is: hibob tenant versions {tenant}"),
        ));
    };
    let json = parsed(wanted)?;
    let config = TenantConfig::from_json(json.clone(), AppliedBy::Operator).map_err(|error| {
        HostError::configuration(
            format!("version {} would not be accepted today: {error}", wanted.version),
            format!("correct a file by this, and apply it: {}", error.remedy()),
        )
    })?;
    let before = serde_json::to_value(&now).map_err(|error| HostError::Storage(error.to_string()))?;
    let changes = difference(&before, &json);
    let losses = hibob_store::tenant_change::removed(&before, &json);
    let change = TenantChange { config, is_new: false, changes, kept: Vec::new(), losses };
    store(global, &change, StoredBy::Rollback, yes, false).await
}

fn parsed(version: &TenantVersion) -> Result<Value, HostError> {
    serde_json::from_str(&version.config)
        .map_err(|error| HostError::Storage(format!("version {}: {error}", version.version)))
}

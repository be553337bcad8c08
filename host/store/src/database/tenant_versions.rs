//! The versions of tenants' configurations in the control database.

use crate::database::ControlDatabase;
use crate::database::statement::query;
use hibob_base::error::HostError;
use sqlx::FromRow;

/// How many versions of a tenant's configuration are kept. Storing one more removes the oldest.
pub const TENANT_VERSIONS_MAX: i64 = 100;

/// By what a configuration was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredBy {
    /// A tenant's file: `hibob tenant apply`.
    File,
    /// A command that changes single settings: `hibob tenant enable --by`, `hibob tenant credentials`.
    Command,
    /// The API.
    Api,
    /// `hibob tenant rollback`.
    Rollback,
    /// A person who changed single settings by the API or the console.
    Settings,
}

impl StoredBy {
    /// The word in the database and in what is shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Command => "command",
            Self::Api => "api",
            Self::Rollback => "rollback",
            Self::Settings => "settings",
        }
    }
}

/// A configuration as it was stored once.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct TenantVersion {
    /// Its number: 1, 2, 3 and so on for each tenant.
    pub version: i64,
    /// The configuration, as JSON.
    pub config: String,
    /// When it was stored, in Unix seconds.
    pub stored_at: i64,
    /// By what it was stored: the word of a [`StoredBy`].
    pub stored_by: String,
    /// The work email of the person who changed it, where that is known.
    pub person: Option<String>,
    /// The id of the token with which that was done.
    pub token: Option<String>,
}

/// A configuration that is to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewVersion<'a> {
    /// The tenant's id.
    pub id: &'a str,
    /// The configuration, as JSON.
    pub config: &'a str,
    /// When it is stored, in Unix seconds.
    pub now: i64,
    /// By what.
    pub by: StoredBy,
    /// By whom: the work email of a person, and the id of a token.
    pub who: Option<(&'a str, &'a str)>,
    /// The version that it is to take the place of; none for whichever is the newest.
    pub over: Option<i64>,
}

/// The code of the error for settings that somebody else has changed meanwhile.
pub const SETTINGS_CHANGED: &str = "SETTINGS_CHANGED";

/// The error for settings that somebody else has changed meanwhile.
pub fn settings_changed(tenant: &str, version: i64, over: i64) -> HostError {
    HostError::Decision {
        code: SETTINGS_CHANGED,
        message: format!(
            "tenant {tenant}: somebody else has changed the settings: they are version {version}, and these were made of version {over}"
        ),
        remedy: "look at the settings as they are now, and make the change again".to_owned(),
    }
}

/// The result of storing a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredConfig {
    /// Whether the tenant is new.
    pub is_new: bool,
    /// Whether the configuration differs from the one before. If it does not, it gets no version of its own.
    pub is_changed: bool,
    /// The number of the version that holds now.
    pub version: i64,
}

const COLUMNS: &str = "version, config, stored_at, stored_by, person, token";

impl ControlDatabase {
    /// Stores a tenant's configuration (JSON) in place of an earlier one, and keeps it as a version.
    ///
    /// # Errors
    /// Another version is the newest, or the database failed; nothing was changed.
    pub async fn store_config(&self, new: &NewVersion<'_>) -> Result<StoredConfig, HostError> {
        let NewVersion { id, config, now, by, who, over } = *new;
        let mut transaction = self.store().begin().await?;
        let insert = "INSERT INTO tenants (id, config, applied_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let is_new = query(insert).bind(id).bind(config).bind(now).execute(&mut transaction).await? == 1;
        // The row of the tenant is written first, so that two writers number their versions one after the other.
        let update = "UPDATE tenants SET config = $2, applied_at = $3 WHERE id = $1";
        query(update).bind(id).bind(config).bind(now).execute(&mut transaction).await?;
        let newest = format!("SELECT {COLUMNS} FROM tenant_versions WHERE tenant = $1 ORDER BY version DESC LIMIT 1");
        let newest: Option<TenantVersion> = query(newest).bind(id).fetch_optional(&mut transaction).await?;
        let present = newest.as_ref().map_or(0, |newest| newest.version);
        if let Some(over) = over.filter(|over| *over != present) {
            // Not committed, the transaction is undone.
            return Err(settings_changed(id, present, over));
        }
        let (before, is_changed) = newest.map_or((0, true), |newest| (newest.version, newest.config != config));
        let version = if is_changed { before + 1 } else { before };
        if is_changed {
            let insert = "INSERT INTO tenant_versions (tenant, version, config, stored_at, stored_by, person, token)
                          VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let insert = query(insert).bind(id).bind(version).bind(config).bind(now).bind(by.word());
            let insert = insert.bind(who.map(|(person, _)| person)).bind(who.map(|(_, token)| token));
            insert.execute(&mut transaction).await?;
            let prune = "DELETE FROM tenant_versions WHERE tenant = $1 AND version <= $2";
            query(prune).bind(id).bind(version - TENANT_VERSIONS_MAX).execute(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(StoredConfig { is_new, is_changed, version })
    }

    /// The versions of a tenant's configuration, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tenant_versions(&self, id: &str) -> Result<Vec<TenantVersion>, HostError> {
        let select = format!("SELECT {COLUMNS} FROM tenant_versions WHERE tenant = $1 ORDER BY version DESC");
        Ok(query(select).bind(id).fetch_all(self.store()).await?)
    }

    /// The number of the version of a tenant's configuration that holds now; 0 if there is none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tenant_version(&self, id: &str) -> Result<i64, HostError> {
        let select = "SELECT coalesce(max(version), 0) FROM tenant_versions WHERE tenant = $1";
        let (version,): (i64,) = query(select).bind(id).fetch_one(self.store()).await?;
        Ok(version)
    }
}

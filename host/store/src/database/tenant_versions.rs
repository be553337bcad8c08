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
}

impl StoredBy {
    /// The word in the database and in what is shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Command => "command",
            Self::Api => "api",
            Self::Rollback => "rollback",
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

impl ControlDatabase {
    /// Stores a tenant's configuration (JSON) in place of an earlier one, and keeps it as a version.
    ///
    /// # Errors
    /// The database failed; nothing was changed.
    pub async fn store_config(
        &self,
        id: &str,
        config: &str,
        now_unix_seconds: i64,
        by: StoredBy,
    ) -> Result<StoredConfig, HostError> {
        let mut transaction = self.store().begin().await?;
        let insert = "INSERT INTO tenants (id, config, applied_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let is_new = query(insert).bind(id).bind(config).bind(now_unix_seconds).execute(&mut transaction).await? == 1;
        // The row of the tenant is written first, so that two writers number their versions one after the other.
        let update = "UPDATE tenants SET config = $2, applied_at = $3 WHERE id = $1";
        query(update).bind(id).bind(config).bind(now_unix_seconds).execute(&mut transaction).await?;
        let newest = "SELECT version, config, stored_at, stored_by FROM tenant_versions WHERE tenant = $1
                      ORDER BY version DESC LIMIT 1";
        let newest: Option<TenantVersion> = query(newest).bind(id).fetch_optional(&mut transaction).await?;
        let (before, is_changed) = newest.map_or((0, true), |newest| (newest.version, newest.config != config));
        let version = if is_changed { before + 1 } else { before };
        if is_changed {
            let insert = "INSERT INTO tenant_versions (tenant, version, config, stored_at, stored_by)
                          VALUES ($1, $2, $3, $4, $5)";
            let insert = query(insert).bind(id).bind(version).bind(config).bind(now_unix_seconds).bind(by.word());
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
        let select = "SELECT version, config, stored_at, stored_by FROM tenant_versions WHERE tenant = $1
                      ORDER BY version DESC";
        Ok(query(select).bind(id).fetch_all(self.store()).await?)
    }
}

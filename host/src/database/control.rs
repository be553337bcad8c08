//! The control database: which tenants there are, and who is running one of them.

use super::open;
use crate::error::HostError;
use crate::queue::Queue;
use sqlx::{Row, SqlitePool};
use std::path::Path;

/// How long a lease lasts without being renewed, in seconds. A crashed run keeps its tenant locked for that long.
pub const LEASE_SECONDS: i64 = 30;

/// The control database.
#[derive(Clone, Debug)]
pub struct ControlDatabase {
    pub(super) pool: SqlitePool,
    lease_seconds: i64,
}

impl ControlDatabase {
    /// Opens `control.db` in the data directory and brings its schema up to date.
    ///
    /// # Errors
    /// The file cannot be used.
    pub async fn open(data_dir: &Path) -> Result<Self, HostError> {
        let pool = open(&data_dir.join("control.db")).await?;
        sqlx::migrate!("migrations/control").run(&pool).await?;
        Ok(Self { pool, lease_seconds: LEASE_SECONDS })
    }

    /// The same, with leases on tenants' runs that last so long instead of [`LEASE_SECONDS`], which is the longest.
    #[must_use]
    pub fn with_lease_seconds(self, lease_seconds: i64) -> Self {
        Self { lease_seconds: lease_seconds.min(LEASE_SECONDS), ..self }
    }

    /// The queue of jobs in this database.
    pub fn queue(&self) -> Queue {
        Queue::sqlite(self.pool.clone())
    }

    /// Stores a tenant's configuration (JSON), over an earlier one. True if the tenant is new.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_tenant(&self, id: &str, config: &str, now_unix_seconds: i64) -> Result<bool, HostError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let known =
            sqlx::query("SELECT 1 FROM tenants WHERE id = ?").bind(id).fetch_optional(&mut *transaction).await?;
        sqlx::query(
            "INSERT INTO tenants (id, config, applied_at) VALUES (?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET config = excluded.config, applied_at = excluded.applied_at",
        )
        .bind(id)
        .bind(config)
        .bind(now_unix_seconds)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(known.is_none())
    }

    /// Disables a tenant from a time on (Unix seconds), or enables it again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_disabled(&self, id: &str, since: Option<i64>) -> Result<(), HostError> {
        sqlx::query("UPDATE tenants SET disabled_at = ? WHERE id = ?").bind(since).bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// Since when a tenant is disabled, in Unix seconds; none if it is not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn disabled_since(&self, id: &str) -> Result<Option<i64>, HostError> {
        let row =
            sqlx::query("SELECT disabled_at FROM tenants WHERE id = ?").bind(id).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
    }

    /// A tenant's configuration.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tenant(&self, id: &str) -> Result<Option<String>, HostError> {
        let row = sqlx::query("SELECT config FROM tenants WHERE id = ?").bind(id).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// All tenants: id, configuration, and when it was applied (Unix seconds), by id.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tenants(&self) -> Result<Vec<(String, String, i64)>, HostError> {
        let rows = sqlx::query("SELECT id, config, applied_at FROM tenants ORDER BY id").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect()
    }

    /// Copies the database into a new file.
    ///
    /// # Errors
    /// The file is there already or cannot be written, or the database is damaged.
    pub async fn copy_to(&self, path: &Path) -> Result<(), HostError> {
        super::copy_to(&self.pool, path).await
    }

    /// Lets nobody of an earlier generation than this come back.
    ///
    /// # Errors
    /// The database failed.
    pub async fn raise_lease(&self, tenant: &str, generation: i64) -> Result<(), HostError> {
        sqlx::query(
            "INSERT INTO leases (tenant, holder, generation, expires_at) VALUES ($1, 'restored', $2, 0)
             ON CONFLICT (tenant) DO UPDATE
                SET generation = max(leases.generation, excluded.generation) + 1, expires_at = 0",
        )
        .bind(tenant)
        .bind(generation)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Removes a tenant: its secrets, its jobs, its lease, its configuration. What was there is overwritten.
    ///
    /// # Errors
    /// The database failed; nothing was removed.
    pub async fn forget_tenant(&self, tenant: &str) -> Result<(), HostError> {
        let mut connection = self.pool.acquire().await?;
        sqlx::query("PRAGMA secure_delete = ON").fetch_all(&mut *connection).await?;
        let mut transaction = sqlx::Connection::begin_with(&mut *connection, "BEGIN IMMEDIATE").await?;
        for statement in [
            "DELETE FROM secrets WHERE tenant = $1",
            "DELETE FROM leases WHERE tenant = $1 OR tenant = $1 || '/publish'",
            "DELETE FROM schedules WHERE tenant = $1",
            "DELETE FROM jobs WHERE tenant = $1",
            "DELETE FROM tenants WHERE id = $1",
        ] {
            sqlx::query(statement).bind(tenant).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut *connection).await?;
        Ok(())
    }

    /// Takes the lease on a tenant's runs, or says who has it and for how many seconds more.
    ///
    /// # Errors
    /// Somebody else has the lease, or the database failed.
    pub async fn lease(&self, tenant: &str, holder: &str) -> Result<Lease, HostError> {
        let now = chrono::Utc::now().timestamp();
        let row = sqlx::query(
            "INSERT INTO leases (tenant, holder, generation, expires_at) VALUES (?, ?, 1, ?)
             ON CONFLICT (tenant) DO UPDATE
                SET holder = excluded.holder, generation = generation + 1, expires_at = excluded.expires_at
                WHERE leases.expires_at <= ? OR leases.expires_at > ?
             RETURNING generation",
        )
        .bind(tenant)
        .bind(holder)
        .bind(now + self.lease_seconds)
        .bind(now)
        // Nobody takes a lease for so long: the clock was set back since.
        .bind(now + 2 * LEASE_SECONDS)
        .fetch_optional(&self.pool)
        .await?;
        if let Some(row) = row {
            let (generation, seconds) = (row.try_get(0)?, self.lease_seconds);
            return Ok(Lease {
                pool: self.pool.clone(),
                tenant: tenant.to_owned(),
                generation,
                seconds,
                is_held: true,
            });
        }
        let row = sqlx::query("SELECT holder, expires_at FROM leases WHERE tenant = ?")
            .bind(tenant)
            .fetch_one(&self.pool)
            .await?;
        let (other, until): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        Err(HostError::AlreadyRunning {
            message: format!("tenant {tenant} is being run by {other}"),
            remedy: format!(
                "wait for that run; if it has crashed, its lock lapses in {} seconds",
                (until - now).max(0)
            ),
        })
    }

    /// Whether somebody has the lease on a tenant's runs.
    ///
    /// # Errors
    /// The database failed.
    pub async fn is_leased(&self, tenant: &str) -> Result<bool, HostError> {
        let row = sqlx::query("SELECT 1 FROM leases WHERE tenant = ? AND expires_at > ?")
            .bind(tenant)
            .bind(chrono::Utc::now().timestamp())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }
}

/// The right to run a tenant, renewed for as long as it is held.
#[derive(Debug)]
pub struct Lease {
    pool: SqlitePool,
    tenant: String,
    generation: i64,
    seconds: i64,
    is_held: bool,
}

impl Lease {
    /// Rises with every holder, so that a later one can be told from an earlier one.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// How long it lasts without being renewed, in seconds.
    pub fn seconds(&self) -> i64 {
        self.seconds
    }

    /// Makes it last anew. False if somebody else has it by now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn renew(&self) -> Result<bool, HostError> {
        self.set_expiry(chrono::Utc::now().timestamp() + self.seconds).await
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// The database failed; the lease then lapses by itself.
    pub async fn release(mut self) -> Result<(), HostError> {
        self.is_held = false;
        Ok(self.released().await?)
    }

    /// With the next generation, so that a renewal which is still under way comes too late.
    fn released(&self) -> impl Future<Output = Result<(), sqlx::Error>> + Send + use<> {
        let (pool, tenant, generation) = (self.pool.clone(), self.tenant.clone(), self.generation);
        async move {
            sqlx::query(
                "UPDATE leases SET expires_at = 0, generation = generation + 1 WHERE tenant = ? AND generation = ?",
            )
            .bind(tenant)
            .bind(generation)
            .execute(&pool)
            .await
            .map(drop)
        }
    }

    /// False if somebody else has the lease by now.
    async fn set_expiry(&self, expires_at: i64) -> Result<bool, HostError> {
        let done = sqlx::query("UPDATE leases SET expires_at = ? WHERE tenant = ? AND generation = ?")
            .bind(expires_at)
            .bind(&self.tenant)
            .bind(self.generation)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// A run that is dropped, as it is to be cancelled, gives its lease back too.
impl Drop for Lease {
    fn drop(&mut self) {
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if self.is_held => drop(runtime.spawn(self.released())),
            _ => {}
        }
    }
}

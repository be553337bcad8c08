//! The control database: the tenants and their configurations, and the leases on tenants.

use crate::database::DatabaseError;
use crate::database::engine::Engine;
use crate::database::migrate::bring_up_to_date;
use crate::database::statement::query;
use crate::database::store::Store;
use crate::database::tenant_versions::{NewVersion, StoredBy};
use crate::database::{DatabaseAddress, TenantDatabase, open, postgres};
use hibob_base::error::HostError;
use std::path::Path;

/// How long a lease lasts without being renewed, in seconds. After a crash nobody else can run the tenant for that
/// long.
pub const LEASE_SECONDS: i64 = 30;

/// That a tenant is disabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disabled {
    /// Since when, in Unix seconds.
    pub since: i64,
    /// The work email of the person who has disabled it, if that was said.
    pub by: Option<String>,
    /// Why, if that was said.
    pub reason: Option<String>,
}

/// The tables that hold tenants' rows, on PostgreSQL, in the order in which a tenant's rows are deleted: a row before
/// the rows that it refers to.
pub(super) const TENANT_TABLES: [&str; 31] = [
    "entries_usage", // first, so that the trigger on `entries` has nothing to count
    "entries",
    "baseline",
    "source_states",
    "kept_fields",
    "journal_events",
    "journals",
    "approvals",
    "applied_plans",
    "plans",
    "run_updates",
    "runs",
    "accounts",
    "archivings",
    "ordered_links",
    "unlinked_accounts",
    "open_cases",
    "holds",
    "people",
    "forgotten_accounts",
    "forgotten",
    "reference_deliveries",
    "reference_notices",
    "issued_references",
    "reference_keys",
    "reference_departures",
    "reference_people",
    "reference_log_head",
    "reference_pause",
    "fence",
    "numbers",
];

/// The control database.
#[derive(Clone, Debug)]
pub struct ControlDatabase {
    pub(super) store: Store,
    lease_seconds: i64,
}

impl ControlDatabase {
    /// Opens `control.db` in the data directory and brings its schema up to date.
    ///
    /// # Errors
    /// The file cannot be used.
    pub async fn open(data_dir: &Path) -> Result<Self, HostError> {
        let pool = open(&data_dir.join("control.db")).await?;
        bring_up_to_date(&sqlx::migrate!("migrations/control"), &pool).await?;
        Ok(Self { store: Store::new(Engine::Sqlite(pool)), lease_seconds: LEASE_SECONDS })
    }

    /// Opens a database on PostgreSQL, which has the control tables and all tenants' tables, and brings its schema up
    /// to date. This host opens `connections_max` connections at most.
    ///
    /// # Errors
    /// The URL is wrong or asks for too little protection, there are too few connections, the server cannot be reached
    /// or refuses, or row-level security does not bind the role.
    pub async fn connect(address: impl Into<DatabaseAddress>, connections_max: u32) -> Result<Self, HostError> {
        let pool = postgres::open(&address.into(), connections_max).await?;
        Ok(Self { store: Store::new(Engine::Postgres(pool)), lease_seconds: LEASE_SECONDS })
    }

    /// A tenant's database: a file in the data directory, or the tenant's rows on PostgreSQL.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn tenant_database(&self, data_dir: &Path, tenant: &str) -> Result<TenantDatabase, HostError> {
        match self.store.db() {
            Engine::Sqlite(_) => TenantDatabase::open(data_dir, tenant).await,
            Engine::Postgres(_) => TenantDatabase::open_shared(&self.store, tenant).await,
        }
    }

    /// Checks that the database is a file, which can be copied and replaced.
    ///
    /// # Errors
    /// The database is on PostgreSQL.
    pub fn require_file(&self) -> Result<(), HostError> {
        self.store.file().map(drop)
    }

    /// This database, with leases on tenants that last so many seconds instead of [`LEASE_SECONDS`], which is the
    /// longest.
    #[must_use]
    pub fn with_lease_seconds(self, lease_seconds: i64) -> Self {
        Self { lease_seconds: lease_seconds.min(LEASE_SECONDS), ..self }
    }

    /// The version of the schema: the number of the last migration.
    ///
    /// # Errors
    /// The database failed.
    pub async fn schema_version(&self) -> Result<i64, HostError> {
        let (version,): (i64,) = query("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&self.store).await?;
        Ok(version)
    }

    /// The time by the database's own clock, in Unix seconds.
    ///
    /// # Errors
    /// The database failed.
    pub async fn now_unix_seconds(&self) -> Result<i64, HostError> {
        let sql = format!("SELECT {}", self.store.db().now_seconds());
        let (now,): (i64,) = query(sql).fetch_one(&self.store).await?;
        Ok(now)
    }

    /// The connections to the control database's tables.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Stores a tenant's configuration (JSON) in place of an earlier one, as from a file. True if the tenant is new.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_tenant(&self, id: &str, config: &str, now_unix_seconds: i64) -> Result<bool, HostError> {
        let new = NewVersion { id, config, now: now_unix_seconds, by: StoredBy::File, who: None, over: None };
        Ok(self.store_config(&new).await?.is_new)
    }

    /// Disables a tenant from this time on (Unix seconds); none enables it again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_disabled(&self, id: &str, since: Option<i64>) -> Result<(), HostError> {
        self.mark_disabled(id, since.map(|since| Disabled { since, by: None, reason: None }).as_ref()).await
    }

    /// Disables a tenant, with who has done so and why; none enables it again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn mark_disabled(&self, id: &str, disabled: Option<&Disabled>) -> Result<(), HostError> {
        query("UPDATE tenants SET disabled_at = $1, disabled_by = $2, disabled_because = $3 WHERE id = $4")
            .bind(disabled.map(|disabled| disabled.since))
            .bind(disabled.and_then(|disabled| disabled.by.as_deref()))
            .bind(disabled.and_then(|disabled| disabled.reason.as_deref()))
            .bind(id)
            .execute(&self.store)
            .await?;
        Ok(())
    }

    /// Since when a tenant is disabled, by whom and why; none if it is not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn disabled(&self, id: &str) -> Result<Option<Disabled>, HostError> {
        let row: Option<(Option<i64>, Option<String>, Option<String>)> =
            query("SELECT disabled_at, disabled_by, disabled_because FROM tenants WHERE id = $1")
                .bind(id)
                .fetch_optional(&self.store)
                .await?;
        Ok(row.and_then(|(since, by, reason)| Some(Disabled { since: since?, by, reason })))
    }

    /// Since when a tenant is disabled, in Unix seconds; none if it is not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn disabled_since(&self, id: &str) -> Result<Option<i64>, HostError> {
        let since = query("SELECT disabled_at FROM tenants WHERE id = $1").bind(id).fetch_optional(&self.store).await?;
        Ok(since.and_then(|(since,)| since))
    }

    /// A tenant's configuration (JSON); none if there is no such tenant.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tenant(&self, id: &str) -> Result<Option<String>, HostError> {
        let config = query("SELECT config FROM tenants WHERE id = $1").bind(id).fetch_optional(&self.store).await?;
        Ok(config.map(|(config,)| config))
    }

    /// All tenants: id, configuration, and when it was applied (Unix seconds), by id.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tenants(&self) -> Result<Vec<(String, String, i64)>, HostError> {
        Ok(query("SELECT id, config, applied_at FROM tenants ORDER BY id").fetch_all(&self.store).await?)
    }

    /// Asks the database for one row, to see whether it answers.
    ///
    /// # Errors
    /// The database failed.
    pub async fn answers(&self) -> Result<(), HostError> {
        query("SELECT 1 FROM tenants LIMIT 1").finds(&self.store).await?;
        Ok(())
    }

    /// Copies the database into a new file.
    ///
    /// # Errors
    /// The database is not a file, the file is there already or cannot be written, or the database is damaged.
    pub async fn copy_to(&self, path: &Path) -> Result<(), HostError> {
        crate::database::copy_to(&self.store, path).await
    }

    /// Raises the generation of a tenant's lease above this one, and ends the lease. Used after a restore, so that no
    /// run from before it can go on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn raise_lease(&self, tenant: &str, generation: i64) -> Result<(), HostError> {
        let sql = format!(
            "INSERT INTO leases (tenant, holder, generation, expires_at) VALUES ($1, 'restored', $2, 0)
             ON CONFLICT (tenant) DO UPDATE
                SET generation = {greatest}(leases.generation, excluded.generation) + 1, expires_at = 0",
            greatest = self.store.db().greatest()
        );
        query(sql).bind(tenant).bind(generation).execute(&self.store).await?;
        Ok(())
    }

    /// Removes a tenant: its secrets, jobs, schedules, leases and configuration, and on PostgreSQL its rows in all
    /// tables. SQLite overwrites removed rows; PostgreSQL does so at its next VACUUM.
    ///
    /// # Errors
    /// The database failed; nothing was removed.
    pub async fn forget_tenant(&self, tenant: &str) -> Result<(), HostError> {
        let mut transaction = match self.store.db() {
            Engine::Sqlite(_) => self.store.begin().await?,
            Engine::Postgres(_) => self.store.of_tenant(tenant).begin().await?,
        };
        if let Engine::Postgres(_) = transaction {
            for table in TENANT_TABLES {
                query(format!("DELETE FROM {table}")).execute(&mut transaction).await?;
            }
        }
        for statement in [
            "DELETE FROM secrets WHERE tenant = $1",
            "DELETE FROM tenant_versions WHERE tenant = $1",
            "DELETE FROM setup_steps WHERE tenant = $1",
            "DELETE FROM leases WHERE tenant = $1 OR tenant = $1 || '/publish'",
            "DELETE FROM schedules WHERE tenant = $1",
            "DELETE FROM jobs WHERE tenant = $1",
            "DELETE FROM tenants WHERE id = $1",
        ] {
            query(statement).bind(tenant).execute(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(self.store.empty_log().await?)
    }

    /// Takes the lease on a tenant.
    ///
    /// # Errors
    /// Somebody else has the lease (the error says who, and when it lapses), or the database failed.
    pub async fn lease(&self, tenant: &str, holder: &str) -> Result<Lease, HostError> {
        let seconds = self.lease_seconds;
        let take = format!(
            "INSERT INTO leases (tenant, holder, generation, expires_at) VALUES ($1, $2, 1, {now} + $3)
             ON CONFLICT (tenant) DO UPDATE
                SET holder = excluded.holder, generation = leases.generation + 1, expires_at = excluded.expires_at
                WHERE leases.expires_at <= {now} OR leases.expires_at > {now} + $4
             RETURNING generation",
            now = self.store.db().now_seconds()
        );
        let other =
            format!("SELECT holder, expires_at - {} FROM leases WHERE tenant = $1", self.store.db().now_seconds());
        loop {
            let take = query(take.clone()).bind(tenant).bind(holder).bind(seconds);
            // No lease is that long: the clock was set back since it was taken.
            let taken = take.bind(2 * LEASE_SECONDS).fetch_optional(&self.store).await?;
            if let Some((generation,)) = taken {
                let (store, tenant) = (self.store.clone(), tenant.to_owned());
                return Ok(Lease { store, tenant, generation, seconds, is_held: true });
            }
            let other: Option<(String, i64)> = query(other.clone()).bind(tenant).fetch_optional(&self.store).await?;
            // None: the tenant was removed in between.
            if let Some((other, left)) = other {
                return Err(HostError::AlreadyRunning {
                    message: format!("tenant {tenant} is being run by {other}"),
                    remedy: format!(
                        "wait for that run; if it has crashed, its lease lapses in {} seconds",
                        left.max(0)
                    ),
                });
            }
        }
    }

    /// Whether somebody has the lease on a tenant.
    ///
    /// # Errors
    /// The database failed.
    pub async fn is_leased(&self, tenant: &str) -> Result<bool, HostError> {
        let now = self.store.db().now_seconds();
        let sql = format!("SELECT 1 FROM leases WHERE tenant = $1 AND expires_at > {now}");
        Ok(query(sql).bind(tenant).finds(&self.store).await?)
    }
}

/// The lease on a tenant: the right to run it, which lapses unless it is renewed. A lease that is dropped is given
/// back.
#[derive(Debug)]
pub struct Lease {
    store: Store,
    tenant: String,
    generation: i64,
    seconds: i64,
    is_held: bool,
}

impl Lease {
    /// The lease's generation, which grows with each holder.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// How long the lease lasts without being renewed, in seconds.
    pub fn seconds(&self) -> i64 {
        self.seconds
    }

    /// Renews the lease for its whole length. False if somebody else has it by now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn renew(&self) -> Result<bool, HostError> {
        let now = self.store.db().now_seconds();
        let sql = format!("UPDATE leases SET expires_at = {now} + $1 WHERE tenant = $2 AND generation = $3");
        let renew = query(sql).bind(self.seconds).bind(&self.tenant).bind(self.generation);
        Ok(renew.execute(&self.store).await? == 1)
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// The database failed; the lease then lapses by itself.
    pub async fn release(mut self) -> Result<(), HostError> {
        self.is_held = false;
        Ok(self.released().await?)
    }

    /// Gives the lease back, and raises its generation, so that a renewal that is still under way has no effect.
    fn released(&self) -> impl Future<Output = Result<(), DatabaseError>> + Send + use<> {
        let (store, tenant, generation) = (self.store.clone(), self.tenant.clone(), self.generation);
        async move {
            let sql =
                "UPDATE leases SET expires_at = 0, generation = generation + 1 WHERE tenant = $1 AND generation = $2";
            query(sql).bind(&tenant).bind(generation).execute(&store).await.map(drop)
        }
    }
}

/// A run that is dropped because it was cancelled gives its lease back too.
impl Drop for Lease {
    fn drop(&mut self) {
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if self.is_held => drop(runtime.spawn(self.released())),
            _ => {}
        }
    }
}

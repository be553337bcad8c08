//! Tenants with their own stand-ins, in one data directory or in one database on PostgreSQL, and a look at their queue.

use hibob_config::applied_by::AppliedBy;
use hibob_config::tenant::TenantConfig;
use hibob_fakes::{Server, World};
use hibob_store::data_dir::DataDir;
use hibob_store::database::POSTGRES_CONNECTIONS_MIN;
use hibob_tests::setup::{give_key, today};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{PgPool, SqlitePool};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// The control database, of either engine.
enum Control {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Runs an expression with either engine.
macro_rules! each {
    ($control:expr, $pool:ident => $body:expr) => {
        match $control {
            Control::Sqlite($pool) => $body,
            Control::Postgres($pool) => $body,
        }
    };
}

/// The tenants and the data that the hosts work on.
pub(crate) struct Site {
    folder: TempDir,
    /// The URL of the PostgreSQL database; none if all is in one data directory.
    database: Option<String>,
    companies: Vec<(Arc<Mutex<World>>, Server)>,
    control: Control,
    nights: AtomicI64,
}

impl Site {
    /// So many tenants, all of them due at two o'clock at night.
    pub(crate) async fn new(tenants: usize, employees: usize, folder: TempDir, database: Option<String>) -> Self {
        let path = folder.path().join("data");
        give_key(&path);
        let data = match &database {
            None => DataDir::open(&path).await.unwrap(),
            Some(url) => DataDir::connect(&path, url, POSTGRES_CONNECTIONS_MIN).await.unwrap(),
        };
        let mut companies = Vec::with_capacity(tenants);
        for number in 0..tenants {
            let world = World::realistic(employees, u64::try_from(number).unwrap(), today());
            let id = format!("t{number}");
            let write =
                |kind: &str, text: &str| std::fs::write(folder.path().join(format!("{id}.{kind}")), text).unwrap();
            write("token", &world.hibob.token);
            write("key", &world.travelperk.api_key);
            let user = world.hibob.service_user_id.clone();
            let world = Arc::new(Mutex::new(world));
            let server = Server::start(world.clone()).await.unwrap();
            write(
                "toml",
                &format!(
                    "id = \"{id}\"\n[safety]\nallow_first = true\n[hibob]\nurl = \"{}\"\nservice_user = \"{user}\"\ntoken = \"file:{id}.token\"\n\
                 [travelperk]\nscim_url = \"{}\"\nkey = \"file:{id}.key\"\n\
                 [schedule]\nsync = \"0 2 * * *\"\nspread_minutes = 0\n",
                    server.hibob_url(),
                    server.scim_url()
                ),
            );
            let config = TenantConfig::read(&folder.path().join(format!("{id}.toml"))).unwrap();
            data.put(&config, AppliedBy::Operator).await.unwrap();
            companies.push((world, server));
        }
        let control = match &database {
            None => {
                let options = SqliteConnectOptions::new().filename(path.join("control.db"));
                Control::Sqlite(SqlitePool::connect_with(options).await.unwrap())
            }
            Some(url) => Control::Postgres(PgPool::connect(url).await.unwrap()),
        };
        Self { folder, database, companies, control, nights: AtomicI64::new(0) }
    }

    /// The URL of the PostgreSQL database, if there is one.
    pub(crate) fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// A file or folder of the site.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How many tenants there are.
    pub(crate) fn tenants(&self) -> usize {
        self.companies.len()
    }

    /// Gives each answer a random delay below this time.
    pub(crate) fn answer_within(&self, time: Duration) {
        for (world, _) in &self.companies {
            let mut world = world.lock().unwrap();
            world.answers_within = time;
            world.clear_log();
        }
    }

    /// Gives one employee of each company another title.
    pub(crate) fn change_some(&self) {
        for (world, _) in &self.companies {
            let mut world = world.lock().unwrap();
            let employee = world.hibob.employees.values_mut().find(|employee| employee.email.is_some()).unwrap();
            employee.surname.push_str("-Meyer");
        }
    }

    /// The number of the latest job; 0 before the first.
    pub(crate) async fn youngest_job(&self) -> i64 {
        let youngest = "SELECT coalesce(max(id), 0) FROM jobs";
        each!(&self.control, pool => sqlx::query_scalar(youngest).fetch_one(pool).await.unwrap())
    }

    /// Makes all tenants' schedules due, each time at another night of the past, since no job is made twice for the
    /// same time.
    pub(crate) async fn make_due(&self) {
        let night = self.nights.fetch_add(1, Ordering::Relaxed) + 2;
        let due = "UPDATE schedules SET next_due = next_due - 86400000 * $1, next_start = 0";
        each!(&self.control, pool => drop(sqlx::query(due).bind(night).execute(pool).await.unwrap()));
    }

    /// How many jobs after that one have ended.
    pub(crate) async fn ended_since(&self, job: i64) -> usize {
        let count = "SELECT count(*) FROM jobs WHERE id > $1 AND ended_at IS NOT NULL";
        let ended: i64 =
            each!(&self.control, pool => sqlx::query_scalar(count).bind(job).fetch_one(pool).await.unwrap());
        usize::try_from(ended).unwrap()
    }

    /// How long each job after that one took.
    ///
    /// # Panics
    /// A job failed.
    pub(crate) async fn times_since(&self, job: i64) -> Vec<Duration> {
        let times = "SELECT ended_at - started_at, state, result FROM jobs WHERE id > $1";
        let times: Vec<(i64, String, String)> =
            each!(&self.control, pool => sqlx::query_as(times).bind(job).fetch_all(pool).await.unwrap());
        let wrong = times.iter().find(|(_, state, _)| state != "done");
        assert!(wrong.is_none(), "{wrong:?}");
        times.iter().map(|(time, ..)| Duration::from_millis(u64::try_from(*time).unwrap())).collect()
    }
}

//! The real component in the real host, between stand-ins for the services.

use hibob_base::error::HostError;
use hibob_base::job::RunKind;
use hibob_base::progress::NoProgress;
use hibob_config::tenant::TenantConfig;
use hibob_contract::Planned;
use hibob_fakes::company::Company;
use hibob_fakes::{Server, World};
use hibob_jobs::run::{Report, Yes};
use hibob_policy::guard::Release;
use hibob_sandbox::Open as _;
use hibob_sandbox::engine::Runtime;
use hibob_sandbox::plugin::Plugin;
use hibob_sandbox::tenant::Tenant;
use hibob_store::data_dir::DataDir;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use tempfile::TempDir;

/// One engine and one compiled plugin for all tests of a process. Compiled code is cached beside the test binary.
static PLUGIN: LazyLock<(Runtime, Plugin)> = LazyLock::new(|| {
    let runtime = Runtime::new(&cache_dir()).unwrap();
    let plugin = Plugin::embedded(&runtime).unwrap();
    (runtime, plugin)
});

/// The engine of this process.
pub fn runtime() -> &'static Runtime {
    &PLUGIN.0
}

/// The built-in plugin.
pub fn plugin() -> &'static Plugin {
    &PLUGIN.1
}

/// A folder for compiled code and its key, kept between runs of the tests.
pub fn cache_dir() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let dir = exe.parent().and_then(Path::parent).unwrap().join("compiled-plugins");
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// A folder in memory, if the system has a place for that. The host syncs every change to the disk, which takes seconds
/// on a busy disk.
pub fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Writes the key of the secret store into a data directory. It is the same for all machines that share a database.
pub fn give_key(data: &Path) {
    std::fs::create_dir_all(data).unwrap();
    let file =
        std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(data.join("secrets.key"));
    file.unwrap().write_all("5a".repeat(32).as_bytes()).unwrap();
}

/// The day on which the tests' companies were generated.
pub fn today() -> chrono::NaiveDate {
    chrono::Utc::now().date_naive()
}

/// Settings with which the only account of a company may be archived, for tests that are not about the guard of
/// archivings: it never lets the last active account go by default.
pub const LAST_MAY_LEAVE: &str = "[safety]\narchive_limit_min = 1\n";

/// A tenant with its own stand-ins and data directory.
pub struct Setup {
    world: Arc<Mutex<World>>,
    /// The stand-ins' server.
    pub server: Server,
    /// The folder with all files. It is removed together with the setup.
    pub folder: TempDir,
    /// The data directory.
    pub data: DataDir,
    /// Whether tenant files name the REST API, for cost centers and companies.
    pub rest: bool,
    /// HiBob's pace in tenant files.
    pub hibob_calls_per_minute: u32,
}

impl Setup {
    /// A generated company of so many employees, and a TravelPerk that was in use before.
    pub async fn realistic(employees: usize) -> Self {
        Self::new(World::realistic(employees, 1, today())).await
    }

    /// Just these employees, and an empty TravelPerk.
    pub async fn of(employees: Vec<hibob_fakes::company::Employee>) -> Self {
        Self::new(World::new(Company::of(employees), 1)).await
    }

    /// This world, with the tenant `acme` applied.
    pub async fn new(world: World) -> Self {
        Self::in_folder(world, in_memory()).await
    }

    /// As [`Self::new`], with everything in this folder.
    pub async fn in_folder(world: World, folder: TempDir) -> Self {
        let world = Arc::new(Mutex::new(world));
        let server = Server::start(world.clone()).await.unwrap();
        let data = DataDir::open(&folder.path().join("data")).await.unwrap();
        let setup = Self { world, server, folder, data, rest: false, hibob_calls_per_minute: 45 };
        setup.apply_tenant("acme", "").await;
        setup
    }

    /// The world, between requests.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Writes a tenant's file. `extra` is added at its end, where the table of limits is open. Waits are short; all
    /// else is as in real use.
    pub fn tenant_file(&self, id: &str, extra: &str) -> PathBuf {
        let (user, token, key) = {
            let world = self.world();
            (world.hibob.service_user_id.clone(), world.hibob.token.clone(), world.travelperk.api_key.clone())
        };
        let write = |name: &str, text: &str| {
            let path = self.folder.path().join(format!("{id}.{name}"));
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
            path
        };
        write("token", &token);
        write("key", &key);
        let pace = self.hibob_calls_per_minute;
        let (hibob, scim, rest) = (self.server.hibob_url(), self.server.scim_url(), self.server.rest_url());
        let rest =
            if self.rest { format!("rest_url = \"{rest}\"\ncost_centers_url = \"{rest}\"\n") } else { String::new() };
        let text = format!(
            "id = \"{id}\"\n[hibob]\nurl = \"{hibob}\"\nservice_user = \"{user}\"\ntoken = \"file:{id}.token\"\ncalls_per_minute = {pace}\n\
             [travelperk]\nscim_url = \"{scim}\"\n{rest}key = \"file:{id}.key\"\ncalls_per_minute = 600000\n\
             [limits]\nretry_pause_milliseconds = 5\nrate_limit_wait_seconds = 0\n{extra}"
        );
        write("toml", &text)
    }

    /// Stores a tenant, or stores it again with other settings. They are not checked, so that a test may have settings
    /// that an earlier version stored, and limits that nobody would set.
    pub async fn apply_tenant(&self, id: &str, extra: &str) {
        let mut config = self.unchecked(&self.tenant_file(id, extra));
        config.safety.allow_first = true; // what a first sync needs a yes for is tested by itself, in `it/first.rs`
        let json = serde_json::to_string(&config).unwrap();
        self.data.control().put_tenant(id, &json, 0).await.unwrap();
    }

    /// The configuration of a tenant's file, as it would be stored if nothing were checked.
    pub fn unchecked(&self, file: &Path) -> TenantConfig {
        let text = std::fs::read_to_string(file).unwrap();
        let absolute = format!("\"file:{}/", self.folder.path().display());
        toml::from_str(&text.replace("\"file:", &absolute)).unwrap()
    }

    /// The tenant `acme`.
    pub async fn tenant(&self) -> Tenant {
        self.data.tenant("acme").await.unwrap()
    }

    /// A plan for `acme`, without a guard.
    pub async fn plan(&self) -> Result<Planned, HostError> {
        hibob_runner::plan(plugin(), &self.tenant().await, Arc::new(NoProgress)).await
    }

    /// A whole sync of `acme`.
    pub async fn sync(&self) -> Report {
        self.sync_with(Release::default()).await
    }

    /// A whole sync of `acme`, with releases of the operator and with the yes that a first sync needs.
    pub async fn sync_with(&self, release: Release) -> Report {
        self.sync_saying(Yes { first: true, reactivations: true }, release).await
    }

    /// A whole sync of `acme`, with what a person says yes to, and releases of the operator.
    pub async fn sync_saying(&self, yes: Yes, release: Release) -> Report {
        let tenant = self.tenant().await;
        let mut run =
            match hibob_runner::start(&self.data, &tenant, plugin(), RunKind::Sync, Arc::new(NoProgress)).await {
                Ok(run) => run,
                Err(error) => return Report::stopped("acme", error),
            };
        run.say_yes(yes);
        let (mut report, planned) = match run.plan().await {
            Ok(planned) => (run.apply(&planned, release).await, Some(planned)),
            Err(error) => (Report::stopped("acme", error), None),
        };
        run.finish(&mut report, planned.as_ref()).await.unwrap();
        report
    }

    /// The stand-in's count of writes since the last call.
    pub fn writes(&self) -> usize {
        let mut world = self.world();
        let writes = world.writes();
        world.clear_log();
        writes
    }
}
